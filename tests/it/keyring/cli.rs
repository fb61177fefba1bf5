//! `tiquo-auth keys` as a person types it, beside a running server.

use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};

use reqwest::Client;
use serde_json::{Value, json};
use tiquo_auth::ports::store::StoreStamp;

use super::folder::KeyFolder;
use crate::support::app::{Answer, PROFILE, REFRESH, SEND, SHOP, VERIFY};

fn keys(arguments: &[&str], folder: &KeyFolder) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tiquo-auth"));
    command.arg("keys").args(arguments).arg("--keys").arg(folder.dir()).output().unwrap()
}

/// What a command that has to succeed printed.
fn done(arguments: &[&str], folder: &KeyFolder) -> String {
    let output = keys(arguments, folder);
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{arguments:?}: {out}{err}");
    out
}

/// What a command that has to fail said.
fn refused(arguments: &[&str], folder: &KeyFolder) -> String {
    let output = keys(arguments, folder);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// Makes every key older than any rule asks.
fn age(folder: &KeyFolder) {
    folder.edit(|manifest| {
        for kind in ["signing_keys", "mac_keys"] {
            for key in manifest[kind].as_array_mut().unwrap() {
                key["created_at"] = json!(1_600_000_000_000_u64);
            }
        }
    });
}

#[test]
fn list_is_a_table_for_people_and_json_for_scripts() {
    let folder = KeyFolder::made();
    let table = done(&["list"], &folder);
    let manifest = folder.manifest();
    for (key, state) in [(&manifest["signing_keys"][0], "active"), (&manifest["signing_keys"][1], "next")] {
        let kid = key["kid"].as_str().unwrap();
        let line = table.lines().find(|line| line.contains(kid)).unwrap();
        assert!(line.contains(state) && line.contains("2026-11-23T00:00:00Z"), "{line}");
    }
    assert!(table.contains("mac-2") && table.contains("These are production keys."), "{table}");
    let listed: Value = serde_json::from_str(&done(&["list", "--json"], &folder)).unwrap();
    let states: Vec<_> = listed["keys"].as_array().unwrap().iter().map(|key| &key["state"]).collect();
    assert_eq!(states, ["active", "next", "active", "next"]);
    assert_eq!(listed["keys"][1]["coming"]["what"], "may_be_used");
}

#[test]
fn mistakes_are_told_clearly() {
    let empty = KeyFolder::empty();
    for command in ["list", "generate", "rotate"] {
        assert!(refused(&[command], &empty).contains("there are no keys"), "{command}");
    }
    assert!(empty.names().is_empty(), "nothing is made where nothing is");
    let folder = KeyFolder::made();
    folder.edit(|manifest| manifest["signing_keys"][1]["created_at"] = json!(u64::from(u32::MAX) * 1000));
    assert!(refused(&["rotate"], &folder).contains("may be used from 2106-02-07T06:29:15Z on"));
    assert!(refused(&["retire", "nobody"], &folder).contains("there is no key nobody"));
    assert!(refused(&["revoke", "mac-1"], &folder).contains("--end-sessions"));
    let kid = folder.manifest()["signing_keys"][1]["kid"].as_str().unwrap().to_owned();
    let file = folder.signing_file(1);
    std::fs::copy(folder.signing_file(0), &file).unwrap();
    for command in [&["list"][..], &["rotate", "--force"], &["retire", &kid]] {
        let said = refused(command, &folder);
        assert!(said.contains(file.to_str().unwrap()) && said.contains("holds"), "{said}");
    }
    let mut nowhere = Command::new(env!("CARGO_BIN_EXE_tiquo-auth"));
    let output = nowhere.args(["keys", "list"]).output().unwrap();
    assert!(String::from_utf8(output.stderr).unwrap().contains("--config"));
}

#[test]
fn a_configuration_names_the_folder_and_says_when_keys_rotate() {
    let folder = KeyFolder::made();
    age(&folder);
    let file = folder.path("config.toml");
    let text = format!(
        "[tokens]\nissuer = \"https://id.example\"\n[listen]\ntrusted_proxies = [\"10.0.0.0/8\"]\n[mail.smtp]\nhost = \
         \"relay.example\"\n[keys]\ndir = {:?}\nrotation_days = 90\n",
        folder.dir()
    );
    std::fs::write(&file, text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tiquo-auth"));
    let output = command.args(["keys", "list", "--config"]).arg(&file).output().unwrap();
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{table}{}", String::from_utf8_lossy(&output.stderr));
    assert!(table.contains("retires 2027-02-21T00:00:00Z"), "{table}");
    assert!(table.contains("retires 2026-12-23T00:00:00Z"), "MAC keys after 30 days: {table}");
}

#[test]
fn generate_retire_and_rotate() {
    let folder = KeyFolder::made();
    age(&folder);
    assert!(refused(&["generate"], &folder).contains("is the next one already"));
    let out = done(&["rotate"], &folder);
    assert!(
        out.contains("is retired") && out.contains("is in use") && out.contains("is the next one"),
        "{out}"
    );
    assert!(!out.contains("WARNING"), "{out}");
    assert!(done(&["rotate", "--force"], &folder).contains("WARNING"));
    done(&["rotate", "--kind", "mac"], &folder);
    assert!(done(&["retire", "mac-3"], &folder).contains("mac-4"));
    folder.open().unwrap();
}

/// `tiquo-auth dev` on a folder of keys. Killed when dropped.
struct Server {
    base: String,
    http: Client,
    child: Child,
    _data: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    async fn start(folder: &KeyFolder) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let data = tempfile::tempdir().unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_tiquo-auth"))
            .args(["dev", "--port", &port.to_string(), "--data"])
            .arg(data.path())
            .arg("--keys")
            .arg(folder.dir())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let http = Client::builder().no_proxy().build().unwrap();
        let server = Self { base: format!("http://localhost:{port}"), http, child, _data: data };
        // It listens before it can serve: until its store is open and its keys are made, it answers 503.
        for _ in 0..600 {
            let ready = server.http.get(format!("{}/readyz", server.base)).send().await;
            if ready.is_ok_and(|answer| answer.status() == 200) {
                return server;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("the server did not become ready");
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        let request = self.http.post(format!("{}{path}", self.base)).header("origin", SHOP);
        let request = request.header("content-type", "application/json").body(body.to_string());
        Answer::of(request.send().await.unwrap()).await
    }

    async fn profile(&self, token: &str) -> u16 {
        let request = self.http.get(format!("{}{PROFILE}", self.base)).bearer_auth(token);
        request.send().await.unwrap().status().as_u16()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn revoke_beside_a_running_server_hits_its_tokens_and_keeps_the_sessions() {
    let folder = KeyFolder::empty();
    folder.create(StoreStamp::Development).unwrap();
    let server = Server::start(&folder).await;
    let _other = Server::start(&folder).await;
    let sent = server.post(SEND, json!({"public_key": "pk_dom_demo", "email": "k@example.com"})).await;
    let mails = server.http.get(format!("{}/dev/outbox.json?to=k@example.com", server.base)).send();
    let code = Answer::of(mails.await.unwrap()).await.body[0]["code"].clone();
    let proof = json!({"public_key": "pk_dom_demo", "challenge_id": sent.text("challenge_id"), "code": code});
    let session = server.post(VERIFY, proof).await;
    assert_eq!(server.profile(&session.text("access_token")).await, 200);

    let kid = folder.manifest()["signing_keys"][0]["kid"].as_str().unwrap().to_owned();
    let out =
        tokio::task::spawn_blocking(move || (done(&["revoke", &kid[..12]], &folder), folder)).await.unwrap();
    let (out, folder) = out;
    assert!(out.contains("Living tokens it hit: 1 ") && out.contains("at the latest"), "{out}");
    assert!(out.contains("In force in all running servers: 2."), "{out}");
    assert_eq!(server.profile(&session.text("access_token")).await, 401);
    let refreshed = server.post(REFRESH, json!({"refresh_token": session.text("refresh_token")})).await;
    assert_eq!(refreshed.status, 200);
    assert_eq!(server.profile(&refreshed.text("access_token")).await, 200);
    let listed = tokio::task::spawn_blocking(move || done(&["list"], &folder)).await.unwrap();
    assert!(listed.contains("revoked 20"), "{listed}");
}
