//! The table of addresses: pages, `otp/send`, SDK, import, `users` and configuration do the same with each, and the mail of
//! each that is taken arrives at an SMTP server.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tiquo_auth::config::{ReferencedFiles, check};
use tiquo_auth::flow::import::import;
use tiquo_auth::mail::{MailQueue, QueueSettings, QueueStats, Relay, SmtpSecurity, SmtpSettings};
use tiquo_auth::protocol::budget::Limit;
use tiquo_auth::protocol::policy::Policy;
use tiquo_auth::system::SystemEntropy;

use super::sdk;
use super::table::TABLE;
use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::clock::ManualClock;
use crate::support::needs::needs;
use crate::support::oidc::authorize;
use crate::support::smtp::{PATIENCE, SmtpServer};
use crate::support::stores;

/// A server whose mail goes to an SMTP server, and which lets one network ask for as many codes as the table has rows.
async fn mailing(behaviour: serde_json::Value) -> (TestApp, SmtpServer, Arc<MailQueue>) {
    let relay = SmtpServer::start(behaviour).await;
    let settings = SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port: relay.port,
        security: SmtpSecurity::None,
        credentials: None,
        extra_roots: None,
        hello_name: None,
        connect_timeout: PATIENCE,
        send_timeout: PATIENCE,
    };
    let clock = ManualClock::fixed();
    let queue = MailQueue::start(
        &Relay::new(&settings).unwrap(),
        QueueSettings { capacity: 1000, workers: 2 },
        Arc::new(clock.clone()),
        Arc::new(SystemEntropy),
    );
    let queue = Arc::new(queue);
    let app = TestApp::start_mailing_with(stores::embedded(), clock, Arc::clone(&queue) as _, unlimited);
    (app, relay, queue)
}

fn unlimited(policy: &mut Policy) {
    let many = |limit: &mut Limit| limit.count = 100_000;
    let sends = &mut policy.sends;
    for limit in [&mut sends.per_address_and_network, &mut sends.per_address, &mut sends.per_network] {
        many(limit);
    }
    many(&mut sends.per_mailbox.in_organization);
    many(&mut sends.per_mailbox.over_all);
    // The SDK in Node sends no `Origin`.
    policy.organizations[0].allow_missing_origin = true;
}

/// Whether `otp/send` took it; when it did not, it said why.
async fn api(app: &TestApp, typed: &str) -> bool {
    let answer = app.send_code(typed).await;
    if answer.status != 200 {
        assert_eq!(answer.refusal(), (400, "email_invalid"), "{typed:?}");
    }
    answer.status == 200
}

/// Whether the sign-in page took it; when it did not, it says so and still has what was typed.
async fn page(app: &TestApp, typed: &str) -> bool {
    let mut browser = Browser::new(app);
    let shown = browser.open(&authorize(&[])).await;
    let action = shown.url.split('?').next().unwrap().to_owned();
    let heard = browser.press(&shown, &action, &[("email", typed)]).await;
    if heard.url.ends_with("/code") {
        return true;
    }
    assert!(heard.status == 400 && heard.says("Check the address"), "{typed:?}: {heard:?}");
    false
}

/// Whether an import took it, as a customer's and as a record's owner.
async fn imported(app: &TestApp, number: usize, typed: &str) -> bool {
    let lines = [
        json!({"kind": "customer", "organization": "org_demo", "data": {"email": typed}}),
        json!({"kind": "order", "organization": "org_demo", "email": typed, "data": {
            "id": format!("o{number}"), "orderNumber": "ORD-000001", "status": "completed",
            "paymentStatus": "paid", "total": 1, "createdAt": 5,
        }}),
    ];
    let lines = lines.map(|line| line.to_string());
    let numbered = (1_u64..).zip(&lines).map(|(number, line)| (number, line.as_bytes()));
    let outcome = import(&app.cx, numbered).await.unwrap();
    for refusal in &outcome.refusals {
        assert!(refusal.because.contains("e-mail address"), "{typed:?}: {refusal:?}");
    }
    assert_ne!(outcome.refusals.len(), 1, "{typed:?}: both lines, or none");
    outcome.refusals.is_empty()
}

const CONFIGURATION: &str = "[tokens]\nissuer = \"https://id.example\"\n[listen]\n\
    trusted_proxies = [\"10.0.0.0/8\"]\n[mail.smtp]\nhost = \"relay.example\"\n[[organizations]]\nid = \"org_demo\"\n\
    name = \"Demo\"\npublic_key = \"pk_dom_demo\"\n";

/// The configuration with an address as the sender's and as one that is blocked.
fn configuration(folder: &tempfile::TempDir, sender: &str, blocked: &str) -> String {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let (keys, store) = (folder.path().join("keys"), folder.path().join("store.redb"));
    let (keys, store) = (keys.display().to_string(), store.display().to_string());
    format!(
        "{CONFIGURATION}sender_address = {}\nblocked_addresses = [{}]\n[[organizations.domains]]\n\
         origin = \"https://demo.example\"\n[keys]\ndir = {}\n[store.embedded]\npath = {}\n",
        quoted(sender),
        quoted(blocked),
        quoted(&keys),
        quoted(&store),
    )
}

/// Whether the configuration took it, in both places.
fn configured(typed: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, configuration(&folder, typed, typed)).unwrap();
    let mistakes = check(&path, ReferencedFiles::Here, []).mistakes.len();
    assert!(mistakes == 0 || mistakes == 2, "{typed:?}: both, or none: {mistakes}");
    mistakes == 0
}

