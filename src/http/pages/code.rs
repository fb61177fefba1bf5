use askama::Template;

use super::PageError;
use super::frame::{PageChrome, PageFrame};
use super::notice::{Notice, NoticeTone};
use super::text::one_line;
use super::words::PageWords;
use crate::protocol::code::CodeForm;

/// Posts `token` and `code` to `action`; all other forms post `token` alone.
///
/// When `ended`, and after [`CodeNotice::Expired`], [`CodeNotice::Spent`] and [`CodeNotice::Retired`], no
/// code can be entered any more: the page has no field, and its main button posts to `resend`.
#[derive(Debug, Clone, Copy)]
pub struct CodePage<'a> {
    pub chrome: PageChrome<'a>,
    /// Name of the client that the end-user comes from.
    pub client_name: Option<&'a str>,
    /// Whether the client is a device elsewhere (RFC 8628).
    pub on_device: bool,
    pub action: &'a str,
    /// Where a new code is requested. Before `resend_in` is over the response is the page with
    /// [`CodeNotice::TooSoon`].
    pub resend: &'a str,
    /// Where another address is entered.
    pub restart: &'a str,
    /// Where to cancel; `None` offers no cancel button.
    pub cancel: Option<&'a str>,
    /// Binds the forms to the browser (CSRF protection).
    pub token: &'a str,
    /// Recipient of the mail.
    pub email: &'a str,
    /// Reference that the mail shows too.
    pub reference: &'a str,
    pub form: CodeForm,
    /// Seconds until a new code may be sent.
    pub resend_in: u64,
    /// Whether the challenge has ended.
    pub ended: bool,
    /// Whether a wrong code was entered before.
    pub tried: bool,
    pub notice: Option<CodeNotice>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeNotice {
    Wrong {
        /// Attempts that are left; 0 shows no number.
        left: u32,
    },
    /// The input cannot be a code of this form.
    Malformed,
    Expired,
    /// The code was used, or has no attempts left.
    Spent,
    /// Too many wrong codes for this address: a longer code is needed.
    Retired,
    Resent,
    /// A new code was requested before `resend_in` was over.
    TooSoon {
        /// Until the next code may be sent.
        seconds: u64,
    },
    TooManyCodes {
        /// Until the next code may be requested.
        seconds: u64,
    },
    /// Mail cannot be sent at present.
    MailAway {
        /// Until the next try.
        seconds: u64,
    },
    /// The mail relay accepts only ASCII before the `@` (no SMTPUTF8).
    Unwritable,
}

impl CodeNotice {
    const fn ends_the_code(self) -> bool {
        matches!(self, Self::Expired | Self::Spent | Self::Retired)
    }

    /// Whether the notice names the reference, and so the mail.
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
    open: bool,
    digits: bool,
    sent_to: &'static str,
    label: &'static str,
    shape: &'static str,
    /// Names the mail by its reference, unless the notice does.
    hint: Option<String>,
    described: &'static str,
    cancel: Option<(&'a str, String)>,
    notice: Option<Notice>,
    invalid: bool,
}

impl CodePage<'_> {
    /// # Errors
    /// [`PageError`], which does not happen.
    pub fn render(&self) -> Result<String, PageError> {
        let words = PageWords::of(self.chrome.locale);
        let client = self.client_name.map(one_line);
        let notice = self.notice.map(|notice| self.notice_of(words, notice));
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

    /// Whether a code can be entered.
    fn is_open(&self) -> bool {
        !self.ended && !self.notice.is_some_and(CodeNotice::ends_the_code)
    }

    /// Whether the page has the script that submits a pasted or autofilled code. After an error it has none,
    /// so that no attempt is used unintentionally.
    pub fn sends_at_once(&self) -> bool {
        self.is_open() && !self.tried && matches!(self.notice, None | Some(CodeNotice::Resent))
    }

    fn notice_of(&self, words: &PageWords, notice: CodeNotice) -> Notice {
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
                Notice::fixed(NoticeTone::Bad, (title, text.of(self.form)))
            }
            CodeNotice::Expired => Notice::fixed(NoticeTone::Bad, texts.expired),
            CodeNotice::Spent => Notice::fixed(NoticeTone::Bad, texts.spent),
            CodeNotice::Retired => Notice::fixed(NoticeTone::Bad, texts.retired),
            CodeNotice::Resent => {
                Notice::new(NoticeTone::Good, texts.resent.0, (texts.resent.1)(self.reference))
            }
            CodeNotice::TooSoon { seconds } => Notice::after(words, texts.too_soon, seconds),
            // This text does not advise to use the last code.
            CodeNotice::TooManyCodes { seconds } if self.ended => {
                Notice::after(words, words.address.too_many, seconds)
            }
            CodeNotice::TooManyCodes { seconds } => Notice::after(words, texts.too_many, seconds),
            CodeNotice::Unwritable => Notice::fixed(NoticeTone::Bad, words.address.unwritable),
            CodeNotice::MailAway { seconds } => Notice::after(words, words.address.mail_away, seconds),
        }
    }
}
