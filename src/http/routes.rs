//! Every path there is, and who answers it.

use std::future::{Ready, ready};

use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Resource, Route};

use super::error::ApiError;
use super::handlers::{client_api, dev, dom, health, well_known};

/// The JWK Set.
pub const JWKS: &str = "/api/oauth2/jwks";
/// A code goes to an address.
pub const OTP_SEND: &str = "/api/auth/dom/otp/send";
/// The right code becomes a session.
pub const OTP_VERIFY: &str = "/api/auth/dom/otp/verify";
/// Who is signed in, for the browser SDK.
pub const SESSION: &str = "/api/auth/dom/session";
/// Ends the session.
pub const LOGOUT: &str = "/api/auth/dom/logout";
/// A new token pair.
pub const REFRESH: &str = "/api/client/v1/refresh";
/// The customer's own record.
pub const PROFILE: &str = "/api/client/v1/profile";
/// The process is alive.
pub const HEALTHZ: &str = "/healthz";
/// The process can serve.
pub const READYZ: &str = "/readyz";
/// Development: the mails, as a page.
pub const OUTBOX: &str = "/dev/outbox";
/// Development: the mails, as JSON.
pub const OUTBOX_JSON: &str = "/dev/outbox.json";

/// Puts every endpoint in its place. `metadata` is the path of the issuer's metadata (RFC 8414 §3.1).
pub fn configure(config: &mut ServiceConfig, metadata: &str, development: bool) {
    config
        .service(answers_post(OTP_SEND, web::post().to(dom::send)))
        .service(answers_post(OTP_VERIFY, web::post().to(dom::verify)))
        .service(answers_get(SESSION, web::get().to(dom::session)))
        .service(answers_post(LOGOUT, web::post().to(dom::logout)))
        .service(answers_post(REFRESH, web::post().to(client_api::refresh)))
        .service(answers_get(PROFILE, web::get().to(client_api::profile)))
        .service(document(JWKS, || web::route().to(well_known::jwks)))
        .service(document(metadata, || web::route().to(well_known::metadata)))
        .service(document(HEALTHZ, || web::route().to(health::healthz)))
        .service(document(READYZ, || web::route().to(health::readyz)));
    if development {
        config
            .service(answers_get(OUTBOX, web::get().to(dev::outbox)))
            .service(answers_get(OUTBOX_JSON, web::get().to(dev::outbox_json)));
    }
}

/// Whether a path is one where cross-origin requests are answered; pages have no CORS at all.
#[must_use]
pub fn has_cors(path: &str) -> bool {
    path.starts_with("/api/") || path.starts_with("/.well-known/")
}

fn answers_get(path: &str, route: Route) -> Resource {
    web::resource(path).route(route).default_service(web::to(|| wrong_method("GET")))
}

fn answers_post(path: &str, route: Route) -> Resource {
    web::resource(path).route(route).default_service(web::to(|| wrong_method("POST")))
}

/// A document that is also asked for with HEAD (RFC 9110 §9.3.2).
fn document(path: &str, route: impl Fn() -> Route) -> Resource {
    web::resource(path)
        .route(route().method(Method::GET))
        .route(route().method(Method::HEAD))
        .default_service(web::to(|| wrong_method("GET, HEAD")))
}

/// A path that exists, asked with a method that it does not have (RFC 9110 §15.5.6).
fn wrong_method(allow: &'static str) -> Ready<Result<HttpResponse, ApiError>> {
    ready(Err(ApiError::wrong_method(allow)))
}

/// A path that does not exist.
///
/// # Errors
/// Always [`ApiError`].
pub async fn not_found() -> Result<HttpResponse, ApiError> {
    Err(ApiError::not_found())
}
