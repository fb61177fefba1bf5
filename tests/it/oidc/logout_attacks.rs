//! What a logout request must not be good for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use tiquo_auth::protocol::id::{ClientId, OrganizationId};

use crate::support::app::{Answer, TestApp};
use crate::support::browser::{Browser, Screen};
use crate::support::logout::{
    END_SESSION, SERVER_HOME, SSO, WEB_HOME, at_server, at_web, end_session, with_client,
};
use crate::support::oidc::{SERVER, USERINFO, WEB, claims};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    rp_initiated_3_1_only_a_registered_uri_is_gone_to,
    rp_initiated_2_client_id_and_hint_must_be_of_one_client,
    rp_initiated_2_what_is_no_id_token_of_ours_is_no_hint,
    rp_initiated_2_the_hint_of_somebody_else_signs_nobody_out,
    rp_initiated_2_the_hint_of_another_organization_touches_nothing,
    rp_initiated_6_a_form_of_another_site_signs_nobody_out,
    rp_initiated_6_a_page_of_another_browser_is_good_for_nothing,
    rp_initiated_2_a_hint_does_not_pass_for_another_token,
    rp_initiated_4_parameters_in_two_places_or_twice_are_refused,
    a_request_is_forgotten_after_a_while,
);

async fn lives(app: &TestApp, tokens: &Answer) -> bool {
    app.get_as(&tokens.member("access_token"), USERINFO).await.status == 200
}

/// Nobody was redirected away and the session lives.
async fn stays(app: &TestApp, browser: &Browser, screen: &Screen, tokens: &Answer) {
    assert!(screen.url.starts_with('/'), "an open redirect: {screen:?}");
    assert!(lives(app, tokens).await, "{screen:?}");
    assert!(!browser.cookies[SSO].is_empty());
    assert_eq!(app.audit.count("signed_out_at_issuer"), 0);
}

async fn rp_initiated_3_1_only_a_registered_uri_is_gone_to(store: TestStore) {
    let app = TestApp::start(store);
    let (mut browser, tokens) = at_web(&app, "ana@example.com").await;
    let hint = tokens.member("id_token");
    for uri in [
        "https://evil.example/",
        "http://localhost:3000",
        "http://localhost:3000/?x",
        "http://localhost:3000/#x",
        "http://LOCALHOST:3000/",
        "http://localhost:3000/../",
        SERVER_HOME,
        "javascript:alert(1)",
        "//evil.example",
    ] {
        for request in [
            vec![("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", uri)],
            vec![("client_id", WEB), ("post_logout_redirect_uri", uri), ("state", "s")],
        ] {
            let screen = browser.open(&end_session(&request)).await;
            assert_eq!(screen.status, 400, "{uri}: {screen:?}");
            assert!(screen.says("We cannot send you back safely"), "{uri}: {screen:?}");
            stays(&app, &browser, &screen, &tokens).await;
            let screen = browser.submit(END_SESSION, &request).await;
            assert_eq!(screen.status, 400, "{uri}");
        }
        // Without a client nobody can say whose it is: a page, and no way there.
        let screen = browser.open(&end_session(&[("post_logout_redirect_uri", uri)])).await;
        assert!(screen.says("Sign out?") && screen.says("will not be taken back"), "{uri}: {screen:?}");
        assert_eq!(screen.header("refresh"), "");
    }
    let page = browser.open(&end_session(&[("post_logout_redirect_uri", "https://evil.example/")])).await;
    let done = browser.press(&page, &page.url.clone(), &[("decision", "allow")]).await;
    assert!(done.says("You are signed out") && !done.says("evil"), "{done:?}");
}

async fn rp_initiated_2_client_id_and_hint_must_be_of_one_client(store: TestStore) {
    let app = TestApp::start(store);
    let (mut browser, tokens) = at_web(&app, "ana@example.com").await;
    let hint = tokens.member("id_token");
    for (client, uri) in [(SERVER, WEB_HOME), (SERVER, SERVER_HOME), ("nobody", WEB_HOME)] {
        let request =
            [("id_token_hint", hint.as_str()), ("client_id", client), ("post_logout_redirect_uri", uri)];
        let screen = browser.open(&end_session(&request)).await;
        assert_eq!(screen.status, 400, "{screen:?}");
        stays(&app, &browser, &screen, &tokens).await;
    }
    let screen = browser.open(&end_session(&[("client_id", "nobody")])).await;
    assert!(screen.status == 400 && screen.says("We do not know this application"), "{screen:?}");
    let request =
        [("id_token_hint", hint.as_str()), ("client_id", WEB), ("post_logout_redirect_uri", WEB_HOME)];
    assert_eq!(browser.open(&end_session(&request)).await.url, WEB_HOME);
}

