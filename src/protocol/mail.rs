//! What a mailer is told to send. How it reads is the mailer's matter.

use super::address::EmailAddress;
use super::code::{Code, Reference};
use super::locale::Locale;
use super::time::Timestamp;

/// The sender of an organization's mails, chosen by the domain that the page is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailSender {
    /// The name that the reader sees, for example the shop's.
    pub name: String,
    /// The address that it comes from.
    pub address: EmailAddress,
}

/// How an organization's mails look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailTheme {
    /// Accent colour, `#rrggbb`.
    pub accent: String,
    /// An https URL of a logo, shown above the text.
    pub logo: Option<String>,
}

/// Where a sign-in was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignInPlace {
    /// At a page's host, in an application that an operator named, or in one of a domain.
    Named(String),
    /// In an application that nobody checked and that has no domain: the mail says "an application" in its language.
    Application,
}

impl From<&str> for SignInPlace {
    fn from(name: &str) -> Self {
        Self::Named(name.to_owned())
    }
}

/// A mail with a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtpMail {
    /// To the address that is stored for the account.
    pub to: EmailAddress,
    /// From.
    pub sender: MailSender,
    /// Its look.
    pub theme: MailTheme,
    /// Its language.
    pub locale: Locale,
    /// The organization that asks.
    pub organization: String,
    /// Where the sign-in was asked for.
    pub asked_from: SignInPlace,
    pub code: Code,
    /// Its visible reference.
    pub reference: Reference,
    /// When it was asked for.
    pub sent_at: Timestamp,
    /// When the code dies: after that the mail is of no use and not sent.
    pub dies_at: Timestamp,
    /// An address that the operator blocked: everything goes its way, but nothing is sent.
    pub suppressed: bool,
    /// The request that asked, for the log.
    pub request_id: String,
}
