//! The rules.

use std::fmt;

use super::source::{Source, Used};

/// Something against a rule.
#[derive(Debug)]
pub(super) struct Violation {
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) rule: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.rule)
    }
}

/// Our modules: which others each may use, and which crates it may not.
struct Module {
    name: &'static str,
    may_use: &'static [&'static str],
    no_crates: &'static [&'static str],
}

const fn module(
    name: &'static str,
    may_use: &'static [&'static str],
    no_crates: &'static [&'static str],
) -> Module {
    Module { name, may_use, no_crates }
}

const EVERYTHING: &[&str] = &[
    "config",
    "flow",
    "http",
    "keyring",
    "mail",
    "outbound",
    "ports",
    "protocol",
    "resource",
    "store",
    "system",
    "telemetry",
];
const PORTS: &[&str] = &["ports", "protocol"];

/// The arrows that may exist; every other is refused.
const MODULES: &[Module] = &[
    module("lib", &[], &[]),
    module("main", &["cli"], &[]),
    module(
        "cli",
        &[
            "app",
            "config",
            // The paths of the wire have one place; `health` asks one of them.
            "http::paths",
            "keyring",
            "outbound",
            "ports",
            "protocol",
            "resource",
            "store",
            "system",
            "telemetry",
        ],
        &["redis", "redb", "lettre"],
    ),
    module("app", EVERYTHING, &[]),
    module(
        "http",
        &["flow", "ports", "protocol", "resource"],
        &["redis", "redb", "lettre", "reqwest", "rsa"],
    ),
    module(
        "flow",
        PORTS,
        &["actix_web", "actix_rt", "redis", "lettre", "redb", "reqwest", "rsa", "toml", "clap"],
    ),
    module(
        "ports",
        &["protocol"],
        &["actix_web", "redis", "lettre", "redb", "reqwest", "rsa", "toml", "clap"],
    ),
    module(
        "protocol",
        &[],
        &[
            "actix_web",
            "redis",
            "lettre",
            "redb",
            "reqwest",
            "rsa",
            "toml",
            "clap",
            "tokio",
            "tracing",
            "askama",
            "rand",
        ],
    ),
    module("config", &["protocol"], &["actix_web", "redis", "lettre", "redb", "reqwest", "rsa", "tokio"]),
    module("store", PORTS, &["actix_web", "lettre", "reqwest", "rsa", "toml", "clap"]),
    module("keyring", PORTS, &["actix_web", "redis", "redb", "lettre", "reqwest", "clap"]),
    module("mail", PORTS, &["actix_web", "redis", "redb", "reqwest", "rsa", "toml", "clap"]),
    module("outbound", PORTS, &["actix_web", "redis", "redb", "lettre", "rsa", "toml", "clap"]),
    module("system", PORTS, &["actix_web", "redis", "redb", "lettre", "reqwest", "rsa", "toml", "clap"]),
    module("telemetry", PORTS, &["actix_web", "redis", "redb", "lettre", "reqwest", "rsa", "toml", "clap"]),
    module("resource", PORTS, &["actix_web", "redis", "redb", "lettre", "rsa", "toml", "clap"]),
];

/// What a pure module may not take from the standard library.
const IMPURE: &[&str] = &["fs", "env", "process", "thread", "io"];

/// Types that change behind a shared reference.
const CHANGING: &[&str] =
    &["mut", "OnceLock", "LazyLock", "OnceCell", "LazyCell", "Lazy", "Mutex", "RwLock", "Cell", "RefCell"];

/// What a path of the wire begins with, and the files that may say so.
const WIRE: &[(&str, &[&str])] = &[
    ("/api/", &["src/http/paths.rs"]),
    ("/.well-known", &["src/http/paths.rs", "src/protocol/metadata.rs"]),
    ("/dev", &["src/http/paths.rs"]),
];

/// A file that may do what others may not, and why.
type Exception = (&'static str, &'static str);

/// Where strangers' texts may come in, and parsers of any text, which know no bounds: how many members or parameters there
/// are, how long a host name is. Each file that may call one, and why what it reads is bounded.
const PARSERS: &[(&[&str], &[Exception])] = &[
    (
        &[
            "serde_json::from_slice",
            "serde_json::from_str",
            "serde_json::from_reader",
            "Deserializer::from_slice",
        ],
        &[
            ("src/protocol/json.rs", "bounds it"),
            ("src/protocol/id_token_hint.rs", "was signed by us"),
            ("src/flow/introspected_token.rs", "was signed by us"),
            ("src/flow/seal.rs", "was sealed by us"),
            ("src/protocol/record/order.rs", "was imported, judged and written by us"),
            (
                "src/protocol/registration/sector.rs",
                "a list of texts, bounded by what is fetched, gone through once",
            ),
            ("src/protocol/standard_claims.rs", "is the operator's"),
        ],
    ),
    (
        &["Url::parse"],
        &[
            ("src/protocol/web_url.rs", "bounds it"),
            ("src/protocol/metadata.rs", "is the operator's"),
            ("src/protocol/standard_claims.rs", "is the operator's"),
            ("src/protocol/outbound/hosts.rs", "is the operator's"),
        ],
    ),
    (
        &["form_urlencoded::parse"],
        &[
            ("src/protocol/parameters.rs", "bounds it"),
            ("src/protocol/client_authentication.rs", "one field of a header, gone through once"),
        ],
    ),
];

