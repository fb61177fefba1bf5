//! The hidden field of our forms: a token that proves where the form was sent from and, while its request is
//! not stored, the sealed request.

/// Length of a token: base64url of a key id and a MAC.
const TOKEN_LENGTH: usize = 44;

/// The field's two parts, separated by a dot, which base64url does not contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormField<'a> {
    /// Proves that the form comes from this page in this browser.
    pub token: &'a str,
    /// The sealed request, when it is not stored.
    pub sealed: Option<&'a str>,
}

impl<'a> FormField<'a> {
    /// Splits a field. Neither part is verified here.
    pub fn parse(text: &'a str) -> Self {
        match text.split_once('.') {
            Some((token, sealed)) => Self { token, sealed: Some(sealed) },
            None => Self { token: text, sealed: None },
        }
    }

    /// Whether the field can be valid at all: without a request its token must have the right length.
    pub const fn is_formed(self) -> bool {
        self.sealed.is_some() || self.token.len() == TOKEN_LENGTH
    }

    pub fn encode(self) -> String {
        self.sealed.map_or_else(|| self.token.to_owned(), |sealed| [self.token, ".", sealed].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoded_field_parses_back() {
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
