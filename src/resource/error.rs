//! Why a request with a bearer token is refused, with the error codes of RFC 6750 §3.

use crate::protocol::scope::Scope;

/// Why a bearer token was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The request has no bearer token: 401 without an error code (RFC 6750 §3.1).
    #[error("no access token was sent")]
    Missing,
    /// The request is malformed: 400 `invalid_request` (RFC 6750 §3.1).
    #[error("the Authorization header is malformed")]
    Malformed,
    /// The token is invalid: 401 `invalid_token` (RFC 6750 §3.1).
    #[error("{0}")]
    Invalid(InvalidToken),
    /// The token lacks a required scope: 403 `insufficient_scope` (RFC 6750 §3.1).
    #[error("the access token lacks the scope {scope}")]
    InsufficientScope {
        /// The required scope.
        scope: Scope,
    },
    /// The issuer's keys could not be fetched, which is not the token's fault: 503. The text is for the log.
    #[error("the issuer's keys are not available: {0}")]
    KeysUnavailable(String),
}

/// What is wrong with a token. The texts are for the developer of a client and contain nothing of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// The token is longer than 8 KiB.
    #[error("the access token is too long")]
    TooLong,
    /// The token is not a compact JWS (RFC 7515 §7.1) with a JSON header and JSON claims.
    #[error("the access token is not a JWT")]
    NotAJwt,
    /// The header `alg` is not RS256 (RFC 8725 §3.1).
    #[error("the access token is not signed with RS256")]
    Algorithm,
    /// The header `typ` is neither `JWT` nor `at+jwt` (RFC 8725 §3.11, RFC 9068 §4).
    #[error("the token is of another type")]
    Type,
    /// The header `crit` names extensions, none of which is supported (RFC 7515 §4.1.11).
    #[error("the access token has critical header parameters")]
    Critical,
    /// The header `kid` is missing, or is not the id of a key of the issuer.
    #[error("the access token is signed with an unknown key")]
    UnknownKey,
    /// The signature does not verify with the key.
    #[error("the access token's signature is wrong")]
    Signature,
    /// The claims are not those of an access token (RFC 9068 §2.2). It may be an ID token or a logout token.
    #[error("the token is not an access token")]
    NotAnAccessToken,
    /// The claim `iss` names another issuer (RFC 9068 §4).
    #[error("the access token is from another issuer")]
    Issuer,
    /// The claim `aud` does not name this resource server (RFC 9068 §4).
    #[error("the access token is for another audience")]
    Audience,
    /// The time `exp` has passed (RFC 7519 §4.1.4).
    #[error("the access token has expired")]
    Expired,
    /// The time `nbf` has not come (RFC 7519 §4.1.5), or `iat` is in the future.
    #[error("the access token is not valid yet")]
    NotYetValid,
}

impl TokenError {
    /// The HTTP status of the response.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::Missing | Self::Invalid(_) => 401,
            Self::InsufficientScope { .. } => 403,
            Self::KeysUnavailable(_) => 503,
        }
    }

    /// The error code; `None` when the request has no token, or when the keys are unavailable.
    pub const fn code(&self) -> Option<&'static str> {
        match self {
            Self::Malformed => Some("invalid_request"),
            Self::Invalid(_) => Some("invalid_token"),
            Self::InsufficientScope { .. } => Some("insufficient_scope"),
            Self::Missing | Self::KeysUnavailable(_) => None,
        }
    }

    /// The `WWW-Authenticate` header (RFC 6750 §3); `None` when the keys are unavailable. It contains nothing
    /// of the token, and characters of `realm` that would end the quoted string or the header are removed.
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

/// The characters that may stand in a quoted string without an escape (RFC 6750 §3: `%x20-21 / %x23-5B /
/// %x5D-7E`).
fn quotable(text: &str) -> String {
    text.chars()
        .filter(|character| matches!(character, ' '..='~') && !matches!(character, '"' | '\\'))
        .collect()
}
