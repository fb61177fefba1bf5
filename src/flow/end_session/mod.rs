//! Logout at the issuer (OpenID Connect RP-Initiated Logout 1.0): a client asks for it, the end-user is asked when the
//! client cannot prove that the session is its own, and everybody who took part is told.

mod end;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::browser::{Browser, CookieChanges, FormPurpose, fingerprint};
use super::seal::SealedKind;
use super::{Caller, Context, InternalError};
use crate::ports::store::SessionStanding;
use crate::protocol::client::Client;
use crate::protocol::id::{ClientId, InteractionId, OrganizationId, SsoId};
use crate::protocol::locale::Locale;
use crate::protocol::logout::{
    LIFETIME, LogoutParameters, LogoutRedirect, LogoutRequest, LogoutRequestError, LogoutStep, PendingLogout,
};
use crate::protocol::parameters::Parameters;
use crate::protocol::policy::Organization;
use crate::protocol::secret::Secret;
use crate::protocol::sso::SsoSession;

/// Why a logout does not go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndSessionError {
    /// The request is not followed.
    #[error("{because}")]
    Refused {
        /// Why.
        because: LogoutRequestError,
        /// The client that it is from, when that is known.
        client: Option<Arc<Client>>,
    },
    /// The request is forgotten, or was never there.
    #[error("the logout request is unknown or over")]
    Expired,
    /// The form's token is missing, forged, of another page, or somebody else has signed in since.
    #[error("the form's token does not fit")]
    BadForm,
    /// Our own fault.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

/// What a step leads to.
#[derive(Debug)]
pub enum LogoutAnswer<'a> {
    /// A form of ours has to bring the request again, with the browser's cookies.
    Relay(Box<RelayedLogoutForm<'a>>),
    /// The end-user is asked.
    Ask(Box<LogoutQuestion<'a>>),
    /// It is over.
    Done(Box<Farewell<'a>>),
}

/// A request on its way from another site's form to a form of ours.
#[derive(Debug)]
pub struct RelayedLogoutForm<'a> {
    /// The request's id.
    pub id: InteractionId,
    /// The request, sealed and bound to no browser yet.
    pub sealed: String,
    /// Who asks.
    pub asking: LogoutClient<'a>,
}

/// What the end-user is asked.
#[derive(Debug)]
pub struct LogoutQuestion<'a> {
    /// The request.
    pub id: InteractionId,
    /// Who asks.
    pub asking: LogoutClient<'a>,
    /// Who is signed in, and at whom.
    pub accounts: Vec<(&'a Organization, String)>,
    /// Whether the browser was to come back, but nothing proves where.
    pub not_back: bool,
    /// What proves that the form was sent from this page.
    pub token: String,
    /// The request, for the form to carry it, unless it is stored.
    pub sealed: Option<String>,
    /// What the browser is to keep.
    pub keep: CookieChanges,
}

/// On whose behalf a page is shown.
#[derive(Debug, Clone)]
pub struct LogoutClient<'a> {
    /// The client and its organization, when they are known.
    pub client: Option<(Arc<Client>, &'a Organization)>,
    /// The language that the client asked for.
    pub locale: Option<Locale>,
}

/// The end.
#[derive(Debug)]
pub struct Farewell<'a> {
    /// On whose behalf.
    pub asking: LogoutClient<'a>,
    /// How it ended.
    pub outcome: LogoutOutcome,
    /// The URLs that tell the clients that want to be told in the browser (Front-Channel Logout §2).
    pub frames: Vec<String>,
    /// How the browser comes back to the client.
    pub way_back: Secret<LogoutRedirect>,
    /// What the browser is to keep.
    pub keep: CookieChanges,
}

/// How a logout ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogoutOutcome {
    /// The end-user is signed out.
    SignedOut,
    /// They want to stay signed in.
    StaysSignedIn,
    /// Nobody is signed in in this browser, and nothing was ended.
    NobodySignedIn,
}

/// A request in a form, and the browser that it is bound to: the fingerprint of its secret, or nothing.
#[derive(Serialize, Deserialize)]
struct SealedLogout {
    browser: String,
    #[serde(flatten)]
    pending: PendingLogout,
}

