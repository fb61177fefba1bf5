//! One authorization request on its way through the pages, bound to the browser that began it.
//!
//! Until a code is sent it is not stored: it travels sealed in the page's form, at revision 0. From then on there is a
//! row under its id, and the row counts, whatever is sealed.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::authorization::{AuthorizationRequest, ErrorCode};
use super::device_grant::UserCode;
use super::id::{ChallengeId, DeviceCodeId, InteractionId, SsoId};
use super::time::Timestamp;

/// How long an end-user may take for the pages.
pub const LIFETIME: Duration = Duration::from_secs(3600);
/// For how long a form that comes again gets the answer of the first time: a button pressed twice, or an answer that
/// was lost on the way. A browser forgets the answer to the first when it sends the second.
pub const REPEATABLE: Duration = Duration::from_secs(30);

/// An interaction, as it is sealed or stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interaction {
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
    /// How often its row changed: a change names the revision that it was made from. 0 is what no row has changed yet.
    pub revision: u32,
    /// How far it is.
    pub stage: Stage,
}

/// How far an interaction is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Stage {
    /// The code that was sent, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<SentCode>,
    /// The sign-in that the browser had when the request came: any other is of this very request, or newer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<SsoId>,
    /// Whether the end-user said to go on with the account that the browser is signed in with.
    #[serde(default)]
    pub chosen: bool,
    /// The sign-in that the end-user does not want to go on with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declined: Option<SsoId>,
    /// The code that was typed right, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proven: Option<ProvenCode>,
    /// The device that waits for the answer, instead of a client that the browser goes to (RFC 8628 §3.3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<WaitingDevice>,
    /// How it was answered, once it was: then it is at its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<InteractionEnd>,
}

/// A device that waits for the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingDevice {
    /// Its request.
    pub id: DeviceCodeId,
    /// What it shows.
    pub user_code: UserCode,
}

/// A code that was typed right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvenCode {
    /// Of this challenge.
    pub challenge: ChallengeId,
    /// The sign-in that it made.
    pub session: SsoId,
    /// When.
    pub at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct InteractionEnd {
    /// What the client was answered.
    pub answer: InteractionAnswer,
    /// When.
    pub at: Timestamp,
}

/// What the client was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InteractionAnswer {
    /// A code, for the end-user of this sign-in.
    Code(SsoId),
    Error(ErrorCode),
    /// Nothing: it went on as an interaction of the browser that came with it.
    Elsewhere,
}

impl ProvenCode {
    /// Whether the code of this challenge, sent again, is a repeat.
    #[must_use]
    pub fn is_repeated_by(&self, challenge: &ChallengeId, now: Timestamp) -> bool {
        self.challenge == *challenge && now.since(self.at) <= REPEATABLE
    }
}

impl InteractionEnd {
    /// Whether a form may still come again.
    #[must_use]
    pub fn is_repeatable(&self, now: Timestamp) -> bool {
        now.since(self.at) <= REPEATABLE
    }

    /// Whether a form that leads to this answer is a repeat of the one that ended the interaction.
    #[must_use]
    pub fn is_repeated_by(&self, answer: InteractionAnswer, now: Timestamp) -> bool {
        self.answer == answer && self.is_repeatable(now)
    }
}

/// A code that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentCode {
    pub challenge: ChallengeId,
    /// The address, as typed.
    pub email: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_answer_within_the_time_is_a_repeat() {
        let start = Timestamp::from_millis(1_000_000);
        let (late, too_late) =
            (start.plus(REPEATABLE), start.plus(REPEATABLE).plus(Duration::from_millis(1)));
        let denied = InteractionAnswer::Error(ErrorCode::AccessDenied);
        let finished = InteractionEnd { answer: denied, at: start };
        assert!(finished.is_repeated_by(denied, start) && finished.is_repeated_by(denied, late));
        assert!(!finished.is_repeated_by(denied, too_late) && !finished.is_repeatable(too_late));
        assert!(!finished.is_repeated_by(InteractionAnswer::Error(ErrorCode::LoginRequired), start));
    }
}
