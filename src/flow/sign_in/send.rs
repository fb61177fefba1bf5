//! `otp/send`: a code goes to an address.
//!
//! The answer is the same, in the same time, for known, unknown and blocked addresses: all of them take every
//! step, and what a mail says and whether it is sent is decided by the mailer's own worker.

use std::time::Duration;

use crate::flow::{Caller, Context, Fault};
use crate::ports::audit::{AuditEvent, AuditKind};
use crate::ports::mailer::{MailSlot, MailUnavailable};
use crate::ports::store::{Admission, ResendCode, Sending};
use crate::protocol::address::{AddressError, EmailAddress};
use crate::protocol::challenge::{CandidateDigests, NewChallenge, Sent};
use crate::protocol::code::{Code, CodeForm, Reference};
use crate::protocol::device::Device;
use crate::protocol::end_user::Account;
use crate::protocol::id::{AddressKey, ChallengeId, DeviceId};
use crate::protocol::locale::Locale;
use crate::protocol::mac::MacPurpose;
use crate::protocol::mail::{MailSender, MailTheme, OtpMail};
use crate::protocol::origin::Origin;
use crate::protocol::policy::{Organization, OriginVerdict};
use crate::protocol::time::Timestamp;

/// A code that is asked for.
#[derive(Debug, Clone)]
pub struct SendRequest {
    /// The organization's public key.
    pub public_key: String,
    /// The address, as typed.
    pub email: String,
    /// The language of the mail.
    pub locale: Locale,
    /// The challenge that the page has already: then this is a resend.
    pub challenge_id: Option<String>,
    /// The device value that the page keeps from a sign-in before.
    pub device: Option<String>,
    /// The page's origin.
    pub origin: Option<Origin>,
}

/// What the page needs to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeSent {
    /// Binds the code to the page that asked.
    pub challenge_id: ChallengeId,
    /// The mail's visible reference.
    pub reference: Reference,
    /// The form of the code.
    pub form: CodeForm,
    /// How long the code lives.
    pub expires_in: Duration,
    /// How long until it may be sent again.
    pub resend_in: Duration,
}

/// Why no code was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// No organization has this public key, or no longer.
    #[error("unknown public key")]
    PublicKeyUnknown,
    /// The page is not one of the organization's.
    #[error("the origin is not allowed")]
    OriginRefused,
    /// The address is not one.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The next resend is not due yet.
    #[error("the next code may not be sent yet")]
    TooSoon(Duration),
    /// Too many codes were asked for.
    #[error("a limit of sendings is reached")]
    Limited(Duration),
    /// No mail can be taken.
    #[error(transparent)]
    Mail(#[from] MailUnavailable),
    /// Our own fault.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Sends a code, or another one of the same challenge.
///
/// # Errors
/// [`SendError`].
pub async fn send(cx: &Context, caller: &Caller, request: &SendRequest) -> Result<CodeSent, SendError> {
    let organization = cx.policy.by_public_key(&request.public_key).ok_or(SendError::PublicKeyUnknown)?;
    let (sender, theme) = match organization.judge(request.origin.as_ref()) {
        OriginVerdict::Domain(domain) => (&domain.sender, &domain.theme),
        OriginVerdict::NoPage => (&organization.sender, &organization.theme),
        OriginVerdict::Refused => return Err(SendError::OriginRefused),
    };
    let email = EmailAddress::parse(&request.email)?;
    let now = cx.clock.now();
    let address_key = cx.address_key(&organization.id, email.normalized());
    let device = request.device.as_deref().and_then(|device| known_device(cx, device, &address_key, now));
    // The place in the queue comes first: nothing is counted for a mail that cannot be sent.
    let slot = cx.mailer.reserve()?;
    if device.is_none() {
        admit_network(cx, caller, organization, now).await?;
    }
    let asked = Asked { organization, email, address_key, device, now };
    let stored = store_code(cx, caller, request, &asked).await?;
    raise_alarm(cx, caller, organization, now).await?;
    Ok(submit(cx, caller, request, slot, asked, stored, (sender, theme)))
}

/// What was asked, checked.
struct Asked<'a> {
    organization: &'a Organization,
    email: EmailAddress,
    address_key: AddressKey,
    device: Option<DeviceId>,
    now: Timestamp,
}

/// A code that the store has.
struct Stored {
    id: ChallengeId,
    sent: Sent,
    account: Option<Account>,
    code: Code,
}

/// The device of a genuine value that is for this address and not too old.
fn known_device(cx: &Context, value: &str, address: &AddressKey, now: Timestamp) -> Option<DeviceId> {
    let (device, tag) = Device::parse(value)?;
    let genuine = cx.mac_keys.verify(device.mac_key, MacPurpose::Device, &device.covered(address), &tag);
    (genuine == Ok(true) && !device.is_over(cx.policy.device_lifetime, now)).then_some(device.id)
}

async fn admit_network(
    cx: &Context,
    caller: &Caller,
    organization: &Organization,
    now: Timestamp,
) -> Result<(), SendError> {
    let limit = cx.policy.sends.per_network;
    let admission = cx.stores.admit_network(&organization.id, &caller.network, limit, now).await;
    match admission.map_err(Fault::from)? {
        Admission::Admitted => Ok(()),
        Admission::Limited { retry_after } => Err(SendError::Limited(retry_after)),
    }
}

