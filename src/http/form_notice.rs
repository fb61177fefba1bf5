//! The notice on a page of the sign-in, carried in the page's query as a word and a number, so that a reload
//! shows it again and sends nothing.

use actix_web::http::StatusCode;

use super::error::Result;
use super::pages::{AddressNotice, CodeNotice};
use crate::flow::authorize::sign_in::SignInError;
use crate::flow::sign_in::code::CodeSendError;
use crate::flow::sign_in::prove::CodeProofError;
use crate::protocol::challenge::ChallengeEnd;
use crate::protocol::code::CodeForm;
use crate::protocol::parameters::Parameters;
use crate::protocol::time::seconds_up;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormNotice {
    /// The input is not an e-mail address.
    Address,
    /// The input cannot be a code.
    Malformed,
    /// The code was wrong; the number of attempts that are left.
    Wrong(u64),
    /// The code has expired.
    Expired,
    /// The code was used, or has no attempts left.
    Spent,
    /// The address now needs a code of eight characters.
    Retired,
    /// Another code was sent.
    Resent,
    /// Another code may be sent after these seconds.
    TooSoon(u64),
    /// Too many codes were requested; seconds to wait.
    TooMany(u64),
    /// Mail cannot be sent at present; seconds to wait.
    MailAway(u64),
    /// The mail relay cannot deliver to this address (no SMTPUTF8).
    Unwritable,
}

impl FormNotice {
    /// The notice for a refused step.
    ///
    /// # Errors
    /// [`ApiError`](crate::http::error::ApiError) for refusals that have a page of their own.
    pub fn of(error: SignInError) -> Result<Self> {
        Ok(match error {
            SignInError::Step(error) => return Err(error.into()),
            SignInError::Address(_) => Self::Address,
            SignInError::NotSent(error) => match error {
                CodeSendError::TooSoon(wait) => Self::TooSoon(seconds_up(wait)),
                CodeSendError::Limited(wait) | CodeSendError::Full(wait) => Self::TooMany(seconds_up(wait)),
                CodeSendError::Unwritable => Self::Unwritable,
                CodeSendError::Mail(away) => Self::MailAway(seconds_up(away.retry_after)),
                CodeSendError::Internal(fault) => return Err(fault.into()),
            },
            SignInError::NotProven(error) => match error {
                CodeProofError::CodeMalformed(_) | CodeProofError::ReferenceMalformed => Self::Malformed,
                CodeProofError::CodeWrong { left } => Self::Wrong(left.into()),
                CodeProofError::ChallengeExpired => Self::Expired,
                CodeProofError::ChallengeSpent => Self::Spent,
                CodeProofError::CodeRetired => Self::Retired,
                CodeProofError::Internal(fault) => return Err(fault.into()),
            },
        })
    }

    /// The notice of the code page: `said` is from the page's query, `ended` is the challenge's present
    /// state, which takes precedence when they differ, because the page may be reloaded later. `resend_in`
    /// are the seconds until another code may be sent.
    pub fn beside(
        said: Option<Self>,
        ended: Option<ChallengeEnd>,
        form: CodeForm,
        resend_in: u64,
    ) -> Option<Self> {
        let stands = ended.map(|ended| match ended {
            ChallengeEnd::Expired => Self::Expired,
            ChallengeEnd::Spent => Self::Spent,
            ChallengeEnd::Retired => Self::Retired,
        });
        match (said, stands) {
            // Says why no other code was sent.
            (Some(Self::TooSoon(_) | Self::TooMany(_) | Self::MailAway(_) | Self::Unwritable), Some(_)) => {
                said
            }
            (_, Some(stands)) => Some(stands),
            // Another code was sent for the challenge since then.
            (Some(Self::Spent), None) => None,
            (Some(Self::Retired), None) if form == CodeForm::Letters => None,
            (Some(Self::TooSoon(_)), None) => (resend_in > 0).then_some(Self::TooSoon(resend_in)),
            (said, None) => said,
        }
    }

    pub fn query(self) -> String {
        let (word, number) = self.encoded();
        number.map_or_else(|| format!("?notice={word}"), |number| format!("?notice={word}&number={number}"))
    }

    /// Parses the query that [`FormNotice::query`] wrote; `None` for any other.
    pub fn from_query(query: &str) -> Option<Self> {
        let parameters = Parameters::parse(query.as_bytes()).ok()?;
        let word = parameters.get("notice").ok()??;
        let number = parameters.get("number").ok()?.and_then(|number| number.parse().ok()).unwrap_or(0);
        let all = [
            Self::Address,
            Self::Malformed,
            Self::Wrong(number),
            Self::Expired,
            Self::Spent,
            Self::Retired,
            Self::Resent,
            Self::TooSoon(number),
            Self::TooMany(number),
            Self::MailAway(number),
            Self::Unwritable,
        ];
        all.into_iter().find(|one| one.encoded().0 == word)
    }

