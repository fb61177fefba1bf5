//! The names of types. A type is a noun that one can look up in a specification or in `ARCHITECTURE.md`.

use std::fmt::Write as _;

use proc_macro2::{TokenStream, TokenTree};

/// Single words that say nothing without the file that they are in.
const VAGUE: &[&str] = &[
    "About",
    "Any",
    "Answer",
    "Around",
    "Ask",
    "Attempt",
    "Before",
    "By",
    "Call",
    "Claim",
    "Count",
    "Counts",
    "Current",
    "Data",
    "Entry",
    "Extras",
    "Failure",
    "Fit",
    "Form",
    "Handle",
    "Head",
    "Hold",
    "Info",
    "Inner",
    "Item",
    "Keep",
    "Kept",
    "Kind",
    "Known",
    "Line",
    "Lines",
    "List",
    "Look",
    "Map",
    "Mark",
    "Mend",
    "Names",
    "Needs",
    "Next",
    "Once",
    "Outcome",
    "Part",
    "Particulars",
    "Parts",
    "Party",
    "Place",
    "Places",
    "Reason",
    "Refusal",
    "Reply",
    "Result",
    "Row",
    "Rules",
    "Said",
    "Seen",
    "Sent",
    "Shared",
    "Shown",
    "State",
    "Status",
    "Step",
    "Target",
    "Text",
    "Thing",
    "Told",
    "Trouble",
    "Value",
    "View",
    "Voice",
    "Way",
    "Which",
    "With",
    "Wrong",
    "Written",
];

/// Words that end as a participle does, and are nouns.
const NOUNS: &[&str] = &["Booking", "Keyring", "Logging", "Seed", "Setting", "String"];

/// Types that keep their name because it is the name of a schema in the OpenAPI document.
const KEPT: &[(&str, &str)] =
    &[("src/http/openapi/answers.rs", "Failure"), ("src/http/openapi/answers.rs", "Status")];

/// Whether a name of one word is a pronoun, a participle or too general a noun.
fn is_vague(name: &str) -> bool {
    let is_one_word = name.chars().skip(1).all(|c| !c.is_uppercase());
    let is_participle = ["ed", "ing"].iter().any(|end| name.ends_with(end)) && !NOUNS.contains(&name);
    is_one_word && (VAGUE.contains(&name) || is_participle) || is_clause(name)
}

/// Names that are half a sentence: `ForeignBecause`, `IfDecided`, `NotSent`.
fn is_clause(name: &str) -> bool {
    ["If", "Not", "Of", "On", "At", "By"]
        .iter()
        .any(|word| name.strip_prefix(word).is_some_and(|rest| rest.starts_with(|c: char| c.is_uppercase())))
        || name.ends_with("Because")
}

/// The types that a file declares outside of functions and tests, with their lines.
fn types(tokens: TokenStream, found: &mut Vec<(String, usize)>) {
    let tokens = tokens.into_iter().collect::<Vec<_>>();
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        if let TokenTree::Ident(word) = token {
            let word = word.to_string();
            match tokens.get(index + 1) {
                Some(TokenTree::Ident(name))
                    if ["struct", "enum", "trait", "union"].contains(&word.as_str()) =>
                {
                    found.push((name.to_string(), name.span().start().line));
                }
                Some(TokenTree::Ident(_)) if word == "mod" => {
                    let is_tests = matches!(&tokens[index + 1], TokenTree::Ident(name) if name == "tests");
                    if let (false, Some(TokenTree::Group(body))) = (is_tests, tokens.get(index + 2)) {
                        types(body.stream(), found);
                    }
                }
                _ => {}
            }
        }
        index += 1;
    }
}

/// The vague names of a file, one on a line with its place.
pub(super) fn vague_names(file: &str, text: &str) -> String {
    let mut found = Vec::new();
    types(text.parse().unwrap_or_else(|error| panic!("{file}: {error}")), &mut found);
    let mut lines = String::new();
    for (name, line) in found {
        if is_vague(&name) && !KEPT.contains(&(file, name.as_str())) {
            writeln!(lines, "  {file}:{line}: {name}").unwrap();
        }
    }
    lines
}

#[test]
fn a_name_that_says_nothing_by_itself_is_told_from_a_noun() {
    for name in
        ["Told", "Around", "Kept", "Sent", "With", "Row", "ForeignBecause", "NotSent", "IfDecided", "Pending"]
    {
        assert!(is_vague(name), "{name}");
    }
    for name in [
        "Grant",
        "Keyring",
        "FetchRequest",
        "SentCode",
        "SsoSessionRow",
        "NoFetcher",
        "IndexKey",
        "AtomicCount",
    ] {
        assert!(!is_vague(name), "{name}");
    }
    let text = "struct Told; enum FormNotice { Told } fn f() { struct Row; } mod tests { struct Kept; }";
    assert_eq!(vague_names("src/a.rs", text), "  src/a.rs:1: Told\n");
}