/// Stores a code under the page's challenge, or under a new one when that has come to its end.
async fn store_code(
    cx: &Context,
    caller: &Caller,
    request: &SendRequest,
    asked: &Asked<'_>,
) -> Result<Stored, SendError> {
    if let Some(id) = request.challenge_id.as_deref().and_then(ChallengeId::parse)
        && let Some(stored) = resend(cx, caller, id, asked).await?
    {
        return Ok(stored);
    }
    let id = ChallengeId::new(cx.mac_keys.active(), asked.address_key.bucket(), &cx.random());
    let (candidates, codes) = draw(cx, &id, &asked.address_key)?;
    let new = NewChallenge {
        id,
        organization: asked.organization.id.clone(),
        address_key: asked.address_key,
        email: asked.email.clone(),
        device: asked.device,
        candidates,
        attempt: cx.attempt(),
        now: asked.now,
    };
    let (limits, sends) = (&cx.policy.codes, &cx.policy.sends);
    let sending =
        cx.stores.open_challenge(&new, &caller.network, limits, sends).await.map_err(Fault::from)?;
    settle(id, sending, codes)?.ok_or(SendError::Fault(Fault::Mint("a new challenge cannot have ended")))
}

async fn resend(
    cx: &Context,
    caller: &Caller,
    id: ChallengeId,
    asked: &Asked<'_>,
) -> Result<Option<Stored>, SendError> {
    let Ok((candidates, codes)) = draw(cx, &id, &asked.address_key) else { return Ok(None) };
    let resend = ResendCode {
        id,
        organization: asked.organization.id.clone(),
        address_key: asked.address_key,
        candidates,
        attempt: cx.attempt(),
        now: asked.now,
    };
    let (limits, sends) = (&cx.policy.codes, &cx.policy.sends);
    let sending =
        cx.stores.resend_code(&resend, &caller.network, limits, sends).await.map_err(Fault::from)?;
    settle(id, sending, codes)
}

/// `None` when the challenge has come to its end and a new one is needed.
fn settle(id: ChallengeId, sending: Sending, codes: DrawnCodes) -> Result<Option<Stored>, SendError> {
    match sending {
        Sending::Sent { sent, account } => {
            let code = match sent.form {
                CodeForm::Digits => codes.digits,
                CodeForm::Letters => codes.letters,
            };
            Ok(Some(Stored { id, sent, account, code }))
        }
        Sending::TooSoon { retry_after } => Err(SendError::TooSoon(retry_after)),
        Sending::Limited { retry_after } => Err(SendError::Limited(retry_after)),
        Sending::Expired | Sending::Spent => Ok(None),
    }
}

struct DrawnCodes {
    digits: Code,
    letters: Code,
}

/// A code in both forms: which one is sent is decided by the store, where the budget of failures is known.
fn draw(
    cx: &Context,
    id: &ChallengeId,
    address: &AddressKey,
) -> Result<(CandidateDigests, DrawnCodes), Fault> {
    let codes =
        DrawnCodes { digits: draw_one(cx, CodeForm::Digits), letters: draw_one(cx, CodeForm::Letters) };
    let digest = |code| cx.digest(id, address, code).map_err(|_| Fault::KeyNotLoadedYet);
    let first = u16::from_be_bytes(cx.random());
    // Another digit, so another reference: the two live codes of a challenge are always told apart.
    let references = [Reference::from_random(first), Reference::from_random(first ^ 1)];
    let candidates =
        CandidateDigests { digits: digest(&codes.digits)?, letters: digest(&codes.letters)?, references };
    Ok((candidates, codes))
}

fn draw_one(cx: &Context, form: CodeForm) -> Code {
    loop {
        if let Some(code) = Code::from_random(form, u64::from_be_bytes(cx.random())) {
            return code;
        }
    }
}

/// Counts the sending for the organization; past its ceiling an alarm is raised, nothing is refused.
async fn raise_alarm(
    cx: &Context,
    caller: &Caller,
    organization: &Organization,
    now: Timestamp,
) -> Result<(), SendError> {
    let ceiling = cx.policy.sends.organization_alarm;
    if cx.stores.count_organization(&organization.id, ceiling, now).await.map_err(Fault::from)? {
        cx.audit.record(&AuditEvent {
            kind: AuditKind::SendCeilingPassed,
            request_id: &caller.request_id,
            organization: &organization.id,
            user: None,
            client: None,
            sid: None,
            network: Some(&caller.network),
        });
    }
    Ok(())
}

fn submit(
    cx: &Context,
    caller: &Caller,
    request: &SendRequest,
    slot: Box<dyn MailSlot>,
    asked: Asked<'_>,
    stored: Stored,
    (sender, theme): (&MailSender, &MailTheme),
) -> CodeSent {
    let lifetime = cx.policy.codes.lifetime;
    let host = request.origin.as_ref().and_then(Origin::host);
    let answer = CodeSent {
        challenge_id: stored.id,
        reference: stored.sent.reference.clone(),
        form: stored.sent.form,
        expires_in: lifetime,
        resend_in: stored.sent.next_send_at.since(asked.now),
    };
    slot.submit(OtpMail {
        suppressed: asked.organization.blocks(&asked.email),
        to: stored.account.map_or(asked.email, |account| account.email),
        sender: sender.clone(),
        theme: theme.clone(),
        locale: request.locale,
        organization: asked.organization.name.clone(),
        asked_from: host.unwrap_or(&asked.organization.name).to_owned(),
        code: stored.code,
        reference: stored.sent.reference,
        sent_at: stored.sent.sent_at,
        dies_at: stored.sent.sent_at.plus(lifetime),
        request_id: caller.request_id.clone(),
    });
    answer
}
