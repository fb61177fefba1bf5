//! Registration (RFC 7591 §3, OpenID Connect Registration §3).

use serde_json::json;
use tiquo_auth::ports::clock::Clock as _;
use tiquo_auth::protocol::registration::policy::RegistrationMode;

use super::{CALLBACK, INITIAL, REGISTER, Registered, ask, refreshing, tokens, try_register, with_another};
use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::oidc::claims;
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    rfc7591_3_2_1_a_client_registers_and_signs_people_in,
    rfc7591_3_2_2_what_is_wrong_is_named,
    rfc7591_3_1_the_initial_access_token_names_the_organization,
    rfc8414_2_the_endpoint_is_named_while_somebody_may_register,
    a_public_client_has_no_secret_and_needs_pkce,
    whether_confidential_clients_need_pkce_is_a_setting,
    what_the_endpoint_does_not_take,
    pages_of_any_origin_may_register,
    rfc7591_2_2_what_people_see_is_what_was_registered,
    oidc_registration_5_a_sector_that_cannot_be_read,
);

async fn rfc7591_3_2_1_a_client_registers_and_signs_people_in(store: TestStore) {
    let app = TestApp::start(store);
    let answer = try_register(&app, None, &refreshing()).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("pragma"), Some("no-cache"));
    let body = &answer.body;
    assert_eq!(body["client_secret_expires_at"], json!(0));
    assert_eq!(body["token_endpoint_auth_method"], json!("client_secret_basic"));
    assert_eq!(body["grant_types"], json!(["authorization_code", "refresh_token"]));
    assert_eq!(body["redirect_uris"], json!([CALLBACK]));
    assert_eq!(body["client_id_issued_at"], json!(app.clock.now().as_secs()));
    let client = Registered(answer.body.clone());
    assert!(client.text("client_secret").len() >= 43 && client.text("registration_access_token").len() >= 43);
    assert_eq!(client.text("registration_client_uri"), format!("{}{}", app.base, client.path()));
    assert_eq!(app.audit.count("client_registered"), 1);
    let answer = tokens(&app, &client, "ana@example.com").await;
    let id_token = claims(&answer.member("id_token"));
    assert_eq!(id_token["aud"], json!(client.id()));
    assert_eq!(claims(&answer.member("access_token"))["organization_id"], json!("org_demo"));
    assert_eq!(client.refresh(&app, &answer.member("refresh_token")).await.status, 200);
    let other = Registered::new(&app, &refreshing()).await;
    assert_ne!(other.id(), client.id());
    assert_ne!(other.text("client_secret"), client.text("client_secret"));
}

async fn rfc7591_3_2_2_what_is_wrong_is_named(store: TestStore) {
    let app = TestApp::start(store);
    let wrong = [
        (json!({"redirect_uris": ["http://app.example/"]}), "invalid_redirect_uri", "redirect_uris"),
        (json!({"grant_types": ["implicit"]}), "invalid_client_metadata", "grant_types"),
        (json!({"jwks": {"keys": [{"kty": "oct", "k": "AA"}]}}), "invalid_client_metadata", "jwks"),
        (json!({"software_statement": "e30.e30."}), "unapproved_software_statement", "software_statement"),
    ];
    for (over, code, member) in wrong {
        let answer = try_register(&app, None, &over).await;
        assert_eq!(answer.oauth_error(), (400, code), "{over}");
        assert!(answer.body["error_description"].as_str().unwrap().starts_with(member), "{answer:?}");
    }
    for body in ["", "[]", "{", r#"{"client_name":"a","client_name":"b"}"#, "\"x\""] {
        let answer = app.post_raw(REGISTER, Some("application/json"), body).await;
        assert_eq!(answer.oauth_error(), (400, "invalid_client_metadata"), "{body}");
    }
}

