//! Which handler answers which path.

use std::future::{Ready, ready};

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Resource, Route, guard};

use super::error::{ApiError, Result};
use super::handlers::{
    admin, admin_clients, admin_store, authorize, client_api, demo, dev, device, dom, end_session, favicon,
    health, home, oauth, registration, sdk, sign_in, well_known,
};
use super::paths::{
    ADMIN_CLIENT, ADMIN_CLIENTS, ADMIN_IMPORT, ADMIN_STORE_FORMAT, ADMIN_USER_CLAIMS, AUTHORIZE, BOOKINGS,
    DEMO, DEMO_FILE, DEVICE, DEVICE_AUTHORIZATION, DEVICE_DONE, DocumentPaths, END_SESSION, ENQUIRIES,
    FAVICON, FAVICON_ICO, HEALTHZ, HOME, INTROSPECT, JWKS, LOGOUT, OPENAPI, OPENAPI_PAGE, ORDERS, OTP_SEND,
    OTP_VERIFY, OUTBOX, OUTBOX_JSON, PROFILE, READYZ, REFRESH, REGISTER, REGISTERED, REVOKE, SAMPLES, SDK,
    SDK_MAP, SDK_MODULE, SDK_MODULE_MAP, SESSION, SIGN_IN_ADDRESS, SIGN_IN_CODE, SIGN_IN_CONSENT,
    SIGN_IN_STEP, SIGN_OUT_BEGIN, SIGN_OUT_PAGE, TOKEN, USERINFO,
};

/// Puts every endpoint in its place.
pub fn configure(config: &mut ServiceConfig, places: &DocumentPaths, development: bool) {
    config
        .service(answers_get(&places.metadata, read().to(well_known::metadata)))
        .service(answers_get(&places.openid_metadata, read().to(well_known::metadata)))
        .service(answers_get(FAVICON_ICO, read().to(favicon::favicon)))
        .service(answers_get(HEALTHZ, read().to(health::healthz)))
        .service(answers_get(READYZ, read().to(health::readyz)));
    if places.base.is_empty() {
        endpoints(config, development);
    } else {
        config.service(web::scope(&places.base).configure(|config| endpoints(config, development)));
    }
}

/// The Client API alone.
pub fn configure_client_api(config: &mut ServiceConfig) {
    config
        .configure(own_data)
        .service(answers_get(HEALTHZ, read().to(health::healthz)))
        .service(answers_get(READYZ, read().to(health::readyz)));
}

/// The endpoints of the admin listener.
pub fn configure_admin(config: &mut ServiceConfig) {
    config
        .service(answers_post(ADMIN_IMPORT, web::post().to(admin::import)))
        .service(
            web::resource(ADMIN_USER_CLAIMS)
                .route(web::put().to(admin::claims))
                .default_service(web::to(|| wrong_method("PUT"))),
        )
        .service(answers_get(ADMIN_CLIENTS, read().to(admin_clients::list)))
        .service(
            web::resource(ADMIN_CLIENT)
                .route(web::delete().to(admin_clients::remove))
                .default_service(web::to(|| wrong_method("DELETE"))),
        )
        .service(
            web::resource(ADMIN_STORE_FORMAT)
                .route(read().to(admin_store::format))
                .route(web::put().to(admin_store::switch))
                .default_service(web::to(|| wrong_method("GET, HEAD, PUT"))),
        )
        .service(answers_get(HEALTHZ, read().to(health::healthz)))
        .service(answers_get(READYZ, read().to(health::readyz)));
}

