//! Authorization server metadata (RFC 8414 §2): only what is really implemented.

use serde::Serialize;

/// The metadata document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Metadata {
    /// REQUIRED. The issuer.
    pub issuer: String,
    /// Where the JWK Set is.
    pub jwks_uri: String,
    /// REQUIRED. None, as long as there is no authorization endpoint.
    pub response_types_supported: Vec<&'static str>,
    /// Stated, because its default names grants that are not there.
    pub grant_types_supported: Vec<&'static str>,
    /// The scopes of the Client API.
    pub scopes_supported: Vec<&'static str>,
    /// The languages of pages and mails.
    pub ui_locales_supported: Vec<&'static str>,
}

impl Metadata {
    /// The document of an issuer whose JWK Set is at `jwks_uri`.
    #[must_use]
    pub fn new(issuer: &str, jwks_uri: String) -> Self {
        Self {
            issuer: issuer.to_owned(),
            jwks_uri,
            response_types_supported: Vec::new(),
            grant_types_supported: Vec::new(),
            scopes_supported: super::scope::CLIENT_API.to_vec(),
            ui_locales_supported: super::locale::Locale::ALL.iter().map(|locale| locale.tag()).collect(),
        }
    }
}

/// The path of the metadata for an issuer: the well-known part goes between host and path (RFC 8414 §3.1).
#[must_use]
pub fn path(issuer: &str) -> String {
    let path =
        url::Url::parse(issuer).map(|url| url.path().trim_end_matches('/').to_owned()).unwrap_or_default();
    format!("/.well-known/oauth-authorization-server{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc8414_3_1_the_well_known_part_is_inserted() {
        assert_eq!(path("https://id.example"), "/.well-known/oauth-authorization-server");
        assert_eq!(path("https://id.example/tenant/a"), "/.well-known/oauth-authorization-server/tenant/a");
    }
}
