//! A token that somebody holds, as revocation and introspection find it: they change nothing by looking.

use super::tokens::RefreshTokenError;
use super::{Context, InternalError};
use crate::protocol::claims::{AccessTokenClaims, AccessTokenType};
use crate::protocol::client::Client;
use crate::protocol::grant::{Generation, Grant, GrantChannel};
use crate::protocol::id::{ClientId, OrganizationId, Sid};
use crate::protocol::own_jws;

/// A genuine token.
pub(super) enum IntrospectedToken {
    /// A refresh token.
    Refresh {
        /// Which of its grant's.
        generation: Generation,
        grant: Box<Grant>,
    },
    /// An access token.
    Access {
        /// What it says.
        claims: Box<AccessTokenClaims<'static>>,
        /// The grant; a client's own token has none.
        grant: Option<Box<Grant>>,
    },
}

impl IntrospectedToken {
    /// Whether it was issued to this client. The browser SDK's tokens are no client's.
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
    /// Whether it is an access token for a resource of the same organization that this client serves (RFC 7662 §1). A
    /// refresh token is for nobody but us.
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
    /// Whether whoever got a token is still there: what a client was given is withdrawn with it.
    pub(super) async fn is_still_given(&self, held: &IntrospectedToken) -> Result<bool, InternalError> {
        let IntrospectedToken::Access { claims, grant } = held else { return Ok(false) };
        if let Some(grant) = grant {
            return self.knows(&grant.organization, &grant.client, grant.channel.source()).await;
        }
        let organization = OrganizationId::new(&*claims.organization_id);
        self.knows(&organization, &ClientId::new(&*claims.client_id), claims.token_source).await
    }

    /// What a text is; `None` when it is no token of ours, or one of a grant that nobody knows any more.
    pub(super) async fn hold(&self, text: &str) -> Result<Option<IntrospectedToken>, InternalError> {
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

    /// The claims of an access token of ours, whatever its audience and whether it lives or not. An ID token lacks
    /// what they need.
    fn read_access_token(&self, text: &str) -> Option<AccessTokenClaims<'static>> {
        let opened = own_jws::open(text, &self.signer.jwk_set().set).ok()?;
        // Which of the two it has follows from its resources and from the settings of the day when it was signed.
        AccessTokenType::from_typ(&opened.typ)?;
        let claims: AccessTokenClaims<'_> = serde_json::from_slice(&opened.claims).ok()?;
        (claims.iss == self.policy.issuer).then(|| claims.into_owned())
    }
}
