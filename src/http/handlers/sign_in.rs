//! The pages of a sign-in. A form is answered by a redirect (303), so that a reload sends nothing twice; the
//! query of the next page says what went wrong.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::client_error;
use super::end_session::part;
use super::page_form::{own_field, see_other, set_cookies};
use super::sign_in_view::{RelayedRequest, posted, relayed, render};
use crate::flow::authorize::begin::{self, BeginOutcome};
use crate::flow::authorize::view::{InteractionPage, InteractionView, PageContent, view};
use crate::flow::authorize::{
    AuthorizationResponse, InteractionRequest, StepError, decide as decisions, sign_in as steps,
};
use crate::flow::browser::{Browser, CookieChanges};
use crate::http::body::FormBody;
use crate::http::error::ApiError;
use crate::http::form_field::FormField;
use crate::http::form_notice::FormNotice;
use crate::http::page_context::locale;
use crate::http::pages::{
    ALLOW, CODE_FIELD, DECISION_FIELD, DENY, EMAIL_FIELD, PostPurpose, REFERENCE_FIELD, TOKEN_FIELD,
};
use crate::http::paths;
use crate::http::paths::PagelessStep;
use crate::http::request::RequestContext;
use crate::http::state::WorkerState;
use crate::protocol::authorization::ResponseMode;
use crate::protocol::secret::Secret;

type PageResponse = Result<HttpResponse, ApiError>;

struct InteractionVisit {
    state: Data<WorkerState>,
    context: RequestContext,
    request: HttpRequest,
    id: String,
    browser: Browser,
    /// The sealed interaction from the form, while it is not stored.
    sealed: Option<String>,
}

impl InteractionVisit {
    fn new(state: Data<WorkerState>, context: RequestContext, request: HttpRequest, id: String) -> Self {
        let browser = state.cookies.read(&request);
        Self { state, context, request, id, browser, sealed: None }
    }

    /// Reads a submitted form; also returns its token.
    fn of_form(
        state: Data<WorkerState>,
        context: RequestContext,
        request: HttpRequest,
        id: String,
        form: &FormBody,
    ) -> Result<(Self, String), ApiError> {
        let field = own_field(&request, form, TOKEN_FIELD)?;
        let field = FormField::parse(field);
        if !field.is_formed() {
            return Err(StepError::BadForm.into());
        }
        let FormField { token, sealed } = field;
        let (token, sealed) = (token.to_owned(), sealed.map(ToOwned::to_owned));
        Ok((Self { sealed, ..Self::new(state, context, request, id) }, token))
    }

    fn asked(&self) -> InteractionRequest<'_> {
        InteractionRequest { id: &self.id, sealed: self.sealed.as_deref(), browser: &self.browser }
    }

    async fn show(&self, page: InteractionPage) -> PageResponse {
        let trouble = FormNotice::from_query(self.request.query_string());
        let view = view(&self.state.cx, &self.context.0, self.asked(), page).await?;
        self.answer(view, &CookieChanges::default(), trouble)
    }

    fn answer(
        &self,
        view: InteractionView<'_>,
        keep: &CookieChanges,
        trouble: Option<FormNotice>,
    ) -> PageResponse {
        let mut response = match view {
            InteractionView::Page(shown) => render(&self.state, &self.request, &shown, trouble)?,
            InteractionView::Elsewhere(id, page) => {
                let query = trouble.map(FormNotice::query).unwrap_or_default();
                see_other(&(paths::page(&self.state.base, &id, page) + &query))
            }
            InteractionView::Parting(parting) => return part(&self.state, &self.request, &parting, keep),
            InteractionView::Answered(answer) => answered(&self.state, &self.context, &self.request, &answer),
            InteractionView::AfterPage(error) => {
                client_error::page(&self.state, &self.context, &self.request, &error)
            }
        };
        set_cookies(&self.state, &mut response, keep);
        Ok(response)
    }

    /// Shows the page again with a notice and the input.
    async fn again(&self, page: InteractionPage, trouble: FormNotice, typed: Option<&str>) -> PageResponse {
        let mut view = view(&self.state.cx, &self.context.0, self.asked(), page).await?;
        if let (InteractionView::Page(shown), Some(typed)) = (&mut view, typed)
            && let PageContent::Address { email } = &mut shown.content
        {
            typed.clone_into(email);
        }
        self.answer(view, &CookieChanges::default(), Some(trouble))
    }

    /// Redirects to the code page with a notice in its query.
    fn to_code(&self, trouble: Option<FormNotice>) -> HttpResponse {
        let query = trouble.map(FormNotice::query).unwrap_or_default();
        see_other(&(paths::code_page(&self.state.base, &self.id) + &query))
    }
}

