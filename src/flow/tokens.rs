//! The only place where tokens are made and refresh tokens are read.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{Caller, Context, InternalError, Result};
use crate::ports::store::Holder;
use crate::protocol::audience::Audience;
use crate::protocol::authorization::RequestDefaults;
use crate::protocol::claims::{
    self, ACR_EMAIL_OTP, AMR_OTP, AccessTokenClaims, AccessTokenType, TokenSource,
};
use crate::protocol::client::Client;
use crate::protocol::dpop::Jkt;
use crate::protocol::grant::{Generation, Grant, GrantChannel, refresh_expiry};
use crate::protocol::grant_extensions::GrantExtensions;
use crate::protocol::id::{AttemptId, ClientId, CustomerId, UserId};
use crate::protocol::id_token::{self, IdTokenClaims};
use crate::protocol::logout::session_sid;
use crate::protocol::mac::{MacError, MacPurpose};
use crate::protocol::parameters::Parameters;
use crate::protocol::policy::{ACCESS_TOKEN_LIFETIME, Organization};
use crate::protocol::refresh_token::RefreshToken;
use crate::protocol::resource_indicator::{self, InvalidTarget};
use crate::protocol::scope::Scope;
use crate::protocol::secret::Secret;
use crate::protocol::standard_claims;
use crate::protocol::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPair {
    /// The access token (RFC 9068).
    pub access_token: Secret<String>,
    pub refresh_token: Secret<String>,
    /// When the access token expires.
    pub expires_at: Timestamp,
}

/// The initial state of a grant.
pub(super) struct NewGrant<'a> {
    pub(super) organization: &'a Organization,
    pub(super) user: &'a UserId,
    pub(super) client: &'a ClientId,
    pub(super) channel: GrantChannel,
    pub(super) scope: Scope,
    /// The time of the end-user's actual sign-in.
    pub(super) auth_time: Timestamp,
    /// When the grant ends at the latest.
    pub(super) session_end: Timestamp,
    /// The thumbprint of the key that its refresh tokens are bound to.
    pub(super) jkt: Option<&'a Jkt>,
    /// The grant's optional fields.
    pub(super) extensions: GrantExtensions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RefreshTokenError {
    /// The token is damaged, forged, or made with an unknown key.
    NotOurs,
    /// The token is made with a key that another process created recently.
    KeyNotLoadedYet,
}

impl Context {
    /// Reads a refresh token and verifies its MAC. A forged token is refused without asking the store.
    pub(super) fn read_refresh_token(&self, text: &str) -> Result<RefreshToken, RefreshTokenError> {
        let unverified = RefreshToken::parse(text).ok_or(RefreshTokenError::NotOurs)?;
        let (key, covered) = (unverified.mac_key(), unverified.covered());
        match self.mac_keys.verify(key, MacPurpose::RefreshToken, &covered, unverified.tag()) {
            Ok(true) => Ok(unverified.verified()),
            Ok(false) | Err(MacError::UnknownKey) => Err(RefreshTokenError::NotOurs),
            Err(MacError::NotLoadedYet) => {
                self.mac_keys.request_reload();
                Err(RefreshTokenError::KeyNotLoadedYet)
            }
        }
    }

    /// A new grant, not stored yet, and its first refresh token.
    pub(super) fn new_grant(
        &self,
        caller: &Caller,
        attempt: AttemptId,
        now: Timestamp,
        new: NewGrant<'_>,
    ) -> (RefreshToken, Grant) {
        let token = RefreshToken {
            mac_key: self.mac_keys.active(),
            bucket: self.subject_bucket(new.user),
            secret: self.random(),
            generation: Generation::FIRST,
        };
        let grant = Grant {
            sid: token.sid(),
            organization: new.organization.id.clone(),
            user: new.user.clone(),
            client: new.client.clone(),
            channel: new.channel,
            scope: new.scope,
            auth_time: new.auth_time,
            generation: Generation::FIRST,
            rotated_at: now,
            previous_rotated_at: now,
            mac_key: token.mac_key,
            seen: false,
            last_attempt: attempt,
            last_network: caller.network.clone(),
            expires_at: refresh_expiry(now, self.policy.rotation.lifetime, new.session_end),
            session_end: new.session_end,
            revoked_at: None,
            jkt: new.jkt.map(|jkt| jkt.as_str().to_owned()),
            extensions: new.extensions,
            late_repeat: None,
        };
        (token, grant)
    }

