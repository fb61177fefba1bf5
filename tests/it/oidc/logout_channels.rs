//! What the clients of a session hear of its end: in the browser (OpenID Connect Front-Channel Logout 1.0) and at their
//! servers (Back-Channel Logout 1.0), which are real ones on loopback.

use std::time::Duration;

use serde_json::{Value, json};
use tiquo_auth::protocol::own_jws;

use crate::support::app::TestApp;
use crate::support::browser::Screen;
use crate::support::logout::{SSO, WEB_HOME, at_server, at_web, end_session, logout_uri, with_client};
use crate::support::oidc::{SERVER, WEB, authorize, claims, refresh};
use crate::support::receiver::{Receiver, logout_token};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    frontchannel_2_every_client_of_the_session_is_in_a_frame,
    frontchannel_2_without_such_clients_there_is_no_page,
    frontchannel_2_whoever_else_signs_in_parts_from_the_former_ones_clients,
    backchannel_2_4_every_client_of_the_session_gets_a_logout_token,
    backchannel_2_5_a_slow_client_holds_nobody_up,
    backchannel_2_5_whoever_else_signs_in_ends_the_former_ones_session,
);

const WEB_FRAME: &str = "http://localhost:3000/logout/frame?a=b";
const SERVER_FRAME: &str = "http://localhost:3001/logout/frame";

fn in_the_browser(store: TestStore) -> TestApp {
    TestApp::start_with(store, |policy| {
        with_client(policy, WEB, |client| client.extras.frontchannel_logout = Some(logout_uri(WEB_FRAME)));
        with_client(policy, SERVER, |client| {
            client.extras.frontchannel_logout = Some(logout_uri(SERVER_FRAME));
        });
    })
}

fn at_servers(store: TestStore, web: Option<&Receiver>, server: Option<&Receiver>) -> TestApp {
    let (web, server) = (web.map(|one| one.url.clone()), server.map(|one| one.url.clone()));
    TestApp::start_with(store, |policy| {
        for (id, url) in [(WEB, web), (SERVER, server)] {
            with_client(policy, id, |client| {
                client.extras.backchannel_logout = url.as_deref().map(logout_uri);
            });
        }
    })
}

/// The URLs of a page's frames.
fn frames(page: &Screen) -> Vec<String> {
    let tags = page.html.split("<iframe ").skip(1);
    tags.map(|tag| tag.split('"').nth(1).unwrap().replace("&amp;", "&").replace("&#38;", "&")).collect()
}

