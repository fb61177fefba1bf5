//! Logout at the issuer (OpenID Connect RP-Initiated Logout 1.0). A client requests it, the end-user confirms
//! it unless the client proves that the session is its own, and all participants are notified.

mod accounts;
mod answer;
mod end;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::browser::{Browser, CookieChanges, FormPurpose, fingerprint};
use super::seal::SealedKind;
use super::{Caller, Context, InternalError, Result};
use crate::protocol::browser_binding::BrowserBinding;
use crate::protocol::client::Client;
use crate::protocol::id::{InteractionId, SsoId};
use crate::protocol::logout::{
    LIFETIME, LogoutParameters, LogoutRedirect, LogoutRequest, LogoutRequestError, LogoutStep, PendingLogout,
};
use crate::protocol::parameters::Parameters;
use crate::protocol::secret::Secret;
use crate::protocol::sso::SsoSession;

pub use answer::{Farewell, LogoutAnswer, LogoutClient, LogoutOutcome, LogoutQuestion, RelayedLogoutForm};

use accounts::{BrowserSignIns, concerned_organizations};

/// Why a logout request or its confirmation is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndSessionError {
    /// The logout request is invalid.
    #[error("{because}")]
    Refused {
        because: LogoutRequestError,
        /// The requesting client, if it is known.
        client: Option<Arc<Client>>,
    },
    /// The request has expired or never existed.
    #[error("the logout request is unknown or over")]
    Expired,
    /// The form's token is missing, forged or from another page, or another end-user has signed in since.
    #[error("the form's token does not fit")]
    BadForm,
    #[error(transparent)]
    Internal(#[from] InternalError),
}

/// A sealed request with the browser that it is bound to.
#[derive(Serialize, Deserialize)]
struct SealedLogout {
    browser: BrowserBinding,
    #[serde(flatten)]
    pending: PendingLogout,
}

/// The logout form's fields.
#[derive(Debug, Clone, Copy)]
pub struct LogoutForm<'a> {
    /// The request's id in the URL.
    pub id: &'a str,
    /// The sealed request, unless it is stored.
    pub sealed: Option<&'a str>,
    /// The form's token, which proves that it was sent from our page.
    pub token: &'a str,
}

/// Begins a logout request. It is not stored, unless processes of an older version share the store. `by_form`
/// tells that the request came as a form, possibly of another site, so that the browser's cookies were not
/// sent (SameSite=Lax) and a form of ours has to send it again.
///
/// # Errors
/// [`EndSessionError`].
pub async fn begin<'a>(
    cx: &'a Context,
    caller: &Caller,
    parameters: &Parameters,
    by_form: bool,
    browser: &Browser,
) -> Result<LogoutAnswer<'a>, EndSessionError> {
    let request = read_logout_request(cx, caller, parameters).await?;
    let id = InteractionId::from_random(cx.random());
    let pending = PendingLogout { id, request, expires_at: cx.clock.now().plus(LIFETIME) };
    if !by_form {
        return start(cx, caller, browser, pending).await;
    }
    let asking = asking(cx, &pending.request).await?;
    let sealed = cx.seal(SealedKind::Logout, &SealedLogout { browser: BrowserBinding::NONE, pending })?;
    Ok(LogoutAnswer::Relay(Box::new(RelayedLogoutForm { id, sealed, asking })))
}

/// Continues a request that came as a form, now that a form of ours has sent it with the browser's cookies.
///
/// # Errors
/// [`EndSessionError`].
pub async fn resume<'a>(
    cx: &'a Context,
    caller: &Caller,
    browser: &Browser,
    form: LogoutForm<'_>,
) -> Result<LogoutAnswer<'a>, EndSessionError> {
    let SealedLogout { browser: bound_to, pending } = unseal(cx, &form)?;
    if !bound_to.is_none() {
        return Err(EndSessionError::BadForm);
    }
    start(cx, caller, browser, pending).await
}

/// The page of a request that a process of an older version stored.
///
/// # Errors
/// [`EndSessionError`].
pub async fn view<'a>(
    cx: &'a Context,
    caller: &Caller,
    id: &str,
    browser: &Browser,
) -> Result<LogoutAnswer<'a>, EndSessionError> {
    start(cx, caller, browser, stored(cx, id).await?).await
}

