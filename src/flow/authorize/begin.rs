//! The start of an authorization request: it is answered at once, or sealed in the first page.

use std::sync::Arc;

use super::answer::{error_response, issue};
use super::request_object;
use super::view::{PageView, page_of};
use super::{AuthorizationResponse, InteractionRequest, OpenInteraction, StepError};
use crate::flow::browser::{Browser, CookieChanges, fingerprint};
use crate::flow::{Caller, Context, InternalError, Result};
use crate::ports::store::SessionStanding;
use crate::protocol::authorization::{
    AuthorizationError, AuthorizationProgress, AuthorizationRequest, AuthorizationStep, ErrorCode,
    ErrorDelivery, ErrorOrigin, RefusedAuthorization, UnredirectableError, next,
};
use crate::protocol::browser_binding::BrowserBinding;
use crate::protocol::client::Client;
use crate::protocol::id::{InteractionId, OrganizationId};
use crate::protocol::interaction::{Interaction, LIFETIME, Stage, WaitingDevice};
use crate::protocol::locale::Locale;
use crate::protocol::parameters::{Parameters, TooManyParameters};
use crate::protocol::policy::Organization;
use crate::protocol::time::Timestamp;

#[derive(Debug, Clone, Copy)]
pub struct BeginRequest<'a> {
    /// The request's parameters, or the first of too many.
    pub parameters: &'a Result<Parameters, TooManyParameters>,
    pub arrival: RequestDelivery,
    /// The cookies that came with the request.
    pub browser: &'a Browser,
}

/// How a browser delivers a request, which decides whether its cookies are sent (RFC 6265bis §5.6.7.1,
/// SameSite=Lax).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestDelivery {
    /// A navigation with GET, which sends the cookies.
    Link,
    /// A form, possibly of another site, which sends no cookies. A form of ours has to send the request again
    /// with them.
    Form,
    /// A form in a frame. No page of ours is shown there, so the cookies that came have to suffice.
    FramedForm,
}

#[derive(Debug)]
pub enum BeginOutcome<'a> {
    Answered(AuthorizationResponse),
    /// The end-user sees a page before the error goes to the client (RFC 9700 §4.11.2).
    ClientErrorPage(ClientError),
    /// The end-user has to act on this page.
    Page {
        page: Box<PageView<'a>>,
        cookies: CookieChanges,
    },
    /// A form of ours has to send the request again, with the browser's cookies.
    Relay(Box<RelayedForm<'a>>),
}

/// A request that came as another site's form and is sent again by a form of ours.
#[derive(Debug)]
pub struct RelayedForm<'a> {
    pub id: InteractionId,
    /// The sealed request, which is not bound to a browser yet.
    pub sealed: String,
    pub organization: &'a Organization,
    pub client: Arc<Client>,
    /// The language from `ui_locales`.
    pub locale: Option<Locale>,
}

/// An error for a client that nobody vouches for, which the end-user sees before the client does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientError {
    /// The client's organization.
    pub organization: OrganizationId,
    pub response: AuthorizationResponse,
}

/// How an error reaches the client.
pub(super) enum ErrorAnswer {
    AtOnce(AuthorizationResponse),
    AfterPage(ClientError),
}

/// Why a request is not answered with a redirect to the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BeginError {
    /// The client or its redirect URI is not known.
    #[error(transparent)]
    Unredirectable(#[from] UnredirectableError),
    #[error(transparent)]
    Internal(#[from] InternalError),
}

/// Begins an authorization request. It is not stored, unless processes of an older version share the store.
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
        read(cx, caller, &client, parameters).await
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

/// Continues a request that came as a form, now that a form of ours has sent it with the browser's cookies.
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
    if !interaction.browser.is_none() {
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

/// Reads a request with its request object and its `id_token_hint`.
async fn read(
    cx: &Context,
    caller: &Caller,
    client: &Client,
    sent: &Parameters,
) -> Result<AuthorizationRequest, RefusedAuthorization> {
    let object = request_object::resolve(cx, caller, client, sent).await?;
    let parameters = object.as_ref().unwrap_or(sent);
    let request = AuthorizationRequest::read(parameters, client, cx.authorization_defaults(client))?;
    with_hint(cx, client, request, parameters)
}

/// Requires the end-user of `id_token_hint` for the answer (OpenID Connect Core §3.1.2.1). A hint that is not
/// ours or is another client's is refused, because no answer about its end-user would be true.
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
    let standing = cx.session_standing(browser, &client).await?;
    let session = standing.as_ref().map(|standing| &standing.session);
    let consent = standing.as_ref().and_then(|standing| standing.consent.as_ref());
    let is_another = cx.is_another_end_user(&request, &client, standing.as_ref());
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
            let (page, cookies) = first_page(cx, caller, browser, found, standing, interaction, step).await?;
            Ok(BeginOutcome::Page { page, cookies })
        }
    }
}

