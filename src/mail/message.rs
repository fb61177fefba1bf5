//! Makes an Internet message (RFC 5322) of a rendered mail: envelope, header fields and two parts.

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

/// The last second of the year 9999, after which the four-digit year of RFC 5322 §3.3 ends.
const LAST_DATE: u64 = 253_402_300_799;

/// A message that is ready to be sent. Every attempt sends the same bytes with the same Message-ID, so that a
/// mail program recognizes a duplicate.
pub(super) struct PreparedMessage {
    pub(super) envelope: Envelope,
    pub(super) bytes: Vec<u8>,
}

impl PreparedMessage {
    /// Whether only a relay with SMTPUTF8 accepts it (RFC 6531 §3.3).
    pub(super) fn needs_smtputf8(&self) -> bool {
        let mut addresses = self.envelope.to().iter().chain(self.envelope.from());
        addresses.any(|address| !AsRef::<str>::as_ref(address).is_ascii())
    }
}

/// Why no message could be made. Contains no address and no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum MessageError {
    #[error(transparent)]
    Render(#[from] RenderError),
    /// An address contains characters that have a meaning in a header field or an SMTP command.
    #[error("the sender's or recipient's address contains characters that a mail header cannot hold")]
    Address,
    /// The mail library refused the header fields.
    #[error("the mail library refused the header fields")]
    Headers,
}

/// Renders a mail into a message. Message-ID and boundary are random.
pub(super) fn letter(mail: &OtpMail, entropy: &dyn Entropy) -> Result<PreparedMessage, MessageError> {
    let rendered = render(mail)?;
    let from = mailbox(Some(&mail.sender.name), &mail.sender.address)?;
    let message_id = format!("<{}@{}>", token(entropy), from.email.domain());
    let to = mailbox(None, &mail.to)?;
    // Without an explicit envelope the library would parse the headers by its own, different rules for
    // addresses.
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

/// Adds the language (RFC 3282) and marks the mail as automatic, so that no autoresponder replies (RFC 3834
/// §5; Exchange reads `X-Auto-Response-Suppress`).
fn automatic(message: MessageBuilder, language: &str) -> MessageBuilder {
    [
        (HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated"),
        (HeaderName::new_from_ascii_str("X-Auto-Response-Suppress"), "All"),
        (HeaderName::new_from_ascii_str("Content-Language"), language),
    ]
    .into_iter()
    .fold(message, |message, (name, value)| message.raw_header(HeaderValue::new(name, value.to_owned())))
}

/// Text first and HTML last, because mail programs prefer the last part that they can show (RFC 2046 §5.1.4).
/// Both are quoted-printable, which survives 7-bit relays.
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

/// Converts an address that was validated when it came in. The library's own validation differs and refuses
/// combining marks; here only characters that end an address or a line are refused (RFC 5322 §3.2.3, RFC 6532
/// §3.2).
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

/// 128 random bits in hexadecimal, which needs no quotes in a Message-ID or a boundary.
fn token(entropy: &dyn Entropy) -> String {
    use std::fmt::Write as _;
    random::<16>(entropy).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
