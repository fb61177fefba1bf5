//! Making and reading tokens: the one place where a grant becomes something that a client can hold.

use std::borrow::Cow;

use super::{Context, Fault};
use crate::ports::store::Holder;
use crate::protocol::claims::{self, ACR_EMAIL_OTP, AMR_OTP, AccessTokenClaims, TokenSource};
use crate::protocol::grant::{Channel, Generation, Grant};
use crate::protocol::mac::{MacError, MacPurpose};
use crate::protocol::policy::ACCESS_TOKEN_LIFETIME;
use crate::protocol::refresh_token::RefreshToken;
use crate::protocol::secret::Secret;
use crate::protocol::time::Timestamp;

/// What a client gets from a sign-in or a refresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPair {
    /// The access token (RFC 9068).
    pub access_token: Secret<String>,
    /// The refresh token.
    pub refresh_token: Secret<String>,
    /// When the access token ends.
    pub expires_at: Timestamp,
}

/// Why a refresh token cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// Damaged, forged, or made with a key that nobody has.
    NotOurs,
    /// Made with a key that another process made a moment ago.
    KeyNotLoadedYet,
}

impl Context {
    /// Reads a refresh token and verifies its MAC. A forged one is refused without touching the store.
    pub(super) fn read_refresh_token(&self, text: &str) -> Result<RefreshToken, Unreadable> {
        let unverified = RefreshToken::parse(text).ok_or(Unreadable::NotOurs)?;
        let (key, covered) = (unverified.mac_key(), unverified.covered());
        match self.mac_keys.verify(key, MacPurpose::RefreshToken, &covered, unverified.tag()) {
            Ok(true) => Ok(unverified.verified()),
            Ok(false) | Err(MacError::UnknownKey) => Err(Unreadable::NotOurs),
            Err(MacError::NotLoadedYet) => {
                self.mac_keys.request_reload();
                Err(Unreadable::KeyNotLoadedYet)
            }
        }
    }

    /// The token pair of a grant at its current generation. `token` is any of the grant's refresh tokens: the
    /// one handed out is computed from its secret, so that a repeat gives the same again.
    pub(super) fn mint(
        &self,
        token: &RefreshToken,
        grant: &Grant,
        holder: &Holder,
        now: Timestamp,
    ) -> Result<TokenPair, Fault> {
        let next = token.at(grant.generation, grant.mac_key);
        let tag =
            self.mac_keys.mac(next.mac_key, MacPurpose::RefreshToken, &next.covered()).map_err(|error| {
                match error {
                    MacError::NotLoadedYet => {
                        self.mac_keys.request_reload();
                        Fault::KeyNotLoadedYet
                    }
                    MacError::UnknownKey => Fault::Mint("the grant's MAC key is gone"),
                }
            })?;
        let issued_at = Timestamp::from_secs(now.as_secs());
        let expires_at = issued_at.plus(ACCESS_TOKEN_LIFETIME);
        let access_token = self.sign_access_token(grant, holder, issued_at, expires_at)?;
        Ok(TokenPair {
            access_token: Secret::new(access_token),
            refresh_token: Secret::new(next.encode(&tag)),
            expires_at,
        })
    }

    fn sign_access_token(
        &self,
        grant: &Grant,
        holder: &Holder,
        issued_at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<String, Fault> {
        let scope = grant.scope.to_string();
        let sid = grant.sid.encode();
        let claims = AccessTokenClaims {
            iss: Cow::Borrowed(&self.policy.issuer),
            aud: Cow::Borrowed(&self.policy.audience),
            sub: Cow::Borrowed(grant.user.as_str()),
            email: shows_email(grant).then_some(Cow::Borrowed(holder.email.as_str())),
            token_source: source(grant.channel),
            organization_id: Cow::Borrowed(grant.organization.as_str()),
            customer_id: holder.customer.as_ref().map(|customer| Cow::Borrowed(customer.as_str())),
            client_id: Cow::Borrowed(grant.client.as_str()),
            scope: Cow::Borrowed(&scope),
            iat: issued_at.as_secs(),
            exp: expires_at.as_secs(),
            jti: Cow::Owned(self.jti(grant.generation)),
            sid: Some(Cow::Borrowed(&sid)),
            auth_time: Some(grant.auth_time.as_secs()),
            amr: Some(AMR_OTP.iter().copied().map(Cow::Borrowed).collect()),
            acr: Some(Cow::Borrowed(ACR_EMAIL_OTP)),
        };
        let payload = serde_json::to_vec(&claims).map_err(|_| Fault::Mint("the claims cannot be written"))?;
        let typ = self.policy.access_token_type.typ();
        self.signer.sign(typ, &payload).map_err(|_| Fault::Mint("the signature failed"))
    }

    fn jti(&self, generation: Generation) -> String {
        claims::jti(generation, &self.random())
    }
}

const fn source(channel: Channel) -> TokenSource {
    match channel {
        Channel::Dom => TokenSource::Dom,
        Channel::Public | Channel::Confidential => TokenSource::Oauth,
    }
}

/// A third-party client sees the address only with scope `email`; the browser SDK is the organization's own.
fn shows_email(grant: &Grant) -> bool {
    grant.channel == Channel::Dom || grant.scope.contains("email")
}
