//! A worker sends one mail at a time over a connection of its own.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::circuit::{CircuitReason, backoff};
use super::connection::{Connection, DeliveryFailure};
use super::lanes::{MailJob, WorkerStep};
use super::message::letter;
use super::queue::SharedQueue;
use super::smtp::Relay;
use crate::protocol::time::Timestamp;

/// How long an idle connection is kept: well under the five minutes after which a relay may close it (RFC
/// 5321 §4.5.3.2.7).
const KEEP: Duration = Duration::from_secs(30);

enum AttemptResult {
    Sent,
    Suppressed,
    GivenUp(String),
    Failed(DeliveryFailure),
}

pub(super) async fn run(shared: Arc<SharedQueue>, relay: Relay) {
    let mut connection = Connection::new(relay);
    loop {
        let next = if connection.is_open() {
            let Ok(next) = timeout(KEEP, shared.next()).await else {
                connection.hang_up().await;
                continue;
            };
            next
        } else {
            shared.next().await
        };
        match next {
            WorkerStep::Send(job) => send(&shared, &mut connection, *job).await,
            WorkerStep::Probe => probe(&shared, &mut connection).await,
            WorkerStep::Wait(_) => {}
            WorkerStep::Stop => break,
        }
    }
    connection.hang_up().await;
}

async fn send(shared: &SharedQueue, connection: &mut Connection, mut job: MailJob) {
    let outcome = attempt(shared, connection, &mut job).await;
    greeted(shared, connection);
    let now = shared.clock.now();
    attempted(shared, &job, &outcome);
    match outcome {
        AttemptResult::Suppressed => {}
        AttemptResult::Sent => {
            relay_answered(shared, now);
            let mut lanes = shared.lanes();
            lanes.sent = lanes.sent.saturating_add(1);
        }
        AttemptResult::GivenUp(why) => give_up(shared, &job, &why),
        AttemptResult::Failed(failure) => failed(shared, job, &failure, now),
    }
}

/// Updates the domain's bookkeeping. Any reply of the relay, even a refusal, counts as an answer for the
/// domain.
fn attempted(shared: &SharedQueue, job: &MailJob, outcome: &AttemptResult) {
    {
        let mut lanes = shared.lanes();
        lanes.attempted(job);
        let answered = match outcome {
            AttemptResult::Sent
            | AttemptResult::Failed(DeliveryFailure::Later(_) | DeliveryFailure::Never(_)) => Some(true),
            AttemptResult::Failed(DeliveryFailure::Stalled(_)) => Some(false),
            AttemptResult::Failed(DeliveryFailure::Away(_) | DeliveryFailure::CredentialsRefused(_)) => None,
            AttemptResult::Suppressed | AttemptResult::GivenUp(_) => return,
        };
        lanes.tried = true;
        if let Some(answered) = answered {
            lanes.domains.remember(job.mail.to.domain(), answered);
        }
    }
    // Another worker may be waiting for a mail of this domain.
    shared.wake_one();
}

/// Records whether the relay offers SMTPUTF8, and warns the operator when it does not.
pub(super) fn greeted(shared: &SharedQueue, connection: &Connection) {
    let Some(offers) = connection.smtputf8() else { return };
    let before = shared.lanes().smtputf8.replace(offers);
    if !offers && before != Some(false) {
        tracing::warn!(
            "the mail relay does not offer SMTPUTF8 (RFC 6531): addresses with letters beyond ASCII before the @ are refused"
        );
    }
}

async fn attempt(shared: &SharedQueue, connection: &mut Connection, job: &mut MailJob) -> AttemptResult {
    if job.mail.suppressed {
        return AttemptResult::Suppressed;
    }
    if job.mail.dies_at <= shared.clock.now() {
        return AttemptResult::GivenUp("the code expired before the mail could be sent".to_owned());
    }
    let made = match job.letter.take() {
        Some(letter) => Ok(letter),
        None => letter(&job.mail, &*shared.entropy),
    };
    match made {
        Err(error) => AttemptResult::GivenUp(error.to_string()),
        Ok(letter) => {
            let sent = connection.send(&letter).await;
            job.letter = Some(letter);
            sent.map_or_else(AttemptResult::Failed, |()| AttemptResult::Sent)
        }
    }
}

fn failed(shared: &SharedQueue, mut job: MailJob, failure: &DeliveryFailure, now: Timestamp) {
    match failure {
        DeliveryFailure::Never(_) => {
            relay_answered(shared, now);
            return give_up(shared, &job, &failure.to_string());
        }
        DeliveryFailure::Later(_) => relay_answered(shared, now),
        DeliveryFailure::Away(_) => tell_opened(shared.lanes().circuit.away(now), failure),
        DeliveryFailure::CredentialsRefused(_) => tell_opened(shared.lanes().circuit.refused(now), failure),
        DeliveryFailure::Stalled(_) => {
            let mut domain = DefaultHasher::new();
            job.mail.to.domain().hash(&mut domain);
            tell_opened(shared.lanes().circuit.stalled(domain.finish(), now), failure);
        }
    }
    job.failures = job.failures.saturating_add(1);
    let request_id = job.mail.request_id.as_str();
    tracing::warn!(
        request_id, failures = job.failures, %failure,
        "a mail could not be sent and will be tried again"
    );
    // Not later than the code's expiry, so that the place in the queue is then given back.
    let due = now.plus(backoff(job.failures)).min(job.mail.dies_at);
    shared.lanes().push_again(due, job);
    shared.wake_one();
}

fn tell_opened(opened: bool, failure: &DeliveryFailure) {
    if opened {
        tracing::error!(
            %failure,
            "the mail relay is unavailable: requests for codes are refused until it accepts mail again"
        );
    }
}

/// Closes the circuit after a reply of the relay and releases the mails that wait.
fn relay_answered(shared: &SharedQueue, now: Timestamp) {
    {
        let mut lanes = shared.lanes();
        if !lanes.circuit.answered() {
            return;
        }
        lanes.release(now);
    }
    shared.wake_all();
    tracing::info!("the mail relay is available again");
}

async fn probe(shared: &SharedQueue, connection: &mut Connection) {
    let outcome = connection.open().await;
    greeted(shared, connection);
    let now = shared.clock.now();
    match outcome {
        Ok(()) => relay_answered(shared, now),
        Err(failure) => {
            tracing::warn!(%failure, "the mail relay is still unavailable");
            let reason = match failure {
                DeliveryFailure::CredentialsRefused(_) => CircuitReason::CredentialsRefused,
                DeliveryFailure::Away(_)
                | DeliveryFailure::Stalled(_)
                | DeliveryFailure::Later(_)
                | DeliveryFailure::Never(_) => CircuitReason::Away,
            };
            let dead = {
                let mut lanes = shared.lanes();
                lanes.circuit.probe_failed(reason, now);
                lanes.take_dead(now)
            };
            for job in dead {
                give_up(shared, &job, "the code expired before the mail could be sent");
            }
        }
    }
}

/// Counts and logs a mail that will not be sent. The log names its request, neither address nor code.
fn give_up(shared: &SharedQueue, job: &MailJob, why: &str) {
    let request_id = job.mail.request_id.as_str();
    tracing::warn!(request_id, failures = job.failures, why, "a mail was given up and will not be sent");
    let mut lanes = shared.lanes();
    lanes.given_up = lanes.given_up.saturating_add(1);
}
