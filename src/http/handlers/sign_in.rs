//! The pages of a sign-in. A form is answered by a redirect (303), so that a reload sends nothing twice; the
//! query of the next page says what went wrong.

use actix_web::HttpResponse;
use actix_web::web::Path;

use super::client_error;
use super::end_session::switch_account;
use super::page_form::{own_field, see_other, set_cookies};
use super::sign_in_view::{RelayedRequest, posted, relayed, render};
use crate::flow::authorize::begin::{self, BeginOutcome};
use crate::flow::authorize::view::{InteractionPage, InteractionView, PageContent, view};
use crate::flow::authorize::{
    AuthorizationResponse, InteractionRequest, StepError, decide as decisions, sign_in as steps,
};
use crate::flow::browser::{Browser, CookieChanges};
use crate::http::body::FormBody;
use crate::http::error::{ApiError, Result};
use crate::http::form_field::FormField;
use crate::http::form_notice::FormNotice;
use crate::http::pages::{
    ALLOW, CODE_FIELD, DECISION_FIELD, DENY, EMAIL_FIELD, PostPurpose, REFERENCE_FIELD, TOKEN_FIELD,
};
use crate::http::paths;
use crate::http::paths::PagelessStep;
use crate::http::request::RequestContext;
use crate::protocol::authorization::ResponseMode;
use crate::protocol::secret::Secret;

type PageResponse = Result<HttpResponse>;

struct InteractionVisit {
    context: RequestContext,
    id: String,
    browser: Browser,
    /// The sealed interaction from the form, while it is not stored.
    sealed: Option<String>,
}

impl InteractionVisit {
    fn new(context: RequestContext, id: String) -> Self {
        let browser = context.browser();
        Self { context, id, browser, sealed: None }
    }

    /// Reads a submitted form; also returns its token.
    fn of_form(context: RequestContext, id: String, form: &FormBody) -> Result<(Self, String)> {
        let field = own_field(&context.request, form, TOKEN_FIELD)?;
        let field = FormField::parse(field);
        if !field.is_formed() {
            return Err(StepError::BadForm.into());
        }
        let FormField { token, sealed } = field;
        let (token, sealed) = (token.to_owned(), sealed.map(ToOwned::to_owned));
        Ok((Self { sealed, ..Self::new(context, id) }, token))
    }

    fn interaction_request(&self) -> InteractionRequest<'_> {
        InteractionRequest { id: &self.id, sealed: self.sealed.as_deref(), browser: &self.browser }
    }

    async fn show(&self, page: InteractionPage) -> PageResponse {
        let notice = FormNotice::from_query(self.context.request.query_string());
        let view = view(self.context.cx(), &self.context.caller, self.interaction_request(), page).await?;
        self.answer(view, &CookieChanges::default(), notice)
    }

    fn answer(
        &self,
        view: InteractionView<'_>,
        cookies: &CookieChanges,
        notice: Option<FormNotice>,
    ) -> PageResponse {
        let mut response = match view {
            InteractionView::Page(shown) => render(&self.context, &shown, notice)?,
            InteractionView::Elsewhere(id, page) => {
                let query = notice.map(FormNotice::query).unwrap_or_default();
                see_other(&(paths::page(&self.context.state.base, &id, page) + &query))
            }
            InteractionView::AccountSwitch(switch) => return switch_account(&self.context, &switch, cookies),
            InteractionView::Answered(answer) => authorization_response(&self.context, &answer),
            InteractionView::ClientErrorPage(error) => client_error::page(&self.context, &error),
        };
        set_cookies(&self.context.state, &mut response, cookies);
        Ok(response)
    }

    /// Shows the page again with a notice and the input.
    async fn again(&self, page: InteractionPage, notice: FormNotice, typed: Option<&str>) -> PageResponse {
        let mut view =
            view(self.context.cx(), &self.context.caller, self.interaction_request(), page).await?;
        if let (InteractionView::Page(shown), Some(typed)) = (&mut view, typed)
            && let PageContent::Address { email } = &mut shown.content
        {
            typed.clone_into(email);
        }
        self.answer(view, &CookieChanges::default(), Some(notice))
    }

    /// Redirects to the code page with a notice in its query.
    fn to_code(&self, notice: Option<FormNotice>) -> HttpResponse {
        let query = notice.map(FormNotice::query).unwrap_or_default();
        see_other(&(paths::code_page(&self.context.state.base, &self.id) + &query))
    }
}

pub async fn address_page(context: RequestContext, id: Path<String>) -> PageResponse {
    InteractionVisit::new(context, id.into_inner()).show(InteractionPage::Address).await
}

pub async fn code_page(context: RequestContext, id: Path<String>) -> PageResponse {
    InteractionVisit::new(context, id.into_inner()).show(InteractionPage::Code).await
}

pub async fn consent_page(context: RequestContext, id: Path<String>) -> PageResponse {
    InteractionVisit::new(context, id.into_inner()).show(InteractionPage::Consent).await
}

