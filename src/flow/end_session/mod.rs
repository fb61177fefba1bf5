//! Logout at the issuer (OpenID Connect RP-Initiated Logout 1.0): a client asks for it, the end-user is asked when the
//! client cannot prove that the session is its own, and everybody who took part is told.

mod end;

use std::sync::Arc;

use super::browser::{Browser, Form, Keep};
use super::{Caller, Context, Fault};
use crate::ports::store::Standing;
use crate::protocol::client::Client;
use crate::protocol::id::{ClientId, InteractionId, OrganizationId, SsoId};
use crate::protocol::locale::Locale;
use crate::protocol::logout::{Asked, LIFETIME, LogoutRefused, LogoutRequest, LogoutStep, PendingLogout};
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
        because: LogoutRefused,
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
    Fault(#[from] Fault),
}

/// What a step leads to.
#[derive(Debug)]
pub enum Signout<'a> {
    /// The request waits, at its own page.
    Elsewhere(InteractionId),
    /// The end-user is asked.
    Ask(Box<Question<'a>>),
    /// It is over.
    Done(Box<Farewell<'a>>),
}

/// What the end-user is asked.
#[derive(Debug)]
pub struct Question<'a> {
    /// The request.
    pub id: InteractionId,
    /// Who asks.
    pub asking: Asking<'a>,
    /// Who is signed in, and at whom.
    pub accounts: Vec<(&'a Organization, String)>,
    /// Whether the browser was to come back, but nothing proves where.
    pub not_back: bool,
    /// The form's hidden field.
    pub token: String,
    /// What the browser is to keep.
    pub keep: Keep,
}

/// On whose behalf a page is shown.
#[derive(Debug, Clone)]
pub struct Asking<'a> {
    /// The client and its organization, when they are known.
    pub client: Option<(Arc<Client>, &'a Organization)>,
    /// The language that the client asked for.
    pub locale: Option<Locale>,
}

/// The end.
#[derive(Debug)]
pub struct Farewell<'a> {
    /// On whose behalf.
    pub asking: Asking<'a>,
    /// Whether somebody is still signed in, because they want to be.
    pub stays: bool,
    /// The URLs that tell the clients that want to be told in the browser (Front-Channel Logout §2).
    pub frames: Vec<String>,
    /// Where the browser goes then.
    pub next: Option<Secret<String>>,
    /// What the browser is to keep.
    pub keep: Keep,
}

/// Takes a logout request in. `by_form` is whether another site may have sent it as a form: then the browser's cookies
/// stayed at home (SameSite=Lax), and they are only known at the redirect that follows.
///
/// # Errors
/// [`EndSessionError`].
pub async fn begin<'a>(
    cx: &'a Context,
    caller: &Caller,
    parameters: &Parameters,
    by_form: bool,
    browser: &Browser,
) -> Result<Signout<'a>, EndSessionError> {
    let request = recognize(cx, understand(cx, caller, parameters).await?, browser).await?;
    if !by_form {
        let signed_in = cx.signed_in(&request, browser).await?;
        if request.next(&signed_in.sessions()) != LogoutStep::Ask {
            return finish(cx, caller, &request, browser, signed_in).await;
        }
    }
    let id = InteractionId::from_random(cx.random());
    let expires_at = cx.clock.now().plus(LIFETIME);
    let pending = PendingLogout { id, request, expires_at };
    cx.stores.open_logout(&pending).await.map_err(Fault::from)?;
    Ok(Signout::Elsewhere(id))
}

/// The page of a request that waits. What may be done at once is.
///
/// # Errors
/// [`EndSessionError`].
pub async fn view<'a>(
    cx: &'a Context,
    caller: &Caller,
    id: &str,
    browser: &Browser,
) -> Result<Signout<'a>, EndSessionError> {
    let PendingLogout { id, request, .. } = pending(cx, id).await?;
    let signed_in = cx.signed_in(&request, browser).await?;
    if request.next(&signed_in.sessions()) != LogoutStep::Ask {
        return finish(cx, caller, &request, browser, signed_in).await;
    }
    let known = browser.secret.clone();
    let secret = known.clone().unwrap_or_else(|| cx.new_browser_secret());
    let token = cx.form_token(&id, &secret, Form::SignOut(&signed_in.ids()));
    let keep = Keep { secret: known.is_none().then_some(secret), ..Keep::default() };
    Ok(Signout::Ask(Box::new(Question {
        id,
        not_back: request.onward(&signed_in.sessions()).is_none()
            && (request.not_back || request.redirect_uri.is_some()),
        asking: asking(cx, &request).await?,
        accounts: signed_in.accounts(),
        token,
        keep,
    })))
}

