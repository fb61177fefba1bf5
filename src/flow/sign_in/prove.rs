//! Trying a code, for the browser SDK and the sign-in pages. The right code proves that its sender reads the
//! mail of an address, which has an account from then on.

use crate::flow::{Caller, Context, InternalError, Result};
use crate::ports::audit::{AuditEvent, AuditKind};
use crate::ports::store::{AddressLookup, AttemptOutcome};
use crate::protocol::challenge::{Challenge, TryCode, TryVerdict};
use crate::protocol::code::{Code, CodeForm, Reference};
use crate::protocol::end_user::{Account, CustomerSeed};
use crate::protocol::id::{AttemptId, ChallengeId, CustomerId, KnownDeviceId, UserId};
use crate::protocol::known_device::KnownDevice;
use crate::protocol::mac::{MacError, MacPurpose};
use crate::protocol::policy::Organization;
use crate::protocol::record::CustomerKey;
use crate::protocol::secret::Secret;
use crate::protocol::time::Timestamp;

pub(in crate::flow) struct TypedCode<'a> {
    pub(in crate::flow) challenge: Option<ChallengeId>,
    pub(in crate::flow) code: &'a Secret<String>,
    /// The reference of the mail with the code, if the page asks for it.
    pub(in crate::flow) reference: Option<&'a str>,
    /// Derives the attempt from the challenge, for a form that may be sent twice; without it every call is a
    /// new attempt.
    pub(in crate::flow) attempt: Option<&'a DeriveAttempt<'a>>,
}

/// Derives an attempt from a form and the challenge as stored.
pub(in crate::flow) type DeriveAttempt<'a> = dyn Fn(&Challenge) -> Result<AttemptId> + Sync + 'a;

/// An end-user who proved to read the mail of an address.
pub(in crate::flow) struct ProvenAddress {
    pub(in crate::flow) account: Account,
    pub(in crate::flow) challenge: ChallengeId,
    pub(in crate::flow) attempt: AttemptId,
    pub(in crate::flow) now: Timestamp,
    /// The value that makes this a known device for the address.
    pub(in crate::flow) device: Secret<String>,
}

/// Why a typed code is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeProofError {
    /// The text cannot be a code of this form; no attempt was counted.
    #[error("the typed code is malformed")]
    CodeMalformed(CodeForm),
    /// The text cannot be a reference; no attempt was counted.
    #[error("the reference of the mail is malformed")]
    ReferenceMalformed,
    #[error("wrong code, {left} attempts left")]
    CodeWrong { left: u32 },
    /// The challenge has expired or is unknown.
    #[error("the challenge expired")]
    ChallengeExpired,
    /// The challenge was used, or its attempts are used up.
    #[error("the challenge was used, or its attempts are used up")]
    ChallengeSpent,
    /// Too many failed attempts were made at this address, so its six-digit codes ended and longer ones
    /// replace them.
    #[error("too many wrong codes were tried at this address, so six-digit codes are no longer accepted")]
    CodeRetired,
    #[error(transparent)]
    Internal(#[from] InternalError),
}

pub(in crate::flow) async fn prove(
    cx: &Context,
    caller: &Caller,
    organization: &Organization,
    typed: &TypedCode<'_>,
) -> Result<ProvenAddress, CodeProofError> {
    let challenge = known_challenge(cx, organization, typed.challenge).await?;
    let attempt = typed.attempt.map_or_else(|| Ok(cx.new_attempt()), |attempt| attempt(&challenge))?;
    let account = redeem(cx, caller, typed, &challenge, attempt).await?;
    let now = cx.clock.now();
    let account = match account {
        Some(account) => account,
        None => first_sign_in(cx, organization, &challenge, now).await?,
    };
    Ok(ProvenAddress {
        account,
        challenge: challenge.id,
        attempt,
        now,
        device: known_device_value(cx, &challenge, now)?,
    })
}

