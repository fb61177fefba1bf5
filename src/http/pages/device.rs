//! The page that asks for the code that a device shows (RFC 8628 §3.3).

use askama::Template;

use super::PageError;
use super::frame::{Brand, PageFrame, PageHead};
use super::notice::{Notice, NoticeTone};
use super::words::PageWords;
use crate::protocol::locale::Locale;

/// "Connect a device": one field. The form posts `user_code` to `action`. Whose device it is, is not
/// known yet.
#[derive(Debug, Clone, Copy)]
pub struct DevicePage<'a> {
    /// The language.
    pub locale: Locale,
    /// As in [`Chrome`](super::Chrome).
    pub head: PageHead<'a>,
    /// Whose page it is, where there is only one organization; otherwise it looks neutral.
    pub brand: Option<Brand<'a>>,
    /// Where the form is posted.
    pub action: &'a str,
    /// What is already in the field.
    pub typed: &'a str,
    /// What happened before.
    pub notice: Option<DeviceNotice>,
}

/// What happened to a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceNotice {
    /// It cannot be a code.
    Malformed,
    /// No device shows it, or no longer.
    Unknown,
    /// Too many were typed.
    TooMany {
        /// Until one may be typed again.
        seconds: u64,
    },
}

#[derive(Template)]
#[template(path = "signin/device.html")]
struct DeviceTemplate<'a> {
    frame: PageFrame<'a>,
    page: &'a DevicePage<'a>,
    words: &'static PageWords,
    lead: &'static str,
    notice: Option<Notice>,
    invalid: bool,
}

impl DevicePage<'_> {
    /// The page.
    ///
    /// # Errors
    /// [`PageError`], which does not happen.
    pub fn render(&self) -> Result<String, PageError> {
        let words = PageWords::of(self.locale);
        let texts = &words.device;
        let notice = self.notice.map(|notice| match notice {
            DeviceNotice::Malformed => Notice::said(NoticeTone::Bad, texts.malformed),
            DeviceNotice::Unknown => Notice::said(NoticeTone::Bad, texts.unknown),
            DeviceNotice::TooMany { seconds } => Notice::after(words, texts.too_many, seconds),
        });
        let is_error = notice.as_ref().is_some_and(Notice::is_error);
        let view = DeviceTemplate {
            frame: PageFrame::with(self.locale, self.head, self.brand.as_ref(), texts.heading, is_error),
            page: self,
            words,
            // Who follows a link with a code may hold another device than whoever made it (RFC 8628 §5.4).
            lead: if self.typed.is_empty() || notice.is_some() { texts.lead } else { texts.compare },
            notice,
            invalid: matches!(self.notice, Some(DeviceNotice::Malformed | DeviceNotice::Unknown)),
        };
        Ok(view.render()?)
    }
}
