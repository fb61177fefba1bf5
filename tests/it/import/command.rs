//! The command: its report, its progress, and that a kill loses nothing.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;
use tiquo_auth::ports::store::{RecordListing, RecordStore as _};
use tiquo_auth::protocol::id::{CustomerId, OrganizationId};
use tiquo_auth::protocol::record::{CustomerKey, RecordKind, RecordQuery};
use tiquo_auth::store::embedded::{EmbeddedOptions, EmbeddedStore};

use super::{customer, order};
use crate::support::clock::still;
use crate::support::redis_server::wait_until;

const CUSTOMERS: u64 = 200;
const LINES: u64 = 24_000;

/// A folder with a configuration and a file to import.
pub(super) struct Place(TempDir);

impl Place {
    pub(super) fn new(lines: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let config = format!(
            "[tokens]\nissuer = \"https://id.example\"\n[listen]\ntrusted_proxies = [\"10.0.0.0/8\"]\n\
             [mail.smtp]\nhost = \"relay.example\"\n[keys]\ndir = \"{}\"\n[store.embedded]\npath = \"{}\"\n\
             [[organizations]]\nid = \"org_demo\"\nname = \"Demo\"\npublic_key = \"pk_dom_demo\"\n\
             sender_address = \"hello@demo.example\"\n[[organizations.domains]]\norigin = \"https://demo.example\"\n",
            path("keys"),
            path("store.redb"),
        );
        std::fs::write(folder.path().join("config.toml"), config).unwrap();
        std::fs::write(folder.path().join("import.ndjson"), lines).unwrap();
        Self(folder)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tiquo-auth"));
        command.arg("import").arg(self.path("import.ndjson")).arg("--config").arg(self.path("config.toml"));
        command
    }

    fn run(&self) -> Output {
        self.command().output().unwrap()
    }

    /// The ids of everybody's orders, as they are listed.
    async fn orders(&self) -> Vec<Vec<String>> {
        let store =
            EmbeddedStore::open(&self.path("store.redb"), EmbeddedOptions::default(), still()).unwrap();
        let mut all = Vec::new();
        for number in 0..CUSTOMERS {
            let key = CustomerKey {
                organization: OrganizationId::new("org_demo"),
                customer: CustomerId::new(format!("cust_{number}")),
            };
            let (mut own, mut cursor) = (Vec::new(), None);
            loop {
                let query = RecordQuery { limit: 100, cursor, status: None };
                let page = store.list_records(&key, RecordKind::Order, &query).await.unwrap();
                let RecordListing::Page { records, next } = page else { panic!() };
                own.extend(records);
                match next {
                    Some(id) => cursor = Some(id),
                    None => break,
                }
            }
            all.push(own);
        }
        all
    }
}

fn everything() -> String {
    let mut lines = String::new();
    for number in 0..CUSTOMERS {
        let line = customer(&format!("c{number}@example.com"), Some(&format!("cust_{number}")));
        writeln!(lines, "{line}").unwrap();
    }
    for number in 0..LINES - CUSTOMERS {
        let email = format!("c{}@example.com", number % CUSTOMERS);
        writeln!(lines, "{}", order(&email, &format!("o{number}"), number)).unwrap();
    }
    lines
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn exists(folder: &Place, name: &str) -> bool {
    Path::new(&folder.path(name)).exists()
}

#[tokio::test]
async fn an_import_that_is_killed_and_run_again_ends_as_one_that_was_not() {
    let lines = everything();
    let (whole, killed) = (Place::new(&lines), Place::new(&lines));
    let output = whole.run();
    assert!(output.status.success(), "{output:?}");
    let said = stdout(&output);
    assert!(said.starts_with("24000 lines: 24000 created, 0 updated, 0 unchanged, 0 refused;"), "{said}");

    let mut child = killed.command().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let noted = killed.path("import.ndjson.progress.json");
    wait_until("the first batch", || noted.exists());
    child.kill().unwrap();
    let ended = child.wait().unwrap();
    assert!(!ended.success(), "it was killed before its end");
    assert!(noted.exists());
    let output = killed.run();
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("going on after line"), "{output:?}");
    assert!(stdout(&output).starts_with("24000 lines:"), "all of them are told of: {}", stdout(&output));
    assert_eq!(killed.orders().await, whole.orders().await);
    assert!(
        !exists(&killed, "import.ndjson.progress.json") && !exists(&killed, "import.ndjson.refused.ndjson")
    );
}

#[test]
fn refused_lines_are_reported_and_the_command_fails() {
    let place = Place::new(&format!("{}\nnonsense\n\n{{}}\n", customer("ana@example.com", None)));
    let output = place.run();
    assert!(!output.status.success());
    assert!(
        stdout(&output).starts_with("3 lines: 1 created, 0 updated, 0 unchanged, 2 refused;"),
        "{output:?}"
    );
    let report = std::fs::read_to_string(place.path("import.ndjson.refused.ndjson")).unwrap();
    let lines =
        report.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["line"].clone());
    assert_eq!(lines.collect::<Vec<_>>(), [2, 4]);
    let again = place.run();
    assert!(
        stdout(&again).starts_with("3 lines: 0 created, 0 updated, 1 unchanged, 2 refused;"),
        "{again:?}"
    );
    let report = std::fs::read_to_string(place.path("import.ndjson.refused.ndjson")).unwrap();
    assert_eq!(report.lines().count(), 2, "not told twice");
}

#[test]
fn another_file_of_the_same_name_begins_at_its_beginning() {
    let place = Place::new(&customer("ana@example.com", None).to_string());
    let old = r#"{"size":9,"head":"other","place":{"offset":9,"line":1},"report":0,
        "tally":{"lines":1,"created":1,"updated":0,"unchanged":0,"refused":0}}"#;
    std::fs::write(place.path("import.ndjson.progress.json"), old).unwrap();
    assert!(stdout(&place.run()).starts_with("1 lines: 1 created"), "the old progress does not count");
}
