//! The queue between the use cases and a real SMTP server.

use std::net::TcpListener;
use std::time::Duration;

use serde_json::json;
use tiquo_auth::mail::{CircuitState, SmtpCredentials, SmtpSettings};
use tiquo_auth::ports::mailer::{Mailer as _, RelayState};
use tiquo_auth::protocol::mail::OtpMail;
use tiquo_auth::protocol::secret::Secret;

use super::fixture::{Rig, mail_to, plain};
use crate::support::needs::needs;
use crate::support::smtp::SmtpServer;

fn retry_after(rig: &Rig) -> Option<Duration> {
    rig.queue.reserve().err().map(|unavailable| unavailable.retry_after)
}

/// Takes the server away and lets mails fail until the circuit opens.
async fn open_circuit(rig: &Rig, server: &mut SmtpServer) {
    server.go_away().await;
    for number in 1..=3 {
        rig.send(mail_to(&format!("a{number}@example.com")));
        rig.until("the mail failed", |stats| stats.retrying == number).await;
    }
}

#[tokio::test]
async fn a_relay_that_is_away_opens_the_circuit_and_no_mail_is_taken() {
    needs!(Smtp);
    let mut server = SmtpServer::start(json!({})).await;
    let rig = Rig::for_server(&server);
    assert!(rig.queue.is_healthy());
    open_circuit(&rig, &mut server).await;
    assert_eq!(rig.queue.stats().circuit, CircuitState::Open);
    assert!(!rig.queue.is_healthy());
    assert_eq!(retry_after(&rig), Some(Duration::from_secs(1)));
}

#[tokio::test]
async fn a_relay_that_returns_closes_the_circuit_and_waiting_mails_arrive_once() {
    needs!(Smtp);
    let mut server = SmtpServer::start(json!({})).await;
    let rig = Rig::for_server(&server);
    open_circuit(&rig, &mut server).await;
    rig.seconds_pass(1);
    rig.until("a probe failed and the next one is later", |stats| {
        stats.circuit == CircuitState::Open && retry_after(&rig) == Some(Duration::from_secs(2))
    })
    .await;
    server.come_back().await;
    rig.seconds_pass(2);
    let mut arrived = Vec::new();
    for _ in 0..3 {
        arrived.extend(server.mail().await.to);
    }
    arrived.sort();
    assert_eq!(arrived, ["a1@example.com", "a2@example.com", "a3@example.com"]);
    rig.until("all is sent", |stats| stats.sent == 3 && stats.circuit == CircuitState::Closed).await;
    assert_eq!(server.unseen("mail").await, 0);
    assert!(rig.queue.reserve().is_ok() && rig.queue.is_healthy());
}

#[tokio::test]
async fn when_the_relay_is_back_no_mail_waits_out_its_back_off() {
    needs!(Smtp);
    let later = json!({ "ana@example.com": ["451 later", "451 later", "451 later", "250 OK"] });
    let mut server = SmtpServer::start(json!({ "rcpt": later })).await;
    let rig = Rig::for_server(&server);
    rig.send(mail_to("ana@example.com"));
    for wait in [1, 2] {
        server.event("rcpt").await;
        rig.until("it failed", |stats| stats.retrying == 1 && stats.in_flight == 0).await;
        rig.seconds_pass(wait);
    }
    server.event("rcpt").await;
    rig.until("it is due in five seconds", |stats| stats.retrying == 1 && stats.in_flight == 0).await;
    server.go_away().await;
    for number in 1..=3 {
        rig.send(mail_to("bob@example.com"));
        rig.until("the mail failed", |stats| stats.retrying == 1 + number).await;
    }
    server.come_back().await;
    rig.seconds_pass(1);
    rig.until("all are sent one second later", |stats| stats.sent == 4).await;
}

