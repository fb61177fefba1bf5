//! SPECIFICATIONS.md says what is supported, and by which test one knows.

use std::path::Path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

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

#[test]
fn every_row_names_a_test_that_exists() {
    let mut code = String::new();
    for folder in ["src", "tests"] {
        source(&Path::new(ROOT).join(folder), &mut code);
    }
    let table = std::fs::read_to_string(Path::new(ROOT).join("SPECIFICATIONS.md")).unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| ")).skip(2).collect::<Vec<_>>();
    assert!(rows.len() > 20, "{}", rows.len());
    for row in rows {
        let cells = row.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>();
        assert_eq!(cells.len(), 5, "{row}");
        assert!(["supported", "refused"].contains(&cells[2]), "{row}");
        let test = cells[4].trim_matches('`');
        assert!(code.contains(&format!("fn {test}(")), "no test is named {test}");
    }
}
