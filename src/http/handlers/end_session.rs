//! The logout endpoint (OpenID Connect RP-Initiated Logout 1.0) and its pages.

use actix_web::http::StatusCode;
use actix_web::http::header::REFRESH;
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};

use super::page_form::{own_field, see_other, set_cookies};
use super::sign_in_view::{RelayedRequest, relayed};
use crate::flow::authorize::view::AccountSwitch;
use crate::flow::browser::CookieChanges;
use crate::flow::end_session::{
    self, EndSessionError, Farewell, LogoutAnswer, LogoutForm, LogoutOutcome, LogoutQuestion,
};
use crate::http::body::{FormBody, sent_in_query};
use crate::http::error::{ApiError, Result};
use crate::http::form_field::FormField;
use crate::http::page_context::{brand, html_response};
use crate::http::pages::{
    ALLOW, DECISION_FIELD, DENY, FarewellKind, FarewellPage, PageError, PostPurpose, SignOutPage,
    TOKEN_FIELD, frame_origin, security_headers_with_frames,
};
use crate::http::paths;
use crate::http::request::RequestContext;
use crate::http::state::WorkerState;
use crate::protocol::logout::LogoutRedirect;

type LogoutResponse = Result<HttpResponse>;

/// Seconds that the last page stays before the browser goes on, while its frames load.
const MOMENT: u8 = 3;

pub async fn get(context: RequestContext) -> LogoutResponse {
    let browser = context.browser();
    let parameters = sent_in_query(&context.request)?;
    let signout = end_session::begin(context.cx(), &context.caller, &parameters, false, &browser).await?;
    answer(&context, signout)
}

/// `POST` (RP-Initiated Logout §2). A form of ours sends the request again, so that the browser adds its
/// cookies.
pub async fn post(context: RequestContext, body: FormBody) -> LogoutResponse {
    if !context.request.query_string().is_empty() {
        return Err(ApiError::bad_request("The parameters must be in the body alone."));
    }
    let browser = context.browser();
    let signout = end_session::begin(context.cx(), &context.caller, &body.0, true, &browser).await?;
    answer(&context, signout)
}

/// The page of a logout request that a process of the previous version stored.
pub async fn page(context: RequestContext, id: Path<String>) -> LogoutResponse {
    let browser = context.browser();
    let signout = end_session::view(context.cx(), &context.caller, &id, &browser).await?;
    answer(&context, signout)
}

/// A cross-site request that was sent again by a form of ours, now with the browser's cookies.
pub async fn begin_here(context: RequestContext, id: Path<String>, form: FormBody) -> LogoutResponse {
    let browser = context.browser();
    let form = logout_form(&context.request, &id, &form)?;
    let signout = end_session::resume(context.cx(), &context.caller, &browser, form).await?;
    answer(&context, signout)
}

/// The end-user's decision on the logout.
pub async fn decide(context: RequestContext, id: Path<String>, form: FormBody) -> LogoutResponse {
    let browser = context.browser();
    let yes = match own_field(&context.request, &form, DECISION_FIELD)? {
        ALLOW => true,
        DENY => false,
        _ => return Err(ApiError::bad_request("The form was not understood.")),
    };
    let form = logout_form(&context.request, &id, &form)?;
    let signout = end_session::decide(context.cx(), &context.caller, &browser, form, yes).await?;
    answer(&context, signout)
}

fn logout_form<'a>(request: &HttpRequest, id: &'a str, form: &'a FormBody) -> Result<LogoutForm<'a>> {
    let field = FormField::parse(own_field(request, form, TOKEN_FIELD)?);
    if !field.is_formed() {
        return Err(EndSessionError::BadForm.into());
    }
    Ok(LogoutForm { id, sealed: field.sealed, token: field.token })
}

fn answer(context: &RequestContext, signout: LogoutAnswer<'_>) -> LogoutResponse {
    match signout {
        LogoutAnswer::Relay(relay) => {
            let onward = RelayedRequest {
                action: &paths::sign_out_begin(&context.state.base, &relay.id),
                sealed: &relay.sealed,
                organization: relay.asking.client.as_ref().map(|(_, organization)| *organization),
                locale: relay.asking.locale,
            };
            Ok(relayed(context, onward, PostPurpose::SignOut))
        }
        LogoutAnswer::Ask(question) => ask(context, &question),
        LogoutAnswer::Done(farewell) => done(context, &farewell),
    }
}

