//! What strangers can make the store keep when they ask for codes, and to which mailbox they can have them sent.

use std::time::Duration;

use serde_json::{Value, json};
use tiquo_auth::protocol::id::OrganizationId;
use tiquo_auth::protocol::policy::Policy;

use crate::support::app::{Answer, SEND, SHOP, TestApp};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    networks_together_reach_a_ceiling_and_who_is_signing_in_goes_on,
    what_is_kept_is_bounded_in_bytes,
    a_ceiling_refuses_known_and_unknown_addresses_alike,
    one_neighbour_does_not_use_up_the_sends_of_a_network,
    another_code_counts_where_its_challenge_began,
    a_challenge_is_not_kept_alive_by_asking_again_and_again,
    twenty_mails_an_hour_to_one_mailbox,
    a_hundred_mails_an_hour_to_one_mailbox_over_all_organizations,
    a_known_device_is_outside_the_budgets_of_its_mailbox,
);

fn body(email: &str) -> Value {
    json!({"public_key": "pk_dom_demo", "email": email})
}

async fn from(app: &TestApp, address: &str, body: &Value) -> Answer {
    let request = app
        .request("POST", SEND)
        .header("origin", SHOP)
        .header("content-type", "application/json")
        .header("x-forwarded-for", address);
    Answer::of(request.body(body.to_string()).send().await.unwrap()).await
}

async fn networks_together_reach_a_ceiling_and_who_is_signing_in_goes_on(store: TestStore) {
    let app = TestApp::start_with(store, |policy| policy.strangers.codes.admissions = 4);
    let device = app.sign_in("known@example.com").await.text("device");
    let before = app.send_code("before@example.com").await.text("challenge_id");
    for number in 0..2 {
        from(&app, &format!("192.0.{number}.1"), &body(&format!("new{number}@example.com"))).await.data();
    }
    for number in 2..150 {
        let full = from(&app, &format!("192.0.{number}.1"), &body(&format!("new{number}@example.com"))).await;
        assert_eq!(full.refusal(), (429, "send_limit"));
        assert!(full.header("retry-after").is_some_and(|wait| wait.parse::<u64>().unwrap() > 3600));
    }
    // Another code, from wherever, and an attempt at it.
    app.clock.advance(Duration::from_secs(30));
    let again = json!({"public_key": "pk_dom_demo", "email": "before@example.com", "challenge_id": before});
    assert_eq!(from(&app, "198.51.100.1", &again).await.text("challenge_id"), before);
    app.verify(&before, &app.newest_code("before@example.com").await).await.data();
    // A device that signed in before.
    let known = json!({"public_key": "pk_dom_demo", "email": "known@example.com", "device": device});
    for _ in 0..20 {
        from(&app, "198.51.100.1", &known).await.data();
    }
    app.clock.advance(Duration::from_secs(3 * 3600));
    app.sign_in("later@example.com").await.data();
}

async fn what_is_kept_is_bounded_in_bytes(store: TestStore) {
    let app = TestApp::start_with(store, |policy| policy.strangers.codes.bytes = 10 * 1024);
    let mut admitted = 0;
    for number in 0..20 {
        let sent = from(&app, &format!("192.0.{number}.1"), &body(&format!("a{number}@example.com"))).await;
        if sent.status == 200 {
            admitted += 1;
        } else {
            assert_eq!(sent.refusal(), (429, "send_limit"));
        }
    }
    assert!((1..=3).contains(&admitted), "{admitted}");
}

async fn a_ceiling_refuses_known_and_unknown_addresses_alike(store: TestStore) {
    let app = TestApp::start_with(store, |policy| policy.strangers.codes.admissions = 1);
    app.sign_in("known@example.com").await.data();
    let mut shapes = Vec::new();
    for email in ["known@example.com", "unknown@example.com"] {
        let mut refused = from(&app, "198.51.100.1", &body(email)).await;
        refused.body["request_id"] = json!("");
        shapes.push((refused.status, refused.header("retry-after").map(str::to_owned), refused.body));
    }
    assert_eq!(shapes[0], shapes[1]);
    assert_eq!(shapes[0].0, 429);
}

async fn one_neighbour_does_not_use_up_the_sends_of_a_network(store: TestStore) {
    let app = TestApp::start_with(store, |policy| policy.sends.per_network.count = 8);
    let mut sent = 0;
    for number in 0..20 {
        let answer = from(&app, "192.0.2.1", &body(&format!("a{number}@example.com"))).await;
        sent += u32::from(answer.status == 200);
    }
    assert_eq!(sent, 6, "three quarters of eight");
    for email in ["b0@example.com", "b1@example.com"] {
        from(&app, "192.0.2.2", &body(email)).await.data();
    }
    let third = from(&app, "192.0.2.3", &body("c@example.com")).await;
    assert_eq!(third.refusal(), (429, "send_limit"), "the network has a limit all the same");
    from(&app, "192.0.3.1", &body("c@example.com")).await.data();
}