async fn rp_initiated_2_what_is_no_id_token_of_ours_is_no_hint(store: TestStore) {
    let app = TestApp::start(store);
    let (mut browser, tokens) = at_web(&app, "ana@example.com").await;
    let (id, access) = (tokens.member("id_token"), tokens.member("access_token"));
    let refresh_token = tokens.member("refresh_token");
    let [header, payload, signature] = id.split('.').collect::<Vec<_>>()[..] else { panic!() };
    let encode = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let kid = own_header(header)["kid"].clone();
    let none = encode(json!({"alg": "none", "typ": "JWT", "kid": kid}));
    let symmetric = encode(json!({"alg": "HS256", "typ": "JWT", "kid": kid}));
    let other = encode({
        let mut claims = claims(&id);
        claims["sub"] = json!("user_other");
        claims
    });
    let sign = |typ: &str, claims: serde_json::Value| {
        app.cx.signer.sign(typ, claims.to_string().as_bytes()).unwrap()
    };
    let elsewhere = {
        let mut claims = claims(&id);
        claims["iss"] = json!("https://other.example");
        sign("JWT", claims)
    };
    let logout = {
        let mut claims = claims(&id);
        claims["events"] = json!({"http://schemas.openid.net/event/backchannel-logout": {}});
        claims
    };
    for hint in [
        "nonsense".to_owned(),
        format!("{none}.{payload}."),
        format!("{none}.{payload}.{signature}"),
        format!("{symmetric}.{payload}.{signature}"),
        format!("{header}.{other}.{signature}"),
        format!("{header}.{payload}."),
        access,
        refresh_token,
        elsewhere,
        sign("logout+jwt", logout.clone()),
        sign("JWT", logout),
    ] {
        let request = [
            ("id_token_hint", hint.as_str()),
            ("client_id", WEB),
            ("post_logout_redirect_uri", WEB_HOME),
            ("state", "s"),
        ];
        let screen = browser.open(&end_session(&request)).await;
        assert!(screen.status == 200 && screen.says("Sign out?"), "{hint}: {screen:?}");
        stays(&app, &browser, &screen, &tokens).await;
        let mut nobody = Browser::new(&app);
        let done = nobody.open(&end_session(&request)).await;
        assert_eq!(
            done.url,
            format!("{WEB_HOME}?state=s"),
            "{hint}: nobody is signed in, and the URI is registered"
        );
    }
}

fn own_header(header: &str) -> serde_json::Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap()
}

async fn rp_initiated_2_the_hint_of_somebody_else_signs_nobody_out(store: TestStore) {
    let app = TestApp::start(store);
    let (mut browser, tokens) = at_web(&app, "ana@example.com").await;
    let (_, theirs) = at_web(&app, "eve@example.com").await;
    let hint = theirs.member("id_token");
    let request = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", WEB_HOME)];
    let page = browser.open(&end_session(&request)).await;
    assert!(page.says("ana@example.com") && !page.says("eve@example.com"), "{page:?}");
    stays(&app, &browser, &page, &tokens).await;
    let done = browser.press(&page, &page.url.clone(), &[("decision", "allow")]).await;
    assert_eq!(done.url, WEB_HOME, "the person said yes");
    assert!(!lives(&app, &tokens).await && lives(&app, &theirs).await);
}

async fn rp_initiated_2_the_hint_of_another_organization_touches_nothing(store: TestStore) {
    let app = TestApp::start_with(store, |policy| {
        let mut other = policy.organizations[0].clone();
        other.id = OrganizationId::new("org_other");
        other.public_key = "pk_dom_other".to_owned();
        other.dom_client = ClientId::new("dom_other");
        policy.organizations.push(other);
        with_client(policy, SERVER, |client| client.organization = OrganizationId::new("org_other"));
    });
    let (mut browser, tokens) = at_web(&app, "ana@example.com").await;
    let mut elsewhere = Browser::new(&app);
    let page = elsewhere.open(&crate::support::oidc::authorize(&crate::support::oidc::AS_SERVER)).await;
    elsewhere.sign_in(&app, page, "ana@example.com").await;
    let theirs = at_server(&app, &mut elsewhere).await;
    let hint = theirs.member("id_token");
    let request = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", SERVER_HOME)];
    assert_eq!(browser.open(&end_session(&request)).await.url, SERVER_HOME, "nobody is signed in there");
    assert!(lives(&app, &tokens).await && lives(&app, &theirs).await);
    assert!(!browser.cookies[SSO].is_empty(), "the cookie of the other organization stays");
}

