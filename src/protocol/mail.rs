//! What a mailer is asked to send. The mailer composes the text.

use super::address::EmailAddress;
use super::code::{Code, Reference};
use super::locale::Locale;
use super::time::Timestamp;

/// The sender of an organization's mails, chosen by the domain of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailSender {
    /// The name that the recipient sees, for example the shop's.
    pub name: String,
    pub address: EmailAddress,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailTheme {
    /// The accent colour, `#rrggbb`.
    pub accent: String,
    /// The https URL of a logo above the text.
    pub logo: Option<String>,
}

/// Where a sign-in was requested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignInPlace {
    /// The host of a page, the name of an application by the operator, or the domain of an application.
    Named(String),
    /// An application without a domain whose name was not verified: the mail says "an application" in its
    /// language.
    Application,
}

impl From<&str> for SignInPlace {
    fn from(name: &str) -> Self {
        Self::Named(name.to_owned())
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtpMail {
    /// The address that is stored for the account.
    pub to: EmailAddress,
    pub sender: MailSender,
    pub theme: MailTheme,
    pub locale: Locale,
    /// The organization that sends the mail.
    pub organization: String,
    pub asked_from: SignInPlace,
    pub code: Code,
    /// The visible reference of the code.
    pub reference: Reference,
    /// When the code was requested.
    pub sent_at: Timestamp,
    /// When the code expires: a later mail is useless and not sent.
    pub dies_at: Timestamp,
    /// Whether the operator blocked the address: the request proceeds as usual, but nothing is sent.
    pub suppressed: bool,
    /// The id of the request, for the log.
    pub request_id: String,
}