    /// The token pair of a grant's current generation. `token` is any of the grant's refresh tokens: the new
    /// one is computed from its secret, so that a repeat gets the same token.
    pub(super) fn mint_token_pair(
        &self,
        token: &RefreshToken,
        grant: &Grant,
        holder: &Holder,
        now: Timestamp,
    ) -> Result<TokenPair> {
        let refresh_token = self.mint_refresh_token(token, grant)?;
        let (access_token, expires_at) = self.mint_access_token(grant, holder, now)?;
        Ok(TokenPair { access_token, refresh_token, expires_at })
    }

    /// The refresh token of a grant's current generation.
    pub(super) fn mint_refresh_token(&self, token: &RefreshToken, grant: &Grant) -> Result<Secret<String>> {
        let next = token.at(grant.generation, grant.mac_key);
        let tag =
            self.mac_keys.mac(next.mac_key, MacPurpose::RefreshToken, &next.covered()).map_err(|error| {
                match error {
                    MacError::NotLoadedYet => {
                        self.mac_keys.request_reload();
                        InternalError::KeyNotLoadedYet
                    }
                    MacError::UnknownKey => InternalError::Unexpected("the grant's MAC key is missing"),
                }
            })?;
        Ok(Secret::new(next.encode(&tag)))
    }

    /// An access token of a grant, and its time of expiry.
    pub(super) fn mint_access_token(
        &self,
        grant: &Grant,
        holder: &Holder,
        now: Timestamp,
    ) -> Result<(Secret<String>, Timestamp)> {
        let issued_at = Timestamp::from_secs(now.as_secs());
        let expires_at = issued_at.plus(ACCESS_TOKEN_LIFETIME);
        let access_token = self.sign_access_token(grant, holder, issued_at, expires_at)?;
        Ok((Secret::new(access_token), expires_at))
    }

    /// An ID token of a grant of this client (OpenID Connect Core §3.1.3.3).
    pub(super) async fn mint_id_token(
        &self,
        client: &Client,
        grant: &Grant,
        nonce: Option<&str>,
        access_token: &Secret<String>,
        now: Timestamp,
    ) -> Result<Secret<String>> {
        let about = self.id_token_claims(client, grant).await?;
        let subject = self.subject_of(grant);
        let claims = IdTokenClaims {
            iss: &self.policy.issuer,
            sub: &subject,
            aud: grant.client.as_str(),
            iat: now.as_secs(),
            exp: now.plus(ACCESS_TOKEN_LIFETIME).as_secs(),
            auth_time: grant.auth_time.as_secs(),
            nonce,
            amr: AMR_OTP,
            acr: ACR_EMAIL_OTP,
            sid: grant.extensions.sso.map(|root| session_sid(&root, &grant.client)),
            at_hash: id_token::at_hash(access_token.expose()),
            about,
        };
        let payload = serde_json::to_vec(&claims)
            .map_err(|_| InternalError::Unexpected("the claims could not be serialized"))?;
        let signed = self.signer.sign(id_token::TYP, &payload);
        signed.map(Secret::new).map_err(|_| InternalError::Unexpected("a token could not be signed"))
    }

    /// The claims about the end-user in the ID token, which few clients have there.
    async fn id_token_claims(&self, client: &Client, grant: &Grant) -> Result<Map<String, Value>> {
        let (asked, listed) = (&grant.extensions.claims, &client.extras.id_token_claims);
        let names = id_token::claims_about(&grant.scope, asked, listed);
        if names.is_empty() {
            return Ok(Map::new());
        }
        let end_user = self.stores.peek_end_user(grant.sid.bucket(), &grant.user).await?;
        let end_user =
            end_user.ok_or(InternalError::Unexpected("the grant's end-user is not in the store"))?;
        let none = Scope::default();
        Ok(standard_claims::opened(standard_claims::of(&end_user), &none, |name| names.contains(&name)))
    }

    /// An access token of a client itself (RFC 6749 §4.4, RFC 9068 §2.2), without a session.
    pub(super) fn mint_client_token(
        &self,
        client: &Client,
        scope: &Scope,
        resources: &[String],
        now: Timestamp,
    ) -> Result<Secret<String>> {
        let claims = AccessTokenClaims {
            iss: Cow::Borrowed(&self.policy.issuer),
            aud: resource_indicator::audience(resources, false, &self.policy.audience, &self.policy.issuer),
            sub: Cow::Borrowed(client.id.as_str()),
            email: None,
            token_source: TokenSource::Oauth,
            organization_id: Cow::Borrowed(client.organization.as_str()),
            customer_id: None,
            client_id: Cow::Borrowed(client.id.as_str()),
            scope: Cow::Owned(scope.to_string()),
            iat: now.as_secs(),
            exp: Timestamp::from_secs(now.as_secs()).plus(ACCESS_TOKEN_LIFETIME).as_secs(),
            jti: Cow::Owned(self.new_jti(Generation::FIRST)),
            sid: None,
            auth_time: None,
            amr: None,
            acr: None,
        };
        let payload = serde_json::to_vec(&claims)
            .map_err(|_| InternalError::Unexpected("the claims could not be serialized"))?;
        let signed = self.signer.sign(self.access_token_type(resources).typ(), &payload);
        signed.map(Secret::new).map_err(|_| InternalError::Unexpected("a token could not be signed"))
    }

