//! One connection to the relay, kept between mails, and what its failures mean.
//!
//! Not the library's pool: that one takes a connection back after a cancelled command as if nothing were under
//! way, and the next mail then reads the answer to the last. Here whatever did not end well is closed.

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

/// How long a relay may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(2);

/// Why a mail was not delivered, or no connection came about. Holds nothing that the relay wrote, because
/// relays repeat addresses and user names in their answers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryFailure {
    /// The relay is away: no connection came about, or none on which a mail could begin. This says nothing about the
    /// mail.
    #[error("the relay is away: {0}")]
    Away(FailureCause),
    /// The relay refuses our user name or password, or wants one (RFC 4954 §6): this is about every mail.
    #[error("the relay refuses our sign-in, check smtp.username and smtp.password: {0}")]
    CredentialsRefused(FailureCause),
    /// The relay went silent or hung up after it was told the recipient: this may be about the recipient's domain alone.
    #[error("the relay did not answer for this recipient: {0}")]
    Stalled(FailureCause),
    /// The relay does not take this mail now (4yz, RFC 5321 §4.2.1).
    #[error("the relay asks to try again later: {0}")]
    Later(FailureCause),
    /// The relay will never take this mail (5yz).
    #[error("the relay refuses: {0}")]
    Never(FailureCause),
}

/// What happened, for a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FailureCause {
    /// It took longer than the settings allow.
    Timeout,
    /// A reply code.
    Reply(u16),
    /// The connection failed, or TLS did: the system's or the TLS library's own words.
    Connection(String),
    /// The relay lacks an extension that this mail or these settings need, or does not speak SMTP.
    Unsuitable,
    /// The relay does not offer SMTPUTF8, without which it must not be sent letters beyond ASCII before an `@` (RFC 6531
    /// §3.2).
    LacksSmtpUtf8,
}

impl fmt::Display for FailureCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout => f.write_str("it took too long"),
            Self::Reply(code) => write!(f, "it answered {code}"),
            Self::Connection(text) => f.write_str(text),
            Self::Unsuitable => f.write_str("it lacks an extension that is needed, or does not speak SMTP"),
            Self::LacksSmtpUtf8 => f.write_str(
                "it does not offer SMTPUTF8 (RFC 6531), which a mail to this address or from this sender needs",
            ),
        }
    }
}

/// A connection to the relay that opens itself when it is needed.
pub(super) struct Connection {
    relay: Relay,
    open: Option<AsyncSmtpConnection>,
    smtputf8: Option<bool>,
}

impl Connection {
    pub(super) const fn new(relay: Relay) -> Self {
        Self { relay, open: None, smtputf8: None }
    }

    /// Whether the relay offered SMTPUTF8 when it was last greeted (RFC 6531 §3.2); `None` before that.
    pub(super) const fn smtputf8(&self) -> Option<bool> {
        self.smtputf8
    }

    pub(super) const fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Makes sure that the connection stands.
    pub(super) async fn open(&mut self) -> Result<(), DeliveryFailure> {
        let connection = self.ready().await?;
        self.open = Some(connection);
        Ok(())
    }

    /// Delivers a letter. After any failure of the relay the connection is closed.
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

    /// Ends the session politely (RFC 5321 §4.1.1.10), if there is one.
    pub(super) async fn hang_up(&mut self) {
        if let Some(mut connection) = self.open.take() {
            let _ = timeout(GOODBYE, connection.quit()).await;
        }
    }

    /// The connection that was kept, if the relay still holds its end, or a new one. It is handed over, so that
    /// whoever drops it closes it.
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

/// How far a mail's transaction is (RFC 5321 §3.3). Only what follows the recipient can be about the recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TransactionPhase {
    /// `MAIL` is under way.
    Sender,
    /// `RCPT`, `DATA` or the text is under way.
    Recipient,
}

impl TransactionPhase {
    /// What a failure says. 421 is the relay's own goodbye (RFC 5321 §3.8); 454 means that it cannot judge credentials
    /// now, 530, 534, 535 and 538 are about our own (RFC 4954 §6), so about every mail.
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

/// One mail (RFC 5321 §3.3), command by command, so that it is known how far it came.
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

/// What a mail needs of the relay (RFC 6152, RFC 6531). Eight bits are asked for whether or not the relay offers them: one
/// that does not refuses the command, and the mail with it.
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
