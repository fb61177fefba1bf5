//! Sending a code: what the browser SDK and the sign-in pages have in common.
//!
//! The answer is the same, in the same time, for known, unknown and blocked addresses: all of them take every
//! step, and what a mail says and whether it is sent is decided by the mailer's own worker.

use std::time::Duration;

use super::counted::{CountedSending, admit};
use crate::flow::{Caller, Context, InternalError};
use crate::ports::audit::{AuditEvent, AuditKind};
use crate::ports::mailer::{MailSlot, MailUnavailable};
use crate::ports::store::{ResendCode, SendOutcome};
use crate::protocol::address::EmailAddress;
use crate::protocol::challenge::{CandidateDigests, CodeDelivery, NewChallenge};
use crate::protocol::code::{Code, CodeForm, Reference};
use crate::protocol::device::Device;
use crate::protocol::end_user::Account;
use crate::protocol::id::{AddressKey, ChallengeId, DeviceId};
use crate::protocol::locale::Locale;
use crate::protocol::mac::MacPurpose;
use crate::protocol::mail::{MailSender, MailTheme, OtpMail, SignInPlace};
use crate::protocol::policy::Organization;
use crate::protocol::strangers::CHALLENGE_WEIGHT;
use crate::protocol::time::Timestamp;

/// A code that is asked for by somebody who may.
pub(in crate::flow) struct CodeRequest<'a> {
    /// The tenant.
    pub(in crate::flow) organization: &'a Organization,
    /// Who the mail comes from.
    pub(in crate::flow) sender: &'a MailSender,
    /// How it looks.
    pub(in crate::flow) theme: &'a MailTheme,
    /// What it says of where it was asked for.
    pub(in crate::flow) asked_from: SignInPlace,
    pub(in crate::flow) email: EmailAddress,
    /// The language of the mail.
    pub(in crate::flow) locale: Locale,
    /// The challenge that there is already: then this is a resend.
    pub(in crate::flow) challenge: Option<ChallengeId>,
    /// Names the form that asks. A new challenge gets its id from that, so that the form sent twice opens one and sends
    /// one mail; without it every call opens its own.
    pub(in crate::flow) form: Option<FormSeed>,
    /// The device value that is kept from a sign-in before.
    pub(in crate::flow) device: Option<&'a str>,
    /// How many bytes the caller keeps in the store beside the challenge when a new one is opened. They count for the
    /// ceiling over all networks.
    pub(in crate::flow) kept_beside: u64,
}

/// 128 bits that only we know, and that are the same whenever the same form is sent.
#[derive(Clone, Copy)]
pub(in crate::flow) struct FormSeed(pub(in crate::flow) [u8; 16]);

/// What is needed to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeSent {
    /// Binds the code to the page that asked.
    pub challenge_id: ChallengeId,
    /// The mail's visible reference.
    pub reference: Reference,
    pub form: CodeForm,
    /// How long the code lives.
    pub expires_in: Duration,
    /// How long until it may be sent again.
    pub resend_in: Duration,
}

