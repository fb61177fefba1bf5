//! The requests of a browser on the pages of the issuer.

use std::fmt;
use std::sync::Arc;

use tiquo_auth::flow::authorize::begin::{BeginError, BeginOutcome, BeginRequest, RequestDelivery, begin};
use tiquo_auth::flow::authorize::sign_in::{self, SignInError};
use tiquo_auth::flow::authorize::view::{InteractionPage, InteractionView, PageContent, PageView, view};
use tiquo_auth::flow::authorize::{
    AuthorizationResponse, InteractionRequest as AtInteraction, StepError, decide,
};
use tiquo_auth::flow::browser::{Browser, CookieChanges};
use tiquo_auth::flow::end_session::{self, EndSessionError, LogoutAnswer, LogoutForm, LogoutOutcome};
use tiquo_auth::flow::sign_in::code::CodeSendError;
use tiquo_auth::flow::sign_in::prove::CodeProofError;
use tiquo_auth::flow::{Caller, Context};
use tiquo_auth::protocol::locale::Locale;
use tiquo_auth::protocol::secret::Secret;

use super::applications::{CLIENT, CODE_CHALLENGE, REDIRECT_URI, parameters};
use super::asked::PageAnswer;
use super::{ClientRequest, Outcome, PageStep, People, Refusal, Request, mail_to, wrong_code};
use crate::history::{Act, Phone};
use crate::surroundings::Post;

/// A page as a browser has it: what its form sends.
#[derive(Clone)]
pub(crate) struct PageState {
    id: String,
    sealed: Option<String>,
    token: String,
    pub(crate) kind: PageKind,
}

/// What a page is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PageKind {
    Address,
    /// Where the code was sent.
    Code(String),
    /// Who has to decide.
    Decision(String),
}

impl PageKind {
    /// Whom it is about.
    fn email(&self) -> Option<&str> {
        match self {
            Self::Address => None,
            Self::Code(email) | Self::Decision(email) => Some(email),
        }
    }
}

impl fmt::Display for PageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address => f.write_str("the page for the address"),
            Self::Code(email) => write!(f, "the page for the code that went to {email}"),
            Self::Decision(email) => write!(f, "the page where {email} decides"),
        }
    }
}

impl PageState {
    fn of(shown: &PageView<'_>) -> Self {
        let kind = match &shown.content {
            PageContent::Address { .. } => PageKind::Address,
            PageContent::Code { email, .. } => PageKind::Code(email.clone()),
            PageContent::Decision { email, .. } => PageKind::Decision(email.clone()),
        };
        Self { id: shown.id.encode(), sealed: shown.sealed.clone(), token: shown.token.clone(), kind }
    }
}

/// What a browser does on a page.
enum Form {
    Address(String),
    Code(String),
    AnotherCode,
    Decide(bool),
}

impl People {
    pub(super) fn ask_on_pages(
        &self,
        act: Act,
        cx: Arc<Context>,
        caller: Caller,
        post: &Post,
    ) -> Option<Request> {
        match act {
            Act::StartApp { phone, offline, afresh } => Some(start(
                cx,
                caller,
                phone,
                self.of(phone).life,
                self.of(phone).browser.clone(),
                offline,
                afresh,
            )),
            Act::TypeAddress { phone, guest } => {
                let address = if guest { phone.guest() } else { phone.address() };
                let step = PageStep::Address { address };
                self.submit(cx, caller, phone, step, Form::Address(address.to_owned()))
            }
            Act::TypePageCode { phone, older } => {
                let email = self.of(phone).page.as_ref()?.kind.email()?.to_owned();
                let code = mail_to(post, &email, older)?.code.expose().clone();
                let step = PageStep::Code { code: code.clone(), email };
                self.submit(cx, caller, phone, step, Form::Code(code))
            }
            Act::TypeWrongPageCode { phone } => {
                let email = self.of(phone).page.as_ref()?.kind.email()?.to_owned();
                let code = wrong_code(post, &email, 2);
                let step = PageStep::Code { code: code.clone(), email };
                self.submit(cx, caller, phone, step, Form::Code(code))
            }
            Act::AnotherPageCode { phone } => {
                self.submit(cx, caller, phone, PageStep::AnotherCode, Form::AnotherCode)
            }
            Act::Decide { phone, allow } => {
                let email = self.of(phone).page.as_ref()?.kind.email()?.to_owned();
                self.submit(cx, caller, phone, PageStep::Decide { allow, email }, Form::Decide(allow))
            }
            Act::SignOutAtIssuer { phone } => {
                let state = self.of(phone);
                state.browser.secret.as_ref()?;
                Some(sign_out(cx, caller, phone, state.life, state.browser.clone()))
            }
            _ => None,
        }
    }

