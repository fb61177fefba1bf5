//! The page that is shown before an error goes to a self-registered client (RFC 9700 §4.11.2).

use actix_web::HttpResponse;
use actix_web::http::StatusCode;

use crate::flow::authorize::begin::ClientError;
use crate::http::page_context::{brand, html_response};
use crate::http::pages::{Brand, ClientErrorPage, ErrorContinuation, security_headers};
use crate::http::request::RequestContext;
use crate::protocol::authorization::{ErrorCode, ResponseMode};
use crate::protocol::redirect_uri::destination;

pub fn page(context: &RequestContext, error: &ClientError) -> HttpResponse {
    let (response, request_id) = (&error.response, context.caller.request_id.as_str());
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
    let nonce = context.nonce();
    let nobody = Brand { organization: "", accent: "", logo: None };
    let page = ClientErrorPage {
        locale: context.locale(None),
        head: context.state.head(&nonce),
        brand: context.cx().policy.organization(&error.organization).map_or(nobody, brand),
        way,
        returns_to: &destination(&response.redirect_uri),
        error: (named("error").unwrap_or_default(), named("error_description").unwrap_or_default()),
        request_id,
    };
    let headers = security_headers(&nonce, page.brand.logo.as_slice());
    html_response(StatusCode::BAD_REQUEST, headers).body(page.render().unwrap_or_default())
}