#[tokio::test]
async fn the_circuit_closes_by_itself_when_no_mail_waits() {
    needs!(Smtp);
    let mut server = SmtpServer::start(json!({})).await;
    let rig = Rig::for_server(&server);
    open_circuit(&rig, &mut server).await;
    rig.seconds_pass(600);
    rig.until("all codes are dead", |stats| stats.retrying == 0 && stats.given_up == 3).await;
    assert_eq!(rig.queue.stats().circuit, CircuitState::Open);
    server.come_back().await;
    rig.seconds_pass(20);
    rig.until("the circuit is closed", |stats| stats.circuit == CircuitState::Closed).await;
    assert_eq!(server.unseen("mail").await, 0);
}

#[tokio::test]
async fn a_relay_that_says_nothing_is_away() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    // A timeout is real time: short, because nothing else can happen here.
    let short = Duration::from_millis(50);
    let port = silent.local_addr().unwrap().port();
    let rig = Rig::new(&SmtpSettings { connect_timeout: short, ..plain(port) }, 10, 1);
    assert_eq!(rig.queue.relay(), RelayState::NotTried);
    for number in 1..=3 {
        rig.send(mail_to("ana@example.com"));
        rig.until("the mail failed", |stats| stats.retrying == number).await;
    }
    assert_eq!(rig.queue.stats().circuit, CircuitState::Open);
    assert_eq!(rig.queue.relay(), RelayState::Away);
}

/// A domain whose mails get no answer, or 421, after `RCPT` (RFC 5321 §3.8) says nothing about the relay.
#[tokio::test]
async fn one_recipient_domain_without_an_answer_is_not_the_relay_away() {
    needs!(Smtp);
    let replies = json!({ "ana@slow.example": ["421 closing"], "bob@slow.example": ["421 closing"] });
    let mut server = SmtpServer::start(json!({ "rcpt": replies, "hold": ["eve@slow.example"] })).await;
    let settings = SmtpSettings { send_timeout: Duration::from_millis(300), ..plain(server.port) };
    let rig = Rig::new(&settings, 20, 2);
    for number in 1..=9 {
        let to = ["ana@slow.example", "bob@slow.example", "eve@slow.example"][number % 3];
        rig.send(mail_to(to));
        rig.until("the mail failed", |stats| stats.retrying == number && stats.in_flight == 0).await;
    }
    assert_eq!(rig.queue.relay(), RelayState::Ready);
    rig.send(mail_to("ana@example.com"));
    assert_eq!(server.mail().await.to, ["ana@example.com"]);
    assert!(rig.queue.is_healthy() && rig.queue.reserve().is_ok());
}

#[tokio::test]
async fn several_recipient_domains_without_an_answer_are_the_relay_away() {
    needs!(Smtp);
    let domains = ["one.example", "two.example", "three.example"];
    let replies = domains.map(|domain| (format!("ana@{domain}"), json!(["421 closing"])));
    let replies = replies.into_iter().collect::<serde_json::Map<_, _>>();
    let server = SmtpServer::start(json!({ "rcpt": replies })).await;
    let rig = Rig::new(&plain(server.port), 10, 1);
    for (number, domain) in (1..).zip(domains) {
        assert_eq!(rig.queue.stats().circuit, CircuitState::Closed, "{domain}");
        rig.send(mail_to(&format!("ana@{domain}")));
        rig.until("the mail failed", |stats| stats.retrying == number).await;
    }
    assert_eq!(rig.queue.stats().circuit, CircuitState::Open);
}

/// A password that stopped working, or that is missing, fails every mail alike (RFC 4954 §6), and is told as that.
#[tokio::test]
async fn rfc4954_6_a_refused_sign_in_is_told_as_that() {
    needs!(Smtp);
    let server = SmtpServer::start(json!({ "user": "mailer", "password": "right" })).await;
    let wrong = SmtpCredentials { username: "mailer".to_owned(), password: Secret::new("wrong".to_owned()) };
    for credentials in [None, Some(wrong)] {
        let is_wrong = credentials.is_some();
        let rig = Rig::new(&SmtpSettings { credentials, ..plain(server.port) }, 10, 1);
        rig.send(mail_to("ana@example.com"));
        rig.until("the mail failed", |stats| stats.retrying == 1).await;
        assert_eq!(rig.queue.stats().circuit, CircuitState::Open);
        assert_eq!(rig.queue.relay(), RelayState::CredentialsRefused);
        if is_wrong {
            rig.seconds_pass(1);
            rig.until("a probe failed", |_| retry_after(&rig) == Some(Duration::from_secs(2))).await;
            assert_eq!(rig.queue.relay(), RelayState::CredentialsRefused);
        }
    }
}

