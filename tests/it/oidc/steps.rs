//! Steps on the pages that are not taken as they should be: every one ends somewhere sensible.

use std::time::Duration;

use crate::support::app::{TestApp, wrong};
use crate::support::browser::Browser;
use crate::support::oidc::{AS_SERVER, authorize, first_party, redeem, sign_in};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    a_step_out_of_order_leads_to_the_right_page,
    a_step_in_another_browser_is_refused,
    a_form_without_its_token_is_refused,
    an_interaction_that_took_too_long_says_so,
    what_is_over_leads_back_to_an_application_that_somebody_checked,
    two_tabs_go_on_each_for_itself,
    two_people_in_two_tabs_go_on_as_who_they_proved_to_be,
    a_code_may_be_typed_with_spaces,
    wrong_codes_are_counted_and_said,
    a_resend_waits_and_then_comes,
    the_same_address_again_leads_to_the_code_on_its_way,
    another_address_gets_another_code,
    a_whole_code_is_sent_at_once_until_one_was_wrong,
    an_address_that_is_none_is_said_beside_the_field,
    rfc8252_8_6_loopback_is_confirmed_every_time,
    first_party_clients_ask_for_no_consent,
    oidc_core_3_1_2_1_max_age_and_prompt_login_sign_in_anew,
    oidc_core_3_1_2_1_select_account,
    languages_by_ui_locales_then_accept_language,
);

async fn a_step_out_of_order_leads_to_the_right_page(store: TestStore) {
    let app = TestApp::start(store);
    let mut browser = Browser::new(&app);
    let first = browser.open(&authorize(&[])).await;
    for later in ["", "/code", "/consent"] {
        let shown = browser.open(&format!("{}{later}", first.url)).await;
        assert_eq!(shown.status, 410, "nothing is stored yet");
    }
    let code_path = format!("{}/code", first.url);
    let token = first.token(&first.url);
    let early = browser.submit(&code_path, &[("token", &token), ("code", "123456")]).await;
    assert_eq!(early.url, first.url, "a code before there is one");
    let page = browser.sign_in(&app, first.clone(), "ana@example.com").await;
    for earlier in [&first.url, &code_path] {
        let shown = browser.open(earlier).await;
        assert_eq!(shown.url, page.url, "the back button after the sign-in");
    }
    let resent = browser.submit(&format!("{}/resend", first.url), &[("token", &token)]).await;
    assert_eq!(resent.status, 200, "{resent:?}");
}

async fn a_step_in_another_browser_is_refused(store: TestStore) {
    let app = TestApp::start(store);
    let mut browser = Browser::new(&app);
    let page = browser.open(&authorize(&[])).await;
    let token = page.token(&page.url);
    let mut other = Browser::new(&app);
    let fields = [("token", token.as_str()), ("email", "eve@example.com")];
    assert_eq!(other.submit(&page.url, &fields).await.status, 403, "no cookie at all");
    other.open(&authorize(&[])).await;
    let shown = other.submit(&page.url, &fields).await;
    assert_eq!((shown.status, shown.says(shown.header("x-request-id"))), (403, true));
    let stored = browser.press(&page, &page.url, &[("email", "ana@example.com")]).await;
    assert_eq!(other.open(&stored.url).await.status, 403);
    let sent = other.submit(&page.url, &[("token", &token), ("email", "eve@example.com")]).await;
    assert_eq!(sent.status, 403);
    assert!(app.mails("eve@example.com").await.is_empty());
}

async fn a_form_without_its_token_is_refused(store: TestStore) {
    let app = TestApp::start(store);
    let mut browser = Browser::new(&app);
    let page = browser.open(&authorize(&[])).await;
    let token = page.token(&page.url);
    let other = browser.open(&authorize(&[])).await;
    let other = other.token(&other.url);
    let forged = wrong(&token);
    for token in ["", "x", forged.as_str(), other.as_str()] {
        let refused = browser.submit(&page.url, &[("token", token), ("email", "ana@example.com")]).await;
        assert_eq!(refused.status, 403, "{token}");
    }
    assert!(app.mails("ana@example.com").await.is_empty());
    let sent = browser.submit(&page.url, &[("token", &token), ("email", "ana@example.com")]).await;
    assert_eq!(sent.status, 200);
}

async fn an_interaction_that_took_too_long_says_so(store: TestStore) {
    let app = TestApp::start(store);
    let mut browser = Browser::new(&app);
    let page = browser.open(&authorize(&[])).await;
    app.clock.advance(Duration::from_secs(3600));
    let late = browser.press(&page, &page.url.clone(), &[("email", "ana@example.com")]).await;
    assert_eq!(late.status, 410);
    assert!(late.says(late.header("x-request-id")));
}

