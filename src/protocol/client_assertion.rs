//! Client authentication with a key: `private_key_jwt` (RFC 7523 §3, `OpenID` Connect Core §9).
//!
//! An assertion is parsed, its claims are judged, its signature is verified with a key of the client, and its
//! `jti` is stored, in this order, because the cheap checks come first. Nothing in it is trusted before all
//! four.

use std::time::Duration;

use serde::Deserialize;

use super::audience::Audience;
use super::id::{AssertionId, ClientId};
use super::json;
use super::jws::{Algorithm, Jws, JwsError};
use super::time::Timestamp;

/// `client_assertion_type` (RFC 7523 §2.2).
pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How far ahead `exp` may be, which bounds how long a `jti` has to be stored.
pub const MAX_LIFE: Duration = Duration::from_secs(3600);
/// Tolerated difference between a client's clock and the server's (RFC 7523 §3: "a small leeway").
pub const SKEW: Duration = Duration::from_secs(30);

/// The longest `jti`, in bytes.
const MAX_JTI: usize = 512;

/// What is wrong with an assertion. The texts are written for the developer of the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClientAssertionError {
    /// `client_assertion_type` is not [`TYPE`] (RFC 7523 §2.2).
    #[error("client_assertion_type is not {TYPE}")]
    Type,
    /// The assertion is not a JWS that the server reads (RFC 7523 §3, 9).
    #[error("the client assertion cannot be read: {0}")]
    Jws(#[from] JwsError),
    /// The payload is not a JSON object with claims of the right kinds, none of them twice and 64 at most (RFC 7519 §4).
    #[error("the client assertion's claims cannot be read: a JSON object of at most 64 members is needed")]
    Claims,
    /// The algorithm is not the registered one (`token_endpoint_auth_signing_alg`).
    #[error("the client assertion is signed with another algorithm than the client registered")]
    Algorithm,
    /// `iss` is missing or not the client's id (RFC 7523 §3, 1).
    #[error("the client assertion's iss is not the client")]
    Issuer,
    /// `sub` is missing or not the client's id (RFC 7523 §3, 2B).
    #[error("the client assertion's sub is not the client")]
    Subject,
    /// `aud` is missing, or has a further audience, which could present the assertion here (RFC 7523 §3, 3).
    #[error("the client assertion's aud must be the issuer or the token endpoint, and nothing else")]
    Audience,
    /// There is no `exp` (RFC 7523 §3, 4).
    #[error("the client assertion has no exp")]
    NoExpiry,
    /// `exp` has passed (RFC 7523 §3, 4).
    #[error("the client assertion has expired")]
    Expired,
    /// `exp` is further ahead than [`MAX_LIFE`] (RFC 7523 §3, 4).
    #[error("the client assertion's exp is too far ahead")]
    TooLongLived,
    /// `nbf` is in the future (RFC 7523 §3, 5).
    #[error("the client assertion is not valid yet")]
    NotYetValid,
    /// `iat` is ahead of the clock (RFC 7523 §3, 6).
    #[error("the client assertion's iat is in the future")]
    IssuedInFuture,
    /// `jti` is missing, empty or over 512 bytes (`OpenID` Connect Core §9 requires it).
    #[error("the client assertion has no usable jti")]
    NoJti,
}

/// A parsed assertion, not yet trusted.
#[derive(Debug, Clone)]
pub struct ClientAssertion {
    /// The signature, still to be verified with a key of the client.
    pub jws: Jws,
    claims: AssertionClaims,
}

#[derive(Debug, Clone, Copy)]
pub struct AssertionRules<'a> {
    /// The client that `iss` and `sub` have to name.
    pub client: &'a ClientId,
    /// The registered algorithm; `None` when any is allowed.
    pub algorithm: Option<Algorithm>,
    /// The allowed values of `aud`.
    pub audiences: &'a [&'a str],
    pub now: Timestamp,
}

/// The record that makes an assertion usable only once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OneTimeAssertion {
    /// The key of its row in the store.
    pub id: AssertionId,
    /// Until when it has to be stored; after that the assertion is refused as expired.
    pub until: Timestamp,
}

