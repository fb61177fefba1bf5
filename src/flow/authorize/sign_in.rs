//! Signing in on the pages: an address, then the code that was sent there.

use super::view::{Page, View, onward};
use super::{Asked, Current, StepError};
use crate::flow::browser::{Form, Keep, Kept};
use crate::flow::sign_in::code::{Ask, CodeSent, NotSent, send_code};
use crate::flow::sign_in::prove::{NotProven, Proven, Typed, prove};
use crate::flow::{Caller, Context, Fault};
use crate::ports::audit::AuditKind;
use crate::ports::store::Standing;
use crate::protocol::address::{AddressError, EmailAddress};
use crate::protocol::authorization::Next;
use crate::protocol::id::{ChallengeId, SsoId};
use crate::protocol::interaction::{CodeSentTo, Stage};
use crate::protocol::locale::Locale;
use crate::protocol::opaque::Opaque;
use crate::protocol::secret::Secret;
use crate::protocol::sso::SsoSession;

/// Why a sign-in does not go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// What was typed is no address.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// It is one, but no code was sent.
    #[error(transparent)]
    NotSent(#[from] NotSent),
    /// The code proves nothing.
    #[error(transparent)]
    NotProven(#[from] NotProven),
    /// The step is not taken at all.
    #[error(transparent)]
    Step(#[from] StepError),
}

/// A code goes to the address that was typed. Typed again, it leads to the code that is on its way.
///
/// # Errors
/// [`SignInError`].
pub async fn address<'a>(
    cx: &'a Context,
    caller: &Caller,
    asked: Asked<'a>,
    token: &str,
    typed: &str,
    locale: Locale,
) -> Result<View<'a>, SignInError> {
    let current = cx.current(asked).await?;
    cx.check_form(&current, token, Form::SignIn)?;
    let email = EmailAddress::parse(typed.trim())?;
    let sent = current.interaction.stage.sent.as_ref();
    let before = sent.filter(|sent| {
        EmailAddress::parse(&sent.email).is_ok_and(|before| before.normalized() == email.normalized())
    });
    let challenge = before.map(|sent| sent.challenge);
    match send(cx, caller, asked, &current, email.clone(), challenge, locale).await {
        Ok(sent) => remember(cx, &current, &sent, &email).await?,
        Err(NotSent::TooSoon(_)) if challenge.is_some() => {}
        Err(error) => return Err(error.into()),
    }
    Ok(View::Elsewhere(current.interaction.id, Page::Code))
}

/// Another code goes to the address.
///
/// # Errors
/// [`SignInError`].
pub async fn resend<'a>(
    cx: &'a Context,
    caller: &Caller,
    asked: Asked<'a>,
    token: &str,
    locale: Locale,
) -> Result<View<'a>, SignInError> {
    let current = cx.current(asked).await?;
    cx.check_form(&current, token, Form::SignIn)?;
    let Some(sent) = current.interaction.stage.sent.clone() else {
        return Ok(View::Elsewhere(current.interaction.id, Page::Address));
    };
    let email = EmailAddress::parse(&sent.email)?;
    let again = send(cx, caller, asked, &current, email.clone(), Some(sent.challenge), locale).await?;
    remember(cx, &current, &again, &email).await?;
    Ok(View::Elsewhere(current.interaction.id, Page::Code))
}

/// Another address: back to the first page, empty.
///
/// # Errors
/// [`StepError`].
pub async fn restart<'a>(cx: &'a Context, asked: Asked<'a>, token: &str) -> Result<View<'a>, StepError> {
    let current = cx.current(asked).await?;
    cx.check_form(&current, token, Form::SignIn)?;
    let stage = Stage { sent: None, ..current.interaction.stage.clone() };
    cx.advance(&current.interaction, &stage).await?;
    Ok(View::Elsewhere(current.interaction.id, Page::Address))
}

