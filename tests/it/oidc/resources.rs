//! Resource indicators (RFC 8707): access tokens that are good at one resource are of no use at another.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tiquo_auth::protocol::claims::AccessTokenType;
use tiquo_auth::protocol::client::{GrantType, RequestObjectAlg, SubjectType};
use tiquo_auth::protocol::id::ClientId;
use tiquo_auth::protocol::locale::Locale;
use tiquo_auth::protocol::resource_server::{ResourceServer, ResourceServers};
use tiquo_auth::protocol::scope::Scope;

use super::registration::{CALLBACK, try_register};
use crate::support::app::{Answer, PROFILE, TestApp};
use crate::support::browser::Browser;
use crate::support::oidc::{
    SECRET, SERVER, USERINFO, WEB, authorize, basic, claims, post_form, redeem, refresh, sign_in, token,
};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    rfc8707_2_a_token_is_for_the_resources_that_were_named,
    rfc8707_2_without_a_resource_it_is_the_client_api,
    rfc8707_2_1_an_unknown_resource_at_the_authorization_endpoint,
    rfc8707_2_2_a_token_request_names_some_of_them,
    rfc8707_2_2_what_was_not_granted_is_refused_and_nothing_is_lost,
    rfc8707_2_a_client_s_own_token,
    rfc8707_2_a_device_s_tokens,
    rfc8707_2_with_pairwise_subjects_there_is_no_client_api,
    rfc9101_4_resources_in_a_request_object,
    rfc9068_2_1_the_type_of_a_token_is_chosen_by_its_resource,
    rfc6749_3_3_scopes_of_a_resource_are_asked_for_and_what_writes_only_by_name,
    rfc8707_2_a_client_that_registered_itself_asks_for_what_registration_names,
);

const CLIENT_API: &str = "tiquo-client-api";
const STOCK: &str = "https://stock.example";
const TILLS: &str = "https://tills.example/api";
const DEVICE: &str = "demo-device";

fn start(store: TestStore) -> TestApp {
    TestApp::start_with(store, |policy| {
        for id in [WEB, SERVER, DEVICE] {
            let client = policy.clients.get_mut(&ClientId::new(id)).unwrap();
            client.extras.resources = vec![STOCK.to_owned(), TILLS.to_owned()];
        }
    })
}

/// `demo-web` signs somebody in for these resources.
async fn code(app: &TestApp, resources: &[&str]) -> String {
    let named = resources.iter().map(|resource| ("resource", *resource)).collect::<Vec<_>>();
    sign_in(app, "ana@example.com", &named).await.1.code()
}

fn aud(tokens: &Answer) -> Value {
    claims(&tokens.member("access_token"))["aud"].clone()
}

async fn opens(app: &TestApp, tokens: &Answer, path: &str) -> bool {
    app.get_as(&tokens.member("access_token"), path).await.status == 200
}

async fn rfc8707_2_a_token_is_for_the_resources_that_were_named(store: TestStore) {
    let app = start(store);
    let tokens = redeem(&app, &code(&app, &[STOCK]).await, &[]).await;
    assert_eq!(aud(&tokens), json!([STOCK, app.base]), "userinfo is part of a sign-in with openid");
    assert!(opens(&app, &tokens, USERINFO).await);
    let refused = app.get_as(&tokens.member("access_token"), PROFILE).await;
    assert_eq!(refused.status, 401, "the Client API is another resource");
    assert!(refused.header("www-authenticate").unwrap().contains("invalid_token"));
    // What comes of the grant later is for the same: at the token endpoint, and where the SDK refreshes.
    let next = refresh(&app, &tokens.member("refresh_token"), &[]).await;
    assert_eq!(aud(&next), json!([STOCK, app.base]));
    let next = app.refresh(&next.member("refresh_token")).await;
    assert_eq!(claims(&next.text("access_token"))["aud"], json!([STOCK, app.base]));
}

async fn rfc8707_2_without_a_resource_it_is_the_client_api(store: TestStore) {
    let app = start(store);
    let tokens = redeem(&app, &code(&app, &[""]).await, &[("resource", CLIENT_API)]).await;
    assert_eq!(aud(&tokens), json!(CLIENT_API), "one is a text");
    assert!(opens(&app, &tokens, USERINFO).await && opens(&app, &tokens, PROFILE).await);
}

async fn rfc8707_2_1_an_unknown_resource_at_the_authorization_endpoint(store: TestStore) {
    let app = start(store);
    for wrong in
        ["https://other.example", "https://stock.example/#x", "stock.example", "https://stock.example:8443"]
    {
        let url = format!("{}&resource={STOCK}", authorize(&[("resource", wrong)]));
        let back = Browser::new(&app).open(&url).await;
        assert_eq!(back.error(), "invalid_target", "{wrong}");
        assert_eq!(back.parameter("state").as_deref(), Some("af0ifjsldkj"));
    }
}

