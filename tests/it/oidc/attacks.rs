//! Attacks on the sign-in, played.

use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::oidc::{AS_SERVER, AUTHORIZE, authorize, claims, redeem, sign_in};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    login_csrf_signs_nobody_in_as_the_attacker,
    consent_csrf_allows_nothing,
    rfc9700_4_16_clickjacking_has_no_frame,
    session_fixation_gets_a_new_session,
    rfc9700_4_11_open_redirect_leads_nowhere,
    rfc9700_4_4_mix_up_is_told_by_iss,
    rfc9700_4_5_an_injected_code_is_of_no_use,
    rfc9700_4_8_a_pkce_downgrade_is_noticed,
    rfc6749_10_12_pages_and_answers_are_kept_by_nobody,
);

/// The attacker begins a sign-in with their own address and has the victim's browser send the last form of it.
async fn login_csrf_signs_nobody_in_as_the_attacker(store: TestStore) {
    let app = TestApp::start(store);
    let mut attacker = Browser::new(&app);
    let page = attacker.open(&authorize(&[])).await;
    let page = attacker.press(&page, &page.url.clone(), &[("email", "eve@example.com")]).await;
    let code = app.newest_code("eve@example.com").await;
    let token = page.token(&page.url);
    let mut victim = Browser::new(&app);
    victim.open(&authorize(&[])).await;
    let before = victim.cookies.clone();
    for site in [None, Some("cross-site")] {
        victim.headers = site.map(|site| ("sec-fetch-site", site.to_owned())).into_iter().collect();
        let sent = victim.submit(&page.url, &[("token", &token), ("code", &code)]).await;
        assert_eq!(sent.status, 403, "{sent:?}");
    }
    assert_eq!(victim.cookies, before, "no sign-in was kept");
    attacker.headers = vec![("sec-fetch-site", "cross-site".to_owned())];
    let sent = attacker.submit(&page.url, &[("token", &token), ("code", &code)]).await;
    assert_eq!(sent.status, 403, "even with everything right, another site's form is refused");
}

/// A page of the attacker's sends the consent form of a client of theirs in the victim's browser.
async fn consent_csrf_allows_nothing(store: TestStore) {
    let app = TestApp::start(store);
    let (mut victim, _) = sign_in(&app, "ana@example.com", &[]).await;
    let page = victim.open(&authorize(&AS_SERVER)).await;
    let (mut attacker, _) = sign_in(&app, "eve@example.com", &[]).await;
    let theirs = attacker.open(&authorize(&AS_SERVER)).await;
    let own = theirs.token(&theirs.url);
    let first = victim.open(&authorize(&[("prompt", "login")])).await;
    let other_purpose = first.token(&first.url);
    for token in ["", own.as_str(), other_purpose.as_str()] {
        let sent = victim.submit(&page.url, &[("token", token), ("decision", "allow")]).await;
        assert_eq!(sent.status, 403, "{sent:?}");
    }
    assert_eq!(
        victim.open(&authorize(&[&AS_SERVER[..], &[("prompt", "none")]].concat())).await.error(),
        "consent_required"
    );
}

async fn rfc9700_4_16_clickjacking_has_no_frame(store: TestStore) {
    let app = TestApp::start(store);
    let mut browser = Browser::new(&app);
    let first = browser.open(&authorize(&[])).await;
    let second = browser.press(&first, &first.url.clone(), &[("email", "ana@example.com")]).await;
    let code = app.newest_code("ana@example.com").await;
    let third = browser.press(&second, &second.url.clone(), &[("code", &code)]).await;
    let wrong = browser.open(&authorize(&[("client_id", "nobody")])).await;
    for page in [first, second, third, wrong] {
        let policy = page.header("content-security-policy");
        assert!(
            policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'none'"),
            "{page:?}"
        );
        assert!(!policy.contains("form-action") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("x-frame-options"), "DENY");
        // CSP level 3 §6.7.3.3: no script but ours, which names the nonce of its page.
        for script in page.html.split("<script").skip(1) {
            let nonce = script.split('"').nth(1).unwrap();
            assert!(script.starts_with(" nonce=") && policy.contains(&format!("script-src 'nonce-{nonce}'")));
        }
        assert!(page.header("access-control-allow-origin").is_empty(), "no CORS");
    }
}