async fn rp_initiated_6_a_form_of_another_site_signs_nobody_out(store: TestStore) {
    let app = TestApp::start(store);
    let (mut browser, tokens) = at_web(&app, "ana@example.com").await;
    let page = browser.open(END_SESSION).await;
    let action = page.url.clone();
    let token = page.token(&action);
    browser.headers = vec![("sec-fetch-site", "cross-site".to_owned())];
    let screen = browser.submit(&action, &[("token", &token), ("decision", "allow")]).await;
    assert_eq!(screen.status, 403);
    browser.headers.clear();
    let forged = "A".repeat(token.len());
    for token in ["", "x", forged.as_str()] {
        let screen = browser.submit(&action, &[("token", token), ("decision", "allow")]).await;
        assert_eq!(screen.status, 403, "{token}");
        stays(&app, &browser, &screen, &tokens).await;
    }
    // Asked by POST: a page, whatever the site says.
    let relay = browser.submit(END_SESSION, &[]).await;
    let screen = browser.go_on(&relay).await;
    assert!(screen.says("Sign out?"), "{screen:?}");
    let other = browser.open(END_SESSION).await;
    let screen = browser.submit(&other.url.clone(), &[("token", &token), ("decision", "allow")]).await;
    assert_eq!(screen.status, 403, "the token of another request");
    stays(&app, &browser, &screen, &tokens).await;
}

async fn rp_initiated_6_a_page_of_another_browser_is_good_for_nothing(store: TestStore) {
    let app = TestApp::start(store);
    let (mut attacker, _) = at_web(&app, "eve@example.com").await;
    let (mut victim, tokens) = at_web(&app, "ana@example.com").await;
    let page = attacker.open(END_SESSION).await;
    let token = page.token(&page.url);
    let screen = victim.submit(&page.url.clone(), &[("token", &token), ("decision", "allow")]).await;
    assert_eq!(screen.status, 403);
    stays(&app, &victim, &screen, &tokens).await;
    assert_eq!(victim.open(&page.url).await.status, 410, "nothing of it is stored");
    assert_eq!(attacker.open("/signout/AAAA").await.status, 410);
}

async fn rp_initiated_2_a_hint_does_not_pass_for_another_token(store: TestStore) {
    let app = TestApp::start(store);
    let (_, tokens) = at_web(&app, "ana@example.com").await;
    let id = tokens.member("id_token");
    assert_eq!(app.get_as(&id, USERINFO).await.status, 401);
    let mut logout = claims(&tokens.member("access_token"));
    logout["events"] = json!({"http://schemas.openid.net/event/backchannel-logout": {}});
    let logout = app.cx.signer.sign("logout+jwt", logout.to_string().as_bytes()).unwrap();
    assert_eq!(app.get_as(&logout, USERINFO).await.status, 401, "Back-Channel Logout §2.4: typ tells");
}

async fn rp_initiated_4_parameters_in_two_places_or_twice_are_refused(store: TestStore) {
    let app = TestApp::start(store);
    let (mut browser, tokens) = at_web(&app, "ana@example.com").await;
    let twice = format!("{END_SESSION}?client_id={WEB}&client_id={WEB}");
    for screen in [
        browser.open(&twice).await,
        browser.open(&end_session(&[("state", &"s".repeat(8193))])).await,
        browser.submit(&end_session(&[("client_id", WEB)]), &[("client_id", WEB)]).await,
    ] {
        assert_eq!(screen.status, 400, "{screen:?}");
        assert!(screen.header("content-type").starts_with("text/html"), "{screen:?}");
        stays(&app, &browser, &screen, &tokens).await;
    }
}

async fn a_request_is_forgotten_after_a_while(store: TestStore) {
    let app = TestApp::start(store);
    let (mut browser, _) = at_web(&app, "ana@example.com").await;
    let page = browser.open(END_SESSION).await;
    let token = page.token(&page.url);
    app.clock.advance(std::time::Duration::from_secs(3600));
    let screen = browser.submit(&page.url.clone(), &[("token", &token), ("decision", "allow")]).await;
    assert!(screen.status == 410 && screen.says("This page is out of date"), "{screen:?}");
    assert_eq!(app.audit.count("signed_out_at_issuer"), 0);
}
