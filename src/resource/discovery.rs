//! Finds the JWK Set of an issuer in its metadata.

use serde::Deserialize;
use url::Url;

use crate::ports::fetcher::{FetchError, FetchRequest, FetchResponse, Fetcher};
use crate::protocol::metadata;

#[derive(Deserialize)]
struct MetadataDocument {
    issuer: String,
    jwks_uri: String,
}

/// The URL of the issuer's JWK Set, from its authorization server metadata (RFC 8414) or, if it has none,
/// from its OpenID Connect Discovery document.
pub(super) async fn jwks_uri(fetcher: &dyn Fetcher, issuer: &str) -> Result<String, String> {
    let oauth = authorization_server_url(issuer).ok_or_else(|| format!("{issuer}: not a URL"))?;
    match fetcher.get(FetchRequest::json(&oauth)).await {
        // The issuer answers, but may have only the OpenID Connect Discovery document.
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
    // Without this check one issuer could speak for another (RFC 8414 §3.3, OpenID Connect Discovery 1.0
    // §4.3).
    if document.issuer == issuer {
        Ok(document.jwks_uri)
    } else {
        Err(format!("{url}: is the metadata of another issuer"))
    }
}

/// Inserts the well-known path between host and path (RFC 8414 §3.1).
fn authorization_server_url(issuer: &str) -> Option<String> {
    let mut url = Url::parse(issuer).ok()?;
    url.set_path(&metadata::path(issuer));
    Some(url.into())
}

/// Appends the well-known path to the issuer's path (OpenID Connect Discovery 1.0 §4).
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