/// Why no code was sent to an address that is one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeSendError {
    /// The next resend is not due yet.
    #[error("the next code may not be sent yet")]
    TooSoon(Duration),
    /// Too many codes were asked for.
    #[error("a limit of sendings is reached")]
    Limited(Duration),
    /// Too many strangers, in all networks together, are signing in.
    #[error("the ceiling of what is stored for strangers is reached: strangers.codes or strangers.codes_mib")]
    Full(Duration),
    /// The relay lacks SMTPUTF8, which this address needs (RFC 6531 §3.2): no mail can be sent to it.
    #[error("the mail relay lacks SMTPUTF8, which this address needs (RFC 6531)")]
    Unwritable,
    /// No mail can be taken.
    #[error(transparent)]
    Mail(#[from] MailUnavailable),
    /// Our own fault.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

/// Sends a code, or another one of the same challenge.
pub(in crate::flow) async fn send_code(
    cx: &Context,
    caller: &Caller,
    ask: CodeRequest<'_>,
) -> Result<CodeSent, CodeSendError> {
    let now = cx.clock.now();
    let organization = ask.organization;
    let address_key = cx.key_of(&organization.id, &ask.email).await.map_err(InternalError::from)?;
    let device = ask.device.and_then(|device| known_device(cx, device, &address_key, now));
    if ask.email.needs_smtputf8() && !cx.mailer.takes_smtputf8().await? {
        return Err(CodeSendError::Unwritable);
    }
    // The place in the queue comes first: nothing is counted for a mail that cannot be sent.
    let slot = cx.mailer.reserve()?;
    let asked = CheckedCodeRequest { ask, address_key, device, now };
    let stored = store_code(cx, caller, &asked).await?;
    let answer = CodeSent {
        challenge_id: stored.id,
        reference: stored.sent.reference.clone(),
        form: stored.sent.form,
        expires_in: cx.policy.codes.lifetime,
        resend_in: stored.sent.next_send_at.since(now),
    };
    if let Some(mail) = stored.mail {
        raise_alarm(cx, caller, organization, now).await?;
        submit(cx, caller, slot, asked.ask, stored.sent, mail);
    }
    Ok(answer)
}

/// What was asked, checked.
struct CheckedCodeRequest<'a> {
    ask: CodeRequest<'a>,
    address_key: AddressKey,
    device: Option<DeviceId>,
    now: Timestamp,
}

/// A code that the store has.
struct StoredCode {
    id: ChallengeId,
    sent: CodeDelivery,
    /// What is to be mailed; nothing when the same form was sent before.
    mail: Option<UnsentCode>,
}

/// A code that has not been mailed yet, and the account of its address.
struct UnsentCode {
    code: Code,
    account: Option<Account>,
}

/// The device of a genuine value that is for this address and not too old.
fn known_device(cx: &Context, value: &str, address: &AddressKey, now: Timestamp) -> Option<DeviceId> {
    let (device, tag) = Device::parse(value)?;
    let genuine = cx.mac_keys.verify(device.mac_key, MacPurpose::Device, &device.covered(address), &tag);
    (genuine == Ok(true) && !device.is_over(cx.policy.device_lifetime, now)).then_some(device.id)
}

/// Stores a code under the page's challenge, or under a new one when that has come to its end.
async fn store_code(
    cx: &Context,
    caller: &Caller,
    asked: &CheckedCodeRequest<'_>,
) -> Result<StoredCode, CodeSendError> {
    if let Some(id) = asked.ask.challenge
        && let Some(stored) = resend(cx, caller, id, asked).await?
    {
        return Ok(stored);
    }
    let unique = asked.ask.form.map_or_else(|| cx.random(), |FormSeed(seed)| seed);
    let id = ChallengeId::new(cx.mac_keys.active(), asked.address_key.bucket(), &unique);
    let from = cx.caller_address(caller);
    let counted = if asked.device.is_some() || is_repeat(cx, asked, &id).await? {
        None
    } else {
        let email = u64::try_from(asked.ask.email.as_typed().len()).unwrap_or(u64::MAX);
        let weight = CHALLENGE_WEIGHT.saturating_add(email).saturating_add(asked.ask.kept_beside);
        Some(admit(cx, &asked.ask, from.clone(), Some(weight), asked.now).await?)
    };
    let (candidates, codes) = draw(cx, &id, &asked.address_key)?;
    let new = NewChallenge {
        id,
        organization: asked.ask.organization.id.clone(),
        address_key: asked.address_key,
        email: asked.ask.email.clone(),
        device: asked.device,
        from: Some(from),
        candidates,
        attempt: cx.attempt(),
        now: asked.now,
    };
    let (limits, sends) = (&cx.policy.codes, &cx.policy.sends);
    let sending =
        cx.stores.open_challenge(&new, &caller.network, limits, sends).await.map_err(InternalError::from)?;
    let settled = settle(cx, asked, id, sending, codes, counted).await?;
    settled.ok_or(CodeSendError::Internal(InternalError::Unexpected("a new challenge cannot have ended")))
}

/// Whether the same form opened its challenge before: then nothing more is stored, and nothing counted.
async fn is_repeat(
    cx: &Context,
    asked: &CheckedCodeRequest<'_>,
    id: &ChallengeId,
) -> Result<bool, InternalError> {
    Ok(asked.ask.form.is_some() && cx.stores.peek_challenge(id).await?.is_some())
}

