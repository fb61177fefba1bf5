//! An authorization request comes in: it is answered at once, or goes its way through the pages.

use super::answer::{error_response, issue};
use super::{AuthorizationResponse, StepError, request_object};
use crate::flow::browser::{Browser, Keep, fingerprint};
use crate::flow::{Caller, Context, Fault};
use crate::protocol::authorization::{
    AuthorizationError, AuthorizationRequest, ErrorCode, Next, Progress, Refused, Unredirectable, next,
};
use crate::protocol::client::Client;
use crate::protocol::id::InteractionId;
use crate::protocol::interaction::{Answered, Finished, Interaction, LIFETIME, OfDevice, Stage};
use crate::protocol::parameters::Parameters;

/// An authorization request.
#[derive(Debug, Clone, Copy)]
pub struct BeginRequest<'a> {
    /// Its parameters.
    pub parameters: &'a Parameters,
    /// Whether another site may have sent it as a form: then the browser's cookies stayed at home (SameSite=Lax), and
    /// they are only known at the redirect that follows.
    pub by_form: bool,
    /// What the browser keeps.
    pub browser: &'a Browser,
}

/// What a request leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// The client is answered.
    Answered(AuthorizationResponse),
    /// The end-user has something to do.
    Interaction {
        /// Where.
        id: InteractionId,
        /// What the browser is to keep.
        keep: Keep,
    },
}

