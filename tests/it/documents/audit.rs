//! docs/errors.md has every audit event with its level, and no other.

use std::io::Write;
use std::sync::{Arc, Mutex};

use tiquo_auth::ports::audit::{Audit as _, AuditEvent, AuditKind};
use tiquo_auth::protocol::id::OrganizationId;
use tiquo_auth::telemetry::{Format, LogAudit, subscriber};

use crate::support::tables::{AUDIT, error_rows, words};

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Name and level of an event, as its line says them.
fn logged(kind: AuditKind) -> (String, String) {
    let written = Written::default();
    let writer = written.clone();
    let subscriber = subscriber(Format::Json, "error", false, move || writer.clone()).unwrap();
    let organization = OrganizationId::new("org_one");
    tracing::subscriber::with_default(subscriber, || {
        LogAudit.record(&AuditEvent {
            kind,
            request_id: "request",
            organization: &organization,
            user: None,
            client: None,
            sid: None,
            network: None,
        });
    });
    let line: serde_json::Value = serde_json::from_slice(&written.0.lock().unwrap()).unwrap();
    let member = |name: &str| line[name].as_str().unwrap().to_owned();
    (member("event"), member("level"))
}

#[test]
fn every_audit_event_is_listed_with_its_level_and_no_other() {
    assert_eq!(words(AUDIT), AuditKind::ALL.iter().map(|kind| kind.name().to_owned()).collect());
    let mut listed: Vec<_> =
        error_rows(AUDIT).into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    listed.sort();
    let mut every = AuditKind::ALL.iter().copied().map(logged).collect::<Vec<_>>();
    every.sort();
    assert_eq!(listed, every);
}
