//! Verification of access tokens (RFC 9068 §4).

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;

use super::access_token::{AccessToken, ClaimPresence, Claims};
use super::error::{InvalidToken, TokenError};
use super::local_keys::LocalKeys;
use super::remote_keys::{KeyCacheSettings, KeySetLocation, RemoteKeys};
use crate::ports::clock::Clock;
use crate::ports::fetcher::Fetcher;
use crate::ports::signer::Signer;
use crate::protocol::time::Timestamp;

/// The maximum length of a token in bytes.
const MAX_LENGTH: usize = 8 * 1024;

/// Verifies the access tokens of one issuer for one audience. Share one verifier, because it caches the keys.
pub struct Verifier {
    keys: VerifierKeys,
    validation: Validation,
    clock: Arc<dyn Clock>,
    leeway: Duration,
    iat_allowance: Duration,
}

enum VerifierKeys {
    Local(LocalKeys),
    Remote(Box<RemoteKeys>),
}

/// Builds a [`Verifier`]. The final call chooses the source of the keys.
pub struct VerifierBuilder {
    issuer: String,
    audience: String,
    other_audience: Option<String>,
    clock: Arc<dyn Clock>,
    leeway: Duration,
    iat_allowance: Duration,
    cache: KeyCacheSettings,
}

impl VerifierBuilder {
    /// Accepts tokens for a second audience too, for a resource server that has two audiences.
    #[must_use]
    pub fn or_audience(self, audience: impl Into<String>) -> Self {
        Self { other_audience: Some(audience.into()), ..self }
    }

    /// How long after `exp`, and before `nbf`, a token is accepted. Default: zero.
    #[must_use]
    pub fn leeway(self, leeway: Duration) -> Self {
        Self { leeway, ..self }
    }

    /// How far `iat` may be in the future, because this host's clock may be behind the issuer's. Default: 10
    /// s.
    #[must_use]
    pub fn iat_allowance(self, iat_allowance: Duration) -> Self {
        Self { iat_allowance, ..self }
    }

    /// How long after a fetch an unknown `kid` causes no other fetch. Default: 30 s.
    #[must_use]
    pub fn back_off(self, back_off: Duration) -> Self {
        Self { cache: KeyCacheSettings { back_off, ..self.cache }, ..self }
    }

    /// How long keys that are no longer fresh are used while the issuer does not answer. Default: 24 h, so
    /// that an outage of the issuer is not one of the resource server. An attacker who can block the
    /// connection to the issuer can keep a withdrawn key in use for that long.
    #[must_use]
    pub fn max_stale(self, max_stale: Duration) -> Self {
        Self { cache: KeyCacheSettings { max_stale, ..self.cache }, ..self }
    }

    /// Fetches the keys from the URL in the issuer's metadata (RFC 8414, else OpenID Connect Discovery 1.0).
    pub fn discover(self, fetcher: Arc<dyn Fetcher>) -> Verifier {
        let location = KeySetLocation::Discover(self.issuer.clone());
        self.remote(location, fetcher)
    }

    /// Fetches the keys from this URL of a JWK Set.
    pub fn jwks_url(self, url: impl Into<String>, fetcher: Arc<dyn Fetcher>) -> Verifier {
        self.remote(KeySetLocation::Url(url.into()), fetcher)
    }

    /// Takes the current keys of an issuer in this process, without HTTP.
    pub fn in_process(self, signer: Arc<dyn Signer>) -> Verifier {
        self.build(VerifierKeys::Local(LocalKeys::new(signer)))
    }

    fn remote(self, location: KeySetLocation, fetcher: Arc<dyn Fetcher>) -> Verifier {
        let keys = RemoteKeys::new(location, self.cache, fetcher, Arc::clone(&self.clock));
        self.build(VerifierKeys::Remote(Box::new(keys)))
    }

    fn build(self, keys: VerifierKeys) -> Verifier {
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[&self.issuer]);
        let audiences = std::iter::once(&self.audience).chain(&self.other_audience).collect::<Vec<_>>();
        validation.set_audience(&audiences);
        // Without this, the library accepts tokens that lack these claims.
        validation.set_required_spec_claims(&["iss", "aud"]);
        // The library would ask the host's clock and allow a leeway of 60 s, so `check_times` judges the
        // times instead.
        validation.validate_exp = false;
        validation.leeway = 0;
        Verifier {
            keys,
            validation,
            clock: self.clock,
            leeway: self.leeway,
            iat_allowance: self.iat_allowance,
        }
    }
}

/// The header parameters that are used (RFC 7515 §4.1). Keys in the header (`jwk`, `jku`, `x5c`, `x5u`) are
/// ignored, because anybody can put their own there.
#[derive(Deserialize)]
struct AccessTokenHeader {
    alg: String,
    #[serde(default)]
    typ: Option<String>,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    crit: ClaimPresence,
}

