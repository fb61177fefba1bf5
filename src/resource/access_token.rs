//! The contents of a verified access token.

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny};

use super::error::{InvalidToken, TokenError};
use crate::protocol::claims::{TokenSource, jti_generation};
use crate::protocol::grant::Generation;
use crate::protocol::id::{ClientId, CustomerId, OrganizationId, Sid, UserId};
use crate::protocol::scope::Scope;
use crate::protocol::time::Timestamp;

/// A verified access token with its claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// The end-user or client that the token was issued for, claims `sub` and `sid`.
    pub subject: Subject,
    /// The tenant, claim `organization_id`.
    pub organization: OrganizationId,
    /// The customer that is linked to the end-user, claim `customer_id`.
    pub customer: Option<CustomerId>,
    /// The client that the token was issued to, claim `client_id`.
    pub client: ClientId,
    /// The granted scope, claim `scope`.
    pub scope: Scope,
    /// The generation of the grant's refresh token that the access token belongs to.
    pub generation: Generation,
    /// The token's unique id, claim `jti`.
    pub id: String,
    /// The kind of sign-in that issued the token, claim `token_source`.
    pub source: TokenSource,
    /// The end-user's verified address, claim `email`.
    pub email: Option<String>,
    /// The time of the end-user's actual sign-in, claim `auth_time`.
    pub auth_time: Option<Timestamp>,
    /// The time of issue, claim `iat`.
    pub issued_at: Timestamp,
    /// The time of expiry, claim `exp`.
    pub expires_at: Timestamp,
}

/// The end-user or client that a token was issued for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// An end-user, in one grant.
    EndUser {
        /// The end-user's id for this client, claim `sub`.
        user: UserId,
        /// The grant's public id, claim `sid`.
        sid: Sid,
    },
    /// The client itself (grant type `client_credentials`, RFC 9068 §2.2): the token opens no end-user's
    /// data.
    Client,
}

impl AccessToken {
    /// Requires that a scope was granted.
    ///
    /// # Errors
    /// [`TokenError::InsufficientScope`] when the token lacks the scope.
    pub fn require(&self, scope: &str) -> Result<(), TokenError> {
        if self.scope.contains(scope) {
            return Ok(());
        }
        Err(TokenError::InsufficientScope { scope: Scope::parse(scope).unwrap_or_default() })
    }
}

/// The claims as received. The JWT library checks `iss` and `aud`.
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
    /// Found in ID tokens only (OpenID Connect Core 1.0 §2).
    #[serde(default)]
    nonce: ClaimPresence,
    /// Found in ID tokens only (OpenID Connect Core 1.0 §3.1.3.6).
    #[serde(default)]
    at_hash: ClaimPresence,
    /// Found in ID tokens only (OpenID Connect Core 1.0 §3.3.2.11).
    #[serde(default)]
    c_hash: ClaimPresence,
    /// Found in logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.4) and other security event tokens.
    #[serde(default)]
    events: ClaimPresence,
}

/// Whether a claim is present, with any value, even `null`.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct ClaimPresence(bool);

impl<'de> Deserialize<'de> for ClaimPresence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self(true))
    }
}

impl Claims {
    /// The access token, if the claims are those of one. An ID token or logout token is refused, because it
    /// lacks required claims or has claims that no access token has.
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
