//! `otp/send`.

use std::time::Duration;

use serde_json::json;

use crate::support::app::{SEND, SHOP, TestApp};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    a_code_arrives_and_the_answer_says_how_to_go_on,
    known_unknown_and_blocked_addresses_get_the_same_answer,
    a_blocked_address_gets_no_mail,
    a_resend_waits_30_60_and_120_seconds,
    what_was_asked_for_too_soon_costs_no_code_of_the_hour,
    a_new_sending_that_is_refused_counts_nowhere,
    a_second_sign_in_need_not_wait_for_a_resend,
    an_expired_challenge_is_replaced_by_a_resend,
    five_codes_an_hour_for_an_address_from_one_network,
    twenty_codes_an_hour_for_an_address,
    a_known_device_has_a_budget_of_its_own,
    a_device_value_of_another_address_or_a_forged_one_counts_for_nothing,
    the_mail_is_in_the_language_that_was_asked_for,
    mail_goes_to_the_address_of_the_first_sign_in,
    origins_are_judged,
    an_unknown_or_replaced_public_key_is_refused,
);

async fn a_code_arrives_and_the_answer_says_how_to_go_on(store: TestStore) {
    let app = TestApp::start(store);
    let sent = app.send_code("Ana@Example.com").await;
    let data = sent.data();
    assert_eq!(
        (&data["code_length"], &data["expires_in"], &data["resend_in"]),
        (&json!(6), &json!(600), &json!(30))
    );
    let mails = app.mails("ana@example.com").await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0]["reference"], data["reference"]);
    assert_eq!(mails[0]["to"], "Ana@Example.com");
    assert_eq!(mails[0]["code"].as_str().unwrap().len(), 6);
}

async fn known_unknown_and_blocked_addresses_get_the_same_answer(store: TestStore) {
    let app = TestApp::start_with(store, |policy| {
        policy.organizations[0].blocked.push("blocked@example.com".parse_address());
    });
    app.sign_in("known@example.com").await;
    let mut shapes = Vec::new();
    for email in ["known@example.com", "unknown@example.com", "blocked@example.com"] {
        let sent = app.send_code(email).await;
        let mut data = sent.data().clone();
        let names = data.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(data["challenge_id"].as_str().unwrap().len(), 26);
        data["challenge_id"] = json!("");
        data["reference"] = json!("");
        shapes.push((sent.status, names, data));
    }
    assert!(shapes.windows(2).all(|pair| pair[0] == pair[1]), "{shapes:?}");
}

async fn a_blocked_address_gets_no_mail(store: TestStore) {
    let app = TestApp::start_with(store, |policy| {
        policy.organizations[0].blocked.push("blocked@example.com".parse_address());
    });
    app.send_code("Blocked@Example.com").await.data();
    assert_eq!(app.mails("blocked@example.com").await.len(), 0);
}

