//! Wraps every request: assigns an id, finds the client's network, answers foreign `Host` names and
//! preflights, and turns every refusal into a response with one log line.

use std::rc::Rc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE, HOST, HeaderName, HeaderValue,
    RETRY_AFTER, STRICT_TRANSPORT_SECURITY, VARY, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder, web};

use super::accept::prefers_html;
use super::connections::RequestsUnderWay;
use super::error::ApiError;
use super::error_reason::{CommonReason, ErrorReason};
use super::language::language;
use super::pages::security_headers;
use super::paths::ErrorFormat;
use super::request::client_address;
use super::state::WorkerState;
use super::{cors, envelope, message, oauth_error, paths, rate_limit};
use crate::flow::Caller;
use crate::http::page_context::nonce;
use crate::ports::entropy::random;
use crate::protocol::network::{ClientAddress, ClientNetwork};
use crate::protocol::time::seconds_up;

/// Browsers then use https alone for a year (RFC 6797 §6.1, §7.1). Sent with our own TLS only: behind a proxy
/// it is the proxy's decision, and over plain http it is forbidden (§7.2). Subdomains are not ours to
/// include.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// # Errors
/// Only failures before routing; every other failure becomes a response.
pub async fn gate(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(state) = request.app_data::<web::Data<WorkerState>>().cloned() else {
        let response = HttpResponse::new(StatusCode::INTERNAL_SERVER_ERROR);
        return Ok(request.into_response(response));
    };
    let caller = Rc::new(caller(&request, &state));
    request.extensions_mut().insert(Rc::clone(&caller));
    let has_cors = paths::has_cors(&state.base, request.path());
    // Counts the request until its response is ready.
    let under_way = request.conn_data::<RequestsUnderWay>().map(RequestsUnderWay::admit);
    let mut response = if !is_own_host(&request, &state) {
        let text = "This name is not this server's. In development it answers to localhost only.";
        let refusal = ApiError::new(StatusCode::MISDIRECTED_REQUEST, CommonReason::MisdirectedRequest, text);
        request.error_response(refusal)
    } else if under_way.as_ref().is_some_and(Option::is_none) {
        request.error_response(ApiError::unavailable("the connection has too many requests under way"))
    } else if has_cors && cors::is_preflight(request.method(), request.headers()) {
        request.into_response(cors::preflight())
    } else if !state.readiness.is_complete()
        && !paths::is_served_at_start(&state.cx.policy.issuer, request.path())
    {
        let what = state.readiness.waits_for().map_or_else(|| "its start".to_owned(), |wait| wait.what);
        request.error_response(ApiError::unavailable(format!("the process waits for {what}")))
    } else {
        match next.call(request).await {
            Ok(response) => response.map_into_boxed_body(),
            // Only failures before routing are errors here.
            Err(error) => return Err(error),
        }
    };
    response = refuse(response, &caller, &state);
    log(&response, &caller, &state);
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&caller.request_id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if state.web.tls.is_some() {
        headers.insert(STRICT_TRANSPORT_SECURITY, HSTS);
    }
    if has_cors {
        cors::expose(headers);
    }
    Ok(response)
}

fn caller(request: &ServiceRequest, state: &WorkerState) -> Caller {
    let id: [u8; 16] = random(state.cx.entropy.as_ref());
    let peer = request.peer_addr().map_or_else(|| [0, 0, 0, 0].into(), |peer| peer.ip());
    let address = client_address(peer, request.headers(), &state.web.trusted_proxies);
    Caller { request_id: hex(id), network: ClientNetwork::of(address), address: ClientAddress::of(address) }
}

fn hex(bytes: [u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(bytes))
}

fn is_own_host(request: &ServiceRequest, state: &WorkerState) -> bool {
    let Some(own) = &state.web.own_hosts else { return true };
    // HTTP/2 has an authority instead of `Host` (RFC 9113 §8.3.1).
    let authority = request.uri().authority().map(actix_web::http::uri::Authority::as_str);
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).or(authority);
    host.is_some_and(|host| own.iter().any(|name| name.eq_ignore_ascii_case(host)))
}

