//! `tiquo-auth serve` as a process of its own.

use std::fs::File;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};

use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::app::Answer;
use crate::support::redis_server::wait_until;

/// Where customers sign in.
pub(super) const SITE: &str = "https://demo.example";

/// A configuration in a folder of its own, and the process that runs it. It is killed when this is dropped.
pub(super) struct Serve {
    folder: TempDir,
    pub(super) port: u16,
    child: Option<Child>,
}

impl Serve {
    /// Writes the configuration; `more` are further sections of it. Nothing runs yet.
    pub(super) fn configured(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (keys, store) = (folder.path().join("keys"), folder.path().join("store.redb"));
        let store = if more.contains("[store]") {
            String::new()
        } else {
            format!("[store.embedded]\npath = {store:?}\n")
        };
        let mail = if more.contains("[mail.smtp]") { "" } else { "[mail.smtp]\nhost = \"relay.example\"\n" };
        let config = format!(
            "[tokens]\nissuer = \"https://id.example\"\n[keys]\ndir = {keys:?}\n{store}{mail}{more}\n\
             [[organizations]]\nid = \"org_demo\"\nname = \"Demo\"\npublic_key = \"pk_dom_demo\"\n\
             sender_address = \"hello@demo.example\"\ncreate_customer = true\n[[organizations.domains]]\norigin = \"{SITE}\"\n"
        );
        std::fs::write(folder.path().join("config.toml"), config).unwrap();
        Self { folder, port, child: None }
    }

    /// With this Redis as its store.
    pub(super) fn on_redis(url: &str, more: &str) -> Self {
        Self::configured(&format!(
            "{more}\n[store]\nkind = \"redis\"\n[store.redis]\nurls = [\"{url}\"]\ndeadline_ms = 1000\n"
        ))
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tiquo-auth"));
        command
            .args(["serve", "--config"])
            .arg(self.path("config.toml"))
            .env("TIQUO_AUTH__LISTEN__ADDRESS", format!("127.0.0.1:{}", self.port))
            .env("TIQUO_AUTH__LISTEN__TRUSTED_PROXIES", "127.0.0.0/8");
        command
    }

    /// Starts it, with its log in a file.
    pub(super) fn start(&mut self) {
        let log = File::options().create(true).append(true).open(self.path("log")).unwrap();
        self.child = Some(self.command().stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap());
    }

    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// Every line of the log, which is JSON.
    pub(super) fn lines(&self) -> Vec<Value> {
        let read = |line: &str| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
        self.log().lines().map(read).collect()
    }

    pub(super) fn signal(&self, signal: &str) {
        let pid = self.child.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    /// How it ended; waits for that.
    pub(super) fn ended(&mut self) -> ExitStatus {
        let mut ended = None;
        wait_until("the process ends", || {
            ended = self.child.as_mut().unwrap().try_wait().unwrap();
            ended.is_some()
        });
        self.child = None;
        ended.unwrap()
    }

    pub(super) fn runs(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| child.try_wait().unwrap().is_none())
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// A GET, when the process listens.
    pub(super) async fn get(&self, path: &str) -> Option<Answer> {
        let answer = Client::new().get(self.url(path)).send().await.ok()?;
        Some(Answer::of(answer).await)
    }

    /// Asks until the answer is as it should be.
    pub(super) async fn until(&self, path: &str, is_so: impl Fn(&Answer) -> bool) -> Answer {
        let asking = async {
            loop {
                if let Some(answer) = self.get(path).await.filter(|answer| is_so(answer)) {
                    return answer;
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        let asked = tokio::time::timeout(std::time::Duration::from_secs(30), asking).await;
        asked.unwrap_or_else(|_| panic!("{path} never answers so; the log:\n{}", self.log()))
    }

    pub(super) async fn ready(&self) {
        self.until("/readyz", |answer| answer.status == 200).await;
    }

    /// `tiquo-auth health`: whether it succeeds, and what it says.
    pub(super) fn health(&self) -> (bool, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tiquo-auth"));
        let output = command.args(["health", "--url", &self.url("")]).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).unwrap())
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The body of a request for a code.
pub(super) fn send_body(email: &str) -> Value {
    json!({"public_key": "pk_dom_demo", "email": email})
}
