//! The content of log lines, and secrets that they must never contain.

use std::io::Write;
use std::sync::{Arc, Mutex};

use super::*;
use crate::protocol::address::EmailAddress;
use crate::protocol::code::{Code, CodeForm};
use crate::protocol::grant::Generation;
use crate::protocol::id::{Bucket, ChallengeId, Sid};
use crate::protocol::mac::MacKeyId;
use crate::protocol::refresh_token::RefreshToken;
use crate::protocol::secret::Secret;

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn logged(format: Format, directives: &str, act: impl FnOnce()) -> String {
    let captured = Captured::default();
    let writer = captured.clone();
    let subscriber = subscriber(format, directives, false, move || writer.clone()).unwrap();
    tracing::subscriber::with_default(subscriber, act);
    String::from_utf8(captured.0.lock().unwrap().clone()).unwrap()
}

fn record(kind: AuditKind) {
    let (organization, user) = (OrganizationId::new("org_one"), UserId::new("user_one"));
    let network = ClientNetwork::of("192.0.2.7".parse().unwrap());
    let sid = Sid::new(Bucket::from_bytes([0, 1]).unwrap(), &[7; 16]);
    LogAudit.record(&AuditEvent {
        kind,
        request_id: "req_1",
        organization: &organization,
        user: Some(&user),
        client: None,
        sid: Some(&sid),
        network: Some(&network),
    });
}

#[test]
fn an_audit_event_is_one_object_with_what_is_known() {
    let text = logged(Format::Json, "info", || record(AuditKind::RefreshTokenReused));
    assert_eq!(text.lines().count(), 1, "{text}");
    let line: serde_json::Value = serde_json::from_str(&text).unwrap();
    let sid = Sid::new(Bucket::from_bytes([0, 1]).unwrap(), &[7; 16]).encode();
    for (field, value) in [
        ("target", "audit"),
        ("level", "WARN"),
        ("event", "refresh_token_reused"),
        ("request_id", "req_1"),
        ("organization", "org_one"),
        ("user", "user_one"),
        ("sid", sid.as_str()),
        ("network", "192.0.2.0/24"),
    ] {
        assert_eq!(line[field], value, "{text}");
    }
    assert!(line.get("client").is_none(), "what is not known is left out: {text}");
}

#[test]
fn no_level_and_no_filter_turns_audit_events_off() {
    for directives in ["error", "error,audit=error", "warn,audit=off"] {
        let text = logged(Format::Text, directives, || {
            tracing::info!("ordinary");
            record(AuditKind::SignedIn);
        });
        assert!(text.contains("signed_in") && !text.contains("ordinary"), "{directives}: {text}");
    }
}

#[test]
fn no_secret_type_prints() {
    let code = Code::from_random(CodeForm::Digits, 112_233).unwrap();
    let token = RefreshToken {
        mac_key: MacKeyId::new(1),
        bucket: Bucket::from_bytes([0, 1]).unwrap(),
        secret: [0x5a; 16],
        generation: Generation::FIRST,
    };
    let challenge = ChallengeId::new(MacKeyId::new(1), Bucket::from_bytes([0, 1]).unwrap(), &[0x5a; 16]);
    let address = EmailAddress::parse("112233@hunter2.example").unwrap();
    let secret = Secret::new("hunter2".to_owned());
    for format in [Format::Text, Format::Json] {
        let text = logged(format, "trace", || {
            tracing::info!(?code, ?token, ?challenge, ?address, ?secret, "all of them");
        });
        assert!(text.contains("all of them") && text.contains("[secret]"), "{text}");
        for shown in ["112233", "hunter2", "90, 90", "5a5a", "WlpaWl", &challenge.encode()] {
            assert!(!text.contains(shown), "{shown} in {text}");
        }
    }
}

#[test]
fn a_wrong_directive_is_an_error() {
    assert!(subscriber(Format::Text, "info,=,a=b=c", false, std::io::sink).is_err());
}