/// The challenge of an id, if it is this organization's; one of another organization counts as unknown.
async fn known_challenge(
    cx: &Context,
    organization: &Organization,
    id: Option<ChallengeId>,
) -> Result<Challenge, CodeProofError> {
    let id = id.ok_or(CodeProofError::ChallengeExpired)?;
    let challenge = cx.stores.peek_challenge(&id).await.map_err(InternalError::from)?;
    challenge
        .filter(|challenge| challenge.organization == organization.id)
        .ok_or(CodeProofError::ChallengeExpired)
}

/// Tries the code atomically; answers the address's account if the code was right.
async fn redeem(
    cx: &Context,
    caller: &Caller,
    typed: &TypedCode<'_>,
    challenge: &Challenge,
    attempt: AttemptId,
) -> Result<Option<Account>, CodeProofError> {
    let code = Code::parse(challenge.form, typed.code.expose())
        .ok_or(CodeProofError::CodeMalformed(challenge.form))?;
    let reference = match typed.reference {
        None => None,
        Some(text) => Some(Reference::parse(text).ok_or(CodeProofError::ReferenceMalformed)?),
    };
    let digest =
        cx.code_digest(&challenge.id, &challenge.address_key, &code).map_err(|error| match error {
            MacError::UnknownKey => CodeProofError::ChallengeExpired,
            MacError::NotLoadedYet => InternalError::KeyNotLoadedYet.into(),
        })?;
    let try_ = TryCode { digest, reference, attempt, now: cx.clock.now() };
    let judged =
        cx.stores.try_code(&challenge.id, &try_, &cx.policy.codes).await.map_err(InternalError::from)?;
    let AttemptOutcome::Judged { verdict, account, budget_used_up } = judged else {
        return Err(CodeProofError::ChallengeExpired);
    };
    if budget_used_up {
        cx.audit.record(&AuditEvent {
            kind: AuditKind::FailureBudgetUsedUp,
            request_id: &caller.request_id,
            organization: &challenge.organization,
            user: None,
            client: None,
            sid: None,
            network: Some(&caller.network),
        });
    }
    match verdict {
        TryVerdict::Accepted => Ok(account),
        TryVerdict::Wrong { left } => Err(CodeProofError::CodeWrong { left }),
        TryVerdict::Expired => Err(CodeProofError::ChallengeExpired),
        TryVerdict::Spent => Err(CodeProofError::ChallengeSpent),
        TryVerdict::Retired => Err(CodeProofError::CodeRetired),
    }
}

/// Creates the account of an address. Of concurrent first sign-ins one creates it and the others find it.
async fn first_sign_in(
    cx: &Context,
    organization: &Organization,
    challenge: &Challenge,
    now: Timestamp,
) -> Result<Account> {
    let customer = if organization.create_customer {
        let number = cx.stores.next_customer_number(&organization.id).await?;
        Some(CustomerSeed { id: CustomerId::from_random(&cx.random()), number })
    } else {
        None
    };
    let proposed = Account {
        user: UserId::from_random(&cx.random()),
        organization: organization.id.clone(),
        email: challenge.email.clone(),
        customer,
        created_at: now,
    };
    let claim = cx.stores.ensure_account(&challenge.address_key, &proposed).await?;
    if let AddressLookup::Created(Account { customer: Some(customer), .. }) = &claim {
        // Nothing can be stored about a new customer yet, and if this fails an import creates the place.
        let key = CustomerKey { organization: organization.id.clone(), customer: customer.id.clone() };
        cx.stores.assign_customer(&key, &proposed.user).await?;
    }
    Ok(claim.into_account())
}

/// The value that makes this a known device for the address. It keeps the device's id and renews its
/// lifetime.
fn known_device_value(cx: &Context, challenge: &Challenge, now: Timestamp) -> Result<Secret<String>> {
    let device = KnownDevice {
        mac_key: cx.mac_keys.active(),
        id: challenge.device.unwrap_or_else(|| KnownDeviceId::new(cx.random())),
        issued_at: now,
    };
    let covered = device.covered(&challenge.address_key);
    let tag = cx.mac_keys.mac(device.mac_key, MacPurpose::KnownDevice, &covered);
    let tag = tag.map_err(|_| InternalError::Unexpected("the active MAC key is missing"))?;
    Ok(Secret::new(device.encode(&tag)))
}
