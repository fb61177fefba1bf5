//! The metadata of the provider.

use serde_json::json;

use crate::support::app::TestApp;
use crate::support::oidc::{AUTHORIZE, TOKEN, USERINFO};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    rfc8414_3_and_oidc_discovery_4_one_document_at_two_places,
    an_issuer_with_a_path_has_everything_below_it,
    rfc6749_5_1_cors_where_tokens_are_fetched,
);

async fn rfc8414_3_and_oidc_discovery_4_one_document_at_two_places(store: TestStore) {
    let app = TestApp::start(store);
    let oauth = app.get("/.well-known/oauth-authorization-server").await;
    let openid = app.get("/.well-known/openid-configuration").await;
    assert_eq!((openid.status, &openid.body), (200, &oauth.body));
    let at = |path: &str| json!(format!("{}{path}", app.base));
    let body = &openid.body;
    assert_eq!(body["issuer"], json!(app.base));
    assert_eq!(body["authorization_endpoint"], at(AUTHORIZE));
    assert_eq!((&body["token_endpoint"], &body["userinfo_endpoint"]), (&at(TOKEN), &at(USERINFO)));
    assert_eq!(body["response_types_supported"], json!(["code"]));
    assert_eq!(
        body["grant_types_supported"],
        json!([
            "authorization_code",
            "refresh_token",
            "client_credentials",
            "urn:ietf:params:oauth:grant-type:device_code"
        ])
    );
    assert_eq!(body["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(body["subject_types_supported"], json!(["public", "pairwise"]));
    assert_eq!(body["id_token_signing_alg_values_supported"], json!(["RS256"]));
    assert_eq!(
        body["token_endpoint_auth_methods_supported"],
        json!(["none", "client_secret_basic", "client_secret_post", "private_key_jwt"])
    );
    assert_eq!(body["require_request_uri_registration"], json!(true), "left out it would count as false");
}

async fn an_issuer_with_a_path_has_everything_below_it(store: TestStore) {
    let app = TestApp::start_with(store, |policy| policy.issuer.push_str("/tenant/a"));
    let inserted = app.get("/.well-known/oauth-authorization-server/tenant/a").await;
    let appended = app.get("/tenant/a/.well-known/openid-configuration").await;
    assert_eq!((inserted.status, appended.status), (200, 200));
    assert_eq!(inserted.body["issuer"], json!(format!("{}/tenant/a", app.base)));
    let jwks = inserted.body["jwks_uri"].as_str().unwrap().strip_prefix(&app.base).unwrap();
    assert_eq!(app.get(jwks).await.status, 200);
    let page = inserted.body["authorization_endpoint"].as_str().unwrap().strip_prefix(&app.base).unwrap();
    let mut browser = crate::support::browser::Browser::new(&app);
    let path = crate::support::oidc::authorize(&[]).replace(AUTHORIZE, page);
    let shown = browser.open(&path).await;
    assert!(shown.status == 200 && shown.url.starts_with("/tenant/a/signin/"), "{shown:?}");
    let page = browser.press(&shown, &shown.url.clone(), &[("email", "ana@example.com")]).await;
    assert!(page.url.ends_with("/code") && page.status == 200, "{page:?}");
}

async fn rfc6749_5_1_cors_where_tokens_are_fetched(store: TestStore) {
    let app = TestApp::start(store);
    for path in [TOKEN, USERINFO] {
        let preflight = app
            .request("OPTIONS", path)
            .header("origin", "https://spa.example")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type");
        let answer = preflight.send().await.unwrap();
        assert_eq!(answer.headers()["access-control-allow-origin"], "*", "{path}");
        assert_eq!(
            answer.headers()["access-control-allow-headers"],
            "*, Authorization, Content-Type, DPoP",
            "{path}"
        );
    }
}
