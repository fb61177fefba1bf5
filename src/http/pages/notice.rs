//! The notice on a page: what happened to the submitted form.

use super::icons;
use super::words::{NoticeText, PageWords, TimedNoticeText};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum NoticeTone {
    Bad,
    Good,
    Plain,
}

pub(super) struct Notice {
    tone: NoticeTone,
    pub(super) title: &'static str,
    pub(super) text: String,
}

impl Notice {
    pub(super) const fn new(tone: NoticeTone, title: &'static str, text: String) -> Self {
        Self { tone, title, text }
    }

    pub(super) fn fixed(tone: NoticeTone, (title, text): NoticeText) -> Self {
        Self::new(tone, title, text.to_owned())
    }

    /// A notice about an error that ends after a wait.
    pub(super) fn after(words: &PageWords, (title, text): TimedNoticeText, seconds: u64) -> Self {
        Self::new(NoticeTone::Bad, title, text(&words.span(seconds)))
    }

    pub(super) fn is_error(&self) -> bool {
        self.tone == NoticeTone::Bad
    }

    /// The ARIA role: an error interrupts a screen reader.
    pub(super) const fn role(&self) -> &'static str {
        match self.tone {
            NoticeTone::Bad => "alert",
            NoticeTone::Good | NoticeTone::Plain => "status",
        }
    }

    /// The class in the style sheet.
    pub(super) const fn class(&self) -> &'static str {
        match self.tone {
            NoticeTone::Bad => "bad",
            NoticeTone::Good => "good",
            NoticeTone::Plain => "plain",
        }
    }

    pub(super) const fn icon(&self) -> &'static str {
        match self.tone {
            NoticeTone::Bad => icons::ALERT,
            NoticeTone::Good => icons::CHECK,
            NoticeTone::Plain => icons::CLOCK,
        }
    }
}
