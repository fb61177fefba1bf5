//! Request objects (OpenID Connect Core §6, RFC 9101): parameters of an authorization request in a JWT.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::protocol::client::{Client, RequestObjectAlg};
use crate::protocol::id::ClientId;
use crate::protocol::json::{self, JsonError};
use crate::protocol::jws::{self, Algorithm, Jws};
use crate::protocol::parameters::Parameters;

use super::error::ErrorCode;

/// How a request object has to be verified.
#[derive(Debug, Clone)]
pub enum RequestObjectProtection {
    /// With the client's keys.
    Signed(Box<Jws>),
    /// Not at all: the client registered `none`.
    Unsecured(Vec<u8>),
}

/// What is wrong with a request object: the code and a description for the client.
type RequestObjectError = (ErrorCode, &'static str);

/// What a client hears that registered `require_signed_request_object` and sends no request object at all.
pub const REQUIRED: (ErrorCode, &str) = (
    ErrorCode::InvalidRequest,
    "the client registered require_signed_request_object: send request or request_uri (RFC 9101 section 10.5)",
);

/// Whose request objects need no signature (OpenID Connect Core §6.1). Only with [`Self::Allowed`] the metadata lists
/// `none`: whoever reads it there may use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "lowercase")]
pub enum UnsignedRequestObjects {
    /// Nobody's.
    Never,
    /// Those of clients that registered `request_object_signing_alg` `none`.
    #[default]
    Registered,
    /// Those of every client that registered no algorithm.
    Allowed,
}

/// Reads a request object of a client, as far as that goes without its keys.
///
/// # Errors
/// Code and description for the client. Whether an object that is not signed is taken is the operator's to say, and the
/// client's: one that registered an algorithm signs with it (OpenID Connect Registration §2), and one that registered
/// `require_signed_request_object` signs always (RFC 9101 §10.5).
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

/// The parameters that say how the client hears of a refused object: `response_mode` and `state` as they can be read in it,
/// genuine or not, in the place of those outside (OpenID Connect Core §6.1); of a client that requires a signed object, of
/// which alone the parameters count, those outside are none (RFC 9101 §6.3). Where the error goes is said outside: a
/// `redirect_uri` in an object that nobody could verify is nobody's (OAuth 2.0 Form Post Response Mode §2).
#[must_use]
pub fn of_refused(outside: &Parameters, text: Option<&str>, client: &Client) -> Parameters {
    const HEARD: [&str; 2] = ["response_mode", "state"];
    let payload = text.and_then(|text| jws::unverified_payload(text).ok());
    let claims = payload.and_then(|payload| json::object(&payload).ok()).unwrap_or_default();
    let inside = claims.into_iter().filter(|(name, _)| HEARD.contains(&name.as_str()));
    let inside = inside.map(|(name, value)| (name, text_of(value)));
    let alone = client.extras.require_signed_request_object;
    if alone { outside.without(&HEARD).with(inside) } else { outside.with(inside) }
}

/// The parameters that count. `claims` are those of an object that was verified; `now` is in whole seconds.
///
/// Of a client that registered `require_signed_request_object` they are those of the object alone (RFC 9101 §6.3), which has
/// to name the client; of any other they are the request's, with those of the object in their place (OpenID Connect Core
/// §6.1).
///
/// # Errors
/// Code and description for the client.
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
        // §6.1: what OAuth 2.0 requires outside must be the same inside.
        let sent = outside.get(name).unwrap_or_default();
        if !alone && text(name).is_some() && sent.is_some() && text(name) != sent {
            return Err(invalid("the request object and the request differ in response_type or client_id"));
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
    Ok(if alone { inside.collect() } else { outside.without(&["request", "request_uri"]).with(inside) })
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
