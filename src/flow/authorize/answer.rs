//! Authorization responses: a code or an error, always with `iss` (RFC 9207 §2).

use super::{AuthorizationResponse, OpenInteraction, OriginApplication, StepError};
use crate::flow::{Caller, Context, InternalError, Result};
use crate::ports::audit::{AuditEvent, AuditKind};
use crate::ports::store::DeviceDecisionOutcome;
use crate::protocol::authorization::{AuthorizationError, AuthorizationRequest, ErrorCode};
use crate::protocol::authorization_code::{AuthorizationCode, CodeTerms, LIFETIME};
use crate::protocol::client::Client;
use crate::protocol::device_grant::{DeviceApproval, DeviceDecision};
use crate::protocol::grant_extensions::GrantExtensions;
use crate::protocol::id::CodeId;
use crate::protocol::interaction::{InteractionAnswer, InteractionEnd, Stage, WaitingDevice};
use crate::protocol::opaque::Opaque;
use crate::protocol::secret::Secret;
use crate::protocol::sso::{Consent, SsoSession};

/// An authorization error response (RFC 6749 §4.1.2.1).
pub(super) fn error_response(issuer: &str, error: AuthorizationError) -> AuthorizationResponse {
    let mut parameters = vec![("error", error.code.name().to_owned())];
    parameters.push(("error_description", error.description.to_owned()));
    parameters.extend(error.state.map(|state| ("state", state)));
    parameters.push(("iss", issuer.to_owned()));
    AuthorizationResponse {
        redirect_uri: error.redirect_uri,
        mode: error.mode,
        parameters: Secret::new(parameters),
        error: Some(error.code),
    }
}

/// Issues an authorization code (RFC 6749 §4.1.2) and stores the consent.
pub(super) async fn issue(
    cx: &Context,
    client: &Client,
    request: &AuthorizationRequest,
    session: &SsoSession,
    consent: Option<&Consent>,
) -> Result<AuthorizationResponse> {
    let value = Opaque::new(cx.subject_bucket(&session.user), cx.random());
    let code = AuthorizationCode {
        id: CodeId::of(&value),
        terms: CodeTerms {
            client: request.client.clone(),
            organization: session.organization.clone(),
            user: session.user.clone(),
            redirect_uri: request.redirect_uri.clone(),
            redirect_uri_sent: request.redirect_uri_sent,
            code_challenge: request.code_challenge,
            nonce: request.nonce.clone(),
            scope: request.scope.clone(),
            extensions: GrantExtensions {
                sso: Some(session.root),
                claims: request.claims.clone(),
                resources: request.resources.clone(),
                ..GrantExtensions::default()
            },
            subject_type: Some(client.extras.subject_type.clone()),
        },
        auth_time: session.auth_time,
        expires_at: cx.clock.now().plus(LIFETIME),
        used: None,
    };
    cx.stores.issue_code(&code, consent).await?;
    let mut parameters = vec![("code", value.encode())];
    parameters.extend(request.state.clone().map(|state| ("state", state)));
    parameters.push(("iss", cx.policy.issuer.clone()));
    Ok(AuthorizationResponse {
        redirect_uri: request.redirect_uri.clone(),
        mode: request.response_mode,
        parameters: Secret::new(parameters),
        error: None,
    })
}

/// Names the device's client in the URL of our own last page, which shows the name.
fn whose(current: &OpenInteraction<'_>) -> (&'static str, String) {
    ("client_id", current.client.id.as_str().to_owned())
}

impl Context {
    pub(super) async fn finish_interaction(
        &self,
        caller: &Caller,
        current: &OpenInteraction<'_>,
        session: &SsoSession,
        consent: Option<&Consent>,
    ) -> Result<AuthorizationResponse, StepError> {
        let is_first = self.end_interaction(current, InteractionAnswer::Code(session.id)).await?;
        let request = &current.interaction.request;
        let answer = if let Some(device) = &current.interaction.stage.device {
            let (user, sso) = (session.user.clone(), session.root);
            let allowed = DeviceApproval { user, sso, auth_time: session.auth_time };
            self.tell_device(current, device, allowed).await?
        } else {
            issue(self, &current.client, request, session, consent).await?
        };
        if is_first && (consent.is_some() || current.interaction.stage.device.is_some()) {
            self.record_at_issuer(AuditKind::ConsentGiven, caller, request, session);
        }
        Ok(answer)
    }

