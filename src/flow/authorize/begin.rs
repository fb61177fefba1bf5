//! An authorization request comes in: it is answered at once, or goes its way through the pages, sealed in the first.

use std::sync::Arc;

use super::answer::{error_response, issue};
use super::view::{PageView, page_of};
use super::{AuthorizationResponse, InteractionRequest, OpenInteraction, StepError, request_object};
use crate::flow::browser::{Browser, CookieChanges, fingerprint};
use crate::flow::{Caller, Context, InternalError};
use crate::ports::store::SessionStanding;
use crate::protocol::authorization::{
    AuthorizationError, AuthorizationProgress, AuthorizationRequest, AuthorizationStep, ErrorCode,
    ErrorDelivery, ErrorOrigin, RefusedAuthorization, UnredirectableError, next,
};
use crate::protocol::client::Client;
use crate::protocol::id::{InteractionId, OrganizationId};
use crate::protocol::interaction::{Interaction, LIFETIME, Stage, WaitingDevice};
use crate::protocol::locale::Locale;
use crate::protocol::parameters::{Parameters, TooManyParameters};
use crate::protocol::policy::Organization;
use crate::protocol::time::Timestamp;

/// An authorization request.
#[derive(Debug, Clone, Copy)]
pub struct BeginRequest<'a> {
    /// Its parameters, or the first of too many.
    pub parameters: &'a Result<Parameters, TooManyParameters>,
    /// How the browser brought it.
    pub arrival: RequestDelivery,
    /// What the browser keeps.
    pub browser: &'a Browser,
}

/// How a browser brings a request, and so whether its cookies came along (RFC 6265bis §5.6.7.1, SameSite=Lax).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestDelivery {
    /// It went to the URL: the cookies came along.
    Link,
    /// As a form, which another site may have sent: then the cookies stayed at home, and are only known to a form of ours.
    Form,
    /// As a form into a frame, where no page of ours is shown: what came along has to do.
    FramedForm,
}

/// What a request leads to.
#[derive(Debug)]
pub enum BeginOutcome<'a> {
    /// The client is answered.
    Answered(AuthorizationResponse),
    /// The end-user is asked before the client hears of an error (RFC 9700 §4.11.2).
    AfterPage(ClientError),
    /// The end-user has something to do, on this page.
    Page {
        page: Box<PageView<'a>>,
        /// What the browser is to keep.
        keep: CookieChanges,
    },
    /// A form of ours has to bring the request again, with the browser's cookies.
    Relay(Box<RelayedForm<'a>>),
}

/// A request on its way from another site's form to a form of ours.
#[derive(Debug)]
pub struct RelayedForm<'a> {
    /// The interaction's id.
    pub id: InteractionId,
    /// The request, sealed and bound to no browser yet.
    pub sealed: String,
    /// The tenant.
    pub organization: &'a Organization,
    pub client: Arc<Client>,
    /// The language that the client asked for.
    pub locale: Option<Locale>,
}

/// An error for a client that nobody checked, which a person sees first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientError {
    /// Whose end-users the client signs in.
    pub organization: OrganizationId,
    /// The answer.
    pub response: AuthorizationResponse,
}

/// Where the browser takes an error.
pub(super) enum ErrorAnswer {
    /// To the client.
    AtOnce(AuthorizationResponse),
    AfterPage(ClientError),
}

/// Why a request is not answered to the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BeginError {
    /// Nobody knows where an answer may go.
    #[error(transparent)]
    Unredirectable(#[from] UnredirectableError),
    /// Our own fault.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

/// Takes an authorization request in. Nothing of it is stored, unless processes of the version before share the store.
///
/// # Errors
/// [`BeginError`].
pub async fn begin<'a>(
    cx: &'a Context,
    caller: &Caller,
    begin: BeginRequest<'_>,
) -> Result<BeginOutcome<'a>, BeginError> {
    let parameters = begin.parameters.as_ref().unwrap_or_else(|too_many| &too_many.first);
    let id = AuthorizationRequest::client_id(parameters)?;
    let (client, organization) = cx.find_client(&id).await?.ok_or(UnredirectableError::UnknownClient)?;
    let read = if let Ok(parameters) = begin.parameters {
        read(cx, caller, &client, parameters).await?
    } else {
        let description = "there are more than 64 parameters";
        Err(AuthorizationRequest::refuse(parameters, &client, ErrorCode::InvalidRequest, description))
    };
    let request = match read {
        Ok(request) => request,
        Err(RefusedAuthorization::Page(because)) => return Err(because.into()),
        Err(RefusedAuthorization::Redirect(error)) => {
            return Ok(refusal(cx, &client, error));
        }
    };
    let needs_relay = match begin.arrival {
        RequestDelivery::Link => false,
        RequestDelivery::Form => true,
        RequestDelivery::FramedForm => !request.prompts.none,
    };
    let opened_at = cx.clock.now();
    if needs_relay {
        let locale = request.ui_locale;
        let interaction = new_interaction(cx, request, opened_at, Stage::default());
        let (id, sealed) = (interaction.id, cx.seal_interaction(&interaction)?);
        return Ok(BeginOutcome::Relay(Box::new(RelayedForm { id, sealed, organization, client, locale })));
    }
    proceed(cx, caller, begin.browser, (client, organization), request, opened_at).await
}