/// Begins the interaction in which an end-user decides about a device (RFC 8628 §3.3).
pub(in crate::flow) async fn for_device<'a>(
    cx: &'a Context,
    caller: &Caller,
    browser: &Browser,
    (client, organization): (Arc<Client>, &'a Organization),
    request: AuthorizationRequest,
    device: WaitingDevice,
) -> Result<(Box<PageView<'a>>, CookieChanges)> {
    let standing = cx.session_standing(browser, &client).await?;
    let session = standing.as_ref().map(|standing| &standing.session);
    let consent = standing.as_ref().and_then(|standing| standing.consent.as_ref());
    let now = cx.clock.now();
    let progress = AuthorizationProgress { of_device: true, ..AuthorizationProgress::default() };
    let step = next(&request, &client, session, consent, progress, now);
    let stage = Stage { before: session.map(|session| session.id), device: Some(device), ..Stage::default() };
    let interaction = new_interaction(cx, request, now, stage);
    first_page(cx, caller, browser, (client, organization), standing, interaction, step).await
}

/// Binds an interaction to the browser and shows its first page, whose forms carry it sealed.
async fn first_page<'a>(
    cx: &'a Context,
    caller: &Caller,
    browser: &Browser,
    (client, organization): (Arc<Client>, &'a Organization),
    standing: Option<SessionStanding>,
    interaction: Interaction,
    step: AuthorizationStep,
) -> Result<(Box<PageView<'a>>, CookieChanges)> {
    let known = browser.secret.clone();
    let secret = known.clone().unwrap_or_else(|| cx.new_browser_secret());
    let interaction = Interaction { browser: BrowserBinding::to(fingerprint(&secret)), ..interaction };
    let sealed = if cx.stores_page_request(caller, &interaction).await? {
        cx.stores.open_interaction(&interaction).await?;
        None
    } else {
        Some(cx.seal_interaction(&interaction)?)
    };
    let cookies =
        CookieChanges { secret: known.is_none().then(|| secret.clone()), ..CookieChanges::default() };
    let current = OpenInteraction { interaction, client, organization, browser: secret, standing, sealed };
    Ok((Box::new(page_of(cx, &current, step)), cookies))
}

/// A new interaction that is not bound to a browser yet.
fn new_interaction(
    cx: &Context,
    request: AuthorizationRequest,
    opened_at: Timestamp,
    stage: Stage,
) -> Interaction {
    Interaction {
        id: InteractionId::from_random(cx.random()),
        browser: BrowserBinding::NONE,
        request,
        opened_at,
        expires_at: opened_at.plus(LIFETIME),
        revision: 0,
        stage,
    }
}

/// Delivers an error that no end-user's action caused (RFC 9700 §4.11.2).
fn refusal(cx: &Context, client: &Client, error: AuthorizationError) -> BeginOutcome<'static> {
    let origin =
        ErrorOrigin { vouched_by: client.vouched_by(), is_silent: error.is_silent, is_of_person: false };
    match deliver(client, origin, error_response(&cx.policy.issuer, error)) {
        ErrorAnswer::AtOnce(response) => BeginOutcome::Answered(response),
        ErrorAnswer::AfterPage(error) => BeginOutcome::ClientErrorPage(error),
    }
}

pub(super) fn deliver(client: &Client, origin: ErrorOrigin, response: AuthorizationResponse) -> ErrorAnswer {
    match origin.delivery() {
        ErrorDelivery::AtOnce => ErrorAnswer::AtOnce(response),
        ErrorDelivery::AfterPage => {
            ErrorAnswer::AfterPage(ClientError { organization: client.organization.clone(), response })
        }
    }
}

/// The error response when a page is needed but none may be shown.
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
