//! Every path there is, and who answers it.

use std::future::{Ready, ready};

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Resource, Route, guard};

use super::error::ApiError;
use super::handlers::{
    admin, admin_clients, admin_store, authorize, client_api, demo, demo_app, dev, device, dom, end_session,
    favicon, health, home, oauth, registration, sdk, sign_in, well_known,
};
use crate::flow::authorize::view::InteractionPage;
use crate::protocol::id::InteractionId;
use crate::protocol::metadata;

/// Where somebody comes who knows the issuer's name alone.
pub const HOME: &str = "/";
/// The icon.
pub const FAVICON: &str = "/favicon.svg";
/// Where browsers look for it when no page names it; at the root of the host.
const FAVICON_ICO: &str = "/favicon.ico";
/// The JWK Set.
pub const JWKS: &str = "/api/oauth2/jwks";
/// The authorization endpoint.
pub const AUTHORIZE: &str = "/api/auth/oauth2/authorize";
/// The token endpoint.
pub const TOKEN: &str = "/api/auth/oauth2/token";
pub const USERINFO: &str = "/api/auth/oauth2/userinfo";
/// Revocation (RFC 7009).
pub const REVOKE: &str = "/api/auth/oauth2/revoke";
/// Introspection (RFC 7662).
pub const INTROSPECT: &str = "/api/auth/oauth2/introspect";
/// Where a device asks (RFC 8628 §3.1).
pub const DEVICE_AUTHORIZATION: &str = "/api/auth/oauth2/device_authorization";
/// Where an end-user types the code of a device.
pub const DEVICE: &str = "/device";
/// Where an end-user is told to go back to the device.
pub const DEVICE_DONE: &str = "/device/done";
/// The logout endpoint (OpenID Connect RP-Initiated Logout).
pub const END_SESSION: &str = "/api/auth/oauth2/end-session";
const SIGN_OUT: &str = "/signout";
const SIGN_OUT_PAGE: &str = "/signout/{id}";
const SIGN_OUT_BEGIN: &str = "/signout/{id}/begin";
/// Where clients register; below it the client's id.
pub const REGISTER: &str = "/api/auth/oauth2/register";
const REGISTERED: &str = "/api/auth/oauth2/register/{id}";
/// The pages of a sign-in; below it the interaction's id.
pub const SIGN_IN: &str = "/signin";
const SIGN_IN_ADDRESS: &str = "/signin/{id}";
const SIGN_IN_CODE: &str = "/signin/{id}/code";
const SIGN_IN_CONSENT: &str = "/signin/{id}/consent";
const SIGN_IN_STEP: &str = "/signin/{id}/{step:resend|restart|cancel|account|begin}";
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
/// The customer's orders.
pub const ORDERS: &str = "/api/client/v1/orders";
/// The customer's bookings.
pub const BOOKINGS: &str = "/api/client/v1/bookings";
/// The customer's enquiries.
pub const ENQUIRIES: &str = "/api/client/v1/enquiries";
/// The OpenAPI document of the Client API.
pub const OPENAPI: &str = "/api/client/v1/openapi.json";
/// The same as a page.
pub const OPENAPI_PAGE: &str = "/api/client/v1/docs";
/// The browser SDK, as a classic script.
pub const SDK: &str = "/sdk/v1/tiquo-auth.js";
/// The same as an ES module.
pub const SDK_MODULE: &str = "/sdk/v1/tiquo-auth.mjs";
/// What it was made of, for debuggers (ECMA-426).
pub const SDK_MAP: &str = "/sdk/v1/tiquo-auth.js.map";
/// The same of the module.
pub const SDK_MODULE_MAP: &str = "/sdk/v1/tiquo-auth.mjs.map";
/// The process is alive.
pub const HEALTHZ: &str = "/healthz";
/// The process can serve.
pub const READYZ: &str = "/readyz";
/// Development: the mails, as a page.
pub const OUTBOX: &str = "/dev/outbox";
/// Development: the mails, as JSON.
pub const OUTBOX_JSON: &str = "/dev/outbox.json";

/// Development: sample records for whoever is signed in.
pub const SAMPLES: &str = "/dev/samples";
/// Development: the account page of a demo shop.
pub const DEMO: &str = "/demo";
/// Development: what that page is made of.
const DEMO_FILE: &str = "/demo/{name}";
/// The demo application of somebody else, on its own origin: its page.
pub const APP: &str = "/";
/// Where the issuer sends people back to it.
pub const APP_CALLBACK: &str = "/callback";
/// What its page is made of.
const APP_FILE: &str = "/{name}";
/// Below it is what operators ask, on a listener of its own.
const ADMIN: &str = "/admin";
pub const ADMIN_IMPORT: &str = "/admin/v1/import";
/// Admin: what is told of an end-user.
pub const ADMIN_USER_CLAIMS: &str = "/admin/v1/users/claims";
/// Admin: clients that registered themselves; below it a client's id.
pub const ADMIN_CLIENTS: &str = "/admin/v1/clients";
/// Admin: the format of the store's rows.
pub const ADMIN_STORE_FORMAT: &str = "/admin/v1/store/format";
const ADMIN_CLIENT: &str = "/admin/v1/clients/{id}";

