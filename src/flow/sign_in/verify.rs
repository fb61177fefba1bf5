//! `otp/verify`: the right code becomes a session.

use crate::flow::tokens::TokenPair;
use crate::flow::{Caller, Context, Fault};
use crate::ports::audit::{AuditEvent, AuditKind};
use crate::ports::store::{Attempt, Claim, Holder};
use crate::protocol::challenge::{Challenge, TryCode, TryVerdict};
use crate::protocol::code::{Code, CodeForm, Reference};
use crate::protocol::device::Device;
use crate::protocol::end_user::{Account, CustomerSeed, EndUser};
use crate::protocol::grant::{Channel, Generation, Grant, refresh_expiry};
use crate::protocol::id::{AttemptId, ChallengeId, CustomerId, DeviceId, UserId};
use crate::protocol::mac::{MacError, MacPurpose};
use crate::protocol::origin::Origin;
use crate::protocol::policy::{Organization, OriginVerdict};
use crate::protocol::refresh_token::RefreshToken;
use crate::protocol::scope::Scope;
use crate::protocol::secret::Secret;
use crate::protocol::time::Timestamp;

/// A code that was typed.
#[derive(Debug, Clone)]
pub struct VerifyRequest {
    /// The organization's public key.
    pub public_key: String,
    /// The challenge that the page got when it asked.
    pub challenge_id: String,
    /// The code, as typed.
    pub code: Secret<String>,
    /// The reference of the mail that it was read in, when the page asks for it.
    pub reference: Option<String>,
    /// The page's origin.
    pub origin: Option<Origin>,
}

/// A customer who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The tokens.
    pub tokens: TokenPair,
    /// The end-user.
    pub end_user: EndUser,
    /// The device value to keep for the next sign-in.
    pub device: Secret<String>,
}

/// Why nobody is signed in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// No organization has this public key, or no longer.
    #[error("unknown public key")]
    PublicKeyUnknown,
    /// The page is not one of the organization's.
    #[error("the origin is not allowed")]
    OriginRefused,
    /// What was typed cannot be a code of this form; no attempt was counted.
    #[error("not formed like a code")]
    CodeMalformed(CodeForm),
    /// What was sent as a reference cannot be one; no attempt was counted.
    #[error("not formed like a reference")]
    ReferenceMalformed,
    /// The code was wrong.
    #[error("wrong code, {left} attempts left")]
    CodeWrong {
        /// The attempts that this challenge has left.
        left: u32,
    },
    /// The challenge died, or nobody knows it.
    #[error("the challenge expired")]
    ChallengeExpired,
    /// The challenge was used, or its attempts are used up.
    #[error("the challenge is spent")]
    ChallengeSpent,
    /// Too many failed attempts at this address: its six-digit codes ended, longer ones come instead.
    #[error("the code was retired")]
    CodeRetired,
    /// Our own fault.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Signs a customer in with a code.
///
/// # Errors
/// [`VerifyError`].
pub async fn verify(cx: &Context, caller: &Caller, request: &VerifyRequest) -> Result<SignedIn, VerifyError> {
    let organization = cx.policy.by_public_key(&request.public_key).ok_or(VerifyError::PublicKeyUnknown)?;
    if matches!(organization.judge(request.origin.as_ref()), OriginVerdict::Refused) {
        return Err(VerifyError::OriginRefused);
    }
    let challenge = known_challenge(cx, organization, &request.challenge_id).await?;
    let attempt = cx.attempt();
    let account = redeem(cx, caller, request, &challenge, attempt).await?;
    let now = cx.clock.now();
    let account = match account {
        Some(account) => account,
        None => first_sign_in(cx, organization, &challenge, now).await?,
    };
    let (end_user, token, grant) = open_session(cx, caller, organization, &account, attempt, now).await?;
    cx.record(AuditKind::SignedIn, caller, &grant);
    let holder = Holder {
        email: end_user.email.as_typed().to_owned(),
        customer: end_user.customer.as_ref().map(|customer| customer.id.clone()),
    };
    let tokens = cx.mint(&token, &grant, &holder, now)?;
    let device = device_value(cx, &challenge, now)?;
    Ok(SignedIn { tokens, end_user, device })
}