async fn what_is_over_leads_back_to_an_application_that_somebody_checked(store: TestStore) {
    let app = TestApp::start(store);
    let mut browser = Browser::new(&app);
    let sealed = browser.open(&authorize(&[])).await;
    let stored = browser.open(&authorize(&AS_SERVER)).await;
    let stored = browser.press(&stored, &stored.url.clone(), &[("email", "ana@example.com")]).await;
    let cancel = stored.url.replace("/code", "/cancel");
    browser.press(&stored, &cancel, &[]).await;
    let finished = browser.open(&stored.url).await;
    let is_link = |to: &str| format!("<a class=\"main\" href=\"{to}\">");
    assert!(finished.status == 410 && finished.says(&is_link("http://localhost:3001/")), "{finished:?}");
    app.clock.advance(Duration::from_secs(3600));
    let expired = browser.press(&sealed, &sealed.url.clone(), &[("email", "ana@example.com")]).await;
    assert!(expired.status == 410 && expired.says(&is_link("http://localhost:3000/")), "{expired:?}");
    assert!(expired.says("Back to Demo Web App"));
    let forged = format!("{}x", sealed.token(&sealed.url));
    let refused = browser.submit(&sealed.url, &[("token", &forged), ("email", "ana@example.com")]).await;
    assert!(refused.status == 403 && !refused.says("class=\"main\""), "a seal that is none names nobody");
}

async fn two_tabs_go_on_each_for_itself(store: TestStore) {
    let app = TestApp::start(store);
    let mut browser = Browser::new(&app);
    let one = browser.open(&authorize(&[("state", "one")])).await;
    let two = browser.open(&authorize(&[("state", "two"), AS_SERVER[0], AS_SERVER[1]])).await;
    let page = browser.sign_in(&app, one, "ana@example.com").await;
    let back = browser.allow(&page).await;
    assert_eq!(back.parameter("state").as_deref(), Some("one"));
    let page = browser.press(&two, &two.url, &[("email", "ana@example.com")]).await;
    assert!(page.url.ends_with("/consent"), "signed in by the first: {page:?}");
    assert_eq!(app.mails("ana@example.com").await.len(), 1, "and no code is needed");
    assert_eq!(browser.allow(&page).await.parameter("state").as_deref(), Some("two"));
}

async fn two_people_in_two_tabs_go_on_as_who_they_proved_to_be(store: TestStore) {
    let app = TestApp::start(store);
    let mut browser = Browser::new(&app);
    let one = browser.open(&authorize(&[])).await;
    let one = browser.press(&one, &one.url.clone(), &[("email", "ana@example.com")]).await;
    let two = browser.open(&authorize(&AS_SERVER)).await;
    browser.sign_in(&app, two, "bob@example.com").await;
    let code = app.newest_code("ana@example.com").await;
    let page = browser.press(&one, &one.url.clone(), &[("code", &code)]).await;
    assert!(page.url.ends_with("/consent") && page.says("ana@example.com"), "{page:?}");
}

async fn a_code_may_be_typed_with_spaces(store: TestStore) {
    let app = TestApp::start(store);
    let mut browser = Browser::new(&app);
    let page = browser.open(&authorize(&[])).await;
    let page = browser.press(&page, &page.url.clone(), &[("email", " ana@example.com ")]).await;
    let code = app.newest_code("ana@example.com").await;
    let spaced = format!(" {} {} ", &code[..3], &code[3..]);
    let page = browser.press(&page, &page.url.clone(), &[("code", &spaced)]).await;
    assert!(page.url.ends_with("/consent"), "{page:?}");
}

async fn wrong_codes_are_counted_and_said(store: TestStore) {
    let app = TestApp::start(store);
    let mut browser = Browser::new(&app);
    let page = browser.open(&authorize(&[])).await;
    let page = browser.press(&page, &page.url.clone(), &[("email", "ana@example.com")]).await;
    let path = page.url.clone();
    let code = app.newest_code("ana@example.com").await;
    let malformed = browser.press(&page, &path, &[("code", "12")]).await;
    assert!(malformed.url.contains("notice=malformed") && malformed.says("aria-invalid"), "{malformed:?}");
    for left in (0..5).rev() {
        let other = another_code(&code, left);
        let shown = browser.press(&page, &path, &[("code", &other)]).await;
        let notice =
            if left == 0 { "notice=spent".to_owned() } else { format!("notice=wrong&number={left}") };
        assert!(shown.url.contains(&notice), "{shown:?}");
        assert!(shown.says("role=\"alert\""), "{shown:?}");
        let reloaded = browser.open(&shown.url).await;
        assert_eq!(reloaded.status, 200, "a reload sends nothing");
        let again = browser.press(&page, &path, &[("code", &other)]).await;
        assert_eq!(again.url, shown.url, "the same form has the same answer, and counts once");
    }
    let spent = browser.press(&page, &path, &[("code", &code)]).await;
    assert!(spent.url.contains("notice=spent"), "{spent:?}");
    let resend = path.replace("/code", "/resend");
    let page = browser.press(&spent, &resend, &[]).await;
    assert!(page.url.contains("notice=resent"), "a new challenge: {page:?}");
    let code = app.newest_code("ana@example.com").await;
    let page = browser.press(&page, &path, &[("code", &code)]).await;
    assert!(page.url.ends_with("/consent"), "{page:?}");
}

