//! Whether an error is redirected to the client at once, or an end-user decides on a page first (RFC 9700
//! §4.11.2).

use crate::protocol::client::VouchedBy;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorDelivery {
    /// The browser is redirected.
    AtOnce,
    /// A page shows the error and has a link to the client.
    AfterPage,
}

/// The circumstances of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorOrigin {
    /// Who vouches for the client. Anyone can register a client with any redirect URI and provoke an error,
    /// so immediate redirects would make this server an open redirector.
    pub vouched_by: VouchedBy,
    /// Whether the request has `prompt=none` (OpenID Connect Core §3.1.2.1), which forbids pages.
    pub is_silent: bool,
    /// Whether the end-user caused the error with a form, for example by denying the request.
    pub is_of_person: bool,
}

impl ErrorOrigin {
    pub const fn delivery(self) -> ErrorDelivery {
        match self.vouched_by {
            VouchedBy::Operator | VouchedBy::InitialAccessToken => ErrorDelivery::AtOnce,
            VouchedBy::Nobody if self.is_silent || self.is_of_person => ErrorDelivery::AtOnce,
            VouchedBy::Nobody => ErrorDelivery::AfterPage,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc9700_4_11_2_only_errors_of_unvouched_clients_wait_for_the_end_user() {
        let delivery = |vouched_by, is_silent, is_of_person| {
            ErrorOrigin { vouched_by, is_silent, is_of_person }.delivery()
        };
        for (silent, acted) in [(false, false), (false, true), (true, false), (true, true)] {
            for vouched_by in [VouchedBy::Operator, VouchedBy::InitialAccessToken] {
                assert_eq!(delivery(vouched_by, silent, acted), ErrorDelivery::AtOnce);
            }
            let page = !silent && !acted;
            let expected = if page { ErrorDelivery::AfterPage } else { ErrorDelivery::AtOnce };
            assert_eq!(delivery(VouchedBy::Nobody, silent, acted), expected, "{silent} {acted}");
        }
    }
}
