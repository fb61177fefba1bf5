//! What has to happen before an authorization request is answered.

use super::error::ErrorCode;
use super::request::AuthorizationRequest;
use crate::protocol::client::{Client, ClientParty};
use crate::protocol::id::SsoId;
use crate::protocol::sso::{Consent, SsoSession};
use crate::protocol::time::Timestamp;

/// The next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthorizationStep {
    /// The end-user has to sign in.
    SignIn,
    /// The end-user has to say which account to go on with.
    Choose,
    /// The end-user has to allow what the client asks for.
    Consent,
    /// The end-user allowed it before, but has to say so again (RFC 8252 §8.6).
    Confirm,
    /// Nothing: a code is issued.
    Issue,
    /// It cannot go on without a page, and none may be shown (OpenID Connect Core §3.1.2.6).
    Refuse(ErrorCode),
}

/// How far the end-user has come in this request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and they combine")]
pub struct AuthorizationProgress {
    /// Whether the request came before; if not, it comes just now, and nobody has signed in for it yet.
    pub opened: bool,
    /// The sign-in that the browser had when the request came. Another one is of this very request, or newer: ids tell
    /// that exactly, where times of two hosts would not.
    pub before: Option<SsoId>,
    /// Whether the end-user said to go on with this account.
    pub chosen: bool,
    /// The sign-in that the end-user does not want to go on with.
    pub declined: Option<SsoId>,
    /// Whether the browser is signed in as somebody else than [`AuthorizationRequest::wanted`].
    pub is_another: bool,
    /// Whether a device waits for the answer.
    pub of_device: bool,
}

/// Decides the next step. `session` is the browser's sign-in, if there is one, and `consent` what its end-user
/// allowed this client before.
#[must_use]
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
    // A sign-in of this very request is always new enough, whatever `max_age` says: it cannot be newer.
    let is_new = progress.opened && progress.before != Some(session.id);
    if progress.is_another {
        // OpenID Connect Core §3.1.2.1: the answer is about the end-user of the hint, or it is an error.
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
        // RFC 8628 §5.4: whoever got the end-user to open the link may hold the device, so they are always asked.
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