/// Whether the command `users` took it.
fn users(folder: &tempfile::TempDir, typed: &str) -> bool {
    let output = Command::new(env!("CARGO_BIN_EXE_tiquo-auth"))
        .args(["users", "claims", typed, "--organization", "org_demo", "--file"])
        .arg(folder.path().join("claims.json"))
        .arg("--config")
        .arg(folder.path().join("config.toml"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() || said.contains("e-mail address"), "{typed:?}: {said}");
    output.status.success()
}

/// A folder with a configuration for the command.
fn place() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text = configuration(&folder, "hello@demo.example", "nobody@demo.example");
    std::fs::write(folder.path().join("config.toml"), text).unwrap();
    std::fs::write(folder.path().join("claims.json"), "{}").unwrap();
    folder
}

/// The recipients of all that the relay took since the last time, when nothing is on its way any more.
async fn arrived(relay: &mut SmtpServer, queue: &MailQueue) -> Vec<String> {
    let is_over = async {
        while matches!(queue.stats(), QueueStats { queued, retrying, in_flight, .. } if queued + retrying + in_flight > 0)
        {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(PATIENCE, is_over).await.expect("all mails are sent or given up");
    let mut recipients = Vec::new();
    for _ in 0..relay.unseen("mail").await {
        recipients.push(relay.mail().await.to.concat());
    }
    recipients
}

fn shown(typed: &str) -> String {
    let escaped = typed.escape_debug().to_string();
    let escaped = escaped.replace('\u{a0}', "\\u{a0}").replace('\u{3000}', "\\u{3000}");
    if escaped.chars().count() > 40 { escaped.chars().take(39).chain(['…']).collect() } else { escaped }
}

#[tokio::test]
async fn every_door_does_the_same_with_an_address_and_what_is_taken_arrives() {
    needs!(Smtp);
    needs!(Node);
    let (app, mut relay, queue) = mailing(json!({})).await;
    let (place, importing) = (place(), TestApp::start(stores::embedded()));
    let addresses = TABLE.map(|(typed, _)| typed);
    let base = app.base.clone();
    let by_sdk = tokio::task::spawn_blocking(move || sdk::send_all(&base, &addresses)).await.unwrap();
    let by_sdk_received = arrived(&mut relay, &queue).await;
    let mut rows = vec![format!(
        "{:<40} {:<5} {:<8} {:<5} {:<6} {:<5} {:<6} received as",
        "address", "page", "otp/send", "SDK", "import", "users", "config"
    )];
    let (mut wrong, taken) = (Vec::new(), TABLE.iter().filter(|(_, expected)| expected.is_some()).count());
    for (number, ((typed, expected), by_sdk)) in TABLE.into_iter().zip(&by_sdk).enumerate() {
        let (by_api, by_page) = (api(&app, typed).await, page(&app, typed).await);
        let received = arrived(&mut relay, &queue).await;
        let doors = [
            by_page,
            by_api,
            by_sdk == "sent",
            imported(&importing, number, typed).await,
            users(&place, typed),
            configured(typed),
        ];
        assert!(["sent", "email_invalid"].contains(&by_sdk.as_str()), "{typed:?}: {by_sdk}");
        let arrived = match expected {
            Some(expected) => received == [expected; 2] && by_sdk_received.iter().any(|to| to == expected),
            None => received.is_empty(),
        };
        if doors != [expected.is_some(); 6] || !arrived {
            wrong.push(shown(typed));
        }
        let [page, api, sdk, import, users, config] = doors.map(|taken| if taken { "taken" } else { "–" });
        let received = received.first().map_or(String::new(), |to| shown(to));
        let typed = shown(typed);
        rows.push(format!(
            "{typed:<40} {page:<5} {api:<8} {sdk:<5} {import:<6} {users:<5} {config:<6} {received}"
        ));
    }
    println!("{}", rows.join("\n"));
    assert_eq!(wrong, Vec::<String>::new(), "see the table");
    assert_eq!((by_sdk_received.len(), queue.stats().given_up), (taken, 0));
}

#[tokio::test]
async fn rfc6531_a_relay_without_smtputf8_is_told_at_the_door_and_no_mail_is_given_up() {
    needs!(Smtp);
    let (app, mut relay, _) = mailing(json!({"smtputf8": false})).await;
    let refused = app.send_code("josé@example.com").await;
    assert_eq!(refused.refusal(), (400, "email_invalid"));
    assert!(refused.body["detail"].as_str().unwrap().contains("letters a to z"), "{refused:?}");
    let mut browser = Browser::new(&app);
    let shown = browser.open(&authorize(&[])).await;
    let action = shown.url.split('?').next().unwrap().to_owned();
    let heard = browser.press(&shown, &action, &[("email", "संपर्क@डाटामेल.भारत")]).await;
    assert!(heard.status == 400 && heard.says("We cannot write to this address"), "{heard:?}");
    app.send_code("ana@bücher.example").await.data();
    assert_eq!(relay.mail().await.to, ["ana@xn--bcher-kva.example"], "a domain needs no SMTPUTF8");
}

#[tokio::test]
async fn a_relay_that_cannot_be_asked_for_smtputf8_is_a_503_for_those_addresses() {
    needs!(Smtp);
    let (app, mut relay, _) = mailing(json!({"away": true})).await;
    let refused = app.send_code("josé@example.com").await;
    assert_eq!(refused.refusal(), (503, "mail_unavailable"));
    assert!(refused.header("retry-after").is_some());
    relay.come_back().await;
    assert_eq!(app.send_code("josé@example.com").await.status, 503, "it is not asked again at once");
    app.clock.advance(Duration::from_secs(5));
    app.send_code("josé@example.com").await.data();
    assert_eq!(relay.mail().await.to, ["josé@example.com"]);
}
