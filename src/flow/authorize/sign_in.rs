//! Signing in on the pages with an address and the code that was sent to it.

use super::send::send;
use super::view::{AccountSwitch, InteractionPage, InteractionView, onward};
use super::{InteractionRequest, OpenInteraction, StepError};
use crate::flow::browser::{CookieChanges, FormPurpose, OrganizationCookie};
use crate::flow::sign_in::code::CodeSendError;
use crate::flow::sign_in::prove::{CodeProofError, ProvenAddress, TypedCode, prove};
use crate::flow::{Caller, Context, InternalError, Result};
use crate::ports::audit::AuditKind;
use crate::ports::store::SessionStanding;
use crate::protocol::address::{AddressError, EmailAddress};
use crate::protocol::authorization::AuthorizationStep;
use crate::protocol::challenge::Challenge;
use crate::protocol::id::{AttemptId, ChallengeId, SsoId};
use crate::protocol::interaction::{ProvenCode, SentCode, Stage};
use crate::protocol::locale::Locale;
use crate::protocol::opaque::Opaque;
use crate::protocol::policy::Organization;
use crate::protocol::secret::Secret;
use crate::protocol::sso::{SsoRoot, SsoSession};

/// Why a sign-in does not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    #[error(transparent)]
    Address(#[from] AddressError),
    /// No code was sent to the address.
    #[error(transparent)]
    NotSent(#[from] CodeSendError),
    /// The code was not accepted.
    #[error(transparent)]
    NotProven(#[from] CodeProofError),
    /// The step was refused.
    #[error(transparent)]
    Step(#[from] StepError),
}

/// Sends a code to the typed address. The same address typed again leads to the page of the code that was
/// sent.
///
/// # Errors
/// [`SignInError`].
pub async fn address<'a>(
    cx: &'a Context,
    caller: &Caller,
    asked: InteractionRequest<'a>,
    token: &str,
    typed: &str,
    locale: Locale,
) -> Result<InteractionView<'a>, SignInError> {
    let current = cx.find_open_interaction(asked).await?;
    cx.check_interaction_form(&current, token, FormPurpose::SignIn)?;
    let email = EmailAddress::parse(typed)?;
    let mut declined = current.interaction.stage.declined;
    if cx.next_step(&current) != AuthorizationStep::SignIn {
        // Another tab signed in meanwhile. The same address continues with that account; any other declines
        // it.
        if is_signed_in(&current, &email) {
            return Ok(onward(cx, caller, &current).await?);
        }
        declined = current.standing.as_ref().map(|standing| standing.session.id);
    }
    let sent = current.interaction.stage.sent.as_ref();
    let before =
        sent.filter(|sent| EmailAddress::stored(sent.email.clone()).normalized() == email.normalized());
    let challenge = before.map(|sent| sent.challenge);
    match send(cx, caller, asked, &current, email.clone(), challenge, locale).await {
        Ok(sent) => remember(cx, &current, sent, &email, declined).await?,
        Err(CodeSendError::TooSoon(_)) if challenge.is_some() => {}
        Err(error) => return Err(error.into()),
    }
    Ok(InteractionView::Elsewhere(current.interaction.id, InteractionPage::Code))
}

/// Sends another code to the address. `seen` is the reference that the page showed: if a newer code was sent
/// already, because the same form came before, no other is sent.
///
/// # Errors
/// [`SignInError`].
pub async fn resend<'a>(
    cx: &'a Context,
    caller: &Caller,
    asked: InteractionRequest<'a>,
    token: &str,
    seen: &str,
    locale: Locale,
) -> Result<InteractionView<'a>, SignInError> {
    let current = cx.find_open_interaction(asked).await?;
    cx.check_interaction_form(&current, token, FormPurpose::SignIn)?;
    let Some(sent) = current.interaction.stage.sent.clone() else {
        return Ok(onward(cx, caller, &current).await?);
    };
    let email = EmailAddress::stored(sent.email.clone());
    match send(cx, caller, asked, &current, email.clone(), Some(sent.challenge), locale).await {
        Ok(again) => remember(cx, &current, again, &email, current.interaction.stage.declined).await?,
        Err(CodeSendError::TooSoon(wait)) => {
            let challenge = cx.stores.peek_challenge(&sent.challenge).await;
            let challenge = challenge.map_err(|error| StepError::from(InternalError::from(error)))?;
            let newest = challenge.as_ref().and_then(|challenge| challenge.live.last());
            if seen.is_empty() || newest.is_none_or(|code| code.reference.as_str() == seen) {
                return Err(CodeSendError::TooSoon(wait).into());
            }
        }
        Err(error) => return Err(error.into()),
    }
    Ok(InteractionView::Elsewhere(current.interaction.id, InteractionPage::Code))
}

