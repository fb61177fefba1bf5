//! A client's own keys: `jwks_uri` or `jwks_file`.

use url::Url;

use crate::config::words;
use crate::protocol::client::ClientKeys;
use crate::protocol::json::without_byte_order_mark;
use crate::protocol::jws::KeySet;

use super::super::Findings;
use super::super::files::not_read;

pub(super) fn keys(
    url: Option<String>,
    file: Option<String>,
    place: &str,
    findings: &mut Findings,
) -> Option<ClientKeys> {
    match (url, file) {
        (Some(_), Some(_)) => {
            // RFC 7591 §2 forbids both together.
            let remedy = "Leave one of them out";
            findings.mistake(format!("{place}.jwks_file"), "is given beside jwks_uri", remedy);
            None
        }
        (Some(url), None) => {
            let is_url = Url::parse(&url).is_ok_and(|url| matches!(url.scheme(), "https" | "http"));
            if !is_url {
                let remedy = "Write https://app.example.com/jwks.json";
                findings.mistake(format!("{place}.jwks_uri"), "is not an https URL", remedy);
            }
            is_url.then_some(ClientKeys::Url(url))
        }
        (None, Some(file)) => from_file(&file, &format!("{place}.jwks_file"), findings),
        (None, None) => None,
    }
}

fn from_file(file: &str, place: &str, findings: &mut Findings) -> Option<ClientKeys> {
    if findings.leaves_out(place, not_read(file.as_ref())) {
        return None;
    }
    let read =
        std::fs::read(file).map_err(|error| format!("{file} cannot be read: {}", words::of_file(&error)));
    let set = read.and_then(|json| {
        let json = without_byte_order_mark(&json);
        KeySet::parse(json).map_err(|error| format!("{file}: {error}"))?;
        // A document that parses as a JWK Set is valid JSON, so this cannot fail.
        serde_json::from_slice(json).map_err(|_| format!("{file}: this is not a JWK Set"))
    });
    match set {
        Ok(set) => Some(ClientKeys::Inline(set)),
        Err(message) => {
            findings.mistake(place, message, "Name a file with a JWK Set of public keys (RFC 7517 §5)");
            None
        }
    }
}
