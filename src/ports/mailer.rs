//! The queue that sends mail.

use std::time::Duration;

use async_trait::async_trait;

use crate::protocol::mail::OtpMail;
use crate::protocol::time::Timestamp;

/// Queues mails. Its answers depend only on the state of the queue, never on an address.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Reserves a place in the queue, before anything is counted or stored.
    ///
    /// # Errors
    /// [`MailUnavailable`] when the queue is full or the relay is away.
    fn reserve(&self) -> Result<Box<dyn MailSlot>, MailUnavailable>;

    fn relay(&self) -> RelayState;

    /// Whether mail can be sent to addresses with non-ASCII characters before the `@`, which needs SMTPUTF8
    /// (RFC 6531 §3.2). Asks the relay if its answer is not known yet.
    ///
    /// # Errors
    /// [`MailUnavailable`] when the relay cannot be asked.
    async fn takes_smtputf8(&self) -> Result<bool, MailUnavailable>;
}

/// What is known of the mail relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelayState {
    /// No mail was sent since the start, so nothing is known.
    NotTried,
    /// The relay answered when it was last needed.
    Ready,
    /// The relay refused our user name or password (RFC 4954 §6).
    CredentialsRefused,
    /// The relay cannot be reached, or mails for several domains got no answer.
    Away,
}

/// A place in the queue. Dropping it frees the place.
pub trait MailSlot: Send {
    /// Queues a mail; neither fails nor waits.
    fn submit(self: Box<Self>, mail: OtpMail);
}

/// Mail cannot be taken now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("mail cannot be sent at the moment")]
pub struct MailUnavailable {
    /// How long to wait.
    pub retry_after: Duration,
}

/// The mails of development: kept in memory instead of sent, newest first.
pub trait Outbox: Send + Sync {
    /// The mails to one address (compared as addresses are), or all mails, newest first.
    fn mails(&self, to: Option<&str>) -> Vec<OutboxMail>;
}

#[derive(Debug, Clone)]
pub struct OutboxMail {
    pub to: String,
    pub from: String,
    pub subject: String,
    /// The plain text part.
    pub text: String,
    pub html: String,
    pub code: String,
    pub reference: String,
    pub sent_at: Timestamp,
}
