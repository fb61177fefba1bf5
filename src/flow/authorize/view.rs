//! What an end-user sees: a page for where the interaction is. A page that it is past, or not yet at, leads to the
//! right one, so that the back button, a reload and a second tab end somewhere sensible.

use std::sync::Arc;
use std::time::Duration;

use super::begin::{ClientError, ErrorAnswer, deliver};
use super::{AuthorizationResponse, InteractionRequest, OpenInteraction, StepError};
use crate::flow::browser::FormPurpose;
use crate::flow::{Caller, Context, InternalError};
use crate::protocol::authorization::{AuthorizationStep, ErrorCode, ErrorOrigin};
use crate::protocol::challenge::ChallengeEnd;
use crate::protocol::client::Client;
use crate::protocol::code::{CodeForm, Reference};
use crate::protocol::device_grant::UserCode;
use crate::protocol::id::InteractionId;
use crate::protocol::locale::Locale;
use crate::protocol::policy::Organization;
use crate::protocol::scope::Scope;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InteractionPage {
    /// Where the address is typed: the first.
    Address,
    /// Where the code is typed.
    Code,
    /// Where the end-user decides.
    Consent,
}

/// What there is to show.
#[derive(Debug)]
pub enum InteractionView<'a> {
    Page(Box<PageView<'a>>),
    /// Another page: the interaction is there.
    Elsewhere(InteractionId, InteractionPage),
    /// The applications of whoever was signed in before are told in the browser, then it goes on.
    Parting(Box<AccountSwitch<'a>>),
    /// It came to its end: the client is answered.
    Answered(AuthorizationResponse),
    /// It came to an end that a person sees before the client hears of it (RFC 9700 §4.11.2).
    AfterPage(ClientError),
}

/// Somebody else has signed in than was signed in before.
#[derive(Debug)]
pub struct AccountSwitch<'a> {
    pub id: InteractionId,
    /// The page where it goes on.
    pub page: InteractionPage,
    /// The tenant.
    pub organization: &'a Organization,
    /// The language that the client asked for.
    pub locale: Option<Locale>,
    /// The URLs that tell the applications (Front-Channel Logout §2).
    pub frames: Vec<String>,
}

/// A page with what is on it.
#[derive(Debug)]
pub struct PageView<'a> {
    pub id: InteractionId,
    /// The tenant.
    pub organization: &'a Organization,
    pub client: Arc<Client>,
    /// The language that the client asked for.
    pub locale: Option<Locale>,
    /// Whether a device waits for the end (RFC 8628): then the browser goes back nowhere.
    pub on_device: bool,
    /// What proves that a form was sent from this page.
    pub token: String,
    /// The interaction, for the forms to carry it, while it is not stored.
    pub sealed: Option<String>,
    /// What the page is about.
    pub content: PageContent,
}

/// What a page is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageContent {
    Address {
        /// What the field holds already.
        email: String,
    },
    Code {
        /// Where it was sent.
        email: String,
        /// The form of the code; six digits when the challenge is gone.
        form: CodeForm,
        /// The newest mail's reference; `None` when the challenge is gone.
        reference: Option<Reference>,
        /// How long until it may be sent again.
        resend_in: Duration,
        /// Why it can no longer be typed.
        ended: Option<ChallengeEnd>,
        /// Whether a wrong one was typed.
        tried: bool,
    },
    Decision {
        /// Which.
        kind: ConsentDecision,
        /// Who is signed in.
        email: String,
        /// What is asked for.
        scope: Scope,
        /// Where the browser goes then.
        redirect_uri: String,
        /// What the device shows that waits for it.
        device: Option<UserCode>,
    },
}

/// What an end-user decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsentDecision {
    /// Whether the client may have what it asks for.
    Consent,
    /// Whether it is really them who go on to an application on their machine (RFC 8252 §8.6).
    Confirm,
    /// Which account to go on with.
    Choose,
}

/// What to show at a page.
///
/// # Errors
/// [`StepError`].
pub async fn view<'a>(
    cx: &'a Context,
    caller: &Caller,
    asked: InteractionRequest<'a>,
    page: InteractionPage,
) -> Result<InteractionView<'a>, StepError> {
    let current = cx.current(asked).await?;
    let next = cx.next(&current);
    let here = match next {
        AuthorizationStep::SignIn => InteractionPage::Address,
        AuthorizationStep::Choose | AuthorizationStep::Consent | AuthorizationStep::Confirm => {
            InteractionPage::Consent
        }
        AuthorizationStep::Issue | AuthorizationStep::Refuse(_) => {
            return Ok(unasked(&current, onward(cx, caller, &current).await?));
        }
    };
    if page == InteractionPage::Code
        && next == AuthorizationStep::SignIn
        && current.interaction.stage.sent.is_some()
    {
        let content = code(cx, &current).await?;
        return Ok(InteractionView::Page(Box::new(shown(cx, &current, content))));
    }
    if page == here {
        return Ok(InteractionView::Page(Box::new(page_of(cx, &current, next))));
    }
    onward(cx, caller, &current).await
}

