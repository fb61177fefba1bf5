//! Links inside the repository lead somewhere.

use std::collections::BTreeSet;
use std::path::Path;

use super::documents;
use crate::support::tables::{ROOT, read};

/// A document's lines outside its blocks.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut in_block = false;
    text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        in_block ^= is_fence;
        !in_block && !is_fence
    })
}

/// What a heading is found by, as GitHub makes it.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn anchors(text: &str) -> BTreeSet<String> {
    let headings = prose(text).filter(|line| line.starts_with('#'));
    headings.map(|line| anchor(line.trim_start_matches('#'))).collect()
}

/// Where the links of a document lead.
fn links(text: &str) -> Vec<String> {
    let ends = prose(text).flat_map(|line| line.split("](").skip(1));
    ends.filter_map(|rest| rest.split(')').next()).map(str::to_owned).collect()
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for document in documents() {
        let text = read(&document);
        for link in links(&text).iter().filter(|link| !link.starts_with("http")) {
            count += 1;
            let (path, place) = link.split_once('#').unwrap_or((link, ""));
            let target =
                if path.is_empty() { document.clone() } else { document.parent().unwrap().join(path) };
            let leads = target.exists() && (place.is_empty() || anchors(&read(&target)).contains(place));
            if !leads {
                wrong.push(format!("{}: {link}", document.strip_prefix(ROOT).unwrap().display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(count > 40, "{count}");
}

/// Nobody finds a document that no other leads to.
#[test]
fn every_document_is_linked_from_another() {
    let mut linked = BTreeSet::new();
    for document in documents() {
        for link in links(&read(&document)) {
            let target = document.parent().unwrap().join(link.split('#').next().unwrap());
            linked.extend(target.canonicalize().ok().filter(|target| *target != document));
        }
    }
    let root = Path::new(ROOT).canonicalize().unwrap();
    for document in documents() {
        let document = document.canonicalize().unwrap();
        assert!(document == root.join("README.md") || linked.contains(&document), "{}", document.display());
    }
}
