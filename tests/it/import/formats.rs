//! The format of the store's rows, shown and switched by the command: at a running server and in a store.

use std::process::Command;

use super::admin::{KEY, Server};

fn run(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(env!("CARGO_BIN_EXE_tiquo-auth"))
        .arg("store")
        .args(arguments)
        .env("TIQUO_AUTH_ADMIN_KEY", KEY)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().trim().to_owned();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

#[tokio::test]
async fn the_command_shows_and_switches_at_a_running_server_and_in_its_store() {
    let mut server = Server::start_with(&[]).await;
    let url = format!("http://{}", server.admin);
    let at_server = |head: &[&str]| run(&[head, &["--admin", &url]].concat());
    let newest = "The store's rows are written in format 2. The newest here is 2.";
    assert_eq!(at_server(&["show"]).unwrap(), newest, "a new store begins with the newest");
    let back = at_server(&["switch", "--to", "1"]).unwrap();
    assert!(back.contains("written in format 1") && back.contains("run `tiquo-auth store switch`"), "{back}");
    let refused = at_server(&["switch", "--to", "3"]).unwrap_err();
    assert!(refused.contains("format 3 is of a later version"), "{refused}");

    server.stop();
    let config = server.place.path("config.toml");
    let in_store = |head: &[&str]| run(&[head, &["--config", config.to_str().unwrap()]].concat());
    assert_eq!(in_store(&["show"]).unwrap(), back, "the store keeps it");
    assert_eq!(in_store(&["switch"]).unwrap(), newest);
    assert_eq!(in_store(&["show"]).unwrap(), newest);
}

#[tokio::test]
async fn a_setting_holds_the_process_in_the_older_format() {
    let server = Server::start_with(&[("TIQUO_AUTH__STORE__ROW_FORMAT", "1")]).await;
    let shown = run(&["show", "--admin", &format!("http://{}", server.admin)]).unwrap();
    assert!(shown.contains("in format 2") && shown.contains("This process writes format 1"), "{shown}");
}
