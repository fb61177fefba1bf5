//! Authorization requests that are not in order.

use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::oidc::{AUTHORIZE, WEB, authorize, query};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    rfc6749_4_1_2_1_a_wrong_redirect_uri_is_never_redirected_to,
    rfc6749_4_1_2_1_an_unknown_client_gets_a_page,
    rfc6749_4_1_2_1_every_other_error_goes_to_the_application,
    oidc_core_3_1_2_6_prompt_none_without_a_sign_in,
    a_state_of_8_kib_and_with_markup_comes_back_whole,
    parameters_in_both_query_and_body,
    oidc_core_3_1_2_1_a_login_hint_is_only_text,
);

async fn rfc6749_4_1_2_1_a_wrong_redirect_uri_is_never_redirected_to(store: TestStore) {
    let app = TestApp::start(store);
    for (what, uri) in [
        ("unregistered", "https://evil.example/callback"),
        ("a fragment", "http://localhost:3000/callback#x"),
        ("an added query", "http://localhost:3000/callback?next=https://evil.example"),
        ("another host", "http://localhost.evil.example:3000/callback"),
        ("another case", "http://localhost:3000/Callback"),
        ("another case of the host", "http://LOCALHOST:3000/callback"),
        ("a trailing dot", "http://localhost.:3000/callback"),
        ("user info", "http://localhost:3000@evil.example/callback"),
        ("user info before", "http://evil.example@localhost:3000/callback"),
        ("a backslash", "http://localhost:3000\\@evil.example/callback"),
        ("a script", "javascript:alert(1)//localhost:3000/callback"),
        ("another port of a name", "http://localhost:3001/callback"),
        ("a line end", "http://localhost:3000/callback\r\nSet-Cookie: a=b"),
        ("none", ""),
    ] {
        let page = Browser::new(&app).open(&authorize(&[("redirect_uri", uri)])).await;
        assert_eq!(page.status, 400, "{what}");
        assert!(page.header("location").is_empty(), "{what}");
        assert!(!page.says("evil.example"), "{what}: nothing of it is shown");
        assert!(page.says(page.header("x-request-id")), "{what}: the page names the request");
        assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"), "{what}");
    }
    for uri in ["http://127.0.0.1:51004/callback", "http://[::1]:3/callback", "http://127.0.0.1/callback"] {
        let page = Browser::new(&app).open(&authorize(&[("redirect_uri", uri)])).await;
        assert_eq!(page.status, 200, "RFC 8252 §7.3: {uri}");
    }
}

async fn rfc6749_4_1_2_1_an_unknown_client_gets_a_page(store: TestStore) {
    let app = TestApp::start(store);
    for id in ["nobody", "", "dom_demo", "<script>"] {
        let page = Browser::new(&app).open(&authorize(&[("client_id", id)])).await;
        assert_eq!(page.status, 400, "{id}");
        assert!(page.header("content-type").starts_with("text/html") && !page.says("<script>"), "{page:?}");
    }
    let twice = format!("{}&client_id={WEB}", authorize(&[]));
    assert_eq!(Browser::new(&app).open(&twice).await.status, 400);
}

async fn rfc6749_4_1_2_1_every_other_error_goes_to_the_application(store: TestStore) {
    let app = TestApp::start(store);
    for (over, error) in [
        (&[("response_type", "token")][..], "unsupported_response_type"),
        (&[("response_type", "id_token")], "unsupported_response_type"),
        (&[("response_type", "none")], "unsupported_response_type"),
        (&[("response_type", "")], "invalid_request"),
        (&[("scope", "nobody:has")], "invalid_scope"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("code_challenge", ""), ("code_challenge_method", "")], "invalid_request"),
        (&[("prompt", "none login")], "invalid_request"),
        (&[("request", "x")], "invalid_request_object"),
    ] {
        let back = Browser::new(&app).open(&authorize(over)).await;
        assert_eq!(back.error(), error, "{over:?}");
        assert_eq!(back.parameter("state").as_deref(), Some("af0ifjsldkj"), "{over:?}");
        assert_eq!(back.parameter("iss").as_deref(), Some(app.base.as_str()), "RFC 9207 §2: {over:?}");
        assert!(back.parameter("code").is_none());
    }
}

async fn oidc_core_3_1_2_6_prompt_none_without_a_sign_in(store: TestStore) {
    let app = TestApp::start(store);
    let back = Browser::new(&app).open(&authorize(&[("prompt", "none")])).await;
    assert_eq!(back.error(), "login_required");
}

async fn a_state_of_8_kib_and_with_markup_comes_back_whole(store: TestStore) {
    let app = TestApp::start(store);
    let awkward = "<>\"'&\r\n\t +%é</script>".repeat(400).chars().take(7800).collect::<String>();
    for state in ["s".repeat(8192), awkward] {
        let mut browser = Browser::new(&app);
        let page = browser.open(&authorize(&[("state", &state)])).await;
        assert_eq!(page.status, 200, "{page:?}");
        let cancel = format!("{}/cancel", page.url);
        let back = browser.press(&page, &cancel, &[]).await;
        assert_eq!((back.error().as_str(), back.parameter("state")), ("access_denied", Some(state)));
    }
    for more in ["", "&prompt=none", "&request=x"] {
        let request = authorize(&[("state", &"s".repeat(8193))]) + more;
        let page = Browser::new(&app).open(&request).await;
        assert_eq!((page.status, page.header("location")), (400, ""), "RFC 6749 section 4.1.2.1: {page:?}");
        let twice = Browser::new(&app).open(&(authorize(&[("state", "one")]) + "&state=two" + more)).await;
        assert_eq!((twice.status, twice.header("location")), (400, ""), "{twice:?}");
    }
}

async fn parameters_in_both_query_and_body(store: TestStore) {
    let app = TestApp::start(store);
    let path = format!("{AUTHORIZE}?client_id={WEB}");
    let body = query(&[]);
    let fields = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect::<Vec<_>>();
    let fields = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>();
    let page = Browser::new(&app).submit(&path, &fields).await;
    assert_eq!((page.status, page.header("content-type")), (400, "text/html; charset=utf-8"));
}

async fn oidc_core_3_1_2_1_a_login_hint_is_only_text(store: TestStore) {
    let app = TestApp::start(store);
    let page = Browser::new(&app).open(&authorize(&[("login_hint", "ana@example.com")])).await;
    assert!(page.says("value=\"ana@example.com\""), "{page:?}");
    let page = Browser::new(&app).open(&authorize(&[("login_hint", "\"><script>alert(1)</script>")])).await;
    assert!(page.status == 200 && !page.says("<script"), "{page:?}");
}
