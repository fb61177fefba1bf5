//! The tables of the documents.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;

pub(crate) const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const ERRORS: &str = "docs/errors.md";

/// The sections of docs/errors.md.
pub(crate) const ENVELOPE: &str = "Reasons of the envelope";
pub(crate) const PAGES: &str = "Reasons of pages";
pub(crate) const OF_OAUTH: &str = "Reasons of OAuth endpoints";
pub(crate) const CODES: &str = "OAuth error codes for programs";
pub(crate) const REDIRECTED: &str = "OAuth error codes at the redirect URI";
pub(crate) const AUDIT: &str = "Audit events";

/// A word with a status.
pub(crate) type Pair = (String, u16);

/// A file of the repository.
pub(crate) fn read(path: impl AsRef<Path>) -> String {
    let path = Path::new(ROOT).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The rows of a section's table, by cells, without the head. No cell is empty.
pub(crate) fn rows(document: &str, section: &str) -> Vec<Vec<String>> {
    let parts = document.split("\n## ");
    let part = parts.into_iter().find(|part| part.lines().next() == Some(section));
    let part = part.unwrap_or_else(|| panic!("there is no section {section}"));
    let rows = part.lines().filter(|line| line.starts_with("| ")).skip(2);
    let cells = |row: &str| -> Vec<_> {
        row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    let rows: Vec<_> = rows.map(cells).collect();
    assert!(!rows.is_empty(), "{section} has no rows");
    for row in &rows {
        assert!(row.len() == rows[0].len() && row.iter().all(|cell| !cell.is_empty()), "{row:?}");
    }
    rows
}

/// The rows of a section of docs/errors.md; the first cell is a word, and no word comes twice.
pub(crate) fn error_rows(section: &str) -> Vec<Vec<String>> {
    let mut rows = rows(&read(ERRORS), section);
    let mut seen = BTreeSet::new();
    for row in &mut rows {
        row[0] = row[0].trim_matches('`').to_owned();
        assert!(seen.insert(row[0].clone()), "{section} has {} twice", row[0]);
    }
    rows
}

/// The words of a section.
pub(crate) fn words(section: &str) -> BTreeSet<String> {
    error_rows(section).into_iter().map(|mut row| row.remove(0)).collect()
}

/// The words of a section with each of their statuses.
pub(crate) fn pairs(section: &str) -> BTreeSet<Pair> {
    let rows = error_rows(section);
    let pairs = rows
        .iter()
        .flat_map(|row| row[1].split(", ").map(|status| (row[0].clone(), status.parse().expect("a status"))));
    pairs.collect()
}

/// Fails when a server answered what docs/errors.md does not say.
pub(crate) fn assert_documented(word: &str, status: u16, in_envelope: bool) {
    static PAIRS: OnceLock<[BTreeSet<Pair>; 2]> = OnceLock::new();
    let [codes, envelope] = PAIRS.get_or_init(|| [pairs(CODES), pairs(ENVELOPE)]);
    let known = if in_envelope { envelope } else { codes };
    assert!(known.contains(&(word.to_owned(), status)), "{ERRORS} does not have {word} with {status}");
}
