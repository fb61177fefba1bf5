//! A client that registered itself is no way to send people anywhere (RFC 9700 §4.11.2).

use serde_json::json;

use super::{CALLBACK, Registered, TRUSTED, with_trusted};
use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::oidc::authorize;
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    rfc9700_4_11_2_an_error_of_a_client_of_nobodys_goes_to_a_page_first,
    rfc9700_4_11_2_the_way_on_of_form_post_is_a_form_with_a_button,
    oidc_core_3_1_2_1_prompt_none_is_answered_at_once,
    rfc9700_4_11_2_clients_that_somebody_vouches_for_are_answered_at_once,
    a_person_who_gives_up_goes_straight_back,
    rfc9700_4_11_2_a_message_of_ours_does_not_lead_to_a_client_of_nobodys,
);

/// Requests that are not in order, each in another way.
const WRONG: [&[(&str, &str)]; 5] = [
    &[("scope", "no:such")],
    &[("response_type", "token")],
    &[("prompt", "none login")],
    &[("request", "not.a.jwt")],
    &[("id_token_hint", "not.a.jwt")],
];

async fn rfc9700_4_11_2_an_error_of_a_client_of_nobodys_goes_to_a_page_first(store: TestStore) {
    let app = TestApp::start(store);
    let client = Registered::new(&app, &json!({"client_name": "URGENT call 0800"})).await;
    for (language, text) in [
        ("en", "This request cannot be answered"),
        ("fr", "Cette demande reste sans réponse"),
        ("es", "No se puede responder a esta petición"),
    ] {
        let mut browser = Browser::new(&app);
        browser.headers.push(("accept-language", language.to_owned()));
        for over in WRONG {
            let page = browser.open(&client.authorize(over)).await;
            assert_eq!(page.status, 400, "{over:?} {page:?}");
            assert!(page.says(text) && page.says("app.example"), "{page:?}");
            assert!(!page.says("URGENT") && !page.says("<script"), "{page:?}");
            assert_eq!(page.header("location"), "");
            assert_eq!(page.header("cache-control"), "no-store");
            let back = page.way_on();
            assert!(back.url.starts_with(CALLBACK) && !back.error().is_empty(), "{}", back.url);
            assert_eq!(back.parameter("state").as_deref(), Some("af0ifjsldkj"));
            assert_eq!(back.parameter("iss").as_deref(), Some(app.base.as_str()));
        }
    }
    let mut fields = url::form_urlencoded::parse(b"").into_owned().collect::<Vec<_>>();
    let url = client.authorize(&[("scope", "no:such")]);
    fields.extend(url::form_urlencoded::parse(url.split_once('?').unwrap().1.as_bytes()).into_owned());
    let fields = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>();
    let page = Browser::new(&app).submit("/api/auth/oauth2/authorize", &fields).await;
    assert_eq!(page.way_on().error(), "invalid_scope", "a request that came as a form");
}

async fn rfc9700_4_11_2_the_way_on_of_form_post_is_a_form_with_a_button(store: TestStore) {
    let app = TestApp::start(store);
    let client = Registered::new(&app, &json!({})).await;
    let page = Browser::new(&app)
        .open(&client.authorize(&[("scope", "no:such"), ("response_mode", "form_post")]))
        .await;
    assert_eq!(page.status, 400);
    assert!(page.says(&format!("<form method=\"post\" action=\"{CALLBACK}\">")), "{}", page.html);
    assert!(page.says("name=\"error\" value=\"invalid_scope\"") && page.says("<button"), "{}", page.html);
    assert!(!page.says("<script") && !page.header("content-security-policy").contains("script-src"));
}

async fn oidc_core_3_1_2_1_prompt_none_is_answered_at_once(store: TestStore) {
    let app = TestApp::start(store);
    let client = Registered::new(&app, &json!({})).await;
    let mut browser = Browser::new(&app);
    for (over, error) in [
        (&[("prompt", "none")][..], "login_required"),
        (&[("prompt", "none"), ("scope", "no:such")], "invalid_scope"),
        (&[("prompt", "none"), ("request", "not.a.jwt")], "invalid_request_object"),
    ] {
        let back = browser.open(&client.authorize(over)).await;
        assert_eq!((back.status, back.error().as_str()), (303, error));
    }
}

async fn rfc9700_4_11_2_clients_that_somebody_vouches_for_are_answered_at_once(store: TestStore) {
    let app = TestApp::start_with(store, with_trusted);
    let client = Registered::with(&app, Some(TRUSTED), &json!({})).await;
    let mut browser = Browser::new(&app);
    for url in [client.authorize(&[("scope", "no:such")]), authorize(&[("scope", "no:such")])] {
        let back = browser.open(&url).await;
        assert_eq!((back.status, back.error().as_str()), (303, "invalid_scope"));
    }
}

async fn a_person_who_gives_up_goes_straight_back(store: TestStore) {
    let app = TestApp::start(store);
    let client = Registered::new(&app, &json!({})).await;
    let mut browser = Browser::new(&app);
    let page = browser.open(&client.authorize(&[])).await;
    let consent = browser.sign_in(&app, page, "ana@example.com").await;
    let back = browser.press(&consent, &consent.url.clone(), &[("decision", "deny")]).await;
    assert_eq!((back.status, back.error().as_str()), (303, "access_denied"));
}

async fn rfc9700_4_11_2_a_message_of_ours_does_not_lead_to_a_client_of_nobodys(store: TestStore) {
    let app = TestApp::start(store);
    let over = json!({"client_uri": "https://evil.example/", "client_name": "URGENT call 0800"});
    let client = Registered::new(&app, &over).await;
    let mut browser = Browser::new(&app);
    let page = browser.open(&client.authorize(&[("redirect_uri", "https://other.example/")])).await;
    assert_eq!(page.status, 400);
    assert!(!page.says("evil.example") && !page.says("URGENT"), "{}", page.html);
    let path = format!("/api/auth/oauth2/end-session?client_id={}", client.id());
    for path in [path, format!("/device/done?client_id={}", client.id())] {
        let page = browser.open(&path).await;
        assert!(!page.says("evil.example") && !page.says("URGENT"), "{path}: {}", page.html);
    }
}
