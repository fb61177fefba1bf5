//! The logout endpoint (OpenID Connect RP-Initiated Logout 1.0) and its pages.

use actix_web::http::header::{CONTENT_TYPE, REFRESH};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::page_form::{own_field, see_other, set_cookies};
use super::sign_in_view::{RelayedRequest, relayed};
use crate::flow::authorize::view::AccountSwitch;
use crate::flow::browser::CookieChanges;
use crate::flow::end_session::{
    self, EndSessionError, Farewell, LogoutAnswer, LogoutForm, LogoutOutcome, LogoutQuestion,
};
use crate::http::body::{FormBody, sent_in_query};
use crate::http::error::ApiError;
use crate::http::form_field::FormField;
use crate::http::page_context::{brand, locale, nonce};
use crate::http::pages::{
    ALLOW, DECISION_FIELD, DENY, FarewellKind, FarewellPage, PageError, PostPurpose, SignOutPage,
    TOKEN_FIELD, frame_origin, security_headers_with_frames,
};
use crate::http::paths;
use crate::http::request::RequestContext;
use crate::http::state::WorkerState;
use crate::protocol::logout::LogoutRedirect;

type LogoutResponse = Result<HttpResponse, ApiError>;

/// Seconds that the last page stays before the browser goes on, while its frames load.
const MOMENT: u8 = 3;

/// # Errors
/// [`ApiError`].
pub async fn get(state: Data<WorkerState>, context: RequestContext, request: HttpRequest) -> LogoutResponse {
    let browser = state.cookies.read(&request);
    let parameters = sent_in_query(&request)?;
    let signout = end_session::begin(&state.cx, &context.0, &parameters, false, &browser).await?;
    answer(&state, &request, signout)
}

/// `POST` (RP-Initiated Logout §2). A form of ours sends the request again, so that the browser adds its
/// cookies.
///
/// # Errors
/// [`ApiError`].
pub async fn post(
    state: Data<WorkerState>,
    context: RequestContext,
    request: HttpRequest,
    body: FormBody,
) -> LogoutResponse {
    if !request.query_string().is_empty() {
        return Err(ApiError::bad_request("The parameters must be in the body alone."));
    }
    let browser = state.cookies.read(&request);
    let signout = end_session::begin(&state.cx, &context.0, &body.0, true, &browser).await?;
    answer(&state, &request, signout)
}

/// The page of a logout request that a process of the previous version stored.
///
/// # Errors
/// [`ApiError`].
pub async fn page(
    state: Data<WorkerState>,
    context: RequestContext,
    request: HttpRequest,
    id: Path<String>,
) -> LogoutResponse {
    let browser = state.cookies.read(&request);
    let signout = end_session::view(&state.cx, &context.0, &id, &browser).await?;
    answer(&state, &request, signout)
}

/// A cross-site request that was sent again by a form of ours, now with the browser's cookies.
///
/// # Errors
/// [`ApiError`].
pub async fn begin_here(
    state: Data<WorkerState>,
    context: RequestContext,
    request: HttpRequest,
    id: Path<String>,
    form: FormBody,
) -> LogoutResponse {
    let browser = state.cookies.read(&request);
    let form = logout_form(&request, &id, &form)?;
    let signout = end_session::resume(&state.cx, &context.0, &browser, form).await?;
    answer(&state, &request, signout)
}

/// The end-user's decision on the logout.
///
/// # Errors
/// [`ApiError`].
pub async fn decide(
    state: Data<WorkerState>,
    context: RequestContext,
    request: HttpRequest,
    id: Path<String>,
    form: FormBody,
) -> LogoutResponse {
    let browser = state.cookies.read(&request);
    let yes = match own_field(&request, &form, DECISION_FIELD)? {
        ALLOW => true,
        DENY => false,
        _ => return Err(ApiError::bad_request("The form was not understood.")),
    };
    let form = logout_form(&request, &id, &form)?;
    let signout = end_session::decide(&state.cx, &context.0, &browser, form, yes).await?;
    answer(&state, &request, signout)
}

fn logout_form<'a>(
    request: &HttpRequest,
    id: &'a str,
    form: &'a FormBody,
) -> Result<LogoutForm<'a>, ApiError> {
    let field = FormField::parse(own_field(request, form, TOKEN_FIELD)?);
    if !field.is_formed() {
        return Err(EndSessionError::BadForm.into());
    }
    Ok(LogoutForm { id, sealed: field.sealed, token: field.token })
}

fn answer(state: &WorkerState, request: &HttpRequest, signout: LogoutAnswer<'_>) -> LogoutResponse {
    match signout {
        LogoutAnswer::Relay(relay) => {
            let onward = RelayedRequest {
                action: &paths::sign_out_begin(&state.base, &relay.id),
                sealed: &relay.sealed,
                organization: relay.asking.client.as_ref().map(|(_, organization)| *organization),
                locale: relay.asking.locale,
            };
            Ok(relayed(state, request, onward, PostPurpose::SignOut))
        }
        LogoutAnswer::Ask(question) => ask(state, request, &question),
        LogoutAnswer::Done(farewell) => done(state, request, &farewell),
    }
}

