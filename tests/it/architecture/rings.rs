//! Modules that import each other in a ring can only be understood all at once. A module and those below it are one room:
//! what they import of each other is no ring.

use std::collections::{BTreeMap, BTreeSet};

use super::source::Source;

type Module = Vec<String>;

/// The modules of which each imports another one of them, and is imported by one. Empty where there is no ring.
pub(super) fn ring(sources: &[Source]) -> BTreeSet<String> {
    let modules = sources.iter().map(|source| &source.module).collect::<BTreeSet<_>>();
    let mut imports = BTreeMap::<&Module, BTreeSet<&Module>>::new();
    for source in sources {
        let of_code = source.uses.iter().filter(|used| !used.in_tests);
        let imported = of_code.filter_map(|used| imported(&source.module, &used.segments, &modules));
        let is_apart =
            |module: &&Module| !module.starts_with(&source.module) && !source.module.starts_with(module);
        imports.insert(&source.module, imported.filter(is_apart).collect());
    }
    loop {
        let before = imports.len();
        let left = imports.keys().copied().collect::<BTreeSet<_>>();
        let is_imported = |module: &Module| imports.values().any(|of| of.contains(module));
        let in_ring = left
            .iter()
            .filter(|module| imports[*module].intersection(&left).next().is_some() && is_imported(module))
            .copied()
            .collect::<BTreeSet<_>>();
        imports.retain(|module, _| in_ring.contains(module));
        if imports.len() == before {
            return left.into_iter().map(|module| module.join("::")).collect();
        }
    }
}

/// The module that a path of `module` leads into, if it is one of ours.
fn imported<'a>(module: &[String], path: &[String], modules: &BTreeSet<&'a Module>) -> Option<&'a Module> {
    let path = match path.split_first() {
        Some((first, rest)) if first == "crate" => rest.to_vec(),
        _ => [module, path].concat(),
    };
    (1..=path.len()).rev().find_map(|length| modules.get(&path[..length].to_vec()).copied())
}

#[test]
fn a_ring_is_told_from_a_chain() {
    let ring_of = |files: &[(&str, &str)]| {
        let sources = files.iter().map(|(file, text)| Source::parse(file, text)).collect::<Vec<_>>();
        ring(&sources).into_iter().collect::<Vec<_>>()
    };
    let (a, b) = (("src/http/a.rs", "use super::b::B;"), ("src/http/b.rs", "use crate::http::c::C;"));
    assert!(ring_of(&[a, b, ("src/http/c.rs", "")]).is_empty());
    let back = ("src/http/c.rs", "fn c() -> super::a::A { todo!() }");
    assert_eq!(
        ring_of(&[a, b, back, ("src/http/d.rs", "use super::a::A;")]),
        ["http::a", "http::b", "http::c"]
    );
    let in_tests = ("src/http/c.rs", "#[cfg(test)] mod tests { use crate::http::a::A; }");
    assert!(ring_of(&[a, b, in_tests]).is_empty());
}