/// Goes on with a request that came as a form, now that a form of ours brought it, with the browser's cookies.
///
/// # Errors
/// [`StepError`].
pub async fn resume<'a>(
    cx: &'a Context,
    caller: &Caller,
    asked: InteractionRequest<'_>,
) -> Result<BeginOutcome<'a>, StepError> {
    let id = InteractionId::parse(asked.id).ok_or(StepError::Expired(None))?;
    let sealed = asked.sealed.ok_or(StepError::BadForm)?;
    let interaction = cx.unseal_interaction(&id, sealed)?.ok_or(StepError::BadForm)?;
    if !interaction.browser.is_empty() {
        return Err(StepError::BadForm);
    }
    if cx.clock.now() >= interaction.expires_at {
        return Err(StepError::Expired(None));
    }
    let found = cx.find_client(&interaction.request.client).await.map_err(StepError::from)?;
    let found = found.ok_or(StepError::Expired(None))?;
    let begun = proceed(cx, caller, asked.browser, found, interaction.request, interaction.opened_at).await;
    begun.map_err(|error| match error {
        BeginError::Unredirectable(_) => StepError::Expired(None),
        BeginError::Internal(fault) => fault.into(),
    })
}

/// Reads a request, with its request object and its hint.
async fn read(
    cx: &Context,
    caller: &Caller,
    client: &Client,
    sent: &Parameters,
) -> Result<Result<AuthorizationRequest, RefusedAuthorization>, InternalError> {
    Ok(request_object::resolve(cx, caller, client, sent).await?.and_then(|object| {
        let parameters = object.as_ref().unwrap_or(sent);
        let request = AuthorizationRequest::read(parameters, client, cx.unsaid_for(client))?;
        with_hint(cx, client, request, parameters)
    }))
}

/// OpenID Connect Core §3.1.2.1: the end-user of `id_token_hint` is the one that the answer has to be about. One that is
/// not ours, or another client's, is refused: nothing could be said of it that is true.
fn with_hint(
    cx: &Context,
    client: &Client,
    request: AuthorizationRequest,
    parameters: &Parameters,
) -> Result<AuthorizationRequest, RefusedAuthorization> {
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
        (Some(hint), _) => {
            Ok(AuthorizationRequest { wanted: Some(hint.sub), wanted_sid: hint.sid, ..request })
        }
    }
}

fn refused(
    request: &AuthorizationRequest,
    code: ErrorCode,
    description: &'static str,
) -> RefusedAuthorization {
    RefusedAuthorization::Redirect(error(request, code, description))
}

fn error(request: &AuthorizationRequest, code: ErrorCode, description: &'static str) -> AuthorizationError {
    AuthorizationError {
        redirect_uri: request.redirect_uri.clone(),
        mode: request.response_mode,
        state: request.state.clone(),
        is_silent: request.prompts.none,
        code,
        description,
    }
}

async fn proceed<'a>(
    cx: &'a Context,
    caller: &Caller,
    browser: &Browser,
    (client, organization): (Arc<Client>, &'a Organization),
    request: AuthorizationRequest,
    opened_at: Timestamp,
) -> Result<BeginOutcome<'a>, BeginError> {
    let standing = cx.standing(browser, &client).await?;
    let session = standing.as_ref().map(|standing| &standing.session);
    let consent = standing.as_ref().and_then(|standing| standing.consent.as_ref());
    let is_another = cx.is_another(&request, &client, standing.as_ref());
    let progress = AuthorizationProgress { is_another, ..AuthorizationProgress::default() };
    let step = next(&request, &client, session, consent, progress, cx.clock.now());
    match (step, session) {
        (AuthorizationStep::Refuse(code), _) => Ok(refusal(cx, &client, refused_step(&request, code))),
        (AuthorizationStep::Issue, Some(session)) => {
            Ok(BeginOutcome::Answered(issue(cx, &client, &request, session, None).await?))
        }
        (
            AuthorizationStep::Issue
            | AuthorizationStep::SignIn
            | AuthorizationStep::Choose
            | AuthorizationStep::Consent
            | AuthorizationStep::Confirm,
            _,
        ) => {
            let stage = Stage { before: session.map(|session| session.id), ..Stage::default() };
            let interaction = new_interaction(cx, request, opened_at, stage);
            let found = (client, organization);
            let (page, keep) = first_page(cx, caller, browser, found, standing, interaction, step).await?;
            Ok(BeginOutcome::Page { page, keep })
        }
    }
}

