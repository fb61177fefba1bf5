//! Refusals of OAuth endpoints: `error` and `error_description` (RFC 6749 §5.2, RFC 6750 §3.1).

use serde::Serialize;

use super::error::ApiError;

#[derive(Serialize)]
struct ErrorBody<'a> {
    error: &'a str,
    error_description: String,
}

/// The body of a refusal.
pub fn body(error: &ApiError) -> Vec<u8> {
    let body =
        ErrorBody { error: error.reason.oauth_code(), error_description: description(&error.description()) };
    serde_json::to_vec(&body).unwrap_or_default()
}

/// RFC 6749 §5.2: printable ASCII without quotes and backslashes.
fn description(text: &str) -> String {
    let plain = |c: char| match c {
        '"' => '\'',
        '…' => ' ',
        ' '..='~' if c != '\\' => c,
        _ => '?',
    };
    text.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc6749_5_2_the_characters_of_a_description() {
        let error = ApiError::bad_request("The \"code\" is \\ wrong\u{e9}");
        assert_eq!(
            String::from_utf8(body(&error)).unwrap(),
            r#"{"error":"invalid_request","error_description":"The 'code' is ? wrong?"}"#
        );
    }
}