/// What a logout form says.
#[derive(Debug, Clone, Copy)]
pub struct LogoutForm<'a> {
    /// The request's id, as the URL has it.
    pub id: &'a str,
    /// The request itself, unless it is stored.
    pub sealed: Option<&'a str>,
    /// What proves that the form was sent from our page.
    pub token: &'a str,
}

/// Takes a logout request in; nothing of it is stored, unless processes of the version before share the store. `by_form` is whether another site may have sent it as a form: then
/// the browser's cookies stayed at home (SameSite=Lax), and are only known to a form of ours.
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
    let request = understand(cx, caller, parameters).await?;
    let id = InteractionId::from_random(cx.random());
    let pending = PendingLogout { id, request, expires_at: cx.clock.now().plus(LIFETIME) };
    if !by_form {
        return start(cx, caller, browser, pending).await;
    }
    let asking = asking(cx, &pending.request).await?;
    let sealed = cx.seal(SealedKind::Logout, &SealedLogout { browser: String::new(), pending })?;
    Ok(LogoutAnswer::Relay(Box::new(RelayedLogoutForm { id, sealed, asking })))
}

/// Goes on with a request that came as a form, now that a form of ours brought it, with the browser's cookies.
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
    if !bound_to.is_empty() {
        return Err(EndSessionError::BadForm);
    }
    start(cx, caller, browser, pending).await
}

/// The page of a request that a process of the version before stored.
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

/// What may be done at once is; otherwise the end-user is asked.
async fn start<'a>(
    cx: &'a Context,
    caller: &Caller,
    browser: &Browser,
    pending: PendingLogout,
) -> Result<LogoutAnswer<'a>, EndSessionError> {
    let request = recognize(cx, pending.request, browser).await?;
    let signed_in = cx.signed_in(&request, browser).await?;
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
        Some(cx.seal(SealedKind::Logout, &SealedLogout { browser: fingerprint(&secret), pending })?)
    };
    let keep = CookieChanges { secret: known.is_none().then_some(secret), ..CookieChanges::default() };
    let accounts = signed_in.accounts();
    Ok(LogoutAnswer::Ask(Box::new(LogoutQuestion { id, asking, accounts, not_back, token, sealed, keep })))
}

/// The end-user's word. It is about the sign-ins that the page named: when somebody else has signed in since, the form
/// does not fit any more.
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
        if fingerprint(secret) != bound_to {
            return Err(EndSessionError::BadForm);
        }
        pending
    } else {
        stored(cx, form.id).await?
    };
    let signed_in = cx.signed_in(&request, browser).await?;
    if signed_in.living.is_empty() {
        // The form was sent twice: the first ended what the browser was signed in with.
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
        keep: CookieChanges::default(),
    })))
}

