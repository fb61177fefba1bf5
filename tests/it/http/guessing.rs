//! Plays the guesser over resends, challenges and networks, and counts.

use serde_json::json;

use crate::support::app::{Answer, SEND, TestApp, wrong};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(a_guesser_gets_ten_six_digit_guesses_a_day_and_the_customer_still_signs_in);

async fn send_from(app: &TestApp, network: usize, challenge: Option<&str>) -> Answer {
    let body = json!({"public_key": "pk_dom_demo", "email": "ana@example.com", "challenge_id": challenge});
    let request = app
        .request("POST", SEND)
        .header("origin", "http://localhost:3000")
        .header("content-type", "application/json")
        .header("x-forwarded-for", format!("203.0.{network}.9"));
    Answer::of(request.body(body.to_string()).send().await.unwrap()).await
}

async fn a_guesser_gets_ten_six_digit_guesses_a_day_and_the_customer_still_signs_in(store: TestStore) {
    let app = TestApp::start(store);
    let device = app.sign_in("ana@example.com").await.text("device");
    let (mut short, mut long) = (0, 0);
    for hour in 0..24 {
        for network in 0..25 {
            let sent = send_from(&app, network, None).await;
            if sent.status == 429 {
                continue;
            }
            let challenge = sent.text("challenge_id");
            let digits = sent.data()["code_length"] == 6;
            let code = app.newest_code("ana@example.com").await;
            let mut goes_on = true;
            while goes_on {
                let used_up = app.audit.count("failure_budget_used_up");
                let heard = app.verify(&challenge, &wrong(&code)).await;
                let reason = heard.refusal().1;
                goes_on = reason == "code_wrong";
                // A code that was retired before was no guess; the one that used up the budget was.
                let is_guess =
                    reason != "code_retired" || app.audit.count("failure_budget_used_up") > used_up;
                let count = if digits { &mut short } else { &mut long };
                *count += usize::from(is_guess);
            }
        }
        app.clock.advance(std::time::Duration::from_secs(if hour < 23 { 3600 } else { 0 }));
    }
    assert_eq!(short, 10, "six-digit guesses in a day");
    assert!(long <= 24 * 20 * 5, "{long} guesses at 40 bits");
    let body = json!({"public_key": "pk_dom_demo", "email": "ana@example.com", "device": device});
    let sent = app.post(SEND, &body).await;
    assert_eq!(sent.data()["code_length"], 6);
    app.verify(&sent.text("challenge_id"), &app.newest_code("ana@example.com").await).await.data();
}
