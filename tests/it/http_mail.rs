//! What the caller of `otp/send` sees of the mail relay: the real server, queue and SMTP.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tiquo_auth::mail::{MailQueue, QueueSettings, QueueStats, Relay, SmtpSecurity, SmtpSettings};
use tiquo_auth::system::SystemEntropy;

use crate::support::app::TestApp;
use crate::support::clock::ManualClock;
use crate::support::needs::needs;
use crate::support::smtp::{PATIENCE, Received, SmtpServer};
use crate::support::stores;

struct Rig {
    app: TestApp,
    queue: Arc<MailQueue>,
    relay: SmtpServer,
}

impl Rig {
    async fn start(behaviour: serde_json::Value) -> Self {
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
        let queue = Arc::new(MailQueue::start(
            &Relay::new(&settings).unwrap(),
            QueueSettings { capacity: 100, workers: 2 },
            Arc::new(clock.clone()),
            Arc::new(SystemEntropy),
        ));
        let app = TestApp::start_mailing(stores::embedded(), clock, Arc::clone(&queue) as _);
        Self { app, queue, relay }
    }

    async fn until(&self, what: &str, condition: impl Fn(&QueueStats) -> bool) {
        let look = async {
            while !condition(&self.queue.stats()) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let seen = tokio::time::timeout(PATIENCE, look).await;
        assert!(seen.is_ok(), "not within {PATIENCE:?}: {what}; {:?}", self.queue.stats());
    }

    fn seconds_pass(&self, seconds: u64) {
        self.app.clock.advance(Duration::from_secs(seconds));
    }
}

/// The first number of six digits that stands alone after the mail's head.
pub(crate) fn code_in(mail: &Received) -> String {
    let text = String::from_utf8_lossy(&mail.data);
    let (_, body) = text.split_once("\r\n\r\n").unwrap();
    body.split(|c: char| !c.is_ascii_alphanumeric() && c != '#')
        .find(|word| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit()))
        .unwrap_or_else(|| panic!("no code in {text}"))
        .to_owned()
}

#[tokio::test]
async fn with_the_relay_up_the_mailed_code_signs_in() {
    needs!(Smtp);
    let mut rig = Rig::start(json!({})).await;
    let challenge = rig.app.send_code("ana@example.com").await.text("challenge_id");
    let mail = rig.relay.mail().await;
    assert_eq!(mail.to, ["ana@example.com"]);
    let signed_in = rig.app.verify(&challenge, &code_in(&mail)).await;
    assert!(!signed_in.text("access_token").is_empty());
}

#[tokio::test]
async fn a_relay_that_is_away_is_told_by_a_503_and_its_return_ends_that() {
    needs!(Smtp);
    let mut rig = Rig::start(json!({})).await;
    rig.relay.go_away().await;
    let mut challenges = Vec::new();
    for number in 1..=3 {
        let sent = rig.app.send_code(&format!("a{number}@example.com")).await;
        challenges.push(sent.text("challenge_id"));
        rig.until("the mail waits", |stats| stats.retrying == number).await;
    }
    let refused = rig.app.send_code("late@example.com").await;
    assert_eq!(refused.refusal(), (503, "mail_unavailable"));
    assert_eq!(refused.header("retry-after"), Some("1"));
    let ready = rig.app.get("/readyz").await;
    let degraded = json!({
        "status": "degraded",
        "parts": {"store": "ready", "mail": "away", "keys": "ready"},
        "degraded": [{"part": "mail", "state": "away", "since": ready.data()["degraded"][0]["since"]}],
    });
    assert_eq!(ready.data(), &degraded, "whoever is signed in is served, so the process stays in rotation");
    assert!(ready.data()["degraded"][0]["since"].as_str().unwrap().ends_with('Z'));

    rig.relay.come_back().await;
    rig.seconds_pass(1);
    rig.until("what waited is sent", |stats| stats.sent == 3).await;
    let mut arrived = Vec::new();
    for _ in 0..3 {
        arrived.push(rig.relay.mail().await);
    }
    arrived.sort_by(|a, b| a.to.cmp(&b.to));
    for (challenge, mail) in challenges.iter().zip(&arrived) {
        rig.app.verify(challenge, &code_in(mail)).await.data();
    }
    assert_eq!(rig.app.get("/readyz").await.data()["status"], "ready");
    rig.app.send_code("late@example.com").await.data();
    assert_eq!(rig.relay.mail().await.to, ["late@example.com"]);
}

#[tokio::test]
async fn an_address_that_the_relay_refuses_gets_the_answer_of_any_other() {
    needs!(Smtp);
    let mut rig = Rig::start(json!({"rcpt": {"gone@example.com": ["550 unknown"]}})).await;
    let mut shapes = Vec::new();
    for (given_up, email) in [(1, "gone@example.com"), (1, "ana@example.com"), (2, "gone@example.com")] {
        let sent = rig.app.send_code(email).await;
        let mut data = sent.data().clone();
        for differs in ["challenge_id", "reference"] {
            data[differs] = json!("");
        }
        shapes.push(data);
        rig.until("the relay judged", |stats| stats.given_up == given_up && stats.in_flight == 0).await;
    }
    assert!(shapes.windows(2).all(|pair| pair[0] == pair[1]), "{shapes:?}");
    assert_eq!(rig.relay.mail().await.to, ["ana@example.com"]);
    assert_eq!(rig.app.get("/readyz").await.status, 200, "a refusal of one address is no trouble");
}

#[tokio::test]
async fn a_mail_that_the_relay_puts_off_is_delivered_once() {
    needs!(Smtp);
    let mut rig = Rig::start(json!({"rcpt": {"ana@example.com": ["451 later", "250 OK"]}})).await;
    let challenge = rig.app.send_code("ana@example.com").await.text("challenge_id");
    rig.until("it waits", |stats| stats.retrying == 1).await;
    rig.seconds_pass(1);
    let mail = rig.relay.mail().await;
    rig.until("it is sent", |stats| stats.sent == 1 && stats.retrying == 0).await;
    assert_eq!(rig.relay.unseen("mail").await, 0);
    rig.app.verify(&challenge, &code_in(&mail)).await.data();
}

#[tokio::test]
async fn a_relay_that_hangs_holds_up_no_caller() {
    needs!(Smtp);
    let mut rig = Rig::start(json!({"hold": ["slow@slow.example"]})).await;
    rig.app.send_code("slow@slow.example").await.data();
    rig.relay.event("held").await;
    rig.app.send_code("ana@example.com").await.data();
    assert_eq!(rig.relay.mail().await.to, ["ana@example.com"], "another connection delivers it");
    assert_eq!((rig.queue.stats().in_flight.min(1), rig.app.get("/readyz").await.status), (1, 200));
}
