//! The authorization code (RFC 6749 §4.1.2): it lives 60 seconds and is redeemed once; a second use may
//! revoke the grant.
//!
//! [`AuthorizationCode::admits`] checks a presentation without changing the code; [`redeem`] is the one
//! atomic step. The embedded store calls it, and tests compare the Redis script with it.

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

pub const LIFETIME: Duration = Duration::from_secs(60);
/// How long a used code is kept, so that a replay is recognised.
pub const REMEMBERED: Duration = Duration::from_secs(600);
/// For how long after a first use with a verifier a second use is refused without revoking the grant, so that
/// a page which sends its callback twice does not end its own session.
pub const TWICE: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationCode {
    pub id: CodeId,
    pub terms: CodeTerms,
    /// When the end-user entered the one-time code (claim `auth_time`), not when an SSO session was reused.
    pub auth_time: Timestamp,
    pub expires_at: Timestamp,
    pub used: Option<CodeUse>,
}

/// What an authorization code was issued for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeTerms {
    /// The only client that may redeem the code.
    pub client: ClientId,
    pub organization: OrganizationId,
    pub user: UserId,
    /// The redirect URI that the code was sent to.
    pub redirect_uri: String,
    /// Whether the authorization request had `redirect_uri`; then the token request needs it too (RFC 6749
    /// §4.1.3).
    pub redirect_uri_sent: bool,
    /// The PKCE challenge (RFC 7636 §4.4).
    pub code_challenge: Option<CodeChallenge>,
    /// The `nonce` for the ID token.
    pub nonce: Option<String>,
    pub scope: Scope,
    #[serde(rename = "particulars", default, skip_serializing_if = "GrantExtensions::is_empty")]
    pub extensions: GrantExtensions,
    /// The client's subject type when the end-user consented (OpenID Connect Core §8); `None` in codes that
    /// were issued by a version that did not keep it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject_type: Option<SubjectType>,
}

impl CodeTerms {
    /// The extensions of the grant that this code makes. `now` is the client's subject type at the
    /// redemption; it counts only for codes that lack their own, because the client may have changed its
    /// sector since.
    pub fn extensions_of_grant(&self, now: &SubjectType) -> GrantExtensions {
        let sector = self.subject_type.as_ref().unwrap_or(now).sector().map(str::to_owned);
        GrantExtensions { sector, ..self.extensions.clone() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeUse {
    pub attempt: AttemptId,
    pub at: Timestamp,
    pub sid: Sid,
}

/// The parameters of a token request that concern its code.
#[derive(Debug, Clone)]
pub struct CodePresentation<'a> {
    /// The client, already authenticated by its registered method.
    pub client: &'a ClientId,
    /// The redirect URIs that are registered at the time of the token request.
    pub registered: &'a [RedirectUri],
    pub redirect_uri: Option<&'a str>,
    pub verifier: Option<&'a CodeVerifier>,
}

/// Why a presentation is not admitted. The code is left unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RedemptionRefusal {
    #[error("the authorization code was issued to another client")]
    OtherClient,
    #[error("redirect_uri is not that of the authorization request")]
    OtherRedirectUri,
    /// The client removed the redirect URI from its registration after the code was issued.
    #[error("the redirect URI that the code was sent to is no longer registered")]
    RedirectUriGone,
    #[error("code_verifier does not match the code_challenge of the authorization request")]
    WrongVerifier,
    #[error("code_verifier is missing, though the authorization request had a code_challenge")]
    NoVerifier,
    /// RFC 9700 §2.1.1: the challenge may have been stripped from the authorization request (PKCE downgrade).
    #[error("there is a code_verifier, but the authorization request had no code_challenge")]
    NoChallenge,
}

impl AuthorizationCode {
    /// Checks client, redirect URI and PKCE verifier of a presentation (RFC 6749 §4.1.3, RFC 7636 §4.6).
    ///
    /// # Errors
    /// [`RedemptionRefusal`] names the first check that failed.
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

    /// Until when the row has to be kept.
    pub fn remembered_until(&self) -> Timestamp {
        self.used.map_or(self.expires_at, |used| used.at.plus(REMEMBERED))
    }
}

/// The request to redeem a code whose presentation was admitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redemption {
    /// A repeated store call after a lost answer carries the same attempt id.
    pub attempt: AttemptId,
    pub now: Timestamp,
    pub grant: Grant,
}

/// The outcome of a redemption.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeVerdict {
    /// This is the first use, and the grant was made.
    Granted,
    /// The code was used at most [`TWICE`] ago, with a verifier: refused, and the grant stays.
    Twice,
    /// The code was used before: refused, and the grant of its first use is revoked (RFC 6749 §4.1.2).
    Replayed,
    /// The code expired unused, its SSO session ended, or it is no longer kept.
    Expired,
}

impl Redemption {
    /// The root of the SSO session that the grant takes part in.
    pub const fn session(&self) -> Option<&SsoRoot> {
        self.grant.extensions.sso.as_ref()
    }
}

/// Judges a redemption. `session_lives` is true when the SSO session of [`Redemption::session`] exists or the
/// grant does not depend on one ([`Grant::outlives_session`]). On [`CodeVerdict::Granted`] of an unused code
/// the caller writes `used` and the grant; on [`CodeVerdict::Replayed`] it revokes the grant of the first
/// use.
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
