//! One authorization request on its way through the pages, bound to the browser that began it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::authorization::AuthorizationRequest;
use super::id::{ChallengeId, InteractionId, SsoId};
use super::time::Timestamp;

/// How long an end-user may take for the pages.
pub const LIFETIME: Duration = Duration::from_secs(3600);

/// The row of an interaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interaction {
    /// Its id.
    pub id: InteractionId,
    /// SHA-256 of the secret of the browser that began it, base64url. Empty while it is not known which that is: the
    /// request was a form of another site, which comes without cookies.
    pub browser: String,
    /// What the client asked for.
    pub request: AuthorizationRequest,
    /// When it came.
    pub opened_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// How often it changed: a change names the revision that it was made from.
    pub revision: u32,
    /// How far it is.
    pub stage: Stage,
}

/// How far an interaction is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Stage {
    /// The code that was sent, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<CodeSentTo>,
    /// The sign-in that the browser had when the request came: any other is of this very request, or newer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<SsoId>,
    /// Whether the end-user said to go on with the account that the browser is signed in with.
    #[serde(default)]
    pub chosen: bool,
    /// The sign-in that the end-user does not want to go on with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declined: Option<SsoId>,
    /// Whether it was answered: then it is at its end.
    #[serde(default)]
    pub finished: bool,
}

/// A code that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeSentTo {
    /// The challenge.
    pub challenge: ChallengeId,
    /// The address, as typed.
    pub email: String,
}
