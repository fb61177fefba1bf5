//! The end-user's decisions on the pages: to allow or deny, to choose an account, or to cancel.

use super::view::{InteractionView, onward};
use super::{InteractionRequest, OpenInteraction, StepError};
use crate::flow::browser::FormPurpose;
use crate::flow::{Caller, Context};
use crate::ports::audit::AuditKind;
use crate::protocol::authorization::{AuthorizationStep, ErrorCode};
use crate::protocol::client::ClientParty;
use crate::protocol::interaction::Stage;
use crate::protocol::sso::Consent;

/// Allows what the page asked. The form is bound to the account that the page named, so it is refused when
/// another end-user has signed in since.
///
/// # Errors
/// [`StepError`].
pub async fn allow<'a>(
    cx: &'a Context,
    caller: &Caller,
    asked: InteractionRequest<'a>,
    token: &str,
) -> Result<InteractionView<'a>, StepError> {
    let current = check_decision_form(cx, cx.find_interaction_for_repeat(asked).await?, token)?;
    let Some(standing) = &current.standing else { return Err(StepError::BadForm) };
    match cx.next_step(&current) {
        AuthorizationStep::Choose => {
            let stage = Stage { chosen: true, ..current.interaction.stage.clone() };
            go_on(cx, caller, asked, current, stage).await
        }
        AuthorizationStep::Consent | AuthorizationStep::Confirm => {
            let consent = (current.client.party == ClientParty::Third).then(|| {
                let allowed = Consent {
                    client: current.client.id.clone(),
                    scope: current.interaction.request.asks(),
                    fingerprint: current.client.fingerprint(),
                };
                allowed.beside(standing.consent.as_ref())
            });
            let answer = cx.finish_interaction(caller, &current, &standing.session, consent.as_ref()).await?;
            Ok(InteractionView::Answered(answer))
        }
        AuthorizationStep::SignIn | AuthorizationStep::Issue | AuthorizationStep::Refuse(_) => {
            onward(cx, caller, &current).await
        }
    }
}

/// Denies what the page asked, so that the client gets `access_denied` (RFC 6749 §4.1.2.1).
///
/// # Errors
/// [`StepError`].
pub async fn deny<'a>(
    cx: &'a Context,
    caller: &Caller,
    asked: InteractionRequest<'a>,
    token: &str,
) -> Result<InteractionView<'a>, StepError> {
    let current = check_decision_form(cx, cx.find_interaction_for_repeat(asked).await?, token)?;
    let (answer, is_first) = cx.refuse_interaction_once(&current, ErrorCode::AccessDenied).await?;
    if let Some(standing) = current.standing.as_ref().filter(|_| is_first) {
        cx.record_at_issuer(
            AuditKind::ConsentRefused,
            caller,
            &current.interaction.request,
            &standing.session,
        );
    }
    Ok(InteractionView::Answered(answer))
}

/// Continues this request with another address. The browser stays signed in with the current account.
///
/// # Errors
/// [`StepError`].
pub async fn other_account<'a>(
    cx: &'a Context,
    caller: &Caller,
    asked: InteractionRequest<'a>,
    token: &str,
) -> Result<InteractionView<'a>, StepError> {
    let current = check_decision_form(cx, cx.find_open_interaction(asked).await?, token)?;
    let declined = current.standing.as_ref().map(|standing| standing.session.id);
    let stage = Stage { declined, sent: None, ..current.interaction.stage.clone() };
    go_on(cx, caller, asked, current, stage).await
}

/// Cancels the sign-in, so that the client gets `access_denied`.
///
/// # Errors
/// [`StepError`].
pub async fn cancel<'a>(
    cx: &'a Context,
    asked: InteractionRequest<'a>,
    token: &str,
) -> Result<InteractionView<'a>, StepError> {
    let current = cx.find_interaction_for_repeat(asked).await?;
    cx.check_interaction_form(&current, token, FormPurpose::SignIn)?;
    Ok(InteractionView::Answered(cx.refuse_interaction(&current, ErrorCode::AccessDenied).await?))
}

/// Checks that the form is from a page for the end-user who is signed in now.
fn check_decision_form<'a>(
    cx: &Context,
    current: OpenInteraction<'a>,
    token: &str,
) -> Result<OpenInteraction<'a>, StepError> {
    let session = current.standing.as_ref().map(|standing| standing.session.id);
    let session = session.ok_or(StepError::BadForm)?;
    cx.check_interaction_form(&current, token, FormPurpose::Decision(&session))?;
    Ok(current)
}

async fn go_on<'a>(
    cx: &'a Context,
    caller: &Caller,
    asked: InteractionRequest<'a>,
    current: OpenInteraction<'a>,
    stage: Stage,
) -> Result<InteractionView<'a>, StepError> {
    if current.sealed.is_some() {
        return onward(cx, caller, &cx.reseal_interaction(current, stage)?).await;
    }
    // When another tab changed the interaction first, this tab continues at the same place.
    cx.replace_interaction(&current.interaction, &stage).await?;
    onward(cx, caller, &cx.find_open_interaction(asked).await?).await
}