#[derive(Debug, Clone, Deserialize)]
struct AssertionClaims {
    iss: Option<String>,
    sub: Option<String>,
    aud: Option<Audience<'static>>,
    // `NumericDate` may have a fraction (RFC 7519 §2).
    exp: Option<f64>,
    nbf: Option<f64>,
    iat: Option<f64>,
    jti: Option<String>,
}

impl ClientAssertion {
    /// Reads the parameters `client_assertion_type` and `client_assertion`.
    ///
    /// # Errors
    /// [`ClientAssertionError`]: `Type`, `Jws` or `AssertionClaims`.
    pub fn read(assertion_type: &str, assertion: &str) -> Result<Self, ClientAssertionError> {
        if assertion_type != TYPE {
            return Err(ClientAssertionError::Type);
        }
        let jws = Jws::read(assertion)?;
        let claims = json::read(&jws.payload).map_err(|_| ClientAssertionError::Claims)?;
        Ok(Self { jws, claims })
    }

    /// The client that the assertion names in `sub`, to look it up. A `client_id` parameter is optional and
    /// has to match (RFC 7521 §4.2).
    ///
    /// # Errors
    /// [`ClientAssertionError::Subject`].
    pub fn client(&self) -> Result<ClientId, ClientAssertionError> {
        self.claims.sub.as_deref().map(ClientId::new).ok_or(ClientAssertionError::Subject)
    }

    /// Judges the claims; the caller still has to verify the signature and to store the `jti`.
    ///
    /// # Errors
    /// [`ClientAssertionError`] names the first broken rule.
    pub fn judge(&self, rules: &AssertionRules<'_>) -> Result<OneTimeAssertion, ClientAssertionError> {
        let claims = &self.claims;
        let is_client = |claim: &Option<String>| claim.as_deref() == Some(rules.client.as_str());
        if rules.algorithm.is_some_and(|alg| !alg.is(self.jws.header.alg)) {
            return Err(ClientAssertionError::Algorithm);
        }
        if !is_client(&claims.iss) {
            return Err(ClientAssertionError::Issuer);
        }
        if !is_client(&claims.sub) {
            return Err(ClientAssertionError::Subject);
        }
        if !claims.aud.as_ref().is_some_and(|aud| aud.names_only(rules.audiences)) {
            return Err(ClientAssertionError::Audience);
        }
        let until = self.judge_times(rules.now)?;
        let jti = claims.jti.as_deref().filter(|jti| !jti.is_empty() && jti.len() <= MAX_JTI);
        let jti = jti.ok_or(ClientAssertionError::NoJti)?;
        Ok(OneTimeAssertion { id: AssertionId::of(rules.client, jti), until })
    }

    fn judge_times(&self, now: Timestamp) -> Result<Timestamp, ClientAssertionError> {
        let exp = time(self.claims.exp)?.ok_or(ClientAssertionError::NoExpiry)?;
        let until = exp.plus(SKEW);
        if until <= now {
            return Err(ClientAssertionError::Expired);
        }
        if exp > now.plus(MAX_LIFE).plus(SKEW) {
            return Err(ClientAssertionError::TooLongLived);
        }
        let ahead = now.plus(SKEW);
        if time(self.claims.nbf)?.is_some_and(|nbf| nbf > ahead) {
            return Err(ClientAssertionError::NotYetValid);
        }
        if time(self.claims.iat)?.is_some_and(|iat| iat > ahead) {
            return Err(ClientAssertionError::IssuedInFuture);
        }
        Ok(until)
    }
}

/// Reads a `NumericDate` as whole seconds; values that no clock can show become the last representable time.
fn time(date: Option<f64>) -> Result<Option<Timestamp>, ClientAssertionError> {
    let Some(date) = date else { return Ok(None) };
    if date < 0.0 {
        return Err(ClientAssertionError::Claims);
    }
    // Cap the number before formatting: any larger time is equally far in the future.
    let shown = format!("{:.0}", date.trunc().min(1e15));
    let seconds = shown.parse().map_err(|_| ClientAssertionError::Claims)?;
    Ok(Some(Timestamp::from_secs(seconds)))
}

#[cfg(test)]
#[path = "client_assertion_tests.rs"]
mod tests;
