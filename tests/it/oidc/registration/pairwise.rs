//! Pairwise subjects (OpenID Connect Core §8.1).

use serde_json::{Value, json};

use super::{CALLBACK, Registered, tokens, try_register};
use crate::support::app::{PROFILE, TestApp};
use crate::support::browser::Browser;
use crate::support::oidc::{USERINFO, claims};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    oidc_core_8_1_one_subject_for_a_sector,
    oidc_registration_5_a_sector_of_several_hosts,
    oidc_core_8_1_the_same_subject_everywhere,
    oidc_core_12_2_a_refresh_keeps_the_subject,
    oidc_core_3_1_2_1_a_hint_with_a_pairwise_subject,
    a_pairwise_client_gets_nothing_of_the_client_api,
);

fn pairwise(host: &str) -> Value {
    json!({
        "subject_type": "pairwise",
        "redirect_uris": [CALLBACK.replace("app.example", host)],
        "grant_types": ["authorization_code", "refresh_token"],
    })
}

async fn subject(app: &TestApp, client: &Registered, email: &str) -> String {
    let answer = tokens(app, client, email).await;
    claims(&answer.member("id_token"))["sub"].as_str().unwrap().to_owned()
}

async fn oidc_core_8_1_one_subject_for_a_sector(store: TestStore) {
    let app = TestApp::start(store);
    let one = Registered::new(&app, &pairwise("app.example")).await;
    let same_sector = Registered::new(&app, &pairwise("app.example")).await;
    let public = Registered::new(&app, &json!({})).await;
    let ana = subject(&app, &one, "ana@example.com").await;
    assert_eq!(ana.len(), 43);
    assert_eq!(subject(&app, &one, "ana@example.com").await, ana);
    assert_eq!(subject(&app, &same_sector, "ana@example.com").await, ana);
    assert_ne!(subject(&app, &one, "bob@example.com").await, ana);
    assert!(subject(&app, &public, "ana@example.com").await.starts_with("user_"));
    let change =
        json!({"redirect_uris": [CALLBACK, "https://app.example/other"], "subject_type": "pairwise"});
    let id = tiquo_auth::protocol::id::ClientId::new(same_sector.id());
    assert_eq!(same_sector.manage(&app, "PUT", Some(&same_sector.changed(&change))).await.status, 200);
    let sector = app.store.peek_client(&id).await.unwrap().unwrap().client.extras.subject_type;
    assert_eq!(sector.sector(), Some("app.example"));
}

/// A server of somebody's, on this machine, that answers every request with this JSON; and its URL.
pub(super) async fn serving(json: String) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://127.0.0.1:{}/sector.json", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
            let answer = format!("{head}Content-Length: {}\r\n\r\n{json}", json.len());
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    url
}

async fn oidc_registration_5_a_sector_of_several_hosts(store: TestStore) {
    let app = TestApp::start(store);
    let uris = json!([CALLBACK, "https://other.example/callback"]);
    let over = |sector: Option<&str>, uris: &Value| json!({"subject_type": "pairwise", "redirect_uris": uris, "sector_identifier_uri": sector});
    let refused = try_register(&app, None, &over(None, &uris)).await;
    assert_eq!(refused.oauth_error(), (400, "invalid_client_metadata"), "two hosts and no document");
    let url = serving(uris.to_string()).await;
    let client = Registered::new(&app, &over(Some(&url), &uris)).await;
    let other = Registered::new(&app, &over(Some(&url), &json!([CALLBACK]))).await;
    let ana = subject(&app, &client, "ana@example.com").await;
    assert_eq!(subject(&app, &other, "ana@example.com").await, ana, "the sector is the document's host");
    let alone = Registered::new(&app, &pairwise("app.example")).await;
    assert_ne!(subject(&app, &alone, "ana@example.com").await, ana);
    let third = json!([CALLBACK, "https://third.example/callback"]);
    let refused = try_register(&app, None, &over(Some(&url), &third)).await;
    assert_eq!(refused.oauth_error(), (400, "invalid_client_metadata"), "not on the list");
    let moved = client.changed(&json!({"redirect_uris": third}));
    let refused = client.manage(&app, "PUT", Some(&moved)).await;
    assert_eq!(refused.oauth_error(), (400, "invalid_client_metadata"), "nor afterwards");
}

