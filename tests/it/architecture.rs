//! Which module may import which, and what else the source has to keep to. Reads `src/**/*.rs` as tokens, so that
//! comments and texts are no imports, and names file and line of everything that is against a rule.

mod names;
mod rings;
mod rules;
mod sample;
mod source;
mod storing;

use std::path::{Path, PathBuf};

use rules::{Violation, violations};
use source::Source;

/// The longest a file may be. The aim is 300.
const MOST_LINES: usize = 500;

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

fn shown(violations: &[Violation]) -> String {
    let lines: Vec<_> = violations.iter().map(ToString::to_string).collect();
    lines.join("\n  ")
}

#[test]
fn the_source_keeps_to_the_architecture() {
    let mut all = Vec::new();
    let files = files(Path::new("src"));
    assert!(files.len() > 30, "the source is not where it is looked for");
    for path in files {
        all.extend(violations(&Source::parse(&path.display().to_string(), &read(&path))));
    }
    assert!(all.is_empty(), "\n  {}", shown(&all));
}

#[test]
fn no_file_is_over_500_lines() {
    let lengths = ["src", "tests"].into_iter().flat_map(|folder| files(Path::new(folder)));
    let lengths = lengths.map(|path| (read(&path).lines().count(), path));
    let long: Vec<_> = lengths.filter(|(lines, _)| *lines > MOST_LINES).collect();
    assert!(long.is_empty(), "over {MOST_LINES} lines: {long:?}");
}

/// The files that the program is made of, without those of tests alone.
fn code() -> Vec<PathBuf> {
    let is_test = |path: &Path| {
        let name = path.to_string_lossy();
        name.ends_with("_tests.rs") || name.ends_with("/tests.rs") || name.contains("/tests/")
    };
    files(Path::new("src")).into_iter().filter(|path| !is_test(path)).collect()
}

#[test]
fn every_type_has_a_name_that_can_be_looked_up() {
    let vague = code().into_iter().map(|path| names::vague_names(&path.display().to_string(), &read(&path)));
    let vague = vague.collect::<String>();
    assert!(vague.is_empty(), "these names say nothing without their file:\n{vague}");
}

#[test]
fn no_modules_of_http_import_each_other_in_a_ring() {
    let of_http = code().into_iter().filter(|path| path.starts_with("src/http"));
    let sources =
        of_http.map(|path| Source::parse(&path.display().to_string(), &read(&path))).collect::<Vec<_>>();
    let ring = rings::ring(&sources);
    assert!(ring.is_empty(), "{ring:?}");
}
