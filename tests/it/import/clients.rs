//! Clients that registered themselves, listed and removed by the command: at a running server and in a store.

use std::process::Command;

use reqwest::Client;
use serde_json::{Value, json};

use super::admin::{KEY, Server};

const OPEN: [(&str, &str); 2] =
    [("TIQUO_AUTH__REGISTRATION__MODE", "open"), ("TIQUO_AUTH__REGISTRATION__ORGANIZATION", "org_demo")];

fn run(arguments: &[&str], key: &str) -> Result<String, String> {
    let output = Command::new(env!("CARGO_BIN_EXE_tiquo-auth"))
        .arg("clients")
        .args(arguments)
        .env("TIQUO_AUTH_ADMIN_KEY", key)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().trim().to_owned();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

async fn register(server: &Server, name: &str) -> String {
    let document = json!({"redirect_uris": ["https://app.example/callback"], "client_name": name});
    let url = format!("http://{}/api/auth/oauth2/register", server.public);
    let request =
        Client::new().post(url).header("content-type", "application/json").body(document.to_string());
    let answer = request.send().await.unwrap().text().await.unwrap();
    let answer: Value = serde_json::from_str(&answer).unwrap();
    answer["client_id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

#[tokio::test]
async fn the_command_lists_and_removes_at_a_running_server_and_in_its_store() {
    let mut server = Server::start_with(&OPEN).await;
    let (one, two) = (register(&server, "Plain").await, register(&server, "Café").await);
    let url = format!("http://{}", server.admin);
    let at_server = ["--admin", url.as_str()];
    let with = |head: &[&str], tail: &[&str], key: &str| run(&[head, tail].concat(), key);
    let listed = with(&["list"], &at_server, KEY).unwrap();
    assert!(listed.contains(&one) && listed.contains(&two) && listed.contains("Café"), "{listed}");
    assert!(listed.contains("org_demo") && listed.contains("no, ends "), "{listed}");
    let elsewhere = with(&["list", "--organization", "org_other", "--json"], &at_server, KEY).unwrap();
    assert_eq!(elsewhere, "[]");
    let refused = with(&["list"], &at_server, "wrong").unwrap_err();
    assert!(refused.contains("Send the admin key") && !refused.contains("wrong"), "{refused}");
    assert_eq!(with(&["remove", &one], &at_server, KEY).unwrap(), format!("removed {one}"));
    let gone = with(&["remove", &one], &at_server, KEY).unwrap_err();
    assert!(gone.contains("No client of that id registered itself"), "{gone}");
    assert!(with(&["remove", "demo-web"], &at_server, KEY).unwrap_err().contains("of the configuration"));

    server.stop();
    let config = server.place.path("config.toml");
    let in_store = ["--config", config.to_str().unwrap()];
    let listed: Value = serde_json::from_str(&with(&["list", "--json"], &in_store, "").unwrap()).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    assert_eq!((&listed[0]["id"], &listed[0]["granted"]), (&json!(two), &json!(false)));
    assert_eq!(with(&["remove", &two], &in_store, "").unwrap(), format!("removed {two}"));
    assert_eq!(with(&["list", "--json"], &in_store, "").unwrap(), "[]");
    assert!(with(&["remove", &two], &in_store, "").unwrap_err().contains("no client of that id"));
}
