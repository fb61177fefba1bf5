//! The box that says what happened to what was sent.

use super::icons;
use super::words::Said;

/// How it is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// Something did not work.
    Bad,
    /// Something worked.
    Good,
    /// Something is to be known.
    Plain,
}

/// What happened, and what to do.
pub(super) struct Notice {
    tone: Tone,
    pub(super) title: &'static str,
    pub(super) text: String,
}

impl Notice {
    pub(super) const fn new(tone: Tone, title: &'static str, text: String) -> Self {
        Self { tone, title, text }
    }

    pub(super) fn said(tone: Tone, (title, text): Said) -> Self {
        Self::new(tone, title, text.to_owned())
    }

    pub(super) fn is_error(&self) -> bool {
        self.tone == Tone::Bad
    }

    /// How it is announced: an error interrupts.
    pub(super) const fn role(&self) -> &'static str {
        match self.tone {
            Tone::Bad => "alert",
            Tone::Good | Tone::Plain => "status",
        }
    }

    /// Its class in the style sheet.
    pub(super) const fn class(&self) -> &'static str {
        match self.tone {
            Tone::Bad => "bad",
            Tone::Good => "good",
            Tone::Plain => "plain",
        }
    }

    pub(super) const fn icon(&self) -> &'static str {
        match self.tone {
            Tone::Bad => icons::ALERT,
            Tone::Good => icons::CHECK,
            Tone::Plain => icons::CLOCK,
        }
    }
}
