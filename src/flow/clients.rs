//! Which client an id names: one of the configuration, or one that registered itself and is in the store.

use std::sync::Arc;
use std::time::Duration;

use super::client_assertion::{self, AssertionError, RegisteredClientKeys};
use super::{Caller, Context, InternalError};
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

/// What a client sent to an endpoint that it authenticates at.
#[derive(Debug, Clone, Copy)]
pub struct ClientCredentialsRequest<'a> {
    /// The `Authorization` header.
    pub authorization: Option<&'a [u8]>,
    pub parameters: &'a Parameters,
    /// The URL of our token endpoint, which assertions may name as their audience (OpenID Connect Core §9).
    pub token_endpoint: &'a str,
}

impl<'a> ClientCredentialsRequest<'a> {
    /// By what names we are the audience of a client's assertion: the issuer and the token endpoint (OpenID Connect Core
    /// §9, RFC 7523 §3, 3), at every endpoint where clients authenticate.
    const fn audiences(&self, issuer: &'a str) -> [&'a str; 2] {
        [issuer, self.token_endpoint]
    }
}

/// Why a client is not believed, or cannot be judged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientAuthenticationFailure {
    /// It is not believed.
    #[error(transparent)]
    Refused(#[from] ClientAuthenticationError),
    /// Its assertion is not believed.
    #[error(transparent)]
    Assertion(AssertionError),
    /// Its assertions, or those of all clients that registered themselves, are too many to be remembered.
    #[error("too many assertions of clients that registered themselves are remembered: strangers.assertions")]
    Limited(Duration),
    /// Our own fault.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

impl Context {
    /// A client and its organization; `None` when nobody registered it, or its organization is gone.
    pub(super) async fn find_client(
        &self,
        id: &ClientId,
    ) -> Result<Option<(Arc<Client>, &Organization)>, InternalError> {
        let client = match self.policy.clients.get(id) {
            Some(client) => Some(Arc::clone(client)),
            None if id.is_dynamic() => {
                let known = self.stores.peek_client(id).await?;
                known
                    .filter(|registered| !registered.is_over(self.clock.now()))
                    .map(|registered| Arc::new(self.held_to_policy(registered).client))
            }
            None => None,
        };
        Ok(client.and_then(|client| {
            let organization = self.policy.organization_of(&client)?;
            Some((client, organization))
        }))
    }

    /// A client that registered itself, as it counts today.
    pub(super) fn held_to_policy(&self, registered: RegisteredClient) -> RegisteredClient {
        let access = registered.client.extras.initial_access.as_ref();
        let allowance = ClientAllowance::of(&self.policy.registration, access);
        registered.held_to(&allowance)
    }

    /// Whether a client of this organization, or its browser SDK, is still there: what a client was granted is
    /// withdrawn with it.
    pub(super) async fn knows(
        &self,
        organization: &OrganizationId,
        client: &ClientId,
        source: TokenSource,
    ) -> Result<bool, InternalError> {
        match source {
            TokenSource::Dom => Ok(self.policy.organization(organization).is_some()),
            TokenSource::Oauth => {
                let found = self.find_client(client).await?;
                Ok(found.is_some_and(|(_, owner)| owner.id == *organization))
            }
        }
    }

    /// What a grant is still good for, of the scope that was granted; `None` when whom it was given to is gone.
    pub(super) async fn still_granted(&self, grant: &Grant) -> Result<Option<Scope>, InternalError> {
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

    /// Notes that an end-user granted something to a client that registered itself: from now on it does not end by itself.
    /// What it was given is given, so a failure is only logged; its next grant tries again.
    pub(super) async fn mark_used(&self, client: &Client) {
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
            tracing::warn!(client = client.id.as_str(), %error, "the first grant to a client could not be noted");
        }
    }

    /// The client of a request, believed (RFC 6749 §2.3).
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
            self.believe(caller, &client, assertion, &sent.audiences(&self.policy.issuer)).await?;
        }
        Ok(client)
    }

    /// Whether an assertion is the client's own.
    async fn believe(
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
        // Whoever registered themselves has as many keys as they like: what is remembered of their assertions is bounded.
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