async fn rfc8707_2_2_a_token_request_names_some_of_them(store: TestStore) {
    let app = start(store);
    let code = code(&app, &[STOCK, TILLS, CLIENT_API]).await;
    let tokens = redeem(&app, &code, &[("resource", TILLS)]).await;
    assert_eq!(aud(&tokens), json!([TILLS, app.base]));
    assert!(!opens(&app, &tokens, PROFILE).await);
    // One grant, one token for each.
    let at = |text: &str, resource: &'static str| {
        let (app, text) = (&app, text.to_owned());
        async move { refresh(app, &text, &[("resource", resource)]).await }
    };
    let stock = at(&tokens.member("refresh_token"), "https://STOCK.example/").await;
    assert_eq!(aud(&stock), json!([STOCK, app.base]), "the same URI in other letters");
    let api = at(&stock.member("refresh_token"), CLIENT_API).await;
    assert_eq!(aud(&api), json!(CLIENT_API));
    assert!(opens(&app, &api, PROFILE).await);
    let all = refresh(&app, &api.member("refresh_token"), &[]).await;
    assert_eq!(aud(&all), json!([STOCK, TILLS, CLIENT_API]), "the grant is for all of them still");
    assert!(opens(&app, &all, PROFILE).await && opens(&app, &all, USERINFO).await);
    let scope = [("resource", STOCK), ("scope", "profile:read")];
    let less = refresh(&app, &all.member("refresh_token"), &scope).await;
    assert_eq!(aud(&less), json!(STOCK), "without openid there is no userinfo");
}

async fn rfc8707_2_2_what_was_not_granted_is_refused_and_nothing_is_lost(store: TestStore) {
    let app = start(store);
    let code = code(&app, &[STOCK]).await;
    for wrong in [TILLS, CLIENT_API, "https://other.example", "x"] {
        let refused = redeem(&app, &code, &[("resource", STOCK), ("resource", wrong)]).await;
        assert_eq!(refused.oauth_error(), (400, "invalid_target"), "{wrong}");
    }
    let tokens = redeem(&app, &code, &[]).await;
    for wrong in [TILLS, CLIENT_API, "https://other.example", "x"] {
        let refused = refresh(&app, &tokens.member("refresh_token"), &[("resource", wrong)]).await;
        assert_eq!(refused.oauth_error(), (400, "invalid_target"), "{wrong}");
    }
    let next = refresh(&app, &tokens.member("refresh_token"), &[]).await;
    assert_eq!(next.status, 200, "the refused ones did not use the token");
}

async fn rfc8707_2_a_client_s_own_token(store: TestStore) {
    let app = TestApp::start_with(store, |policy| {
        let client = policy.clients.get_mut(&ClientId::new(SERVER)).unwrap();
        client.grant_types.push(GrantType::ClientCredentials);
        client.extras.resources = vec![STOCK.to_owned()];
    });
    let ask = |resource: &'static str| {
        let app = &app;
        let fields = [("grant_type", "client_credentials"), ("resource", resource)];
        async move { token(app, Some(&basic(SERVER, SECRET)), &fields).await }
    };
    let own = ask(STOCK).await;
    assert_eq!(aud(&own), json!(STOCK));
    assert_eq!(aud(&ask("").await), json!(CLIENT_API));
    assert_eq!(ask(TILLS).await.oauth_error(), (400, "invalid_target"));
    let access_token = own.member("access_token");
    let fields = [("token", access_token.as_str())];
    let seen = post_form(&app, "/api/auth/oauth2/introspect", Some(&basic(SERVER, SECRET)), &fields).await;
    assert_eq!((&seen.body["active"], &seen.body["aud"]), (&json!(true), &json!(STOCK)), "RFC 7662 §2.2");
}

async fn rfc8707_2_a_device_s_tokens(store: TestStore) {
    const AUTHORIZE: &str = "/api/auth/oauth2/device_authorization";
    const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
    let app = start(store);
    let begin = |resource: &'static str| {
        let app = &app;
        let fields = [("client_id", DEVICE), ("scope", "openid email"), ("resource", resource)];
        async move { post_form(app, AUTHORIZE, None, &fields).await }
    };
    assert_eq!(begin("https://other.example").await.oauth_error(), (400, "invalid_target"));
    let device = begin(STOCK).await;
    let mut browser = Browser::new(&app);
    let page = browser.submit("/device", &[("user_code", &device.member("user_code"))]).await;
    let page = browser.sign_in(&app, page, "ana@example.com").await;
    browser.allow(&page).await;
    let poll = |resource: &'static str| {
        let (app, device_code) = (&app, device.member("device_code"));
        async move {
            let fields = [("grant_type", GRANT), ("device_code", &*device_code), ("client_id", DEVICE)];
            token(app, None, &[fields.as_slice(), &[("resource", resource)]].concat()).await
        }
    };
    assert_eq!(poll("https://other.example").await.oauth_error(), (400, "invalid_target"));
    assert_eq!(aud(&poll("").await), json!([STOCK, app.base]));
}

