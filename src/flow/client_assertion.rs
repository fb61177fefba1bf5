//! Client authentication with a key: `private_key_jwt` (RFC 7523, OpenID Connect Core §9).

use std::time::Duration;

use super::client_keys::ClientKeyError;
use super::{Caller, Context, InternalError};
use crate::ports::store::AssertionMemory;
use crate::protocol::budget::Limit;
use crate::protocol::client_assertion::{AssertionRules, ClientAssertion, ClientAssertionError};
use crate::protocol::client_keys::KeySource;
use crate::protocol::id::ClientId;
use crate::protocol::jws::Algorithm;
use crate::protocol::strangers::{ASSERTION_WEIGHT, StrangerAdmission, StrangerClass, StrangerRequest};

/// How many assertions of clients that registered themselves are stored for one client network: three a
/// second.
const PER_NETWORK: Limit = Limit { count: 10_800, window: Duration::from_secs(3600) };

/// Why an assertion is refused. The client gets `invalid_client` (RFC 6749 §5.2) for all but internal errors.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AssertionError {
    /// The assertion breaks a rule of RFC 7523 §3.
    #[error(transparent)]
    Rule(#[from] ClientAssertionError),
    /// The signature is not the client's.
    #[error(transparent)]
    Key(#[from] ClientKeyError),
    /// The assertion was used before (RFC 7523 §3, 7).
    #[error("the client assertion was used before")]
    Replayed,
    /// Too many assertions of clients that registered themselves are stored.
    #[error("too many client assertions are remembered")]
    Limited(Duration),
    #[error(transparent)]
    Internal(#[from] InternalError),
}

impl AssertionError {
    /// The error for the client.
    pub fn shown(&self) -> String {
        match self {
            Self::Key(error) => error.shown(),
            Self::Internal(_) => "the server could not answer".to_owned(),
            other => other.to_string(),
        }
    }

    /// How long to wait when the client's keys were not fetched because of our limits, which is not the
    /// client's fault.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Key(error) => error.retry_after(),
            _ => None,
        }
    }
}

/// The keys that a client registered.
#[derive(Debug, Clone, Copy)]
pub struct RegisteredClientKeys<'a> {
    pub client: &'a ClientId,
    pub keys: &'a KeySource,
    /// `token_endpoint_auth_signing_alg`; `None` for any.
    pub algorithm: Option<Algorithm>,
}

/// Authenticates a client: judges the assertion's claims, verifies its signature, and uses it up. `audiences`
/// are the values that `aud` may have. `kept_for` is the caller to count the stored assertion for, when the
/// client registered itself.
///
/// # Errors
/// [`AssertionError`].
pub async fn authenticate(
    cx: &Context,
    assertion: &ClientAssertion,
    registered: RegisteredClientKeys<'_>,
    audiences: &[&str],
    kept_for: Option<&Caller>,
) -> Result<(), AssertionError> {
    let RegisteredClientKeys { client, keys, algorithm } = registered;
    let once = assertion.judge(&AssertionRules { client, algorithm, audiences, now: cx.clock.now() })?;
    cx.client_keys.verify(client, keys, &assertion.jws).await?;
    if let Some(caller) = kept_for {
        admit(cx, caller).await?;
    }
    let remembered = cx.stores.remember_assertion(&once, cx.clock.now(), cx.new_attempt()).await;
    match remembered.map_err(InternalError::Store)? {
        AssertionMemory::First => Ok(()),
        AssertionMemory::Replayed => Err(AssertionError::Replayed),
    }
}

async fn admit(cx: &Context, caller: &Caller) -> Result<(), AssertionError> {
    let request = StrangerRequest {
        class: StrangerClass::Assertions,
        organization: None,
        from: cx.caller_address(caller),
        weight: Some(ASSERTION_WEIGHT),
        attempt: cx.new_attempt(),
        now: cx.clock.now(),
    };
    let limits = cx.policy.strangers.limits(request.class, PER_NETWORK);
    match cx.stores.admit_stranger(&request, limits).await.map_err(InternalError::Store)? {
        StrangerAdmission::Admitted => Ok(()),
        StrangerAdmission::Limited { retry_after } | StrangerAdmission::Full { retry_after } => {
            Err(AssertionError::Limited(retry_after))
        }
    }
}
