//! The page that is shown before an error goes to a self-registered client (RFC 9700 §4.11.2).

use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, HttpResponse};

use crate::flow::authorize::begin::ClientError;
use crate::http::page_context::{brand, locale, nonce};
use crate::http::pages::{Brand, ClientErrorPage, ErrorContinuation, security_headers};
use crate::http::request::RequestContext;
use crate::http::state::WorkerState;
use crate::protocol::authorization::{ErrorCode, ResponseMode};
use crate::protocol::redirect_uri::destination;

#[must_use]
pub fn page(
    state: &WorkerState,
    context: &RequestContext,
    request: &HttpRequest,
    error: &ClientError,
) -> HttpResponse {
    let (response, request_id) = (&error.response, context.0.request_id.as_str());
    let code = response.error.map(ErrorCode::name);
    tracing::info!(
        request_id,
        error = code,
        "an authorization request was refused; the end-user sees a page before the error goes to the client"
    );
    let parameters = response.parameters.expose();
    let named =
        |name: &str| parameters.iter().find(|(other, _)| *other == name).map(|(_, value)| value.as_str());
    let uri = response.uri();
    let way = match response.mode {
        ResponseMode::Query => ErrorContinuation::Link(uri.expose()),
        ResponseMode::FormPost => ErrorContinuation::Form { action: &response.redirect_uri, parameters },
    };
    let nonce = nonce(state.cx.entropy.as_ref());
    let nobody = Brand { organization: "", accent: "", logo: None };
    let page = ClientErrorPage {
        locale: locale(request, None),
        head: state.head(&nonce),
        brand: state.cx.policy.organization(&error.organization).map_or(nobody, brand),
        way,
        returns_to: &destination(&response.redirect_uri),
        error: (named("error").unwrap_or_default(), named("error_description").unwrap_or_default()),
        request_id,
    };
    let mut answer = HttpResponse::BadRequest();
    answer.insert_header((CONTENT_TYPE, "text/html; charset=utf-8"));
    for header in security_headers(&nonce, page.brand.logo.as_slice()) {
        answer.insert_header(header);
    }
    answer.body(page.render().unwrap_or_default())
}
