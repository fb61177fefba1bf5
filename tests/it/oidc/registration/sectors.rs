//! The sector of a grant is that of its authorization, whatever becomes of the client (OpenID Connect Core §8.1).

use serde_json::{Value, json};

use super::pairwise::serving;
use super::{CALLBACK, Registered, try_register};
use crate::oidc::strangers::party::poll;
use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::oidc::{USERINFO, claims, post_form};
use crate::support::receiver::{Receiver, logout_token};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    oidc_core_8_1_a_code_keeps_the_sector_of_its_authorization,
    rfc6749_4_1_3_a_code_for_a_redirect_uri_that_is_gone_is_none,
    rfc6749_3_1_2_3_nor_is_one_issued_for_it,
    oidc_core_8_1_a_device_needs_a_document_of_its_sector,
    oidc_core_8_1_a_device_keeps_the_sector_of_its_request,
    backchannel_2_4_a_logout_token_has_the_subject_of_the_grant,
    oidc_core_3_1_2_1_a_hint_of_the_session_is_known_after_a_change_of_sector,
);

const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const LATER: &str = "https://later.example/callback";

/// A client whose sector is `app.example`, and a document of another sector, that of this machine, that has its URIs.
async fn pairwise(app: &TestApp, over: &Value) -> (Registered, String) {
    let url = serving(json!([CALLBACK, LATER]).to_string()).await;
    let mut registration = json!({
        "subject_type": "pairwise",
        "grant_types": ["authorization_code", "refresh_token"],
        "post_logout_redirect_uris": ["https://app.example/bye"],
    });
    registration.as_object_mut().unwrap().extend(over.as_object().unwrap().clone());
    (Registered::new(app, &registration).await, url)
}

/// Signs in and allows; the code is not redeemed yet.
async fn code(app: &TestApp, client: &Registered, email: &str) -> (Browser, String) {
    let mut browser = Browser::new(app);
    let page = browser.open(&client.authorize(&[])).await;
    let page = browser.sign_in(app, page, email).await;
    let back = if page.status == 200 { browser.allow(&page).await } else { page };
    (browser, back.code())
}

async fn subject(app: &TestApp, client: &Registered, code: &str) -> Value {
    let answer = client.redeem(app, code).await;
    let sub = claims(&answer.member("id_token"))["sub"].clone();
    assert_eq!(app.get_as(&answer.member("access_token"), USERINFO).await.body["sub"], sub);
    sub
}

