//! Reading, replacing and deleting a registration (RFC 7592) with its registration access token. The token
//! never changes, nor does the secret as long as the client authenticates with one. RFC 7592 §3 allows
//! rotating both, but a client that missed the answer would lose them.

use serde_json::{Map, Value};

use super::{ClientInformation, PostponedFetch, RegistrationDependencyError};
use crate::flow::{Caller, Context, InternalError, Result};
use crate::ports::audit::AuditKind;
use crate::ports::store::ReplacementOutcome;
use crate::protocol::client::{Credentials, SecretDigest};
use crate::protocol::id::ClientId;
use crate::protocol::outbound::rates::Requester;
use crate::protocol::registered_client::RegisteredClient;
use crate::protocol::registration::{MetadataError, Registration, is_left_out};
use crate::protocol::secret::Secret;

/// The number of attempts at a replacement while others change the same client.
const TRIES: u8 = 4;
/// Members of the registration response that the client must not send back (RFC 7592 §2.2).
const OURS: [&str; 4] = [
    "registration_access_token",
    "registration_client_uri",
    "client_secret_expires_at",
    "client_id_issued_at",
];

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManagementError {
    /// The token is wrong or the client unknown; the caller is not told which (RFC 7592 §2.1).
    #[error("the registration access token is not the client's, or the client is unknown")]
    TokenInvalid,
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// A document that the metadata name cannot be fetched now.
    #[error(transparent)]
    Postponed(#[from] PostponedFetch),
    #[error(transparent)]
    Internal(#[from] InternalError),
}

impl From<RegistrationDependencyError> for ManagementError {
    fn from(error: RegistrationDependencyError) -> Self {
        match error {
            RegistrationDependencyError::Metadata(error) => Self::Metadata(error),
            RegistrationDependencyError::Fetch(postponed) => Self::Postponed(postponed),
        }
    }
}

/// The current registration (RFC 7592 §2.1).
///
/// # Errors
/// [`ManagementError`].
pub async fn read(cx: &Context, id: &str, token: &str) -> Result<ClientInformation, ManagementError> {
    let client = cx.registered_client(id, token).await?;
    Ok(ClientInformation { client, secret: None, registration_token: Secret::new(token.to_owned()) })
}

/// Replaces the whole registration: members that the document omits are removed (RFC 7592 §2.2).
///
/// # Errors
/// [`ManagementError`].
pub async fn replace(
    cx: &Context,
    caller: &Caller,
    id: &str,
    token: &str,
    document: &Map<String, Value>,
) -> Result<ClientInformation, ManagementError> {
    let mut known = cx.registered_client(id, token).await?;
    judge(document, &known)?;
    let registration = cx.read_registration(document, known.client.extras.initial_access.as_ref())?;
    let asker = Requester { client: Some(&known.client.id), ..caller.asker() };
    cx.fetch_registration_document(&registration, asker).await?;
    let fresh = cx.new_secret();
    for _ in 0..TRIES {
        let (client, secret) = next(cx, &known, registration.clone(), &fresh)?;
        let now = cx.clock.now();
        match cx.stores.replace_client(&client, now).await.map_err(InternalError::from)? {
            ReplacementOutcome::Replaced => {
                cx.record_client_event(AuditKind::ClientReplaced, caller, &client);
                return Ok(ClientInformation {
                    client,
                    secret,
                    registration_token: Secret::new(token.to_owned()),
                });
            }
            ReplacementOutcome::Moved => {
                known = cx.registered_client(id, token).await?;
                judge(document, &known)?;
            }
            ReplacementOutcome::Unknown => return Err(ManagementError::TokenInvalid),
        }
    }
    let busy = crate::ports::store::StoreError::Unavailable(
        "a client's registration changes all the time".to_owned(),
    );
    Err(InternalError::from(busy).into())
}

/// Deletes a client (RFC 7592 §2.3). Its grants end with it.
///
/// # Errors
/// [`ManagementError`].
pub async fn remove(cx: &Context, caller: &Caller, id: &str, token: &str) -> Result<(), ManagementError> {
    let known = cx.registered_client(id, token).await?;
    let client = &known.client;
    cx.stores.remove_client(&client.organization, &client.id).await.map_err(InternalError::from)?;
    cx.record_client_event(AuditKind::ClientRemoved, caller, &known);
    Ok(())
}

/// The replaced client. `fresh` becomes its secret if it had none and needs one.
fn next(
    cx: &Context,
    known: &RegisteredClient,
    registration: Registration,
    fresh: &Secret<String>,
) -> Result<(RegisteredClient, Option<Secret<String>>)> {
    let kept = match &known.client.credentials {
        Credentials::Secret { digest, .. } => Some(digest.clone()),
        Credentials::Public | Credentials::PrivateKey => None,
    };
    let secret = (registration.needs_secret() && kept.is_none()).then(|| fresh.clone());
    let digest = kept.or_else(|| Some(SecretDigest::of(fresh.expose())));
    let (id, organization) = (known.client.id.clone(), known.client.organization.clone());
    let issued = cx.issue_registration(id, organization, digest, known.client.extras.initial_access.clone());
    let (client, metadata) = registration
        .into_client(issued)
        .ok_or(InternalError::Unexpected("a confidential client got no secret"))?;
    let revision = known
        .revision
        .checked_add(1)
        .ok_or(InternalError::Unexpected("a client's revision number overflowed"))?;
    Ok((RegisteredClient { client, metadata, revision, ..known.clone() }, secret))
}

/// Checks what a document must contain and must not, of what we issued (RFC 7592 §2.2).
fn judge(document: &Map<String, Value>, known: &RegisteredClient) -> Result<(), MetadataError> {
    let there = |name: &str| document.get(name).filter(|value| !is_left_out(value));
    if let Some(name) = OURS.into_iter().find(|name| there(name).is_some()) {
        return Err(MetadataError::metadata(name, "must not be sent back"));
    }
    if there("client_id").and_then(Value::as_str) != Some(known.client.id.as_str()) {
        return Err(MetadataError::metadata("client_id", "must be there, and the client's own"));
    }
    let Some(secret) = there("client_secret") else { return Ok(()) };
    match (&known.client.credentials, secret.as_str()) {
        (Credentials::Secret { digest, .. }, Some(secret)) if digest.is_of(secret) => Ok(()),
        _ => Err(MetadataError::metadata("client_secret", "is not the one that was issued")),
    }
}

impl Context {
    /// The client of an id, if the token is its own. For an unknown client the token is compared with a
    /// digest that fits none, so that the timing does not reveal whether the client exists.
    async fn registered_client(&self, id: &str, token: &str) -> Result<RegisteredClient, ManagementError> {
        let id = ClientId::new(id);
        let known = if id.is_dynamic() {
            self.stores.peek_client(&id).await.map_err(InternalError::from)?
        } else {
            None
        };
        let there = |known: &RegisteredClient| {
            !known.is_over(self.clock.now()) && self.policy.organization_of(&known.client).is_some()
        };
        let known = known.filter(there);
        let digest =
            known.as_ref().map_or_else(|| SecretDigest::of(""), |known| known.registration_token.clone());
        let fits = digest.is_of(token);
        let known = known.filter(|_| fits).ok_or(ManagementError::TokenInvalid)?;
        Ok(self.limit_client_to_policy(known))
    }
}