/// The most lines of a test module in the file that it tests.
const MOST_TEST_LINES: usize = 80;

/// Everything that `source` does against the rules.
pub(super) fn violations(source: &Source) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut add = |line: usize, rule: String| found.push(Violation { file: source.file.clone(), line, rule });
    let name = source.module.first().map_or("", String::as_str);
    let Some(module) = MODULES.iter().find(|module| module.name == name) else {
        add(1, format!("{name} is no module of ARCHITECTURE.md"));
        return found;
    };
    for used in &source.uses {
        if let Some(rule) = against_arrows(used, module).or_else(|| between_stores(used, source)) {
            add(used.line, rule);
        }
    }
    for used in source.uses.iter().filter(|used| !used.in_tests && !source.file.ends_with("_tests.rs")) {
        if let Some(rule) = unbounded(used, source, name) {
            add(used.line, rule);
        }
    }
    for (text, line) in &source.texts {
        for (begin, homes) in WIRE {
            if text.starts_with(begin) && !homes.contains(&source.file.as_str()) {
                add(
                    *line,
                    format!("\"{text}\": a path of the wire is written in {} only", homes.join(" and ")),
                );
            }
        }
    }
    for item in &source.statics {
        let changing = |word: &&String| CHANGING.contains(&word.as_str()) || word.starts_with("Atomic");
        if let Some(word) = item.words.iter().find(changing) {
            add(item.line, format!("a static holds constant data only, no {word}"));
        }
    }
    for (line, lines) in &source.test_modules {
        if *lines > MOST_TEST_LINES {
            add(
                *line,
                format!("a test module of {lines} lines (over {MOST_TEST_LINES}) is a file of its own"),
            );
        }
    }
    if name == "protocol" {
        source.asyncs.iter().for_each(|line| add(*line, "protocol is not async".to_owned()));
    }
    found
}

fn against_arrows(used: &Used, module: &Module) -> Option<String> {
    let words: Vec<_> = used.segments.iter().map(String::as_str).collect();
    let name = module.name;
    match words.as_slice() {
        ["crate", other, ..] => {
            let is_module = MODULES.iter().any(|module| module.name == *other);
            let part = words.get(1..3).unwrap_or_default().join("::");
            let may_use = module.may_use.iter().any(|allowed| allowed == other || *allowed == part);
            let allowed = *other == name || may_use || !is_module;
            (!allowed).then(|| format!("{name} may not use {other} ({})", words.join("::")))
        }
        ["std" | "core", part, ..] if name == "protocol" && IMPURE.contains(part) => {
            Some(format!("protocol is pure: no {}", words.join("::")))
        }
        [first, ..] if module.no_crates.contains(first) => {
            Some(format!("{name} may not use the crate {first}"))
        }
        _ => None,
    }
}

/// What strangers send is read by parsers that bound it.
fn unbounded(used: &Used, source: &Source, module: &str) -> Option<String> {
    let (parser, homes) = PARSERS.iter().find_map(|(parsers, homes)| {
        let path = used.segments.join("::");
        let parser =
            parsers.iter().find(|parser| path == **parser || path.ends_with(&format!("::{parser}")))?;
        Some((parser, homes))
    })?;
    let outside = ["protocol", "flow", "http"].contains(&module);
    let is_home = homes.iter().any(|(file, _)| *file == source.file);
    let (bounded, _) = homes.first()?;
    (outside && !is_home).then(|| format!("{parser} knows no bounds: read what strangers send by {bounded}"))
}

/// The stores know nothing of each other, nor of each other's crate.
fn between_stores(used: &Used, source: &Source) -> Option<String> {
    let here = source.module.get(..2)?.join("::");
    let (own, other, other_crate) = match here.as_str() {
        "store::embedded" => ("embedded", "redis", "redis"),
        "store::redis" => ("redis", "embedded", "redb"),
        _ => return None,
    };
    let is_other = used.segments.starts_with(&["crate".to_owned(), "store".to_owned(), other.to_owned()]);
    let is_crate = used.segments.first().is_some_and(|first| first == other_crate);
    (is_other || is_crate).then(|| format!("store::{own} may not use {}", used.segments.join("::")))
}
