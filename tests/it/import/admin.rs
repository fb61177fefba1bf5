//! The import of a running server, at its admin listener.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use reqwest::Client;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};

use super::command::Place;
use super::{customer, order};
use crate::support::app::Answer;

pub(super) const KEY: &str = "3f1c9a0d7be24c55a1f0";
/// `printf %s "$KEY" | sha256sum`
const KEY_SHA256: &str = "8941e629094baf69a622961c01f1cd8c31e0e73aba67033b877cf5b946e9faa5";

pub(super) struct Server {
    child: Child,
    pub(super) public: String,
    pub(super) admin: String,
    pub(super) place: Place,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

fn free() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

impl Server {
    pub(super) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Ends it, as a crash would.
    pub(super) fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// With these variables in its environment.
    pub(super) async fn start_with(environment: &[(&str, &str)]) -> Self {
        let (place, public, admin) = (Place::new(""), free(), free());
        let child = Command::new(env!("CARGO_BIN_EXE_tiquo-auth"))
            .arg("serve")
            .arg("--config")
            .arg(place.path("config.toml"))
            .env("TIQUO_AUTH__LISTEN__ADDRESS", &public)
            .env("TIQUO_AUTH__ADMIN__ADDRESS", &admin)
            .env("TIQUO_AUTH__ADMIN__KEY_SHA256", KEY_SHA256)
            .envs(environment.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { child, public, admin, place };
        for address in [&server.public, &server.admin] {
            let ready = async || Client::new().get(format!("http://{address}/readyz")).send().await;
            while !ready().await.is_ok_and(|answer| answer.status() == 200) {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        }
        server
    }

    async fn import(&self, key: Option<&str>, content_type: &str, body: String) -> Answer {
        let url = format!("http://{}/admin/v1/import", self.admin);
        let mut request = Client::new().post(url).header(CONTENT_TYPE, content_type).body(body);
        if let Some(key) = key {
            request = request.header(AUTHORIZATION, format!("Bearer {key}"));
        }
        Answer::of(request.send().await.unwrap()).await
    }
}

const NDJSON: &str = "application/x-ndjson";

#[tokio::test]
async fn a_running_server_takes_an_import_from_whoever_has_the_key() {
    let server = Server::start().await;
    let mut lines = customer("ana@example.com", Some("cust_1")).to_string();
    for number in 0..5_000 {
        lines.push('\n');
        lines.push_str(&order("ana@example.com", &format!("o{number}"), number).to_string());
    }
    lines.push_str("\nnonsense\n");
    for key in [None, Some("wrong"), Some(""), Some(KEY_SHA256)] {
        let refused = server.import(key, NDJSON, lines.clone()).await;
        assert_eq!(refused.refusal(), (401, "token_invalid"), "{key:?}");
        assert_eq!(refused.header("www-authenticate"), Some("Bearer realm=\"admin\""));
    }
    let refused = server.import(Some(KEY), "application/json", lines.clone()).await;
    assert_eq!(refused.refusal(), (415, "unsupported_media_type"));
    let answer = server.import(Some(KEY), NDJSON, lines.clone()).await;
    let numbers = |answer: &Answer| {
        let names = ["lines", "created", "updated", "unchanged", "refused"];
        names.map(|name| answer.data()[name].as_u64().unwrap())
    };
    assert_eq!(numbers(&answer), [5_002, 5_001, 0, 0, 1]);
    assert_eq!(answer.data()["refusals"][0]["line"], 5_002);
    let again = server.import(Some(KEY), NDJSON, lines).await;
    assert_eq!(numbers(&again), [5_002, 0, 0, 5_001, 1]);
}

#[tokio::test]
async fn the_public_address_has_no_admin_paths_and_the_admin_listener_no_others() {
    let server = Server::start().await;
    let get = async |address: &str, path: &str| {
        let url = format!("http://{address}{path}");
        let request = Client::new().get(url).header(AUTHORIZATION, format!("Bearer {KEY}"));
        Answer::of(request.send().await.unwrap()).await
    };
    assert_eq!(get(&server.public, "/admin/v1/import").await.refusal(), (404, "not_found"));
    assert_eq!(get(&server.admin, "/admin/v1/import").await.refusal(), (405, "method_not_allowed"));
    for path in ["/api/oauth2/jwks", "/api/client/v1/profile", "/api/auth/oauth2/authorize"] {
        let answer = get(&server.admin, path).await;
        assert_eq!(answer.status, 404, "{path}");
    }
    assert_eq!(get(&server.admin, "/healthz").await.data()["status"], "alive");
}
