//! One connection to the relay, kept between mails, and the classification of its failures.
//!
//! The library's pool is not used: it reuses a connection after a cancelled command, and the next mail then
//! reads the reply to the previous one. Here a connection is closed after every failure.

use std::error::Error as _;
use std::fmt;
use std::future::Future;
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::DEFAULT_MECHANISMS;
use lettre::transport::smtp::client::{AsyncSmtpConnection, Tls};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{Extension, MailBodyParameter, MailParameter};
use tokio::time::timeout;

use super::message::PreparedMessage;
use super::smtp::Relay;

/// How long the relay may take to reply to QUIT.
const GOODBYE: Duration = Duration::from_secs(2);

/// Why a mail was not delivered or no connection was made. Contains no text of the relay, because relays
/// repeat addresses and user names in their replies.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryFailure {
    /// No connection was made, or none on which a mail could begin. This is not about the mail.
    #[error("the mail relay cannot be reached or used: {0}")]
    Away(FailureCause),
    /// The relay refuses our user name or password, or requires one (RFC 4954 §6). This concerns every mail.
    #[error("the mail relay refuses the credentials, check smtp.username and smtp.password: {0}")]
    CredentialsRefused(FailureCause),
    /// The relay stopped replying or disconnected after it got the recipient, which may concern the
    /// recipient's domain alone.
    #[error("the mail relay gave no reply for this recipient: {0}")]
    Stalled(FailureCause),
    /// The relay refuses this mail for now (4yz, RFC 5321 §4.2.1).
    #[error("the mail relay refuses this mail for now: {0}")]
    Later(FailureCause),
    /// The relay refuses this mail permanently (5yz, RFC 5321 §4.2.1).
    #[error("the mail relay refuses this mail permanently: {0}")]
    Never(FailureCause),
}

/// The technical cause of a failure, for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FailureCause {
    /// A timeout of the settings passed.
    Timeout,
    /// The relay's reply code (RFC 5321 §4.2.3).
    Reply(u16),
    /// TCP or TLS failed, in the words of the system or the TLS library.
    Connection(String),
    /// The relay lacks an extension that this mail or the settings need, or does not speak SMTP.
    Unsuitable,
    /// The relay does not offer SMTPUTF8, without which an address with non-ASCII letters before the `@` must
    /// not be sent (RFC 6531 §3.2).
    LacksSmtpUtf8,
}

impl fmt::Display for FailureCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout => f.write_str("no reply came in time"),
            Self::Reply(code) => write!(f, "it replied with SMTP code {code}"),
            Self::Connection(text) => f.write_str(text),
            Self::Unsuitable => f.write_str("it lacks a required SMTP extension or does not speak SMTP"),
            Self::LacksSmtpUtf8 => f.write_str(
                "it does not offer SMTPUTF8 (RFC 6531), which the address of this recipient or sender requires",
            ),
        }
    }
}

/// A connection to the relay, opened on demand.
pub(super) struct Connection {
    relay: Relay,
    open: Option<AsyncSmtpConnection>,
    smtputf8: Option<bool>,
}

impl Connection {
    pub(super) const fn new(relay: Relay) -> Self {
        Self { relay, open: None, smtputf8: None }
    }

    /// Whether the relay offered SMTPUTF8 in its last EHLO reply (RFC 6531 §3.2); `None` before the first.
    pub(super) const fn smtputf8(&self) -> Option<bool> {
        self.smtputf8
    }

    pub(super) const fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Opens the connection unless it is open already.
    pub(super) async fn open(&mut self) -> Result<(), DeliveryFailure> {
        let connection = self.ready().await?;
        self.open = Some(connection);
        Ok(())
    }

    /// Sends a message. After any failure the connection is closed.
    pub(super) async fn send(&mut self, letter: &PreparedMessage) -> Result<(), DeliveryFailure> {
        let mut connection = self.ready().await?;
        if letter.needs_smtputf8() && self.smtputf8 == Some(false) {
            self.open = Some(connection);
            return Err(DeliveryFailure::Never(FailureCause::LacksSmtpUtf8));
        }
        let mut phase = TransactionPhase::Sender;
        let sent = timeout(self.relay.send_timeout, transact(&mut connection, letter, &mut phase)).await;
        match sent {
            Ok(Ok(())) => {
                self.open = Some(connection);
                Ok(())
            }
            Ok(Err(error)) => Err(phase.failure(cause(&error))),
            Err(_) => Err(phase.failure(FailureCause::Timeout)),
        }
    }

    /// Sends QUIT (RFC 5321 §4.1.1.10), if a connection is open.
    pub(super) async fn hang_up(&mut self) {
        if let Some(mut connection) = self.open.take() {
            let _ = timeout(GOODBYE, connection.quit()).await;
        }
    }