/// Handles the submitted e-mail address.
pub async fn address(context: RequestContext, id: Path<String>, form: FormBody) -> PageResponse {
    let (visit, token) = InteractionVisit::of_form(context, id.into_inner(), &form)?;
    let typed = form_value(&visit, &form, EMAIL_FIELD)?;
    let locale = visit.context.locale(None);
    match steps::address(
        visit.context.cx(),
        &visit.context.caller,
        visit.interaction_request(),
        &token,
        typed,
        locale,
    )
    .await
    {
        Ok(view) => visit.answer(view, &CookieChanges::default(), None),
        Err(error) => visit.again(InteractionPage::Address, FormNotice::of(error)?, Some(typed)).await,
    }
}

/// Handles the submitted code.
pub async fn code(context: RequestContext, id: Path<String>, form: FormBody) -> PageResponse {
    let (visit, token) = InteractionVisit::of_form(context, id.into_inner(), &form)?;
    let typed = Secret::new(form_value(&visit, &form, CODE_FIELD)?.to_owned());
    match steps::code(visit.context.cx(), &visit.context.caller, visit.interaction_request(), &token, &typed)
        .await
    {
        Ok((view, cookies)) => visit.answer(view, &cookies, None),
        Err(error) => Ok(visit.to_code(Some(FormNotice::of(error)?))),
    }
}

/// Handles the end-user's decision on consent, confirmation or account.
pub async fn decide(context: RequestContext, id: Path<String>, form: FormBody) -> PageResponse {
    let (visit, token) = InteractionVisit::of_form(context, id.into_inner(), &form)?;
    let (cx, caller) = (visit.context.cx(), &visit.context.caller);
    let view = match form_value(&visit, &form, DECISION_FIELD)? {
        ALLOW => decisions::allow(cx, caller, visit.interaction_request(), &token).await?,
        DENY => decisions::deny(cx, caller, visit.interaction_request(), &token).await?,
        _ => return Err(ApiError::bad_request("The form was not understood.")),
    };
    visit.answer(view, &CookieChanges::default(), None)
}

/// Handles a form that leads to no page of its own, such as resend or cancel.
pub async fn step(context: RequestContext, path: Path<(String, String)>, form: FormBody) -> PageResponse {
    let (id, word) = path.into_inner();
    let step =
        PagelessStep::ALL.into_iter().find(|step| step.word() == word).ok_or_else(ApiError::not_found)?;
    let (visit, token) = InteractionVisit::of_form(context, id, &form)?;
    let token = token.as_str();
    let (cx, caller, asked) = (visit.context.cx(), &visit.context.caller, visit.interaction_request());
    let view = match step {
        PagelessStep::Resend => {
            let locale = visit.context.locale(None);
            let seen = form_value(&visit, &form, REFERENCE_FIELD)?;
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
fn form_value<'a>(visit: &InteractionVisit, form: &'a FormBody, name: &'static str) -> Result<&'a str> {
    own_field(&visit.context.request, form, name)
}

/// A cross-site request that was sent again by a form of ours, now with the browser's cookies.
async fn begin_here(visit: InteractionVisit) -> PageResponse {
    let begun = begin::resume(visit.context.cx(), &visit.context.caller, visit.interaction_request()).await?;
    begun_response(&visit.context, begun)
}

/// The response to an authorization request.
///
/// # Errors
/// [`ApiError`] when a page cannot be rendered.
pub fn begun_response(context: &RequestContext, begun: BeginOutcome<'_>) -> PageResponse {
    match begun {
        BeginOutcome::ClientErrorPage(error) => Ok(client_error::page(context, &error)),
        BeginOutcome::Answered(answer) => Ok(authorization_response(context, &answer)),
        BeginOutcome::Page { page, cookies } => {
            let mut response = render(context, &page, None)?;
            set_cookies(&context.state, &mut response, &cookies);
            Ok(response)
        }
        BeginOutcome::Relay(relay) => {
            let seen = relay.client.seen_unmarked(context.locale(relay.locale));
            // This page submits itself and has no warning, so it does not name an unverified client.
            let to = seen.map_or(relay.organization.name.as_str(), |seen| seen.name);
            let onward = RelayedRequest {
                action: &PagelessStep::Begin.path(&context.state.base, &relay.id),
                sealed: &relay.sealed,
                organization: Some(relay.organization),
                locale: relay.locale,
            };
            Ok(relayed(context, onward, PostPurpose::SignIn(to)))
        }
    }
}

/// The authorization response, carried to the client by the browser.
fn authorization_response(context: &RequestContext, answer: &AuthorizationResponse) -> HttpResponse {
    if let Some(error) = answer.error {
        let request_id = context.caller.request_id.as_str();
        tracing::info!(request_id, error = error.name(), "an authorization request was refused");
    }
    match answer.mode {
        ResponseMode::Query => see_other(answer.uri().expose()),
        ResponseMode::FormPost => posted(context, answer),
    }
}