async fn rfc8707_2_with_pairwise_subjects_there_is_no_client_api(store: TestStore) {
    let app = TestApp::start_with(store, |policy| {
        let client = policy.clients.get_mut(&ClientId::new(WEB)).unwrap();
        client.extras.resources = vec![STOCK.to_owned()];
        client.extras.subject_type = SubjectType::Pairwise { sector: "app.example".to_owned() };
    });
    let back = Browser::new(&app).open(&authorize(&[("resource", CLIENT_API)])).await;
    assert_eq!(back.error(), "invalid_target");
    let tokens = redeem(&app, &code(&app, &[STOCK]).await, &[]).await;
    assert_eq!(aud(&tokens), json!([STOCK, app.base]));
    assert!(opens(&app, &tokens, USERINFO).await && !opens(&app, &tokens, PROFILE).await);
    let tokens = redeem(&app, &code(&app, &[""]).await, &[]).await;
    assert_eq!(aud(&tokens), json!(app.base));
    let refused = refresh(&app, &tokens.member("refresh_token"), &[("resource", CLIENT_API)]).await;
    assert_eq!(refused.oauth_error(), (400, "invalid_target"));
}

/// `STOCK` has scopes of its own and takes `at+jwt`; clients that register themselves may ask for it.
fn described(store: TestStore) -> TestApp {
    TestApp::start_with(store, |policy| {
        let scope = |text| Scope::parse(text).unwrap();
        let words =
            [(Locale::En, "See what is in stock".to_owned()), (Locale::Fr, "Voir le stock".to_owned())];
        let stock = ResourceServer {
            id: STOCK.to_owned(),
            scopes: scope("stock:read stock:write"),
            writes: scope("stock:write"),
            access_token_type: Some(AccessTokenType::AtJwt),
            descriptions: BTreeMap::from([("stock:read".to_owned(), BTreeMap::from(words))]),
        };
        policy.resources = ResourceServers::new(vec![stock]);
        policy.registration.resources = vec![STOCK.to_owned()];
        policy.registration.resource_scopes = scope("stock:read stock:write");
        for id in [WEB, SERVER] {
            let client = policy.clients.get_mut(&ClientId::new(id)).unwrap();
            client.extras.resources = vec![STOCK.to_owned(), TILLS.to_owned()];
            client.scope = scope("openid email profile:write stock:read stock:write");
            client.grant_types.push(GrantType::ClientCredentials);
        }
    })
}

fn typ(tokens: &Answer) -> Value {
    use base64::Engine as _;
    let token = tokens.member("access_token");
    let header = token.split('.').next().unwrap();
    let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(header).unwrap();
    serde_json::from_slice::<Value>(&header).unwrap()["typ"].clone()
}

async fn rfc9068_2_1_the_type_of_a_token_is_chosen_by_its_resource(store: TestStore) {
    let app = described(store);
    let code = code(&app, &[STOCK, TILLS, CLIENT_API]).await;
    let tokens = redeem(&app, &code, &[("resource", "https://stock.example/")]).await;
    assert_eq!(typ(&tokens), json!("at+jwt"));
    assert!(opens(&app, &tokens, USERINFO).await, "we take both");
    let mut newest = tokens.member("refresh_token");
    for (resource, expected) in [(CLIENT_API, "JWT"), (TILLS, "JWT"), ("", "JWT"), (STOCK, "at+jwt")] {
        let next = refresh(&app, &newest, &[("resource", resource)]).await;
        assert_eq!(typ(&next), json!(expected), "{resource}");
        newest = next.member("refresh_token");
    }
    let fields = [("grant_type", "client_credentials"), ("resource", STOCK)];
    let own = token(&app, Some(&basic(SERVER, SECRET)), &fields).await;
    assert_eq!(typ(&own), json!("at+jwt"));
    let access_token = own.member("access_token");
    let fields = [("token", access_token.as_str())];
    let seen = post_form(&app, "/api/auth/oauth2/introspect", Some(&basic(SERVER, SECRET)), &fields).await;
    assert_eq!(seen.body["active"], true, "introspection knows both");
    let fields = [("client_id", WEB), ("token", &*tokens.member("access_token"))];
    assert_eq!(post_form(&app, "/api/auth/oauth2/revoke", None, &fields).await.status, 200);
    assert!(!opens(&app, &tokens, USERINFO).await, "and revocation, too");
}