async fn understand(
    cx: &Context,
    caller: &Caller,
    parameters: &Parameters,
) -> Result<LogoutRequest, EndSessionError> {
    let refused = |because, client| EndSessionError::Refused { because, client };
    let asked = LogoutParameters::read(parameters).map_err(|because| refused(because, None))?;
    let hint = match asked.hint.map(|text| cx.read_hint(text)).transpose() {
        Ok(hint) => hint,
        Err(error) => {
            // Not an error (§2): the end-user is asked.
            tracing::info!(request_id = caller.request_id, %error, "the hint of a logout request");
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

/// The request with the end-user of its hint by their id, when a sign-in of this browser is theirs: its client may know
/// them by a pairwise subject.
async fn recognize(
    cx: &Context,
    mut request: LogoutRequest,
    browser: &Browser,
) -> Result<LogoutRequest, EndSessionError> {
    let Some((client, _)) = asking(cx, &request).await?.client else { return Ok(request) };
    let signed_in = cx.signed_in(&request, browser).await?;
    if let Some(hint) = &mut request.hint {
        let known =
            |session: &&SsoSession| cx.is_of_session(&client, session, &hint.sub, hint.sid.as_deref());
        if let Some(session) = signed_in.sessions().into_iter().find(known) {
            session.user.as_str().clone_into(&mut hint.sub);
        }
    }
    Ok(request)
}

/// The request of a form, if it is genuine and not over.
fn unseal(cx: &Context, form: &LogoutForm<'_>) -> Result<SealedLogout, EndSessionError> {
    let id = InteractionId::parse(form.id).ok_or(EndSessionError::Expired)?;
    let sealed = form.sealed.ok_or(EndSessionError::Expired)?;
    let sealed = cx.unseal::<SealedLogout>(SealedKind::Logout, sealed)?;
    let sealed = sealed.filter(|sealed| sealed.pending.id == id).ok_or(EndSessionError::BadForm)?;
    if cx.clock.now() < sealed.pending.expires_at { Ok(sealed) } else { Err(EndSessionError::Expired) }
}

/// A request that a process of the version before stored, if it is not over.
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

/// Ends sessions. When none of them is known any more, a later sign-in took their place: then nobody was signed out,
/// whatever `outcome` says.
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
        let sign_out = cx.sign_out(caller, session).await?;
        has_ended |= sign_out.has_ended;
        frames.extend(sign_out.frames);
    }
    let outcome = if has_ended { outcome } else { LogoutOutcome::NobodySignedIn };
    // Also what is left of sign-ins that ended elsewhere.
    let forget = concerned(request, browser, asking.client.as_ref().map(|(_, at)| *at));
    let (way_back, keep) =
        (Secret::new(request.way_back()), CookieChanges { forget, ..CookieChanges::default() });
    Ok(LogoutAnswer::Done(Box::new(Farewell { asking, outcome, frames, way_back, keep })))
}

async fn asking<'a>(cx: &'a Context, request: &LogoutRequest) -> Result<LogoutClient<'a>, InternalError> {
    let client = match &request.client {
        Some(id) => cx.find_client(id).await?,
        None => None,
    };
    Ok(LogoutClient { client, locale: request.ui_locale })
}

/// The sign-ins of a browser that a logout is about.
struct BrowserSignIns<'a> {
    living: Vec<(&'a Organization, SessionStanding)>,
    /// Sessions that the browser names and the store does not know, or knows to have ended.
    unknown: Vec<SsoId>,
}

impl<'a> BrowserSignIns<'a> {
    fn sessions(&self) -> Vec<&SsoSession> {
        self.living.iter().map(|(_, standing)| &standing.session).collect()
    }

    fn ids(&self) -> Vec<SsoId> {
        self.living.iter().map(|(_, standing)| standing.session.id).collect()
    }

    fn accounts(&self) -> Vec<(&'a Organization, String)> {
        let email = |standing: &SessionStanding| standing.end_user.email.as_typed().to_owned();
        self.living.iter().map(|(organization, standing)| (*organization, email(standing))).collect()
    }
}

impl Context {
    async fn signed_in<'a>(
        &'a self,
        request: &LogoutRequest,
        browser: &Browser,
    ) -> Result<BrowserSignIns<'a>, InternalError> {
        let of_client = match &request.client {
            Some(id) => self.find_client(id).await?.map(|(_, organization)| organization),
            None => None,
        };
        let mut signed_in = BrowserSignIns { living: Vec::new(), unknown: Vec::new() };
        for id in concerned(request, browser, of_client) {
            let (Some(organization), Some(sso)) = (self.policy.organization(&id), browser.sso_id(&id)) else {
                continue;
            };
            let client = request.client.clone().unwrap_or_else(|| ClientId::new(""));
            let Some(standing) = self.stores.peek_sso_session(&sso, &client).await? else {
                signed_in.unknown.push(sso);
                continue;
            };
            let is_over = self.clock.now() >= standing.session.expires_at;
            if standing.session.organization == id && !is_over {
                signed_in.living.push((organization, standing));
            }
        }
        Ok(signed_in)
    }
}

/// The organizations whose sign-in in this browser a request is about: its client's, or without a client every one.
fn concerned(
    request: &LogoutRequest,
    browser: &Browser,
    of_client: Option<&Organization>,
) -> Vec<OrganizationId> {
    let all = browser.sso.keys().filter(|id| match (&request.client, of_client) {
        (Some(_), Some(of_client)) => **id == of_client.id,
        (Some(_), None) => false,
        (None, _) => true,
    });
    all.cloned().collect()
}