/// Where the documents about the issuer are.
#[derive(Debug, Clone)]
pub struct DocumentPaths {
    /// The path of the issuer's URL, under which everything is; empty for most.
    pub base: String,
    /// Its metadata (RFC 8414 §3.1).
    pub metadata: String,
    /// Its metadata (OpenID Connect Discovery §4).
    pub openid_metadata: String,
}

/// Whether a path is answered while a start waits for its store: documents that need none.
#[must_use]
pub fn is_served_at_start(issuer: &str, path: &str) -> bool {
    let base = metadata::issuer_path(issuer);
    [HEALTHZ, READYZ].contains(&path)
        || path.strip_prefix(&*base) == Some(JWKS)
        || path == metadata::path(issuer)
        || path == metadata::openid_path(issuer)
}

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

/// The demo application of somebody else.
pub fn configure_demo_app(config: &mut ServiceConfig) {
    config
        .service(web::resource(APP).to(demo_app::page))
        .service(web::resource(APP_CALLBACK).to(demo_app::page))
        .service(web::resource(APP_FILE).to(demo_app::file));
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

/// The path of the code's page of an interaction, whose id is still as the URL had it.
#[must_use]
pub fn code_page(base: &str, id: &str) -> String {
    InteractionId::parse(id)
        .map_or_else(|| format!("{base}{SIGN_IN}"), |id| page(base, &id, InteractionPage::Code))
}

/// The path of a page of an interaction.
#[must_use]
pub fn page(base: &str, id: &InteractionId, page: InteractionPage) -> String {
    let id = id.encode();
    match page {
        InteractionPage::Address => format!("{base}{SIGN_IN}/{id}"),
        InteractionPage::Code => format!("{base}{SIGN_IN}/{id}/code"),
        InteractionPage::Consent => format!("{base}{SIGN_IN}/{id}/consent"),
    }
}

/// The path of the page of a logout request that waits.
#[must_use]
pub fn sign_out_page(base: &str, id: &InteractionId) -> String {
    format!("{base}{SIGN_OUT}/{}", id.encode())
}

/// The path where the form is sent that brings a logout request again.
#[must_use]
pub fn sign_out_begin(base: &str, id: &InteractionId) -> String {
    format!("{base}{SIGN_OUT}/{}/begin", id.encode())
}

/// A step that has no page of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PagelessStep {
    /// Another code.
    Resend,
    /// Another address, before the sign-in.
    Restart,
    /// The end-user gives up.
    Cancel,
    /// Another address, though signed in.
    Account,
    /// A request that came as a form of another site comes again, by a form of ours.
    Begin,
}

impl PagelessStep {
    /// Every step.
    pub const ALL: [Self; 5] = [Self::Resend, Self::Restart, Self::Cancel, Self::Account, Self::Begin];

    /// Its word in a path.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Resend => "resend",
            Self::Restart => "restart",
            Self::Cancel => "cancel",
            Self::Account => "account",
            Self::Begin => "begin",
        }
    }

    /// The path where its form is sent.
    #[must_use]
    pub fn path(self, base: &str, id: &InteractionId) -> String {
        format!("{base}{SIGN_IN}/{}/{}", id.encode(), self.word())
    }
}

/// How a refusal is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorFormat {
    /// In the envelope, for a customer.
    Envelope,
    /// In the envelope, for an operator.
    Operator,
    /// As RFC 6749 §5.2 says.
    OAuth,
    /// As a page for a person.
    Page,
}

fn is_below(path: &str, page: &str) -> bool {
    path.strip_prefix(page).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether the forms that are sent to a path may carry a sealed request.
#[must_use]
pub fn carries_sealed_request(base: &str, path: &str) -> bool {
    let path = path.strip_prefix(base).unwrap_or(path);
    [SIGN_IN, SIGN_OUT].into_iter().any(|page| is_below(path, page))
}

/// How a path answers. `base` is the path of the issuer's URL.
#[must_use]
pub fn voice(base: &str, path: &str) -> ErrorFormat {
    let path = path.strip_prefix(base).unwrap_or(path);
    let is_below = |page: &str| is_below(path, page);
    let pages = [SIGN_IN, SIGN_OUT, DEVICE];
    if [AUTHORIZE, END_SESSION].contains(&path) || pages.into_iter().any(is_below) {
        ErrorFormat::Page
    } else if [TOKEN, USERINFO, REVOKE, INTROSPECT, DEVICE_AUTHORIZATION].contains(&path)
        || is_below(REGISTER)
    {
        ErrorFormat::OAuth
    } else if is_below(ADMIN) {
        ErrorFormat::Operator
    } else {
        ErrorFormat::Envelope
    }
}

/// Whether a path is one where cross-origin requests are answered; pages have no CORS at all.
#[must_use]
pub fn has_cors(base: &str, path: &str) -> bool {
    let below = path.strip_prefix(base).unwrap_or(path);
    let documents = path.starts_with("/.well-known/") || below.starts_with("/.well-known/");
    // A page that names the script's integrity hash loads it by CORS.
    let script = [SDK, SDK_MODULE, SDK_MAP, SDK_MODULE_MAP].contains(&below);
    // Whoever introspects has a secret, which no page has.
    let api = below.starts_with("/api/") && voice(base, path) != ErrorFormat::Page && below != INTROSPECT;
    documents || script || api
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