/// The end-user's word. It is about the sign-ins that the page named: when somebody else has signed in since, the form
/// does not fit any more.
///
/// # Errors
/// [`EndSessionError`].
pub async fn decide<'a>(
    cx: &'a Context,
    caller: &Caller,
    id: &str,
    browser: &Browser,
    token: &str,
    yes: bool,
) -> Result<Signout<'a>, EndSessionError> {
    let PendingLogout { id, request, .. } = pending(cx, id).await?;
    let signed_in = cx.signed_in(&request, browser).await?;
    if signed_in.0.is_empty() {
        // The form was sent twice: the first ended it.
        return finish(cx, caller, &request, browser, signed_in).await;
    }
    let secret = browser.secret.as_ref().ok_or(EndSessionError::BadForm)?;
    if !cx.is_form_token(token, &id, secret, Form::SignOut(&signed_in.ids())) {
        return Err(EndSessionError::BadForm);
    }
    if yes {
        return finish(cx, caller, &request, browser, signed_in).await;
    }
    Ok(Signout::Done(Box::new(Farewell {
        asking: asking(cx, &request).await?,
        stays: true,
        frames: Vec::new(),
        next: None,
        keep: Keep::default(),
    })))
}

async fn understand(
    cx: &Context,
    caller: &Caller,
    parameters: &Parameters,
) -> Result<LogoutRequest, EndSessionError> {
    let refused = |because, client| EndSessionError::Refused { because, client };
    let asked = Asked::read(parameters).map_err(|because| refused(because, None))?;
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
        return Err(refused(LogoutRefused::UnknownClient, None));
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
        let known = |session: &&SsoSession| cx.subject_for(&client, &session.user) == hint.sub;
        if let Some(session) = signed_in.sessions().into_iter().find(known) {
            session.user.as_str().clone_into(&mut hint.sub);
        }
    }
    Ok(request)
}

async fn pending(cx: &Context, id: &str) -> Result<PendingLogout, EndSessionError> {
    let id = InteractionId::parse(id).ok_or(EndSessionError::Expired)?;
    let pending = cx.stores.peek_logout(&id).await.map_err(Fault::from)?;
    pending.filter(|pending| cx.clock.now() < pending.expires_at).ok_or(EndSessionError::Expired)
}

async fn finish<'a>(
    cx: &'a Context,
    caller: &Caller,
    request: &LogoutRequest,
    browser: &Browser,
    signed_in: SignedIn<'a>,
) -> Result<Signout<'a>, EndSessionError> {
    let next = request.onward(&signed_in.sessions()).map(Secret::new);
    let asking = asking(cx, request).await?;
    let mut frames = Vec::new();
    for (_, standing) in &signed_in.0 {
        frames.extend(cx.sign_out(caller, &standing.session.id).await?);
    }
    // Also what is left of sign-ins that ended elsewhere.
    let forget = concerned(request, browser, asking.client.as_ref().map(|(_, at)| *at));
    let keep = Keep { forget, ..Keep::default() };
    Ok(Signout::Done(Box::new(Farewell { asking, stays: false, frames, next, keep })))
}

async fn asking<'a>(cx: &'a Context, request: &LogoutRequest) -> Result<Asking<'a>, Fault> {
    let client = match &request.client {
        Some(id) => cx.find_client(id).await?,
        None => None,
    };
    Ok(Asking { client, locale: request.ui_locale })
}

/// The sign-ins of a browser that a logout is about.
struct SignedIn<'a>(Vec<(&'a Organization, Standing)>);

impl<'a> SignedIn<'a> {
    fn sessions(&self) -> Vec<&SsoSession> {
        self.0.iter().map(|(_, standing)| &standing.session).collect()
    }

    fn ids(&self) -> Vec<SsoId> {
        self.0.iter().map(|(_, standing)| standing.session.id).collect()
    }

    fn accounts(&self) -> Vec<(&'a Organization, String)> {
        let email = |standing: &Standing| standing.end_user.email.as_typed().to_owned();
        self.0.iter().map(|(organization, standing)| (*organization, email(standing))).collect()
    }
}

impl Context {
    async fn signed_in<'a>(
        &'a self,
        request: &LogoutRequest,
        browser: &Browser,
    ) -> Result<SignedIn<'a>, Fault> {
        let of_client = match &request.client {
            Some(id) => self.find_client(id).await?.map(|(_, organization)| organization),
            None => None,
        };
        let mut found = Vec::new();
        for id in concerned(request, browser, of_client) {
            let (Some(organization), Some(sso)) = (self.policy.organization(&id), browser.sso_id(&id)) else {
                continue;
            };
            let client = request.client.clone().unwrap_or_else(|| ClientId::new(""));
            let standing = self.stores.peek_sso_session(&sso, &client).await?;
            let lives = |standing: &Standing| {
                standing.session.organization == id && self.clock.now() < standing.session.expires_at
            };
            found.extend(standing.filter(lives).map(|standing| (organization, standing)));
        }
        Ok(SignedIn(found))
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
