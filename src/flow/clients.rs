//! Which client an id names: one of the configuration, or one that registered itself and is in the store.

use std::sync::Arc;

use super::{Context, Fault};
use crate::protocol::claims::TokenSource;
use crate::protocol::client::Client;
use crate::protocol::client_authentication::{Claim, ClientAuthenticationError};
use crate::protocol::grant::Grant;
use crate::protocol::id::{ClientId, OrganizationId};
use crate::protocol::parameters::Parameters;
use crate::protocol::policy::Organization;

/// Why a client is not believed, or cannot be judged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAuthenticated {
    /// It is not believed.
    #[error(transparent)]
    Refused(#[from] ClientAuthenticationError),
    /// Our own fault.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Context {
    /// A client and its organization; `None` when nobody registered it, or its organization is gone.
    pub(super) async fn find_client(
        &self,
        id: &ClientId,
    ) -> Result<Option<(Arc<Client>, &Organization)>, Fault> {
        let client = match self.policy.clients.get(id) {
            Some(client) => Some(Arc::clone(client)),
            None if id.is_dynamic() => {
                let known = self.stores.peek_client(id).await?;
                known
                    .filter(|registered| !registered.is_over(self.clock.now()))
                    .map(|registered| Arc::new(registered.client))
            }
            None => None,
        };
        Ok(client.and_then(|client| {
            let organization = self.policy.organization_of(&client)?;
            Some((client, organization))
        }))
    }

    /// Whether a client of this organization, or its browser SDK, is still there: what a client was granted is
    /// withdrawn with it.
    pub(super) async fn knows(
        &self,
        organization: &OrganizationId,
        client: &ClientId,
        source: TokenSource,
    ) -> Result<bool, Fault> {
        match source {
            TokenSource::Dom => Ok(self.policy.organization(organization).is_some()),
            TokenSource::Oauth => {
                let found = self.find_client(client).await?;
                Ok(found.is_some_and(|(_, owner)| owner.id == *organization))
            }
        }
    }

    /// Whether whom a grant was given to is still there.
    pub(super) async fn serves(&self, grant: &Grant) -> Result<bool, Fault> {
        self.knows(&grant.organization, &grant.client, grant.channel.source()).await
    }

    /// The client of a request, believed (RFC 6749 §2.3). `authorization` is the `Authorization` header.
    pub(super) async fn authenticate_client(
        &self,
        authorization: Option<&[u8]>,
        parameters: &Parameters,
    ) -> Result<Arc<Client>, NotAuthenticated> {
        let claim = Claim::read(authorization, parameters)?;
        let found = self.find_client(claim.client()).await?;
        let (client, _) = found.ok_or(ClientAuthenticationError::UnknownClient)?;
        claim.judge(&client)?;
        Ok(client)
    }
}
