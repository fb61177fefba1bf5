//! An interaction: one authorization request on its way through the pages, bound to the browser that began
//! it.
//!
//! Until a code is sent it is not stored but travels sealed in the page's form, at revision 0. Then it is
//! stored under its id, and the row counts instead of any sealed copy.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::authorization::{AuthorizationRequest, ErrorCode};
use super::browser_binding::BrowserBinding;
use super::device_grant::UserCode;
use super::id::{ChallengeId, DeviceCodeId, InteractionId, SsoId};
use super::time::Timestamp;

/// How long an end-user may take for the pages.
pub const LIFETIME: Duration = Duration::from_secs(3600);
/// For how long a form that is sent again gets the first answer: the button was pressed twice, or the answer
/// was lost. A browser ignores the answer to the first submission once it sends the second.
pub const REPEATABLE: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interaction {
    pub id: InteractionId,
    /// The browser that began it.
    pub browser: BrowserBinding,
    pub request: AuthorizationRequest,
    pub opened_at: Timestamp,
    pub expires_at: Timestamp,
    /// How often the row changed: each change names the revision that it is based on. 0 is the state before
    /// the first row.
    pub revision: u32,
    pub stage: Stage,
}

/// The progress of an interaction.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Stage {
    /// The last code that was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<SentCode>,
    /// The browser's SSO session when the request came; any other one was made by this request, or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<SsoId>,
    /// Whether the end-user chose to continue with the account of the browser's SSO session.
    #[serde(default)]
    pub chosen: bool,
    /// The SSO session whose account the end-user declined to use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declined: Option<SsoId>,
    /// The code that was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proven: Option<ProvenCode>,
    /// The device whose request the end-user decides on, in place of a client with a redirect URI (RFC 8628
    /// §3.3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<WaitingDevice>,
    /// The answer to the client; once set, the interaction is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<InteractionEnd>,
}

/// The request of a device that awaits the end-user's decision (RFC 8628).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingDevice {
    pub id: DeviceCodeId,
    pub user_code: UserCode,
}

/// A code that was entered correctly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvenCode {
    pub challenge: ChallengeId,
    /// The SSO session that the code made.
    pub session: SsoId,
    pub at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct InteractionEnd {
    pub answer: InteractionAnswer,
    pub at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InteractionAnswer {
    /// An authorization code for the end-user of this SSO session.
    Code(SsoId),
    Error(ErrorCode),
    /// None: another interaction, bound to the browser, continues with the request.
    Elsewhere,
}

impl ProvenCode {
    /// Whether the same code of this challenge, sent again, is a repeat.
    pub fn is_repeated_by(&self, challenge: &ChallengeId, now: Timestamp) -> bool {
        self.challenge == *challenge && now.since(self.at) <= REPEATABLE
    }
}

impl InteractionEnd {
    /// Whether a form may still be sent again.
    pub fn is_repeatable(&self, now: Timestamp) -> bool {
        now.since(self.at) <= REPEATABLE
    }

    /// Whether a form with this answer repeats the one that ended the interaction.
    pub fn is_repeated_by(&self, answer: InteractionAnswer, now: Timestamp) -> bool {
        self.answer == answer && self.is_repeatable(now)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentCode {
    pub challenge: ChallengeId,
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
