//! Mail.

use std::time::Duration;

use super::BoxFuture;
use crate::protocol::mail::OtpMail;
use crate::protocol::time::Timestamp;

/// Takes mails for sending. What it answers depends on the queue's state alone, never on an address.
pub trait Mailer: Send + Sync {
    /// Reserves a place in the queue, before anything is counted or stored.
    ///
    /// # Errors
    /// [`MailUnavailable`] when the queue is full or the relay is away.
    fn reserve(&self) -> Result<Box<dyn MailSlot>, MailUnavailable>;

    /// What is known of the relay.
    fn relay(&self) -> RelayState;

    /// Whether mail can be sent to addresses with letters beyond ASCII before the `@`, which needs SMTPUTF8 (RFC 6531
    /// §3.2). Asks the relay when it did not say so yet.
    ///
    /// # Errors
    /// [`MailUnavailable`] when it cannot be asked.
    fn takes_smtputf8(&self) -> BoxFuture<'_, Result<bool, MailUnavailable>>;
}

/// What is known of the relay that takes our mails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelayState {
    /// No mail was sent since the start, so nothing is known.
    NotTried,
    /// It answered when it was last needed.
    Ready,
    /// It answered, and refused our user name or password (RFC 4954 §6).
    CredentialsRefused,
    /// It cannot be reached, or mails for several domains got no answer.
    Away,
}

/// A place in the queue. Dropping it gives it back.
pub trait MailSlot: Send {
    /// Puts a mail into the place; cannot fail and does not wait.
    fn submit(self: Box<Self>, mail: OtpMail);
}

/// No mail can be taken now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("mail cannot be sent at the moment")]
pub struct MailUnavailable {
    /// When to try again.
    pub retry_after: Duration,
}

/// The mails that were "sent" in development: kept in memory, newest first.
pub trait Outbox: Send + Sync {
    /// The mails to one address (compared as addresses are), or all, newest first.
    fn mails(&self, to: Option<&str>) -> Vec<OutboxMail>;
}

#[derive(Debug, Clone)]
pub struct OutboxMail {
    /// The address it went to.
    pub to: String,
    /// The `From` header.
    pub from: String,
    /// The `Subject` header.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    pub code: String,
    pub reference: String,
    /// When it was sent.
    pub sent_at: Timestamp,
}