async fn rfc7591_3_1_the_initial_access_token_names_the_organization(store: TestStore) {
    let open = TestApp::start_with(store.clone(), with_another);
    let organization = async |app: &TestApp, client: &Registered| {
        let id = tiquo_auth::protocol::id::ClientId::new(client.id());
        app.store.peek_client(&id).await.unwrap().unwrap().client.organization
    };
    let client = Registered::new(&open, &json!({})).await;
    assert_eq!(organization(&open, &client).await.as_str(), "org_demo");
    let client = Registered::with(&open, Some(INITIAL), &json!({})).await;
    assert_eq!(organization(&open, &client).await.as_str(), "org_other");
    let refused = try_register(&open, Some("another"), &json!({})).await;
    assert_eq!(refused.oauth_error(), (401, "invalid_token"));

    let closed = TestApp::start_with(store, |policy| {
        with_another(policy);
        policy.registration.mode = RegistrationMode::Token;
    });
    let refused = try_register(&closed, None, &json!({})).await;
    assert_eq!(refused.status, 401);
    let challenge = refused.header("www-authenticate").unwrap();
    assert!(challenge.starts_with("Bearer") && !challenge.contains("error"), "RFC 6750 §3.1: {challenge}");
    let refused = try_register(&closed, Some("another"), &json!({})).await;
    assert_eq!(refused.oauth_error(), (401, "invalid_token"));
    assert!(refused.header("www-authenticate").unwrap().contains(r#"error="invalid_token""#));
    let basic = closed.request("POST", REGISTER).header("authorization", "Basic YTpi");
    let basic = basic.header("content-type", "application/json").body("{}").send().await.unwrap();
    assert_eq!(basic.status(), 401);
    Registered::with(&closed, Some(INITIAL), &json!({})).await;
}

async fn rfc8414_2_the_endpoint_is_named_while_somebody_may_register(store: TestStore) {
    let document = "/.well-known/openid-configuration";
    let open = TestApp::start(store.clone());
    let named = open.get(document).await.body["registration_endpoint"].clone();
    assert_eq!(named, json!(format!("{}{REGISTER}", open.base)));
    let client = Registered::new(&open, &json!({})).await;
    let off = TestApp::start_with(store, |policy| policy.registration.mode = RegistrationMode::Off);
    assert_eq!(off.get(document).await.body.get("registration_endpoint"), None);
    let refused = try_register(&off, None, &json!({})).await;
    assert_eq!(refused.status, 404, "{refused:?}");
    assert_eq!(client.manage(&off, "GET", None).await.status, 200, "what is registered stays");
}

async fn a_public_client_has_no_secret_and_needs_pkce(store: TestStore) {
    let app = TestApp::start(store);
    let public = json!({"token_endpoint_auth_method": "none"});
    let client = Registered::new(&app, &public).await;
    assert!(client.0.get("client_secret").is_none() && client.0.get("client_secret_expires_at").is_none());
    let without = client.authorize(&[("code_challenge", ""), ("code_challenge_method", "")]);
    let back = Browser::new(&app).open(&without).await.way_on();
    assert_eq!(back.error(), "invalid_request");
}

async fn whether_confidential_clients_need_pkce_is_a_setting(store: TestStore) {
    let without = [("code_challenge", ""), ("code_challenge_method", "")];
    let app = TestApp::start(store.clone());
    let client = Registered::new(&app, &json!({})).await;
    assert_eq!(Browser::new(&app).open(&client.authorize(&without)).await.status, 200);
    let strict =
        TestApp::start_with(store, |policy| policy.registration.require_pkce_for_confidential = true);
    let client = Registered::new(&strict, &json!({})).await;
    let back = Browser::new(&strict).open(&client.authorize(&without)).await.way_on();
    assert_eq!(back.error(), "invalid_request");
}

async fn what_the_endpoint_does_not_take(store: TestStore) {
    let app = TestApp::start(store);
    let get = app.get(REGISTER).await;
    assert_eq!((get.status, get.header("allow")), (405, Some("POST")));
    let form = app.post_raw(REGISTER, Some("application/x-www-form-urlencoded"), "a=b").await;
    assert_eq!(form.oauth_error(), (415, "invalid_request"));
    let large = format!(r#"{{"x":"{}"}}"#, "x".repeat(70_000));
    let large = app.post_raw(REGISTER, Some("application/json"), large).await;
    assert_eq!(large.oauth_error(), (413, "invalid_request"));
    let patch = ask(&app, "PATCH", &format!("{REGISTER}/x"), None, None).await;
    assert_eq!((patch.status, patch.header("allow")), (405, Some("GET, HEAD, PUT, DELETE")));
}

async fn pages_of_any_origin_may_register(store: TestStore) {
    let app = TestApp::start(store);
    for path in [REGISTER.to_owned(), format!("{REGISTER}/x")] {
        let preflight = app
            .request("OPTIONS", &path)
            .header("origin", "https://spa.example")
            .header("access-control-request-method", "PUT")
            .header("access-control-request-headers", "authorization,content-type");
        let answer = preflight.send().await.unwrap();
        assert_eq!(answer.headers()["access-control-allow-origin"], "*", "{path}");
        let refused = ask(&app, "DELETE", &path, None, None).await;
        assert_eq!(refused.header("access-control-allow-origin"), Some("*"), "{path}");
    }
}

async fn rfc7591_2_2_what_people_see_is_what_was_registered(store: TestStore) {
    let app = TestApp::start(store);
    let shown = json!({
        "client_name": "Café <b>Ana</b>",
        "client_name#fr": "Le Café",
        "policy_uri": "https://app.example/privacy",
        "tos_uri": "https://app.example/terms",
    });
    let client = Registered::new(&app, &shown).await;
    assert_eq!(client.text("client_name#fr"), "Le Café");
    let mut browser = Browser::new(&app);
    let page = browser.open(&client.authorize(&[])).await;
    let consent = browser.sign_in(&app, page, "ana@example.com").await;
    assert!(consent.says("Café &#60;b&#62;Ana") || consent.says("Café &lt;b&gt;Ana"), "{}", consent.html);
    assert!(consent.says("https://app.example/privacy") && consent.says("https://app.example/terms"));
    // OpenID Connect Registration §2.1: in the language of the page what was said in it, and the rest as for all.
    let french = Browser::new(&app).open(&client.authorize(&[("ui_locales", "fr")])).await;
    assert!(french.says("Le Café") && !french.says("Ana"), "{}", french.html);
    let spanish = Browser::new(&app).open(&client.authorize(&[("ui_locales", "es")])).await;
    assert!(!spanish.says("Le Café"), "{}", spanish.html);
}

async fn oidc_registration_5_a_sector_that_cannot_be_read(store: TestStore) {
    let app = TestApp::start(store);
    let sector = json!({"sector_identifier_uri": "https://127.0.0.1:1/sector.json"});
    let refused = try_register(&app, None, &sector).await;
    assert_eq!(refused.oauth_error(), (400, "invalid_client_metadata"));
    let text = refused.body["error_description"].as_str().unwrap();
    assert!(text.starts_with("sector_identifier_uri cannot be read"), "{text}");
}
