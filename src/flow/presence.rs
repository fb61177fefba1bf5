//! Whose data a verified access token opens; the first step of every use case that takes one.

use super::{Context, InternalError};
use crate::protocol::claims::TokenSource;
use crate::protocol::end_user::EndUser;
use crate::protocol::grant::{Generation, Liveness};
use crate::protocol::grant_extensions::GrantExtensions;
use crate::protocol::id::{ClientId, OrganizationId, Sid, UserId};
use crate::protocol::scope::Scope;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearer {
    /// The claim `sub`: the end-user's id, or a pairwise subject.
    pub user: UserId,
    pub organization: OrganizationId,
    pub client: ClientId,
    pub sid: Sid,
    /// The generation that the token was issued with.
    pub generation: Generation,
    pub scope: Scope,
    /// The kind of sign-in that issued the token.
    pub source: TokenSource,
}

impl Bearer {
    /// Whether the token is for this end-user, whom its client knows by `subject`.
    pub(super) fn is_of(&self, end_user: &EndUser, subject: &str) -> bool {
        subject == self.user.as_str() && end_user.organization == self.organization
    }
}

/// Why a verified token opens no data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AbsentError {
    #[error("the session was ended")]
    Revoked,
    /// The grant's session is over, or the grant is unknown.
    #[error("the session is over")]
    Gone,
    #[error(transparent)]
    Internal(#[from] InternalError),
}

impl Context {
    /// The end-user of a token whose grant is alive, in one round trip. A revoked grant is noticed at once.
    pub(super) async fn end_user_of_access_token(&self, bearer: &Bearer) -> Result<EndUser, AbsentError> {
        Ok(self.grant_of_access_token(bearer).await?.0)
    }

    /// The token's end-user and the grant's optional fields.
    pub(super) async fn grant_of_access_token(
        &self,
        bearer: &Bearer,
    ) -> Result<(EndUser, GrantExtensions), AbsentError> {
        if !self.token_client_exists(&bearer.organization, &bearer.client, bearer.source).await? {
            return Err(AbsentError::Gone);
        }
        let now = self.clock.now();
        let presence = self
            .stores
            .present_access(&bearer.sid, bearer.generation, now)
            .await
            .map_err(InternalError::from)?;
        match presence.liveness {
            Liveness::Revoked => Err(AbsentError::Revoked),
            Liveness::Gone => Err(AbsentError::Gone),
            Liveness::Alive => {
                let sector = presence.extensions.sector.as_deref();
                let is_its =
                    |end_user: &EndUser| bearer.is_of(end_user, &self.compute_subject(sector, &end_user.id));
                let end_user = presence.end_user.filter(is_its).ok_or(AbsentError::Gone)?;
                Ok((end_user, presence.extensions))
            }
        }
    }
}
