//! Sends a code to the address that was typed on the pages, once for each form.

use super::{InteractionRequest, OpenInteraction};
use crate::flow::sign_in::code::{CodeRequest, CodeSendError, FormSeed, send_code};
use crate::flow::{Caller, Context, InternalError, Result};
use crate::protocol::address::EmailAddress;
use crate::protocol::id::ChallengeId;
use crate::protocol::locale::Locale;

/// Sends a code to an address, or answers the challenge whose code was sent before for the same form.
pub(super) async fn send(
    cx: &Context,
    caller: &Caller,
    asked: InteractionRequest<'_>,
    current: &OpenInteraction<'_>,
    email: EmailAddress,
    challenge: Option<ChallengeId>,
    locale: Locale,
) -> Result<ChallengeId, CodeSendError> {
    let organization = current.organization;
    // As on the pages, the language that the client requested comes first.
    let locale = current.interaction.request.ui_locale.unwrap_or(locale);
    let device = asked.browser.devices.get(&organization.id);
    let interaction = &current.interaction;
    let goes_on_to = interaction.stage.device.is_none().then_some(interaction.request.redirect_uri.as_str());
    let joined = match challenge {
        Some(challenge) => {
            let form = seed_of_form(cx, current, &email)?;
            FormChallenge { challenge: Some(challenge), form, is_told: true }
        }
        None => join(cx, current, &email).await?,
    };
    let ask = CodeRequest {
        organization,
        sender: &organization.sender,
        theme: &organization.theme,
        asked_from: current.client.named_in_mail(goes_on_to, locale),
        email,
        locale,
        challenge: joined.challenge,
        form: Some(joined.form),
        device: device.map(|device| device.expose().as_str()),
        kept_beside: kept_beside(current),
    };
    match (send_code(cx, caller, ask).await, joined.challenge) {
        (Ok(sent), _) => Ok(sent.challenge_id),
        // The same form was sent before, so its code is on its way.
        (Err(CodeSendError::TooSoon(_)), Some(challenge)) if !joined.is_told => Ok(challenge),
        (Err(error), _) => Err(error),
    }
}

/// The challenge that a form with an address continues.
struct FormChallenge {
    challenge: Option<ChallengeId>,
    /// The seed for the id of a new challenge, for when `challenge` has ended.
    form: FormSeed,
    /// Whether the page is told that the next code may not be sent yet.
    is_told: bool,
}

/// The open challenge of the same browser for the same request and address. A form that is sent twice, the
/// back button and a reload of the request thus share one challenge and one mail.
async fn join(cx: &Context, current: &OpenInteraction<'_>, email: &EmailAddress) -> Result<FormChallenge> {
    let request = serde_json::to_vec(&current.interaction.request);
    let request = request.map_err(|_| InternalError::Unexpected("a request could not be serialized"))?;
    let parts: [&[u8]; 3] = [b"address", &request, email.normalized().as_bytes()];
    let seed = cx.form_digest(&parts, &current.browser)?;
    let bucket = cx.account_key(&current.organization.id, email).await?.bucket();
    let id = ChallengeId::new(cx.mac_keys.active(), bucket, &seed);
    let known = cx.stores.peek_challenge(&id).await?;
    let is_open = known.as_ref().map(|known| known.is_open(&cx.policy.codes, cx.clock.now()));
    let form = if is_open.is_none() { FormSeed(seed) } else { seed_of_form(cx, current, email)? };
    Ok(FormChallenge { challenge: (is_open == Some(true)).then_some(id), form, is_told: false })
}

/// A seed for this form at the interaction's current revision.
fn seed_of_form(cx: &Context, current: &OpenInteraction<'_>, email: &EmailAddress) -> Result<FormSeed> {
    let interaction = &current.interaction;
    let revision = interaction.revision.to_be_bytes();
    let parts: [&[u8]; 4] =
        [b"address again", interaction.id.as_bytes(), &revision, email.normalized().as_bytes()];
    Ok(FormSeed(cx.form_digest(&parts, &current.browser)?))
}

/// The size in bytes of the row that a sealed interaction becomes when a code is sent: its text and the
/// store's overhead.
fn kept_beside(current: &OpenInteraction<'_>) -> u64 {
    if current.sealed.is_none() {
        return 0;
    }
    let length = serde_json::to_string(&current.interaction).map_or(usize::MAX, |text| text.len());
    u64::try_from(length).unwrap_or(u64::MAX).saturating_add(512)
}