/// Ends the session at once if that is allowed; otherwise asks the end-user.
async fn start<'a>(
    cx: &'a Context,
    caller: &Caller,
    browser: &Browser,
    pending: PendingLogout,
) -> Result<LogoutAnswer<'a>, EndSessionError> {
    let request = recognize(cx, pending.request, browser).await?;
    let signed_in = cx.signed_in_accounts(&request, browser).await?;
    if request.next(&signed_in.sessions()) != LogoutStep::Ask {
        return finish(cx, caller, &request, browser, signed_in).await;
    }
    let known = browser.secret.clone();
    let secret = known.clone().unwrap_or_else(|| cx.new_browser_secret());
    let pending = PendingLogout { request, ..pending };
    let id = pending.id;
    let token = cx.form_token(&id, &secret, FormPurpose::SignOut(&signed_in.ids()));
    let (not_back, asking) = (pending.request.not_back, asking(cx, &pending.request).await?);
    let sealed = if cx.stores_page_request(caller, &pending).await? {
        cx.stores.open_logout(&pending).await.map_err(InternalError::from)?;
        None
    } else {
        Some(cx.seal(
            SealedKind::Logout,
            &SealedLogout { browser: BrowserBinding::to(fingerprint(&secret)), pending },
        )?)
    };
    let cookies = CookieChanges { secret: known.is_none().then_some(secret), ..CookieChanges::default() };
    let accounts = signed_in.accounts();
    Ok(LogoutAnswer::Ask(Box::new(LogoutQuestion { id, asking, accounts, not_back, token, sealed, cookies })))
}

/// The end-user's answer. The form is bound to the sessions that the page named, so it is refused when
/// another end-user has signed in since.
///
/// # Errors
/// [`EndSessionError`].
pub async fn decide<'a>(
    cx: &'a Context,
    caller: &Caller,
    browser: &Browser,
    form: LogoutForm<'_>,
    yes: bool,
) -> Result<LogoutAnswer<'a>, EndSessionError> {
    let secret = browser.secret.as_ref().ok_or(EndSessionError::BadForm)?;
    let PendingLogout { id, request, .. } = if form.sealed.is_some() {
        let SealedLogout { browser: bound_to, pending } = unseal(cx, &form)?;
        if !bound_to.is_to(&fingerprint(secret)) {
            return Err(EndSessionError::BadForm);
        }
        pending
    } else {
        stored(cx, form.id).await?
    };
    let signed_in = cx.signed_in_accounts(&request, browser).await?;
    if signed_in.living.is_empty() {
        // Of a form that is sent twice, the first one ended the browser's sessions.
        return end(cx, caller, &request, browser, &signed_in.unknown, LogoutOutcome::SignedOut).await;
    }
    if !cx.is_form_token(form.token, &id, secret, FormPurpose::SignOut(&signed_in.ids())) {
        return Err(EndSessionError::BadForm);
    }
    if yes {
        return finish(cx, caller, &request, browser, signed_in).await;
    }
    Ok(LogoutAnswer::Done(Box::new(Farewell {
        asking: asking(cx, &request).await?,
        outcome: LogoutOutcome::StaysSignedIn,
        frames: Vec::new(),
        way_back: Secret::new(LogoutRedirect::None),
        cookies: CookieChanges::default(),
    })))
}

async fn read_logout_request(
    cx: &Context,
    caller: &Caller,
    parameters: &Parameters,
) -> Result<LogoutRequest, EndSessionError> {
    let refused = |because, client| EndSessionError::Refused { because, client };
    let asked = LogoutParameters::read(parameters).map_err(|because| refused(because, None))?;
    let hint = match asked.hint.map(|text| cx.read_hint(text)).transpose() {
        Ok(hint) => hint,
        Err(error) => {
            // An invalid hint is not an error (§2), but the end-user has to confirm.
            tracing::info!(request_id = caller.request_id, %error, "the invalid id_token_hint of a logout request is ignored");
            None
        }
    };
    let named = hint.as_ref().map(|hint| &hint.client).or(asked.client.as_ref());
    let client = match named {
        Some(id) => cx.find_client(id).await?.map(|(client, _)| client),
        None => None,
    };
    if client.is_none() && hint.is_none() && asked.client.is_some() {
        return Err(refused(LogoutRequestError::UnknownClient, None));
    }
    LogoutRequest::judge(&asked, hint, client.as_deref()).map_err(|because| refused(because, client))
}