    /// Takes the open connection out if the relay still answers on it, or makes a new one. Dropping the
    /// result closes the connection.
    async fn ready(&mut self) -> Result<AsyncSmtpConnection, DeliveryFailure> {
        if let Some(mut kept) = self.open.take()
            && timeout(self.relay.connect_timeout, kept.test_connected()).await == Ok(true)
        {
            return Ok(kept);
        }
        let connecting: std::pin::Pin<Box<dyn Future<Output = _> + Send>> = Box::pin(connect(&self.relay));
        let connection = timeout(self.relay.connect_timeout, connecting).await;
        let connection = connection.unwrap_or(Err(DeliveryFailure::Away(FailureCause::Timeout)))?;
        self.smtputf8 = Some(connection.server_info().supports_feature(Extension::SmtpUtfEight));
        Ok(connection)
    }
}

/// How far a mail transaction has come (RFC 5321 §3.3). Only failures after the recipient can be about the
/// recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TransactionPhase {
    /// `MAIL` was sent.
    Sender,
    /// `RCPT`, `DATA` or the message was sent.
    Recipient,
}

impl TransactionPhase {
    /// Classifies a failure. With 421 the relay closes the connection (RFC 5321 §3.8), 454 is a temporary
    /// authentication failure, and 530, 534, 535 and 538 refuse our credentials (RFC 4954 §6); the latter
    /// concern every mail.
    const fn failure(self, cause: FailureCause) -> DeliveryFailure {
        match (&cause, self) {
            (FailureCause::Reply(530 | 534 | 535 | 538), _) => DeliveryFailure::CredentialsRefused(cause),
            (FailureCause::Reply(454), _)
            | (
                FailureCause::Reply(421)
                | FailureCause::Timeout
                | FailureCause::Connection(_)
                | FailureCause::Unsuitable,
                Self::Sender,
            ) => DeliveryFailure::Away(cause),
            (
                FailureCause::Reply(421)
                | FailureCause::Timeout
                | FailureCause::Connection(_)
                | FailureCause::Unsuitable,
                Self::Recipient,
            ) => DeliveryFailure::Stalled(cause),
            (FailureCause::Reply(code), _) if *code < 500 => DeliveryFailure::Later(cause),
            (FailureCause::Reply(_) | FailureCause::LacksSmtpUtf8, _) => DeliveryFailure::Never(cause),
        }
    }
}

/// One mail transaction (RFC 5321 §3.3), command by command, so that `phase` tells how far it came.
async fn transact(
    connection: &mut AsyncSmtpConnection,
    letter: &PreparedMessage,
    phase: &mut TransactionPhase,
) -> Result<(), Error> {
    connection.command(Mail::new(letter.envelope.from().cloned(), mail_options(letter))).await?;
    *phase = TransactionPhase::Recipient;
    for recipient in letter.envelope.to() {
        connection.command(Rcpt::new(recipient.clone(), Vec::new())).await?;
    }
    connection.command(Data).await?;
    connection.message(&letter.bytes).await?;
    Ok(())
}

/// Parameters of `MAIL` (RFC 6152, RFC 6531). `BODY=8BITMIME` is sent even when the relay does not offer it:
/// such a relay then refuses the command and the mail.
fn mail_options(letter: &PreparedMessage) -> Vec<MailParameter> {
    let mut options = Vec::new();
    if letter.needs_smtputf8() {
        options.push(MailParameter::SmtpUtfEight);
    }
    if !letter.bytes.is_ascii() {
        options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    options
}

async fn connect(relay: &Relay) -> Result<AsyncSmtpConnection, DeliveryFailure> {
    let mut connection = greet(relay).await.map_err(|error| DeliveryFailure::Away(cause(&error)))?;
    if let Some(credentials) = &relay.credentials {
        let signed_in = connection.auth(DEFAULT_MECHANISMS, credentials).await;
        signed_in.map_err(|error| match cause(&error) {
            cause @ FailureCause::Reply(code) if code >= 500 => DeliveryFailure::CredentialsRefused(cause),
            cause => DeliveryFailure::Away(cause),
        })?;
    }
    Ok(connection)
}

async fn greet(relay: &Relay) -> Result<AsyncSmtpConnection, Error> {
    let implicit = if let Tls::Wrapper(parameters) = &relay.tls { Some(parameters.clone()) } else { None };
    let server = (relay.host.as_str(), relay.port);
    let limit = Some(relay.connect_timeout);
    let hello = &relay.hello_name;
    let mut connection = AsyncSmtpConnection::connect_tokio1(server, limit, hello, implicit, None).await?;
    if let Tls::Required(parameters) = &relay.tls {
        connection.starttls(parameters.clone(), hello).await?;
    }
    Ok(connection)
}

fn cause(error: &Error) -> FailureCause {
    if let Some(code) = error.status() {
        return FailureCause::Reply(u16::from(code));
    }
    if error.is_timeout() {
        return FailureCause::Timeout;
    }
    if error.is_client() || error.is_response() {
        return FailureCause::Unsuitable;
    }
    FailureCause::Connection(error.source().map_or_else(|| error.to_string(), ToString::to_string))
}