/// A code that differs from this one in its last digit.
fn another_code(code: &str, by: u32) -> String {
    let (head, last) = code.split_at(5);
    format!("{head}{}", (last.parse::<u32>().unwrap() + 1 + by) % 10)
}

async fn a_resend_waits_and_then_comes(store: TestStore) {
    let app = TestApp::start(store);
    let mut browser = Browser::new(&app);
    let page = browser.open(&authorize(&[])).await;
    let page = browser.press(&page, &page.url.clone(), &[("email", "ana@example.com")]).await;
    let resend = page.url.replace("/code", "/resend");
    let early = browser.press(&page, &resend, &[]).await;
    assert!(early.url.contains("notice=too_soon&number=30"), "{early:?}");
    app.clock.advance(Duration::from_secs(30));
    let later = browser.press(&page, &resend, &[]).await;
    assert!(later.url.contains("notice=resent") && later.says("role=\"status\""), "{later:?}");
    let mails = app.mails("ana@example.com").await;
    assert_eq!(mails.len(), 2);
    assert!(later.says(mails[0]["reference"].as_str().unwrap()), "the newest mail's reference");
    let older = mails[1]["code"].as_str().unwrap().to_owned();
    let page = browser.press(&page, &page.url.clone(), &[("code", &older)]).await;
    assert!(page.url.ends_with("/consent"), "the one before still holds: {page:?}");
}

async fn the_same_address_again_leads_to_the_code_on_its_way(store: TestStore) {
    let app = TestApp::start(store);
    let mut browser = Browser::new(&app);
    let first = browser.open(&authorize(&[])).await;
    let code_page = browser.press(&first, &first.url.clone(), &[("email", "ana@example.com")]).await;
    let back = browser.open(&first.url).await;
    assert!(back.says("value=\"ana@example.com\""), "the back button: {back:?}");
    let again = browser.press(&back, &first.url.clone(), &[("email", "ANA@Example.com")]).await;
    assert_eq!(again.url, code_page.url);
    assert_eq!(app.mails("ana@example.com").await.len(), 1);
}

async fn another_address_gets_another_code(store: TestStore) {
    let app = TestApp::start(store);
    let mut browser = Browser::new(&app);
    let first = browser.open(&authorize(&[])).await;
    let page = browser.press(&first, &first.url.clone(), &[("email", "an@example.com")]).await;
    let old = app.newest_code("an@example.com").await;
    let restart = page.url.replace("/code", "/restart");
    let again = browser.press(&page, &restart, &[]).await;
    assert!(
        again.url == first.url && again.says("value=\"an@example.com\""),
        "what was typed stays: {again:?}"
    );
    let page = browser.press(&again, &first.url.clone(), &[("email", "ana@example.com")]).await;
    let stale = browser.press(&page, &page.url.clone(), &[("code", &old)]).await;
    assert!(stale.url.contains("notice=wrong"), "{stale:?}");
    let code = app.newest_code("ana@example.com").await;
    assert!(browser.press(&page, &page.url.clone(), &[("code", &code)]).await.url.ends_with("/consent"));
}

