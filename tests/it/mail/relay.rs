//! The way to the relay: TLS, passwords, and what is refused.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use tempfile::TempDir;
use tiquo_auth::mail::{
    DeliveryFailure, FailureCause, Relay, SmtpCredentials, SmtpSecurity, SmtpSettings, SmtpSettingsError,
};
use tiquo_auth::protocol::secret::Secret;

use super::fixture::{Rig, mail_to, plain};
use crate::support::needs::needs;
use crate::support::smtp::SmtpServer;

/// A private authority and a server certificate of it, in files.
struct Authority {
    root: String,
    folder: TempDir,
}

impl Authority {
    fn with_server_named(name: &str) -> Self {
        let root_key = KeyPair::generate().unwrap();
        let mut root = CertificateParams::new(Vec::new()).unwrap();
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root_pem = root.self_signed(&root_key).unwrap().pem();
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(vec![name.to_owned()])
            .unwrap()
            .signed_by(&key, &Issuer::new(root, root_key))
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("cert.pem"), leaf.pem()).unwrap();
        std::fs::write(folder.path().join("key.pem"), key.serialize_pem()).unwrap();
        Self { root: root_pem, folder }
    }

    async fn server(&self, security: &str, more: Value) -> SmtpServer {
        let file = |name| self.folder.path().join(name);
        let mut behaviour = json!({ "security": security, "cert": file("cert.pem"), "key": file("key.pem") });
        behaviour.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        SmtpServer::start(behaviour).await
    }
}

fn secured(port: u16, security: SmtpSecurity, root: Option<&str>) -> SmtpSettings {
    SmtpSettings { security, extra_roots: root.map(str::to_owned), ..plain(port) }
}

fn with_password(settings: SmtpSettings, password: &str) -> SmtpSettings {
    let credentials =
        SmtpCredentials { username: "mailer".to_owned(), password: Secret::new(password.to_owned()) };
    SmtpSettings { credentials: Some(credentials), ..settings }
}

async fn check(settings: &SmtpSettings) -> Result<(), DeliveryFailure> {
    Relay::new(settings).unwrap().check().await
}

#[tokio::test]
async fn starttls_and_implicit_tls_with_a_private_authority() {
    needs!(Smtp);
    let authority = Authority::with_server_named("127.0.0.1");
    for (name, security) in [("starttls", SmtpSecurity::StartTls), ("tls", SmtpSecurity::Tls)] {
        let mut server = authority.server(name, json!({})).await;
        let rig = Rig::new(&secured(server.port, security, Some(&authority.root)), 10, 1);
        rig.send(mail_to("ana@example.com"));
        assert!(server.mail().await.encrypted, "{name}");
        rig.until("the mail counts as sent", |stats| stats.sent == 1).await;
    }
}

#[tokio::test]
async fn a_certificate_of_another_authority_or_name_is_refused() {
    needs!(Smtp);
    let right = Authority::with_server_named("127.0.0.1");
    let other_name = Authority::with_server_named("other.example");
    for (name, security) in [("starttls", SmtpSecurity::StartTls), ("tls", SmtpSecurity::Tls)] {
        let server = right.server(name, json!({})).await;
        let good = check(&secured(server.port, security, Some(&right.root))).await;
        assert_eq!(good, Ok(()), "{name}");
        for (server, root) in [
            (right.server(name, json!({})).await, None),
            (right.server(name, json!({})).await, Some(other_name.root.as_str())),
            (other_name.server(name, json!({})).await, Some(other_name.root.as_str())),
        ] {
            let failure = check(&secured(server.port, security, root)).await.unwrap_err();
            let DeliveryFailure::Away(FailureCause::Connection(text)) = &failure else { panic!("{failure}") };
            assert!(text.contains("certificate"), "{text}");
        }
    }
}

#[tokio::test]
async fn a_relay_without_starttls_gets_no_mail() {
    needs!(Smtp);
    let mut server = SmtpServer::start(json!({})).await;
    let rig = Rig::new(&secured(server.port, SmtpSecurity::StartTls, None), 10, 1);
    rig.send(mail_to("ana@example.com"));
    rig.until("the mail waits", |stats| stats.retrying == 1).await;
    assert_eq!(server.unseen("mail").await, 0);
    assert_eq!(server.unseen("rcpt").await, 0);
}

#[tokio::test]
async fn both_ways_of_giving_a_password_work() {
    needs!(Smtp);
    let authority = Authority::with_server_named("127.0.0.1");
    for mechanism in ["PLAIN", "LOGIN"] {
        let user = json!({ "user": "mailer", "password": "right", "mechanism": mechanism });
        let mut server = authority.server("starttls", user).await;
        let settings = secured(server.port, SmtpSecurity::StartTls, Some(&authority.root));
        let rig = Rig::new(&with_password(settings, "right"), 10, 1);
        rig.send(mail_to("ana@example.com"));
        let received = server.mail().await;
        assert_eq!(received.user.as_deref(), Some("mailer"));
        assert_eq!(server.event("auth").await["mechanism"], mechanism);
    }
}

#[tokio::test]
async fn a_wrong_password_is_told_without_naming_it() {
    needs!(Smtp);
    let server = SmtpServer::start(json!({ "user": "mailer", "password": "right" })).await;
    let settings = with_password(plain(server.port), "very-wrong");
    let failure = check(&settings).await.unwrap_err();
    assert_eq!(failure, DeliveryFailure::CredentialsRefused(FailureCause::Reply(535)));
    let told = format!("{failure} {failure:?} {settings:?}");
    assert!(!told.contains("very-wrong"), "{told}");
}

#[test]
fn without_tls_mail_goes_to_this_machine_only() {
    let to = |host: &str| Relay::new(&SmtpSettings { host: host.to_owned(), ..plain(25) }).map(drop);
    for here in ["127.0.0.1", "::1", "localhost"] {
        assert_eq!(to(here), Ok(()), "{here}");
    }
    for there in ["mail.example.com", "10.0.0.1", "0.0.0.0", "localhost.example.com"] {
        let error = to(there).unwrap_err();
        assert_eq!(error, SmtpSettingsError::PlainToNetwork { host: there.to_owned() });
        assert!(error.to_string().contains("use STARTTLS or TLS"), "{error}");
    }
}

#[test]
fn settings_that_cannot_be_right_are_refused() {
    let with_roots = |pem: &str| Relay::new(&secured(465, SmtpSecurity::Tls, Some(pem))).map(drop);
    for pem in ["", "no certificate", "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n"] {
        assert!(with_roots(pem).is_err(), "{pem:?}");
    }
    let hello = SmtpSettings { hello_name: Some("a\r\nMAIL FROM:<x@y.z>".to_owned()), ..plain(25) };
    assert!(matches!(Relay::new(&hello).map(drop), Err(SmtpSettingsError::HelloName { .. })));
}
