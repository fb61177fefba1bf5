//! Dynamic client registration (RFC 7591, OpenID Connect Dynamic Client Registration 1.0), and its management
//! (`manage`, RFC 7592).

pub mod manage;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::{Caller, Context, InternalError, fetch_failure};
use crate::ports::audit::{AuditEvent, AuditKind};
use crate::ports::fetcher::{FetchRequest, FetchResponse};
use crate::ports::store::{Admission, RegistrationLimits, RegistrationOutcome};
use crate::protocol::client::{InitialAccess, SecretDigest};
use crate::protocol::id::{ClientId, OrganizationId};
use crate::protocol::outbound::rates::Requester;
use crate::protocol::policy::Organization;
use crate::protocol::registered_client::RegisteredClient;
use crate::protocol::registration::allowance::ClientAllowance;
use crate::protocol::registration::policy::RegistrationRefusal;
use crate::protocol::registration::{
    self, IssuedRegistration, MetadataError, Registration, RegistrationRequirements, sector,
};
use crate::protocol::secret::Secret;

/// The client information response (RFC 7591 §3.2.1, RFC 7592 §3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientInformation {
    pub client: RegisteredClient,
    /// The secret if one was just created: it is shown once, and stored as a digest.
    pub secret: Option<Secret<String>>,
    /// The registration access token.
    pub registration_token: Secret<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationError {
    /// The caller may not register clients.
    #[error(transparent)]
    NotAdmitted(#[from] RegistrationRefusal),
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    #[error("too many clients registered lately")]
    Limited { retry_after: Duration },
    /// A document that the metadata name cannot be fetched now.
    #[error(transparent)]
    Postponed(#[from] PostponedFetch),
    #[error(
        "the organization has as many registered clients as registration.clients_per_organization allows"
    )]
    Full,
    #[error(transparent)]
    Internal(#[from] InternalError),
}

/// Why a document that a registration names was not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
enum RegistrationDependencyError {
    Metadata(MetadataError),
    /// The document was not requested from its server.
    Fetch(PostponedFetch),
}

/// A document was not fetched, because too much is fetched now, or was lately for the same client or network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sector_identifier_uri was not fetched, because too many documents are fetched at the moment")]
pub struct PostponedFetch {
    pub retry_after: Duration,
}

impl From<RegistrationDependencyError> for RegistrationError {
    fn from(error: RegistrationDependencyError) -> Self {
        match error {
            RegistrationDependencyError::Metadata(error) => Self::Metadata(error),
            RegistrationDependencyError::Fetch(postponed) => Self::Postponed(postponed),
        }
    }
}

/// Registers a client, possibly with an initial access token (RFC 7591 §3.1).
///
/// # Errors
/// [`RegistrationError`].
pub async fn register(
    cx: &Context,
    caller: &Caller,
    token: Option<&str>,
    document: &Map<String, Value>,
) -> Result<ClientInformation, RegistrationError> {
    let admittance = cx.policy.registration.admits(token)?;
    // The organization may have been removed from the configuration since the token was made.
    let organization =
        cx.policy.organization(admittance.organization).ok_or(RegistrationRefusal::TokenInvalid)?;
    let organization = &organization.id;
    let access = admittance.token.map(|token| &token.access);
    let registration = cx.read_registration(document, access)?;
    cx.admit_registration(caller, organization).await?;
    cx.fetch_registration_document(&registration, caller.asker()).await?;
    let now = cx.clock.now();
    let secret = registration.needs_secret().then(|| cx.new_secret());
    let registration_token = cx.new_secret();
    let issued = cx.issue_registration(
        ClientId::from_random(&cx.random()),
        organization.clone(),
        secret.as_ref().map(|secret| SecretDigest::of(secret.expose())),
        access.cloned(),
    );
    let (client, metadata) = registration
        .into_client(issued)
        .ok_or(InternalError::Unexpected("a confidential client got no secret"))?;
    let unused = admittance.token.and_then(|token| token.unused).unwrap_or(cx.policy.registration.unused);
    let client = RegisteredClient {
        client,
        metadata,
        registration_token: SecretDigest::of(registration_token.expose()),
        issued_at: now,
        unused_until: Some(now.plus(unused)),
        revision: 0,
    };
    let ceiling = cx.policy.registration.ceiling;
    match cx.stores.register_client(&client, ceiling, now).await.map_err(InternalError::from)? {
        RegistrationOutcome::Registered => {}
        RegistrationOutcome::Full => return Err(RegistrationError::Full),
    }
    cx.record_client_event(AuditKind::ClientRegistered, caller, &client);
    Ok(ClientInformation { client, secret, registration_token })
}

impl Context {
    async fn admit_registration(
        &self,
        caller: &Caller,
        organization: &OrganizationId,
    ) -> Result<(), RegistrationError> {
        let policy = &self.policy.registration;
        let limits = RegistrationLimits {
            per_address: self.policy.strangers.share.of(policy.per_network),
            per_network: policy.per_network,
            per_organization: policy.per_organization,
        };
        let now = self.clock.now();
        let from = self.caller_address(caller);
        let admitted = self.stores.admit_registration(organization, &from, limits, now).await;
        match admitted.map_err(InternalError::from)? {
            Admission::Admitted => Ok(()),
            Admission::Limited { retry_after } => Err(RegistrationError::Limited { retry_after }),
        }
    }

    /// Fetches and judges the document that a registration names.
    async fn fetch_registration_document(
        &self,
        registration: &Registration,
        asker: Requester<'_>,
    ) -> Result<(), RegistrationDependencyError> {
        let Some(RegistrationRequirements::Sector(uri)) = registration.needs() else { return Ok(()) };
        let judged = match self.fetcher.get(FetchRequest::json(&uri).by(asker)).await {
            Ok(FetchResponse::Document { body, .. }) => sector::judge(&body, registration.redirect_uris()),
            Ok(FetchResponse::NotModified { .. }) => {
                Err(sector::unavailable("its server answered with status 304"))
            }
            Err(error) => {
                fetch_failure::log("sector_identifier_uri", &uri, &error);
                if let Some(retry_after) = error.retry_after() {
                    return Err(RegistrationDependencyError::Fetch(PostponedFetch { retry_after }));
                }
                Err(sector::unavailable(&error.shown()))
            }
        };
        judged.map_err(RegistrationDependencyError::Metadata)
    }

    fn issue_registration(
        &self,
        id: ClientId,
        organization: OrganizationId,
        secret: Option<SecretDigest>,
        initial_access: Option<InitialAccess>,
    ) -> IssuedRegistration {
        let require_pkce = self.policy.registration.require_pkce_for_confidential;
        IssuedRegistration { id, organization, secret, require_pkce, initial_access }
    }

    /// Reads and judges a registration document, within what the client's initial access token allows.
    fn read_registration(
        &self,
        document: &Map<String, Value>,
        access: Option<&InitialAccess>,
    ) -> Result<Registration, MetadataError> {
        let allowance = ClientAllowance::of(&self.policy.registration, access);
        let registration = registration::read(document, &allowance)?;
        registration.suits_request_objects(self.policy.unsigned_request_objects)?;
        let organizations = self.policy.organizations.iter();
        registration.is_named_apart_from(organizations.flat_map(Organization::names))?;
        Ok(registration)
    }

    fn new_secret(&self) -> Secret<String> {
        Secret::new(URL_SAFE_NO_PAD.encode(self.random::<32>()))
    }

    pub(super) fn record_client_event(&self, kind: AuditKind, caller: &Caller, client: &RegisteredClient) {
        self.audit.record(&AuditEvent {
            kind,
            request_id: &caller.request_id,
            organization: &client.client.organization,
            user: None,
            client: Some(&client.client.id),
            sid: None,
            network: Some(&caller.network),
        });
    }
}
