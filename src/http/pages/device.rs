//! The page that asks for the user code of a device (RFC 8628 §3.3).

use askama::Template;

use super::PageError;
use super::frame::{Brand, PageFrame, PageHead};
use super::notice::{Notice, NoticeTone};
use super::words::PageWords;
use crate::protocol::locale::Locale;

/// Posts `user_code` to `action`. The client is not known yet.
#[derive(Debug, Clone, Copy)]
pub struct DevicePage<'a> {
    pub locale: Locale,
    pub head: PageHead<'a>,
    /// The only organization; neutral when there are several.
    pub brand: Option<Brand<'a>>,
    pub action: &'a str,
    /// Content of the field.
    pub typed: &'a str,
    pub notice: Option<DeviceNotice>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceNotice {
    /// The input cannot be a user code.
    Malformed,
    /// No device waits with this code.
    Unknown,
    /// Too many codes were tried.
    TooMany {
        /// Until the next code may be tried.
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
    /// # Errors
    /// [`PageError`], which does not happen.
    pub fn render(&self) -> Result<String, PageError> {
        let words = PageWords::of(self.locale);
        let texts = &words.device;
        let notice = self.notice.map(|notice| match notice {
            DeviceNotice::Malformed => Notice::fixed(NoticeTone::Bad, texts.malformed),
            DeviceNotice::Unknown => Notice::fixed(NoticeTone::Bad, texts.unknown),
            DeviceNotice::TooMany { seconds } => Notice::after(words, texts.too_many, seconds),
        });
        let is_error = notice.as_ref().is_some_and(Notice::is_error);
        let view = DeviceTemplate {
            frame: PageFrame::with(self.locale, self.head, self.brand.as_ref(), texts.heading, is_error),
            page: self,
            words,
            // A link may come from an attacker with another device, so the end-user is asked to compare the
            // code (RFC 8628 §5.4).
            lead: if self.typed.is_empty() || notice.is_some() { texts.lead } else { texts.compare },
            notice,
            invalid: matches!(self.notice, Some(DeviceNotice::Malformed | DeviceNotice::Unknown)),
        };
        Ok(view.render()?)
    }
}