    /// The browser sends the form of its page, when the page has one of the sort.
    fn submit(
        &self,
        cx: Arc<Context>,
        caller: Caller,
        phone: Phone,
        step: PageStep,
        form: Form,
    ) -> Option<Request> {
        let state = self.of(phone);
        let page = state.page.clone()?;
        let fits = matches!(
            (&page.kind, &form),
            (PageKind::Address, Form::Address(_))
                | (PageKind::Code(_), Form::Code(_) | Form::AnotherCode)
                | (PageKind::Decision(_), Form::Decide(_))
        );
        let browser = state.browser.clone();
        let asked = ClientRequest::Page { phone, life: state.life, step };
        let future = async move { Outcome::Page(Box::new(send(&cx, &caller, &page, &browser, form).await)) };
        fits.then(|| (asked, Box::pin(future) as super::RequestFuture))
    }
}

fn start(
    cx: Arc<Context>,
    caller: Caller,
    phone: Phone,
    life: u32,
    browser: Browser,
    offline: bool,
    afresh: bool,
) -> Request {
    let asked = ClientRequest::Page { phone, life, step: PageStep::Start { offline } };
    let scope =
        if offline { "openid email profile:read offline_access" } else { "openid email profile:read" };
    let mut pairs = vec![
        ("client_id", CLIENT),
        ("redirect_uri", REDIRECT_URI),
        ("response_type", "code"),
        ("scope", scope),
        ("state", "af0ifjsldkj"),
        ("code_challenge", CODE_CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    if offline {
        pairs.push(("prompt", "consent"));
    } else if afresh {
        pairs.push(("prompt", "login"));
    }
    let parameters = Ok(parameters(&pairs));
    let future = async move {
        let request =
            BeginRequest { parameters: &parameters, arrival: RequestDelivery::Link, browser: &browser };
        let answer = match begin(&cx, &caller, request).await {
            Ok(BeginOutcome::Answered(response)) => Ok((answered(&response), CookieChanges::default())),
            Ok(BeginOutcome::Page { page, cookies }) => {
                Ok((PageAnswer::Shown(PageState::of(&page)), cookies))
            }
            Ok(BeginOutcome::ClientErrorPage(_) | BeginOutcome::Relay(_)) => {
                Err(Refusal::Other("an unexpected page".to_owned()))
            }
            Err(BeginError::Internal(fault)) => Err(Refusal::OurFault(fault.to_string())),
            Err(error) => Err(Refusal::Other(error.to_string())),
        };
        Outcome::Page(Box::new(answer))
    };
    (asked, Box::pin(future))
}

async fn send(
    cx: &Context,
    caller: &Caller,
    page: &PageState,
    browser: &Browser,
    form: Form,
) -> Result<(PageAnswer, CookieChanges), Refusal> {
    let at = AtInteraction { id: &page.id, sealed: page.sealed.as_deref(), browser };
    let token = &page.token;
    let none = CookieChanges::default;
    let (view, keep) = match form {
        Form::Address(address) => {
            let view = sign_in::address(cx, caller, at, token, &address, Locale::default()).await;
            (view.map_err(of_sign_in)?, none())
        }
        Form::Code(code) => {
            sign_in::code(cx, caller, at, token, &Secret::new(code)).await.map_err(of_sign_in)?
        }
        Form::AnotherCode => {
            let view = sign_in::resend(cx, caller, at, token, "", Locale::default()).await;
            (view.map_err(of_sign_in)?, none())
        }
        Form::Decide(true) => (decide::allow(cx, caller, at, token).await.map_err(of_step)?, none()),
        Form::Decide(false) => (decide::deny(cx, caller, at, token).await.map_err(of_step)?, none()),
    };
    let mut browser = browser.clone();
    if let Some(sso) = &keep.sso {
        browser.sso.insert(sso.organization.clone(), sso.value.clone());
    }
    Ok((follow(cx, caller, view, &browser).await?, keep))
}

/// The browser goes where it is sent, with what it was told to keep.
async fn follow(
    cx: &Context,
    caller: &Caller,
    first: InteractionView<'_>,
    browser: &Browser,
) -> Result<PageAnswer, Refusal> {
    let mut next = settle(first);
    for _ in 0..3 {
        let (id, page) = match next {
            Settled::At(step) => return Ok(step),
            Settled::Unexpected => return Err(Refusal::Other("an unexpected page".to_owned())),
            Settled::Elsewhere(id, page) => (id, page),
        };
        let at = AtInteraction { id: &id, sealed: None, browser };
        next = settle(view(cx, caller, at, page).await.map_err(of_step)?);
    }
    Err(Refusal::Other("the pages lead in a circle".to_owned()))
}

/// Where a browser is after a step.
enum Settled {
    At(PageAnswer),
    Elsewhere(String, InteractionPage),
    Unexpected,
}

fn settle(view: InteractionView<'_>) -> Settled {
    match view {
        InteractionView::Page(shown) => Settled::At(PageAnswer::Shown(PageState::of(&shown))),
        InteractionView::Answered(response) => Settled::At(answered(&response)),
        InteractionView::Elsewhere(id, page) => Settled::Elsewhere(id.encode(), page),
        InteractionView::AccountSwitch(switch) => Settled::Elsewhere(switch.id.encode(), switch.page),
        InteractionView::ClientErrorPage(_) => Settled::Unexpected,
    }
}

fn answered(response: &AuthorizationResponse) -> PageAnswer {
    let parameters = response.parameters.expose();
    let value = |name| parameters.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    match value("code") {
        Some(code) => PageAnswer::Code(code),
        None => PageAnswer::Error(value("error").unwrap_or_default()),
    }
}

fn of_step(error: StepError) -> Refusal {
    match error {
        StepError::Internal(fault) => Refusal::OurFault(fault.to_string()),
        other => Refusal::Other(other.to_string()),
    }
}

fn of_sign_in(error: SignInError) -> Refusal {
    match error {
        SignInError::Step(step) => of_step(step),
        SignInError::NotSent(CodeSendError::Internal(_) | CodeSendError::Mail(_))
        | SignInError::NotProven(CodeProofError::Internal(_)) => Refusal::OurFault(error.to_string()),
        other => Refusal::Other(other.to_string()),
    }
}

/// Signs the browser out, and says yes when it is asked.
fn sign_out(cx: Arc<Context>, caller: Caller, phone: Phone, life: u32, browser: Browser) -> Request {
    let future = async move {
        let nothing = parameters(&[("client_id", CLIENT)]);
        let begun = end_session::begin(&cx, &caller, &nothing, false, &browser).await;
        let answer = match begun {
            Ok(LogoutAnswer::Ask(question)) => {
                let (id, sealed) = (question.id.encode(), question.sealed.clone());
                let form = LogoutForm { id: &id, sealed: sealed.as_deref(), token: &question.token };
                end_session::decide(&cx, &caller, &browser, form, true).await
            }
            other => other,
        };
        Outcome::SignedOutAtIssuer(match answer {
            Ok(LogoutAnswer::Done(farewell)) => {
                Ok((farewell.outcome == LogoutOutcome::SignedOut, farewell.cookies))
            }
            Ok(LogoutAnswer::Ask(_) | LogoutAnswer::Relay(_)) => {
                Err(Refusal::Other("it is asked again".to_owned()))
            }
            Err(EndSessionError::Internal(fault)) => Err(Refusal::OurFault(fault.to_string())),
            Err(error) => Err(Refusal::Other(error.to_string())),
        })
    };
    (ClientRequest::SignOutAtIssuer { phone, life }, Box::pin(future))
}