    const fn encoded(self) -> (&'static str, Option<u64>) {
        match self {
            Self::Address => ("address", None),
            Self::Malformed => ("malformed", None),
            Self::Wrong(left) => ("wrong", Some(left)),
            Self::Expired => ("expired", None),
            Self::Spent => ("spent", None),
            Self::Retired => ("retired", None),
            Self::Resent => ("resent", None),
            Self::TooSoon(seconds) => ("too_soon", Some(seconds)),
            Self::TooMany(seconds) => ("too_many", Some(seconds)),
            Self::MailAway(seconds) => ("mail_away", Some(seconds)),
            Self::Unwritable => ("unwritable", None),
        }
    }

    /// Status of a page that responds to the form directly.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::TooSoon(_) | Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::MailAway(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Resent => StatusCode::OK,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// Seconds to wait before another try.
    pub const fn wait(self) -> Option<u64> {
        match self {
            Self::TooSoon(seconds) | Self::TooMany(seconds) | Self::MailAway(seconds) => Some(seconds),
            _ => None,
        }
    }

    /// The notice on the page that asks for the address.
    pub const fn on_address(self) -> Option<AddressNotice> {
        match self {
            Self::Address => Some(AddressNotice::Malformed),
            Self::TooMany(seconds) | Self::TooSoon(seconds) => Some(AddressNotice::TooManyCodes { seconds }),
            Self::MailAway(seconds) => Some(AddressNotice::MailAway { seconds }),
            Self::Unwritable => Some(AddressNotice::Unwritable),
            _ => None,
        }
    }

    /// The notice on the page that asks for the code.
    pub fn on_code(self) -> Option<CodeNotice> {
        Some(match self {
            Self::Address => return None,
            Self::Malformed => CodeNotice::Malformed,
            Self::Wrong(left) => CodeNotice::Wrong { left: u32::try_from(left).unwrap_or(0) },
            Self::Expired => CodeNotice::Expired,
            Self::Spent => CodeNotice::Spent,
            Self::Retired => CodeNotice::Retired,
            Self::Resent => CodeNotice::Resent,
            Self::TooSoon(seconds) => CodeNotice::TooSoon { seconds },
            Self::TooMany(seconds) => CodeNotice::TooManyCodes { seconds },
            Self::MailAway(seconds) => CodeNotice::MailAway { seconds },
            Self::Unwritable => CodeNotice::Unwritable,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_that_was_written_is_read_back() {
        for trouble in
            [FormNotice::Wrong(3), FormNotice::Expired, FormNotice::Resent, FormNotice::TooMany(90)]
        {
            assert_eq!(FormNotice::from_query(trouble.query().trim_start_matches('?')), Some(trouble));
        }
        for query in ["", "notice=", "notice=<b>", "number=3", "notice=wrong&notice=spent"] {
            assert_eq!(FormNotice::from_query(query), None, "{query}");
        }
        assert_eq!(FormNotice::from_query("notice=wrong&number=many"), Some(FormNotice::Wrong(0)));
    }

    #[test]
    fn the_state_of_the_challenge_outweighs_an_earlier_notice() {
        let beside = |said, ended| FormNotice::beside(said, ended, CodeForm::Digits, 0);
        assert_eq!(beside(None, Some(ChallengeEnd::Expired)), Some(FormNotice::Expired));
        assert_eq!(beside(Some(FormNotice::Wrong(2)), Some(ChallengeEnd::Spent)), Some(FormNotice::Spent));
        assert_eq!(
            beside(Some(FormNotice::Malformed), Some(ChallengeEnd::Retired)),
            Some(FormNotice::Retired)
        );
        assert_eq!(beside(Some(FormNotice::Resent), Some(ChallengeEnd::Expired)), Some(FormNotice::Expired));
        for why in
            [FormNotice::TooSoon(1), FormNotice::TooMany(9), FormNotice::MailAway(5), FormNotice::Unwritable]
        {
            assert_eq!(beside(Some(why), Some(ChallengeEnd::Spent)), Some(why), "why there is no other code");
        }
        assert_eq!(beside(Some(FormNotice::Spent), None), None, "another code was sent since");
        assert_eq!(
            beside(Some(FormNotice::Retired), None),
            Some(FormNotice::Retired),
            "by another challenge"
        );
        assert_eq!(FormNotice::beside(Some(FormNotice::Retired), None, CodeForm::Letters, 0), None);
        assert_eq!(beside(Some(FormNotice::Wrong(2)), None), Some(FormNotice::Wrong(2)));
    }

    #[test]
    fn the_wait_in_a_notice_is_the_one_that_the_page_counts_down() {
        let beside = |wait| FormNotice::beside(Some(FormNotice::TooSoon(20)), None, CodeForm::Digits, wait);
        assert_eq!(beside(19), Some(FormNotice::TooSoon(19)), "a second went by since");
        assert_eq!(beside(0), None, "another may be sent now");
    }
}
