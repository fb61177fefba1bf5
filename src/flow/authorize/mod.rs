//! The authorization endpoint (RFC 6749 §3.1) and the end-user's steps on its pages: signing in with a code
//! by mail, giving consent, and returning to the application.
//!
//! A step is bound to the browser that began the request. Until a code is sent, the interaction is sealed in
//! the page's form (`sealed.rs`), nothing is stored, and a step answers with the next page. From then on the
//! interaction has a row, and each step changes the revision that it saw: when two tabs do the same, one
//! succeeds and the other notices.

mod answer;
pub mod begin;
pub mod decide;
mod request_object;
mod sealed;
mod send;
pub mod sign_in;
pub mod view;

use std::sync::Arc;

use super::browser::{Browser, FormPurpose};
use super::{Context, InternalError, Result};
use crate::ports::store::{InteractionAdvance, SessionStanding};
use crate::protocol::authorization::{
    AuthorizationProgress, AuthorizationRequest, AuthorizationStep, ErrorCode, ResponseMode, next,
};
use crate::protocol::client::Client;
use crate::protocol::id::InteractionId;
use crate::protocol::interaction::{Interaction, LIFETIME, Stage, WaitingDevice};
use crate::protocol::policy::Organization;
use crate::protocol::redirect_uri::with_parameters;
use crate::protocol::secret::Secret;
use crate::protocol::sso::Idleness;

/// Why a step on the pages is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// The interaction has expired, never existed, or its client was removed; with the application if it is
    /// known.
    #[error("the interaction is unknown or over")]
    Expired(Option<OriginApplication>),
    /// The device code has expired or is decided already (RFC 8628 §3.5).
    #[error("the device code has expired or is decided already")]
    DeviceExpired,
    /// The interaction was answered before, to this application.
    #[error("the interaction is finished")]
    Finished(OriginApplication),
    /// The interaction was begun in another browser, or this browser rejects cookies.
    #[error("the interaction is another browser's")]
    OtherBrowser,
    /// The form's token is missing, forged, or from another page.
    #[error("the form's token does not fit")]
    BadForm,
    #[error(transparent)]
    Internal(#[from] InternalError),
}

/// The application that the end-user came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginApplication {
    pub client: Arc<Client>,
    /// The request's redirect URI; `None` for a device, which the browser cannot return to.
    pub redirect_uri: Option<String>,
}

impl OriginApplication {
    fn of(client: &Arc<Client>, interaction: &Interaction) -> Self {
        let goes_back = interaction.stage.device.is_none();
        let redirect_uri = goes_back.then(|| interaction.request.redirect_uri.clone());
        Self { client: Arc::clone(client), redirect_uri }
    }
}

#[derive(Debug, Clone, Copy)]
pub struct InteractionRequest<'a> {
    /// The interaction's id in the URL.
    pub id: &'a str,
    /// The sealed interaction in the form, which is used while there is no row.
    pub sealed: Option<&'a str>,
    pub browser: &'a Browser,
}

/// A current interaction of this browser.
pub(super) struct OpenInteraction<'a> {
    interaction: Interaction,
    client: Arc<Client>,
    organization: &'a Organization,
    browser: Secret<String>,
    standing: Option<SessionStanding>,
    /// The sealed interaction in the form, while there is no row.
    sealed: Option<String>,
}

/// An authorization response (RFC 6749 §4.1.2), delivered by the browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationResponse {
    pub redirect_uri: String,
    pub mode: ResponseMode,
    /// The response parameters, which may contain a code.
    pub parameters: Secret<Vec<(&'static str, String)>>,
    /// The response's error, for the log.
    pub error: Option<ErrorCode>,
}

impl AuthorizationResponse {
    /// The redirect URI with the parameters in its query.
    pub fn uri(&self) -> Secret<String> {
        let parameters = self.parameters.expose().iter().map(|(name, value)| (*name, value.as_str()));
        Secret::new(with_parameters(&self.redirect_uri, &parameters.collect::<Vec<_>>()))
    }
}