fn endpoints(config: &mut ServiceConfig, development: bool) {
    // Below the path of an issuer's URL it is that path itself, too.
    let home = web::resource(["", HOME])
        .route(read().to(home::page))
        .default_service(web::to(|| wrong_method("GET, HEAD")));
    config
        .service(home)
        .service(answers_get(FAVICON, read().to(favicon::favicon)))
        .service(page_that_acts(AUTHORIZE, web::get().to(authorize::get), web::post().to(authorize::post)))
        .service(answers_post(TOKEN, web::post().to(oauth::token)))
        .service(answers_post(REVOKE, web::post().to(oauth::revoke)))
        .service(answers_post(INTROSPECT, web::post().to(oauth::introspect)))
        .service(answers_post(REGISTER, web::post().to(registration::register)))
        .service(registered())
        .service(answers_post(DEVICE_AUTHORIZATION, web::post().to(device::authorize)))
        .service(both(DEVICE, read().to(device::page), web::post().to(device::enter)))
        .service(answers_get(DEVICE_DONE, read().to(device::done)))
        .service(both(USERINFO, read().to(oauth::userinfo), web::post().to(oauth::userinfo)))
        .service(page_that_acts(
            SIGN_IN_ADDRESS,
            web::get().to(sign_in::address_page),
            web::post().to(sign_in::address),
        ))
        .service(page_that_acts(
            SIGN_IN_CODE,
            web::get().to(sign_in::code_page),
            web::post().to(sign_in::code),
        ))
        .service(page_that_acts(
            SIGN_IN_CONSENT,
            web::get().to(sign_in::consent_page),
            web::post().to(sign_in::decide),
        ))
        .service(page_that_acts(
            END_SESSION,
            web::get().to(end_session::get),
            web::post().to(end_session::post),
        ))
        .service(page_that_acts(
            SIGN_OUT_PAGE,
            web::get().to(end_session::page),
            web::post().to(end_session::decide),
        ))
        .service(answers_post(SIGN_OUT_BEGIN, web::post().to(end_session::begin_here)))
        .service(answers_post(SIGN_IN_STEP, web::post().to(sign_in::step)))
        .service(answers_post(OTP_SEND, web::post().to(dom::send)))
        .service(answers_post(OTP_VERIFY, web::post().to(dom::verify)))
        .service(answers_get(SESSION, read().to(dom::session)))
        .service(answers_post(LOGOUT, web::post().to(dom::logout)))
        .service(answers_post(REFRESH, web::post().to(client_api::refresh)))
        .service(answers_get(SDK, read().to(sdk::classic)))
        .service(answers_get(SDK_MODULE, read().to(sdk::module)))
        .service(answers_get(SDK_MAP, read().to(sdk::classic_map)))
        .service(answers_get(SDK_MODULE_MAP, read().to(sdk::module_map)))
        .configure(own_data)
        .service(answers_get(JWKS, read().to(well_known::jwks)));
    if development {
        config
            .service(answers_get(OUTBOX, read().to(dev::outbox)))
            .service(answers_post(SAMPLES, web::post().to(dev::samples)))
            .service(answers_get(DEMO, read().to(demo::page)))
            .service(answers_get(DEMO_FILE, read().to(demo::file)))
            .service(answers_get(OUTBOX_JSON, read().to(dev::outbox_json)));
    }
}

/// What a client does with its own registration.
fn registered() -> Resource {
    web::resource(REGISTERED)
        .route(read().to(registration::read))
        .route(web::put().to(registration::replace))
        .route(web::delete().to(registration::remove))
        .default_service(web::to(|| wrong_method("GET, HEAD, PUT, DELETE")))
}

/// The customer's own data.
fn own_data(config: &mut ServiceConfig) {
    let wrong = || wrong_method("GET, HEAD, PATCH");
    let profile = web::resource(PROFILE)
        .route(read().to(client_api::profile::read))
        .route(web::patch().to(client_api::profile::change))
        .default_service(web::to(wrong));
    config
        .service(profile)
        .service(answers_get(OPENAPI_PAGE, read().to(well_known::openapi_page)))
        .service(answers_get(OPENAPI, read().to(well_known::openapi)))
        .service(answers_get(ORDERS, read().to(client_api::records::orders)))
        .service(answers_get(BOOKINGS, read().to(client_api::records::bookings)))
        .service(answers_get(ENQUIRIES, read().to(client_api::records::enquiries)));
}

/// A route of what is read: GET, and HEAD, whose answer has no body (RFC 9110 §9.3.2).
fn read() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

fn both(path: &str, read: Route, post: Route) -> Resource {
    web::resource(path).route(read).route(post).default_service(web::to(|| wrong_method("GET, HEAD, POST")))
}

/// A page where a look may already be a step: of a request with nothing left to ask, or of a logout that its client may
/// ask for. HEAD is safe (RFC 9110 §9.2.1), so it says that there is a page and looks at nothing.
fn page_that_acts(path: &str, get: Route, post: Route) -> Resource {
    both(path, get, post)
        .route(web::head().to(|| ready(HttpResponse::Ok().content_type("text/html; charset=utf-8").finish())))
}

fn answers_get(path: &str, read: Route) -> Resource {
    web::resource(path).route(read).default_service(web::to(|| wrong_method("GET, HEAD")))
}

fn answers_post(path: &str, route: Route) -> Resource {
    web::resource(path).route(route).default_service(web::to(|| wrong_method("POST")))
}

/// A path that exists, asked with a method that it does not have (RFC 9110 §15.5.6).
fn wrong_method(allow: &'static str) -> Ready<Result<HttpResponse>> {
    ready(Err(ApiError::wrong_method(allow)))
}

/// A path that does not exist.
///
/// # Errors
/// Always [`ApiError`].
pub async fn not_found() -> Result<HttpResponse> {
    Err(ApiError::not_found())
}
