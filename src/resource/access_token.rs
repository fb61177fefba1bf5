//! What a verified access token says.

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny};

use super::error::{InvalidToken, TokenError};
use crate::protocol::claims::{TokenSource, jti_generation};
use crate::protocol::grant::Generation;
use crate::protocol::id::{ClientId, CustomerId, OrganizationId, Sid, UserId};
use crate::protocol::scope::Scope;
use crate::protocol::time::Timestamp;

/// A verified access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// Whom it speaks for.
    pub subject: Subject,
    /// The tenant.
    pub organization: OrganizationId,
    /// The customer, when one is linked.
    pub customer: Option<CustomerId>,
    /// The client that it was issued to.
    pub client: ClientId,
    /// What was granted.
    pub scope: Scope,
    /// Which generation of its grant it belongs to.
    pub generation: Generation,
    /// Its own id, claim `jti`.
    pub id: String,
    /// Which way of signing in it comes from.
    pub source: TokenSource,
    /// The verified address.
    pub email: Option<String>,
    /// When the end-user really signed in.
    pub auth_time: Option<Timestamp>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Whom a token speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// An end-user.
    EndUser {
        /// Claim `sub`.
        user: UserId,
        /// The grant, claim `sid`.
        sid: Sid,
    },
    /// The client itself (grant type `client_credentials`, RFC 9068 §2.2): nobody's own data.
    Client,
}

impl AccessToken {
    /// Asks for a scope.
    ///
    /// # Errors
    /// [`TokenError::InsufficientScope`] when it was not granted.
    pub fn require(&self, scope: &str) -> Result<(), TokenError> {
        if self.scope.contains(scope) {
            return Ok(());
        }
        Err(TokenError::InsufficientScope { scope: Scope::parse(scope).unwrap_or_default() })
    }
}

/// The claims as they came; `iss` and `aud` are left to the library.
#[derive(Deserialize)]
pub(super) struct Claims {
    sub: String,
    pub(super) exp: u64,
    pub(super) iat: u64,
    #[serde(default)]
    pub(super) nbf: Option<u64>,
    jti: String,
    client_id: String,
    scope: Scope,
    token_source: TokenSource,
    organization_id: String,
    #[serde(default)]
    customer_id: Option<String>,
    #[serde(default)]
    sid: Option<Sid>,
    #[serde(default)]
    auth_time: Option<u64>,
    #[serde(default)]
    email: Option<String>,
    /// Of an ID token (OpenID Connect Core 1.0 §2).
    #[serde(default)]
    nonce: ClaimPresence,
    /// Of an ID token (OpenID Connect Core 1.0 §3.1.3.6).
    #[serde(default)]
    at_hash: ClaimPresence,
    /// Of an ID token (OpenID Connect Core 1.0 §3.3.2.11).
    #[serde(default)]
    c_hash: ClaimPresence,
    /// Of a logout token (OpenID Connect Back-Channel Logout 1.0 §2.4), or another security event token.
    #[serde(default)]
    events: ClaimPresence,
}

/// Whether a claim is there, whatever its value, `null` included.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct ClaimPresence(bool);

impl<'de> Deserialize<'de> for ClaimPresence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self(true))
    }
}

impl Claims {
    /// The token, if its claims are those of an access token. An ID token and a logout token are refused here:
    /// they lack what is required, or hold what no access token has.
    pub(super) fn into_access_token(self) -> Result<AccessToken, InvalidToken> {
        let foreign = [self.nonce, self.at_hash, self.c_hash, self.events];
        if foreign.contains(&ClaimPresence(true)) {
            return Err(InvalidToken::NotAnAccessToken);
        }
        let subject = match (self.sid, self.sub == self.client_id) {
            (None, true) => Subject::Client,
            (Some(sid), false) => Subject::EndUser { user: UserId::new(self.sub), sid },
            _ => return Err(InvalidToken::NotAnAccessToken),
        };
        let generation = jti_generation(&self.jti).ok_or(InvalidToken::NotAnAccessToken)?;
        Ok(AccessToken {
            subject,
            organization: OrganizationId::new(self.organization_id),
            customer: self.customer_id.map(CustomerId::new),
            client: ClientId::new(self.client_id),
            scope: self.scope,
            generation,
            id: self.jti,
            source: self.token_source,
            email: self.email,
            auth_time: self.auth_time.map(Timestamp::from_secs),
            issued_at: Timestamp::from_secs(self.iat),
            expires_at: Timestamp::from_secs(self.exp),
        })
    }
}
