//! The documents are held to the code: what they list is what there is, and what they name exists.

mod audit;
mod errors;
mod links;
mod names;
mod refusals;
mod words;

use std::path::{Path, PathBuf};

use crate::support::tables::{ROOT, read};

/// The longest the README may be: what a newcomer needs in five minutes.
const README_LINES: usize = 200;

/// Every document: the Markdown files beside the README, in `docs/`, and those of folders.
fn documents() -> Vec<PathBuf> {
    let root = Path::new(ROOT);
    let folders = [root.to_owned(), root.join("docs")];
    let entries = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
    let mut found: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    found.extend(["keys/README.md", "sdk/README.md", "sdk/MESSAGES.md"].map(|path| root.join(path)));
    found.sort();
    assert!(found.len() > 15, "{found:?}");
    found
}

#[test]
fn the_readme_is_read_in_five_minutes() {
    let lines = read("README.md").lines().count();
    assert!(lines <= README_LINES, "{lines} lines: what is not needed at first goes into docs/");
}