/// Replaces the hint's pairwise subject by the end-user's id, if a session of this browser is that
/// end-user's.
async fn recognize(
    cx: &Context,
    mut request: LogoutRequest,
    browser: &Browser,
) -> Result<LogoutRequest, EndSessionError> {
    let Some((client, _)) = asking(cx, &request).await?.client else { return Ok(request) };
    let signed_in = cx.signed_in_accounts(&request, browser).await?;
    if let Some(hint) = &mut request.hint {
        let known = |session: &&SsoSession| {
            cx.is_subject_of_session(&client, session, &hint.sub, hint.sid.as_deref())
        };
        if let Some(session) = signed_in.sessions().into_iter().find(known) {
            session.user.as_str().clone_into(&mut hint.sub);
        }
    }
    Ok(request)
}

/// The request in a form, if the seal is genuine and has not expired.
fn unseal(cx: &Context, form: &LogoutForm<'_>) -> Result<SealedLogout, EndSessionError> {
    let id = InteractionId::parse(form.id).ok_or(EndSessionError::Expired)?;
    let sealed = form.sealed.ok_or(EndSessionError::Expired)?;
    let sealed = cx.unseal::<SealedLogout>(SealedKind::Logout, sealed)?;
    let sealed = sealed.filter(|sealed| sealed.pending.id == id).ok_or(EndSessionError::BadForm)?;
    if cx.clock.now() < sealed.pending.expires_at { Ok(sealed) } else { Err(EndSessionError::Expired) }
}

/// A request that a process of an older version stored, if it has not expired.
async fn stored(cx: &Context, id: &str) -> Result<PendingLogout, EndSessionError> {
    let id = InteractionId::parse(id).ok_or(EndSessionError::Expired)?;
    let stored = cx.stores.peek_logout(&id).await.map_err(InternalError::from)?;
    stored.filter(|stored| cx.clock.now() < stored.expires_at).ok_or(EndSessionError::Expired)
}

async fn finish<'a>(
    cx: &'a Context,
    caller: &Caller,
    request: &LogoutRequest,
    browser: &Browser,
    signed_in: BrowserSignIns<'a>,
) -> Result<LogoutAnswer<'a>, EndSessionError> {
    let nobody = signed_in.living.is_empty();
    let outcome = if nobody { LogoutOutcome::NobodySignedIn } else { LogoutOutcome::SignedOut };
    end(cx, caller, request, browser, &signed_in.ids(), outcome).await
}

/// Ends sessions. If the store knows none of them, later sign-ins replaced them, so nobody was signed out and
/// `outcome` is not used.
async fn end<'a>(
    cx: &'a Context,
    caller: &Caller,
    request: &LogoutRequest,
    browser: &Browser,
    sessions: &[SsoId],
    outcome: LogoutOutcome,
) -> Result<LogoutAnswer<'a>, EndSessionError> {
    let asking = asking(cx, request).await?;
    let (mut has_ended, mut frames) = (sessions.is_empty(), Vec::new());
    for session in sessions {
        let sign_out = cx.sign_out_session(caller, session).await?;
        has_ended |= sign_out.has_ended;
        frames.extend(sign_out.frames);
    }
    let outcome = if has_ended { outcome } else { LogoutOutcome::NobodySignedIn };
    // Also what is left of sign-ins that ended elsewhere.
    let forget = concerned_organizations(request, browser, asking.client.as_ref().map(|(_, at)| *at));
    let (way_back, cookies) =
        (Secret::new(request.way_back()), CookieChanges { forget, ..CookieChanges::default() });
    Ok(LogoutAnswer::Done(Box::new(Farewell { asking, outcome, frames, way_back, cookies })))
}

async fn asking<'a>(cx: &'a Context, request: &LogoutRequest) -> Result<LogoutClient<'a>> {
    let client = match &request.client {
        Some(id) => cx.find_client(id).await?,
        None => None,
    };
    Ok(LogoutClient { client, locale: request.ui_locale })
}