    pub(super) async fn refuse_interaction(
        &self,
        current: &OpenInteraction<'_>,
        code: ErrorCode,
    ) -> Result<AuthorizationResponse, StepError> {
        self.refuse_interaction_once(current, code).await.map(|(answer, _)| answer)
    }

    /// Answers the client with an error, and whether this form is the first to end the interaction.
    pub(super) async fn refuse_interaction_once(
        &self,
        current: &OpenInteraction<'_>,
        code: ErrorCode,
    ) -> Result<(AuthorizationResponse, bool), StepError> {
        let is_first = self.end_interaction(current, InteractionAnswer::Error(code)).await?;
        if let Some(device) = &current.interaction.stage.device {
            self.decide_device(device, &DeviceDecision::Denied).await?;
        }
        let mut answer = super::begin::refuse(self, &current.interaction.request, code);
        if current.interaction.stage.device.is_some() {
            answer.parameters =
                Secret::new([answer.parameters.expose().as_slice(), &[whose(current)]].concat());
        }
        Ok((answer, is_first))
    }

    /// Records that the end-user approved a device (RFC 8628 §3.3); the browser then goes to a page of ours.
    /// A repeat of the form finds its own decision. No consent is stored, because approval is required anew
    /// for every device.
    async fn tell_device(
        &self,
        current: &OpenInteraction<'_>,
        device: &WaitingDevice,
        allowed: DeviceApproval,
    ) -> Result<AuthorizationResponse, StepError> {
        self.decide_device(device, &DeviceDecision::Allowed(allowed)).await?;
        let request = &current.interaction.request;
        Ok(AuthorizationResponse {
            redirect_uri: request.redirect_uri.clone(),
            mode: request.response_mode,
            parameters: Secret::new(vec![whose(current)]),
            error: None,
        })
    }

    async fn decide_device(
        &self,
        device: &WaitingDevice,
        decision: &DeviceDecision,
    ) -> Result<(), StepError> {
        let decided = self.stores.decide_device(&device.id, decision, self.clock.now()).await;
        match decided.map_err(InternalError::from)? {
            DeviceDecisionOutcome::Decided => Ok(()),
            DeviceDecisionOutcome::Over | DeviceDecisionOutcome::Unknown => Err(StepError::DeviceExpired),
        }
    }

    /// Ends the interaction before it is answered, so that it has only one answer; the form that led to the
    /// answer may be repeated. A sealed interaction has no row to end: nobody signed in for it, and its form
    /// sent again is equivalent to the same authorization request made again. Answers whether this form is
    /// the first to end the interaction.
    async fn end_interaction(
        &self,
        current: &OpenInteraction<'_>,
        answer: InteractionAnswer,
    ) -> Result<bool, StepError> {
        if current.sealed.is_some() {
            return Ok(true);
        }
        let interaction = &current.interaction;
        let finished = InteractionEnd { answer, at: self.clock.now() };
        let mut stands = interaction.stage.finished;
        if stands.is_none() {
            let stage = Stage { finished: Some(finished), ..interaction.stage.clone() };
            if self.replace_interaction(interaction, &stage).await? {
                return Ok(true);
            }
            let quicker = self.stores.peek_interaction(&interaction.id).await.map_err(InternalError::from)?;
            stands = quicker.and_then(|interaction| interaction.stage.finished);
        }
        match stands {
            Some(before) if before.is_repeated_by(answer, finished.at) => Ok(false),
            _ => Err(StepError::Finished(OriginApplication::of(&current.client, &current.interaction))),
        }
    }

    pub(super) fn record_at_issuer(
        &self,
        kind: AuditKind,
        caller: &Caller,
        request: &AuthorizationRequest,
        session: &SsoSession,
    ) {
        self.audit.record(&AuditEvent {
            kind,
            request_id: &caller.request_id,
            organization: &session.organization,
            user: Some(&session.user),
            client: Some(&request.client),
            sid: None,
            network: Some(&caller.network),
        });
    }
}