/// Tries a code. The right one makes a new sign-in of this browser, under a new id, whatever it had before.
///
/// # Errors
/// [`SignInError`].
pub async fn code<'a>(
    cx: &'a Context,
    caller: &Caller,
    asked: Asked<'a>,
    token: &str,
    typed: &Secret<String>,
) -> Result<(View<'a>, Keep), SignInError> {
    let mut current = cx.current(asked).await?;
    cx.check_form(&current, token, Form::SignIn)?;
    let Some(sent) = &current.interaction.stage.sent else {
        return Ok((View::Elsewhere(current.interaction.id, Page::Address), Keep::default()));
    };
    // A form sent twice: the first made the sign-in, the second goes where that leads.
    if cx.next(&current) != Next::SignIn && is_signed_in(&current, &sent.email) {
        return Ok((onward(cx, caller, &current).await?, Keep::default()));
    }
    let typed = Typed { challenge: Some(sent.challenge), code: typed, reference: None };
    let proven = prove(cx, caller, current.organization, &typed).await?;
    let (standing, keep) =
        open_session(cx, caller, asked, &current, proven).await.map_err(StepError::from)?;
    current.standing = Some(standing);
    Ok((onward(cx, caller, &current).await?, keep))
}

/// Whether the browser is signed in as the person of an address.
fn is_signed_in(current: &Current<'_>, email: &str) -> bool {
    let Some(standing) = &current.standing else { return false };
    EmailAddress::parse(email).is_ok_and(|email| email.normalized() == standing.end_user.email.normalized())
}

async fn send(
    cx: &Context,
    caller: &Caller,
    asked: Asked<'_>,
    current: &Current<'_>,
    email: EmailAddress,
    challenge: Option<ChallengeId>,
    locale: Locale,
) -> Result<CodeSent, NotSent> {
    let organization = current.organization;
    let device = asked.browser.devices.get(&organization.id);
    let ask = Ask {
        organization,
        sender: &organization.sender,
        theme: &organization.theme,
        asked_from: &current.client.shown.name,
        email,
        // As on the pages: what the client asked for comes first.
        locale: current.interaction.request.ui_locale.unwrap_or(locale),
        challenge,
        device: device.map(|device| device.expose().as_str()),
    };
    send_code(cx, caller, ask).await
}

/// Remembers which code is on its way. When another tab was quicker, its code counts.
async fn remember(
    cx: &Context,
    current: &Current<'_>,
    sent: &CodeSent,
    email: &EmailAddress,
) -> Result<(), StepError> {
    let sent = CodeSentTo { challenge: sent.challenge_id, email: email.as_typed().to_owned() };
    if current.interaction.stage.sent.as_ref() == Some(&sent) {
        return Ok(());
    }
    let stage = Stage { sent: Some(sent), ..current.interaction.stage.clone() };
    cx.advance(&current.interaction, &stage).await?;
    Ok(())
}

async fn open_session(
    cx: &Context,
    caller: &Caller,
    asked: Asked<'_>,
    current: &Current<'_>,
    proven: Proven,
) -> Result<(Standing, Keep), Fault> {
    let organization = current.organization;
    let value = Opaque::new(cx.subject_bucket(&proven.account.user), cx.random());
    let session = SsoSession {
        id: SsoId::of(&value),
        organization: organization.id.clone(),
        user: proven.account.user.clone(),
        auth_time: proven.now,
        expires_at: proven.now.plus(organization.session_duration),
    };
    let standing = cx.stores.open_sso_session(&proven.account, &session, &current.client.id).await?;
    cx.record_at_issuer(AuditKind::SignedInAtIssuer, caller, &current.interaction.request, &session);
    // Whoever was signed in here before is not any more.
    if let Some(before) = asked.browser.sso_id(&organization.id) {
        cx.stores.end_sso_session(&before).await?;
    }
    let kept = |value, lifetime| Some(Kept { organization: organization.id.clone(), value, lifetime });
    let keep = Keep {
        secret: None,
        sso: kept(Secret::new(value.encode()), organization.session_duration),
        device: kept(proven.device, cx.policy.device_lifetime),
    };
    Ok((standing, keep))
}