    fn sign_access_token(
        &self,
        grant: &Grant,
        holder: &Holder,
        issued_at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<String> {
        let scope = grant.scope.to_string();
        let sid = grant.sid.encode();
        let claims = AccessTokenClaims {
            iss: Cow::Borrowed(&self.policy.issuer),
            aud: self.audience_of(grant),
            sub: Cow::Owned(self.subject_of(grant)),
            email: shows_email(grant).then_some(Cow::Borrowed(holder.email.as_str())),
            token_source: grant.channel.source(),
            organization_id: Cow::Borrowed(grant.organization.as_str()),
            customer_id: shown_customer(grant, holder).map(Cow::Borrowed),
            client_id: Cow::Borrowed(grant.client.as_str()),
            scope: Cow::Borrowed(&scope),
            iat: issued_at.as_secs(),
            exp: expires_at.as_secs(),
            jti: Cow::Owned(self.new_jti(grant.generation)),
            sid: Some(Cow::Borrowed(&sid)),
            auth_time: Some(grant.auth_time.as_secs()),
            amr: Some(AMR_OTP.iter().copied().map(Cow::Borrowed).collect()),
            acr: Some(Cow::Borrowed(ACR_EMAIL_OTP)),
        };
        let payload = serde_json::to_vec(&claims)
            .map_err(|_| InternalError::Unexpected("the claims could not be serialized"))?;
        let typ = self.access_token_type(&grant.extensions.resources).typ();
        self.signer.sign(typ, &payload).map_err(|_| InternalError::Unexpected("a token could not be signed"))
    }

    /// The header `typ` of an access token for these resources.
    fn access_token_type(&self, resources: &[String]) -> AccessTokenType {
        self.policy.resources.access_token_type(resources, self.policy.access_token_type)
    }

    /// The audience of a grant's access tokens.
    fn audience_of<'a>(&'a self, grant: &'a Grant) -> Audience<'a> {
        let openid = grant.scope.contains("openid");
        let default = self.default_audience(&grant.extensions);
        resource_indicator::audience(&grant.extensions.resources, openid, default, &self.policy.issuer)
    }

    /// The audience of a grant that names no resource (RFC 8707 §2). With pairwise subjects it is only
    /// userinfo, because the Client API reveals who the end-user is.
    pub(super) fn default_audience(&self, extensions: &GrantExtensions) -> &str {
        self.default_audience_when(extensions.sector.is_some())
    }

    /// The grant's resources that a token request names (RFC 8707 §2.2).
    pub(super) fn narrowed_resources(
        &self,
        parameters: &Parameters,
        extensions: &GrantExtensions,
    ) -> Result<Vec<String>, InvalidTarget> {
        let default = self.default_audience(extensions);
        resource_indicator::narrowed(parameters, &extensions.resources, default)
    }

    /// The default audience of a new grant of this client.
    pub(super) fn default_audience_for(&self, client: &Client) -> &str {
        self.default_audience_when(client.extras.subject_type.sector().is_some())
    }

    /// The defaults for an authorization request of this client.
    pub(super) fn authorization_defaults(&self, client: &Client) -> RequestDefaults<'_> {
        RequestDefaults {
            audience: self.default_audience_for(client),
            writes: self.policy.resources.writes(),
        }
    }

    fn default_audience_when(&self, pairwise: bool) -> &str {
        if pairwise { &self.policy.issuer } else { &self.policy.audience }
    }

    fn new_jti(&self, generation: Generation) -> String {
        claims::jti(generation, &self.random())
    }
}

/// A third-party client gets the address only with the scope `email`; the browser SDK is the organization's
/// own.
fn shows_email(grant: &Grant) -> bool {
    grant.channel == GrantChannel::Dom || grant.scope.contains("email")
}

/// Pairwise subjects hide the customer's id, because two sectors could compare it.
fn shown_customer<'a>(grant: &Grant, holder: &'a Holder) -> Option<&'a str> {
    let customer = holder.customer.as_ref().filter(|_| grant.extensions.sector.is_none());
    customer.map(CustomerId::as_str)
}