fn query(url: &str, name: &str) -> Option<String> {
    let url = url::Url::parse(url).unwrap();
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

async fn frontchannel_2_every_client_of_the_session_is_in_a_frame(store: TestStore) {
    let app = in_the_browser(store);
    let (mut browser, tokens) = at_web(&app, "ana@example.com").await;
    let theirs = at_server(&app, &mut browser).await;
    let (_, elsewhere) = at_web(&app, "ana@example.com").await;
    let hint = tokens.member("id_token");
    let request =
        [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", WEB_HOME), ("state", "a b")];
    let page = browser.open(&end_session(&request)).await;
    assert!(page.status == 200 && page.says("You are signed out"), "{page:?}");
    let frames = frames(&page);
    assert_eq!(frames.len(), 2, "{frames:?}");
    for (token, start) in [(&tokens, WEB_FRAME), (&theirs, SERVER_FRAME)] {
        let frame = frames.iter().find(|frame| frame.starts_with(start)).unwrap();
        let sid = claims(&token.member("id_token"))["sid"].clone();
        assert_eq!(query(frame, "iss").as_deref(), Some(app.base.as_str()));
        assert_eq!(query(frame, "sid").map(Value::from), Some(sid));
    }
    let policy = page.header("content-security-policy");
    assert!(policy.ends_with("; frame-src http://localhost:3000 http://localhost:3001"), "{policy}");
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("script-src"), "{policy}");
    assert_eq!(page.header("refresh"), "3; url=http://localhost:3000/?state=a+b");
    assert!(page.html.contains("href=\"http://localhost:3000/?state=a+b\""), "without a wait");
    assert!(page.html.len() < 30_000, "{}", page.html.len());
    assert_eq!(browser.cookies[SSO], "");
    assert_eq!(refresh(&app, &elsewhere.member("refresh_token"), &[]).await.status, 200);
}

async fn frontchannel_2_without_such_clients_there_is_no_page(store: TestStore) {
    let app = TestApp::start_with(store, |policy| {
        with_client(policy, SERVER, |client| {
            client.extras.frontchannel_logout = Some(logout_uri(SERVER_FRAME));
        });
    });
    let (mut browser, tokens) = at_web(&app, "ana@example.com").await;
    let hint = tokens.member("id_token");
    let request = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", WEB_HOME)];
    assert_eq!(browser.open(&end_session(&request)).await.url, WEB_HOME, "demo-server took no part");
    let page = browser.open(&end_session(&[("id_token_hint", &hint)])).await;
    assert_eq!((page.header("refresh"), frames(&page).len()), ("", 0));
}

async fn frontchannel_2_whoever_else_signs_in_parts_from_the_former_ones_clients(store: TestStore) {
    let app = in_the_browser(store);
    let (mut browser, tokens) = at_web(&app, "ana@example.com").await;
    let page = browser.open(&authorize(&[("prompt", "select_account")])).await;
    let id = page.url.trim_end_matches("/consent").to_owned();
    let page = browser.press(&page, &format!("{id}/account"), &[]).await;
    let page = browser.sign_in(&app, page, "eve@example.com").await;
    assert!(page.says("One moment"), "{page:?}");
    assert_eq!(frames(&page).len(), 1);
    assert_eq!(page.header("refresh"), format!("3; url={id}"));
    let page = browser.open(&id).await;
    assert!(page.says("eve@example.com"), "{page:?}");
    let back = browser.allow(&page).await;
    assert!(!back.code().is_empty());
    assert_eq!(refresh(&app, &tokens.member("refresh_token"), &[]).await.status, 400);
    assert_eq!(app.audit.count("signed_out_at_issuer"), 1);
}

async fn backchannel_2_4_every_client_of_the_session_gets_a_logout_token(store: TestStore) {
    let (web, server) = (Receiver::start(&[]).await, Receiver::start(&[204]).await);
    let app = at_servers(store, Some(&web), Some(&server));
    let (mut browser, tokens) = at_web(&app, "ana@example.com").await;
    let theirs = at_server(&app, &mut browser).await;
    let hint = tokens.member("id_token");
    browser.open(&end_session(&[("id_token_hint", &hint)])).await;
    for (receiver, id, tokens) in [(&web, WEB, &tokens), (&server, SERVER, &theirs)] {
        let requests = receiver.requests(1).await;
        assert!(requests[0].starts_with("POST /backchannel HTTP/1.1\r\n"), "{}", requests[0]);
        assert!(
            requests[0].contains("content-type: application/x-www-form-urlencoded\r\n"),
            "{}",
            requests[0]
        );
        let token = logout_token(&requests[0]);
        let opened = own_jws::open(&token, &app.cx.signer.jwk_set().set).unwrap();
        assert_eq!(opened.typ, "logout+jwt");
        let mut claims_of_token: Value = serde_json::from_slice(&opened.claims).unwrap();
        let known = claims(&tokens.member("id_token"));
        let jti = claims_of_token["jti"].take();
        assert!(jti.as_str().is_some_and(|jti| jti.len() >= 22), "{jti}");
        let now = tiquo_auth::ports::clock::Clock::now(&app.clock).as_secs();
        let expected = json!({
            "iss": app.base, "sub": known["sub"], "aud": id, "iat": now, "exp": now + 120, "jti": null,
            "sid": known["sid"],
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        });
        assert_eq!(claims_of_token, expected);
    }
    assert_eq!(app.audit.count("logout_not_delivered"), 0);
}

async fn backchannel_2_5_a_slow_client_holds_nobody_up(store: TestStore) {
    // Connections to a listener that nobody accepts from hang.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://127.0.0.1:{}/", silent.local_addr().unwrap().port());
    let server = Receiver::start(&[]).await;
    let theirs = server.url.clone();
    let app = TestApp::start_with(store, |policy| {
        with_client(policy, WEB, |client| client.extras.backchannel_logout = Some(logout_uri(&url)));
        with_client(policy, SERVER, |client| client.extras.backchannel_logout = Some(logout_uri(&theirs)));
    });
    let (mut browser, tokens) = at_web(&app, "ana@example.com").await;
    at_server(&app, &mut browser).await;
    let hint = tokens.member("id_token");
    // A fetch may take five seconds in all.
    let quick = async {
        browser.open(&end_session(&[("id_token_hint", &hint)])).await;
        server.requests(1).await;
    };
    tokio::time::timeout(Duration::from_secs(4), quick).await.expect("nobody waits for the silent one");
}

async fn backchannel_2_5_whoever_else_signs_in_ends_the_former_ones_session(store: TestStore) {
    let web = Receiver::start(&[]).await;
    let app = at_servers(store, Some(&web), None);
    let (mut browser, tokens) = at_web(&app, "ana@example.com").await;
    let page = browser.open(&authorize(&[("prompt", "login")])).await;
    let page = browser.sign_in(&app, page, "eve@example.com").await;
    assert!(page.says("eve@example.com"), "no page between: {page:?}");
    let token = claims(&logout_token(&web.requests(1).await[0]));
    assert_eq!(token["sub"], claims(&tokens.member("id_token"))["sub"]);
    assert_eq!(app.audit.count("signed_out_at_issuer"), 1);
}
