//! Metadata of the provider (RFC 8414 §2, OpenID Connect Discovery 1.0 §3): only what is implemented.

use serde::Serialize;

use super::authorization::ResponseMode;
use super::authorization::request_object::UnsignedRequestObjects;
use super::claims::ACR_EMAIL_OTP;
use super::client::{AuthenticationMethod, GrantType, RequestObjectAlg};
use super::id_token::claims_supported;
use super::jws::Algorithm;
use super::locale::Locale;
use super::pkce::S256;
use super::scope::{self, Scope};

/// The full URLs of the endpoints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Endpoints {
    /// Authorization endpoint (RFC 6749 §3.1).
    pub authorization_endpoint: String,
    /// Token endpoint (RFC 6749 §3.2).
    pub token_endpoint: String,
    /// Userinfo endpoint (OpenID Connect Core §5.3).
    pub userinfo_endpoint: String,
    /// Logout endpoint (RP-Initiated Logout §2.1).
    pub end_session_endpoint: String,
    /// Revocation endpoint (RFC 7009 §2).
    pub revocation_endpoint: String,
    /// Introspection endpoint (RFC 7662 §2).
    pub introspection_endpoint: String,
    /// Registration endpoint (RFC 7591 §3); `None` when registration is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration_endpoint: Option<String>,
    /// Device authorization endpoint (RFC 8628 §4).
    pub device_authorization_endpoint: String,
    /// The JWK Set's URL (RFC 7517 §5).
    pub jwks_uri: String,
}

/// The metadata document, the same for both specifications.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the members are the specifications' own")]
#[expect(clippy::struct_excessive_bools, reason = "the specifications have them")]
pub struct Metadata {
    pub issuer: String,
    #[serde(flatten)]
    pub endpoints: Endpoints,
    pub scopes_supported: Vec<String>,
    pub response_types_supported: [&'static str; 1],
    pub response_modes_supported: [&'static str; 2],
    pub grant_types_supported: Vec<&'static str>,
    pub subject_types_supported: [&'static str; 2],
    pub id_token_signing_alg_values_supported: [&'static str; 1],
    pub userinfo_signing_alg_values_supported: [&'static str; 1],
    pub acr_values_supported: [&'static str; 1],
    pub token_endpoint_auth_methods_supported: Vec<&'static str>,
    pub token_endpoint_auth_signing_alg_values_supported: [&'static str; 6],
    pub revocation_endpoint_auth_methods_supported: Vec<&'static str>,
    pub introspection_endpoint_auth_methods_supported: Vec<&'static str>,
    pub claim_types_supported: [&'static str; 1],
    pub claims_supported: Vec<&'static str>,
    pub prompt_values_supported: [&'static str; 4],
    pub code_challenge_methods_supported: [&'static str; 1],
    pub ui_locales_supported: Vec<&'static str>,
    pub claims_parameter_supported: bool,
    pub request_parameter_supported: bool,
    /// OpenID Connect Core §6.2: only registered `request_uri` values are fetched.
    pub require_request_uri_registration: bool,
    pub request_object_signing_alg_values_supported: Vec<&'static str>,
    /// Always present, because an absent value means true (Discovery §3).
    pub request_uri_parameter_supported: bool,
    /// Notices in the browser (Front-Channel Logout §3).
    pub frontchannel_logout_supported: bool,
    /// Front-Channel Logout §3: `iss` and `sid` are sent.
    pub frontchannel_logout_session_supported: bool,
    /// Notices between servers (Back-Channel Logout §2.1).
    pub backchannel_logout_supported: bool,
    /// Back-Channel Logout §2.1: logout tokens have a `sid`.
    pub backchannel_logout_session_supported: bool,
    /// The authorization response has `iss` (RFC 9207 §3).
    pub authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// Makes the document; `of_resources` are the scopes of the resource servers.
    pub fn new(
        issuer: &str,
        endpoints: Endpoints,
        of_resources: &Scope,
        unsigned: UnsignedRequestObjects,
    ) -> Self {
        Self {
            issuer: issuer.to_owned(),
            endpoints,
            scopes_supported: scope::OPENID
                .into_iter()
                .chain(scope::CLIENT_API)
                .chain(of_resources.iter())
                .map(str::to_owned)
                .collect(),
            response_types_supported: ["code"],
            response_modes_supported: ResponseMode::ALL.map(ResponseMode::name),
            grant_types_supported: GrantType::ALL.iter().map(|one| one.name()).collect(),
            subject_types_supported: ["public", "pairwise"],
            id_token_signing_alg_values_supported: ["RS256"],
            userinfo_signing_alg_values_supported: ["RS256"],
            acr_values_supported: [ACR_EMAIL_OTP],
            token_endpoint_auth_methods_supported: methods().collect(),
            token_endpoint_auth_signing_alg_values_supported: Algorithm::ALL.map(Algorithm::name),
            revocation_endpoint_auth_methods_supported: methods().collect(),
            // A public client cannot introspect.
            introspection_endpoint_auth_methods_supported: methods().filter(|name| *name != "none").collect(),
            claim_types_supported: ["normal"],
            claims_supported: claims_supported().collect(),
            prompt_values_supported: ["none", "login", "consent", "select_account"],
            code_challenge_methods_supported: [S256],
            ui_locales_supported: Locale::ALL.iter().map(|locale| locale.tag()).collect(),
            claims_parameter_supported: true,
            request_parameter_supported: true,
            require_request_uri_registration: true,
            request_object_signing_alg_values_supported: RequestObjectAlg::ALL
                .into_iter()
                .filter(|one| *one != RequestObjectAlg::None || unsigned == UnsignedRequestObjects::Allowed)
                .filter_map(RequestObjectAlg::name)
                .collect(),
            request_uri_parameter_supported: true,
            frontchannel_logout_supported: true,
            frontchannel_logout_session_supported: true,
            backchannel_logout_supported: true,
            backchannel_logout_session_supported: true,
            authorization_response_iss_parameter_supported: true,
        }
    }
}

fn methods() -> impl Iterator<Item = &'static str> {
    AuthenticationMethod::ALL.iter().map(|one| one.name())
}

/// The path of an issuer's URL without a slash at the end, often empty.
pub fn issuer_path(issuer: &str) -> String {
    url::Url::parse(issuer).map(|url| url.path().trim_end_matches('/').to_owned()).unwrap_or_default()
}

/// The path of the RFC 8414 metadata: the well-known part is inserted before the issuer's path (§3.1).
pub fn path(issuer: &str) -> String {
    format!("/.well-known/oauth-authorization-server{}", issuer_path(issuer))
}

/// The path of the OpenID Connect Discovery metadata: the well-known part is appended to the issuer's path
/// (§4).
pub fn openid_path(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer_path(issuer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc8414_3_1_the_well_known_part_is_inserted() {
        assert_eq!(path("https://id.example"), "/.well-known/oauth-authorization-server");
        assert_eq!(path("https://id.example/tenant/a"), "/.well-known/oauth-authorization-server/tenant/a");
    }

    #[test]
    fn oidc_discovery_4_the_well_known_part_is_appended() {
        assert_eq!(openid_path("https://id.example"), "/.well-known/openid-configuration");
        assert_eq!(openid_path("https://id.example/tenant/a"), "/tenant/a/.well-known/openid-configuration");
    }
}
