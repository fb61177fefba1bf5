//! The `Authorization` header of a request with a bearer token.

use super::error::TokenError;

/// Reads the token from the bytes of an `Authorization` header (RFC 6750 §2.1).
///
/// # Errors
/// [`TokenError::Missing`] without a header or with another scheme; [`TokenError::Malformed`] when the scheme
/// is not followed by exactly one `b64token`.
pub fn bearer(authorization: Option<&[u8]>) -> Result<&str, TokenError> {
    let header = authorization.ok_or(TokenError::Missing)?.trim_ascii();
    let end = header.iter().position(|byte| *byte == b' ').unwrap_or(header.len());
    let (scheme, rest) = header.split_at_checked(end).ok_or(TokenError::Malformed)?;
    // Authentication schemes are compared without regard to case (RFC 9110 §11.1).
    if !scheme.eq_ignore_ascii_case(b"Bearer") {
        return Err(TokenError::Missing);
    }
    let token = rest.trim_ascii_start();
    if is_b64token(token) {
        std::str::from_utf8(token).map_err(|_| TokenError::Malformed)
    } else {
        Err(TokenError::Malformed)
    }
}

/// The syntax is `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="` (RFC 6750 §2.1).
fn is_b64token(token: &[u8]) -> bool {
    let padding = token.iter().rev().take_while(|byte| **byte == b'=').count();
    let body = token.get(..token.len().saturating_sub(padding)).unwrap_or_default();
    let allowed =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/');
    !body.is_empty() && body.iter().all(allowed)
}
