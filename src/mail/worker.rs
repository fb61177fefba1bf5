//! A worker: one connection, one mail at a time.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::backoff;
use super::circuit::Reason;
use super::connection::{Connection, Failure};
use super::lanes::{Job, Next};
use super::message::letter;
use super::queue::Shared;
use super::smtp::Relay;
use crate::protocol::time::Timestamp;

/// How long a connection is kept without a mail: well under the five minutes after which a relay may close it
/// (RFC 5321 §4.5.3.2.7).
const KEEP: Duration = Duration::from_secs(30);

/// What became of an attempt.
enum Outcome {
    Sent,
    Suppressed,
    GivenUp(String),
    Failed(Failure),
}

/// Works until the queue is stopped.
pub(super) async fn run(shared: Arc<Shared>, relay: Relay) {
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
            Next::Send(job) => send(&shared, &mut connection, *job).await,
            Next::Probe => probe(&shared, &mut connection).await,
            Next::Wait(_) => {}
            Next::Stop => break,
        }
    }
    connection.hang_up().await;
}

async fn send(shared: &Shared, connection: &mut Connection, mut job: Job) {
    let outcome = attempt(shared, connection, &mut job).await;
    greeted(shared, connection);
    let now = shared.clock.now();
    attempted(shared, &job, &outcome);
    match outcome {
        Outcome::Suppressed => {}
        Outcome::Sent => {
            answered(shared, now);
            let mut lanes = shared.lanes();
            lanes.sent = lanes.sent.saturating_add(1);
        }
        Outcome::GivenUp(why) => give_up(shared, &job, &why),
        Outcome::Failed(failure) => failed(shared, job, &failure, now),
    }
}

/// Keeps count of the domain: whatever the relay answered, it answered for it.
fn attempted(shared: &Shared, job: &Job, outcome: &Outcome) {
    {
        let mut lanes = shared.lanes();
        lanes.attempted(job);
        let answered = match outcome {
            Outcome::Sent | Outcome::Failed(Failure::Later(_) | Failure::Never(_)) => Some(true),
            Outcome::Failed(Failure::Stalled(_)) => Some(false),
            Outcome::Failed(Failure::Away(_) | Failure::CredentialsRefused(_)) => None,
            Outcome::Suppressed | Outcome::GivenUp(_) => return,
        };
        lanes.tried = true;
        if let Some(answered) = answered {
            lanes.domains.remember(job.mail.to.domain(), answered);
        }
    }
    // Another worker may have waited for this one's domain.
    shared.wake_one();
}

/// Remembers what the relay offers, and tells the operator when it lacks what some addresses need.
pub(super) fn greeted(shared: &Shared, connection: &Connection) {
    let Some(offers) = connection.smtputf8() else { return };
    let before = shared.lanes().smtputf8.replace(offers);
    if !offers && before != Some(false) {
        tracing::warn!(
            "the mail relay does not offer SMTPUTF8 (RFC 6531): addresses with letters beyond ASCII before the @ are refused"
        );
    }
}

async fn attempt(shared: &Shared, connection: &mut Connection, job: &mut Job) -> Outcome {
    if job.mail.suppressed {
        return Outcome::Suppressed;
    }
    if job.mail.dies_at <= shared.clock.now() {
        return Outcome::GivenUp("its code has died".to_owned());
    }
    let made = match job.letter.take() {
        Some(letter) => Ok(letter),
        None => letter(&job.mail, &*shared.entropy),
    };
    match made {
        Err(error) => Outcome::GivenUp(error.to_string()),
        Ok(letter) => {
            let sent = connection.send(&letter).await;
            job.letter = Some(letter);
            sent.map_or_else(Outcome::Failed, |()| Outcome::Sent)
        }
    }
}

fn failed(shared: &Shared, mut job: Job, failure: &Failure, now: Timestamp) {
    match failure {
        Failure::Never(_) => {
            answered(shared, now);
            return give_up(shared, &job, &failure.to_string());
        }
        Failure::Later(_) => answered(shared, now),
        Failure::Away(_) => tell_opened(shared.lanes().circuit.away(now), failure),
        Failure::CredentialsRefused(_) => tell_opened(shared.lanes().circuit.refused(now), failure),
        Failure::Stalled(_) => {
            let mut domain = DefaultHasher::new();
            job.mail.to.domain().hash(&mut domain);
            tell_opened(shared.lanes().circuit.stalled(domain.finish(), now), failure);
        }
    }
    job.failures = job.failures.saturating_add(1);
    let request_id = job.mail.request_id.as_str();
    tracing::warn!(request_id, failures = job.failures, %failure, "a mail was not sent yet");
    // Never later than the code's death, so that the place is given back then.
    let due = now.plus(backoff::after(job.failures)).min(job.mail.dies_at);
    shared.lanes().push_again(due, job);
    shared.wake_one();
}

fn tell_opened(opened: bool, failure: &Failure) {
    if opened {
        tracing::error!(%failure, "mail cannot be sent: no new mails are taken until the relay takes them again");
    }
}

/// The relay is there.
fn answered(shared: &Shared, now: Timestamp) {
    {
        let mut lanes = shared.lanes();
        if !lanes.circuit.answered() {
            return;
        }
        lanes.release(now);
    }
    shared.wake_all();
    tracing::info!("the mail relay is back");
}

async fn probe(shared: &Shared, connection: &mut Connection) {
    let outcome = connection.open().await;
    greeted(shared, connection);
    let now = shared.clock.now();
    match outcome {
        Ok(()) => answered(shared, now),
        Err(failure) => {
            tracing::warn!(%failure, "the mail relay still takes no mail");
            let reason = match failure {
                Failure::CredentialsRefused(_) => Reason::CredentialsRefused,
                Failure::Away(_) | Failure::Stalled(_) | Failure::Later(_) | Failure::Never(_) => {
                    Reason::Away
                }
            };
            let dead = {
                let mut lanes = shared.lanes();
                lanes.circuit.probe_failed(reason, now);
                lanes.take_dead(now)
            };
            for job in dead {
                give_up(shared, &job, "its code has died");
            }
        }
    }
}

/// Counts and logs a mail that will not be sent, by its request: neither address nor code is named.
fn give_up(shared: &Shared, job: &Job, why: &str) {
    let request_id = job.mail.request_id.as_str();
    tracing::warn!(request_id, failures = job.failures, why, "a mail was given up");
    let mut lanes = shared.lanes();
    lanes.given_up = lanes.given_up.saturating_add(1);
}
