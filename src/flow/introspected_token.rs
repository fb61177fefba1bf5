//! Tokens as revocation and introspection look them up, without changing anything.

use super::tokens::RefreshTokenError;
use super::{Context, InternalError, Result};
use crate::protocol::claims::{AccessTokenClaims, AccessTokenType};
use crate::protocol::client::Client;
use crate::protocol::grant::{Generation, Grant, GrantChannel};
use crate::protocol::id::{ClientId, OrganizationId, Sid};
use crate::protocol::own_jws;

pub(super) enum IntrospectedToken {
    Refresh {
        /// The generation of the token, not of its grant.
        generation: Generation,
        grant: Box<Grant>,
    },
    Access {
        claims: Box<AccessTokenClaims<'static>>,
        /// `None` for the access token of a client itself.
        grant: Option<Box<Grant>>,
    },
}

impl IntrospectedToken {
    /// Whether the token was issued to this client. Tokens of the browser SDK belong to no client.
    pub(super) fn is_of(&self, client: &ClientId) -> bool {
        let of_grant = |grant: &Grant| grant.client == *client && grant.channel != GrantChannel::Dom;
        match self {
            Self::Refresh { grant, .. } | Self::Access { grant: Some(grant), .. } => of_grant(grant),
            Self::Access { claims, grant: None } => {
                claims.sid.is_none() && claims.client_id == client.as_str()
            }
        }
    }
}

impl IntrospectedToken {
    /// Whether this client is a resource server of the same organization that the access token is for (RFC
    /// 7662 §1). A refresh token is for the issuer alone.
    pub(super) fn is_for(&self, server: &Client) -> bool {
        match self {
            Self::Refresh { .. } => false,
            Self::Access { claims, .. } => {
                claims.organization_id == server.organization.as_str()
                    && claims.aud.names_any(&server.extras.introspects)
            }
        }
    }
}

impl Context {
    /// Whether the client or browser SDK of an access token still exists; its tokens are withdrawn when it is
    /// removed.
    pub(super) async fn access_token_client_exists(&self, held: &IntrospectedToken) -> Result<bool> {
        let IntrospectedToken::Access { claims, grant } = held else { return Ok(false) };
        if let Some(grant) = grant {
            return self
                .token_client_exists(&grant.organization, &grant.client, grant.channel.source())
                .await;
        }
        let organization = OrganizationId::new(&*claims.organization_id);
        self.token_client_exists(&organization, &ClientId::new(&*claims.client_id), claims.token_source).await
    }

    /// Reads a token; `None` when it is not one of ours, or its grant is unknown.
    pub(super) async fn read_presented_token(&self, text: &str) -> Result<Option<IntrospectedToken>> {
        match self.read_refresh_token(text) {
            Ok(token) => {
                let grant = self.stores.peek_grant(&token.sid()).await?;
                let held = |grant| IntrospectedToken::Refresh {
                    generation: token.generation,
                    grant: Box::new(grant),
                };
                return Ok(grant.map(held));
            }
            Err(RefreshTokenError::KeyNotLoadedYet) => return Err(InternalError::KeyNotLoadedYet),
            Err(RefreshTokenError::NotOurs) => {}
        }
        let Some(claims) = self.read_access_token(text) else { return Ok(None) };
        let Some(sid) = claims.sid.as_deref() else {
            return Ok(Some(IntrospectedToken::Access { claims: Box::new(claims), grant: None }));
        };
        let Some(sid) = Sid::parse(sid) else { return Ok(None) };
        let grant = self.stores.peek_grant(&sid).await?;
        let held =
            |grant| IntrospectedToken::Access { claims: Box::new(claims), grant: Some(Box::new(grant)) };
        Ok(grant.map(held))
    }

    /// The claims of one of our access tokens, whatever its audience and whether or not it is still active.
    /// ID tokens lack required claims.
    fn read_access_token(&self, text: &str) -> Option<AccessTokenClaims<'static>> {
        let opened = own_jws::open(text, &self.signer.jwk_set().set).ok()?;
        // Both types are accepted, because the type depends on the resources and on the settings at the time
        // of issue.
        AccessTokenType::from_typ(&opened.typ)?;
        let claims: AccessTokenClaims<'_> = serde_json::from_slice(&opened.claims).ok()?;
        (claims.iss == self.policy.issuer).then(|| claims.into_owned())
    }
}