impl Verifier {
    /// Begins a verifier for tokens of `issuer` (claim `iss`) for `audience` (claim `aud`).
    pub fn builder(
        issuer: impl Into<String>,
        audience: impl Into<String>,
        clock: Arc<dyn Clock>,
    ) -> VerifierBuilder {
        VerifierBuilder {
            issuer: issuer.into(),
            audience: audience.into(),
            other_audience: None,
            clock,
            leeway: Duration::ZERO,
            iat_allowance: Duration::from_secs(10),
            cache: KeyCacheSettings {
                back_off: Duration::from_secs(30),
                max_stale: Duration::from_secs(24 * 60 * 60),
            },
        }
    }

    /// Verifies a token. Waits only when keys must be fetched.
    ///
    /// # Errors
    /// [`TokenError::Invalid`] when the token is at fault, [`TokenError::KeysUnavailable`] when the issuer
    /// is.
    pub async fn verify(&self, token: &str) -> Result<AccessToken, TokenError> {
        let header = read_header(token)?;
        let kid = check_header(&header)?;
        let key = match &self.keys {
            VerifierKeys::Local(keys) => keys.get(kid).ok_or(InvalidToken::UnknownKey)?,
            VerifierKeys::Remote(keys) => keys.get(kid).await?,
        };
        Ok(self.check(token, &key)?)
    }

    /// Checks the signature, then the claims.
    fn check(&self, token: &str, key: &DecodingKey) -> Result<AccessToken, InvalidToken> {
        let data = jsonwebtoken::decode::<Claims>(token, key, &self.validation);
        let claims = data.map_err(|error| reason(error.kind()))?.claims;
        self.check_times(&claims)?;
        claims.into_access_token()
    }

    fn check_times(&self, claims: &Claims) -> Result<(), InvalidToken> {
        let now = self.clock.now();
        // A token has expired at the time `exp` itself (RFC 7519 §4.1.4).
        if now >= Timestamp::from_secs(claims.exp).plus(self.leeway) {
            return Err(InvalidToken::Expired);
        }
        let early = claims.nbf.is_some_and(|nbf| Timestamp::from_secs(nbf) > now.plus(self.leeway));
        let ahead = Timestamp::from_secs(claims.iat) > now.plus(self.iat_allowance);
        if early || ahead { Err(InvalidToken::NotYetValid) } else { Ok(()) }
    }
}

/// Reads the JSON header of a token of three parts. Nothing in it is trusted yet.
fn read_header(token: &str) -> Result<AccessTokenHeader, InvalidToken> {
    if token.len() > MAX_LENGTH {
        return Err(InvalidToken::TooLong);
    }
    let mut parts = token.split('.');
    let (Some(header), Some(_), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(InvalidToken::NotAJwt);
    };
    let json = URL_SAFE_NO_PAD.decode(header).map_err(|_| InvalidToken::NotAJwt)?;
    serde_json::from_slice(&json).map_err(|_| InvalidToken::NotAJwt)
}

/// Checks the algorithm and type against fixed values, never against the token's (RFC 8725 §3.1, §3.11).
/// Answers the `kid`.
fn check_header(header: &AccessTokenHeader) -> Result<&str, InvalidToken> {
    if header.alg != "RS256" {
        return Err(InvalidToken::Algorithm);
    }
    if !header.typ.as_deref().is_some_and(is_access_token_type) {
        return Err(InvalidToken::Type);
    }
    if header.crit != ClaimPresence::default() {
        return Err(InvalidToken::Critical);
    }
    header.kid.as_deref().ok_or(InvalidToken::UnknownKey)
}

/// Accepts `JWT` and `at+jwt`, compared as media types (RFC 7515 §4.1.9, RFC 9068 §4).
fn is_access_token_type(typ: &str) -> bool {
    let prefix = "application/";
    let subtype = match typ.split_at_checked(prefix.len()) {
        Some((start, rest)) if start.eq_ignore_ascii_case(prefix) => rest,
        _ => typ,
    };
    ["JWT", "at+jwt"].iter().any(|allowed| subtype.eq_ignore_ascii_case(allowed))
}

/// Translates the library's errors. Its list may grow, so an unknown error means an invalid token.
fn reason(error: &ErrorKind) -> InvalidToken {
    match error {
        ErrorKind::InvalidSignature => InvalidToken::Signature,
        ErrorKind::InvalidIssuer => InvalidToken::Issuer,
        ErrorKind::InvalidAudience => InvalidToken::Audience,
        ErrorKind::InvalidAlgorithm => InvalidToken::Algorithm,
        // The header was read before, so the error is in the claims.
        ErrorKind::Json(_) | ErrorKind::MissingRequiredClaim(_) => InvalidToken::NotAnAccessToken,
        _ => InvalidToken::NotAJwt,
    }
}
