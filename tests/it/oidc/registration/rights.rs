//! What clients may have that registered themselves (RFC 7591 §2, §3), and what keeps their place.

use std::time::Duration;

use serde_json::{Value, json};
use tiquo_auth::ports::clock::Clock as _;
use tiquo_auth::ports::store::RegistrationOutcome as Stored;
use tiquo_auth::protocol::id::ClientId;
use tiquo_auth::protocol::network::{ClientAddress, ClientNetwork};
use tiquo_auth::protocol::policy::Policy;
use tiquo_auth::protocol::scope::Scope;

use super::{INITIAL, Registered, TRUSTED, refreshing, tokens, try_register, with_another, with_trusted};
use crate::oidc::strangers::party::poll;
use crate::support::app::{Answer, TestApp};
use crate::support::browser::Browser;
use crate::support::client_key::Signer;
use crate::support::oidc::{basic, claims, post_form, token};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    rfc7591_2_client_credentials_need_a_token_that_says_so,
    rfc7591_2_of_the_client_api_a_stranger_gets_what_reads,
    clients_that_are_stored_already_are_held_to_the_same_rules,
    a_refresh_gives_nothing_that_the_client_may_not_have_any_more,
    what_is_remembered_of_their_assertions_is_bounded,
    only_what_an_end_user_granted_keeps_a_place,
    a_token_may_give_its_clients_longer,
    clients_are_listed_and_removed_by_the_operator,
);

const DAY: Duration = Duration::from_secs(86_400);
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";

fn machine() -> Value {
    json!({"grant_types": ["client_credentials"], "redirect_uris": [], "response_types": []})
}

async fn own_token(app: &TestApp, client: &Registered) -> Answer {
    token(app, Some(&client.basic()), &[("grant_type", "client_credentials")]).await
}

async fn rfc7591_2_client_credentials_need_a_token_that_says_so(store: TestStore) {
    let app = TestApp::start_with(store, |policy| {
        with_another(policy);
        with_trusted(policy);
    });
    for initial in [None, Some(INITIAL)] {
        let refused = try_register(&app, initial, &machine()).await;
        assert_eq!(refused.oauth_error(), (400, "invalid_client_metadata"));
        let text = refused.body["error_description"].as_str().unwrap();
        assert!(
            text.starts_with("grant_types has client_credentials, which needs an initial access token"),
            "{text}"
        );
    }
    let client = Registered::with(&app, Some(TRUSTED), &machine()).await;
    let own = own_token(&app, &client).await;
    assert_eq!(claims(&own.member("access_token"))["sub"], json!(client.id()));
    assert!(own.member("scope").contains("profile:write"), "{own:?}");
    assert_eq!(
        client.manage(&app, "PUT", Some(&client.changed(&json!({})))).await.status,
        200,
        "it keeps that"
    );
    assert_eq!(own_token(&app, &client).await.status, 200);
    let stranger = Registered::new(&app, &json!({})).await;
    let wider = stranger.changed(&json!({"grant_types": ["authorization_code", "client_credentials"]}));
    let refused = stranger.manage(&app, "PUT", Some(&wider)).await;
    assert_eq!(refused.oauth_error(), (400, "invalid_client_metadata"), "nor by a replacement");
    assert_eq!(own_token(&app, &stranger).await.oauth_error(), (400, "unauthorized_client"));
}

async fn rfc7591_2_of_the_client_api_a_stranger_gets_what_reads(store: TestStore) {
    let app = TestApp::start_with(store.clone(), with_trusted);
    let scope = "openid profile:read profile:write";
    let asked = json!({"scope": scope});
    assert_eq!(Registered::new(&app, &asked).await.text("scope"), "openid profile:read");
    assert!(!Registered::new(&app, &json!({})).await.text("scope").contains("profile:write"));
    let trusted = Registered::with(&app, Some(TRUSTED), &asked).await;
    assert_eq!(trusted.text("scope"), scope);
    let mut browser = Browser::new(&app);
    let page = browser.open(&trusted.authorize(&[("scope", scope)])).await;
    let page = browser.sign_in(&app, page, "ana@example.com").await;
    let back = browser.allow(&page).await;
    assert_eq!(trusted.redeem(&app, &back.code()).await.member("scope"), scope, "with an end-user's consent");
    let none = TestApp::start_with(store, |policy| policy.registration.client_api_scopes = Scope::default());
    assert_eq!(Registered::new(&none, &asked).await.text("scope"), "openid");
}

