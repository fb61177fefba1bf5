//! The steps before an authorization request is answered.

use super::error::ErrorCode;
use super::request::AuthorizationRequest;
use crate::protocol::client::{Client, ClientParty};
use crate::protocol::id::SsoId;
use crate::protocol::sso::{Consent, SsoSession};
use crate::protocol::time::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthorizationStep {
    /// The end-user has to sign in.
    SignIn,
    /// The end-user has to choose an account.
    Choose,
    /// The end-user has to allow the client's request.
    Consent,
    /// Consent exists, but the end-user has to confirm the sign-in (RFC 8252 §8.6).
    Confirm,
    /// No step is left: an authorization code is issued.
    Issue,
    /// A page is needed, but none may be shown (OpenID Connect Core §3.1.2.6).
    Refuse(ErrorCode),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and they combine")]
pub struct AuthorizationProgress {
    /// Whether this is a later step of the request; if not, no sign-in belongs to this request yet.
    pub opened: bool,
    /// The id of the browser's SSO session when the request arrived. A session with another id was opened by
    /// this request or later; ids are compared because the clocks of two hosts may differ.
    pub before: Option<SsoId>,
    /// Whether the end-user chose to continue with the account of the SSO session.
    pub chosen: bool,
    /// The SSO session whose account the end-user declined to use.
    pub declined: Option<SsoId>,
    /// Whether the SSO session is of another end-user than [`AuthorizationRequest::wanted`].
    pub is_another: bool,
    /// Whether the request is a device's (RFC 8628).
    pub of_device: bool,
}

/// Decides the next step. `session` is the browser's SSO session, and `consent` that of its end-user for this
/// client.
pub fn next(
    request: &AuthorizationRequest,
    client: &Client,
    session: Option<&SsoSession>,
    consent: Option<&Consent>,
    progress: AuthorizationProgress,
    now: Timestamp,
) -> AuthorizationStep {
    let step = step(request, client, session, consent, progress, now);
    if !request.prompts.none {
        return step;
    }
    match step {
        AuthorizationStep::SignIn => AuthorizationStep::Refuse(ErrorCode::LoginRequired),
        AuthorizationStep::Choose => AuthorizationStep::Refuse(ErrorCode::AccountSelectionRequired),
        AuthorizationStep::Consent => AuthorizationStep::Refuse(ErrorCode::ConsentRequired),
        AuthorizationStep::Confirm => AuthorizationStep::Refuse(ErrorCode::InteractionRequired),
        AuthorizationStep::Issue | AuthorizationStep::Refuse(_) => step,
    }
}

fn step(
    request: &AuthorizationRequest,
    client: &Client,
    session: Option<&SsoSession>,
    consent: Option<&Consent>,
    progress: AuthorizationProgress,
    now: Timestamp,
) -> AuthorizationStep {
    let live = session.filter(|session| {
        now < session.expires_at
            && session.organization == client.organization
            && progress.declined != Some(session.id)
    });
    let Some(session) = live else { return AuthorizationStep::SignIn };
    // A sign-in that was made for this request is recent enough for any `max_age`.
    let is_new = progress.opened && progress.before != Some(session.id);
    if progress.is_another {
        // OpenID Connect Core §3.1.2.1: the answer is about the hinted end-user, or it is an error.
        return if is_new {
            AuthorizationStep::Refuse(ErrorCode::LoginRequired)
        } else {
            AuthorizationStep::SignIn
        };
    }
    let too_old = request.max_age.is_some_and(|seconds| now.since(session.auth_time).as_secs() >= seconds);
    if !is_new && (request.prompts.login || too_old) {
        return AuthorizationStep::SignIn;
    }
    if request.prompts.select_account && !is_new && !progress.chosen {
        return AuthorizationStep::Choose;
    }
    if progress.of_device {
        // RFC 8628 §5.4: whoever sent the link to the end-user may hold the device, so the end-user is always
        // asked.
        return if client.party == ClientParty::Third {
            AuthorizationStep::Consent
        } else {
            AuthorizationStep::Confirm
        };
    }
    ask(request, client, consent)
}

fn ask(request: &AuthorizationRequest, client: &Client, consent: Option<&Consent>) -> AuthorizationStep {
    let remembered = consent.is_some_and(|consent| consent.covers(client, &request.asks()));
    if client.party == ClientParty::Third && (request.prompts.consent || !remembered) {
        return AuthorizationStep::Consent;
    }
    if client.confirms_at(&request.redirect_uri) {
        AuthorizationStep::Confirm
    } else {
        AuthorizationStep::Issue
    }
}

#[cfg(test)]
#[path = "next_tests.rs"]
mod tests;
