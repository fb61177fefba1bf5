//! The hidden field of our forms: what proves where the form was sent from and, while the request that it is about is not
//! stored, the request itself, sealed.

/// The length of a token: base64url of the number of a key and a MAC.
const TOKEN_LENGTH: usize = 44;

/// The two parts of the field. Both are base64url, so that a dot parts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormField<'a> {
    /// Proves that the form is of this page, in this browser.
    pub token: &'a str,
    /// The request, while it is not stored.
    pub sealed: Option<&'a str>,
}

impl<'a> FormField<'a> {
    /// Reads a field; what it says is judged elsewhere.
    #[must_use]
    pub fn parse(text: &'a str) -> Self {
        match text.split_once('.') {
            Some((token, sealed)) => Self { token, sealed: Some(sealed) },
            None => Self { token: text, sealed: None },
        }
    }

    /// Whether it can prove anything at all: what carries no request has at least a token as long as ours are.
    #[must_use]
    pub const fn is_formed(self) -> bool {
        self.sealed.is_some() || self.token.len() == TOKEN_LENGTH
    }

    /// The field's value.
    #[must_use]
    pub fn encode(self) -> String {
        self.sealed.map_or_else(|| self.token.to_owned(), |sealed| [self.token, ".", sealed].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_parses_back() {
        for field in [
            FormField { token: "t", sealed: None },
            FormField { token: "t", sealed: Some("s") },
            FormField { token: "", sealed: Some("s") },
        ] {
            assert_eq!(FormField::parse(&field.encode()), field);
        }
        assert_eq!(FormField::parse(""), FormField { token: "", sealed: None });
    }
}