/// # Errors
/// [`ApiError`].
pub async fn address_page(
    state: Data<WorkerState>,
    context: RequestContext,
    request: HttpRequest,
    id: Path<String>,
) -> PageResponse {
    InteractionVisit::new(state, context, request, id.into_inner()).show(InteractionPage::Address).await
}

/// # Errors
/// [`ApiError`].
pub async fn code_page(
    state: Data<WorkerState>,
    context: RequestContext,
    request: HttpRequest,
    id: Path<String>,
) -> PageResponse {
    InteractionVisit::new(state, context, request, id.into_inner()).show(InteractionPage::Code).await
}

/// # Errors
/// [`ApiError`].
pub async fn consent_page(
    state: Data<WorkerState>,
    context: RequestContext,
    request: HttpRequest,
    id: Path<String>,
) -> PageResponse {
    InteractionVisit::new(state, context, request, id.into_inner()).show(InteractionPage::Consent).await
}

/// Handles the submitted e-mail address.
///
/// # Errors
/// [`ApiError`].
pub async fn address(
    state: Data<WorkerState>,
    context: RequestContext,
    request: HttpRequest,
    id: Path<String>,
    form: FormBody,
) -> PageResponse {
    let (visit, token) = InteractionVisit::of_form(state, context, request, id.into_inner(), &form)?;
    let typed = sent(&visit, &form, EMAIL_FIELD)?;
    let locale = locale(&visit.request, None);
    match steps::address(&visit.state.cx, &visit.context.0, visit.asked(), &token, typed, locale).await {
        Ok(view) => visit.answer(view, &CookieChanges::default(), None),
        Err(error) => visit.again(InteractionPage::Address, FormNotice::of(error)?, Some(typed)).await,
    }
}

/// Handles the submitted code.
///
/// # Errors
/// [`ApiError`].
pub async fn code(
    state: Data<WorkerState>,
    context: RequestContext,
    request: HttpRequest,
    id: Path<String>,
    form: FormBody,
) -> PageResponse {
    let (visit, token) = InteractionVisit::of_form(state, context, request, id.into_inner(), &form)?;
    let typed = Secret::new(sent(&visit, &form, CODE_FIELD)?.to_owned());
    match steps::code(&visit.state.cx, &visit.context.0, visit.asked(), &token, &typed).await {
        Ok((view, keep)) => visit.answer(view, &keep, None),
        Err(error) => Ok(visit.to_code(Some(FormNotice::of(error)?))),
    }
}

/// Handles the end-user's decision on consent, confirmation or account.
///
/// # Errors
/// [`ApiError`].
pub async fn decide(
    state: Data<WorkerState>,
    context: RequestContext,
    request: HttpRequest,
    id: Path<String>,
    form: FormBody,
) -> PageResponse {
    let (visit, token) = InteractionVisit::of_form(state, context, request, id.into_inner(), &form)?;
    let (cx, caller) = (&visit.state.cx, &visit.context.0);
    let view = match sent(&visit, &form, DECISION_FIELD)? {
        ALLOW => decisions::allow(cx, caller, visit.asked(), &token).await?,
        DENY => decisions::deny(cx, caller, visit.asked(), &token).await?,
        _ => return Err(ApiError::bad_request("The form was not understood.")),
    };
    visit.answer(view, &CookieChanges::default(), None)
}