async fn clients_that_are_stored_already_are_held_to_the_same_rules(store: TestStore) {
    let app = TestApp::start_with(store, with_trusted);
    let more =
        json!({"grant_types": ["authorization_code", "client_credentials"], "scope": "openid profile:write"});
    let trusted = Registered::with(&app, Some(TRUSTED), &more).await;
    // As a version stored it that knew no difference.
    let mut old = app.store.peek_client(&ClientId::new(trusted.id())).await.unwrap().unwrap();
    old.client.id = ClientId::from_random(&[9; 16]);
    old.client.extras.initial_access = None;
    assert_eq!(app.store.register_client(&old, 100, old.issued_at).await.unwrap(), Stored::Registered);
    let header = basic(old.client.id.as_str(), trusted.text("client_secret"));
    let refused = token(&app, Some(&header), &[("grant_type", "client_credentials")]).await;
    assert_eq!(refused.oauth_error(), (400, "unauthorized_client"));
    let bearer = trusted.text("registration_access_token");
    let path = format!("{}/{}", super::REGISTER, old.client.id);
    let read = super::ask(&app, "GET", &path, Some(bearer), None).await;
    assert_eq!(
        (&read.body["grant_types"], &read.body["scope"]),
        (&json!(["authorization_code"]), &json!("openid"))
    );
    let url = trusted.authorize(&[("client_id", old.client.id.as_str()), ("scope", "openid profile:write")]);
    let mut browser = Browser::new(&app);
    let page = browser.open(&url).await;
    let page = browser.sign_in(&app, page, "ana@example.com").await;
    assert!(!page.says("Change your customer record"), "{page:?}");
}

async fn a_refresh_gives_nothing_that_the_client_may_not_have_any_more(store: TestStore) {
    let everything = |policy: &mut Policy| policy.registration.client_api_scopes = Scope::client_api();
    let before = TestApp::start_with(store.clone(), everything);
    let client = Registered::new(&before, &refreshing()).await;
    let mut browser = Browser::new(&before);
    let page = browser.open(&client.authorize(&[("scope", "openid profile:read profile:write")])).await;
    let page = browser.sign_in(&before, page, "ana@example.com").await;
    let back = browser.allow(&page).await;
    let granted = client.redeem(&before, &back.code()).await;
    assert_eq!(granted.member("scope"), "openid profile:read profile:write");
    let today = TestApp::start(store);
    let refreshed = client.refresh(&today, &granted.member("refresh_token")).await;
    assert_eq!(refreshed.member("scope"), "openid profile:read");
    assert_eq!(claims(&refreshed.member("access_token"))["scope"], json!("openid profile:read"));
    let newest = refreshed.member("refresh_token");
    let fields = [("grant_type", "refresh_token"), ("refresh_token", &*newest), ("scope", "profile:write")];
    let refused = token(&today, Some(&client.basic()), &fields).await;
    assert_eq!(refused.oauth_error(), (400, "invalid_scope"));
}

/// RFC 7523 §3, 7: an assertion is remembered until it is over, so whoever makes up clients must not make many.
async fn what_is_remembered_of_their_assertions_is_bounded(store: TestStore) {
    let app = TestApp::start_with(store, |policy| {
        with_trusted(policy);
        policy.strangers.assertions.admissions = 2;
    });
    let key = Signer::new(None);
    let over = json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [key.jwk()]}});
    let stranger = Registered::new(&app, &over).await;
    let trusted = Registered::with(&app, Some(TRUSTED), &over).await;
    let ask = async |client: &Registered, jti: u32| {
        let claims = json!({
            "iss": client.id(), "sub": client.id(), "aud": app.base, "jti": jti.to_string(),
            "exp": app.clock.now().as_secs() + 300,
        });
        let fields = [
            ("token", "unknown"),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", &*key.sign(&claims)),
        ];
        post_form(&app, "/api/auth/oauth2/introspect", None, &fields).await
    };
    for jti in 0..2 {
        assert_eq!(ask(&stranger, jti).await.status, 200);
    }
    let refused = ask(&stranger, 2).await;
    assert_eq!(refused.oauth_error(), (429, "temporarily_unavailable"));
    assert!(refused.header("retry-after").is_some(), "{refused:?}");
    for jti in 0..3 {
        assert_eq!(ask(&trusted, jti).await.status, 200, "the operator vouches for it");
    }
    app.clock.advance(Duration::from_secs(7200));
    assert_eq!(ask(&stranger, 3).await.status, 200);
}