/// Why a request is not answered to the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BeginError {
    /// Nobody knows where an answer may go.
    #[error(transparent)]
    Unredirectable(#[from] Unredirectable),
    /// Our own fault.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Takes an authorization request in.
///
/// # Errors
/// [`BeginError`].
pub async fn begin(cx: &Context, caller: &Caller, begin: BeginRequest<'_>) -> Result<Begun, BeginError> {
    let id = AuthorizationRequest::client_id(begin.parameters)?;
    let (client, _) = cx.find_client(&id).await?.ok_or(Unredirectable::UnknownClient)?;
    let read = request_object::resolve(cx, &client, begin.parameters).await?.and_then(|object| {
        let parameters = object.as_ref().unwrap_or(begin.parameters);
        let request = AuthorizationRequest::read(parameters, &client, cx.default_audience_for(&client))?;
        with_hint(cx, &client, request, parameters)
    });
    let request = match read {
        Ok(request) => request,
        Err(Refused::Page(because)) => return Err(because.into()),
        Err(Refused::Redirect(error)) => {
            return Ok(Begun::Answered(error_response(&cx.policy.issuer, error)));
        }
    };
    if begin.by_form {
        let id = store(cx, request, String::new(), Stage::default()).await?;
        return Ok(Begun::Interaction { id, keep: Keep::default() });
    }
    proceed(cx, caller, begin.browser, &client, request).await
}

/// OpenID Connect Core §3.1.2.1: the end-user of `id_token_hint` is the one that the answer has to be about. One that is
/// not ours, or another client's, is refused: nothing could be said of it that is true.
fn with_hint(
    cx: &Context,
    client: &Client,
    request: AuthorizationRequest,
    parameters: &Parameters,
) -> Result<AuthorizationRequest, Refused> {
    let hint = match parameters.get("id_token_hint") {
        Ok(None) => return Ok(request),
        Ok(Some(text)) => cx.read_hint_of(text, &client.id).ok(),
        Err(_) => None,
    };
    match (hint, &request.wanted) {
        (None, _) => {
            Err(refused(&request, ErrorCode::InvalidRequest, "id_token_hint is no ID token of this client"))
        }
        (Some(hint), Some(wanted)) if *wanted != hint.sub => {
            let description = "id_token_hint and the sub that is asked for are of two end-users";
            Err(refused(&request, ErrorCode::LoginRequired, description))
        }
        (Some(hint), _) => Ok(AuthorizationRequest { wanted: Some(hint.sub), ..request }),
    }
}

fn refused(request: &AuthorizationRequest, code: ErrorCode, description: &'static str) -> Refused {
    Refused::Redirect(error(request, code, description))
}

fn error(request: &AuthorizationRequest, code: ErrorCode, description: &'static str) -> AuthorizationError {
    AuthorizationError {
        redirect_uri: request.redirect_uri.clone(),
        mode: request.response_mode,
        state: request.state.clone(),
        code,
        description,
    }
}

/// Goes on with a request that came by a form, now that the browser's cookies are known: it becomes an interaction
/// of this browser. The first that asks for it gets it.
///
/// # Errors
/// [`StepError`].
pub(super) async fn resume(
    cx: &Context,
    caller: &Caller,
    browser: &Browser,
    interaction: Interaction,
) -> Result<Begun, StepError> {
    if cx.clock.now() >= interaction.expires_at {
        return Err(StepError::Expired);
    }
    let found = cx.find_client(&interaction.request.client).await.map_err(StepError::from)?;
    let (client, _) = found.ok_or(StepError::Expired)?;
    let finished = Finished { answer: Answered::Elsewhere, at: cx.clock.now() };
    let stage = Stage { finished: Some(finished), ..interaction.stage.clone() };
    if interaction.stage.finished.is_some() || !cx.advance(&interaction, &stage).await? {
        return Err(StepError::Finished(client));
    }
    proceed(cx, caller, browser, &client, interaction.request).await.map_err(|error| match error {
        BeginError::Unredirectable(_) => StepError::Expired,
        BeginError::Fault(fault) => fault.into(),
    })
}

async fn proceed(
    cx: &Context,
    caller: &Caller,
    browser: &Browser,
    client: &Client,
    request: AuthorizationRequest,
) -> Result<Begun, BeginError> {
    let standing = cx.standing(browser, client).await?;
    let session = standing.as_ref().map(|standing| &standing.session);
    let consent = standing.as_ref().and_then(|standing| standing.consent.as_ref());
    let is_another = cx.is_another(&request, client, standing.as_ref());
    let progress = Progress { is_another, ..Progress::default() };
    let step = next(&request, client, session, consent, progress, cx.clock.now());
    match (step, session) {
        (Next::Refuse(code), _) => Ok(Begun::Answered(refuse(cx, &request, code))),
        (Next::Issue, Some(session)) => {
            Ok(Begun::Answered(issue(cx, caller, &request, session, None).await?))
        }
        (Next::Issue | Next::SignIn | Next::Choose | Next::Consent | Next::Confirm, _) => {
            let stage = Stage { before: session.map(|session| session.id), ..Stage::default() };
            let (id, keep) = open(cx, browser, request, stage).await?;
            Ok(Begun::Interaction { id, keep })
        }
    }
}

/// Begins an interaction whose answer a device waits for (RFC 8628 §3.3).
pub(in crate::flow) async fn for_device(
    cx: &Context,
    browser: &Browser,
    client: &Client,
    request: AuthorizationRequest,
    device: OfDevice,
) -> Result<(InteractionId, Keep), Fault> {
    let before = cx.standing(browser, client).await?.map(|standing| standing.session.id);
    open(cx, browser, request, Stage { before, device: Some(device), ..Stage::default() }).await
}

async fn open(
    cx: &Context,
    browser: &Browser,
    request: AuthorizationRequest,
    stage: Stage,
) -> Result<(InteractionId, Keep), Fault> {
    let known = browser.secret.clone();
    let secret = known.clone().unwrap_or_else(|| cx.new_browser_secret());
    let id = store(cx, request, fingerprint(&secret), stage).await?;
    let keep = Keep { secret: known.is_none().then_some(secret), ..Keep::default() };
    Ok((id, keep))
}

async fn store(
    cx: &Context,
    request: AuthorizationRequest,
    browser: String,
    stage: Stage,
) -> Result<InteractionId, Fault> {
    let now = cx.clock.now();
    let interaction = Interaction {
        id: InteractionId::from_random(cx.random()),
        browser,
        request,
        opened_at: now,
        expires_at: now.plus(LIFETIME),
        revision: 0,
        stage,
    };
    cx.stores.open_interaction(&interaction).await?;
    Ok(interaction.id)
}

/// The answer to a request that cannot go on without a page, though none may be shown.
pub(super) fn refuse(cx: &Context, request: &AuthorizationRequest, code: ErrorCode) -> AuthorizationResponse {
    let description = match code {
        ErrorCode::AccessDenied => "the end-user did not allow it",
        ErrorCode::LoginRequired if !request.prompts.none => "somebody else than the one asked for signed in",
        _ => "it needs a page, and prompt is none",
    };
    error_response(&cx.policy.issuer, error(request, code, description))
}
