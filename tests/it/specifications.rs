//! SPECIFICATIONS.md says what is supported, SECURITY.md what protects, and both by which test one knows.

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::tables::{ROOT, read};

/// All source text below a folder.
fn source(folder: &Path, into: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_none_or(|name| name != "node_modules") {
            source(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

/// The names of all tests: functions with an attribute of a test, and those that stand in a list of tests.
fn tests() -> BTreeSet<String> {
    let mut code = String::new();
    for folder in ["src", "tests"] {
        source(&Path::new(ROOT).join(folder), &mut code);
    }
    let mut found = BTreeSet::new();
    let mut is_test = false;
    for line in code.lines().map(str::trim) {
        if let Some((_, rest)) = line.split_once("fn ").filter(|_| !line.starts_with("//")) {
            let name = rest.split(['(', '<']).next().unwrap_or_default();
            // A test of every store, or of all rows.
            let is_listed =
                ["(store: ", "(scene: "].iter().any(|given| rest[name.len()..].starts_with(given))
                    && [format!("\n    {name},\n"), format!("_store!({name}")]
                        .iter()
                        .any(|listed| code.contains(listed));
            if is_test || is_listed {
                found.insert(name.to_owned());
            }
            is_test = false;
        } else if line.starts_with("#[") {
            is_test |=
                ["#[test]", "#[tokio::test", "#[actix_web::test"].iter().any(|one| line.starts_with(one));
        }
    }
    assert!(found.len() > 1000, "{}", found.len());
    found
}

#[test]
fn every_row_names_a_test_that_exists() {
    let tests = tests();
    let table = read("SPECIFICATIONS.md");
    let rows = table.lines().filter(|line| line.starts_with("| ")).skip(2).collect::<Vec<_>>();
    assert!(rows.len() > 20, "{}", rows.len());
    for row in rows {
        let cells = row.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>();
        assert_eq!(cells.len(), 5, "{row}");
        assert!(["supported", "refused"].contains(&cells[2]), "{row}");
        let test = cells[4].trim_matches('`');
        assert!(tests.contains(test), "no test is named {test}");
    }
}

/// Each kind of attacker has a table, and each row of it names tests.
#[test]
fn every_protection_names_tests_that_exist() {
    let tests = tests();
    let policy = read("SECURITY.md");
    let model = policy.split("\n## ").find(|part| part.starts_with("Threat model\n")).unwrap();
    let attackers: Vec<_> = model.split("\n### ").skip(1).collect();
    assert!(attackers.len() >= 7, "{}", attackers.len());
    for attacker in attackers {
        let rows: Vec<_> = attacker.lines().filter(|line| line.starts_with("| ")).skip(2).collect();
        assert!(!rows.is_empty(), "{attacker}");
        for row in rows {
            let cells = row.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>();
            assert_eq!(cells.len(), 3, "{row}");
            for test in cells[2].split(", ") {
                assert!(tests.contains(test.trim_matches('`')), "no test is named {test}: {row}");
            }
        }
    }
}