/// Writes headers and body of a refusal, including those that the web framework made.
fn refuse(
    response: ServiceResponse<BoxBody>,
    caller: &Caller,
    state: &WorkerState,
) -> ServiceResponse<BoxBody> {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let known = response.response().error().and_then(|error| error.as_error::<ApiError>()).cloned();
    let error = match known {
        Some(error) => error,
        None if response.response().headers().contains_key(CONTENT_TYPE) => return response,
        None if status.is_server_error() => {
            ApiError::server("the web framework answered with a server error")
        }
        None => ApiError { status, ..ApiError::bad_request("This request cannot be understood.") },
    };
    let mut answer = HttpResponse::build(error.status);
    answer.insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")));
    let body = body(&error, response.request(), &mut answer, caller, state);
    if let Some(wait) = error.retry_after {
        answer.insert_header((RETRY_AFTER, seconds_up(wait).max(1).to_string()));
    }
    if let Some(standings) = &error.standings {
        rate_limit::insert(&mut answer, standings);
    }
    if let Some(challenge) = &error.challenge {
        answer.insert_header((WWW_AUTHENTICATE, &**challenge));
    }
    if error.reason == CommonReason::UnsupportedContentEncoding.into() {
        // Names the accepted content codings (RFC 9110 §12.5.3).
        answer.insert_header((ACCEPT_ENCODING, "identity"));
    }
    if let Some(allow) = error.allow {
        answer.insert_header((ALLOW, allow));
    }
    response.request().extensions_mut().insert(RefusedRequest(error));
    response.into_response(answer.body(body))
}

/// Writes the body of a refusal in the format of its path, and the headers that belong to it.
fn body(
    error: &ApiError,
    request: &HttpRequest,
    answer: &mut HttpResponseBuilder,
    caller: &Caller,
    state: &WorkerState,
) -> Vec<u8> {
    let json = (CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let mut format = paths::error_format(&state.base, request.path());
    if format != ErrorFormat::Page && is_negotiated(error, request) {
        answer.append_header((VARY, "Accept"));
        if prefers_html(request) {
            format = ErrorFormat::Page;
        }
    }
    match format {
        ErrorFormat::Envelope => {
            let locale = language(request);
            answer.insert_header(json);
            answer.insert_header((CONTENT_LANGUAGE, locale.tag())).append_header((VARY, "Accept-Language"));
            envelope::failure(error, locale, &caller.request_id)
        }
        ErrorFormat::Operator => {
            answer.insert_header(json);
            envelope::failure_for_operators(error, &caller.request_id)
        }
        ErrorFormat::OAuth => {
            answer.insert_header(json);
            oauth_error::body(error)
        }
        ErrorFormat::Page => {
            let nonce = nonce(state.cx.entropy.as_ref());
            answer.insert_header((CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")));
            for header in security_headers(&nonce, &[]) {
                answer.insert_header(header);
            }
            message::page(error, request, state, &nonce, &caller.request_id).into_bytes()
        }
    }
}

/// Whether a browser gets a page on a path for programs: when a person opened a URL where nothing is served.
fn is_negotiated(error: &ApiError, request: &HttpRequest) -> bool {
    let nothing_there =
        [CommonReason::NotFound, CommonReason::MethodNotAllowed, CommonReason::MisdirectedRequest];
    request.method().is_safe() && nothing_there.map(ErrorReason::from).contains(&error.reason)
}

struct RefusedRequest(ApiError);

fn log(response: &ServiceResponse<BoxBody>, caller: &Caller, state: &WorkerState) {
    let request = response.request();
    let status = response.status();
    let method = request.method().as_str();
    let path = request.path().get(..200).unwrap_or(request.path());
    let network = caller.network.as_str();
    let id = caller.request_id.as_str();
    let extensions = request.extensions();
    let refused = extensions.get::<RefusedRequest>().map(|refused| &refused.0);
    let reason = refused.map_or("", |error| error.reason.word());
    let cause = refused.and_then(|error| error.cause.as_deref()).unwrap_or_default();
    if status.is_server_error() {
        tracing::error!(
            request_id = id,
            method,
            path,
            status = status.as_u16(),
            reason,
            cause,
            network,
            "a request failed"
        );
    } else if status.is_client_error() {
        tracing::info!(
            request_id = id,
            method,
            path,
            status = status.as_u16(),
            reason,
            cause,
            network,
            "a request was refused"
        );
    } else if state.web.log_all {
        tracing::info!(
            request_id = id,
            method,
            path,
            status = status.as_u16(),
            network,
            "a request was answered"
        );
    }
}