fn ask(state: &WorkerState, request: &HttpRequest, question: &LogoutQuestion<'_>) -> LogoutResponse {
    let nonce = nonce(state.cx.entropy.as_ref());
    // The page has an organization's look when it is about one only.
    let organization = question.asking.client.as_ref().map(|(_, organization)| *organization);
    let organization = organization.or(match question.accounts.as_slice() {
        [(only, _)] => Some(*only),
        _ => None,
    });
    let accounts = question.accounts.iter();
    let accounts = accounts.map(|(at, email)| (at.name.as_str(), email.as_str())).collect::<Vec<_>>();
    let locale = locale(request, question.asking.locale);
    let client = question.asking.client.as_ref().and_then(|(client, _)| client.seen_unmarked(locale));
    let page = SignOutPage {
        locale,
        head: state.head(&nonce),
        brand: organization.map(brand),
        client_name: client.map(|client| client.name),
        accounts: &accounts,
        not_back: question.not_back,
        action: &paths::sign_out_page(&state.base, &question.id),
        token: &FormField { token: &question.token, sealed: question.sealed.as_deref() }.encode(),
    };
    let logo = page.brand.and_then(|brand| brand.logo);
    html(state, page.render(), &nonce, logo, &[], None, &question.keep)
}

fn done(state: &WorkerState, request: &HttpRequest, farewell: &Farewell<'_>) -> LogoutResponse {
    let frames = presentable(&farewell.frames);
    let (next, link) = match farewell.way_back.expose() {
        LogoutRedirect::None => (None, None),
        LogoutRedirect::Redirect(uri) => (Some(uri.as_str()), None),
        LogoutRedirect::Link(uri) => (None, Some(uri.as_str())),
    };
    if let (Some(next), true) = (next, frames.is_empty()) {
        let mut response = see_other(next);
        set_cookies(state, &mut response, &farewell.keep);
        return Ok(response);
    }
    let nonce = nonce(state.cx.entropy.as_ref());
    let locale = locale(request, farewell.asking.locale);
    let client = farewell.asking.client.as_ref();
    let seen = client.and_then(|(client, _)| client.seen_unmarked(locale));
    let organization = client.map(|(_, organization)| *organization).or(state.cx.policy.only_organization());
    let page = FarewellPage {
        locale,
        head: state.head(&nonce),
        brand: organization.map(brand),
        kind: match farewell.outcome {
            LogoutOutcome::SignedOut => FarewellKind::SignedOut,
            LogoutOutcome::StaysSignedIn => FarewellKind::Stays,
            LogoutOutcome::NobodySignedIn => FarewellKind::Nobody,
        },
        frames: &frames,
        next,
        back: link.or(seen.and_then(|seen| seen.home)),
        client_name: seen.map(|seen| seen.name),
    };
    let logo = page.brand.and_then(|brand| brand.logo);
    html(state, page.render(), &nonce, logo, &frames, page.next, &farewell.keep)
}

/// Another end-user has signed in: notifies the clients of the previous one, then continues the sign-in.
pub(super) fn part(
    state: &WorkerState,
    request: &HttpRequest,
    parting: &AccountSwitch<'_>,
    keep: &CookieChanges,
) -> LogoutResponse {
    let next = paths::page(&state.base, &parting.id, parting.page);
    let frames = presentable(&parting.frames);
    if frames.is_empty() {
        let mut response = see_other(&next);
        set_cookies(state, &mut response, keep);
        return Ok(response);
    }
    let nonce = nonce(state.cx.entropy.as_ref());
    let page = FarewellPage {
        locale: locale(request, parting.locale),
        head: state.head(&nonce),
        brand: Some(brand(parting.organization)),
        kind: FarewellKind::Changed,
        frames: &frames,
        next: Some(&next),
        back: None,
        client_name: None,
    };
    let logo = page.brand.and_then(|brand| brand.logo);
    html(state, page.render(), &nonce, logo, &frames, page.next, keep)
}

/// The frames whose origin a Content-Security-Policy can name.
fn presentable(frames: &[String]) -> Vec<&str> {
    frames.iter().map(String::as_str).filter(|frame| frame_origin(frame).is_some()).collect()
}

/// `next` is where the browser continues by itself. This is a `Refresh` header, because without a script
/// every other way is announced by assistive technology as a change of the page.
fn html(
    state: &WorkerState,
    page: Result<String, PageError>,
    nonce: &str,
    logo: Option<&str>,
    frames: &[&str],
    next: Option<&str>,
    keep: &CookieChanges,
) -> LogoutResponse {
    let page = page.map_err(|error| ApiError::server(error.to_string()))?;
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, "text/html; charset=utf-8"));
    for header in security_headers_with_frames(nonce, logo.as_slice(), frames) {
        response.insert_header(header);
    }
    if let Some(next) = next {
        response.insert_header((REFRESH, format!("{MOMENT}; url={next}")));
    }
    let mut response = response.body(page);
    set_cookies(state, &mut response, keep);
    Ok(response)
}
