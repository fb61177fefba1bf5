//! What a customer is told when the browser SDK's paths or the Client API refuse something: the words of the pages, as
//! sentences that a page of somebody else can show as they are.

use super::text::one_line;
use super::words::{NoticeText, PageWords, RefusedWords};
use crate::http::error::{AddressFault, ErrorReason};
use crate::protocol::address::AddressError;
use crate::protocol::locale::Locale;
use crate::protocol::profile::{ProfileError, ProfileField};

#[derive(Debug, Clone, Copy)]
pub struct RefusalPage<'a> {
    /// Why.
    pub reason: ErrorReason,
    /// How many seconds to wait before trying again.
    pub wait: u64,
    /// The field or parameter that was refused.
    pub field: Option<&'a str>,
}

impl RefusalPage<'_> {
    /// The sentence for the customer.
    #[must_use]
    pub fn sentence(&self, locale: Locale) -> String {
        let (words, own) = (PageWords::of(locale), RefusedWords::of(locale));
        let (address, code) = (&words.address, &words.code);
        let wait = || words.plain_span(self.wait);
        match self.reason {
            ErrorReason::EmailInvalid(fault) => match fault {
                AddressFault::Judged(AddressError::TooLong) => own.address_too_long.to_owned(),
                AddressFault::Judged(AddressError::Malformed) => said(address.malformed),
                AddressFault::Unwritable => said(address.unwritable),
            },
            ErrorReason::CodeMalformed(form) => said((code.malformed.0, code.malformed.1.of(form))),
            ErrorReason::CodeWrong { left } => sentences(code.wrong.0, &(code.left)(left)),
            ErrorReason::CodeRetired => said(code.retired),
            ErrorReason::ChallengeExpired => said(code.expired),
            ErrorReason::ChallengeSpent => said(code.spent),
            ErrorReason::ResendTooSoon => sentences(code.too_soon.0, &(code.too_soon.1)(&wait())),
            ErrorReason::SendLimit => sentences(address.too_many.0, &(address.too_many.1)(&wait())),
            ErrorReason::MailUnavailable => sentences(address.mail_away.0, &(address.mail_away.1)(&wait())),
            ErrorReason::RateLimited => (own.too_many)(&wait()),
            ErrorReason::Invalid
            | ErrorReason::Expired
            | ErrorReason::Revoked
            | ErrorReason::Reused
            | ErrorReason::TokenInvalid => said(address.sign_in_again),
            ErrorReason::TokenMissing => own.sign_in.to_owned(),
            ErrorReason::Superseded => own.renewed_elsewhere.to_owned(),
            ErrorReason::NoCustomer => own.no_customer.to_owned(),
            ErrorReason::ProfileRefused(field, error) => profile(own, field, error),
            ErrorReason::BodyTooSlow => own.too_slow.to_owned(),
            ErrorReason::NotFound => own.not_found.to_owned(),
            ErrorReason::InsufficientScope => own.not_allowed.to_owned(),
            ErrorReason::InvalidDpopProof => own.not_this_browser.to_owned(),
            ErrorReason::ServerError | ErrorReason::Unavailable => said(address.unavailable),
            ErrorReason::PublicKeyUnknown
            | ErrorReason::OriginNotAllowed
            | ErrorReason::MisdirectedRequest
            | ErrorReason::ClientAuthenticationRequired => own.not_set_up.to_owned(),
            _ => self.mistake(own),
        }
    }

    /// Whoever made the page has to mend it; the customer can only tell them what.
    fn mistake(&self, own: &RefusedWords) -> String {
        let (before, after) = own.mistake;
        match self.field {
            Some(field) => format!("{before} (\"{}\"){after}", one_line(field)),
            None => format!("{before}{after}"),
        }
    }
}

fn said((title, text): NoticeText) -> String {
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
