//! Codes as people type and paste them: on the pages, in the API, by the SDK and for a device; and what they hear when no
//! attempt is left.

use serde_json::json;

use super::sdk;
use crate::support::app::{SHOP, TestApp, VERIFY, wrong};
use crate::support::browser::{Browser, Screen};
use crate::support::needs::needs;
use crate::support::oidc::authorize;
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    a_code_is_taken_as_people_type_it_by_the_api,
    a_code_is_taken_as_people_type_it_on_the_pages,
    a_malformed_code_costs_no_attempt_anywhere,
    a_device_code_is_taken_in_any_width_and_a_malformed_one_is_no_guess,
    the_page_says_at_once_that_the_last_attempt_is_used_up,
    the_page_says_at_once_that_codes_of_the_address_become_longer,
    the_attempt_that_uses_the_last_one_up_hears_it_of_long_codes_too,
);

/// A code with the digits of a script, by its zero.
fn in_digits(code: &str, zero: char) -> String {
    let digit = |c: char| char::from_u32(u32::from(zero) + c.to_digit(10).unwrap()).unwrap();
    code.chars().map(digit).collect()
}

/// What somebody may type or paste for a code of six digits.
fn typed(code: &str) -> Vec<String> {
    let (head, tail) = code.split_at(3);
    vec![
        format!("\u{200e}{code}\u{202c}"),
        in_digits(code, '\u{660}'),
        in_digits(code, '\u{6f0}'),
        in_digits(code, '\u{966}'),
        in_digits(code, '\u{ff10}'),
        format!("{head}-{tail}"),
        format!("{head}\u{2060}\u{a0}{tail}\r\n"),
        format!("{code} is your sign-in code for Demo Shop (K7)"),
        format!("Code {code} 2026"),
        format!("验证码{code}，10分钟内有效。"),
    ]
}

const MALFORMED: [&str; 5] = ["12345", "1234567", "abcdef", "123456 or 654321", "\u{200e}"];

async fn a_code_is_taken_as_people_type_it_by_the_api(store: TestStore) {
    let app = TestApp::start(store);
    for number in 0..typed("123456").len() {
        let email = format!("ana{number}@example.com");
        let challenge = app.send_code(&email).await.text("challenge_id");
        let text = typed(&app.newest_code(&email).await).swap_remove(number);
        assert_eq!(app.verify(&challenge, &text).await.status, 200, "{text:?}");
    }
}

/// The page where the code for an address is typed.
async fn code_page(app: &TestApp, email: &str) -> (Browser, Screen) {
    let mut browser = Browser::new(app);
    let shown = browser.open(&authorize(&[])).await;
    let action = shown.url.split('?').next().unwrap().to_owned();
    let page = browser.press(&shown, &action, &[("email", email)]).await;
    assert!(page.url.ends_with("/code"), "{page:?}");
    (browser, page)
}

/// Sends the code's form of a page.
async fn enter(browser: &mut Browser, page: &Screen, code: &str) -> Screen {
    let action = page.url.split('?').next().unwrap().to_owned();
    browser.press(page, &action, &[("code", code)]).await
}

async fn a_code_is_taken_as_people_type_it_on_the_pages(store: TestStore) {
    let app = TestApp::start(store);
    for number in 0..typed("123456").len() {
        let email = format!("ana{number}@example.com");
        let (mut browser, page) = code_page(&app, &email).await;
        let text = typed(&app.newest_code(&email).await).swap_remove(number);
        let next = enter(&mut browser, &page, &text).await;
        assert!(next.url.ends_with("/consent"), "{text:?}: {next:?}");
    }
}