/// Returns to the first page, where the address can be changed. The code that was sent stays valid until one
/// is sent to another address.
///
/// # Errors
/// [`StepError`].
pub async fn restart<'a>(
    cx: &'a Context,
    caller: &Caller,
    asked: InteractionRequest<'a>,
    token: &str,
) -> Result<InteractionView<'a>, StepError> {
    let current = cx.find_open_interaction(asked).await?;
    cx.check_interaction_form(&current, token, FormPurpose::SignIn)?;
    if current.sealed.is_some() {
        return onward(cx, caller, &current).await;
    }
    Ok(InteractionView::Elsewhere(current.interaction.id, InteractionPage::Address))
}

/// Tries a code. The right one signs this browser in with a new SSO session, whatever session it had. The
/// same form sent again has the same outcome, even if the browser did not wait for the first answer.
///
/// # Errors
/// [`SignInError`].
pub async fn code<'a>(
    cx: &'a Context,
    caller: &Caller,
    asked: InteractionRequest<'a>,
    token: &str,
    typed: &Secret<String>,
) -> Result<(InteractionView<'a>, CookieChanges), SignInError> {
    let mut current = cx.find_interaction_for_repeat(asked).await?;
    cx.check_interaction_form(&current, token, FormPurpose::SignIn)?;
    let Some(sent) = current.interaction.stage.sent.clone() else {
        return Ok((onward(cx, caller, &current).await?, CookieChanges::default()));
    };
    // Of a form that is sent twice, the first one opened the session; the second continues with it.
    if cx.next_step(&current) != AuthorizationStep::SignIn
        && is_signed_in(&current, &EmailAddress::stored(sent.email.clone()))
    {
        return Ok((onward(cx, caller, &current).await?, CookieChanges::default()));
    }
    if let Some((standing, cookies)) = session_proven_before(cx, &current).await.map_err(StepError::from)? {
        current.standing = Some(standing);
        return Ok((onward(cx, caller, &current).await?, cookies));
    }
    // Until the first of two equal forms has opened its session, both are the same attempt.
    let is_first = current.interaction.stage.proven.is_none_or(|by| by.challenge != sent.challenge);
    let attempt = |challenge: &Challenge| attempt(cx, &current, challenge, typed);
    let typed = TypedCode {
        challenge: Some(sent.challenge),
        code: typed,
        reference: None,
        attempt: is_first.then_some(&attempt),
    };
    let proven = prove(cx, caller, current.organization, &typed).await?;
    let at = proven.now;
    let (standing, cookies, frames) =
        open_session(cx, caller, asked, &current, proven).await.map_err(StepError::from)?;
    let by = ProvenCode { challenge: sent.challenge, session: standing.session.id, at };
    current.standing = Some(standing);
    let stage = Stage { proven: Some(by), ..current.interaction.stage.clone() };
    cx.move_interaction(&mut current, stage).await?;
    if frames.is_empty() {
        return Ok((onward(cx, caller, &current).await?, cookies));
    }
    let interaction = &current.interaction;
    let switch = AccountSwitch {
        id: interaction.id,
        page: InteractionPage::Address,
        organization: current.organization,
        locale: interaction.request.ui_locale,
        frames,
    };
    Ok((InteractionView::AccountSwitch(Box::new(switch)), cookies))
}

/// The attempt of a code that was typed in this browser while the challenge had these codes. The same text
/// typed after another code was sent is a new attempt, because it may be right now.
fn attempt(
    cx: &Context,
    current: &OpenInteraction<'_>,
    challenge: &Challenge,
    typed: &Secret<String>,
) -> Result<AttemptId> {
    let sends = challenge.sends.to_be_bytes();
    let typed = typed.expose().as_bytes();
    let parts: [&[u8]; 5] =
        [b"code", current.interaction.id.as_bytes(), challenge.id.as_bytes(), &sends, typed];
    Ok(AttemptId::new(cx.form_digest(&parts, &current.browser)?))
}