async fn only_what_an_end_user_granted_keeps_a_place(store: TestStore) {
    let app = TestApp::start_with(store, with_trusted);
    let with_people = Registered::with(&app, Some(TRUSTED), &refreshing()).await;
    let device = json!({"grant_types": [DEVICE], "redirect_uris": [], "response_types": []});
    let device = Registered::new(&app, &device).await;
    let alone = Registered::with(&app, Some(TRUSTED), &machine()).await;
    tokens(&app, &with_people, "ana@example.com").await.member("access_token");
    let begun = post_form(&app, "/api/auth/oauth2/device_authorization", Some(&device.basic()), &[]).await;
    let mut browser = Browser::new(&app);
    let page = browser.submit("/device", &[("user_code", &begun.member("user_code"))]).await;
    let page = browser.sign_in(&app, page, "ana@example.com").await;
    browser.allow(&page).await;
    assert_eq!(poll(&app, &device, &begun.member("device_code")).await.status, 200);
    assert_eq!(own_token(&app, &alone).await.status, 200);
    app.clock.advance(30 * DAY);
    for client in [&with_people, &device] {
        assert_eq!(client.manage(&app, "GET", None).await.status, 200);
    }
    assert_eq!(
        own_token(&app, &alone).await.oauth_error(),
        (401, "invalid_client"),
        "a token for itself is no use"
    );
}

async fn a_token_may_give_its_clients_longer(store: TestStore) {
    let app = TestApp::start_with(store, |policy| {
        with_trusted(policy);
        policy.registration.tokens.last_mut().unwrap().unused = Some(90 * DAY);
    });
    let (alone, stranger) =
        (Registered::with(&app, Some(TRUSTED), &machine()).await, Registered::new(&app, &json!({})).await);
    app.clock.advance(89 * DAY);
    assert_eq!(own_token(&app, &alone).await.status, 200);
    assert_eq!(stranger.manage(&app, "GET", None).await.status, 401);
    app.clock.advance(DAY);
    assert_eq!(own_token(&app, &alone).await.oauth_error(), (401, "invalid_client"));
}

async fn clients_are_listed_and_removed_by_the_operator(store: TestStore) {
    use tiquo_auth::flow::registered_clients::{RemoveClientError, list, remove};
    use tiquo_auth::protocol::id::OrganizationId;
    let app = TestApp::start_with(store, |policy| {
        with_another(policy);
        policy.registration.ceiling = 2;
    });
    let used = Registered::new(&app, &refreshing()).await;
    let idle = Registered::new(&app, &json!({"client_name": "Idle"})).await;
    let there = Registered::with(&app, Some(INITIAL), &json!({})).await;
    let granted = tokens(&app, &used, "ana@example.com").await;
    let all = list(&app.cx, None, None).await.unwrap();
    let mut ids = [used.id(), idle.id(), there.id()];
    ids.sort_unstable();
    assert_eq!(all.clients.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ids);
    assert_eq!(all.next, None);
    let here = list(&app.cx, Some(&OrganizationId::new("org_demo")), None).await.unwrap().clients;
    let of = |id: &str| here.iter().find(|one| one.id == id).unwrap();
    assert_eq!(here.len(), 2);
    assert!(of(used.id()).granted && of(used.id()).ends_at.is_none());
    assert_eq!((of(idle.id()).granted, of(idle.id()).name.as_str()), (false, "Idle"));
    assert_eq!(of(idle.id()).organization, "org_demo");
    let after = list(&app.cx, None, Some(&ClientId::new(ids[0]))).await.unwrap().clients;
    assert_eq!(after.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ids[1..]);

    assert_eq!(try_register(&app, None, &json!({})).await.status, 403, "no place is free");
    let here = "127.0.0.1".parse().unwrap();
    let caller = tiquo_auth::flow::Caller {
        request_id: "test".to_owned(),
        network: ClientNetwork::of(here),
        address: ClientAddress::of(here),
    };
    remove(&app.cx, &caller, &ClientId::new(used.id())).await.unwrap();
    assert_eq!(app.audit.count("client_removed"), 1);
    let refused = client_refresh(&app, &used, &granted).await;
    assert_eq!(refused.oauth_error(), (401, "invalid_client"), "RFC 7592 §2.3: what it was granted ends");
    Registered::new(&app, &json!({})).await;
    for gone in [used.id(), "demo-web", "dyn_AAAAAAAAAAAAAAAAAAAAAA"] {
        let error = remove(&app.cx, &caller, &ClientId::new(gone)).await.unwrap_err();
        assert_eq!(error, RemoveClientError::Unknown, "{gone}");
    }
}

async fn client_refresh(app: &TestApp, client: &Registered, granted: &Answer) -> Answer {
    client.refresh(app, &granted.member("refresh_token")).await
}
