//! Documents for resource servers and client libraries: the JWK Set, the authorization server metadata (RFC
//! 8414) and the OpenAPI document of the Client API.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderMap, IF_NONE_MATCH,
};
use actix_web::web::{Bytes, Data};

use crate::http::error::{ApiError, Result};
use crate::http::openapi::content_security_policy;
use crate::http::request::RequestContext;
use crate::http::state::WorkerState;
use crate::ports::signer::PublishedKeys;

struct PublishedDocument(Arc<PublishedKeys>);

impl AsRef<[u8]> for PublishedDocument {
    fn as_ref(&self) -> &[u8] {
        &self.0.json
    }
}

/// The JWK Set (RFC 7517 §5), with an entity tag and a lifetime that verifiers may rely on.
///
/// # Errors
/// [`ApiError`] while a first start has not made its keys.
pub async fn jwks(context: RequestContext) -> Result<HttpResponse> {
    let keys = context.cx().signer.jwk_set();
    if keys.set.keys.is_empty() {
        return Err(ApiError::unavailable("the signing keys have not been made yet"));
    }
    // Read after the set, so that caches drop the response before a key that the set lacks may sign.
    let fresh_for = context.cx().signer.fresh_for(context.cx().clock.now());
    let max_age = context.cx().policy.jwks_max_age.min(fresh_for).as_secs();
    let cache_control = format!("public, max-age={max_age}");
    if has_it(context.request.headers(), &keys.etag) {
        return Ok(HttpResponse::NotModified()
            .insert_header((ETAG, keys.etag.as_str()))
            .insert_header((CACHE_CONTROL, cache_control))
            .finish());
    }
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/json"))
        .insert_header((ETAG, keys.etag.as_str()))
        .insert_header((CACHE_CONTROL, cache_control))
        .body(Bytes::from_owner(PublishedDocument(keys))))
}

/// Whether `If-None-Match` contains the entity tag, by weak comparison, or is `*` (RFC 9110 §13.1.2).
pub(super) fn has_it(headers: &HeaderMap, etag: &str) -> bool {
    headers
        .get_all(IF_NONE_MATCH)
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(|tag| tag.trim().trim_start_matches("W/"))
        .any(|tag| tag == "*" || tag == etag)
}

pub async fn metadata(state: Data<WorkerState>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/json"))
        .insert_header((CACHE_CONTROL, "public, max-age=300"))
        .body(state.metadata.clone())
}

pub async fn openapi(state: Data<WorkerState>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/json"))
        .insert_header((CACHE_CONTROL, "public, max-age=300"))
        .body(state.openapi.clone())
}

pub async fn openapi_page(state: Data<WorkerState>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "public, max-age=300"))
        .insert_header((CONTENT_SECURITY_POLICY, content_security_policy()))
        .body(state.openapi_page.clone())
}