async fn another_code_counts_where_its_challenge_began(store: TestStore) {
    let app = TestApp::start_with(store, |policy| policy.sends.per_network.count = 2);
    let challenge = from(&app, "192.0.2.1", &body("ana@example.com")).await.text("challenge_id");
    let again = json!({"public_key": "pk_dom_demo", "email": "ana@example.com", "challenge_id": challenge});
    app.clock.advance(Duration::from_secs(30));
    from(&app, "198.51.100.1", &again).await.data();
    app.clock.advance(Duration::from_secs(60));
    assert_eq!(from(&app, "203.0.113.1", &again).await.refusal(), (429, "send_limit"));
    for email in ["b@example.com", "c@example.com"] {
        from(&app, "198.51.100.1", &body(email)).await.data();
    }
}

async fn a_challenge_is_not_kept_alive_by_asking_again_and_again(store: TestStore) {
    let app = TestApp::start_with(store, |policy| {
        policy.sends.per_address_and_network.count = 100;
        policy.sends.per_address.count = 100;
        policy.sends.per_mailbox.in_organization.count = 100;
    });
    let mut challenge = app.send_code("ana@example.com").await.text("challenge_id");
    let first = challenge.clone();
    let mut sends = 1;
    while challenge == first {
        app.clock.advance(Duration::from_secs(500));
        let again =
            json!({"public_key": "pk_dom_demo", "email": "ana@example.com", "challenge_id": challenge});
        challenge = app.post(SEND, &again).await.text("challenge_id");
        sends += 1;
        assert!(sends < 20, "the challenge lives for ever");
    }
    assert_eq!(sends, 9, "eight codes of one, then another challenge");
    app.verify(&challenge, &app.newest_code("ana@example.com").await).await.data();
}

fn with_another(policy: &mut Policy) {
    let mut other = policy.organizations[0].clone();
    other.id = OrganizationId::new("org_other");
    other.public_key = "pk_dom_other".to_owned();
    policy.organizations.push(other);
}

async fn twenty_mails_an_hour_to_one_mailbox(store: TestStore) {
    let app = TestApp::start_with(store, with_another);
    let mut sent = 0;
    for number in 0..60 {
        // Each from a network of its own, each to an address of its own.
        let email = format!("Victim+{number}@Example.com");
        let answer = from(&app, &format!("192.0.{number}.1"), &body(&email)).await;
        if answer.status == 200 {
            sent += 1;
        } else {
            assert_eq!(answer.refusal(), (429, "send_limit"));
            assert_eq!(answer.header("retry-after"), Some("3600"));
        }
    }
    assert_eq!(sent, 20);
    let plain = from(&app, "198.51.100.1", &body("victim@example.com")).await;
    assert_eq!(plain.refusal(), (429, "send_limit"), "it is the same mailbox");
    from(&app, "198.51.100.1", &body("vic+tim@example.com")).await.data();
    let elsewhere = json!({"public_key": "pk_dom_other", "email": "victim+a@example.com"});
    from(&app, "198.51.100.1", &elsewhere).await.data();
    app.clock.advance(Duration::from_secs(3600));
    from(&app, "198.51.100.1", &body("victim+61@example.com")).await.data();
}

async fn a_hundred_mails_an_hour_to_one_mailbox_over_all_organizations(store: TestStore) {
    let app = TestApp::start_with(store, |policy| {
        assert_eq!(policy.sends.per_mailbox.over_all.count, 100);
        policy.sends.per_mailbox.over_all.count = 25;
        with_another(policy);
    });
    let mut sent = 0;
    for number in 0..60 {
        let public_key = ["pk_dom_demo", "pk_dom_other"][number % 2];
        let body = json!({"public_key": public_key, "email": format!("victim+{number}@example.com")});
        sent += u32::from(from(&app, &format!("192.0.{number}.1"), &body).await.status == 200);
    }
    assert_eq!(sent, 25);
}

async fn a_known_device_is_outside_the_budgets_of_its_mailbox(store: TestStore) {
    let app = TestApp::start(store);
    let device = app.sign_in("victim+shop@example.com").await.text("device");
    for number in 0..60 {
        from(&app, &format!("192.0.{number}.1"), &body(&format!("victim+{number}@example.com"))).await;
    }
    let known = json!({"public_key": "pk_dom_demo", "email": "victim+shop@example.com", "device": device});
    for _ in 0..30 {
        app.post(SEND, &known).await.data();
    }
    assert_eq!(app.post(SEND, &known).await.refusal(), (429, "send_limit"), "it has one of its own");
    app.clock.advance(Duration::from_secs(3600));
    for number in 100..120 {
        let email = format!("victim+{number}@example.com");
        from(&app, &format!("192.0.{number}.1"), &body(&email)).await.data();
    }
}
