//! The codes that are sent by e-mail: their form, and how a person may type them.

use serde::{Deserialize, Serialize};

use super::secret::Secret;

/// Crockford's base 32: no I, L, O or U, so 32 symbols that people tell apart.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const MILLION: u64 = 1_000_000;

/// The form of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeForm {
    /// Six digits.
    Digits,
    /// Eight characters of 32, which is 40 bits: guessing is hopeless.
    Letters,
}

impl CodeForm {
    /// How many characters it has, `code_length` on the wire.
    #[must_use]
    pub const fn length(self) -> usize {
        match self {
            Self::Digits => 6,
            Self::Letters => 8,
        }
    }
}

/// A code in the form in which it is compared.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(Secret<String>);

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Code(…)")
    }
}

impl Code {
    /// Makes a code from 64 random bits; `None` for the few values that would make it uneven, when the
    /// caller draws again.
    #[must_use]
    pub fn from_random(form: CodeForm, random: u64) -> Option<Self> {
        let text = match form {
            CodeForm::Digits => {
                let even = random < u64::MAX - u64::MAX % MILLION;
                even.then(|| format!("{:06}", random % MILLION))?
            }
            CodeForm::Letters => {
                let symbol = |shift: u32| {
                    let index = usize::try_from((random >> shift) & 31).unwrap_or_default();
                    ALPHABET.get(index).copied().map(char::from)
                };
                (0..8).map(|place: u32| symbol(place.saturating_mul(5))).collect::<Option<String>>()?
            }
        };
        Some(Self(Secret::new(text)))
    }

    /// Reads what a person typed or pasted: white space and dashes are dropped, full-width digits and small
    /// letters are taken, and letters that look like digits are read as those. `None` when it cannot be
    /// a code of this form.
    #[must_use]
    pub fn parse(form: CodeForm, typed: &str) -> Option<Self> {
        if typed.len() > 128 {
            return None;
        }
        let code =
            typed.chars().filter(|c| !is_separator(*c)).map(|c| read(form, c)).collect::<Option<String>>()?;
        (code.len() == form.length()).then_some(Self(Secret::new(code)))
    }

    /// Its characters.
    #[must_use]
    pub const fn expose(&self) -> &String {
        self.0.expose()
    }
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{200b}'..='\u{200d}' | '\u{feff}')
}

fn read(form: CodeForm, c: char) -> Option<char> {
    let ascii = match c {
        '\u{ff10}'..='\u{ff5a}' => char::from_u32(u32::from(c).wrapping_sub(0xfee0))?,
        _ => c,
    };
    match form {
        CodeForm::Digits => ascii.is_ascii_digit().then_some(ascii),
        CodeForm::Letters => match ascii.to_ascii_uppercase() {
            'O' => Some('0'),
            'I' | 'L' => Some('1'),
            upper => u8::try_from(upper).is_ok_and(|byte| ALPHABET.contains(&byte)).then_some(upper),
        },
    }
}

/// A short visible name of a code ("K7"), so that a person can tell two mails apart: a letter and a digit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reference(String);

impl Reference {
    /// Makes one from random bits; 184 different ones.
    #[must_use]
    pub fn from_random(random: u16) -> Self {
        const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRTUVWXYZ";
        const DIGITS: &[u8] = b"23456789";
        let pick = |set: &[u8], number: u16| {
            let index = usize::from(number).checked_rem(set.len()).unwrap_or_default();
            char::from(set.get(index).copied().unwrap_or(b'A'))
        };
        Self(String::from_iter([pick(LETTERS, random >> 3), pick(DIGITS, random & 7)]))
    }

    /// Reads a reference that a page sends back; `None` when it cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let upper = text.trim().to_ascii_uppercase();
        let bytes = upper.as_bytes();
        let formed =
            matches!(bytes, [letter, digit] if letter.is_ascii_uppercase() && digit.is_ascii_digit());
        formed.then_some(Self(upper))
    }

    /// Its two characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A code at rest: HMAC-SHA-256 under a server key over challenge, address and code.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct CodeDigest([u8; 32]);

impl CodeDigest {
    /// Wraps a MAC.
    #[must_use]
    pub const fn new(mac: [u8; 32]) -> Self {
        Self(mac)
    }

    /// base64url without padding.
    #[must_use]
    pub fn encode(&self) -> String {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Compares in constant time.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(&self.0, &other.0).is_ok()
    }
}

impl std::fmt::Debug for CodeDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CodeDigest(…)")
    }
}

impl From<CodeDigest> for String {
    fn from(digest: CodeDigest) -> Self {
        digest.encode()
    }
}

impl TryFrom<String> for CodeDigest {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        use base64::Engine as _;
        let bytes =
            base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).map_err(|_| "not base64url")?;
        bytes.try_into().map(Self).map_err(|_| "not 32 bytes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_may_type_a_code_as_they_like() {
        for typed in ["123456", " 123 456 ", "123-456", "１２３４５６", "1 2 3 4 5 6\u{a0}"] {
            assert_eq!(Code::parse(CodeForm::Digits, typed).unwrap().expose(), "123456", "{typed}");
        }
        for typed in ["a0k1-9zqx", "AOKL 9ZQX", "aoki9zqx"] {
            assert_eq!(Code::parse(CodeForm::Letters, typed).unwrap().expose(), "A0K19ZQX", "{typed}");
        }
    }

    #[test]
    fn what_cannot_be_a_code_is_told_from_a_wrong_one() {
        for typed in ["", "12345", "1234567", "12345a", "１２３４５", "12345\u{660}"] {
            assert!(Code::parse(CodeForm::Digits, typed).is_none(), "{typed}");
        }
        assert!(Code::parse(CodeForm::Letters, "ABCDEFGU").is_none());
        assert!(Code::parse(CodeForm::Digits, &"1".repeat(9000)).is_none());
    }

    #[test]
    fn codes_are_uniform_and_read_back() {
        assert_eq!(Code::from_random(CodeForm::Digits, 7).unwrap().expose(), "000007");
        assert!(Code::from_random(CodeForm::Digits, u64::MAX).is_none());
        let letters = Code::from_random(CodeForm::Letters, 0x00ff_1234_5678_9abc).unwrap();
        assert_eq!(Code::parse(CodeForm::Letters, letters.expose()), Some(letters));
    }

    #[test]
    fn references_are_short_and_read_back() {
        for random in [0, 7, 8, 500, u16::MAX] {
            let reference = Reference::from_random(random);
            assert_eq!(Reference::parse(reference.as_str()), Some(reference));
        }
        assert_eq!(Reference::parse("k7").unwrap().as_str(), "K7");
        assert!(Reference::parse("K77").is_none());
        assert!(Reference::parse("é").is_none());
    }
}