async fn a_malformed_code_costs_no_attempt_anywhere(store: TestStore) {
    let app = TestApp::start(store);
    let challenge = app.send_code("ana@example.com").await.text("challenge_id");
    for text in MALFORMED {
        assert_eq!(app.verify(&challenge, text).await.refusal(), (400, "code_malformed"), "{text:?}");
    }
    let code = app.newest_code("ana@example.com").await;
    assert_eq!(app.verify(&challenge, &wrong(&code)).await.body["attempts_left"], 4);
    app.verify(&challenge, &code).await.data();

    let (mut browser, page) = code_page(&app, "bo@example.com").await;
    for text in MALFORMED {
        let heard = enter(&mut browser, &page, text).await;
        assert!(heard.says("That is not a whole code") && heard.says("name=\"code\""), "{text:?}: {heard:?}");
    }
    let code = app.newest_code("bo@example.com").await;
    assert!(enter(&mut browser, &page, &wrong(&code)).await.says("You have 4 attempts left."));
    assert!(enter(&mut browser, &page, &code).await.url.ends_with("/consent"));
}

#[tokio::test]
async fn the_sdk_sends_a_code_as_it_was_typed() {
    needs!(Node);
    let app = TestApp::start_with(crate::support::stores::embedded(), |policy| {
        policy.organizations[0].allow_missing_origin = true;
    });
    for number in 0..typed("123456").len() {
        let email = format!("ana{number}@example.com");
        let challenge = app.send_code(&email).await.text("challenge_id");
        let text = typed(&app.newest_code(&email).await).swap_remove(number);
        let base = app.base.clone();
        let heard = tokio::task::spawn_blocking(move || {
            let pasted = format!("\u{200b}{email}\u{a0}");
            let heard = sdk::verify_all(&base, &email, &pasted, &challenge, &["12345", &text]);
            (heard, text)
        });
        let (heard, text) = heard.await.unwrap();
        assert_eq!(heard, ["code_malformed", "signed in"], "{text:?}");
    }
}

async fn a_device_code_is_taken_in_any_width_and_a_malformed_one_is_no_guess(store: TestStore) {
    let app = TestApp::start(store);
    let body = "client_id=demo-device&scope=openid";
    let request = app.request("POST", "/api/auth/oauth2/device_authorization");
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
    let asked = crate::support::app::Answer::of(request.send().await.unwrap()).await;
    let user_code = asked.body["user_code"].as_str().unwrap_or_else(|| panic!("{asked:?}")).to_owned();
    let mut browser = Browser::new(&app);
    // More than guesses from one address are let through in an hour.
    for _ in 0..70 {
        let heard = browser.submit("/device", &[("user_code", "WDJB-MJHA")]).await;
        assert_eq!((heard.status, heard.says("That is not a whole code")), (400, true), "{heard:?}");
    }
    let unknown = browser.submit("/device", &[("user_code", "BBBB-BBBB")]).await;
    assert!(unknown.says("That is not a code we know"), "{unknown:?}");
    let wide = |c: char| if c == '-' { '－' } else { char::from_u32(u32::from(c) + 0xfee0).unwrap() };
    let wide = format!("\u{200e}{}\u{3000}", user_code.to_lowercase().chars().map(wide).collect::<String>());
    let page = browser.submit("/device", &[("user_code", &wide)]).await;
    assert!(page.status == 200 && page.says("name=\"email\""), "{page:?}");
}

/// Different wrong codes: on a page the same one twice is one attempt.
fn wrong_codes(code: &str) -> Vec<String> {
    let number = code.parse::<u32>().unwrap();
    (1..=5).map(|more| format!("{:06}", (number + more) % 1_000_000)).collect()
}

