//! Device authorization requests (RFC 8628).

use super::Answer;
use crate::protocol::device_grant::{
    DeviceApproval, DeviceDecision, DeviceRequest, DeviceTerms, PollVerdict, UserCode,
};
use crate::protocol::id::{AttemptId, ClientId, DeviceCodeId};
use crate::protocol::time::Timestamp;

/// Device authorization requests. A device code and its user code share a bucket.
pub trait DeviceStore: Send + Sync {
    /// Stores a request, unless another request has its user code. If its id exists, the stored request is
    /// kept, because this is a repeat of the same attempt.
    fn open_device<'a>(&'a self, request: &'a DeviceRequest) -> Answer<'a, DeviceOpening>;

    /// The request of a user code; `None` when it is unknown. Changes nothing.
    fn peek_device<'a>(&'a self, user_code: &'a UserCode) -> Answer<'a, Option<DeviceRequest>>;

    /// Records the end-user's decision once. Repeating the same decision gets the same answer.
    fn decide_device<'a>(
        &'a self,
        id: &'a DeviceCodeId,
        decision: &'a DeviceDecision,
        now: Timestamp,
    ) -> Answer<'a, DeviceDecisionOutcome>;

    /// Judges a poll ([`crate::protocol::device_grant::poll`]) and consumes an approval, which only one of
    /// any concurrent polls gets.
    fn poll_device<'a>(
        &'a self,
        id: &'a DeviceCodeId,
        client: &'a ClientId,
        attempt: AttemptId,
        now: Timestamp,
    ) -> Answer<'a, PollOutcome>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceOpening {
    Opened,
    /// Another request has this user code; a new one must be drawn.
    Taken,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceDecisionOutcome {
    Decided,
    /// The request was decided otherwise before, or has expired.
    Over,
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PollOutcome {
    Unknown,
    /// The poll gets no approval; the verdict is never [`PollVerdict::Granted`].
    Refused(PollVerdict),
    /// This poll consumed the approval.
    Granted(Box<(DeviceTerms, DeviceApproval)>),
}
