//! Whose data a verified access token opens: every use case that takes one begins here.

use super::{Context, InternalError};
use crate::protocol::claims::TokenSource;
use crate::protocol::end_user::EndUser;
use crate::protocol::grant::{Generation, Liveness};
use crate::protocol::grant_extensions::GrantExtensions;
use crate::protocol::id::{ClientId, OrganizationId, Sid, UserId};
use crate::protocol::scope::Scope;

/// An access token whose signature and claims were verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearer {
    /// The end-user as the client knows them, claim `sub`: by their id, but for pairwise subjects.
    pub user: UserId,
    /// The tenant.
    pub organization: OrganizationId,
    /// The client that it was issued to.
    pub client: ClientId,
    /// The grant that it is of.
    pub sid: Sid,
    /// The grant's generation that it was issued with.
    pub generation: Generation,
    /// What was granted.
    pub scope: Scope,
    /// Which way of signing in it comes from.
    pub source: TokenSource,
}

impl Bearer {
    /// Whether the token says that it is this end-user's, whom its client knows by this subject.
    pub(super) fn is_of(&self, end_user: &EndUser, subject: &str) -> bool {
        subject == self.user.as_str() && end_user.organization == self.organization
    }
}

/// Why a verified token opens nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AbsentError {
    /// Its grant was revoked.
    #[error("the session was ended")]
    Revoked,
    /// Its session is over, or unknown.
    #[error("the session is over")]
    Gone,
    /// Our own fault.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

impl Context {
    /// The end-user behind a token whose grant lives, in one round trip. A revoked session is refused at once.
    pub(super) async fn present(&self, bearer: &Bearer) -> Result<EndUser, AbsentError> {
        Ok(self.present_grant(bearer).await?.0)
    }

    /// The same with what only some grants have.
    pub(super) async fn present_grant(
        &self,
        bearer: &Bearer,
    ) -> Result<(EndUser, GrantExtensions), AbsentError> {
        if !self.knows(&bearer.organization, &bearer.client, bearer.source).await? {
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
                let sector = presence.particulars.sector.as_deref();
                let is_its = |end_user: &EndUser| bearer.is_of(end_user, &self.subject(sector, &end_user.id));
                let end_user = presence.end_user.filter(is_its).ok_or(AbsentError::Gone)?;
                Ok((end_user, presence.particulars))
            }
        }
    }
}
