//! The rules are seen to refuse what they are for, and nothing that only looks like it.

use super::rules::violations;
use super::source::Source;

#[track_caller]
fn refused(file: &str, text: &str, line: usize, rule: &str) {
    let found = violations(&Source::parse(file, text));
    assert_eq!(found.len(), 1, "{text}: {found:?}");
    assert_eq!(found[0].line, line, "{}", found[0]);
    assert!(found[0].to_string().contains(rule), "{}", found[0]);
}

#[track_caller]
fn allowed(file: &str, text: &str) {
    let found = violations(&Source::parse(file, text));
    assert!(found.is_empty(), "{text}: {found:?}");
}

#[test]
fn arrows_against_the_architecture_are_found() {
    refused("src/flow/a.rs", "\nuse crate::http::routes;", 2, "flow may not use http (crate::http::routes)");
    refused("src/flow/a.rs", "fn f() { crate::store::open() }", 1, "flow may not use store");
    refused("src/flow/a.rs", "use crate::{\n  ports,\n  mail::{smtp},\n};", 3, "flow may not use mail");
    refused("src/flow/token/code.rs", "use super::super::super::http;", 1, "flow may not use http");
    refused("src/flow/mod.rs", "mod a { use super::super::config::Settings; }", 1, "flow may not use config");
    refused("src/flow/a.rs", "#[derive(crate::http::Render)] struct A;", 1, "flow may not use http");
    refused("src/flow/a.rs", "macro_rules! m { () => { crate::keyring::sign() } }", 1, "may not use keyring");
    refused("src/flow/a.rs", "#[cfg(test)]\nmod tests {\n use crate::store::embedded;\n}", 3, "store");
    refused("src/http/a.rs", "pub use crate::store as s;", 1, "http may not use store");
    refused("src/store/redis/a.rs", "use crate::flow::*;", 1, "store may not use flow");
    refused("src/keyring/a.rs", "use crate::store::open;", 1, "keyring may not use store");
    refused("src/config/a.rs", "use crate::ports::store;", 1, "config may not use ports");
    refused("src/protocol/a.rs", "use crate::ports;", 1, "protocol may not use ports");
    refused("src/cli/a.rs", "use crate::http;", 1, "cli may not use http");
    refused("src/http/a.rs", "use crate::app;", 1, "http may not use app");
    refused("src/main.rs", "fn main() { tiquo_auth::app::run() }", 1, "main may not use app");
    refused("src/extra/mod.rs", "", 1, "extra is no module");
}

#[test]
fn the_arrows_of_the_architecture_are_allowed() {
    allowed("src/flow/token/code.rs", "use super::{mint, super::sign_in}; use crate::ports::store::Stores;");
    allowed("src/http/a.rs", "use crate::{flow, protocol::origin::Origin}; use actix_web::web;");
    allowed("src/app.rs", "use crate::store::redis::RedisStore; use crate::http;");
    allowed("src/cli/health.rs", "use crate::http::paths::READYZ;");
    allowed("src/main.rs", "fn main() { tiquo_auth::cli::main() }");
    allowed(
        "src/flow/a.rs",
        "//! As [`crate::http`] does.\n/// See `crate::store`.\nconst A: &str = \"crate::http\";",
    );
}

#[test]
fn crates_in_the_wrong_place_are_found() {
    refused("src/flow/a.rs", "use actix_web::web;", 1, "flow may not use the crate actix_web");
    refused("src/flow/a.rs", "fn f(_: ::redis::Client) {}", 1, "flow may not use the crate redis");
    refused("src/protocol/a.rs", "fn f() { tokio::spawn(g()) }", 1, "protocol may not use the crate tokio");
    refused("src/protocol/a.rs", "use std::{fmt, fs};", 1, "protocol is pure: no std::fs");
    refused("src/protocol/a.rs", "async fn f() {}", 1, "protocol is not async");
    refused("src/protocol/a.rs", "use lettre;", 1, "protocol may not use the crate lettre");
    allowed("src/flow/a.rs", "use tokio::time::timeout;");
    allowed("src/mail/smtp.rs", "use lettre::Message;");
}

