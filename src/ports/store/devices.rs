//! Device authorization requests (RFC 8628).

use async_trait::async_trait;

use super::Result;
use crate::protocol::device_grant::{
    DeviceApproval, DeviceDecision, DeviceRequest, DeviceTerms, PollVerdict, UserCode,
};
use crate::protocol::id::{AttemptId, ClientId, DeviceCodeId};
use crate::protocol::time::Timestamp;

/// Device authorization requests. A device code and its user code share a bucket.
#[async_trait]
pub trait DeviceStore: Send + Sync {
    /// Stores a request, unless another request has its user code. If its id exists, the stored request is
    /// kept, because this is a repeat of the same attempt.
    async fn open_device(&self, request: &DeviceRequest) -> Result<DeviceOpening>;

    /// The request of a user code; `None` when it is unknown. Changes nothing.
    async fn peek_device(&self, user_code: &UserCode) -> Result<Option<DeviceRequest>>;

    /// Records the end-user's decision once. Repeating the same decision gets the same answer.
    async fn decide_device(
        &self,
        id: &DeviceCodeId,
        decision: &DeviceDecision,
        now: Timestamp,
    ) -> Result<DeviceDecisionOutcome>;

    /// Judges a poll ([`crate::protocol::device_grant::poll`]) and consumes an approval, which only one of
    /// any concurrent polls gets.
    async fn poll_device(
        &self,
        id: &DeviceCodeId,
        client: &ClientId,
        attempt: AttemptId,
        now: Timestamp,
    ) -> Result<PollOutcome>;
}

#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceOpening {
    Opened,
    /// Another request has this user code; a new one must be drawn.
    Taken,
}

#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceDecisionOutcome {
    Decided,
    /// The request was decided otherwise before, or has expired.
    Over,
    Unknown,
}

#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PollOutcome {
    Unknown,
    /// The poll gets no approval; the verdict is never [`PollVerdict::Granted`].
    Refused(PollVerdict),
    /// This poll consumed the approval.
    Granted(Box<(DeviceTerms, DeviceApproval)>),
}