async fn a_resend_waits_30_60_and_120_seconds(store: TestStore) {
    let app = TestApp::start(store);
    let challenge = app.send_code("ana@example.com").await.text("challenge_id");
    let again = json!({"public_key": "pk_dom_demo", "email": "ana@example.com", "challenge_id": challenge});
    for (wait, next) in [(30, 60), (60, 120), (120, 120)] {
        app.clock.advance(Duration::from_secs(wait - 1));
        let early = app.post(SEND, &again).await;
        assert_eq!(early.refusal(), (429, "resend_too_soon"));
        assert_eq!(early.header("retry-after"), Some("1"));
        app.clock.advance(Duration::from_secs(1));
        let sent = app.post(SEND, &again).await;
        assert_eq!(sent.text("challenge_id"), challenge);
        assert_eq!(sent.data()["resend_in"], json!(next));
    }
    let mails = app.mails("ana@example.com").await;
    let references = mails.iter().map(|mail| mail["reference"].as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(references.len(), 4);
    assert!(references.windows(2).all(|pair| pair[0] != pair[1]), "two live codes are told apart");
}

async fn what_was_asked_for_too_soon_costs_no_code_of_the_hour(store: TestStore) {
    let app = TestApp::start_with(store, |policy| {
        policy.sends.per_network.count = 2;
        policy.sends.per_mailbox.in_organization.count = 2;
    });
    let challenge = app.send_code("ana@example.com").await.text("challenge_id");
    let again = json!({"public_key": "pk_dom_demo", "email": "ana@example.com", "challenge_id": challenge});
    for _ in 0..5 {
        assert_eq!(app.post(SEND, &again).await.refusal(), (429, "resend_too_soon"));
    }
    app.clock.advance(Duration::from_secs(30));
    app.post(SEND, &again).await.data();
    app.clock.advance(Duration::from_secs(60));
    assert_eq!(app.post(SEND, &again).await.refusal(), (429, "send_limit"));
}

/// What makes no row costs nobody a place: one stranger cannot fill the ledger of all networks, nor the count of a network,
/// with sendings that are refused.
async fn a_new_sending_that_is_refused_counts_nowhere(store: TestStore) {
    let app = TestApp::start_with(store, |policy| {
        policy.sends.per_network.count = 4;
        policy.strangers.codes.admissions = 4;
        policy.sends.per_address_and_network.count = 1;
        policy.sends.per_mailbox.in_organization.count = 2;
    });
    app.send_code("ana@example.com").await.data();
    for _ in 0..10 {
        let of_its_address = app.send_code("ana@example.com").await;
        assert_eq!(of_its_address.refusal(), (429, "send_limit"));
    }
    app.send_code("ana+shop@example.com").await.data();
    for _ in 0..10 {
        let of_its_mailbox = app.send_code("ana+club@example.com").await;
        assert_eq!(of_its_mailbox.refusal(), (429, "send_limit"));
    }
    app.send_code("bea@example.com").await.data();
}

async fn a_second_sign_in_need_not_wait_for_a_resend(store: TestStore) {
    let app = TestApp::start(store);
    app.sign_in("ana@example.com").await.data();
    app.clock.advance(Duration::from_secs(1));
    app.sign_in("ana@example.com").await.data();
}

async fn an_expired_challenge_is_replaced_by_a_resend(store: TestStore) {
    let app = TestApp::start(store);
    let challenge = app.send_code("ana@example.com").await.text("challenge_id");
    app.clock.advance(Duration::from_secs(600));
    let again = json!({"public_key": "pk_dom_demo", "email": "ana@example.com", "challenge_id": challenge});
    let fresh = app.post(SEND, &again).await.text("challenge_id");
    assert_ne!(fresh, challenge);
    app.verify(&fresh, &app.newest_code("ana@example.com").await).await.data();
}

async fn five_codes_an_hour_for_an_address_from_one_network(store: TestStore) {
    let app = TestApp::start(store);
    for _ in 0..5 {
        app.send_code("ana@example.com").await.data();
        app.clock.advance(Duration::from_secs(60));
    }
    let refused = app.send_code("ANA@example.com").await;
    assert_eq!(refused.refusal(), (429, "send_limit"));
    assert_eq!(refused.header("retry-after"), Some("3300"));
    app.send_code("bea@example.com").await.data();
    app.clock.advance(Duration::from_secs(3300));
    app.send_code("ana@example.com").await.data();
}

async fn from_network(app: &TestApp, email: &str, network: u8) -> crate::support::app::Answer {
    let body = json!({"public_key": "pk_dom_demo", "email": email}).to_string();
    let request = app
        .request("POST", SEND)
        .header("origin", SHOP)
        .header("content-type", "application/json")
        .header("x-forwarded-for", format!("198.51.{network}.7"));
    crate::support::app::Answer::of(request.body(body).send().await.unwrap()).await
}

async fn twenty_codes_an_hour_for_an_address(store: TestStore) {
    let app = TestApp::start(store);
    for network in 0..4 {
        for _ in 0..5 {
            from_network(&app, "ana@example.com", network).await.data();
        }
    }
    assert_eq!(from_network(&app, "ana@example.com", 9).await.refusal(), (429, "send_limit"));
    from_network(&app, "bea@example.com", 9).await.data();
}

async fn a_known_device_has_a_budget_of_its_own(store: TestStore) {
    let app = TestApp::start(store);
    let device = app.sign_in("ana@example.com").await.text("device");
    for _ in 0..4 {
        app.send_code("ana@example.com").await.data();
    }
    assert_eq!(app.send_code("ana@example.com").await.refusal(), (429, "send_limit"), "strangers used it up");
    let body = json!({"public_key": "pk_dom_demo", "email": "ana@example.com", "device": device});
    for _ in 0..30 {
        app.post(SEND, &body).await.data();
    }
    assert_eq!(app.post(SEND, &body).await.refusal(), (429, "send_limit"));
    app.clock.advance(Duration::from_secs(180 * 86_400));
    for _ in 0..5 {
        app.post(SEND, &body).await.data();
    }
    assert_eq!(app.post(SEND, &body).await.refusal(), (429, "send_limit"), "after 180 days it is a stranger");
}

async fn a_device_value_of_another_address_or_a_forged_one_counts_for_nothing(store: TestStore) {
    let app = TestApp::start(store);
    let device = app.sign_in("bea@example.com").await.text("device");
    let (head, tail) = device.split_at(device.len() - 4);
    let forged = format!("{head}{}", tail.chars().rev().collect::<String>());
    for device in [device.as_str(), &forged, "dv_", "x"] {
        let email = format!("ana{}@example.com", device.len() + usize::from(device == forged));
        let body = json!({"public_key": "pk_dom_demo", "email": email, "device": device});
        for _ in 0..5 {
            app.post(SEND, &body).await.data();
        }
        assert_eq!(app.post(SEND, &body).await.refusal(), (429, "send_limit"), "{device}");
    }
}

async fn the_mail_is_in_the_language_that_was_asked_for(store: TestStore) {
    let app = TestApp::start(store);
    let mut subjects = Vec::new();
    for locale in ["en", "fr-CA", "es", "de", "en\r\nBcc: eve@example.com"] {
        let body = json!({"public_key": "pk_dom_demo", "email": "ana@example.com", "locale": locale});
        app.post(SEND, &body).await.data();
        let mail = app.mails("ana@example.com").await.remove(0);
        let code = mail["code"].as_str().unwrap().to_owned();
        let reference = mail["reference"].as_str().unwrap().to_owned();
        let subject = mail["subject"].as_str().unwrap();
        assert!(subject.contains(&code), "{subject}");
        assert!(!mail["text"].as_str().unwrap().contains("http"), "no link in a mail");
        subjects.push(subject.replace(&code, "").replace(&reference, ""));
    }
    assert!(subjects[0] != subjects[1] && subjects[1] != subjects[2] && subjects[0] != subjects[2]);
    assert_eq!((&subjects[3], &subjects[4]), (&subjects[0], &subjects[0]), "unknown: English");
}

async fn mail_goes_to_the_address_of_the_first_sign_in(store: TestStore) {
    let app = TestApp::start(store);
    app.sign_in("Ana.First@example.com").await.data();
    app.send_code("ANA.FIRST@EXAMPLE.COM").await.data();
    assert_eq!(app.mails("ana.first@example.com").await[0]["to"], "Ana.First@example.com");
}

async fn origins_are_judged(store: TestStore) {
    let app = TestApp::start(store);
    let body = json!({"public_key": "pk_dom_demo", "email": "ana@example.com"});
    for origin in
        [Some("https://evil.example"), Some("null"), Some("http://localhost.evil.example"), Some(""), None]
    {
        let refused = app.post_from(origin, SEND, &body).await;
        assert_eq!(refused.refusal(), (403, "origin_not_allowed"), "{origin:?}");
        assert_eq!(refused.header("access-control-allow-origin"), Some("*"), "the page can read why");
    }
    assert_eq!(app.mails("ana@example.com").await.len(), 0);
    for origin in ["http://localhost:1", "http://127.0.0.1:5173"] {
        app.post_from(Some(origin), SEND, &body).await.data();
    }
    let native =
        TestApp::start_with(app.store.clone(), |policy| policy.organizations[0].allow_missing_origin = true);
    native.post_from(None, SEND, &body).await.data();
}

async fn an_unknown_or_replaced_public_key_is_refused(store: TestStore) {
    let app =
        TestApp::start_with(store, |policy| policy.organizations[0].public_key = "pk_dom_new".to_owned());
    assert_eq!(app.send_code("ana@example.com").await.refusal(), (403, "public_key_unknown"));
}

trait ParseAddress {
    fn parse_address(&self) -> tiquo_auth::protocol::address::EmailAddress;
}

impl ParseAddress for str {
    fn parse_address(&self) -> tiquo_auth::protocol::address::EmailAddress {
        tiquo_auth::protocol::address::EmailAddress::parse(self).unwrap()
    }
}
