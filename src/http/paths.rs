//! Every path there is, and how the paths differ: who reads their refusals, and which of them other origins may ask.

use crate::flow::authorize::view::InteractionPage;
use crate::protocol::id::InteractionId;
use crate::protocol::metadata;

/// The page at the issuer's root URL.
pub const HOME: &str = "/";
/// The icon.
pub const FAVICON: &str = "/favicon.svg";
/// Where browsers look for an icon when no page names one; at the root of the host.
pub(super) const FAVICON_ICO: &str = "/favicon.ico";
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
/// The device authorization endpoint (RFC 8628 §3.1).
pub const DEVICE_AUTHORIZATION: &str = "/api/auth/oauth2/device_authorization";
/// Where an end-user types the code of a device.
pub const DEVICE: &str = "/device";
/// Where an end-user is told to go back to the device.
pub const DEVICE_DONE: &str = "/device/done";
/// The logout endpoint (OpenID Connect RP-Initiated Logout).
pub const END_SESSION: &str = "/api/auth/oauth2/end-session";
pub(super) const SIGN_OUT: &str = "/signout";
pub(super) const SIGN_OUT_PAGE: &str = "/signout/{id}";
pub(super) const SIGN_OUT_BEGIN: &str = "/signout/{id}/begin";
/// Where clients register; below it the client's id.
pub const REGISTER: &str = "/api/auth/oauth2/register";
pub(super) const REGISTERED: &str = "/api/auth/oauth2/register/{id}";
/// The pages of a sign-in; below it the interaction's id.
pub const SIGN_IN: &str = "/signin";
pub(super) const SIGN_IN_ADDRESS: &str = "/signin/{id}";
pub(super) const SIGN_IN_CODE: &str = "/signin/{id}/code";
pub(super) const SIGN_IN_CONSENT: &str = "/signin/{id}/consent";
pub(super) const SIGN_IN_STEP: &str = "/signin/{id}/{step:resend|restart|cancel|account|begin}";
/// Sends a code to an e-mail address.
pub const OTP_SEND: &str = "/api/auth/dom/otp/send";
/// Verifies a code and opens a session.
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
/// The OpenAPI document of the Client API, as an HTML page.
pub const OPENAPI_PAGE: &str = "/api/client/v1/docs";
/// The browser SDK, as a classic script.
pub const SDK: &str = "/sdk/v1/tiquo-auth.js";
/// The browser SDK, as an ES module.
pub const SDK_MODULE: &str = "/sdk/v1/tiquo-auth.mjs";
/// The source map of the classic script (ECMA-426).
pub const SDK_MAP: &str = "/sdk/v1/tiquo-auth.js.map";
/// The source map of the ES module.
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
/// Development: a file that the demo shop's page loads.
pub(super) const DEMO_FILE: &str = "/demo/{name}";
/// The demo application of somebody else, on its own origin: its page.
pub const APP: &str = "/";
/// Where the issuer sends people back to it.
pub const APP_CALLBACK: &str = "/callback";
/// A file that the demo application's page loads.
pub(super) const APP_FILE: &str = "/{name}";
/// Below it is what operators ask, on a listener of its own.
pub(super) const ADMIN: &str = "/admin";
pub const ADMIN_IMPORT: &str = "/admin/v1/import";
/// Admin: what is told of an end-user.
pub const ADMIN_USER_CLAIMS: &str = "/admin/v1/users/claims";
/// Admin: clients that registered themselves; below it a client's id.
pub const ADMIN_CLIENTS: &str = "/admin/v1/clients";
/// Admin: the format of the store's rows.
pub const ADMIN_STORE_FORMAT: &str = "/admin/v1/store/format";
pub(super) const ADMIN_CLIENT: &str = "/admin/v1/clients/{id}";

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
pub fn is_served_at_start(issuer: &str, path: &str) -> bool {
    let base = metadata::issuer_path(issuer);
    [HEALTHZ, READYZ].contains(&path)
        || path.strip_prefix(&*base) == Some(JWKS)
        || path == metadata::path(issuer)
        || path == metadata::openid_path(issuer)
}

/// The path of the code's page of an interaction, whose id is still as the URL had it.
pub fn code_page(base: &str, id: &str) -> String {
    InteractionId::parse(id)
        .map_or_else(|| format!("{base}{SIGN_IN}"), |id| page(base, &id, InteractionPage::Code))
}

/// The path of a page of an interaction.
pub fn page(base: &str, id: &InteractionId, page: InteractionPage) -> String {
    let id = id.encode();
    match page {
        InteractionPage::Address => format!("{base}{SIGN_IN}/{id}"),
        InteractionPage::Code => format!("{base}{SIGN_IN}/{id}/code"),
        InteractionPage::Consent => format!("{base}{SIGN_IN}/{id}/consent"),
    }
}

/// The path of the page of a logout request that waits.
pub fn sign_out_page(base: &str, id: &InteractionId) -> String {
    format!("{base}{SIGN_OUT}/{}", id.encode())
}

/// The path where the form is sent that brings a logout request again.
pub fn sign_out_begin(base: &str, id: &InteractionId) -> String {
    format!("{base}{SIGN_OUT}/{}/begin", id.encode())
}

/// A step that has no page of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PagelessStep {
    /// Sends another code.
    Resend,
    /// Goes back to the page for the address, before the sign-in.
    Restart,
    /// Ends the sign-in with `access_denied`.
    Cancel,
    /// Signs in with another address although somebody is signed in.
    Account,
    /// A request that came as a form of another site comes again, by a form of ours.
    Begin,
}

impl PagelessStep {
    pub const ALL: [Self; 5] = [Self::Resend, Self::Restart, Self::Cancel, Self::Account, Self::Begin];

    /// Its word in a path.
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
pub fn carries_sealed_request(base: &str, path: &str) -> bool {
    let path = path.strip_prefix(base).unwrap_or(path);
    [SIGN_IN, SIGN_OUT].into_iter().any(|page| is_below(path, page))
}

/// How a path answers. `base` is the path of the issuer's URL.
pub fn error_format(base: &str, path: &str) -> ErrorFormat {
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
pub fn has_cors(base: &str, path: &str) -> bool {
    let below = path.strip_prefix(base).unwrap_or(path);
    let documents = path.starts_with("/.well-known/") || below.starts_with("/.well-known/");
    // A page that names the script's integrity hash loads it by CORS.
    let script = [SDK, SDK_MODULE, SDK_MAP, SDK_MODULE_MAP].contains(&below);
    // Whoever introspects has a secret, which no page has.
    let api =
        below.starts_with("/api/") && error_format(base, path) != ErrorFormat::Page && below != INTROSPECT;
    documents || script || api
}
