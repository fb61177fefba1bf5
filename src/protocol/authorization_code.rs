//! The authorization code (RFC 6749 §4.1.2): 60 seconds, one use, and what a second use means.
//!
//! [`AuthorizationCode::admits`] is checked against a peek and leaves the code alone; [`redeem`] is the one atomic
//! step. The embedded store calls it and the Redis script is held to it by tests.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::client::SubjectType;
use super::grant::Grant;
use super::grant_extensions::GrantExtensions;
use super::id::{AttemptId, ClientId, CodeId, OrganizationId, Sid, UserId};
use super::pkce::{CodeChallenge, CodeVerifier};
use super::redirect_uri::RedirectUri;
use super::scope::Scope;
use super::sso::SsoRoot;
use super::time::Timestamp;

/// How long a code may be redeemed.
pub const LIFETIME: Duration = Duration::from_secs(60);
/// How long a used code is remembered.
pub const REMEMBERED: Duration = Duration::from_secs(600);
/// For how long after a first use that proved its verifier a second one is only refused: a page that sends its
/// callback twice must not end its own session.
pub const TWICE: Duration = Duration::from_secs(10);

/// The row of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationCode {
    /// What the store knows it by.
    pub id: CodeId,
    /// What it stands for.
    pub terms: CodeTerms,
    /// When the end-user really signed in.
    pub auth_time: Timestamp,
    /// When it dies.
    pub expires_at: Timestamp,
    /// Its first use.
    pub used: Option<CodeUse>,
}

/// What a code stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeTerms {
    /// Who may redeem it.
    pub client: ClientId,
    /// The tenant.
    pub organization: OrganizationId,
    /// Who signed in.
    pub user: UserId,
    /// Where it was sent.
    pub redirect_uri: String,
    /// Whether the authorization request named that; then the token request must too (RFC 6749 §4.1.3).
    pub redirect_uri_sent: bool,
    /// RFC 7636 §4.4.
    pub code_challenge: Option<CodeChallenge>,
    /// For the ID token.
    pub nonce: Option<String>,
    /// What is granted.
    pub scope: Scope,
    /// What only some grants have.
    #[serde(default, skip_serializing_if = "GrantExtensions::is_empty")]
    pub particulars: GrantExtensions,
    /// How the client knew its end-users when they allowed it (OpenID Connect Core §8); `None` in a code that a version
    /// issued which did not keep it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject_type: Option<SubjectType>,
}

impl CodeTerms {
    /// What the grant has that is made of it. `now` is how the client knows its end-users at the redemption: that counts
    /// only for a code that does not say it, because a client may have changed its sector since.
    #[must_use]
    pub fn particulars_of_grant(&self, now: &SubjectType) -> GrantExtensions {
        let sector = self.subject_type.as_ref().unwrap_or(now).sector().map(str::to_owned);
        GrantExtensions { sector, ..self.particulars.clone() }
    }
}

/// The first use of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeUse {
    /// The attempt that it was.
    pub attempt: AttemptId,
    /// When.
    pub at: Timestamp,
    /// The grant that it made.
    pub sid: Sid,
}

/// What a token request says of a code.
#[derive(Debug, Clone)]
pub struct CodePresentation<'a> {
    /// The client, authenticated in the way it is registered for.
    pub client: &'a ClientId,
    /// Where the client's answers may go at the moment.
    pub registered: &'a [RedirectUri],
    /// `redirect_uri`.
    pub redirect_uri: Option<&'a str>,
    /// `code_verifier`.
    pub verifier: Option<&'a CodeVerifier>,
}