/// A domain that takes its mails slowly holds one worker, however many mails it gets.
#[tokio::test]
async fn a_slow_domain_leaves_workers_to_the_others() {
    needs!(Smtp);
    let hold = (0..20).map(|number| format!("a{number}@slow.example")).collect::<Vec<_>>();
    let mut server = SmtpServer::start(json!({ "hold": hold })).await;
    let rig = Rig::new(&plain(server.port), 40, 4);
    for to in &hold {
        rig.send(mail_to(to));
    }
    rig.until("the slow domain has its share", |stats| stats.in_flight == 1).await;
    for number in 0..6 {
        let to = format!("b{number}@example.com");
        rig.send(mail_to(&to));
        assert_eq!(server.mail().await.to, [to], "though twenty mails came before");
    }
    rig.until("only the slow domain is under way", |stats| stats.in_flight == 1 && stats.sent == 6).await;
}

#[tokio::test]
async fn a_slow_relay_times_out_and_the_next_mail_does_not_read_its_answer() {
    needs!(Smtp);
    let mut server = SmtpServer::start(json!({ "hold": ["slow@example.com"] })).await;
    let settings = SmtpSettings { send_timeout: Duration::from_millis(300), ..plain(server.port) };
    let rig = Rig::new(&settings, 10, 1);
    rig.send(mail_to("slow@example.com"));
    server.event("held").await;
    rig.until("the slow one waits", |stats| stats.retrying == 1).await;
    rig.send(mail_to("ana@example.com"));
    assert_eq!(server.mail().await.to, ["ana@example.com"]);
    server.behave(json!({ "hold": [] })).await;
    rig.seconds_pass(1);
    assert_eq!(server.mail().await.to, ["slow@example.com"]);
}

#[tokio::test]
async fn rfc5321_4_2_1_a_4yz_reply_is_retried_and_the_mail_delivered_once() {
    needs!(Smtp);
    let later = json!({ "ana@example.com": ["451 greylisted", "452 still", "250 OK"] });
    let mut server = SmtpServer::start(json!({ "rcpt": later })).await;
    let rig = Rig::for_server(&server);
    rig.send(mail_to("ana@example.com"));
    for (failures, wait) in [1, 2].into_iter().enumerate() {
        server.event("rcpt").await;
        rig.until("it failed", |stats| stats.retrying == 1 && stats.in_flight == 0).await;
        rig.clock.advance(Duration::from_millis(wait * 1000 - 1));
        assert_eq!(server.unseen("rcpt").await, 0, "not before its time, after failure {failures}");
        rig.clock.advance(Duration::from_millis(1));
    }
    assert_eq!(server.mail().await.to, ["ana@example.com"]);
    rig.until("it is sent", |stats| stats.sent == 1 && stats.retrying == 0).await;
    assert_eq!(rig.queue.stats().circuit, CircuitState::Closed);
    assert_eq!(rig.queue.drain(Duration::from_secs(20)).await, 0);
    assert_eq!(server.unseen("mail").await, 0);
}

#[tokio::test]
async fn rfc5321_4_2_1_a_5yz_reply_is_final_and_says_nothing_about_the_relay() {
    needs!(Smtp);
    let behaviour = json!({ "rcpt": { "gone@example.com": ["550 no such user"] }, "data": { "spam@example.com": "554 no" } });
    let mut server = SmtpServer::start(behaviour).await;
    let rig = Rig::for_server(&server);
    for _ in 0..3 {
        rig.send(mail_to("gone@example.com"));
        rig.send(mail_to("spam@example.com"));
    }
    rig.until("all were given up", |stats| stats.given_up == 6).await;
    assert_eq!(rig.queue.stats().circuit, CircuitState::Closed);
    rig.seconds_pass(60);
    rig.send(mail_to("ana@example.com"));
    assert_eq!(server.mail().await.to, ["ana@example.com"]);
    assert_eq!(rig.queue.drain(Duration::from_secs(20)).await, 0);
    assert_eq!(server.unseen("rcpt").await, 7, "no attempt beside the first ones");
}