async fn resend(
    cx: &Context,
    caller: &Caller,
    id: ChallengeId,
    asked: &CheckedCodeRequest<'_>,
) -> Result<Option<StoredCode>, CodeSendError> {
    let Ok((candidates, codes)) = draw(cx, &id, &asked.address_key) else { return Ok(None) };
    let known = cx.stores.peek_challenge(&id).await.map_err(InternalError::from)?;
    let organization = &asked.ask.organization.id;
    let known = known.filter(|known| {
        let goes_on = asked.device.is_some() || known.goes_on(&cx.policy.codes, asked.now);
        (&known.organization, known.address_key) == (organization, asked.address_key) && goes_on
    });
    let Some(known) = known else { return Ok(None) };
    // Where the challenge began, not where the caller is now: nobody makes more counters by asking from elsewhere.
    let from = known.from.unwrap_or_else(|| cx.caller_address(caller));
    let counted = match asked.device {
        Some(_) => None,
        None => Some(admit(cx, &asked.ask, from.clone(), None, asked.now).await?),
    };
    let resend = ResendCode {
        id,
        organization: organization.clone(),
        address_key: asked.address_key,
        candidates,
        attempt: cx.attempt(),
        now: asked.now,
    };
    let (limits, sends) = (&cx.policy.codes, &cx.policy.sends);
    let sending =
        cx.stores.resend_code(&resend, &from.network, limits, sends).await.map_err(InternalError::from)?;
    settle(cx, asked, id, sending, codes, counted).await
}

/// `None` when the challenge has come to its end and a new one is needed.
async fn settle(
    cx: &Context,
    asked: &CheckedCodeRequest<'_>,
    id: ChallengeId,
    sending: SendOutcome,
    codes: DrawnCodes,
    counted: Option<CountedSending>,
) -> Result<Option<StoredCode>, CodeSendError> {
    if let Some(counted) = counted
        && !matches!(sending, SendOutcome::Sent { .. })
    {
        counted.take_back(cx, &asked.ask.organization.id).await;
    }
    match sending {
        SendOutcome::Sent { sent, account } => {
            let code = match sent.form {
                CodeForm::Digits => codes.digits,
                CodeForm::Letters => codes.letters,
            };
            Ok(Some(StoredCode { id, sent, mail: Some(UnsentCode { code, account }) }))
        }
        SendOutcome::Repeated { sent } => Ok(Some(StoredCode { id, sent, mail: None })),
        SendOutcome::TooSoon { retry_after } => Err(CodeSendError::TooSoon(retry_after)),
        SendOutcome::Limited { retry_after } => Err(CodeSendError::Limited(retry_after)),
        SendOutcome::Expired | SendOutcome::Spent => Ok(None),
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
) -> Result<(CandidateDigests, DrawnCodes), InternalError> {
    let codes =
        DrawnCodes { digits: draw_one(cx, CodeForm::Digits), letters: draw_one(cx, CodeForm::Letters) };
    let digest = |code| cx.digest(id, address, code).map_err(|_| InternalError::KeyNotLoadedYet);
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
) -> Result<(), CodeSendError> {
    let ceiling = cx.policy.sends.organization_alarm;
    if cx.stores.count_organization(&organization.id, ceiling, now).await.map_err(InternalError::from)? {
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
    slot: Box<dyn MailSlot>,
    ask: CodeRequest<'_>,
    sent: CodeDelivery,
    UnsentCode { code, account }: UnsentCode,
) {
    slot.submit(OtpMail {
        suppressed: ask.organization.blocks(&ask.email),
        to: account.map_or(ask.email, |account| account.email),
        sender: ask.sender.clone(),
        theme: ask.theme.clone(),
        locale: ask.locale,
        organization: ask.organization.name.clone(),
        asked_from: ask.asked_from,
        code,
        reference: sent.reference,
        sent_at: sent.sent_at,
        dies_at: sent.sent_at.plus(cx.policy.codes.lifetime),
        request_id: caller.request_id.clone(),
    });
}