/// An answer to which a mere look at a page led (RFC 9700 §4.11.2).
fn unasked<'a>(current: &OpenInteraction<'_>, view: InteractionView<'a>) -> InteractionView<'a> {
    match view {
        InteractionView::Answered(response) if response.error.is_some() => {
            let origin = ErrorOrigin {
                vouched_by: current.client.vouched_by(),
                is_silent: current.interaction.request.prompts.none,
                // Of a device the answer is a page of ours.
                is_of_person: current.interaction.stage.device.is_some(),
            };
            match deliver(&current.client, origin, response) {
                ErrorAnswer::AtOnce(response) => InteractionView::Answered(response),
                ErrorAnswer::AfterPage(error) => InteractionView::AfterPage(error),
            }
        }
        view => view,
    }
}

/// The page where an interaction is now, or the client's answer when nothing is left to do. One that is only sealed has no
/// address where it could be found: its page is the answer itself.
pub(super) async fn onward<'a>(
    cx: &'a Context,
    caller: &Caller,
    current: &OpenInteraction<'a>,
) -> Result<InteractionView<'a>, StepError> {
    let id = current.interaction.id;
    let next = cx.next(current);
    let page = match next {
        AuthorizationStep::SignIn => InteractionPage::Address,
        AuthorizationStep::Choose | AuthorizationStep::Consent | AuthorizationStep::Confirm => {
            InteractionPage::Consent
        }
        AuthorizationStep::Issue | AuthorizationStep::Refuse(_) => {
            return Ok(InteractionView::Answered(answer(cx, caller, current, next).await?));
        }
    };
    if current.sealed.is_some() {
        return Ok(InteractionView::Page(Box::new(page_of(cx, current, next))));
    }
    Ok(InteractionView::Elsewhere(id, page))
}

/// The page of a step that an end-user has to take, which is the one where the address is typed unless somebody who is
/// signed in has to decide.
pub(super) fn page_of<'a>(
    cx: &Context,
    current: &OpenInteraction<'a>,
    next: AuthorizationStep,
) -> PageView<'a> {
    let content = decision(current, next).unwrap_or_else(|| address(current));
    shown(cx, current, content)
}

async fn answer(
    cx: &Context,
    caller: &Caller,
    current: &OpenInteraction<'_>,
    next: AuthorizationStep,
) -> Result<AuthorizationResponse, StepError> {
    match (next, &current.standing) {
        (AuthorizationStep::Refuse(code), _) => cx.give_up(current, code).await,
        (_, Some(standing)) => cx.finish(caller, current, &standing.session, None).await,
        (_, None) => cx.give_up(current, ErrorCode::LoginRequired).await,
    }
}

fn shown<'a>(cx: &Context, current: &OpenInteraction<'a>, content: PageContent) -> PageView<'a> {
    let interaction = &current.interaction;
    let form = match (&content, &current.standing) {
        (PageContent::Decision { .. }, Some(standing)) => FormPurpose::Decision(&standing.session.id),
        _ => FormPurpose::SignIn,
    };
    PageView {
        id: interaction.id,
        organization: current.organization,
        client: Arc::clone(&current.client),
        locale: interaction.request.ui_locale,
        on_device: interaction.stage.device.is_some(),
        token: cx.form_token(&interaction.id, &current.browser, form),
        sealed: current.sealed.clone(),
        content,
    }
}

fn address(current: &OpenInteraction<'_>) -> PageContent {
    let interaction = &current.interaction;
    let typed = interaction.stage.sent.as_ref().map(|sent| sent.email.clone());
    PageContent::Address {
        email: typed.or_else(|| interaction.request.login_hint.clone()).unwrap_or_default(),
    }
}

async fn code(cx: &Context, current: &OpenInteraction<'_>) -> Result<PageContent, StepError> {
    let Some(sent) = &current.interaction.stage.sent else { return Ok(address(current)) };
    let challenge = cx.stores.peek_challenge(&sent.challenge).await.map_err(InternalError::from)?;
    let email = sent.email.clone();
    let Some(challenge) = challenge else {
        return Ok(PageContent::Code {
            email,
            form: CodeForm::Digits,
            reference: None,
            resend_in: Duration::ZERO,
            ended: Some(ChallengeEnd::Expired),
            tried: false,
        });
    };
    let now = cx.clock.now();
    let ended = challenge.ended(&cx.policy.codes, now);
    // Another challenge is opened then, at once.
    let resend_in = if ended.is_some() { Duration::ZERO } else { challenge.next_send_at.since(now) };
    Ok(PageContent::Code {
        email,
        form: challenge.form,
        resend_in,
        ended,
        tried: !challenge.failures.is_empty(),
        reference: challenge.live.last().map(|code| code.reference.clone()),
    })
}

fn decision(current: &OpenInteraction<'_>, next: AuthorizationStep) -> Option<PageContent> {
    let standing = current.standing.as_ref()?;
    let kind = match next {
        AuthorizationStep::Choose => ConsentDecision::Choose,
        AuthorizationStep::Confirm => ConsentDecision::Confirm,
        AuthorizationStep::Consent => ConsentDecision::Consent,
        AuthorizationStep::SignIn | AuthorizationStep::Issue | AuthorizationStep::Refuse(_) => return None,
    };
    Some(PageContent::Decision {
        kind,
        email: standing.end_user.email.as_typed().to_owned(),
        scope: current.interaction.request.asks(),
        redirect_uri: current.interaction.request.redirect_uri.clone(),
        device: current.interaction.stage.device.as_ref().map(|device| device.user_code.clone()),
    })
}