async fn replace(app: &TestApp, client: &Registered, over: &Value) {
    let answer = client.manage(app, "PUT", Some(&client.changed(over))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

async fn oidc_core_8_1_a_code_keeps_the_sector_of_its_authorization(store: TestStore) {
    let app = TestApp::start(store);
    let (client, url) = pairwise(&app, &json!({})).await;
    let (_, first) = code(&app, &client, "ana@example.com").await;
    let of_app = subject(&app, &client, &first).await;
    let (_, kept) = code(&app, &client, "ana@example.com").await;
    replace(&app, &client, &json!({"sector_identifier_uri": url})).await;
    assert_eq!(subject(&app, &client, &kept).await, of_app, "the sector moved before the code was redeemed");
    let (_, new) = code(&app, &client, "ana@example.com").await;
    replace(&app, &client, &json!({"subject_type": "public"})).await;
    let of_machine = subject(&app, &client, &new).await;
    assert_ne!(of_machine, of_app);
    assert!(!of_machine.as_str().unwrap().starts_with("user_"), "nor is it public then");
    let (_, public) = code(&app, &client, "ana@example.com").await;
    replace(&app, &client, &json!({})).await;
    assert!(subject(&app, &client, &public).await.as_str().unwrap().starts_with("user_"));
}

async fn rfc6749_4_1_3_a_code_for_a_redirect_uri_that_is_gone_is_none(store: TestStore) {
    let app = TestApp::start(store);
    let (client, _) = pairwise(&app, &json!({})).await;
    let (_, first) = code(&app, &client, "ana@example.com").await;
    replace(&app, &client, &json!({"redirect_uris": [LATER]})).await;
    assert_eq!(client.redeem(&app, &first).await.oauth_error(), (400, "invalid_grant"));
    replace(&app, &client, &json!({"redirect_uris": [LATER, CALLBACK], "subject_type": "public"})).await;
    assert_eq!(client.redeem(&app, &first).await.status, 200, "the refusal left the code alone");
}

async fn rfc6749_3_1_2_3_nor_is_one_issued_for_it(store: TestStore) {
    let app = TestApp::start(store);
    let (client, _) = pairwise(&app, &json!({})).await;
    let mut browser = Browser::new(&app);
    let page = browser.open(&client.authorize(&[])).await;
    let consent = browser.sign_in(&app, page, "ana@example.com").await;
    replace(&app, &client, &json!({"redirect_uris": [LATER]})).await;
    let over = browser.allow(&consent).await;
    assert_eq!(over.status, 410, "{over:?}");
}

async fn oidc_core_8_1_a_device_needs_a_document_of_its_sector(store: TestStore) {
    let app = TestApp::start(store);
    let device = json!({"subject_type": "pairwise", "grant_types": ["authorization_code", DEVICE]});
    let refused = try_register(&app, None, &device).await;
    assert_eq!(refused.oauth_error(), (400, "invalid_client_metadata"));
    let text = refused.body["error_description"].as_str().unwrap();
    assert!(text.starts_with("sector_identifier_uri is needed for pairwise subjects of a device"), "{text}");
    let (web, url) = pairwise(&app, &json!({})).await;
    let wider = web.changed(&json!({"grant_types": ["authorization_code", DEVICE]}));
    assert_eq!(web.manage(&app, "PUT", Some(&wider)).await.oauth_error(), (400, "invalid_client_metadata"));
    let mut with_document = device.clone();
    with_document["sector_identifier_uri"] = json!(url);
    Registered::new(&app, &with_document).await;
    with_document["redirect_uris"] = json!(["https://else.example/callback"]);
    let refused = try_register(&app, None, &with_document).await;
    assert_eq!(refused.oauth_error(), (400, "invalid_client_metadata"), "the document lacks it");
}

async fn oidc_core_8_1_a_device_keeps_the_sector_of_its_request(store: TestStore) {
    let app = TestApp::start(store);
    let url = serving(json!([CALLBACK]).to_string()).await;
    let grants = json!({"grant_types": ["authorization_code", DEVICE], "sector_identifier_uri": url});
    let (client, _) = pairwise(&app, &grants).await;
    let (mut browser, first) = code(&app, &client, "ana@example.com").await;
    let of_machine = subject(&app, &client, &first).await;
    let path = "/api/auth/oauth2/device_authorization";
    let begun = post_form(&app, path, Some(&client.basic()), &[("scope", "openid")]).await;
    let page = browser.submit("/device", &[("user_code", &begun.member("user_code"))]).await;
    browser.allow(&page).await;
    replace(&app, &client, &json!({"subject_type": "public"})).await;
    let tokens = poll(&app, &client, &begun.member("device_code")).await;
    assert_eq!(claims(&tokens.member("id_token"))["sub"], of_machine);
}

async fn backchannel_2_4_a_logout_token_has_the_subject_of_the_grant(store: TestStore) {
    let receiver = Receiver::start(&[]).await;
    let app = TestApp::start(store);
    let (client, url) = pairwise(&app, &json!({"backchannel_logout_uri": receiver.url})).await;
    let (mut browser, first) = code(&app, &client, "ana@example.com").await;
    let id_token = client.redeem(&app, &first).await.member("id_token");
    replace(&app, &client, &json!({"sector_identifier_uri": url})).await;
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("id_token_hint", &id_token)
        .append_pair("post_logout_redirect_uri", "https://app.example/bye")
        .finish();
    let back = browser.open(&format!("/api/auth/oauth2/end-session?{query}")).await;
    assert!(back.url.starts_with("https://app.example/bye"), "its hint is known by its session: {back:?}");
    let requests = receiver.requests(1).await;
    let (told, hint) = (claims(&logout_token(&requests[0])), claims(&id_token));
    assert_eq!((&told["sub"], &told["sid"]), (&hint["sub"], &hint["sid"]));
}

async fn oidc_core_3_1_2_1_a_hint_of_the_session_is_known_after_a_change_of_sector(store: TestStore) {
    let app = TestApp::start(store);
    let (client, url) = pairwise(&app, &json!({})).await;
    let (mut browser, first) = code(&app, &client, "ana@example.com").await;
    let hers = client.redeem(&app, &first).await.member("id_token");
    let (_, other) = code(&app, &client, "bob@example.com").await;
    let his = client.redeem(&app, &other).await.member("id_token");
    replace(&app, &client, &json!({"sector_identifier_uri": url})).await;
    let silent = |hint: &str| client.authorize(&[("prompt", "none"), ("id_token_hint", hint)]);
    assert!(browser.open(&silent(&hers)).await.parameter("code").is_some());
    assert_eq!(browser.open(&silent(&his)).await.error(), "login_required");
}
