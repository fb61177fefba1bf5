//! How much a request may hold: the 65th parameter or member is refused at every endpoint, by what it should have been.

use serde_json::{Map, Value, json};
use tiquo_auth::protocol::client::RequestObjectAlg;
use tiquo_auth::protocol::id::ClientId;

use crate::support::app::{ORDERS, REFRESH, SEND, TestApp, VERIFY};
use crate::support::browser::Browser;
use crate::support::oidc::{AS_SERVER, SERVER, TOKEN, authorize, post_form, query};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    rfc6749_4_1_2_1_of_too_many_parameters_the_application_is_told,
    of_too_many_parameters_at_the_other_endpoints,
    of_too_many_members_of_a_body,
    of_too_many_members_of_a_request_object,
    of_too_many_members_of_the_claims_parameter,
    of_too_many_members_of_a_registration,
    of_too_many_resources_scopes_and_prompts,
);

const JSON: Option<&str> = Some("application/json");
const FORM: Option<&str> = Some("application/x-www-form-urlencoded");

/// Parameters that nobody knows, so many that there are `all` of them together with those of `query`.
fn filled(query: &str, all: usize) -> String {
    let missing = all - query.split('&').count();
    (0..missing).fold(query.to_owned(), |query, number| format!("{query}&p{number}=1"))
}

/// An object with `all` members.
fn wide(object: Value, all: usize) -> Value {
    let Value::Object(mut members) = object else { panic!("no object") };
    for number in 0..all - members.len() {
        members.insert(format!("m{number}"), json!("1"));
    }
    Value::Object(members)
}

async fn rfc6749_4_1_2_1_of_too_many_parameters_the_application_is_told(store: TestStore) {
    let app = TestApp::start(store);
    let mut browser = Browser::new(&app);
    let path = authorize(&[]);
    assert_eq!(browser.open(&filled(&path, 64)).await.status, 200);
    let back = browser.open(&filled(&path, 65)).await;
    assert_eq!(
        (back.error().as_str(), back.parameter("state").as_deref()),
        ("invalid_request", Some("af0ifjsldkj"))
    );
    let many = filled(&query(&[]), 65);
    let fields = url::form_urlencoded::parse(many.as_bytes()).into_owned().collect::<Vec<_>>();
    let fields = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>();
    assert_eq!(browser.submit("/api/auth/oauth2/authorize", &fields).await.error(), "invalid_request");
    // Who asks and where the answer may go has to be among the first.
    let hidden = format!("/api/auth/oauth2/authorize?{}&{}", filled("x=1", 64), query(&[]));
    let page = browser.open(&hidden).await;
    assert_eq!((page.status, page.header("location")), (400, ""));
    let same = format!("{}{}", authorize(&[]), "&x=1".repeat(65));
    assert_eq!(browser.open(&same).await.error(), "invalid_request", "the same name counts each time");
}

