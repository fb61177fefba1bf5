//! The one-time codes that are sent by e-mail: their forms, and how typed ones are read.

use serde::{Deserialize, Serialize};

use unicode_normalization::UnicodeNormalization as _;

use super::secret::Secret;
use super::typed_text::{decimal_digit, is_invisible, is_separator, trimmed};

/// Crockford's base 32: without I, L, O and U, so that people do not confuse the symbols.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const MILLION: u64 = 1_000_000;
/// The longest text in which a code is searched, in bytes: enough for a long subject line.
const LONGEST_TYPED: usize = 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeForm {
    Digits,
    /// Eight characters of 32, which is 40 bits: too many to guess.
    Letters,
}

impl CodeForm {
    /// The number of characters, `code_length` on the wire.
    pub const fn length(self) -> usize {
        match self {
            Self::Digits => 6,
            Self::Letters => 8,
        }
    }
}

/// A code in the normalized form in which it is compared.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(Secret<String>);

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Code(…)")
    }
}

impl Code {
    /// Makes a code from 64 random bits; `None` for the few values that would bias the code, after which the
    /// caller draws again.
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

    /// Reads what a person typed or pasted; `None` when it cannot be a code of this form.
    ///
    /// White space, invisible characters and punctuation between the groups of a code are dropped. Decimal
    /// digits of any script, small and full-width letters are accepted, and letters that look like digits are
    /// read as digits. In a longer text, such as a sentence or a subject line, the only part that has the
    /// form of a code is read.
    pub fn parse(form: CodeForm, typed: &str) -> Option<Self> {
        if typed.len() > LONGEST_TYPED {
            return None;
        }
        let visible = typed.nfkc().filter(|c| !is_invisible(*c));
        let plain = visible.map(|c| decimal_digit(c).unwrap_or(c)).collect::<String>();
        alone(form, &plain).or_else(|| amid(form, &plain)).map(|code| Self(Secret::new(code)))
    }

    pub const fn expose(&self) -> &String {
        self.0.expose()
    }
}

/// Reads a text that is nothing but a code, in any grouping.
fn alone(form: CodeForm, text: &str) -> Option<String> {
    let code =
        text.chars().filter(|c| !is_separator(*c)).map(|c| read(form, c)).collect::<Option<String>>()?;
    (code.len() == form.length()).then_some(code)
}

/// Finds the code in a longer text: the only run of digits, or of letters and digits, that is as long as a
/// code and uses its symbols. With two such runs the code is ambiguous and not read.
fn amid(form: CodeForm, text: &str) -> Option<String> {
    let run = |c: char| match form {
        CodeForm::Digits => c.is_ascii_digit(),
        CodeForm::Letters => c.is_alphanumeric(),
    };
    let symbol = |byte: u8| match form {
        CodeForm::Digits => byte.is_ascii_digit(),
        CodeForm::Letters => ALPHABET.contains(&byte),
    };
    let mut codes =
        text.split(|c| !run(c)).filter(|run| run.len() == form.length() && run.bytes().all(symbol));
    let code = codes.next()?;
    codes.next().is_none().then(|| code.to_owned())
}

fn read(form: CodeForm, c: char) -> Option<char> {
    match form {
        CodeForm::Digits => c.is_ascii_digit().then_some(c),
        CodeForm::Letters => match c.to_ascii_uppercase() {
            'O' => Some('0'),
            'I' | 'L' => Some('1'),
            upper => u8::try_from(upper).is_ok_and(|byte| ALPHABET.contains(&byte)).then_some(upper),
        },
    }
}

/// A short visible label of a code ("K7", a letter and a digit), so that a person can tell two mails apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reference(String);

impl Reference {
    /// Makes one of 184 references from random bits.
    pub fn from_random(random: u16) -> Self {
        const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRTUVWXYZ";
        const DIGITS: &[u8] = b"23456789";
        let pick = |set: &[u8], number: u16| {
            let index = usize::from(number).checked_rem(set.len()).unwrap_or_default();
            char::from(set.get(index).copied().unwrap_or(b'A'))
        };
        Self(String::from_iter([pick(LETTERS, random >> 3), pick(DIGITS, random & 7)]))
    }

    /// Reads a reference that a page sends back; `None` when its form is wrong.
    pub fn parse(text: &str) -> Option<Self> {
        let upper = trimmed(text).to_ascii_uppercase();
        let bytes = upper.as_bytes();
        let formed =
            matches!(bytes, [letter, digit] if letter.is_ascii_uppercase() && digit.is_ascii_digit());
        formed.then_some(Self(upper))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A code as stored: HMAC-SHA-256 under a server key over challenge, address and code.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct CodeDigest([u8; 32]);

impl CodeDigest {
    pub const fn new(mac: [u8; 32]) -> Self {
        Self(mac)
    }

    pub fn encode(&self) -> String {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Compares in constant time.
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
#[path = "code_tests.rs"]
mod tests;