fn ask(context: &RequestContext, question: &LogoutQuestion<'_>) -> LogoutResponse {
    let nonce = context.nonce();
    // The page has an organization's look when it is about one only.
    let organization = question.asking.client.as_ref().map(|(_, organization)| *organization);
    let organization = organization.or(match question.accounts.as_slice() {
        [(only, _)] => Some(*only),
        _ => None,
    });
    let accounts = question.accounts.iter();
    let accounts = accounts.map(|(at, email)| (at.name.as_str(), email.as_str())).collect::<Vec<_>>();
    let locale = context.locale(question.asking.locale);
    let client = question.asking.client.as_ref().and_then(|(client, _)| client.seen_unmarked(locale));
    let page = SignOutPage {
        locale,
        head: context.state.head(&nonce),
        brand: organization.map(brand),
        client_name: client.map(|client| client.name),
        accounts: &accounts,
        not_back: question.not_back,
        action: &paths::sign_out_page(&context.state.base, &question.id),
        token: &FormField { token: &question.token, sealed: question.sealed.as_deref() }.encode(),
    };
    let logo = page.brand.and_then(|brand| brand.logo);
    html(&context.state, page.render(), &nonce, logo, &[], None, &question.cookies)
}

fn done(context: &RequestContext, farewell: &Farewell<'_>) -> LogoutResponse {
    let frames = presentable(&farewell.frames);
    let (next, link) = match farewell.way_back.expose() {
        LogoutRedirect::None => (None, None),
        LogoutRedirect::Redirect(uri) => (Some(uri.as_str()), None),
        LogoutRedirect::Link(uri) => (None, Some(uri.as_str())),
    };
    if let (Some(next), true) = (next, frames.is_empty()) {
        let mut response = see_other(next);
        set_cookies(&context.state, &mut response, &farewell.cookies);
        return Ok(response);
    }
    let nonce = context.nonce();
    let locale = context.locale(farewell.asking.locale);
    let client = farewell.asking.client.as_ref();
    let seen = client.and_then(|(client, _)| client.seen_unmarked(locale));
    let organization =
        client.map(|(_, organization)| *organization).or(context.cx().policy.only_organization());
    let page = FarewellPage {
        locale,
        head: context.state.head(&nonce),
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
    html(&context.state, page.render(), &nonce, logo, &frames, page.next, &farewell.cookies)
}

/// Another end-user has signed in: notifies the clients of the previous one, then continues the sign-in.
pub(super) fn switch_account(
    context: &RequestContext,
    switch: &AccountSwitch<'_>,
    cookies: &CookieChanges,
) -> LogoutResponse {
    let next = paths::page(&context.state.base, &switch.id, switch.page);
    let frames = presentable(&switch.frames);
    if frames.is_empty() {
        let mut response = see_other(&next);
        set_cookies(&context.state, &mut response, cookies);
        return Ok(response);
    }
    let nonce = context.nonce();
    let page = FarewellPage {
        locale: context.locale(switch.locale),
        head: context.state.head(&nonce),
        brand: Some(brand(switch.organization)),
        kind: FarewellKind::Changed,
        frames: &frames,
        next: Some(&next),
        back: None,
        client_name: None,
    };
    let logo = page.brand.and_then(|brand| brand.logo);
    html(&context.state, page.render(), &nonce, logo, &frames, page.next, cookies)
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
    cookies: &CookieChanges,
) -> LogoutResponse {
    let headers = security_headers_with_frames(nonce, logo.as_slice(), frames);
    let mut response = html_response(StatusCode::OK, headers);
    if let Some(next) = next {
        response.insert_header((REFRESH, format!("{MOMENT}; url={next}")));
    }
    let mut response = response.body(page?);
    set_cookies(state, &mut response, cookies);
    Ok(response)
}
