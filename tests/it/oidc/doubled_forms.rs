//! The same form twice at the same time: both have the same answer, whichever comes first.

use std::time::Duration;

use crate::support::app::{TestApp, wrong};
use crate::support::browser::{Browser, Screen};
use crate::support::oidc::{AS_SERVER, authorize, first_party};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    an_address_sent_twice_at_once_is_one_mail,
    the_same_request_and_address_again_is_one_mail_while_its_code_lives,
    a_right_code_sent_twice_at_once_signs_in_both_times,
    a_decision_sent_twice_at_once_leads_back_both_times_and_is_told_once,
    a_wrong_code_sent_twice_at_once_is_one_attempt,
    a_resend_asked_for_twice_at_once_is_one_mail,
    a_code_that_was_used_signs_nobody_in_after_the_logout,
);

const ROUNDS: u32 = 10;

/// The same form twice at once, by one browser: two copies that keep the same cookies.
async fn twice(
    browser: &Browser,
    page: &Screen,
    action: &str,
    fields: &[(&str, &str)],
) -> [(Screen, Browser); 2] {
    let (mut one, mut two) = (browser.clone(), browser.clone());
    let (first, second) = tokio::join!(one.press(page, action, fields), two.press(page, action, fields));
    [(first, one), (second, two)]
}

async fn an_address_sent_twice_at_once_is_one_mail(store: TestStore) {
    let app = TestApp::start(store);
    for round in 0..ROUNDS {
        let email = format!("ana{round}@example.com");
        let mut browser = Browser::new(&app);
        let page = browser.open(&authorize(&[])).await;
        let [(first, _), (second, _)] = twice(&browser, &page, &page.url, &[("email", &email)]).await;
        assert_eq!((first.status, &first.url), (200, &second.url), "{first:?}");
        assert_eq!(app.mails(&email).await.len(), 1);
        let code = app.newest_code(&email).await;
        let consent = browser.press(&second, &second.url, &[("code", &code)]).await;
        assert!(consent.url.ends_with("/consent"), "{consent:?}");
    }
}

/// The button that leads back, a reload, and the link of the application once more are the same request.
async fn the_same_request_and_address_again_is_one_mail_while_its_code_lives(store: TestStore) {
    let app = TestApp::start(store);
    let mut browser = Browser::new(&app);
    let mut pages = Vec::new();
    for _ in 0..2 {
        let page = browser.open(&authorize(&[])).await;
        pages.push(browser.press(&page, &page.url, &[("email", "ana@example.com")]).await);
    }
    assert_ne!(pages[0].url, pages[1].url, "two interactions");
    assert_eq!(app.mails("ana@example.com").await.len(), 1);
    let code = app.newest_code("ana@example.com").await;
    let consent = browser.press(&pages[1], &pages[1].url, &[("code", &code)]).await;
    assert!(consent.url.ends_with("/consent"), "{consent:?}");
    // That challenge has ended: whoever begins again gets another code.
    let mut other = browser.clone();
    other.cookies.remove("tiquo-sso.org_demo");
    let page = other.open(&authorize(&[])).await;
    other.press(&page, &page.url, &[("email", "ana@example.com")]).await;
    assert_eq!(app.mails("ana@example.com").await.len(), 2);
}

async fn a_right_code_sent_twice_at_once_signs_in_both_times(store: TestStore) {
    let app = first_party(store);
    for round in 0..ROUNDS {
        let email = format!("ana{round}@example.com");
        let mut browser = Browser::new(&app);
        let page = browser.open(&authorize(&AS_SERVER)).await;
        let page = browser.press(&page, &page.url, &[("email", &email)]).await;
        let code = app.newest_code(&email).await;
        let both = twice(&browser, &page, &page.url, &[("code", &code)]).await;
        for (screen, _) in &both {
            assert!(!screen.code().is_empty(), "{screen:?}");
        }
        let [(_, one), (_, two)] = both;
        let cookie = "tiquo-sso.org_demo";
        assert_eq!(one.cookies[cookie], two.cookies[cookie], "one code, one sign-in");
        let told = app.audit.count("signed_in_at_issuer");
        assert_eq!(told, usize::try_from(round).unwrap() + 1, "and told once");
    }
}

async fn a_decision_sent_twice_at_once_leads_back_both_times_and_is_told_once(store: TestStore) {
    let app = TestApp::start(store);
    for (decision, event) in [("allow", "consent_given"), ("deny", "consent_refused")] {
        for round in 1..=ROUNDS {
            let mut browser = Browser::new(&app);
            let page = browser.open(&authorize(&[])).await;
            let page = browser.sign_in(&app, page, &format!("{decision}{round}@example.com")).await;
            for (back, _) in twice(&browser, &page, &page.url, &[("decision", decision)]).await {
                match decision {
                    "allow" => assert!(!back.code().is_empty(), "{back:?}"),
                    _ => assert_eq!(back.error(), "access_denied"),
                }
            }
            assert_eq!(app.audit.count(event), usize::try_from(round).unwrap());
        }
    }
}

async fn a_wrong_code_sent_twice_at_once_is_one_attempt(store: TestStore) {
    let app = TestApp::start(store);
    let mut browser = Browser::new(&app);
    let page = browser.open(&authorize(&[])).await;
    let page = browser.press(&page, &page.url, &[("email", "ana@example.com")]).await;
    let code = wrong(&app.newest_code("ana@example.com").await);
    for (screen, _) in twice(&browser, &page, &page.url, &[("code", &code)]).await {
        assert!(screen.url.contains("notice=wrong&number=4"), "{screen:?}");
    }
}

async fn a_resend_asked_for_twice_at_once_is_one_mail(store: TestStore) {
    let app = TestApp::start(store);
    let mut browser = Browser::new(&app);
    let page = browser.open(&authorize(&[])).await;
    let page = browser.press(&page, &page.url, &[("email", "ana@example.com")]).await;
    let mails = app.mails("ana@example.com").await;
    let seen = mails[0]["reference"].as_str().unwrap().to_owned();
    app.clock.advance(Duration::from_secs(30));
    let resend = page.url.replace("/code", "/resend");
    for (screen, _) in twice(&browser, &page, &resend, &[("reference", &seen)]).await {
        assert!(screen.url.contains("notice=resent"), "{screen:?}");
    }
    assert_eq!(app.mails("ana@example.com").await.len(), 2);
    let code = app.newest_code("ana@example.com").await;
    assert!(browser.press(&page, &page.url, &[("code", &code)]).await.url.ends_with("/consent"));
}

async fn a_code_that_was_used_signs_nobody_in_after_the_logout(store: TestStore) {
    let app = TestApp::start(store);
    let mut browser = Browser::new(&app);
    let page = browser.open(&authorize(&[])).await;
    let page = browser.press(&page, &page.url, &[("email", "ana@example.com")]).await;
    let code = app.newest_code("ana@example.com").await;
    browser.press(&page, &page.url, &[("code", &code)]).await;
    let question = browser.open(crate::support::logout::END_SESSION).await;
    browser.press(&question, &question.url, &[("decision", "allow")]).await;
    let again = browser.press(&page, &page.url, &[("code", &code)]).await;
    assert!(again.url.contains("notice=spent"), "{again:?}");
    assert!(browser.cookies["tiquo-sso.org_demo"].is_empty());
}
