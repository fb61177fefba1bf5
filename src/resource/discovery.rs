//! Finds the JWK Set of an issuer by its metadata.

use serde::Deserialize;
use url::Url;

use crate::ports::fetcher::{FetchError, FetchRequest, FetchResponse, Fetcher};
use crate::protocol::metadata;

/// What is needed of the metadata.
#[derive(Deserialize)]
struct MetadataDocument {
    issuer: String,
    jwks_uri: String,
}

/// The URL of the issuer's JWK Set: from its authorization server metadata (RFC 8414), or, when it has none,
/// from its OpenID Connect Discovery document.
pub(super) async fn jwks_uri(fetcher: &dyn Fetcher, issuer: &str) -> Result<String, String> {
    let oauth = authorization_server_url(issuer).ok_or_else(|| format!("{issuer}: not a URL"))?;
    match fetcher.get(FetchRequest::json(&oauth)).await {
        // The issuer answers, but not with this document: perhaps it knows only the other one.
        Err(FetchError::Status(_)) => {
            let openid = openid_url(issuer);
            let answer = fetcher.get(FetchRequest::json(&openid)).await;
            read(&openid, issuer, answer)
        }
        answer => read(&oauth, issuer, answer),
    }
}

fn read(url: &str, issuer: &str, answer: Result<FetchResponse, FetchError>) -> Result<String, String> {
    let body = match answer {
        Ok(FetchResponse::Document { body, .. }) => body,
        Ok(FetchResponse::NotModified { .. }) => {
            return Err(format!("{url}: answered 304 to an unconditional request"));
        }
        Err(error) => return Err(format!("{url}: {error}")),
    };
    let document: MetadataDocument =
        serde_json::from_slice(&body).map_err(|error| format!("{url}: not metadata: {error}"))?;
    // Otherwise one issuer could speak for another (RFC 8414 §3.3, OpenID Connect Discovery 1.0 §4.3).
    if document.issuer == issuer {
        Ok(document.jwks_uri)
    } else {
        Err(format!("{url}: is the metadata of another issuer"))
    }
}

/// The well-known part goes between host and path (RFC 8414 §3.1).
fn authorization_server_url(issuer: &str) -> Option<String> {
    let mut url = Url::parse(issuer).ok()?;
    url.set_path(&metadata::path(issuer));
    Some(url.into())
}

/// The well-known part goes behind the path (OpenID Connect Discovery 1.0 §4).
fn openid_url(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_well_known_part_is_where_each_specification_says() {
        let issuer = "https://id.example/tenant";
        assert_eq!(
            authorization_server_url(issuer).as_deref(),
            Some("https://id.example/.well-known/oauth-authorization-server/tenant")
        );
        assert_eq!(openid_url(issuer), "https://id.example/tenant/.well-known/openid-configuration");
        assert_eq!(openid_url("https://id.example/"), "https://id.example/.well-known/openid-configuration");
        assert_eq!(authorization_server_url("id.example"), None);
    }
}