#[tokio::test]
async fn a_mail_whose_code_has_died_is_not_sent() {
    needs!(Smtp);
    let mut server = SmtpServer::start(json!({ "rcpt": { "ana@example.com": ["451 later"] } })).await;
    let rig = Rig::for_server(&server);
    rig.send(mail_to("ana@example.com"));
    server.event("rcpt").await;
    rig.until("it waits", |stats| stats.retrying == 1).await;
    rig.seconds_pass(600);
    rig.until("it is given up", |stats| stats.given_up == 1).await;
    rig.send(mail_to("late@example.com"));
    rig.until("a mail that came too late is given up", |stats| stats.given_up == 2).await;
    assert_eq!(server.unseen("rcpt").await, 0);
}

#[tokio::test]
async fn a_full_queue_takes_no_more_until_a_place_is_free() {
    needs!(Smtp);
    let mut server =
        SmtpServer::start(json!({ "rcpt": { "ana@example.com": ["451 later", "250 OK"] } })).await;
    let rig = Rig::new(&plain(server.port), 2, 1);
    rig.send(mail_to("ana@example.com"));
    rig.until("it waits", |stats| stats.retrying == 1).await;
    let slot = rig.queue.reserve().unwrap();
    assert_eq!(retry_after(&rig), Some(Duration::from_secs(5)), "a retried mail and a reserved place count");
    drop(slot);
    let slot = rig.queue.reserve().expect("a slot that is dropped gives its place back");
    rig.seconds_pass(1);
    server.mail().await;
    rig.until("it is sent", |stats| stats.sent == 1).await;
    assert!(rig.queue.reserve().is_ok(), "a delivered mail gives its place back");
    slot.submit(mail_to("bob@example.com"));
    server.mail().await;
}

#[tokio::test]
async fn fresh_mails_overtake_those_that_are_retried() {
    needs!(Smtp);
    let behaviour = json!({ "rcpt": { "ana@example.com": ["451 later"] }, "hold": ["slow@slow.example"] });
    let mut server = SmtpServer::start(behaviour).await;
    let rig = Rig::for_server(&server);
    for number in 1..=20 {
        rig.send(mail_to("ana@example.com"));
        rig.until("it waits", |stats| stats.retrying == number).await;
    }
    for _ in 0..20 {
        server.event("rcpt").await;
    }
    // One worker is held up for good. The other would have twenty retries to make first.
    rig.send(mail_to("slow@slow.example"));
    server.event("held").await;
    assert_eq!(server.event("rcpt").await["to"], "slow@slow.example");
    rig.send(mail_to("bob@example.com"));
    rig.seconds_pass(1);
    assert_eq!(server.event("rcpt").await["to"], "bob@example.com", "not one of the twenty");
    assert_eq!(server.mail().await.to, ["bob@example.com"]);
    assert_eq!(server.event("rcpt").await["to"], "ana@example.com", "they were due");
}

/// Retries that hang take all workers but one.
#[tokio::test]
async fn one_worker_is_kept_free_of_retries() {
    needs!(Smtp);
    let slow = ["a@slow.example", "b@slow.example"];
    let replies = ["451 later", "250 OK"];
    let behaviour = json!({ "rcpt": { "a@slow.example": replies, "b@slow.example": replies }, "hold": slow });
    let mut server = SmtpServer::start(behaviour).await;
    let rig = Rig::for_server(&server);
    for to in slow {
        rig.send(mail_to(to));
    }
    rig.until("both wait", |stats| stats.retrying == 2).await;
    rig.seconds_pass(1);
    server.event("held").await;
    rig.send(mail_to("ana@example.com"));
    assert_eq!(server.mail().await.to, ["ana@example.com"]);
    assert_eq!((rig.queue.stats().retrying, rig.queue.stats().in_flight.min(1)), (1, 1));
}

