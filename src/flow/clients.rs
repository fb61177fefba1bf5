//! Finding clients, in the configuration or among those that registered themselves, and authenticating them.

use std::sync::Arc;
use std::time::Duration;

use super::client_assertion::{self, AssertionError, RegisteredClientKeys};
use super::{Caller, Context, InternalError, Result};
use crate::ports::store::StoreError;
use crate::protocol::claims::TokenSource;
use crate::protocol::client::{AuthenticationMethod, Client, ClientKeys, VouchedBy};
use crate::protocol::client_assertion::ClientAssertion;
use crate::protocol::client_authentication::{ClientAuthenticationError, PresentedCredentials};
use crate::protocol::grant::Grant;
use crate::protocol::id::{ClientId, OrganizationId};
use crate::protocol::parameters::Parameters;
use crate::protocol::policy::Organization;
use crate::protocol::registered_client::RegisteredClient;
use crate::protocol::registration::allowance::ClientAllowance;
use crate::protocol::scope::Scope;

/// A request to an endpoint where clients authenticate.
#[derive(Debug, Clone, Copy)]
pub struct ClientCredentialsRequest<'a> {
    pub authorization: Option<&'a [u8]>,
    pub parameters: &'a Parameters,
    /// The URL of our token endpoint, which assertions may name as their audience (OpenID Connect Core §9).
    pub token_endpoint: &'a str,
}

impl<'a> ClientCredentialsRequest<'a> {
    /// The audiences that a client assertion may name at every endpoint: the issuer and the token endpoint
    /// (OpenID Connect Core §9, RFC 7523 §3, 3).
    const fn audiences(&self, issuer: &'a str) -> [&'a str; 2] {
        [issuer, self.token_endpoint]
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientAuthenticationFailure {
    #[error(transparent)]
    Refused(#[from] ClientAuthenticationError),
    #[error(transparent)]
    Assertion(AssertionError),
    /// Too many assertions of clients that registered themselves are stored, for the caller or in total.
    #[error(
        "too many assertions of clients that registered themselves are stored (limit: strangers.assertions)"
    )]
    Limited(Duration),
    #[error(transparent)]
    Internal(#[from] InternalError),
}

impl Context {
    /// A client and its organization; `None` when the client is unknown, or its organization is no longer
    /// configured.
    pub(super) async fn find_client(&self, id: &ClientId) -> Result<Option<(Arc<Client>, &Organization)>> {
        let client = match self.policy.clients.get(id) {
            Some(client) => Some(Arc::clone(client)),
            None if id.is_dynamic() => {
                let known = self.stores.peek_client(id).await?;
                known
                    .filter(|registered| !registered.is_over(self.clock.now()))
                    .map(|registered| Arc::new(self.limit_client_to_policy(registered).client))
            }
            None => None,
        };
        Ok(client.and_then(|client| {
            let organization = self.policy.organization_of(&client)?;
            Some((client, organization))
        }))
    }

    /// A client that registered itself, within what the configuration allows today.
    pub(super) fn limit_client_to_policy(&self, registered: RegisteredClient) -> RegisteredClient {
        let access = registered.client.extras.initial_access.as_ref();
        let allowance = ClientAllowance::of(&self.policy.registration, access);
        registered.held_to(&allowance)
    }

    /// Whether a token's client, or the organization of its browser SDK, still exists. What a client was
    /// granted is withdrawn when the client is removed.
    pub(super) async fn token_client_exists(
        &self,
        organization: &OrganizationId,
        client: &ClientId,
        source: TokenSource,
    ) -> Result<bool> {
        match source {
            TokenSource::Dom => Ok(self.policy.organization(organization).is_some()),
            TokenSource::Oauth => {
                let found = self.find_client(client).await?;
                Ok(found.is_some_and(|(_, owner)| owner.id == *organization))
            }
        }
    }

    /// The part of a grant's scope that is still valid; `None` when its client or organization is gone.
    pub(super) async fn scope_still_granted(&self, grant: &Grant) -> Result<Option<Scope>> {
        match grant.channel.source() {
            TokenSource::Dom => {
                let there = self.policy.organization(&grant.organization).is_some();
                Ok(there.then(|| grant.scope.clone()))
            }
            TokenSource::Oauth => {
                let found = self.find_client(&grant.client).await?;
                let found = found.filter(|(_, owner)| owner.id == grant.organization);
                Ok(found.map(|(client, _)| client.still_has(&grant.scope)))
            }
        }
    }

    /// Records the first grant to a client that registered itself, so that the client no longer expires. The
    /// grant is made already, so a failure is only logged, and the next grant tries again.
    pub(super) async fn mark_client_used(&self, client: &Client) {
        if !client.id.is_dynamic() {
            return;
        }
        let marked = async {
            let known = self.stores.peek_client(&client.id).await?;
            if known.is_some_and(|known| known.unused_until.is_some()) {
                self.stores.touch_client(&client.organization, &client.id, self.clock.now()).await?;
            }
            Ok::<_, StoreError>(())
        };
        if let Err(error) = marked.await {
            tracing::warn!(client = client.id.as_str(), %error, "a client's first grant could not be recorded; its next grant tries again");
        }
    }

    /// The authenticated client of a request (RFC 6749 §2.3).
    pub(super) async fn authenticate_client(
        &self,
        caller: &Caller,
        sent: ClientCredentialsRequest<'_>,
    ) -> Result<Arc<Client>, ClientAuthenticationFailure> {
        let claim = PresentedCredentials::read(sent.authorization, sent.parameters)?;
        let found = self.find_client(claim.client()).await?;
        let (client, _) = found.ok_or(ClientAuthenticationError::UnknownClient)?;
        claim.judge(&client)?;
        if let Some(assertion) = claim.assertion() {
            self.authenticate_by_assertion(caller, &client, assertion, &sent.audiences(&self.policy.issuer))
                .await?;
        }
        Ok(client)
    }

    /// Authenticates a client by its assertion.
    async fn authenticate_by_assertion(
        &self,
        caller: &Caller,
        client: &Client,
        assertion: &ClientAssertion,
        audiences: &[&str],
    ) -> Result<(), ClientAuthenticationFailure> {
        let keys = client.extras.keys.as_ref().and_then(ClientKeys::source);
        let keys = keys.ok_or(ClientAuthenticationError::OtherMethod(AuthenticationMethod::PrivateKeyJwt))?;
        let algorithm = client.extras.assertion_alg;
        let registered = RegisteredClientKeys { client: &client.id, keys: &keys, algorithm };
        // Clients that registered themselves can make any number of assertions, so storage for these is
        // bounded.
        let kept_for = (client.vouched_by() == VouchedBy::Nobody).then_some(caller);
        client_assertion::authenticate(self, assertion, registered, audiences, kept_for).await.map_err(
            |refused| match refused {
                AssertionError::Internal(fault) => ClientAuthenticationFailure::Internal(fault),
                AssertionError::Limited(wait) => ClientAuthenticationFailure::Limited(wait),
                refused => ClientAuthenticationFailure::Assertion(refused),
            },
        )
    }
}
