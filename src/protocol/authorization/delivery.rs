//! Whether an error goes to the client at once, or a person decides about it first (RFC 9700 §4.11.2).

use crate::protocol::client::VouchedBy;

/// How an error gets to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorDelivery {
    /// The browser takes it there by itself.
    AtOnce,
    /// A page tells the person, and has a way on.
    AfterPage,
}

/// Where an error comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorOrigin {
    /// Who answers for the client: one that anybody can register can have any redirect URI, and an error is had for the
    /// asking, so that a link to us would lead wherever its maker likes.
    pub vouched_by: VouchedBy,
    /// Whether the request says `prompt=none` (OpenID Connect Core §3.1.2.1): then no page may be shown.
    pub is_silent: bool,
    /// Whether a person's own form led to it, who knows what they refused.
    pub is_of_person: bool,
}

impl ErrorOrigin {
    /// Decides.
    #[must_use]
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
    fn rfc9700_4_11_2_only_a_client_of_nobodys_waits_for_a_person() {
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
