//! The authorization endpoint (RFC 6749 §3.1).

use actix_web::http::header::HeaderValue;
use actix_web::{HttpRequest, HttpResponse};

use super::sign_in::begun_response;
use crate::flow::authorize::begin::{self, BeginRequest, RequestDelivery};
use crate::http::body::{PartialForm, sent_in_query};
use crate::http::error::Result;
use crate::http::request::RequestContext;
use crate::protocol::authorization::UnredirectableError;

pub async fn get(context: RequestContext) -> Result<HttpResponse> {
    let browser = context.browser();
    let parameters = sent_in_query(&context.request);
    let asked = BeginRequest { parameters: &parameters, arrival: RequestDelivery::Link, browser: &browser };
    let begun = begin::begin(context.cx(), &context.caller, asked).await?;
    begun_response(&context, begun)
}

/// `POST authorize` (OpenID Connect Core §3.1.2.1).
pub async fn post(context: RequestContext, body: PartialForm) -> Result<HttpResponse> {
    if !context.request.query_string().is_empty() {
        return Err(UnredirectableError::TwoPlaces.into());
    }
    let browser = context.browser();
    let arrival =
        if is_framed(&context.request) { RequestDelivery::FramedForm } else { RequestDelivery::Form };
    let asked = BeginRequest { parameters: &body.0, arrival, browser: &browser };
    let begun = begin::begin(context.cx(), &context.caller, asked).await?;
    begun_response(&context, begun)
}

/// Whether the browser would show the response in a frame (Fetch Metadata §2.1).
fn is_framed(request: &HttpRequest) -> bool {
    let destination = request.headers().get("sec-fetch-dest").map(HeaderValue::as_bytes);
    destination.is_some_and(|destination| destination != b"document")
}
