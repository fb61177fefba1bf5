//! All texts of all pages. A language that lacks one does not compile.

mod en;
mod es;
mod fr;
pub(super) mod refused;

use super::text::one_line;
use crate::protocol::code::CodeForm;
use crate::protocol::locale::Locale;

/// A text with one inserted name.
pub(super) type NamedText = fn(&str) -> String;

/// Title and text of a notice.
pub(super) type NoticeText = (&'static str, &'static str);

/// Title and text of a notice with an inserted duration.
pub(super) type TimedNoticeText = (&'static str, NamedText);

/// One text for codes of six digits, another for eight characters.
pub(super) struct CodeFormText {
    digits: &'static str,
    letters: &'static str,
}

impl CodeFormText {
    pub(super) const fn of(&self, form: CodeForm) -> &'static str {
        match form {
            CodeForm::Digits => self.digits,
            CodeForm::Letters => self.letters,
        }
    }
}

/// Texts of a page that ends a flow: `now` says what to do.
pub(super) struct EndPageText {
    pub(super) heading: &'static str,
    pub(super) what: &'static str,
    pub(super) now: &'static str,
}

pub(super) struct PageWords {
    /// Prefix of the title of a page with an error.
    pub(super) error: &'static str,
    pub(super) cancel: &'static str,
    pub(super) cancel_to: NamedText,
    pub(super) other_address: &'static str,
    pub(super) to_continue: NamedText,
    pub(super) continue_: &'static str,
    /// Units of a duration, singular and plural.
    pub(super) seconds: (&'static str, &'static str),
    pub(super) minutes: (&'static str, &'static str),
    pub(super) hours: (&'static str, &'static str),
    pub(super) address: AddressWords,
    pub(super) code: CodeWords,
    pub(super) consent: ConsentWords,
    /// Warning about a self-registered client; the organization's name is inserted.
    pub(super) unchecked: TimedNoticeText,
    pub(super) client_error: ClientErrorWords,
    pub(super) device: DeviceWords,
    pub(super) home: HomeWords,
    pub(super) message: MessageWords,
    pub(super) post: PostWords,
    pub(super) sign_out: SignOutWords,
}

pub(super) struct ClientErrorWords {
    pub(super) heading: &'static str,
    /// The organization's name is inserted.
    pub(super) lead: NamedText,
    pub(super) now: &'static str,
    /// The host of the redirect URI is inserted.
    pub(super) go_on: NamedText,
}

pub(super) struct HomeWords {
    /// The organization's name or the issuer's host is inserted.
    pub(super) heading: NamedText,
    pub(super) lead: &'static str,
    pub(super) now: &'static str,
    /// Heading and lead in development.
    pub(super) running: &'static str,
    pub(super) for_development: &'static str,
    /// Title and text of each link of development.
    pub(super) shop: NoticeText,
    pub(super) application: NoticeText,
    pub(super) outbox: NoticeText,
    pub(super) client_api: NoticeText,
    pub(super) for_developers: &'static str,
    pub(super) metadata: &'static str,
}

pub(super) struct SignOutWords {
    pub(super) heading: &'static str,
    pub(super) asks: NamedText,
    pub(super) sign_out: &'static str,
    pub(super) stay: &'static str,
    /// Says which other sessions end.
    pub(super) everywhere: &'static str,
    /// The client could not prove its identity, so there is no redirect.
    pub(super) not_back: &'static str,
    pub(super) signed_out: &'static str,
    pub(super) close: &'static str,
    pub(super) nobody: &'static str,
    pub(super) nothing_ended: &'static str,
    /// The clients are being notified.
    pub(super) telling: &'static str,
    pub(super) one_moment: &'static str,
    pub(super) on_to: NamedText,
    pub(super) stays: &'static str,
    pub(super) unchanged: &'static str,
    /// Title of a frame, for screen readers.
    pub(super) frame: &'static str,
}

pub(super) struct PostWords {
    pub(super) heading: &'static str,
    pub(super) lead: NamedText,
    pub(super) to_sign_in: NamedText,
    pub(super) to_sign_out: &'static str,
}

pub(super) struct AddressWords {
    pub(super) heading: &'static str,
    pub(super) email: &'static str,
    pub(super) next: &'static str,
    pub(super) send: &'static str,
    pub(super) malformed: NoticeText,
    pub(super) too_many: TimedNoticeText,
    pub(super) mail_away: TimedNoticeText,
    pub(super) unwritable: NoticeText,
    pub(super) sign_in_again: NoticeText,
    pub(super) unavailable: NoticeText,
}