/// The challenge of an id, if it is this organization's. One of another's is as good as unknown.
async fn known_challenge(
    cx: &Context,
    organization: &Organization,
    id: &str,
) -> Result<Challenge, VerifyError> {
    let id = ChallengeId::parse(id).ok_or(VerifyError::ChallengeExpired)?;
    let challenge = cx.stores.peek_challenge(&id).await.map_err(Fault::from)?;
    challenge
        .filter(|challenge| challenge.organization == organization.id)
        .ok_or(VerifyError::ChallengeExpired)
}

/// Tries the code, once and atomically; answers the address's account when it was right.
async fn redeem(
    cx: &Context,
    caller: &Caller,
    request: &VerifyRequest,
    challenge: &Challenge,
    attempt: AttemptId,
) -> Result<Option<Account>, VerifyError> {
    let code = Code::parse(challenge.form, request.code.expose())
        .ok_or(VerifyError::CodeMalformed(challenge.form))?;
    let reference = match request.reference.as_deref() {
        None => None,
        Some(text) => Some(Reference::parse(text).ok_or(VerifyError::ReferenceMalformed)?),
    };
    let digest = cx.digest(&challenge.id, &challenge.address_key, &code).map_err(|error| match error {
        MacError::UnknownKey => VerifyError::ChallengeExpired,
        MacError::NotLoadedYet => Fault::KeyNotLoadedYet.into(),
    })?;
    let try_ = TryCode { digest, reference, attempt, now: cx.clock.now() };
    let judged = cx.stores.try_code(&challenge.id, &try_, &cx.policy.codes).await.map_err(Fault::from)?;
    let Attempt::Judged { verdict, account, budget_used_up } = judged else {
        return Err(VerifyError::ChallengeExpired);
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
        TryVerdict::Wrong { left } => Err(VerifyError::CodeWrong { left }),
        TryVerdict::Expired => Err(VerifyError::ChallengeExpired),
        TryVerdict::Spent => Err(VerifyError::ChallengeSpent),
        TryVerdict::Retired => Err(VerifyError::CodeRetired),
    }
}

/// Makes the account of an address. Of two first sign-ins at once one makes it and the other finds it.
async fn first_sign_in(
    cx: &Context,
    organization: &Organization,
    challenge: &Challenge,
    now: Timestamp,
) -> Result<Account, Fault> {
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
    Ok(cx.stores.claim_address(&challenge.address_key, &proposed).await.map(Claim::into_account)?)
}

/// Opens the grant of the browser SDK.
async fn open_session(
    cx: &Context,
    caller: &Caller,
    organization: &Organization,
    account: &Account,
    attempt: AttemptId,
    now: Timestamp,
) -> Result<(EndUser, RefreshToken, Grant), Fault> {
    let token = RefreshToken {
        mac_key: cx.mac_keys.active(),
        bucket: cx.subject_bucket(&account.user),
        secret: cx.random(),
        generation: Generation::FIRST,
    };
    let session_end = now.plus(organization.session_duration);
    let grant = Grant {
        sid: token.sid(),
        organization: organization.id.clone(),
        user: account.user.clone(),
        client: organization.dom_client.clone(),
        channel: Channel::Dom,
        scope: Scope::client_api(),
        auth_time: now,
        generation: Generation::FIRST,
        rotated_at: now,
        previous_rotated_at: now,
        mac_key: token.mac_key,
        seen: false,
        last_attempt: attempt,
        last_network: caller.network.clone(),
        expires_at: refresh_expiry(now, cx.policy.rotation.lifetime, session_end),
        session_end,
        revoked_at: None,
        jkt: None,
    };
    let end_user = cx.stores.open_grant(account, &grant).await?;
    Ok((end_user, token, grant))
}

/// The value that makes this device known for this address; it keeps the device's id and begins its life anew.
fn device_value(cx: &Context, challenge: &Challenge, now: Timestamp) -> Result<Secret<String>, Fault> {
    let device = Device {
        mac_key: cx.mac_keys.active(),
        id: challenge.device.unwrap_or_else(|| DeviceId::new(cx.random())),
        issued_at: now,
    };
    let covered = device.covered(&challenge.address_key);
    let tag = cx.mac_keys.mac(device.mac_key, MacPurpose::Device, &covered);
    let tag = tag.map_err(|_| Fault::Mint("the active MAC key is gone"))?;
    Ok(Secret::new(device.encode(&tag)))
}
