//! Devices that wait for an end-user (RFC 8628).

use super::Answer;
use crate::protocol::device_grant::{
    DeviceApproval, DeviceDecision, DeviceRequest, DeviceTerms, PollVerdict, UserCode,
};
use crate::protocol::id::{AttemptId, ClientId, DeviceCodeId};
use crate::protocol::time::Timestamp;

/// Devices that wait for an end-user. A device code and its user code share a bucket.
pub trait DeviceStore: Send + Sync {
    /// Stores a request, unless its user code is another's. One whose id exists stays as it is: it is the same attempt.
    fn open_device<'a>(&'a self, request: &'a DeviceRequest) -> Answer<'a, DeviceOpening>;

    /// The request of a user code; `None` when nobody knows it. Changes nothing.
    fn peek_device<'a>(&'a self, user_code: &'a UserCode) -> Answer<'a, Option<DeviceRequest>>;

    /// Writes what the end-user decided, once. The same decision again hears the same.
    fn decide_device<'a>(
        &'a self,
        id: &'a DeviceCodeId,
        decision: &'a DeviceDecision,
        now: Timestamp,
    ) -> Answer<'a, DeviceDecisionOutcome>;

    /// Judges a poll ([`crate::protocol::device_grant::poll`]) and takes what was allowed: of any number of polls, one.
    fn poll_device<'a>(
        &'a self,
        id: &'a DeviceCodeId,
        client: &'a ClientId,
        attempt: AttemptId,
        now: Timestamp,
    ) -> Answer<'a, PollOutcome>;
}

/// Whether a request is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceOpening {
    /// It is.
    Opened,
    /// Its user code is another's: draw again.
    Taken,
}

/// Whether a decision counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceDecisionOutcome {
    /// It does.
    Decided,
    /// It was decided otherwise before, or is past its time.
    Over,
    /// Nobody knows it.
    Unknown,
}

/// What a poll led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PollOutcome {
    /// Nobody knows the device code.
    Unknown,
    /// The device gets nothing: never [`PollVerdict::Granted`].
    Refused(PollVerdict),
    /// This poll takes what was allowed.
    Granted(Box<(DeviceTerms, DeviceApproval)>),
}