/// Why a code is not for whoever presents it. It stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RedemptionRefusal {
    /// RFC 6749 §4.1.3.
    #[error("the code is another client's")]
    OtherClient,
    /// RFC 6749 §4.1.3.
    #[error("redirect_uri is not that of the authorization request")]
    OtherRedirectUri,
    /// RFC 6749 §4.1.3: since the code was issued the client gave up where it was sent.
    #[error("the redirect URI that the code was sent to is no longer registered")]
    RedirectUriGone,
    /// RFC 7636 §4.6.
    #[error("the verifier does not fit the challenge")]
    WrongVerifier,
    /// RFC 7636 §4.6.
    #[error("there is a challenge but no verifier")]
    NoVerifier,
    /// RFC 9700 §2.1.1: the request was stripped of its challenge.
    #[error("there is a verifier but no challenge")]
    NoChallenge,
}

impl AuthorizationCode {
    /// Whether a presentation is of this code's client, redirect URI and verifier.
    ///
    /// # Errors
    /// [`RedemptionRefusal`].
    pub fn admits(&self, presentation: &CodePresentation<'_>) -> Result<(), RedemptionRefusal> {
        if self.terms.client != *presentation.client {
            return Err(RedemptionRefusal::OtherClient);
        }
        let named = match presentation.redirect_uri {
            Some(uri) => uri == self.terms.redirect_uri,
            None => !self.terms.redirect_uri_sent,
        };
        if !named {
            return Err(RedemptionRefusal::OtherRedirectUri);
        }
        if !presentation.registered.iter().any(|uri| uri.matches(&self.terms.redirect_uri)) {
            return Err(RedemptionRefusal::RedirectUriGone);
        }
        match (&self.terms.code_challenge, presentation.verifier) {
            (None, None) => Ok(()),
            (None, Some(_)) => Err(RedemptionRefusal::NoChallenge),
            (Some(_), None) => Err(RedemptionRefusal::NoVerifier),
            (Some(challenge), Some(verifier)) if challenge.is_met_by(verifier) => Ok(()),
            (Some(_), Some(_)) => Err(RedemptionRefusal::WrongVerifier),
        }
    }

    /// Until when its row tells something.
    #[must_use]
    pub fn remembered_until(&self) -> Timestamp {
        self.used.map_or(self.expires_at, |used| used.at.plus(REMEMBERED))
    }
}

/// An admitted presentation that redeems a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redemption {
    /// This attempt: a repeat of a store call whose answer was lost carries the same one.
    pub attempt: AttemptId,
    /// When.
    pub now: Timestamp,
    /// The grant to make.
    pub grant: Grant,
}

/// What a redemption leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeVerdict {
    /// The first use: the grant is made.
    Granted,
    /// Used a moment ago, with its verifier: refused, nothing ends.
    Twice,
    /// Used before: refused, and the grant that the first use made ends (RFC 6749 §4.1.2).
    Replayed,
    /// It died unused, or with the session that it was issued in, or is no longer remembered.
    Expired,
}

impl Redemption {
    /// The session that the grant takes part in, by its root.
    #[must_use]
    pub const fn session(&self) -> Option<&SsoRoot> {
        self.grant.particulars.sso.as_ref()
    }
}

/// Judges a redemption. `session_lives` is whether the session of [`Redemption::session`] does, or the grant needs none
/// ([`Grant::outlives_session`]). The caller writes `used` and the grant when it is [`CodeVerdict::Granted`] and the code was
/// unused, and revokes the grant of the first use when it is [`CodeVerdict::Replayed`].
#[must_use]
pub fn redeem(
    code: &AuthorizationCode,
    attempt: AttemptId,
    now: Timestamp,
    session_lives: bool,
) -> CodeVerdict {
    let Some(used) = code.used else {
        let alive = now < code.expires_at && session_lives;
        return if alive { CodeVerdict::Granted } else { CodeVerdict::Expired };
    };
    if used.attempt == attempt {
        CodeVerdict::Granted
    } else if now >= code.remembered_until() {
        CodeVerdict::Expired
    } else if code.terms.code_challenge.is_some() && now.since(used.at) <= TWICE {
        CodeVerdict::Twice
    } else {
        CodeVerdict::Replayed
    }
}

#[cfg(test)]
#[path = "authorization_code_tests.rs"]
mod tests;