/// How to treat a form for a device that is decided already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RepeatedDecision {
    Refuse,
    /// Compare the form with the recorded decision, because the same form may be sent twice.
    Compare,
}

impl Context {
    /// The interaction of an id, if this browser began it and it is not finished.
    async fn find_open_interaction<'a>(
        &'a self,
        asked: InteractionRequest<'a>,
    ) -> Result<OpenInteraction<'a>, StepError> {
        let current = self.find_interaction(asked, RepeatedDecision::Refuse).await?;
        match current.interaction.stage.finished {
            Some(_) => Err(StepError::Finished(OriginApplication::of(&current.client, &current.interaction))),
            None => Ok(current),
        }
    }

    /// The interaction of a form that may be sent twice: one that finished a moment ago is included. For a
    /// device, the store compares the second form's decision with the first.
    async fn find_interaction_for_repeat<'a>(
        &'a self,
        asked: InteractionRequest<'a>,
    ) -> Result<OpenInteraction<'a>, StepError> {
        self.find_interaction(asked, RepeatedDecision::Compare).await
    }

    async fn find_interaction<'a>(
        &'a self,
        asked: InteractionRequest<'a>,
        if_decided: RepeatedDecision,
    ) -> Result<OpenInteraction<'a>, StepError> {
        let id = InteractionId::parse(asked.id).ok_or(StepError::Expired(None))?;
        let stored = self.stores.peek_interaction(&id).await.map_err(InternalError::from)?;
        let (interaction, sealed) = match (stored, asked.sealed) {
            (Some(stored), _) => (stored, None),
            (None, Some(sealed)) => {
                let unsealed = self.unseal_interaction(&id, sealed)?.ok_or(StepError::BadForm)?;
                (unsealed, Some(sealed.to_owned()))
            }
            (None, None) => return Err(StepError::Expired(None)),
        };
        let (Some(browser), Some(fingerprint)) = (&asked.browser.secret, asked.browser.fingerprint()) else {
            return Err(StepError::OtherBrowser);
        };
        if !interaction.browser.is_to(&fingerprint) {
            return Err(StepError::OtherBrowser);
        }
        let found = self.find_client(&interaction.request.client).await?;
        let (client, organization) = found.ok_or(StepError::Expired(None))?;
        let application = || OriginApplication::of(&client, &interaction);
        // While the end-user was on our pages, the client may have removed the redirect URI (RFC 6749
        // §3.1.2.3).
        let gone = client.redirect_uri(&interaction.request.redirect_uri).is_none();
        if gone && interaction.stage.device.is_none() {
            return Err(StepError::Expired(Some(application())));
        }
        let now = self.clock.now();
        if interaction.stage.finished.is_some_and(|finished| !finished.is_repeatable(now)) {
            return Err(StepError::Finished(application()));
        }
        let device = interaction.stage.device.as_ref();
        if now >= interaction.expires_at {
            let expired = || StepError::Expired(Some(application()));
            return Err(if device.is_some() { StepError::DeviceExpired } else { expired() });
        }
        let may_be_decided = interaction.stage.finished.is_some() || if_decided == RepeatedDecision::Compare;
        if let Some(device) = device
            && !self.device_still_waits(device, may_be_decided).await?
        {
            return Err(StepError::DeviceExpired);
        }
        let standing = self.session_standing(asked.browser, &client).await?;
        Ok(OpenInteraction { interaction, client, organization, browser: browser.clone(), standing, sealed })
    }

    /// Whether the device still waits for this interaction's decision, so that nobody signs in for an expired
    /// device code (RFC 8628 §3.5).
    async fn device_still_waits(&self, device: &WaitingDevice, may_be_decided: bool) -> Result<bool> {
        let request = self.stores.peek_device(&device.user_code).await?;
        let request = request.filter(|request| request.id == device.id);
        Ok(request.is_some_and(|request| {
            self.clock.now() < request.expires_at && (may_be_decided || request.decision.is_none())
        }))
    }

    /// The browser's SSO session with the end-user's consent for a client; records this use of the session.
    /// An idle session counts as none, but it remains stored: a logout still revokes its grants, and the same
    /// end-user who signs in again keeps its root.
    async fn session_standing(&self, browser: &Browser, client: &Client) -> Result<Option<SessionStanding>> {
        let Some(id) = browser.sso_id(&client.organization) else { return Ok(None) };
        let standing = self.stores.peek_sso_session(&id, Some(&client.id)).await?;
        let Some(standing) = standing.filter(|it| it.session.organization == client.organization) else {
            return Ok(None);
        };
        let idle = self.policy.organization_of(client).and_then(|organization| organization.sso_idle);
        let now = self.clock.now();
        match standing.session.idleness(idle, now) {
            Idleness::Used => {}
            Idleness::NoteDue => self.stores.touch_sso_session(&id, now).await?,
            Idleness::Over => return Ok(None),
        }
        Ok(Some(standing))
    }

    /// Moves an interaction on from the revision that was seen. A sealed one gets its row, which outlives the
    /// seal. False when another tab was faster.
    async fn replace_interaction(&self, interaction: &Interaction, stage: &Stage) -> Result<bool, StepError> {
        let renewed;
        let seen = if interaction.revision == 0 {
            renewed = Interaction { expires_at: self.clock.now().plus(LIFETIME), ..interaction.clone() };
            &renewed
        } else {
            interaction
        };
        let advance = self.stores.advance_interaction(seen, stage, self.new_attempt()).await;
        match advance.map_err(InternalError::from)? {
            InteractionAdvance::Advanced => Ok(true),
            InteractionAdvance::Moved => Ok(false),
            InteractionAdvance::Unknown => Err(StepError::Expired(None)),
        }
    }

    /// Moves an interaction on, or loads the state to which another tab moved it.
    async fn move_interaction(
        &self,
        current: &mut OpenInteraction<'_>,
        stage: Stage,
    ) -> Result<(), StepError> {
        let interaction = &mut current.interaction;
        if self.replace_interaction(interaction, &stage).await? {
            interaction.revision = interaction.revision.saturating_add(1);
            interaction.stage = stage;
        } else {
            let stands = self.stores.peek_interaction(&interaction.id).await.map_err(InternalError::from)?;
            *interaction = stands.ok_or(StepError::Expired(None))?;
        }
        Ok(())
    }

    /// Checks that a form is from a page of this interaction in this browser.
    fn check_interaction_form(
        &self,
        current: &OpenInteraction<'_>,
        token: &str,
        form: FormPurpose<'_>,
    ) -> Result<(), StepError> {
        let genuine = self.is_form_token(token, &current.interaction.id, &current.browser, form);
        if genuine { Ok(()) } else { Err(StepError::BadForm) }
    }

    fn next_step(&self, current: &OpenInteraction<'_>) -> AuthorizationStep {
        let interaction = &current.interaction;
        let progress = AuthorizationProgress {
            opened: true,
            before: interaction.stage.before,
            chosen: interaction.stage.chosen,
            declined: interaction.stage.declined,
            of_device: interaction.stage.device.is_some(),
            is_another: self.is_another_end_user(
                &interaction.request,
                &current.client,
                current.standing.as_ref(),
            ),
        };
        let session = current.standing.as_ref().map(|standing| &standing.session);
        let consent = current.standing.as_ref().and_then(|standing| standing.consent.as_ref());
        next(&interaction.request, &current.client, session, consent, progress, self.clock.now())
    }

    /// Whether the browser is signed in as another end-user than the request wants, by the `sub` that the
    /// client knows.
    fn is_another_end_user(
        &self,
        request: &AuthorizationRequest,
        client: &Client,
        standing: Option<&SessionStanding>,
    ) -> bool {
        match (&request.wanted, standing) {
            (Some(wanted), Some(standing)) => {
                !self.is_subject_of_session(client, &standing.session, wanted, request.wanted_sid.as_deref())
            }
            _ => false,
        }
    }
}
