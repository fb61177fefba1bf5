//! Sending a code, for the browser SDK and the sign-in pages.
//!
//! The response and its timing are the same for known, unknown and blocked addresses: all go through every
//! step, and the mailer's own worker decides what a mail says and whether it is sent.

use std::time::Duration;

use super::counted::{CountedSending, admit};
use crate::flow::{Caller, Context, InternalError, Result};
use crate::ports::audit::{AuditEvent, AuditKind};
use crate::ports::mailer::{MailSlot, MailUnavailable};
use crate::ports::store::{ResendCode, SendOutcome};
use crate::protocol::address::EmailAddress;
use crate::protocol::challenge::{CandidateDigests, CodeDelivery, NewChallenge};
use crate::protocol::code::{Code, CodeForm, Reference};
use crate::protocol::end_user::Account;
use crate::protocol::id::{AddressKey, ChallengeId, KnownDeviceId};
use crate::protocol::known_device::KnownDevice;
use crate::protocol::locale::Locale;
use crate::protocol::mac::MacPurpose;
use crate::protocol::mail::{MailSender, MailTheme, OtpMail, SignInPlace};
use crate::protocol::policy::Organization;
use crate::protocol::strangers::CHALLENGE_WEIGHT;
use crate::protocol::time::Timestamp;

/// A permitted request for a code.
pub(in crate::flow) struct CodeRequest<'a> {
    pub(in crate::flow) organization: &'a Organization,
    /// The mail's sender.
    pub(in crate::flow) sender: &'a MailSender,
    /// The mail's appearance.
    pub(in crate::flow) theme: &'a MailTheme,
    /// The place of the sign-in that the mail names.
    pub(in crate::flow) asked_from: SignInPlace,
    pub(in crate::flow) email: EmailAddress,
    pub(in crate::flow) locale: Locale,
    /// The existing challenge, for a resend.
    pub(in crate::flow) challenge: Option<ChallengeId>,
    /// A seed from which a new challenge's id is derived, so that a form that is sent twice opens one
    /// challenge and sends one mail. Without it, every call opens its own.
    pub(in crate::flow) form: Option<FormSeed>,
    /// The known-device value from an earlier sign-in.
    pub(in crate::flow) device: Option<&'a str>,
    /// The number of bytes that the caller stores together with a new challenge. They count towards the
    /// ceiling over all networks.
    pub(in crate::flow) kept_beside: u64,
}

/// 128 secret bits that are the same whenever the same form is sent.
#[derive(Clone, Copy)]
pub(in crate::flow) struct FormSeed(pub(in crate::flow) [u8; 16]);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeSent {
    /// Binds the code to the page that requested it.
    pub challenge_id: ChallengeId,
    /// The reference that the mail shows.
    pub reference: Reference,
    pub form: CodeForm,
    pub expires_in: Duration,
    /// How long until another code may be sent.
    pub resend_in: Duration,
}

/// Why no code was sent to a valid address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeSendError {
    #[error("the next code may not be sent yet")]
    TooSoon(Duration),
    #[error("too many codes were sent for this address, known device, mailbox or network")]
    Limited(Duration),
    /// Too many strangers in all networks together are signing in.
    #[error(
        "too many codes are stored for all networks together (ceiling: strangers.codes or strangers.codes_mib)"
    )]
    Full(Duration),
    /// The relay lacks SMTPUTF8, so no mail can be sent to this address (RFC 6531 §3.2).
    #[error("the mail relay lacks SMTPUTF8, which this address needs (RFC 6531)")]
    Unwritable,
    #[error(transparent)]
    Mail(#[from] MailUnavailable),
    #[error(transparent)]
    Internal(#[from] InternalError),
}

/// Sends a code of a new challenge, or another one of an existing challenge.
pub(in crate::flow) async fn send_code(
    cx: &Context,
    caller: &Caller,
    ask: CodeRequest<'_>,
) -> Result<CodeSent, CodeSendError> {
    let now = cx.clock.now();
    let organization = ask.organization;
    let address_key = cx.account_key(&organization.id, &ask.email).await.map_err(InternalError::from)?;
    let device = ask.device.and_then(|device| known_device(cx, device, &address_key, now));
    if ask.email.needs_smtputf8() && !cx.mailer.takes_smtputf8().await? {
        return Err(CodeSendError::Unwritable);
    }
    // A place in the queue is reserved first, so that nothing is counted for a mail that cannot be sent.
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

struct CheckedCodeRequest<'a> {
    ask: CodeRequest<'a>,
    address_key: AddressKey,
    device: Option<KnownDeviceId>,
    now: Timestamp,
}

struct StoredCode {
    id: ChallengeId,
    sent: CodeDelivery,
    /// The code to mail; `None` when the same form was sent before.
    mail: Option<UnsentCode>,
}

struct UnsentCode {
    code: Code,
    account: Option<Account>,
}

/// The known device of a value that is genuine, for this address, and not expired.
fn known_device(cx: &Context, value: &str, address: &AddressKey, now: Timestamp) -> Option<KnownDeviceId> {
    let (device, tag) = KnownDevice::parse(value)?;
    let genuine = cx.mac_keys.verify(device.mac_key, MacPurpose::KnownDevice, &device.covered(address), &tag);
    (genuine == Ok(true) && !device.is_over(cx.policy.known_device_lifetime, now)).then_some(device.id)
}

/// Stores a code in the page's challenge, or in a new one if that has ended.
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
        attempt: cx.new_attempt(),
        now: asked.now,
    };
    let (limits, sends) = (&cx.policy.codes, &cx.policy.sends);
    let sending =
        cx.stores.open_challenge(&new, &caller.network, limits, sends).await.map_err(InternalError::from)?;
    let settled = stored_code(cx, asked, id, sending, codes, counted).await?;
    settled.ok_or(CodeSendError::Internal(InternalError::Unexpected("a new challenge cannot have ended")))
}

/// Whether the same form opened its challenge before, so that nothing more is stored or counted.
async fn is_repeat(cx: &Context, asked: &CheckedCodeRequest<'_>, id: &ChallengeId) -> Result<bool> {
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
    // The place where the challenge began counts, so that callers cannot create counters by asking from
    // elsewhere.
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
        attempt: cx.new_attempt(),
        now: asked.now,
    };
    let (limits, sends) = (&cx.policy.codes, &cx.policy.sends);
    let sending =
        cx.stores.resend_code(&resend, &from.network, limits, sends).await.map_err(InternalError::from)?;
    stored_code(cx, asked, id, sending, codes, counted).await
}

/// Answers `None` when the challenge has ended and a new one is needed.
async fn stored_code(
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

/// A code in both forms. The store decides which one is sent, because it knows the budget of failed attempts.
fn draw(cx: &Context, id: &ChallengeId, address: &AddressKey) -> Result<(CandidateDigests, DrawnCodes)> {
    let codes =
        DrawnCodes { digits: draw_one(cx, CodeForm::Digits), letters: draw_one(cx, CodeForm::Letters) };
    let digest = |code| cx.code_digest(id, address, code).map_err(|_| InternalError::KeyNotLoadedYet);
    let first = u16::from_be_bytes(cx.random());
    // The references differ in a digit, so that the two live codes of a challenge can be told apart.
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

/// Counts the sending for the organization. Above its ceiling an alarm is raised, but nothing is refused.
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
