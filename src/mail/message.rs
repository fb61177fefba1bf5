//! A rendered mail as an Internet message (RFC 5322): headers, two parts, envelope.

use std::time::{Duration, SystemTime};

use lettre::address::Envelope;
use lettre::message::header::{ContentTransferEncoding, ContentType, Date, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, SinglePart};
use lettre::{Address, message::MessageBuilder};

use super::render::{RenderError, RenderedMail, one_line, render};
use crate::ports::entropy::{Entropy, random};
use crate::protocol::address::EmailAddress;
use crate::protocol::mail::OtpMail;
use crate::protocol::time::Timestamp;

/// The last second of the year 9999: RFC 5322 §3.3 dates have no place for later ones in practice.
const LAST_DATE: u64 = 253_402_300_799;

/// A message that is ready to send, as often as it takes: every attempt sends the same bytes with the same
/// Message-ID, so that a mail which arrives twice is seen to be one.
pub(super) struct PreparedMessage {
    pub(super) envelope: Envelope,
    pub(super) bytes: Vec<u8>,
}

impl PreparedMessage {
    /// Whether only a relay with SMTPUTF8 can be given it (RFC 6531 §3.3).
    pub(super) fn needs_smtputf8(&self) -> bool {
        let mut addresses = self.envelope.to().iter().chain(self.envelope.from());
        addresses.any(|address| !AsRef::<str>::as_ref(address).is_ascii())
    }
}

/// Why no message could be made. Says nothing of the mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum MessageError {
    /// A template failed.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// An address with what has a meaning in a header or a command.
    #[error("an address cannot be written in a header")]
    Address,
    /// The library refused the headers.
    #[error("the headers are incomplete")]
    Headers,
}

/// Renders a mail and makes a message of it. Message-ID and boundary are random.
pub(super) fn letter(mail: &OtpMail, entropy: &dyn Entropy) -> Result<PreparedMessage, MessageError> {
    let rendered = render(mail)?;
    let from = mailbox(Some(&mail.sender.name), &mail.sender.address)?;
    let message_id = format!("<{}@{}>", token(entropy), from.email.domain());
    let to = mailbox(None, &mail.to)?;
    // Given, because the library would read it from the headers, by its own rules of addresses.
    let envelope = Envelope::new(Some(from.email.clone()), vec![to.email.clone()]);
    let message = Message::builder()
        .envelope(envelope.map_err(|_| MessageError::Headers)?)
        .from(from)
        .to(to)
        .subject(&rendered.subject)
        .header(date(mail.sent_at))
        .message_id(Some(message_id));
    let message = automatic(message, mail.locale.tag())
        .multipart(parts(rendered, &token(entropy)))
        .map_err(|_| MessageError::Headers)?;
    Ok(PreparedMessage { envelope: message.envelope().clone(), bytes: message.formatted() })
}

/// Says that no person wrote it, so that no machine answers (RFC 3834 §5; the other header is Exchange's), and
/// its language (RFC 3282).
fn automatic(message: MessageBuilder, language: &str) -> MessageBuilder {
    [
        (HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated"),
        (HeaderName::new_from_ascii_str("X-Auto-Response-Suppress"), "All"),
        (HeaderName::new_from_ascii_str("Content-Language"), language),
    ]
    .into_iter()
    .fold(message, |message, (name, value)| message.raw_header(HeaderValue::new(name, value.to_owned())))
}

/// Text first, HTML last: the last is the one that a reader's program should prefer (RFC 2046 §5.1.4). Both in
/// quoted-printable, which survives relays of seven bits.
fn parts(rendered: RenderedMail, boundary: &str) -> MultiPart {
    let part = |kind: ContentType, body: String| {
        SinglePart::builder().header(kind).header(ContentTransferEncoding::QuotedPrintable).body(body)
    };
    MultiPart::alternative()
        .boundary(format!("={boundary}"))
        .singlepart(part(ContentType::TEXT_PLAIN, rendered.text))
        .singlepart(part(ContentType::TEXT_HTML, rendered.html))
}

fn mailbox(name: Option<&str>, address: &EmailAddress) -> Result<Mailbox, MessageError> {
    let email = addressed(address).ok_or(MessageError::Address)?;
    let name = name.map(one_line).filter(|name| !name.is_empty());
    Ok(Mailbox::new(name, email))
}

/// An address was judged when it came in; the library's own rules are others, and refuse marks that belong to letters. All
/// that is asked again is that nothing in it ends an address, or a line (RFC 5322 §3.2.3, RFC 6532 §3.2).
fn addressed(address: &EmailAddress) -> Option<Address> {
    let deliverable = address.deliverable();
    let (local, domain) = deliverable.rsplit_once('@')?;
    let ends = |c: char| c.is_control() || c.is_whitespace() || "()<>[]:;@\\,\"".contains(c);
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    let sound =
        !local.is_empty() && !local.contains(ends) && !domain.is_empty() && domain.chars().all(is_host);
    sound.then(|| Address::new_dangerous(local, domain))
}

fn date(sent_at: Timestamp) -> Date {
    let since = Duration::from_secs(sent_at.as_secs().min(LAST_DATE));
    Date::new(SystemTime::UNIX_EPOCH.checked_add(since).unwrap_or(SystemTime::UNIX_EPOCH))
}

/// 128 random bits in letters that stand in a Message-ID and in a boundary without quotes.
fn token(entropy: &dyn Entropy) -> String {
    use std::fmt::Write as _;
    random::<16>(entropy).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