/// Begins an interaction whose answer a device waits for (RFC 8628 §3.3).
pub(in crate::flow) async fn for_device<'a>(
    cx: &'a Context,
    caller: &Caller,
    browser: &Browser,
    (client, organization): (Arc<Client>, &'a Organization),
    request: AuthorizationRequest,
    device: WaitingDevice,
) -> Result<(Box<PageView<'a>>, CookieChanges), InternalError> {
    let standing = cx.standing(browser, &client).await?;
    let session = standing.as_ref().map(|standing| &standing.session);
    let consent = standing.as_ref().and_then(|standing| standing.consent.as_ref());
    let now = cx.clock.now();
    let progress = AuthorizationProgress { of_device: true, ..AuthorizationProgress::default() };
    let step = next(&request, &client, session, consent, progress, now);
    let stage = Stage { before: session.map(|session| session.id), device: Some(device), ..Stage::default() };
    let interaction = new_interaction(cx, request, now, stage);
    first_page(cx, caller, browser, (client, organization), standing, interaction, step).await
}

/// The first page of an interaction, which is bound to the browser and sealed in the page's forms.
async fn first_page<'a>(
    cx: &'a Context,
    caller: &Caller,
    browser: &Browser,
    (client, organization): (Arc<Client>, &'a Organization),
    standing: Option<SessionStanding>,
    interaction: Interaction,
    step: AuthorizationStep,
) -> Result<(Box<PageView<'a>>, CookieChanges), InternalError> {
    let known = browser.secret.clone();
    let secret = known.clone().unwrap_or_else(|| cx.new_browser_secret());
    let interaction = Interaction { browser: fingerprint(&secret), ..interaction };
    let sealed = if cx.stores_page_request(caller, &interaction).await? {
        cx.stores.open_interaction(&interaction).await?;
        None
    } else {
        Some(cx.seal_interaction(&interaction)?)
    };
    let keep = CookieChanges { secret: known.is_none().then(|| secret.clone()), ..CookieChanges::default() };
    let current = OpenInteraction { interaction, client, organization, browser: secret, standing, sealed };
    Ok((Box::new(page_of(cx, &current, step)), keep))
}

/// An interaction that is bound to no browser yet.
fn new_interaction(
    cx: &Context,
    request: AuthorizationRequest,
    opened_at: Timestamp,
    stage: Stage,
) -> Interaction {
    Interaction {
        id: InteractionId::from_random(cx.random()),
        browser: String::new(),
        request,
        opened_at,
        expires_at: opened_at.plus(LIFETIME),
        revision: 0,
        stage,
    }
}

/// Where an error goes that no form of a person's led to (RFC 9700 §4.11.2).
fn refusal(cx: &Context, client: &Client, error: AuthorizationError) -> BeginOutcome<'static> {
    let origin =
        ErrorOrigin { vouched_by: client.vouched_by(), is_silent: error.is_silent, is_of_person: false };
    match deliver(client, origin, error_response(&cx.policy.issuer, error)) {
        ErrorAnswer::AtOnce(response) => BeginOutcome::Answered(response),
        ErrorAnswer::AfterPage(error) => BeginOutcome::AfterPage(error),
    }
}

/// Takes an error to its client, or to a page before.
pub(super) fn deliver(client: &Client, origin: ErrorOrigin, response: AuthorizationResponse) -> ErrorAnswer {
    match origin.delivery() {
        ErrorDelivery::AtOnce => ErrorAnswer::AtOnce(response),
        ErrorDelivery::AfterPage => {
            ErrorAnswer::AfterPage(ClientError { organization: client.organization.clone(), response })
        }
    }
}

/// The answer to a request that cannot go on without a page, though none may be shown.
pub(super) fn refuse(cx: &Context, request: &AuthorizationRequest, code: ErrorCode) -> AuthorizationResponse {
    error_response(&cx.policy.issuer, refused_step(request, code))
}

fn refused_step(request: &AuthorizationRequest, code: ErrorCode) -> AuthorizationError {
    let description = match code {
        ErrorCode::AccessDenied => "the end-user did not allow it",
        ErrorCode::LoginRequired if !request.prompts.none => "somebody else than the one asked for signed in",
        _ => "it needs a page, and prompt is none",
    };
    error(request, code, description)
}