async fn oidc_core_8_1_the_same_subject_everywhere(store: TestStore) {
    let app = TestApp::start(store);
    let client = Registered::new(&app, &pairwise("app.example")).await;
    let answer = tokens(&app, &client, "ana@example.com").await;
    let access_token = answer.member("access_token");
    let id_token = claims(&answer.member("id_token"));
    let in_access_token = claims(&access_token);
    assert_eq!(in_access_token["sub"], id_token["sub"]);
    assert!(in_access_token.get("customer_id").is_none(), "it would tell who they are: {in_access_token}");
    let userinfo = app.get_as(&access_token, USERINFO).await;
    assert_eq!((userinfo.status, &userinfo.body["sub"]), (200, &id_token["sub"]), "{userinfo:?}");
    assert_eq!(userinfo.body["email"], json!("ana@example.com"));
    for held in [answer.member("refresh_token"), access_token] {
        let body = url::form_urlencoded::Serializer::new(String::new()).append_pair("token", &held).finish();
        let asked = app
            .request("POST", "/api/auth/oauth2/introspect")
            .header("authorization", client.basic())
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        let told = crate::support::app::Answer::of(asked.send().await.unwrap()).await;
        assert_eq!((&told.body["active"], &told.body["sub"]), (&json!(true), &id_token["sub"]), "{told:?}");
    }
}

async fn oidc_core_12_2_a_refresh_keeps_the_subject(store: TestStore) {
    let app = TestApp::start(store);
    let client = Registered::new(&app, &pairwise("app.example")).await;
    let answer = tokens(&app, &client, "ana@example.com").await;
    let first = claims(&answer.member("id_token"))["sub"].clone();
    let public = client.changed(&json!({"subject_type": "public"}));
    assert_eq!(client.manage(&app, "PUT", Some(&public)).await.status, 200);
    let refreshed = client.refresh(&app, &answer.member("refresh_token")).await;
    assert_eq!(claims(&refreshed.member("id_token"))["sub"], first, "though the client has public ones now");
    assert_eq!(app.get_as(&refreshed.member("access_token"), USERINFO).await.body["sub"], first);
    assert!(subject(&app, &client, "ana@example.com").await.starts_with("user_"));
}

async fn oidc_core_3_1_2_1_a_hint_with_a_pairwise_subject(store: TestStore) {
    let app = TestApp::start(store);
    let mut registration = pairwise("app.example");
    registration["post_logout_redirect_uris"] = json!(["https://app.example/bye"]);
    let client = Registered::new(&app, &registration).await;
    let mut browser = Browser::new(&app);
    let page = browser.open(&client.authorize(&[])).await;
    let page = browser.sign_in(&app, page, "ana@example.com").await;
    let back = browser.allow(&page).await;
    let hers = client.redeem(&app, &back.code()).await.member("id_token");
    let his = tokens(&app, &client, "bob@example.com").await.member("id_token");
    let silent = |hint: &str| client.authorize(&[("prompt", "none"), ("id_token_hint", hint)]);
    assert!(browser.open(&silent(&hers)).await.parameter("code").is_some());
    assert_eq!(browser.open(&silent(&his)).await.error(), "login_required");
    let end = |hint: &str| {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("id_token_hint", hint)
            .append_pair("post_logout_redirect_uri", "https://app.example/bye")
            .finish();
        format!("/api/auth/oauth2/end-session?{query}")
    };
    let asked = browser.open(&end(&his)).await;
    assert_ne!(
        browser.open(&silent(&hers)).await.parameter("code"),
        None,
        "his hint ends nothing: {asked:?}"
    );
    browser.open(&end(&hers)).await;
    assert_eq!(browser.open(&silent(&hers)).await.error(), "login_required", "hers does");
}

async fn a_pairwise_client_gets_nothing_of_the_client_api(store: TestStore) {
    let app = TestApp::start(store);
    let client = Registered::new(&app, &pairwise("app.example")).await;
    let mut browser = Browser::new(&app);
    let page = browser.open(&client.authorize(&[("scope", "openid profile:read")])).await;
    let page = browser.sign_in(&app, page, "ana@example.com").await;
    let back = browser.allow(&page).await;
    let answer = client.redeem(&app, &back.code()).await;
    assert_eq!(answer.member("scope"), "openid");
    let access_token = answer.member("access_token");
    assert_eq!(claims(&access_token)["aud"], json!(app.base), "good at userinfo only");
    let refused = app.get_as(&access_token, PROFILE).await;
    assert_eq!(
        (refused.status, refused.body["reason"].as_str()),
        (401, Some("token_invalid")),
        "{refused:?}"
    );
}