/// The attacker plants a session of their own, or one they know, before the victim signs in.
async fn session_fixation_gets_a_new_session(store: TestStore) {
    let app = TestApp::start(store);
    let (attacker, _) = sign_in(&app, "eve@example.com", &[]).await;
    let planted = attacker.cookies["tiquo-sso.org_demo"].clone();
    let mut victim = Browser::new(&app);
    victim.cookies.insert("tiquo-sso.org_demo".to_owned(), planted.clone());
    let page = victim.open(&authorize(&[("prompt", "login")])).await;
    let page = victim.sign_in(&app, page, "ana@example.com").await;
    assert_ne!(victim.cookies["tiquo-sso.org_demo"], planted);
    let tokens = redeem(&app, &victim.allow(&page).await.code(), &[]).await;
    assert_eq!(claims(&tokens.member("access_token"))["email"], "ana@example.com");
    let mut attacker = attacker;
    let page = attacker.open(&authorize(&[])).await;
    assert!(
        page.says("name=\"email\""),
        "the planted session did not become the victim's, it ended: {page:?}"
    );
    let mut made_up = Browser::new(&app);
    made_up.cookies.insert("tiquo-sso.org_demo".to_owned(), "A".repeat(46));
    assert!(made_up.open(&authorize(&[])).await.says("name=\"email\""));
}

async fn rfc9700_4_11_open_redirect_leads_nowhere(store: TestStore) {
    let app = TestApp::start(store);
    for uri in ["https://evil.example/", "//evil.example/", "/\\evil.example", "data:text/html,x"] {
        for over in [&[("redirect_uri", uri)][..], &[("redirect_uri", uri), ("prompt", "none")]] {
            let page = Browser::new(&app).open(&authorize(over)).await;
            assert_eq!((page.status, page.header("location")), (400, ""), "{uri}");
        }
    }
    let mut browser = Browser::new(&app);
    let page = browser.open(&authorize(&[])).await;
    let injected = format!("{}?notice=wrong&number=3&redirect_uri=https://evil.example", page.url);
    assert!(!browser.open(&injected).await.says("evil.example"));
}

/// A client that talks to two providers is told by each answer which one it is from, by errors too.
async fn rfc9700_4_4_mix_up_is_told_by_iss(store: TestStore) {
    let app = TestApp::start(store);
    let (_, back) = sign_in(&app, "ana@example.com", &[]).await;
    let refused = Browser::new(&app).open(&authorize(&[("prompt", "none")])).await;
    let metadata = app.get("/.well-known/openid-configuration").await;
    assert_eq!(metadata.body["authorization_response_iss_parameter_supported"], true, "RFC 9207 §3");
    for answer in [back, refused] {
        assert_eq!(answer.parameter("iss").as_deref(), metadata.body["issuer"].as_str());
        assert_eq!(
            url::Url::parse(&answer.url).unwrap().query_pairs().filter(|(name, _)| name == "iss").count(),
            1
        );
    }
}

/// The attacker has a stolen code given to their own session of the client, which has another verifier.
async fn rfc9700_4_5_an_injected_code_is_of_no_use(store: TestStore) {
    let app = TestApp::start(store);
    let (_, back) = sign_in(&app, "ana@example.com", &[]).await;
    let attacker_session = [("code_verifier", "x".repeat(50))];
    let over = attacker_session.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>();
    assert_eq!(redeem(&app, &back.code(), &over).await.oauth_error(), (400, "invalid_grant"));
    assert_eq!(redeem(&app, &back.code(), &[]).await.status, 200, "and the victim goes on");
}

/// The attacker strips the challenge from the request, so that the code is bound to nothing.
async fn rfc9700_4_8_a_pkce_downgrade_is_noticed(store: TestStore) {
    let app = TestApp::start(store);
    for over in [
        &[("code_challenge", ""), ("code_challenge_method", "")][..],
        &[("code_challenge_method", "plain")],
        &[("code_challenge_method", "")],
    ] {
        let back = Browser::new(&app).open(&authorize(over)).await;
        assert_eq!(back.error(), "invalid_request", "{over:?}");
    }
}

async fn rfc6749_10_12_pages_and_answers_are_kept_by_nobody(store: TestStore) {
    let app = TestApp::start(store);
    let mut browser = Browser::new(&app);
    let page = browser.open(&authorize(&[])).await;
    assert_eq!((page.header("cache-control"), page.header("referrer-policy")), ("no-store", "same-origin"));
    assert!(page.html.len() < 30_000, "{} bytes", page.html.len());
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let url = format!("{}{}", app.base, authorize(&[]));
    let answer = http.get(url).send().await.unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"),
        "{cookie}"
    );
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert!(answer.headers().get("access-control-allow-origin").is_none());
    let preflight = http
        .request(reqwest::Method::OPTIONS, format!("{}{AUTHORIZE}", app.base))
        .header("origin", "https://evil.example")
        .header("access-control-request-method", "POST");
    let preflight = preflight.send().await.unwrap();
    assert!(preflight.headers().get("access-control-allow-origin").is_none());
}
