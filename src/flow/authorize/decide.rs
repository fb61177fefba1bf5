//! The end-user decides: allows or refuses, goes on with an account or takes another, or gives up.

use super::view::{InteractionView, onward};
use super::{InteractionRequest, OpenInteraction, StepError};
use crate::flow::browser::FormPurpose;
use crate::flow::{Caller, Context};
use crate::ports::audit::AuditKind;
use crate::protocol::authorization::{AuthorizationStep, ErrorCode};
use crate::protocol::client::ClientParty;
use crate::protocol::interaction::Stage;
use crate::protocol::sso::Consent;

/// Allows what the page asked, as the person that the page named: when somebody else has signed in since, the form
/// does not fit any more.
///
/// # Errors
/// [`StepError`].
pub async fn allow<'a>(
    cx: &'a Context,
    caller: &Caller,
    asked: InteractionRequest<'a>,
    token: &str,
) -> Result<InteractionView<'a>, StepError> {
    let current = decided(cx, cx.current_or_just_finished(asked).await?, token)?;
    let Some(standing) = &current.standing else { return Err(StepError::BadForm) };
    match cx.next(&current) {
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
            let answer = cx.finish(caller, &current, &standing.session, consent.as_ref()).await?;
            Ok(InteractionView::Answered(answer))
        }
        AuthorizationStep::SignIn | AuthorizationStep::Issue | AuthorizationStep::Refuse(_) => {
            onward(cx, caller, &current).await
        }
    }
}

/// Refuses what the page asked: the client hears `access_denied` (RFC 6749 §4.1.2.1).
///
/// # Errors
/// [`StepError`].
pub async fn deny<'a>(
    cx: &'a Context,
    caller: &Caller,
    asked: InteractionRequest<'a>,
    token: &str,
) -> Result<InteractionView<'a>, StepError> {
    let current = decided(cx, cx.current_or_just_finished(asked).await?, token)?;
    let (answer, is_first) = cx.give_up_once(&current, ErrorCode::AccessDenied).await?;
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

/// Takes another address: the browser's sign-in stays, this request does not go on with it.
///
/// # Errors
/// [`StepError`].
pub async fn other_account<'a>(
    cx: &'a Context,
    caller: &Caller,
    asked: InteractionRequest<'a>,
    token: &str,
) -> Result<InteractionView<'a>, StepError> {
    let current = decided(cx, cx.current(asked).await?, token)?;
    let declined = current.standing.as_ref().map(|standing| standing.session.id);
    let stage = Stage { declined, sent: None, ..current.interaction.stage.clone() };
    go_on(cx, caller, asked, current, stage).await
}

/// Gives the sign-in up: the client hears `access_denied`.
///
/// # Errors
/// [`StepError`].
pub async fn cancel<'a>(
    cx: &'a Context,
    asked: InteractionRequest<'a>,
    token: &str,
) -> Result<InteractionView<'a>, StepError> {
    let current = cx.current_or_just_finished(asked).await?;
    cx.check_form(&current, token, FormPurpose::SignIn)?;
    Ok(InteractionView::Answered(cx.give_up(&current, ErrorCode::AccessDenied).await?))
}

/// Checks that the form was of this person's page.
fn decided<'a>(
    cx: &Context,
    current: OpenInteraction<'a>,
    token: &str,
) -> Result<OpenInteraction<'a>, StepError> {
    let session = current.standing.as_ref().map(|standing| standing.session.id);
    let session = session.ok_or(StepError::BadForm)?;
    cx.check_form(&current, token, FormPurpose::Decision(&session))?;
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
        return onward(cx, caller, &cx.reseal(current, stage)?).await;
    }
    // When another tab was quicker, wherever that led is where this one goes too.
    cx.advance(&current.interaction, &stage).await?;
    onward(cx, caller, &cx.current(asked).await?).await
}
