//! Translates errors of serde and of the TOML parser into messages for people: what was found, and what to
//! write instead. Never repeats a value that may be a secret, nor the original message.

use std::io;

/// Why an entry is refused, and how to correct it.
pub(super) struct EntryRefusal {
    pub(super) message: String,
    pub(super) remedy: String,
    /// For an unknown key, the known key that was probably meant.
    pub(super) meant: Option<String>,
}

impl EntryRefusal {
    pub(super) fn new(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { message: message.into(), remedy: remedy.into(), meant: None }
    }

    /// An unknown key; `known` are the keys of its section.
    pub(super) fn unknown_key(key: &str, known: &[&str]) -> Self {
        let meant = closest(key, known);
        let remedy = match (meant, known) {
            (Some(meant), _) => format!("Did you mean {meant}?"),
            (None, []) => "See config/default.toml for all of them".to_owned(),
            (None, known) => format!("Known here: {}", known.join(", ")),
        };
        Self { meant: meant.map(str::to_owned), ..Self::new("there is no such setting", remedy) }
    }

    pub(super) fn of_value(message: &str) -> Self {
        if let Some(rest) = message.strip_prefix("unknown field ") {
            let names = quoted(rest);
            return match names.split_first() {
                Some((key, known)) => Self::unknown_key(key, known),
                None => Self::unknown_key("", &[]),
            };
        }
        if let Some(rest) = message.strip_prefix("unknown variant ") {
            let names = quoted(rest);
            let (word, known) = names.split_first().map_or(("", &[][..]), |(word, known)| (*word, known));
            let (message, remedy) = unknown_word(word, known);
            return Self::new(message, remedy);
        }
        let of_type =
            message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "));
        if let Some((found, expected)) = of_type.and_then(|rest| rest.rsplit_once(", expected ")) {
            let expected = kind_expected(expected);
            let message = format!("{} stands where {expected} belongs", kind_found(found));
            return Self::new(message, format!("Write {expected}"));
        }
        if message.contains("overflowed") {
            return Self::new("the number is too large", "Write a smaller one");
        }
        Self::new("this cannot be read", "config/default.toml shows what to write here")
    }
}

/// The message for a word outside a closed set, and how to correct it.
pub(super) fn unknown_word(word: &str, known: &[&str]) -> (String, String) {
    let remedy = match closest(word, known) {
        Some(meant) => format!("Did you mean \"{meant}\"? Known here: {}", known.join(", ")),
        None => format!("Known here: {}", known.join(", ")),
    };
    (format!("\"{word}\" is not known"), remedy)
}

/// The known word that was probably meant: at most two letters differ or are swapped, in a short word at most
/// one.
pub(super) fn closest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain = |text: &str| text.to_ascii_lowercase().replace('-', "_");
    let word = plain(word);
    let near = known.iter().filter_map(|one| {
        let differs = strsim::osa_distance(&word, &plain(one));
        (differs <= one.chars().count().div_ceil(3).min(2)).then_some((differs, *one))
    });
    near.min_by_key(|(differs, _)| *differs).map(|(_, one)| one)
}

/// The texts between backticks, in which serde quotes names.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The kind of a value in serde's message, without the value.
fn kind_found(found: &str) -> &'static str {
    let kind = found.split(['"', '`']).next().unwrap_or_default().trim();
    match kind {
        "string" => "text",
        "integer" if found.contains("`-") => "a number below 0",
        "integer" => "a whole number",
        "floating point" => "a number with a point",
        "boolean" => "true or false",
        "sequence" => "a list",
        "map" => "a section",
        _ => "something else",
    }
}

fn kind_expected(expected: &str) -> &'static str {
    match expected {
        "u64" => "a whole number, 0 or more",
        "i64" => "a whole number",
        "a boolean" => "true or false",
        "a sequence" => "a list in brackets",
        "a string" => "text in quotes",
        "a name or a list of names" => "text in quotes, or a list of such,",
        section if section.starts_with("struct ") => "a section",
        _ => "another value",
    }
}

pub(super) fn of_file(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "the user of this process may not read it".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        io::ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
        // Errors of a disk or network, which no change of the configuration could correct.
        _ => error.to_string(),
    }
}

/// Translates a syntax error of the TOML parser: what is wrong, and how to correct it.
pub(super) fn of_syntax(message: &str) -> (&'static str, &'static str) {
    /// Substrings of parser messages with their meaning and correction. The first that matches counts.
    const MEANINGS: [(&[&str], &str, &str); 13] = [
        (
            &["string values must be quoted"],
            "the value is no text in quotes, no number, and neither true nor false",
            "Write text in quotes: key = \"text\"",
        ),
        (
            &["escape", "unicode value"],
            "a backslash stands before what it cannot stand before",
            "Write \\\\ for one backslash, or the text in single quotes",
        ),
        (&["string"], "a text does not end", "Write a quote at its end, the same as at its beginning"),
        (
            &["unclosed table", "unclosed array table", "table open", "invalid table"],
            "the name of a section does not end",
            "Write [section], or [[section]] for one that repeats; its keys are judged after that",
        ),
        (
            &["duplicate key", "cannot extend"],
            "this was set before in the file",
            "Keep one of the two; sections that repeat have double brackets, [[clients]]",
        ),
        (
            &["inline table", "key-value pairs"],
            "a section in braces is incomplete",
            "Write { key = value, other = value }",
        ),
        (&["array"], "a list is incomplete", "Write its entries with commas in brackets: [\"one\", \"two\"]"),
        (&["key with no value", "missing value"], "a key has no value", "Write key = value"),
        (
            &["unexpected key or value", "unexpected content"],
            "there is text after the end of the value or section",
            "Write one key = value a line, without a comma behind it",
        ),
        (&["boolean"], "the value is neither true nor false", "Write true or false"),
        (
            &["key"],
            "there is no valid key here",
            "Write key = value, of letters, digits and underscores; a comment begins with #",
        ),
        (
            &["zero", "`_`", "number", "exponent", "radix", "sign", "float", "integer"],
            "the number is not written as numbers are",
            "Write digits alone, such as 3600, or text in quotes",
        ),
        (&["date", "time"], "the value looks like a date and is none", "Write text in quotes"),
    ];
    let fits = |(parts, _, _): &&(&[&str], _, _)| parts.iter().any(|part| message.contains(part));
    MEANINGS.iter().find(fits).map_or(
        ("this line cannot be read", "Write key = value, [section], or a comment that begins with #"),
        |(_, meaning, remedy)| (meaning, remedy),
    )
}

#[cfg(test)]
mod tests;
