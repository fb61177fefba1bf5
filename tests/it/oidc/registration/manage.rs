//! A client reads, replaces and removes its registration (RFC 7592).

use serde_json::json;

use super::{
    CALLBACK, INITIAL, REGISTER, Registered, TRUSTED, ask, refreshing, tokens, try_register, with_another,
    with_trusted,
};
use crate::support::app::{JWKS, TestApp};
use crate::support::browser::Browser;
use crate::support::oidc::{USERINFO, basic, token};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    rfc7592_2_1_a_client_reads_its_registration,
    rfc7592_2_1_wrong_tokens_and_unknown_clients_are_alike,
    rfc7592_2_2_a_client_replaces_its_registration_whole,
    rfc7592_2_2_what_a_replacement_must_not_say,
    rfc7592_2_2_a_replaced_client_works_on,
    rfc7592_2_2_the_secret_goes_and_comes_with_the_method,
    rfc7592_2_3_a_removed_client_is_gone_with_its_grants,
    clients_of_two_organizations_cannot_touch_each_other,
);

async fn rfc7592_2_1_a_client_reads_its_registration(store: TestStore) {
    let app = TestApp::start(store);
    let client = Registered::new(&app, &refreshing()).await;
    let read = client.manage(&app, "GET", None).await;
    assert_eq!((read.status, read.header("cache-control")), (200, Some("no-store")));
    let mut expected = client.0.clone();
    for once in ["client_secret", "client_secret_expires_at"] {
        expected.as_object_mut().unwrap().remove(once);
    }
    assert_eq!(read.body, expected, "the secret was told once");
}