/// Handles a form that leads to no page of its own, such as resend or cancel.
///
/// # Errors
/// [`ApiError`].
pub async fn step(
    state: Data<WorkerState>,
    context: RequestContext,
    request: HttpRequest,
    path: Path<(String, String)>,
    form: FormBody,
) -> PageResponse {
    let (id, word) = path.into_inner();
    let step =
        PagelessStep::ALL.into_iter().find(|step| step.word() == word).ok_or_else(ApiError::not_found)?;
    let (visit, token) = InteractionVisit::of_form(state, context, request, id, &form)?;
    let token = token.as_str();
    let (cx, caller, asked) = (&visit.state.cx, &visit.context.0, visit.asked());
    let view = match step {
        PagelessStep::Resend => {
            let locale = locale(&visit.request, None);
            let seen = sent(&visit, &form, REFERENCE_FIELD)?;
            return match steps::resend(cx, caller, asked, token, seen, locale).await {
                Ok(view) => visit.answer(view, &CookieChanges::default(), Some(FormNotice::Resent)),
                Err(error) => Ok(visit.to_code(Some(FormNotice::of(error)?))),
            };
        }
        PagelessStep::Restart => steps::restart(cx, caller, asked, token).await?,
        PagelessStep::Cancel => decisions::cancel(cx, asked, token).await?,
        PagelessStep::Account => decisions::other_account(cx, caller, asked, token).await?,
        PagelessStep::Begin => return begin_here(visit).await,
    };
    visit.answer(view, &CookieChanges::default(), None)
}

/// Reads a form field after checking where the form was sent from. Browsers that do not say so are bound by
/// the hidden token.
fn sent<'a>(visit: &InteractionVisit, form: &'a FormBody, name: &'static str) -> Result<&'a str, ApiError> {
    own_field(&visit.request, form, name)
}

/// A cross-site request that was sent again by a form of ours, now with the browser's cookies.
async fn begin_here(visit: InteractionVisit) -> PageResponse {
    let begun = begin::resume(&visit.state.cx, &visit.context.0, visit.asked()).await?;
    begun_response(&visit.state, &visit.context, &visit.request, begun)
}

/// The response to an authorization request.
///
/// # Errors
/// [`ApiError`] when a page cannot be rendered.
pub fn begun_response(
    state: &WorkerState,
    context: &RequestContext,
    request: &HttpRequest,
    begun: BeginOutcome<'_>,
) -> PageResponse {
    match begun {
        BeginOutcome::AfterPage(error) => Ok(client_error::page(state, context, request, &error)),
        BeginOutcome::Answered(answer) => Ok(answered(state, context, request, &answer)),
        BeginOutcome::Page { page, keep } => {
            let mut response = render(state, request, &page, None)?;
            set_cookies(state, &mut response, &keep);
            Ok(response)
        }
        BeginOutcome::Relay(relay) => {
            let seen = relay.client.seen_unmarked(locale(request, relay.locale));
            // This page submits itself and has no warning, so it does not name an unverified client.
            let to = seen.map_or(relay.organization.name.as_str(), |seen| seen.name);
            let onward = RelayedRequest {
                action: &PagelessStep::Begin.path(&state.base, &relay.id),
                sealed: &relay.sealed,
                organization: Some(relay.organization),
                locale: relay.locale,
            };
            Ok(relayed(state, request, onward, PostPurpose::SignIn(to)))
        }
    }
}

/// The authorization response, carried to the client by the browser.
fn answered(
    state: &WorkerState,
    context: &RequestContext,
    request: &HttpRequest,
    answer: &AuthorizationResponse,
) -> HttpResponse {
    if let Some(error) = answer.error {
        let request_id = context.0.request_id.as_str();
        tracing::info!(request_id, error = error.name(), "an authorization request was refused");
    }
    match answer.mode {
        ResponseMode::Query => see_other(answer.uri().expose()),
        ResponseMode::FormPost => posted(state, request, answer),
    }
}
