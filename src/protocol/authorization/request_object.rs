//! Request objects (OpenID Connect Core §6, RFC 9101): parameters of an authorization request in a JWT.

use serde_json::{Map, Value};

use crate::protocol::client::{Client, RequestObjectAlg};
use crate::protocol::id::ClientId;
use crate::protocol::jws::{Algorithm, Jws};
use crate::protocol::parameters::Parameters;

use super::error::ErrorCode;

/// How a request object has to be verified.
#[derive(Debug, Clone)]
pub enum Sealed {
    /// With the client's keys.
    Signed(Box<Jws>),
    /// Not at all: the client registered `none`.
    Unsecured(Vec<u8>),
}

/// Reads a request object of a client, as far as that goes without its keys.
///
/// # Errors
/// Code and description for the client. An object that is not signed is not supported, unless the client registered
/// that it sends such.
pub fn read(text: &str, client: &Client) -> Result<Sealed, (ErrorCode, &'static str)> {
    let wanted = client.extras.request_object_alg;
    if let Ok(claims) = crate::protocol::jws::unsecured(text) {
        return match wanted {
            RequestObjectAlg::None => Ok(Sealed::Unsecured(claims)),
            _ => Err((
                ErrorCode::RequestNotSupported,
                "request objects have to be signed, unless the client registered request_object_signing_alg none",
            )),
        };
    }
    let invalid = |description| Err((ErrorCode::InvalidRequestObject, description));
    let Ok(jws) = Jws::read(text) else { return invalid("the request object cannot be read") };
    if admits(wanted, jws.header.alg) {
        Ok(Sealed::Signed(Box::new(jws)))
    } else {
        invalid("the request object is signed in another way than the client registered")
    }
}

const fn admits(wanted: RequestObjectAlg, signed: Algorithm) -> bool {
    match wanted {
        RequestObjectAlg::Any => true,
        RequestObjectAlg::None => false,
        RequestObjectAlg::RS256 => matches!(signed, Algorithm::Rs256),
        RequestObjectAlg::PS256 => matches!(signed, Algorithm::Ps256),
        RequestObjectAlg::ES256 => matches!(signed, Algorithm::Es256),
    }
}

/// The request with the parameters of its object in the place of those outside (OpenID Connect Core §6.1). `claims` are
/// those of an object that was verified; `now` is in whole seconds.
///
/// # Errors
/// A description for the client.
pub fn merge(
    outside: &Parameters,
    claims: &[u8],
    client: &ClientId,
    issuer: &str,
    now: u64,
) -> Result<Parameters, &'static str> {
    let claims: Map<String, Value> =
        serde_json::from_slice(claims).map_err(|_| "the request object is not a JSON object")?;
    judge(&claims, client, issuer, now)?;
    for name in ["response_type", "client_id"] {
        // §6.1: what OAuth 2.0 requires outside must be the same inside.
        let inside = claims.get(name).and_then(Value::as_str);
        let sent = outside.get(name).unwrap_or_default();
        if inside.is_some() && sent.is_some() && inside != sent {
            return Err("the request object and the request differ in response_type or client_id");
        }
    }
    let own = ["iss", "aud", "exp", "nbf", "iat", "jti", "request", "request_uri"];
    let inside = claims.into_iter().filter(|(name, _)| !own.contains(&name.as_str()));
    let inside = inside.flat_map(|(name, value)| match value {
        // What may be there more than once is a list.
        Value::Array(many) if name == "resource" => {
            many.into_iter().map(|one| (name.clone(), text_of(one))).collect()
        }
        one => vec![(name, text_of(one))],
    });
    Ok(outside.without(&["request", "request_uri"]).with(inside))
}

/// A value as a parameter has it.
fn text_of(value: Value) -> String {
    match value {
        Value::String(text) => text,
        // max_age is a number, claims an object.
        other => other.to_string(),
    }
}

/// The claims of the JWT itself (RFC 9101 §4, RFC 7519 §4.1).
fn judge(claims: &Map<String, Value>, client: &ClientId, issuer: &str, now: u64) -> Result<(), &'static str> {
    let text = |name| claims.get(name).and_then(Value::as_str);
    if claims.contains_key("request") || claims.contains_key("request_uri") {
        return Err("a request object must not name another (OpenID Connect Core section 6.1)");
    }
    if claims.contains_key("iss") && text("iss") != Some(client.as_str()) {
        return Err("the request object's iss is not the client");
    }
    // RFC 9101 §10.8: a client assertion is none.
    if claims.contains_key("sub") && text("sub") == Some(client.as_str()) {
        return Err("the request object's sub is the client, as in a client assertion");
    }
    let is_ours = |aud: &Value| match aud {
        Value::String(one) => one == issuer,
        Value::Array(many) => many.iter().any(|one| one.as_str() == Some(issuer)),
        _ => false,
    };
    if claims.get("aud").is_some_and(|aud| !is_ours(aud)) {
        return Err("the request object's aud is not the issuer");
    }
    let time = |name| claims.get(name).and_then(Value::as_f64);
    #[expect(clippy::cast_precision_loss, reason = "whole seconds are exact for millions of years")]
    let now = now as f64;
    if claims.contains_key("exp") && time("exp").is_none_or(|exp| exp <= now) {
        return Err("the request object has expired");
    }
    if claims.contains_key("nbf") && time("nbf").is_none_or(|nbf| nbf > now + SKEW) {
        return Err("the request object is not valid yet");
    }
    Ok(())
}

/// By how much a client's clock may be ahead, in seconds.
const SKEW: f64 = 30.0;

#[cfg(test)]
#[path = "request_object_tests.rs"]
mod tests;