async fn the_page_says_at_once_that_the_last_attempt_is_used_up(store: TestStore) {
    let app = TestApp::start(store);
    let (mut browser, page) = code_page(&app, "ana@example.com").await;
    let wrong = wrong_codes(&app.newest_code("ana@example.com").await);
    let (last, first) = wrong.split_last().unwrap();
    for (code, left) in first.iter().zip(["4 attempts", "3 attempts", "2 attempts", "one attempt"]) {
        let heard = enter(&mut browser, &page, code).await;
        assert!(heard.says(left) && heard.says("name=\"code\""), "{heard:?}");
    }
    let spent = enter(&mut browser, &page, last).await;
    let over = |screen: &Screen| {
        screen.says("This code can no longer be used")
            && screen.says("Send a new code")
            && !screen.says("name=\"code\"")
            && !screen.says("Compare it with the mail")
    };
    assert!(over(&spent), "{spent:?}");
    let again = enter(&mut browser, &page, last).await;
    assert!(over(&again), "the same form once more: {again:?}");
    let looked_at = browser.open(&page.url).await;
    assert!(over(&looked_at), "the page looked at again: {looked_at:?}");
    let before = browser.open(&format!("{}?notice=wrong&number=1", page.url)).await;
    assert!(over(&before), "an earlier address of the page: {before:?}");
    let resend = page.url.replace("/code", "/resend");
    let next = browser.press(&spent, &resend, &[("reference", "")]).await;
    assert!(next.says("name=\"code\""), "{next:?}");
    let back = browser.open(&spent.url).await;
    assert!(
        back.says("name=\"code\""),
        "the button that leads back, when another code is on its way: {back:?}"
    );
    let code = app.newest_code("ana@example.com").await;
    assert!(enter(&mut browser, &next, &code).await.url.ends_with("/consent"));
}

async fn the_page_says_at_once_that_codes_of_the_address_become_longer(store: TestStore) {
    let app = TestApp::start_with(store, |policy| policy.codes.address_failures.count = 3);
    let (mut other, elsewhere) = code_page(&app, "ana@example.com").await;
    let (mut browser, page) = code_page(&app, "ana@example.com").await;
    let wrong = wrong_codes(&app.newest_code("ana@example.com").await);
    for code in &wrong[..2] {
        assert!(enter(&mut browser, &page, code).await.says("name=\"code\""));
    }
    let retired = enter(&mut browser, &page, &wrong[2]).await;
    let over = |screen: &Screen| {
        screen.says("You need a longer code")
            && screen.says("Send a new code")
            && !screen.says("name=\"code\"")
    };
    assert!(over(&retired), "{retired:?}");
    let looked_at = browser.open(&page.url).await;
    assert!(over(&looked_at), "{looked_at:?}");
    let heard = enter(&mut other, &elsewhere, &wrong[4]).await;
    assert!(over(&heard), "the other challenge of the address ended, too: {heard:?}");
    let resend = page.url.replace("/code", "/resend");
    let next = browser.press(&retired, &resend, &[("reference", "")]).await;
    assert!(next.says("8-character code") && next.says("name=\"code\""), "{next:?}");
    let code = app.newest_code("ana@example.com").await;
    let subject = format!("{code} is your sign-in code for Demo Shop (K7)");
    assert!(enter(&mut browser, &next, &subject).await.url.ends_with("/consent"));
}

async fn the_attempt_that_uses_the_last_one_up_hears_it_of_long_codes_too(store: TestStore) {
    let app = TestApp::start_with(store, |policy| policy.codes.address_failures.count = 1);
    let first = app.send_code("ana@example.com").await.text("challenge_id");
    let code = app.newest_code("ana@example.com").await;
    let last = app.verify(&first, &wrong(&code)).await;
    assert_eq!(last.refusal(), (401, "code_retired"), "the only attempt of the day");
    let sent = app.send_code("ana@example.com").await;
    assert_eq!(sent.data()["code_length"], 8);
    let challenge = sent.text("challenge_id");
    let code = app.newest_code("ana@example.com").await;
    for left in [4, 3, 2, 1] {
        assert_eq!(app.verify(&challenge, &wrong(&code)).await.body["attempts_left"], left);
    }
    let body = json!({"public_key": "pk_dom_demo", "challenge_id": challenge, "code": wrong(&code)});
    let last = app.post_from(Some(SHOP), VERIFY, &body).await;
    assert_eq!((last.refusal(), last.body.get("attempts_left")), ((401, "challenge_spent"), None));
}