pub(super) struct CodeWords {
    pub(super) heading: &'static str,
    pub(super) sent_to: CodeFormText,
    pub(super) label: CodeFormText,
    /// Allowed spellings of a code.
    pub(super) shape: CodeFormText,
    pub(super) reference: NamedText,
    /// Says that the script submits a complete code.
    pub(super) at_once: &'static str,
    pub(super) send_new: &'static str,
    /// Before and after the number of seconds: "in 30 s".
    pub(super) wait: (&'static str, &'static str),
    pub(super) spam: &'static str,
    pub(super) wrong: TimedNoticeText,
    pub(super) left: fn(u32) -> String,
    pub(super) malformed: (&'static str, CodeFormText),
    pub(super) expired: NoticeText,
    pub(super) spent: NoticeText,
    pub(super) retired: NoticeText,
    pub(super) resent: TimedNoticeText,
    pub(super) too_soon: TimedNoticeText,
    pub(super) too_many: TimedNoticeText,
}

pub(super) struct ConsentWords {
    /// The client's and the organization's names are inserted.
    pub(super) wants: fn(&str, &str) -> String,
    pub(super) may: NamedText,
    /// Marks a scope that allows changes.
    pub(super) writes: &'static str,
    pub(super) signed_in_as: &'static str,
    pub(super) not_you: &'static str,
    pub(super) allow: &'static str,
    pub(super) deny: &'static str,
    pub(super) returns_to: &'static str,
    pub(super) change_of_mind: NamedText,
    pub(super) home: &'static str,
    pub(super) policy: &'static str,
    pub(super) terms: &'static str,
    pub(super) new_tab: &'static str,
    pub(super) confirm: NamedText,
    pub(super) confirm_lead: NamedText,
    pub(super) choose: &'static str,
    pub(super) continue_as: &'static str,
    pub(super) scope: fn(&str) -> Option<&'static str>,
}

pub(super) struct DeviceWords {
    pub(super) heading: &'static str,
    pub(super) lead: &'static str,
    /// The lead when the code is filled in already.
    pub(super) compare: &'static str,
    pub(super) label: &'static str,
    pub(super) shape: &'static str,
    pub(super) malformed: NoticeText,
    pub(super) unknown: NoticeText,
    pub(super) too_many: TimedNoticeText,
    /// On the sign-in pages: why the end-user signs in.
    pub(super) to_connect: NamedText,
    /// On the consent page: stands before the user code.
    pub(super) check: &'static str,
    pub(super) warning: NoticeText,
    /// The last page, when the client is known.
    pub(super) allowed: NamedText,
    pub(super) denied: NamedText,
    /// Text of the link to the start.
    pub(super) again: &'static str,
}

pub(super) struct MessageWords {
    pub(super) unknown_client: EndPageText,
    pub(super) bad_redirect_uri: EndPageText,
    pub(super) bad_post_logout_redirect_uri: EndPageText,
    pub(super) logout_expired: EndPageText,
    pub(super) bad_request: EndPageText,
    pub(super) interaction_expired: EndPageText,
    pub(super) interaction_finished: EndPageText,
    pub(super) other_browser: EndPageText,
    pub(super) form_expired: EndPageText,
    pub(super) not_found: EndPageText,
    pub(super) method_not_allowed: EndPageText,
    pub(super) too_many_requests: EndPageText,
    pub(super) unavailable: EndPageText,
    pub(super) server_error: EndPageText,
    pub(super) misdirected: EndPageText,
    pub(super) device_allowed: EndPageText,
    pub(super) device_denied: EndPageText,
    pub(super) device_expired: EndPageText,
    /// Replaces `now` when there is a waiting time.
    pub(super) wait: NamedText,
    pub(super) for_developers: &'static str,
    pub(super) developer_client: &'static str,
    pub(super) developer_redirect: &'static str,
    pub(super) developer_post_logout: &'static str,
    pub(super) request_id: &'static str,
    pub(super) back: &'static str,
    pub(super) back_to: NamedText,
}

impl PageWords {
    pub(super) const fn of(locale: Locale) -> &'static Self {
        match locale {
            Locale::En => &en::WORDS,
            Locale::Fr => &fr::WORDS,
            Locale::Es => &es::WORDS,
        }
    }

    /// The text that says why the end-user signs in.
    pub(super) const fn purpose(&self, on_device: bool) -> NamedText {
        if on_device { self.device.to_connect } else { self.to_continue }
    }

    /// The warning about a self-registered client.
    pub(super) fn unchecked(&self, unchecked: bool, organization: &str) -> Option<(&'static str, String)> {
        let (title, text) = self.unchecked;
        unchecked.then(|| (title, text(&one_line(organization))))
    }

    /// Text of the cancel button.
    pub(super) fn cancel_text(&self, client: Option<&str>) -> String {
        client.map_or_else(|| self.cancel.to_owned(), self.cancel_to)
    }

    /// A duration in words, rounded up so that it is always long enough.
    pub(super) fn span(&self, seconds: u64) -> String {
        let (number, unit) = self.count(seconds);
        format!("{number}\u{a0}{unit}")
    }

    /// As [`Self::span`], with an ordinary space instead of a no-break space.
    pub(super) fn plain_span(&self, seconds: u64) -> String {
        let (number, unit) = self.count(seconds);
        format!("{number} {unit}")
    }

    fn count(&self, seconds: u64) -> (u64, &'static str) {
        let (number, (one, many)) = match seconds {
            0..=90 => (seconds.max(1), self.seconds),
            91..=5400 => (seconds.div_ceil(60), self.minutes),
            _ => (seconds.div_ceil(3600), self.hours),
        };
        (number, if number == 1 { one } else { many })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_rounded_up() {
        let words = PageWords::of(Locale::En);
        for (seconds, text) in [
            (0, "1\u{a0}second"),
            (30, "30\u{a0}seconds"),
            (90, "90\u{a0}seconds"),
            (91, "2\u{a0}minutes"),
            (3541, "60\u{a0}minutes"),
            (5401, "2\u{a0}hours"),
            (86_400, "24\u{a0}hours"),
        ] {
            assert_eq!(words.span(seconds), text);
        }
        assert_eq!(PageWords::of(Locale::Fr).span(120), "2\u{a0}minutes");
        assert_eq!(PageWords::of(Locale::Es).span(1), "1\u{a0}segundo");
    }
}