async fn rfc6749_3_3_scopes_of_a_resource_are_asked_for_and_what_writes_only_by_name(store: TestStore) {
    let app = described(store);
    let metadata = app.get("/.well-known/oauth-authorization-server").await.body;
    let supported = metadata["scopes_supported"].as_array().unwrap();
    assert!(
        supported.contains(&json!("stock:read")) && supported.contains(&json!("openid")),
        "{supported:?}"
    );
    let unasked = [("scope", ""), ("nonce", ""), ("resource", STOCK)];
    let (_, back) = sign_in(&app, "ana@example.com", &unasked).await;
    assert_eq!(redeem(&app, &back.code(), &[]).await.member("scope"), "email stock:read");
    let mut browser = Browser::new(&app);
    browser.headers.push(("accept-language", "fr".to_owned()));
    let page = browser.open(&authorize(&[("scope", "stock:read stock:write"), ("resource", STOCK)])).await;
    let page = browser.sign_in(&app, page, "bob@example.com").await;
    assert!(page.says("Voir le stock") && page.says("<code>stock:write</code>"), "{page:?}");
    let tokens = redeem(&app, &browser.allow(&page).await.code(), &[]).await;
    assert_eq!(claims(&tokens.member("access_token"))["scope"], json!("stock:read stock:write"));
    for (scope, why) in
        [("no:such", "There is no scope"), ("orders:read", "The client is not registered for")]
    {
        let fields = [("grant_type", "client_credentials"), ("scope", scope)];
        let refused = token(&app, Some(&basic(SERVER, SECRET)), &fields).await;
        assert_eq!(refused.oauth_error(), (400, "invalid_scope"));
        assert!(refused.body["error_description"].as_str().unwrap().starts_with(why), "{refused:?}");
    }
}

async fn rfc8707_2_a_client_that_registered_itself_asks_for_what_registration_names(store: TestStore) {
    let app = described(store.clone());
    let over = json!({"token_endpoint_auth_method": "none", "scope": "openid stock:read",
        "grant_types": ["authorization_code", "refresh_token"]});
    let answer = try_register(&app, None, &over).await;
    assert_eq!(answer.body["scope"], json!("openid stock:read"));
    let id = answer.body["client_id"].as_str().unwrap().to_owned();
    let own = [("client_id", &*id), ("redirect_uri", CALLBACK), ("scope", "")];
    let page = Browser::new(&app).open(&authorize(&[&own[..], &[("resource", TILLS)]].concat())).await;
    assert_eq!(page.way_on().error(), "invalid_target", "registration does not name it");
    let (_, back) =
        sign_in(&app, "ana@example.com", &[&own[..], &[("resource", STOCK), ("nonce", "")]].concat()).await;
    let tokens = redeem(&app, &back.code(), &own).await;
    assert_eq!((aud(&tokens), tokens.member("scope")), (json!(STOCK), "stock:read".to_owned()));
    assert_eq!(typ(&tokens), json!("at+jwt"));
    let refresh_token = tokens.member("refresh_token");
    let own = [("client_id", &*id)];
    assert_eq!(refresh(&app, &refresh_token, &own).await.status, 200);
    // What registration does not name any more nobody has who registered itself.
    let today = TestApp::start_with(store, |policy| policy.issuer.clone_from(&app.cx.policy.issuer));
    let over = [("client_id", &*id), ("redirect_uri", CALLBACK), ("scope", "openid"), ("resource", STOCK)];
    assert_eq!(Browser::new(&today).open(&authorize(&over)).await.way_on().error(), "invalid_target");
}

async fn rfc9101_4_resources_in_a_request_object(store: TestStore) {
    let app = TestApp::start_with(store, |policy| {
        let client = policy.clients.get_mut(&ClientId::new(WEB)).unwrap();
        client.extras.resources = vec![STOCK.to_owned(), TILLS.to_owned()];
        client.extras.request_object_alg = RequestObjectAlg::None;
    });
    let encode = |value: &Value| {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string())
    };
    for (resource, expected) in
        [(json!([STOCK, TILLS]), json!([STOCK, TILLS, app.base])), (json!(STOCK), json!([STOCK, app.base]))]
    {
        let object =
            format!("{}.{}.", encode(&json!({"alg": "none"})), encode(&json!({"resource": resource})));
        let over = [("request", object.as_str()), ("resource", "https://outside.example")];
        let code = sign_in(&app, "ana@example.com", &over).await.1.code();
        assert_eq!(aud(&redeem(&app, &code, &[]).await), expected, "what is inside holds");
    }
}