#[tokio::test]
async fn drain_waits_for_what_was_accepted_and_takes_no_more() {
    needs!(Smtp);
    let mut server = SmtpServer::start(json!({})).await;
    let rig = Rig::new(&plain(server.port), 50, 2);
    let slot = rig.queue.reserve().unwrap();
    for _ in 0..10 {
        rig.send(mail_to("ana@example.com"));
    }
    let (left, ()) = tokio::join!(rig.queue.drain(Duration::from_secs(20)), async {
        assert!(rig.queue.reserve().is_err(), "draining");
        slot.submit(mail_to("bob@example.com"));
    });
    assert_eq!(left, 0);
    assert_eq!(rig.queue.stats().sent, 11);
    assert_eq!(server.unseen("mail").await, 11);
    assert_eq!(retry_after(&rig), Some(Duration::from_secs(5)));
}

#[tokio::test]
async fn drain_tells_how_many_are_left_at_the_deadline() {
    needs!(Smtp);
    let server = SmtpServer::start(json!({ "rcpt": { "ana@example.com": ["451 later"] } })).await;
    let rig = Rig::for_server(&server);
    for number in 1..=3 {
        rig.send(mail_to("ana@example.com"));
        rig.until("it waits", |stats| stats.retrying == number).await;
    }
    assert_eq!(rig.queue.drain(Duration::ZERO).await, 3);
}

#[tokio::test]
async fn a_suppressed_mail_is_taken_and_never_arrives() {
    needs!(Smtp);
    let mut server = SmtpServer::start(json!({})).await;
    let rig = Rig::new(&plain(server.port), 2, 1);
    for _ in 0..5 {
        rig.send(OtpMail { suppressed: true, ..mail_to("blocked@example.com") });
        rig.until("it is gone", |stats| stats.queued == 0 && stats.in_flight == 0).await;
    }
    rig.send(mail_to("ana@example.com"));
    assert_eq!(server.mail().await.to, ["ana@example.com"]);
    rig.until("it is sent", |stats| stats.sent == 1).await;
    assert_eq!((server.unseen("mail").await, server.unseen("rcpt").await), (0, 1));
    assert_eq!(rig.queue.stats().given_up, 0);
}

/// The web server's workers have a runtime each, or none: mails come from anywhere.
#[tokio::test]
async fn mails_are_taken_from_any_thread() {
    needs!(Smtp);
    let mut server = SmtpServer::start(json!({})).await;
    let rig = Rig::for_server(&server);
    std::thread::scope(|scope| {
        scope.spawn(|| rig.send(mail_to("ana@example.com")));
    });
    assert_eq!(server.mail().await.to, ["ana@example.com"]);
}

/// Everything that is logged while mails are delivered, refused and given up.
#[tokio::test]
async fn a_log_names_the_request_but_neither_address_nor_code() {
    needs!(Smtp);
    let (log, _guard) = capture();
    let replies = json!({ "gone@example.com": ["550 <gone@example.com> unknown"], "ana@example.com": ["451 <ana@example.com>"] });
    let mut server = SmtpServer::start(json!({ "rcpt": replies })).await;
    let rig = Rig::for_server(&server);
    rig.send(OtpMail { request_id: "req_gone".to_owned(), ..mail_to("gone@example.com") });
    rig.send(OtpMail { request_id: "req_ana".to_owned(), ..mail_to("ana@example.com") });
    rig.until("both failed", |stats| stats.given_up == 1 && stats.retrying == 1).await;
    server.go_away().await;
    rig.seconds_pass(600);
    rig.until("given up", |stats| stats.given_up == 2).await;
    let text = String::from_utf8(log.lock().unwrap().clone()).unwrap();
    assert!(text.contains("req_gone") && text.contains("req_ana") && text.contains("550"), "{text}");
    assert!(!text.contains("@example.com") && !text.contains("123456"), "{text}");
}

type Log = std::sync::Arc<std::sync::Mutex<Vec<u8>>>;

/// Captures what this thread logs, at every level.
fn capture() -> (Log, tracing::subscriber::DefaultGuard) {
    struct Writer(Log);
    impl std::io::Write for Writer {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || Writer(writer.clone()))
        .finish();
    (log, tracing::subscriber::set_default(subscriber))
}
