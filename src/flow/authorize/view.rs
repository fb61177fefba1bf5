//! The pages of an interaction. A page that is not the current one leads to the current one, so that the back
//! button, a reload and a second tab work.

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
    /// The first page, for the address.
    Address,
    /// The page for the code.
    Code,
    /// The page for the end-user's decision.
    Consent,
}

#[derive(Debug)]
pub enum InteractionView<'a> {
    Page(Box<PageView<'a>>),
    /// Redirects to the interaction's current page.
    Elsewhere(InteractionId, InteractionPage),
    /// Frames tell the previous end-user's clients about the logout (Front-Channel Logout), then the
    /// interaction continues.
    AccountSwitch(Box<AccountSwitch<'a>>),
    /// The interaction ended with this response to the client.
    Answered(AuthorizationResponse),
    /// The interaction ended with an error that the end-user sees before the client (RFC 9700 §4.11.2).
    ClientErrorPage(ClientError),
}

/// Another end-user has signed in than the previous one of this browser.
#[derive(Debug)]
pub struct AccountSwitch<'a> {
    pub id: InteractionId,
    /// The page where the interaction continues.
    pub page: InteractionPage,
    pub organization: &'a Organization,
    /// The language from `ui_locales`.
    pub locale: Option<Locale>,
    /// The logout URLs of the previous end-user's clients (Front-Channel Logout §2).
    pub frames: Vec<String>,
}

/// A page with its content.
#[derive(Debug)]
pub struct PageView<'a> {
    pub id: InteractionId,
    pub organization: &'a Organization,
    pub client: Arc<Client>,
    /// The language from `ui_locales`.
    pub locale: Option<Locale>,
    /// Whether a device waits for the result (RFC 8628), so that the browser does not return to an
    /// application.
    pub on_device: bool,
    /// The forms' token, which proves that they were sent from this page.
    pub token: String,
    /// The sealed interaction for the page's forms, while it is not stored.
    pub sealed: Option<String>,
    pub content: PageContent,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageContent {
    Address {
        /// The address that the field is prefilled with.
        email: String,
    },
    Code {
        /// The address that the code was sent to.
        email: String,
        /// The form of the code; six digits when the challenge is unknown.
        form: CodeForm,
        /// The newest mail's reference; `None` when the challenge is unknown.
        reference: Option<Reference>,
        /// How long until another code may be sent.
        resend_in: Duration,
        /// Why the code can no longer be used.
        ended: Option<ChallengeEnd>,
        /// Whether a wrong code was typed.
        tried: bool,
    },
    Decision {
        kind: ConsentDecision,
        /// The address of the end-user who is signed in.
        email: String,
        /// The requested scope.
        scope: Scope,
        /// Where the browser goes afterwards.
        redirect_uri: String,
        /// The user code that the waiting device shows.
        device: Option<UserCode>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsentDecision {
    /// Whether to give the client the requested scope.
    Consent,
    /// Whether the end-user really started the sign-in for an application on their machine (RFC 8252 §8.6).
    Confirm,
    /// Which account to continue with.
    Choose,
}

/// The content of a page, or where to go instead.
///
/// # Errors
/// [`StepError`].
pub async fn view<'a>(
    cx: &'a Context,
    caller: &Caller,
    asked: InteractionRequest<'a>,
    page: InteractionPage,
) -> Result<InteractionView<'a>, StepError> {
    let current = cx.find_open_interaction(asked).await?;
    let next = cx.next_step(&current);
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
        return Ok(InteractionView::Page(Box::new(page_view(cx, &current, content))));
    }
    if page == here {
        return Ok(InteractionView::Page(Box::new(page_of(cx, &current, next))));
    }
    onward(cx, caller, &current).await
}

/// Delivers an answer that resulted from viewing a page, without an action of the end-user (RFC 9700
/// §4.11.2).
fn unasked<'a>(current: &OpenInteraction<'_>, view: InteractionView<'a>) -> InteractionView<'a> {
    match view {
        InteractionView::Answered(response) if response.error.is_some() => {
            let origin = ErrorOrigin {
                vouched_by: current.client.vouched_by(),
                is_silent: current.interaction.request.prompts.none,
                // For a device, the answer is a page of ours.
                is_of_person: current.interaction.stage.device.is_some(),
            };
            match deliver(&current.client, origin, response) {
                ErrorAnswer::AtOnce(response) => InteractionView::Answered(response),
                ErrorAnswer::AfterPage(error) => InteractionView::ClientErrorPage(error),
            }
        }
        view => view,
    }
}

/// The interaction's current page, or the client's answer when no step is left. A sealed interaction has no
/// URL of its own, so its page is the response itself.
pub(super) async fn onward<'a>(
    cx: &'a Context,
    caller: &Caller,
    current: &OpenInteraction<'a>,
) -> Result<InteractionView<'a>, StepError> {
    let id = current.interaction.id;
    let next = cx.next_step(current);
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

/// The page for a step: the end-user's decision if somebody is signed in and has to decide, otherwise the
/// address.
pub(super) fn page_of<'a>(
    cx: &Context,
    current: &OpenInteraction<'a>,
    next: AuthorizationStep,
) -> PageView<'a> {
    let content = decision(current, next).unwrap_or_else(|| address(current));
    page_view(cx, current, content)
}

async fn answer(
    cx: &Context,
    caller: &Caller,
    current: &OpenInteraction<'_>,
    next: AuthorizationStep,
) -> Result<AuthorizationResponse, StepError> {
    match (next, &current.standing) {
        (AuthorizationStep::Refuse(code), _) => cx.refuse_interaction(current, code).await,
        (_, Some(standing)) => cx.finish_interaction(caller, current, &standing.session, None).await,
        (_, None) => cx.refuse_interaction(current, ErrorCode::LoginRequired).await,
    }
}

fn page_view<'a>(cx: &Context, current: &OpenInteraction<'a>, content: PageContent) -> PageView<'a> {
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
    // When the challenge has ended, another one may be opened at once.
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