async fn rfc7592_2_1_wrong_tokens_and_unknown_clients_are_alike(store: TestStore) {
    let app = TestApp::start(store);
    let client = Registered::new(&app, &json!({})).await;
    let other = Registered::new(&app, &json!({})).await;
    let own = client.text("registration_access_token");
    let attempts = [
        (client.path(), "wrong"),
        (client.path(), other.text("registration_access_token")),
        (client.path(), client.text("client_secret")),
        (format!("{REGISTER}/dyn_AAAAAAAAAAAAAAAAAAAAAA"), own),
        (format!("{REGISTER}/demo-server"), own),
        (format!("{REGISTER}/x"), own),
    ];
    let document = client.changed(&json!({}));
    for method in ["GET", "PUT", "DELETE"] {
        let body = (method == "PUT").then_some(&document);
        let mut answers = Vec::new();
        for (path, token) in &attempts {
            let refused = ask(&app, method, path, Some(token), body).await;
            assert_eq!(refused.oauth_error(), (401, "invalid_token"), "{method} {path}");
            assert!(refused.header("www-authenticate").unwrap().starts_with("Bearer"), "{method} {path}");
            answers.push(refused.body);
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{method}: {answers:?}");
        let without = ask(&app, method, &client.path(), None, body).await;
        assert_eq!(without.status, 401);
    }
    assert_eq!(client.manage(&app, "GET", None).await.status, 200);
}

async fn rfc7592_2_2_a_client_replaces_its_registration_whole(store: TestStore) {
    let app = TestApp::start(store);
    let client =
        Registered::new(&app, &json!({"contacts": ["ops@app.example"], "default_max_age": 60})).await;
    let new = json!({
        "client_id": client.id(),
        "client_secret": client.text("client_secret"),
        "redirect_uris": [CALLBACK, "https://app.example/second"],
        "client_name": "Renamed",
    });
    let answer = client.manage(&app, "PUT", Some(&new)).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")), "{answer:?}");
    let body = &answer.body;
    assert_eq!(body["client_name"], json!("Renamed"));
    assert_eq!(body["redirect_uris"], new["redirect_uris"]);
    assert!(
        body.get("contacts").is_none() && body.get("default_max_age").is_none(),
        "what is left out is gone"
    );
    assert!(body.get("client_secret").is_none(), "it stays as it is, and is not told again");
    for kept in ["client_id", "client_id_issued_at", "registration_access_token", "registration_client_uri"] {
        assert_eq!(body[kept], client.0[kept], "{kept}");
    }
    assert_eq!(client.manage(&app, "GET", None).await.body, answer.body);
    assert_eq!(app.audit.count("client_replaced"), 1);
}

async fn rfc7592_2_2_what_a_replacement_must_not_say(store: TestStore) {
    let app = TestApp::start(store);
    let client = Registered::new(&app, &json!({})).await;
    let other = Registered::new(&app, &json!({})).await;
    let wrong = [
        json!({"client_id": null}),
        json!({"client_id": other.id()}),
        json!({"client_secret": "mine"}),
        json!({"client_secret": other.text("client_secret")}),
        json!({"client_secret": 7}),
        json!({"registration_access_token": client.text("registration_access_token")}),
        json!({"registration_client_uri": client.text("registration_client_uri")}),
        json!({"client_secret_expires_at": 0}),
        json!({"client_id_issued_at": 0}),
        json!({"grant_types": ["implicit"]}),
    ];
    for over in wrong {
        let refused = client.manage(&app, "PUT", Some(&client.changed(&over))).await;
        assert_eq!(refused.oauth_error(), (400, "invalid_client_metadata"), "{over}");
    }
    let refused = client.manage(&app, "PUT", Some(&client.changed(&json!({"redirect_uris": []})))).await;
    assert_eq!(refused.oauth_error(), (400, "invalid_redirect_uri"));
    let read = client.manage(&app, "GET", None).await;
    assert_eq!(read.body["redirect_uris"], json!([CALLBACK]), "nothing changed");
}

async fn rfc7592_2_2_a_replaced_client_works_on(store: TestStore) {
    let app = TestApp::start(store);
    let client = Registered::new(&app, &refreshing()).await;
    let before = tokens(&app, &client, "ana@example.com").await.member("refresh_token");
    let moved = client.changed(&json!({"redirect_uris": ["https://new.example/callback"]}));
    assert_eq!(client.manage(&app, "PUT", Some(&moved)).await.status, 200);
    let old = Browser::new(&app).open(&client.authorize(&[])).await;
    assert_eq!(old.status, 400, "the old redirect URI is none any more");
    let new = client.authorize(&[("redirect_uri", "https://new.example/callback")]);
    assert_eq!(Browser::new(&app).open(&new).await.status, 200);
    assert_eq!(client.refresh(&app, &before).await.status, 200, "its grants and its secret stay");
}

async fn rfc7592_2_2_the_secret_goes_and_comes_with_the_method(store: TestStore) {
    let app = TestApp::start_with(store, with_trusted);
    let machine = json!({"grant_types": ["authorization_code", "client_credentials"]});
    let client = Registered::with(&app, Some(TRUSTED), &machine).await;
    let public = client.changed(&json!({
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code"],
    }));
    let answer = client.manage(&app, "PUT", Some(&public)).await;
    assert_eq!((answer.status, answer.body.get("client_secret")), (200, None));
    let mut back = client.changed(&machine);
    back.as_object_mut().unwrap().remove("client_secret");
    let answer = client.manage(&app, "PUT", Some(&back)).await;
    let secret = answer.body["client_secret"].as_str().expect("a new one");
    assert_ne!(secret, client.text("client_secret"));
    assert_eq!(answer.body["client_secret_expires_at"], json!(0));
    let by = async |secret: &str| {
        token(&app, Some(&basic(client.id(), secret)), &[("grant_type", "client_credentials")]).await.status
    };
    assert_eq!((by(secret).await, by(client.text("client_secret")).await), (200, 401));
}

async fn rfc7592_2_3_a_removed_client_is_gone_with_its_grants(store: TestStore) {
    let app = TestApp::start(store);
    let client = Registered::new(&app, &refreshing()).await;
    let granted = tokens(&app, &client, "ana@example.com").await;
    let mut browser = Browser::new(&app);
    let page = browser.open(&client.authorize(&[])).await;
    assert_eq!(page.status, 200);
    let removed = client.manage(&app, "DELETE", None).await;
    assert_eq!((removed.status, removed.header("content-type")), (204, None));
    assert_eq!(removed.header("cache-control"), Some("no-store"));
    assert_eq!(app.audit.count("client_removed"), 1);
    assert_eq!(client.manage(&app, "GET", None).await.oauth_error(), (401, "invalid_token"));
    assert_eq!(client.manage(&app, "DELETE", None).await.oauth_error(), (401, "invalid_token"));
    let refused = client.refresh(&app, &granted.member("refresh_token")).await;
    assert_eq!(refused.oauth_error(), (401, "invalid_client"));
    let refused = app.get_as(&granted.member("access_token"), USERINFO).await;
    assert_eq!(refused.oauth_error(), (401, "invalid_token"));
    assert_eq!(Browser::new(&app).open(&client.authorize(&[])).await.status, 400);
    assert_eq!(app.get(JWKS).await.status, 200);
}

async fn clients_of_two_organizations_cannot_touch_each_other(store: TestStore) {
    let app = TestApp::start_with(store, with_another);
    let here = Registered::new(&app, &refreshing()).await;
    let there = Registered::with(&app, Some(INITIAL), &refreshing()).await;
    for (mine, other) in [(&here, &there), (&there, &here)] {
        let token = mine.text("registration_access_token");
        for method in ["GET", "PUT", "DELETE"] {
            let document = other.changed(&json!({}));
            let body = (method == "PUT").then_some(&document);
            let refused = ask(&app, method, &other.path(), Some(token), body).await;
            assert_eq!(refused.oauth_error(), (401, "invalid_token"), "{method}");
        }
        let refused = ask(&app, "GET", &mine.path(), Some(INITIAL), None).await;
        assert_eq!(refused.oauth_error(), (401, "invalid_token"), "an initial access token reads nothing");
        let refused = try_register(&app, Some(token), &json!({})).await;
        assert_eq!(refused.oauth_error(), (401, "invalid_token"), "and a client's own registers nothing");
        let moved = mine.changed(&json!({"organization": "org_other", "party": "first"}));
        assert_eq!(mine.manage(&app, "PUT", Some(&moved)).await.status, 200, "unknown members are ignored");
    }
    let granted = tokens(&app, &here, "ana@example.com").await;
    let refused = there.refresh(&app, &granted.member("refresh_token")).await;
    assert_eq!(refused.oauth_error(), (400, "invalid_grant"));
    assert_eq!(here.refresh(&app, &granted.member("refresh_token")).await.status, 200);
}
