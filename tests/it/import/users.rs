//! What an operator says of an end-user: by the command, to the store and to a running server.

use std::fs;
use std::process::Command;

use super::admin::{KEY, Server};
use super::command::Place;

/// Runs `users claims` with a file of these claims. What it said, when it succeeded or not.
fn users_claims(place: &Place, claims: &str, arguments: &[&str], key: &str) -> Result<String, String> {
    let file = place.path("claims.json");
    fs::write(&file, claims).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_tiquo-auth"))
        .args(["users", "claims", "ana@example.com", "--file"])
        .arg(&file)
        .args(arguments)
        .env("TIQUO_AUTH_ADMIN_KEY", key)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().trim().to_owned();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

#[test]
fn the_command_writes_to_the_store_when_no_server_runs() {
    let place = Place::new("");
    let config = place.path("config.toml");
    let config = ["--config", config.to_str().unwrap(), "--organization"];
    let run = |claims: &str, organization: &str| {
        users_claims(&place, claims, &[config.as_slice(), &[organization]].concat(), "")
    };
    let first = run(r#"{"nickname": "Ani"}"#, "org_demo").unwrap();
    assert!(first.starts_with("set for user_"), "{first}");
    assert_eq!(run("{}", "org_demo").unwrap(), first, "the same end-user");
    assert!(run("{}", "org_other").unwrap_err().contains("no organization of that id"));
    assert!(run(r#"{"email": "x@example.com"}"#, "org_demo").unwrap_err().contains("email is not a claim"));
    assert!(run("[]", "org_demo").unwrap_err().contains("not a JSON object"));
}

#[tokio::test]
async fn the_command_asks_a_running_server_at_its_admin_listener() {
    let (place, server) = (Place::new(""), Server::start().await);
    let url = format!("http://{}", server.admin);
    let arguments = ["--admin", url.as_str(), "--organization", "org_demo"];
    let run = |claims: &str, key: &str| users_claims(&place, claims, &arguments, key);
    let set = run(r#"{"birthdate": "1990-01-31"}"#, KEY).unwrap();
    assert!(set.starts_with("set for user_"), "{set}");
    assert_eq!(run("{}", KEY).unwrap(), set);
    let refused = run("{}", "wrong").unwrap_err();
    assert!(refused.contains("Send the admin key") && !refused.contains("wrong"), "{refused}");
}
