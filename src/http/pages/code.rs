//! The page that asks for the code from the mail.

use askama::Template;

use super::PageError;
use super::frame::{PageChrome, PageFrame};
use super::notice::{Notice, NoticeTone};
use super::text::one_line;
use super::words::PageWords;
use crate::protocol::code::CodeForm;

/// "Check your e-mail": one field, and ways out of every dead end. The form posts `token` and `code` to `action`; all
/// other forms post `token` alone.
///
/// When `ended`, and after [`CodeNotice::Expired`], [`CodeNotice::Spent`] and [`CodeNotice::Retired`], no code can be entered
/// any more: the page says so, has no field, and its main button posts to `resend`.
#[derive(Debug, Clone, Copy)]
pub struct CodePage<'a> {
    /// What is around it.
    pub chrome: PageChrome<'a>,
    /// The application that the end-user comes from.
    pub client_name: Option<&'a str>,
    /// Whether that is a device, which stands somewhere else (RFC 8628).
    pub on_device: bool,
    /// Where the code is posted.
    pub action: &'a str,
    /// Where a new code is asked for. The button can be pressed before `resend_in` is over; the answer is then the page
    /// with [`CodeNotice::TooSoon`].
    pub resend: &'a str,
    /// Where another address is asked for.
    pub restart: &'a str,
    /// Where to give up; without it nothing is offered.
    pub cancel: Option<&'a str>,
    /// Binds the forms to the browser (CSRF).
    pub token: &'a str,
    /// The address that the mail went to.
    pub email: &'a str,
    /// The reference that the mail shows.
    pub reference: &'a str,
    pub form: CodeForm,
    /// Seconds until a new code may be sent; 0 for now.
    pub resend_in: u64,
    /// Whether the code that was sent can no longer be entered.
    pub ended: bool,
    /// Whether a wrong code was typed before.
    pub tried: bool,
    /// What happened before.
    pub notice: Option<CodeNotice>,
}

/// What happened to a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeNotice {
    /// It is not the code.
    Wrong {
        /// How many attempts are left; 0 says nothing about them.
        left: u32,
    },
    /// It cannot be a code of this form.
    Malformed,
    /// Its time is over.
    Expired,
    /// It was used, or there were too many attempts at it.
    Spent,
    /// Too many wrong codes for this address: a new, longer code is needed.
    Retired,
    /// A new one was sent.
    Resent,
    /// A new one was asked for too soon.
    TooSoon {
        /// Until one may be sent.
        seconds: u64,
    },
    /// Too many codes were asked for.
    TooManyCodes {
        /// Until one may be asked for again.
        seconds: u64,
    },
    /// No mail leaves at the moment.
    MailAway {
        /// Until it is worth another try.
        seconds: u64,
    },
    /// No mail can be sent to this address.
    Unwritable,
}

impl CodeNotice {
    /// Whether the code that was sent can no longer be entered.
    const fn ends_the_code(self) -> bool {
        matches!(self, Self::Expired | Self::Spent | Self::Retired)
    }

    /// Whether it says which mail the code is in.
    const fn names_the_mail(self) -> bool {
        matches!(self, Self::Wrong { .. } | Self::Resent)
    }
}

#[derive(Template)]
#[template(path = "signin/code.html")]
struct CodeTemplate<'a> {
    frame: PageFrame<'a>,
    page: &'a CodePage<'a>,
    words: &'static PageWords,
    heading: &'static str,
    /// Whether there is a code to enter.
    open: bool,
    digits: bool,
    sent_to: &'static str,
    label: &'static str,
    shape: &'static str,
    /// Which mail the code is in, unless the notice says it.
    hint: Option<String>,
    described: &'static str,
    cancel: Option<(&'a str, String)>,
    notice: Option<Notice>,
    invalid: bool,
}

impl CodePage<'_> {
    /// The page.
    ///
    /// # Errors
    /// [`PageError`], which does not happen.
    pub fn render(&self) -> Result<String, PageError> {
        let words = PageWords::of(self.chrome.locale);
        let client = self.client_name.map(one_line);
        let notice = self.notice.map(|notice| self.said(words, notice));
        let is_error = notice.as_ref().is_some_and(Notice::is_error);
        let open = self.is_open();
        let heading = notice.as_ref().filter(|_| !open).map_or(words.code.heading, |notice| notice.title);
        let mut frame = PageFrame::new(&self.chrome, heading, is_error);
        frame.wait = self.resend_in;
        let invalid = matches!(self.notice, Some(CodeNotice::Wrong { .. } | CodeNotice::Malformed));
        let is_named = self.notice.is_some_and(CodeNotice::names_the_mail);
        let view = CodeTemplate {
            frame,
            page: self,
            words,
            heading,
            open,
            digits: self.form == CodeForm::Digits,
            sent_to: words.code.sent_to.of(self.form),
            label: words.code.label.of(self.form),
            shape: words.code.shape.of(self.form),
            hint: (!is_named).then(|| (words.code.reference)(self.reference)),
            described: match (invalid, is_named) {
                (true, false) => "notice which",
                (_, true) => "notice",
                (false, false) => "which",
            },
            cancel: self
                .cancel
                .map(|action| (action, words.cancel_text(client.as_deref().filter(|_| !self.on_device)))),
            notice,
            invalid,
        };
        Ok(view.render()?)
    }

    /// Whether there is a code to enter.
    fn is_open(&self) -> bool {
        !self.ended && !self.notice.is_some_and(CodeNotice::ends_the_code)
    }

    /// Whether the page has a script, which sends a code that is pasted or filled in: not after anything went wrong, so that
    /// no attempt is used up unasked.
    #[must_use]
    pub fn sends_at_once(&self) -> bool {
        self.is_open() && !self.tried && matches!(self.notice, None | Some(CodeNotice::Resent))
    }

    fn said(&self, words: &PageWords, notice: CodeNotice) -> Notice {
        let texts = &words.code;
        match notice {
            CodeNotice::Wrong { left } => {
                let (title, compare) = texts.wrong;
                let compare = compare(self.reference);
                let text = if left == 0 { compare } else { format!("{compare} {}", (texts.left)(left)) };
                Notice::new(NoticeTone::Bad, title, text)
            }
            CodeNotice::Malformed => {
                let (title, text) = &texts.malformed;
                Notice::said(NoticeTone::Bad, (title, text.of(self.form)))
            }
            CodeNotice::Expired => Notice::said(NoticeTone::Bad, texts.expired),
            CodeNotice::Spent => Notice::said(NoticeTone::Bad, texts.spent),
            CodeNotice::Retired => Notice::said(NoticeTone::Bad, texts.retired),
            CodeNotice::Resent => {
                Notice::new(NoticeTone::Good, texts.resent.0, (texts.resent.1)(self.reference))
            }
            CodeNotice::TooSoon { seconds } => Notice::after(words, texts.too_soon, seconds),
            // Without the advice to use the last code.
            CodeNotice::TooManyCodes { seconds } if self.ended => {
                Notice::after(words, words.address.too_many, seconds)
            }
            CodeNotice::TooManyCodes { seconds } => Notice::after(words, texts.too_many, seconds),
            CodeNotice::Unwritable => Notice::said(NoticeTone::Bad, words.address.unwritable),
            CodeNotice::MailAway { seconds } => Notice::after(words, words.address.mail_away, seconds),
        }
    }
}
