//! `tiquo-auth resource`: the Client API as a process of its own, beside an issuer whose Redis it shares.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use serde_json::json;
use tempfile::TempDir;

use super::{give_orders, order, person};
use crate::support::app::{Answer, JWKS, LOGOUT, ORDERS, PROFILE, REFRESH, TestApp};
use crate::support::clock::ManualClock;
use crate::support::needs::needs;
use crate::support::redis_server::wait_until;
use crate::support::stores::redis;

struct Alone {
    child: Child,
    base: String,
    _folder: TempDir,
}

impl Drop for Alone {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn config(issuer: &str, address: &str, store: &str) -> String {
    format!(
        "[tokens]\nissuer = \"{issuer}\"\n[listen]\naddress = \"{address}\"\n[mail.smtp]\nhost = \"relay.example\"\n\
         [resource]\njwks_url = \"{issuer}{JWKS}\"\n{store}\n[client_api]\nlimits = [\"6/3600\"]\n\
         [[organizations]]\nid = \"org_demo\"\nname = \"Demo\"\npublic_key = \"pk_dom_demo\"\n\
         sender_address = \"hello@demo.example\"\n[[organizations.domains]]\norigin = \"https://demo.example\"\n"
    )
}

fn command(folder: &TempDir, config: String) -> Command {
    let path = folder.path().join("config.toml");
    std::fs::write(&path, config).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tiquo-auth"));
    command.arg("resource").arg("--config").arg(path);
    command
}

impl Alone {
    fn start(issuer: &str, url: &str, prefix: &str) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let folder = tempfile::tempdir().unwrap();
        let store = format!(
            "[store]\nkind = \"redis\"\n[store.redis]\nurls = [\"{url}\"]\nkey_prefix = \"{prefix}\""
        );
        let mut command = command(&folder, config(issuer, &address, &store));
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait_until("it listens", || std::net::TcpStream::connect(&address).is_ok());
        Self { child, base: format!("http://{address}"), _folder: folder }
    }

    async fn get(&self, token: &str, path: &str) -> Answer {
        let request = reqwest::Client::new().get(format!("{}{path}", self.base)).bearer_auth(token);
        Answer::of(request.send().await.unwrap()).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn it_serves_whoever_is_signed_in_at_the_issuer_and_shares_limits_and_revocations() {
    needs!(Redis);
    let store = redis().await;
    let (url, prefix) = store.redis_place().unwrap();
    let app = TestApp::start_at(store, ManualClock::now());
    let alone = Alone::start(&app.base, &url, &prefix);
    let ana = person(&app, "ana@example.com").await;
    give_orders(&app, &ana.key, &[order("o1", 5, "pending")]).await;
    let own = alone.get(&ana.token, ORDERS).await;
    assert_eq!(own.data()["orders"][0]["id"], "o1");
    let left = own.header("ratelimit").unwrap();
    assert!(left.starts_with("\"3600s\";r=4;"), "one request went to the issuer: {left}");
    assert_eq!(alone.get(&ana.token, PROFILE).await.data()["user"]["email"], "ana@example.com");
    assert_eq!(alone.get("nonsense", ORDERS).await.refusal(), (401, "token_invalid"));
    for _ in 0..3 {
        alone.get(&ana.token, ORDERS).await.data();
    }
    assert_eq!(alone.get(&ana.token, ORDERS).await.refusal(), (429, "rate_limited"));
    app.post(LOGOUT, &json!({"refresh_token": ana.refresh_token})).await.data();
    assert_eq!(alone.get(&ana.token, ORDERS).await.refusal(), (401, "revoked"), "at once");
    for path in [REFRESH, JWKS, "/api/auth/oauth2/authorize", "/signin/x"] {
        assert_eq!(alone.get(&ana.token, path).await.status, 404, "{path} is the issuer's");
    }
}

#[test]
fn without_the_shared_store_it_says_what_would_be_missing() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("[store.embedded]\npath = \"{}\"", folder.path().join("store.redb").display());
    let output = command(&folder, config("http://localhost:1", "127.0.0.1:0", &store)).output().unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("a session that was ended would be served until its token expires"), "{said}");
}
