//! The sentence for the customer when the browser SDK's paths or the Client API refuse a request. It uses the
//! texts of the pages, in full sentences that another site can show unchanged.

use super::text::one_line;
use super::words::refused::RefusedWords;
use super::words::{NoticeText, PageWords};
use crate::http::error_reason::{AddressFault, BearerReason, CommonReason, EnvelopeReason, ErrorReason};
use crate::protocol::address::AddressError;
use crate::protocol::locale::Locale;
use crate::protocol::profile::{ProfileError, ProfileField};

#[derive(Debug, Clone, Copy)]
pub struct RefusalPage<'a> {
    pub reason: ErrorReason,
    /// Seconds to wait before the next try.
    pub wait: u64,
    /// The refused field or parameter.
    pub field: Option<&'a str>,
}

impl RefusalPage<'_> {
    pub fn sentence(&self, locale: Locale) -> String {
        let own = RefusedWords::of(locale);
        match self.reason {
            ErrorReason::Common(reason) => self.common(reason, locale, own),
            ErrorReason::Bearer(BearerReason::Missing) => own.sign_in.to_owned(),
            ErrorReason::Bearer(BearerReason::InsufficientScope) => own.not_allowed.to_owned(),
            ErrorReason::Bearer(BearerReason::Invalid | BearerReason::Expired | BearerReason::Revoked) => {
                notice_text(PageWords::of(locale).address.sign_in_again)
            }
            ErrorReason::Envelope(reason) => self.envelope(reason, locale, own),
            ErrorReason::OAuth(_) | ErrorReason::Page(_) => self.mistake(own),
        }
    }

    fn common(&self, reason: CommonReason, locale: Locale, own: &RefusedWords) -> String {
        let words = PageWords::of(locale);
        match reason {
            CommonReason::RateLimited => (own.too_many)(&words.plain_span(self.wait)),
            CommonReason::BodyTooSlow => own.too_slow.to_owned(),
            CommonReason::NotFound => own.not_found.to_owned(),
            CommonReason::ServerError | CommonReason::Unavailable => notice_text(words.address.unavailable),
            CommonReason::MisdirectedRequest => own.not_set_up.to_owned(),
            CommonReason::InvalidRequest
            | CommonReason::UnsupportedMediaType
            | CommonReason::UnsupportedContentEncoding
            | CommonReason::BodyTooLarge
            | CommonReason::MethodNotAllowed => self.mistake(own),
        }
    }

    fn envelope(&self, reason: EnvelopeReason, locale: Locale, own: &RefusedWords) -> String {
        let words = PageWords::of(locale);
        let (address, code) = (&words.address, &words.code);
        let wait = || words.plain_span(self.wait);
        match reason {
            EnvelopeReason::EmailInvalid(fault) => match fault {
                AddressFault::Judged(AddressError::TooLong) => own.address_too_long.to_owned(),
                AddressFault::Judged(AddressError::Malformed) => notice_text(address.malformed),
                AddressFault::Unwritable => notice_text(address.unwritable),
            },
            EnvelopeReason::CodeMalformed(form) => notice_text((code.malformed.0, code.malformed.1.of(form))),
            EnvelopeReason::CodeWrong { left } => sentences(code.wrong.0, &(code.left)(left)),
            EnvelopeReason::CodeRetired => notice_text(code.retired),
            EnvelopeReason::ChallengeExpired => notice_text(code.expired),
            EnvelopeReason::ChallengeSpent => notice_text(code.spent),
            EnvelopeReason::ResendTooSoon => sentences(code.too_soon.0, &(code.too_soon.1)(&wait())),
            EnvelopeReason::SendLimit => sentences(address.too_many.0, &(address.too_many.1)(&wait())),
            EnvelopeReason::MailUnavailable => {
                sentences(address.mail_away.0, &(address.mail_away.1)(&wait()))
            }
            EnvelopeReason::Invalid
            | EnvelopeReason::Expired
            | EnvelopeReason::Revoked
            | EnvelopeReason::Reused => notice_text(address.sign_in_again),
            EnvelopeReason::Superseded => own.renewed_elsewhere.to_owned(),
            EnvelopeReason::NoCustomer => own.no_customer.to_owned(),
            EnvelopeReason::ProfileRefused(field, error) => profile(own, field, error),
            EnvelopeReason::InvalidDpopProof => own.not_this_browser.to_owned(),
            EnvelopeReason::PublicKeyUnknown
            | EnvelopeReason::OriginNotAllowed
            | EnvelopeReason::ClientAuthenticationRequired => own.not_set_up.to_owned(),
        }
    }

    /// A mistake that only the page's developer can correct; the customer can report it.
    fn mistake(&self, own: &RefusedWords) -> String {
        let (before, after) = own.mistake;
        match self.field {
            Some(field) => format!("{before} (\"{}\"){after}", one_line(field)),
            None => format!("{before}{after}"),
        }
    }
}

fn notice_text((title, text): NoticeText) -> String {
    sentences(title, text)
}

fn sentences(title: &str, text: &str) -> String {
    format!("{title}. {text}")
}

fn profile(own: &RefusedWords, field: ProfileField, error: ProfileError) -> String {
    let name = (own.field)(field);
    let colon = own.colon;
    match error {
        ProfileError::Empty => format!("{name}{colon}{}", own.empty),
        ProfileError::TooLong(most) => format!("{name}{colon}{}", (own.too_long)(most)),
        ProfileError::Control => format!("{name}{colon}{}", own.control),
        ProfileError::Phone => format!("{name}{colon}{}", own.phone),
        ProfileError::Url => format!("{name}{colon}{}", own.url),
    }
}
