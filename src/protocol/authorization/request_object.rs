//! Request objects (OpenID Connect Core §6, RFC 9101): parameters of an authorization request as a JWT.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::protocol::client::{Client, RequestObjectAlg};
use crate::protocol::id::ClientId;
use crate::protocol::json::{self, JsonError};
use crate::protocol::jws::{self, Algorithm, Jws};
use crate::protocol::parameters::Parameters;

use super::error::ErrorCode;

/// A request object, by how it is protected.
#[derive(Debug, Clone)]
pub enum RequestObjectProtection {
    /// Signed; to be verified with the client's keys.
    Signed(Box<Jws>),
    /// The claims of an unsigned object, as the client registered `none`.
    Unsecured(Vec<u8>),
}

/// Error code and description for the client.
type RequestObjectError = (ErrorCode, &'static str);

/// The error for a client with `require_signed_request_object` that sends no request object.
pub const REQUIRED: (ErrorCode, &str) = (
    ErrorCode::InvalidRequest,
    "the client registered require_signed_request_object: send request or request_uri (RFC 9101 section 10.5)",
);

/// Which clients may send unsigned request objects (OpenID Connect Core §6.1). The metadata lists `none` only
/// with [`Self::Allowed`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "lowercase")]
pub enum UnsignedRequestObjects {
    Never,
    /// Clients that registered `request_object_signing_alg` `none`.
    #[default]
    Registered,
    /// Clients that registered `none` or no algorithm.
    Allowed,
}

/// Reads a request object as far as possible without the client's keys.
///
/// # Errors
/// Error code and description for the client. Unsigned objects need the operator's and the client's
/// permission: a client uses its registered algorithm (OpenID Connect Registration §2), and one with
/// `require_signed_request_object` always signs (RFC 9101 §10.5).
pub fn read(
    text: &str,
    client: &Client,
    unsigned: UnsignedRequestObjects,
) -> Result<RequestObjectProtection, RequestObjectError> {
    let wanted = client.extras.request_object_alg;
    if let Ok(claims) = jws::unsecured(text) {
        return match (wanted, unsigned) {
            _ if client.extras.require_signed_request_object => Err((
                ErrorCode::InvalidRequestObject,
                "the client registered require_signed_request_object: an unsigned one is not taken (RFC 9101 section 10.5)",
            )),
            (_, UnsignedRequestObjects::Never) => {
                Err((ErrorCode::RequestNotSupported, "request objects have to be signed"))
            }
            (RequestObjectAlg::None, _) | (RequestObjectAlg::Any, UnsignedRequestObjects::Allowed) => {
                Ok(RequestObjectProtection::Unsecured(claims))
            }
            _ => Err((
                ErrorCode::RequestNotSupported,
                "request objects have to be signed, unless the client registered request_object_signing_alg none",
            )),
        };
    }
    let invalid = |description| Err((ErrorCode::InvalidRequestObject, description));
    let Ok(jws) = Jws::read(text) else { return invalid("the request object cannot be read") };
    if admits(wanted, jws.header.alg) {
        Ok(RequestObjectProtection::Signed(Box::new(jws)))
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

/// The parameters that determine the error answer for a refused object: `response_mode` and `state` of the
/// unverified object replace those outside (OpenID Connect Core §6.1). For a client with
/// `require_signed_request_object` those outside are ignored even when the object has none (RFC 9101 §6.3).
/// The redirect URI is always taken from outside, because an unverified one cannot be trusted (OAuth 2.0 Form
/// Post Response Mode §2).
pub fn of_refused(outside: &Parameters, text: Option<&str>, client: &Client) -> Parameters {
    const HEARD: [&str; 2] = ["response_mode", "state"];
    let payload = text.and_then(|text| jws::unverified_payload(text).ok());
    let claims = payload.and_then(|payload| json::object(&payload).ok()).unwrap_or_default();
    let inside = claims.into_iter().filter(|(name, _)| HEARD.contains(&name.as_str()));
    let inside = inside.map(|(name, value)| (name, text_of(value)));
    let alone = client.extras.require_signed_request_object;
    if alone { outside.without(&HEARD).with(inside) } else { outside.with(inside) }
}

/// The effective parameters. `claims` are those of a verified object; `now` is in whole seconds.
///
/// With `require_signed_request_object` only the object counts (RFC 9101 §6.3), and it has to name the
/// client; otherwise its members replace the parameters of the same name outside (OpenID Connect Core §6.1).
///
/// # Errors
/// Error code and description for the client.
pub fn effective(
    outside: &Parameters,
    claims: &[u8],
    client: &Client,
    issuer: &str,
    now: u64,
) -> Result<Parameters, RequestObjectError> {
    let invalid = |description| (ErrorCode::InvalidRequestObject, description);
    let claims = json::object(claims).map_err(|error| match error {
        JsonError::TooManyMembers | JsonError::TooManyEntries | JsonError::TooManyParts => (
            ErrorCode::InvalidRequest,
            "the request object has an object or a list with more than 64 members",
        ),
        JsonError::Repeated => invalid("the request object has a member twice (RFC 7519 section 4)"),
        _ => invalid("the request object is not a JSON object"),
    })?;
    judge(&claims, &client.id, issuer, now).map_err(invalid)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let alone = client.extras.require_signed_request_object;
    if alone && text("client_id") != Some(client.id.as_str()) {
        return Err(invalid(
            "the request object has not the client_id of the request (RFC 9101 section 6.3)",
        ));
    }
    for name in ["response_type", "client_id"] {
        // §6.1: parameters that OAuth 2.0 requires outside must be equal inside.
        let sent = outside.get(name).unwrap_or_default();
        if !alone && text(name).is_some() && sent.is_some() && text(name) != sent {
            return Err(invalid("the request object and the request differ in response_type or client_id"));
        }
    }
    let own = ["iss", "aud", "exp", "nbf", "iat", "jti", "request", "request_uri"];
    let inside = claims.into_iter().filter(|(name, _)| !own.contains(&name.as_str()));
    let inside = inside.flat_map(|(name, value)| match value {
        // A repeatable parameter is an array.
        Value::Array(many) if name == "resource" => {
            many.into_iter().map(|one| (name.clone(), text_of(one))).collect()
        }
        one => vec![(name, text_of(one))],
    });
    Ok(if alone { inside.collect() } else { outside.without(&["request", "request_uri"]).with(inside) })
}

/// Converts a claim into the text of a parameter.
fn text_of(value: Value) -> String {
    match value {
        Value::String(text) => text,
        // For example, max_age is a number and claims an object.
        other => other.to_string(),
    }
}

/// Judges the claims of the JWT itself (RFC 9101 §4, RFC 7519 §4.1).
fn judge(claims: &Map<String, Value>, client: &ClientId, issuer: &str, now: u64) -> Result<(), &'static str> {
    let text = |name| claims.get(name).and_then(Value::as_str);
    if claims.contains_key("request") || claims.contains_key("request_uri") {
        return Err("a request object must not name another (OpenID Connect Core section 6.1)");
    }
    if claims.contains_key("iss") && text("iss") != Some(client.as_str()) {
        return Err("the request object's iss is not the client");
    }
    // RFC 9101 §10.8: a client assertion is not a request object.
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

/// Tolerated difference of a client's clock, in seconds.
const SKEW: f64 = 30.0;

#[cfg(test)]
#[path = "request_object_tests.rs"]
mod tests;
