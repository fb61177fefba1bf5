//! The server under test.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::Outcome;
use crate::connection::Connection;

/// A server whose store is in a folder. It ends when this is dropped.
pub(crate) struct Server {
    child: Child,
    log: PathBuf,
}

impl Server {
    pub(crate) async fn start(folder: &Path, work: &Path, port: u16) -> Outcome<Self> {
        let own = std::env::current_exe()?;
        let programs = own.parent().and_then(Path::parent).map_or_else(PathBuf::new, Path::to_owned);
        let log = work.join("log");
        let child = Command::new(programs.join("tiquo-auth"))
            .args(["dev", "--port", &port.to_string(), "--app-port", "0", "--data"])
            .arg(folder.join("data"))
            .arg("--keys")
            .arg(work.join("keys"))
            .envs([
                ("TIQUO_AUTH__LOG__FORMAT", "json"),
                ("TIQUO_AUTH__LOG__LEVEL", "warn"),
                // All of it comes from one network.
                ("TIQUO_AUTH__CODES__SENDS_PER_HOUR_PER_NETWORK", "1000000"),
                ("TIQUO_AUTH__CLIENT_API__LIMITS", "1000000/1"),
            ])
            .stdout(Stdio::null())
            .stderr(File::create(&log)?)
            .spawn()?;
        let server = Self { child, log };
        for _ in 0..600 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let Ok(mut connection) = Connection::open(&format!("localhost:{port}")).await else { continue };
            if connection.ask("GET", "/readyz", "", "").await.is_ok_and(|answer| answer.status == 200) {
                return Ok(server);
            }
        }
        Err("the server is not ready after a minute".into())
    }

    pub(crate) fn is_running(&mut self) -> Outcome<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// What it logged of its store, each text once, with how often it came.
    pub(crate) fn log(&self) -> Outcome<String> {
        let mut times = BTreeMap::<String, u64>::new();
        for line in std::fs::read_to_string(&self.log)?.lines() {
            let Ok(line) = serde_json::from_str::<serde_json::Value>(line) else { continue };
            let text = |name: &str| {
                let found = line.get(name).or_else(|| line.get("fields").and_then(|fields| fields.get(name)));
                found.and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
            };
            let message = text("message");
            if message.contains("store") || message.contains("part of this process") {
                let entry =
                    times.entry(format!("{} {message} {}", text("level"), text("error"))).or_default();
                *entry = entry.saturating_add(1);
            }
        }
        let mut told = String::new();
        for (line, count) in times {
            writeln!(told, "  {count} x {line}")?;
        }
        Ok(told)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