/// The session that the first of two equal forms opened.
async fn session_proven_before(
    cx: &Context,
    current: &OpenInteraction<'_>,
) -> Result<Option<(SessionStanding, CookieChanges)>> {
    let stage = &current.interaction.stage;
    let (Some(by), Some(sent)) = (stage.proven, &stage.sent) else { return Ok(None) };
    if !by.is_repeated_by(&sent.challenge, cx.clock.now()) {
        return Ok(None);
    }
    let Some(standing) = cx.stores.peek_sso_session(&by.session, Some(&current.client.id)).await? else {
        return Ok(None);
    };
    let user = &standing.session.user;
    let value = cx.sso_value(user, &current.interaction.id, &sent.challenge, &current.browser)?;
    if SsoId::of(&value) != by.session {
        return Ok(None);
    }
    let cookies = CookieChanges {
        sso: Some(organization_cookie(current.organization, &value)),
        ..CookieChanges::default()
    };
    Ok(Some((standing, cookies)))
}

fn organization_cookie(organization: &Organization, value: &Opaque) -> OrganizationCookie {
    OrganizationCookie {
        organization: organization.id.clone(),
        value: Secret::new(value.encode()),
        lifetime: organization.session_duration,
    }
}

/// Whether the browser is signed in with this address.
fn is_signed_in(current: &OpenInteraction<'_>, email: &EmailAddress) -> bool {
    let standing = current.standing.as_ref();
    standing.is_some_and(|standing| email.normalized() == standing.end_user.email.normalized())
}

/// Stores which code was sent. If another tab was faster, its code is kept.
async fn remember(
    cx: &Context,
    current: &OpenInteraction<'_>,
    challenge: ChallengeId,
    email: &EmailAddress,
    declined: Option<SsoId>,
) -> Result<(), StepError> {
    let sent = SentCode { challenge, email: email.as_typed().to_owned() };
    let stage = Stage { sent: Some(sent), declined, ..current.interaction.stage.clone() };
    if stage == current.interaction.stage {
        return Ok(());
    }
    cx.replace_interaction(&current.interaction, &stage).await?;
    Ok(())
}

async fn open_session(
    cx: &Context,
    caller: &Caller,
    asked: InteractionRequest<'_>,
    current: &OpenInteraction<'_>,
    proven: ProvenAddress,
) -> Result<(SessionStanding, CookieChanges, Vec<String>)> {
    let organization = current.organization;
    let user = &proven.account.user;
    let value = cx.sso_value(user, &current.interaction.id, &proven.challenge, &current.browser)?;
    let id = SsoId::of(&value);
    let session = SsoSession {
        id,
        root: SsoRoot::of_first_sign_in(id),
        organization: organization.id.clone(),
        user: proven.account.user.clone(),
        auth_time: proven.now,
        expires_at: proven.now.plus(organization.session_duration),
        used_at: organization.sso_idle.map(|_| proven.now),
        opened_by: Some(cx.new_attempt()),
    };
    let before = asked.browser.sso_id(&organization.id).filter(|before| *before != id);
    let standing =
        cx.stores.open_sso_session(&proven.account, &session, &current.client.id, before.as_ref()).await?;
    // The same form sent twice opens one session, and only its first sending is recorded.
    if standing.session.opened_by == session.opened_by {
        cx.record_at_issuer(AuditKind::SignedInAtIssuer, caller, &current.interaction.request, &session);
    }
    // A session of the same end-user was continued by the new one; that of anybody else ends here.
    let frames = match before {
        Some(before) => cx.sign_out_session(caller, &before).await?.frames,
        None => Vec::new(),
    };
    let device = OrganizationCookie {
        organization: organization.id.clone(),
        value: proven.device,
        lifetime: cx.policy.known_device_lifetime,
    };
    let cookies = CookieChanges {
        sso: Some(organization_cookie(organization, &value)),
        device: Some(device),
        ..CookieChanges::default()
    };
    Ok((standing, cookies, frames))
}
