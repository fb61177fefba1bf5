//! ARCHITECTURE.md names only files and types that there are.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::support::tables::{ROOT, read};

/// What stands between backticks.
fn quoted(text: &str) -> Vec<&str> {
    let outside_blocks = text.split("```").step_by(2);
    outside_blocks.flat_map(|prose| prose.split('`').skip(1).step_by(2)).collect()
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The Rust files of the program and of its tests.
fn rust_files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in ["src", "tests", "examples"] {
        files_below(&Path::new(ROOT).join(folder), &mut found);
    }
    found
}

/// The words of a text that are written as types are.
fn type_names(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with(char::is_uppercase) && word.contains(char::is_lowercase))
}

#[test]
fn every_file_that_the_architecture_names_is_there() {
    let files = rust_files();
    let text = read("ARCHITECTURE.md");
    let named = quoted(&text).into_iter().filter(|name| {
        Path::new(name).extension().is_some_and(|extension| extension == "rs") && !name.contains(['*', '…'])
    });
    let named = named.collect::<BTreeSet<_>>();
    assert!(named.len() > 80, "{}", named.len());
    let missing = named.iter().filter(|name| !files.iter().any(|file| file.ends_with(name)));
    let missing = missing.collect::<Vec<_>>();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_type_that_the_architecture_names_is_in_the_source() {
    let sources = rust_files().iter().map(read).collect::<String>();
    let known = type_names(&sources).collect::<BTreeSet<_>>();
    let text = read("ARCHITECTURE.md");
    let code = quoted(&text).into_iter().filter(|code| !code.contains([' ', '-', '/', '.']));
    let missing = code.flat_map(type_names).filter(|name| !known.contains(name)).collect::<Vec<_>>();
    assert!(missing.is_empty(), "{missing:?}");
}