async fn of_too_many_parameters_at_the_other_endpoints(store: TestStore) {
    let app = TestApp::start(store);
    for path in [
        TOKEN,
        "/api/auth/oauth2/revoke",
        "/api/auth/oauth2/introspect",
        "/api/auth/oauth2/device_authorization",
        "/api/auth/oauth2/userinfo",
    ] {
        let refused = app.post_raw(path, FORM, filled("client_id=demo-web", 65)).await;
        assert_eq!(refused.oauth_error(), (400, "invalid_request"), "{path}");
        assert!(refused.body["error_description"].as_str().unwrap().contains("64"), "{path}: {refused:?}");
    }
    let refused = app.post_raw(TOKEN, FORM, filled("client_id=demo-web&grant_type=x", 64)).await;
    assert_eq!(refused.oauth_error(), (400, "unsupported_grant_type"), "64 are read");
    for page in ["/api/auth/oauth2/end-session", "/device", "/device/done"] {
        let answer = app.request("GET", &filled(&format!("{page}?x=1"), 65)).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{page}");
        let answer = app.request("GET", &filled(&format!("{page}?x=1"), 64)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{page}");
    }
    let tokens = app.sign_in("ana@example.com").await;
    let list = |all| filled(&format!("{ORDERS}?limit=5"), all);
    let access = tokens.text("access_token");
    assert_eq!(app.get_as(&access, &list(64)).await.status, 200);
    assert_eq!(app.get_as(&access, &list(65)).await.refusal(), (400, "invalid_request"));
}

async fn of_too_many_members_of_a_body(store: TestStore) {
    let app = TestApp::start(store);
    let body = json!({"public_key": "pk_dom_demo", "email": "ana@example.com"});
    assert_eq!(app.post(SEND, &wide(body.clone(), 64)).await.status, 200);
    for (path, body) in [(SEND, body), (VERIFY, json!({})), (REFRESH, json!({"refresh_token": "x"}))] {
        let inside = json!({"x": wide(json!({}), 65)});
        for body in [wide(body, 65), inside, json!({"x": vec![0; 65]})] {
            let refused = app.post(path, &body).await;
            assert_eq!(refused.refusal(), (400, "invalid_request"), "{path}");
            assert!(refused.body["detail"].as_str().unwrap().contains("64"), "{refused:?}");
        }
    }
}

fn unsigned(claims: &Value) -> String {
    use base64::Engine as _;
    let encode = |value: &Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", encode(&json!({"alg": "none"})), encode(claims))
}

async fn of_too_many_members_of_a_request_object(store: TestStore) {
    let app = TestApp::start_with(store, |policy| {
        let client = policy.clients.get_mut(&ClientId::new(SERVER)).unwrap();
        client.extras.request_object_alg = RequestObjectAlg::None;
    });
    let mut browser = Browser::new(&app);
    let mut open = async |claims: &Value| {
        let object = unsigned(claims);
        browser.open(&authorize(&[AS_SERVER.as_slice(), &[("request", &object)]].concat())).await
    };
    assert_eq!(open(&wide(json!({"scope": "openid"}), 64)).await.status, 200);
    assert_eq!(open(&wide(json!({"scope": "openid"}), 65)).await.error(), "invalid_request");
    assert_eq!(open(&json!({"resource": vec!["x"; 65]})).await.error(), "invalid_request");
}

async fn of_too_many_members_of_the_claims_parameter(store: TestStore) {
    let app = TestApp::start(store);
    let mut browser = Browser::new(&app);
    let mut open = async |claims: Value| browser.open(&authorize(&[("claims", &claims.to_string())])).await;
    let asked = |all: usize| {
        let members = (0..all).map(|number| (format!("c{number}"), Value::Null));
        json!({"userinfo": members.collect::<Map<_, _>>()})
    };
    assert_eq!(open(asked(64)).await.status, 200);
    assert_eq!(open(asked(65)).await.error(), "invalid_request");
    assert_eq!(
        open(json!({"id_token": {"acr": {"values": vec!["x"; 65]}}})).await.error(),
        "invalid_request"
    );
}

async fn of_too_many_members_of_a_registration(store: TestStore) {
    use tiquo_auth::protocol::registration::policy::RegistrationMode;
    let app = TestApp::start_with(store, |policy| {
        policy.registration.mode = RegistrationMode::Open(policy.organizations[0].id.clone());
    });
    let register =
        async |body: Value| app.post_raw("/api/auth/oauth2/register", JSON, body.to_string()).await;
    let document = json!({"redirect_uris": ["https://app.example/cb"]});
    assert_eq!(register(wide(document.clone(), 64)).await.status, 201);
    // RFC 7591 §3.2.2 has a word of its own for documents.
    let refused = register(wide(document.clone(), 65)).await;
    assert_eq!(refused.oauth_error(), (400, "invalid_client_metadata"));
    let keys = json!({"redirect_uris": ["https://app.example/cb"], "jwks": {"keys": [wide(json!({}), 65)]}});
    assert_eq!(register(keys).await.oauth_error(), (400, "invalid_client_metadata"));
}

async fn of_too_many_resources_scopes_and_prompts(store: TestStore) {
    let app = TestApp::start(store);
    let mut browser = Browser::new(&app);
    let scope = |tokens: usize| format!("openid {}", "x ".repeat(tokens - 1));
    assert_eq!(browser.open(&authorize(&[("scope", &scope(64))])).await.status, 200);
    assert_eq!(browser.open(&authorize(&[("scope", &scope(65))])).await.error(), "invalid_scope");
    let prompt = "login ".repeat(200);
    assert_eq!(browser.open(&authorize(&[("prompt", &prompt)])).await.error(), "invalid_request");
    let fields = [("client_id", "demo-device"), ("scope", &*scope(65))];
    let refused = post_form(&app, "/api/auth/oauth2/device_authorization", None, &fields).await;
    assert_eq!(refused.oauth_error(), (400, "invalid_scope"));
}