#[test]
fn a_store_that_knows_the_other_is_found() {
    refused("src/store/embedded/a.rs", "use super::super::redis::keys;", 1, "store::embedded may not use");
    refused("src/store/embedded/mod.rs", "use redis::Client;", 1, "store::embedded may not use redis");
    refused("src/store/redis/a.rs", "use crate::store::embedded::Row;", 1, "store::redis may not use");
    refused("src/store/redis/mod.rs", "use redb::Database;", 1, "store::redis may not use redb");
    allowed("src/store/redis/a.rs", "use redis::aio::MultiplexedConnection; use super::keys;");
    allowed("src/store/mod.rs", "pub mod redis; use self::redis::RedisStore; use embedded::EmbeddedStore;");
}

#[test]
fn paths_of_the_wire_outside_their_file_are_found() {
    let text = "const A: &str = \"/api/oauth2/jwks\";";
    refused("src/http/jwks.rs", text, 1, "a path of the wire is written in src/http/paths.rs only");
    refused("src/http/a.rs", "fn f() { g(r#\"/dev/outbox\"#) }", 1, "/dev/outbox");
    refused("src/flow/a.rs", "format!(\"/.well-known/x{y}\")", 1, "src/protocol/metadata.rs");
    refused("src/protocol/metadata.rs", text, 1, "a path of the wire");
    allowed("src/http/paths.rs", text);
    allowed("src/protocol/metadata.rs", "const A: &str = \"/.well-known/x\";");
    allowed("src/http/jwks.rs", &format!("#[cfg(test)]\nmod tests {{ {text} }}"));
    allowed("src/http/jwks.rs", "/// `\"/api/oauth2/jwks\"`\nfn f() {}");
}

#[test]
fn parsers_without_bounds_are_found() {
    refused("src/flow/a.rs", "fn f() { serde_json::from_slice(b\"{}\") }", 1, "src/protocol/json.rs");
    refused("src/http/a.rs", "use serde_json::from_str;", 1, "serde_json::from_str knows no bounds");
    refused("src/protocol/a.rs", "fn f() { url::Url::parse(\"\") }", 1, "src/protocol/web_url.rs");
    refused(
        "src/http/a.rs",
        "fn f() { url::form_urlencoded::parse(b\"\") }",
        1,
        "src/protocol/parameters.rs",
    );
    allowed("src/protocol/json.rs", "fn f() { serde_json::Deserializer::from_slice(b\"\") }");
    allowed(
        "src/flow/a.rs",
        "fn f() { serde_json::from_value(v) } #[cfg(test)] mod tests { use url::Url::parse; }",
    );
    allowed("src/store/a.rs", "fn f() { serde_json::from_slice(b\"{}\") }");
}

#[test]
fn statics_that_change_are_found() {
    refused("src/http/a.rs", "static mut A: u8 = 0;", 1, "no mut");
    refused("src/http/a.rs", "static A: std::sync::OnceLock<u8> = OnceLock::new();", 1, "no OnceLock");
    refused("src/http/a.rs", "fn f() { static A: AtomicU64 = AtomicU64::new(0); }", 1, "no AtomicU64");
    refused("src/http/a.rs", "thread_local! { static A: RefCell<u8> = f(); }", 1, "no RefCell");
    allowed(
        "src/http/a.rs",
        "static A: [u8; 2] = [1, 2]; fn f(a: &'static Mutex<u8>) -> &'static str { \"\" }",
    );
}

#[test]
fn long_test_modules_are_found() {
    let module = |lines: usize| format!("#[cfg(test)]\nmod tests {{{}}}", "\n".repeat(lines - 1));
    refused("src/http/a.rs", &module(81), 2, "a test module of 81 lines (over 80)");
    allowed("src/http/a.rs", &module(80));
}
