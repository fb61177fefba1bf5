//! Why a request is refused, in the words of RFC 6750 §3.

use crate::protocol::scope::Scope;

/// Why a bearer token was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The request carries no bearer token. 401 without an error code (RFC 6750 §3.1).
    #[error("no access token was sent")]
    Missing,
    /// The request is malformed. 400 `invalid_request` (RFC 6750 §3.1).
    #[error("the Authorization header is malformed")]
    Malformed,
    /// The token is no good. 401 `invalid_token` (RFC 6750 §3.1).
    #[error("{0}")]
    Invalid(InvalidToken),
    /// The token does not hold what is asked for. 403 `insufficient_scope` (RFC 6750 §3.1).
    #[error("the access token lacks the scope {scope}")]
    InsufficientScope {
        /// What is needed.
        scope: Scope,
    },
    /// Not the token's fault: the issuer's keys could not be had. 503; the reason is for the log.
    #[error("the issuer's keys are not available: {0}")]
    KeysUnavailable(String),
}

/// What is wrong with a token. The words are for the developer of a client; they hold nothing of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// Longer than 8 KiB.
    #[error("the access token is too long")]
    TooLong,
    /// Not a compact JWS (RFC 7515 §7.1) with a JSON header and JSON claims.
    #[error("the access token is not a JWT")]
    NotAJwt,
    /// Header `alg` is not RS256 (RFC 8725 §3.1).
    #[error("the access token is not signed with RS256")]
    Algorithm,
    /// Header `typ` is neither `JWT` nor `at+jwt` (RFC 8725 §3.11, RFC 9068 §4).
    #[error("the token is of another type")]
    Type,
    /// Header `crit` names extensions; none is understood (RFC 7515 §4.1.11).
    #[error("the access token has critical header parameters")]
    Critical,
    /// Header `kid` is missing, or no key of the issuer has it.
    #[error("the access token is signed with an unknown key")]
    UnknownKey,
    /// The signature is not the key's.
    #[error("the access token's signature is wrong")]
    Signature,
    /// The claims are not those of an access token (RFC 9068 §2.2), but perhaps of an ID token or a logout token.
    #[error("the token is not an access token")]
    NotAnAccessToken,
    /// Claim `iss` is another (RFC 9068 §4).
    #[error("the access token is from another issuer")]
    Issuer,
    /// Claim `aud` does not name this resource server (RFC 9068 §4).
    #[error("the access token is for another audience")]
    Audience,
    /// `exp` has come (RFC 7519 §4.1.4).
    #[error("the access token has expired")]
    Expired,
    /// `nbf` has not come (RFC 7519 §4.1.5), or `iat` is ahead of the clock.
    #[error("the access token is not valid yet")]
    NotYetValid,
}

impl TokenError {
    /// The status of the response.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::Missing | Self::Invalid(_) => 401,
            Self::InsufficientScope { .. } => 403,
            Self::KeysUnavailable(_) => 503,
        }
    }

    /// The error code; none when the request carried no token, or when the fault is ours.
    #[must_use]
    pub const fn code(&self) -> Option<&'static str> {
        match self {
            Self::Malformed => Some("invalid_request"),
            Self::Invalid(_) => Some("invalid_token"),
            Self::InsufficientScope { .. } => Some("insufficient_scope"),
            Self::Missing | Self::KeysUnavailable(_) => None,
        }
    }

    /// The `WWW-Authenticate` header (RFC 6750 §3); none when the fault is ours. Nothing of the token is in it,
    /// and nothing in `realm` can end its quotes or the header.
    #[must_use]
    pub fn www_authenticate(&self, realm: &str) -> Option<String> {
        if matches!(self, Self::KeysUnavailable(_)) {
            return None;
        }
        let mut header = format!("Bearer realm=\"{}\"", quotable(realm));
        if let Some(code) = self.code() {
            let description = quotable(&self.to_string());
            header.extend([", error=\"", code, "\", error_description=\"", &description, "\""]);
        }
        if let Self::InsufficientScope { scope } = self {
            header.extend([", scope=\"", &quotable(&scope.to_string()), "\""]);
        }
        Some(header)
    }
}

impl From<InvalidToken> for TokenError {
    fn from(reason: InvalidToken) -> Self {
        Self::Invalid(reason)
    }
}

/// What may stand between quotes without an escape (RFC 6750 §3: `%x20-21 / %x23-5B / %x5D-7E`).
fn quotable(text: &str) -> String {
    text.chars()
        .filter(|character| matches!(character, ' '..='~') && !matches!(character, '"' | '\\'))
        .collect()
}