async fn a_whole_code_is_sent_at_once_until_one_was_wrong(store: TestStore) {
    let app = TestApp::start(store);
    let mut browser = Browser::new(&app);
    let page = browser.open(&authorize(&[])).await;
    assert!(!page.says("<script") && !page.header("content-security-policy").contains("script-src"));
    let page = browser.press(&page, &page.url.clone(), &[("email", "ana@example.com")]).await;
    let policy = page.header("content-security-policy");
    let nonce = policy.split("script-src 'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap();
    assert!(page.says(&format!("<script nonce=\"{nonce}\">")), "{policy}");
    let wrong = wrong(&app.newest_code("ana@example.com").await);
    let after = browser.press(&page, &page.url.clone(), &[("code", &wrong)]).await;
    assert!(after.url.contains("notice=wrong"), "{after:?}");
    // The address without what went wrong in it is the same page.
    for url in [after.url.as_str(), page.url.as_str()] {
        let shown = browser.open(url).await;
        assert!(
            !shown.says("<script") && !shown.header("content-security-policy").contains("script-src"),
            "{url}"
        );
    }
}

async fn an_address_that_is_none_is_said_beside_the_field(store: TestStore) {
    let app = TestApp::start(store);
    let mut browser = Browser::new(&app);
    let page = browser.open(&authorize(&[])).await;
    for typed in ["", "ana", "ana@", "<b>@example.com", "ana@example.com\r\nBcc: eve@example.com"] {
        let shown = browser.press(&page, &page.url.clone(), &[("email", typed)]).await;
        assert_eq!(shown.status, 400, "{typed}");
        assert!(shown.says("aria-invalid=\"true\"") && !shown.says("<b>@"), "{shown:?}");
    }
}

async fn rfc8252_8_6_loopback_is_confirmed_every_time(store: TestStore) {
    let app = TestApp::start(store);
    let native = [("redirect_uri", "http://127.0.0.1:51004/callback")];
    let (mut browser, back) = sign_in(&app, "ana@example.com", &native).await;
    assert!(back.url.starts_with("http://127.0.0.1:51004/callback?"), "{back:?}");
    assert_eq!(redeem(&app, &back.code(), &native).await.status, 200);
    let page = browser.open(&authorize(&native)).await;
    assert!(
        page.url.ends_with("/consent") && page.says("127.0.0.1"),
        "remembered, and asked all the same: {page:?}"
    );
    assert!(!browser.allow(&page).await.code().is_empty());
    let silent = [native[0], ("prompt", "none")];
    assert_eq!(browser.open(&authorize(&silent)).await.error(), "interaction_required");
}

async fn first_party_clients_ask_for_no_consent(store: TestStore) {
    let app = first_party(store);
    let mut browser = Browser::new(&app);
    let page = browser.open(&authorize(&AS_SERVER)).await;
    let back = browser.sign_in(&app, page, "ana@example.com").await;
    assert!(!back.code().is_empty(), "{back:?}");
}

async fn oidc_core_3_1_2_1_max_age_and_prompt_login_sign_in_anew(store: TestStore) {
    let app = TestApp::start(store);
    let (mut browser, _) = sign_in(&app, "ana@example.com", &AS_SERVER).await;
    app.clock.advance(Duration::from_secs(100));
    for more in [("max_age", "99"), ("max_age", "0"), ("prompt", "login")] {
        app.clock.advance(Duration::from_secs(120));
        let page = browser.open(&authorize(&[&AS_SERVER[..], &[more]].concat())).await;
        assert!(page.says("name=\"email\""), "{more:?} {page:?}");
        let back = browser.sign_in(&app, page, "ana@example.com").await;
        assert!(!back.code().is_empty(), "{more:?} {back:?}");
    }
    let young = [&AS_SERVER[..], &[("max_age", "99")]].concat();
    assert!(!browser.open(&authorize(&young)).await.code().is_empty());
}

async fn oidc_core_3_1_2_1_select_account(store: TestStore) {
    let app = TestApp::start(store);
    let (mut browser, _) = sign_in(&app, "ana@example.com", &AS_SERVER).await;
    app.clock.advance(Duration::from_secs(1));
    let select = [&AS_SERVER[..], &[("prompt", "select_account")]].concat();
    let page = browser.open(&authorize(&select)).await;
    assert!(page.says("ana@example.com"), "{page:?}");
    assert!(!browser.allow(&page).await.code().is_empty());
}

async fn languages_by_ui_locales_then_accept_language(store: TestStore) {
    let app = TestApp::start(store);
    let mut browser = Browser::new(&app);
    assert!(browser.open(&authorize(&[])).await.says("lang=\"en\""));
    browser.headers.push(("accept-language", "es-MX,fr;q=0.5".to_owned()));
    assert!(browser.open(&authorize(&[])).await.says("lang=\"es\""));
    let page = browser.open(&authorize(&[("ui_locales", "de fr-CA")])).await;
    assert!(page.says("lang=\"fr\""));
    let sent = browser.press(&page, &page.url.clone(), &[("email", "ana@example.com")]).await;
    assert!(sent.says("lang=\"fr\""));
    assert!(app.mails("ana@example.com").await[0]["html"].as_str().unwrap().contains("lang=\"fr\""));
    let refused = browser.open(&authorize(&[("client_id", "nobody")])).await;
    assert!(refused.says("lang=\"es\""));
}
