//! What clients sign: assertions that they are who they say, and requests.

use serde_json::{Value, json};
use tiquo_auth::protocol::authorization::request_object::UnsignedRequestObjects;
use tiquo_auth::protocol::client::{ClientKeys, ClientParty, Credentials, RequestObjectAlg};
use tiquo_auth::protocol::id::ClientId;

use crate::support::app::{Answer, TestApp};
use crate::support::browser::Browser;
use crate::support::client_key::Signer;
use crate::support::oidc::{
    AS_SERVER, AUTHORIZE, SECRET, SERVER, SERVER_CALLBACK, TOKEN, VERIFIER, basic, query, sign_in, token,
};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    oidc_core_9_private_key_jwt,
    rfc7523_3_what_is_no_assertion_of_the_client,
    rfc6749_2_3_one_method_at_a_time,
    oidc_core_6_1_a_signed_request_object,
    rfc9101_6_3_what_is_outside_a_required_object_does_not_count,
    oidc_core_6_1_what_is_not_the_client_s_own_request,
    oidc_core_6_1_an_unsigned_one_only_from_a_client_that_registered_none,
    oidc_core_6_1_unsigned_ones_as_the_operator_says,
    oauth_form_post_2_an_error_about_an_object_comes_as_the_object_says,
    oidc_core_6_2_request_uri_is_registered_or_not_fetched,
);

/// `demo-server`, the organization's own, with this key in the place of its secret.
fn with_key(store: TestStore, key: &Signer) -> TestApp {
    let keys = ClientKeys::Inline(json!({"keys": [key.jwk()]}));
    TestApp::start_with(store, |policy| {
        let client = policy.clients.get_mut(&ClientId::new(SERVER)).unwrap();
        client.credentials = Credentials::PrivateKey;
        client.extras.keys = Some(keys);
        client.party = ClientParty::First;
    })
}

fn now(app: &TestApp) -> u64 {
    use tiquo_auth::ports::clock::Clock as _;
    app.clock.now().as_secs()
}

fn assertion(app: &TestApp, jti: &str) -> Value {
    json!({"iss": SERVER, "sub": SERVER, "aud": app.base, "jti": jti, "exp": now(app) + 60})
}

const TYPE: (&str, &str) =
    ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");

async fn redeem(app: &TestApp, code: &str, more: &[(&str, &str)]) -> Answer {
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", SERVER_CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    token(app, None, &[fields.as_slice(), more].concat()).await
}

async fn code(app: &TestApp) -> String {
    let mut browser = Browser::new(app);
    let page = browser.open(&format!("{AUTHORIZE}?{}", query(&AS_SERVER))).await;
    browser.sign_in(app, page, "ana@example.com").await.code()
}

async fn oidc_core_9_private_key_jwt(store: TestStore) {
    let key = Signer::new(Some("one"));
    let app = with_key(store, &key);
    let signed = key.sign(&assertion(&app, "first"));
    let tokens = redeem(&app, &code(&app).await, &[TYPE, ("client_assertion", &signed)]).await;
    let refresh_token = tokens.member("refresh_token");
    // The token endpoint's URL is an audience too; client_id may come along.
    let mut claims = assertion(&app, "second");
    claims["aud"] = json!([format!("{}{TOKEN}", app.base)]);
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh_token.as_str()),
        TYPE,
        ("client_assertion", &key.sign(&claims)),
        ("client_id", SERVER),
    ];
    assert_eq!(token(&app, None, &fields).await.status, 200);
    let again = token(&app, None, &fields).await;
    assert_eq!(again.oauth_error(), (401, "invalid_client"), "a jti counts once");
}

async fn rfc7523_3_what_is_no_assertion_of_the_client(store: TestStore) {
    let (key, other) = (Signer::new(Some("one")), Signer::new(Some("one")));
    let app = with_key(store, &key);
    let code = code(&app).await;
    let wrong = [
        other.sign(&assertion(&app, "a")),
        key.sign(&json!({"iss": SERVER, "sub": SERVER, "aud": app.base, "jti": "b", "exp": now(&app) - 31})),
        key.sign(&json!({"iss": SERVER, "sub": SERVER, "aud": "https://other.example", "jti": "c", "exp": now(&app) + 60})),
        key.sign(&json!({"iss": SERVER, "sub": SERVER, "aud": ["https://other.example", app.base], "jti": "e", "exp": now(&app) + 60})),
        key.sign(&json!({"iss": SERVER, "sub": SERVER, "aud": app.base, "exp": now(&app) + 60})),
        key.sign(&json!({"iss": "demo-web", "sub": "demo-web", "aud": app.base, "jti": "d", "exp": now(&app) + 60})),
        "x.y.z".to_owned(),
    ];
    for signed in &wrong {
        let refused = redeem(&app, &code, &[TYPE, ("client_assertion", signed)]).await;
        assert_eq!(refused.oauth_error(), (401, "invalid_client"), "{signed}");
    }
    let good = key.sign(&assertion(&app, "e"));
    let refused = redeem(&app, &code, &[("client_assertion", &good)]).await;
    assert_eq!(refused.oauth_error(), (401, "invalid_client"), "without its type");
    let refused = redeem(&app, &code, &[("client_id", SERVER)]).await;
    assert_eq!(refused.oauth_error(), (401, "invalid_client"), "without any proof");
    assert_eq!(
        redeem(&app, &code, &[TYPE, ("client_assertion", &good)]).await.status,
        200,
        "the code was left alone"
    );
}

async fn rfc6749_2_3_one_method_at_a_time(store: TestStore) {
    let key = Signer::new(None);
    let app = with_key(store, &key);
    let signed = key.sign(&assertion(&app, "a"));
    let fields = [("grant_type", "refresh_token"), TYPE, ("client_assertion", signed.as_str())];
    let header = basic(SERVER, SECRET);
    let refused = token(&app, Some(&header), &fields).await;
    assert_eq!(refused.oauth_error(), (400, "invalid_request"));
    let refused = token(&app, None, &[fields.as_slice(), &[("client_secret", SECRET)]].concat()).await;
    assert_eq!(refused.oauth_error(), (400, "invalid_request"));
    let refused = token(&app, None, &[fields.as_slice(), &[("client_id", "demo-web")]].concat()).await;
    assert_eq!(refused.oauth_error(), (400, "invalid_request"));
}

fn request_object(app: &TestApp) -> Value {
    json!({
        "iss": SERVER, "aud": app.base, "client_id": SERVER, "response_type": "code",
        "redirect_uri": SERVER_CALLBACK, "scope": "openid email", "state": "inside", "nonce": "inside",
    })
}

async fn oidc_core_6_1_a_signed_request_object(store: TestStore) {
    let key = Signer::new(None);
    let app = with_key(store, &key);
    let signed = key.sign(&request_object(&app));
    let over =
        [AS_SERVER.as_slice(), &[("request", &signed), ("scope", "openid"), ("state", "outside")]].concat();
    let mut browser = Browser::new(&app);
    let page = browser.open(&format!("{AUTHORIZE}?{}", query(&over))).await;
    let back = browser.sign_in(&app, page, "ana@example.com").await;
    assert_eq!(back.parameter("state").as_deref(), Some("inside"));
    let proof = key.sign(&assertion(&app, "a"));
    let tokens = redeem(&app, &back.code(), &[TYPE, ("client_assertion", &proof)]).await;
    assert_eq!(tokens.member("scope"), "email openid");
    assert_eq!(crate::support::oidc::claims(&tokens.member("id_token"))["nonce"], "inside");
}

async fn oidc_core_6_1_what_is_not_the_client_s_own_request(store: TestStore) {
    let (key, other) = (Signer::new(None), Signer::new(None));
    let app = with_key(store, &key);
    let mut of_other = request_object(&app);
    of_other["client_id"] = json!("demo-web");
    let mut elsewhere = request_object(&app);
    elsewhere["redirect_uri"] = json!("https://evil.example/callback");
    let mut browser = Browser::new(&app);
    // OAuth 2.0 Form Post Response Mode §2: what can be read in it says how the error comes.
    for (object, state) in [
        (other.sign(&request_object(&app)), "inside"),
        (key.sign(&of_other), "inside"),
        ("x".to_owned(), "af0ifjsldkj"),
    ] {
        let over = [AS_SERVER.as_slice(), &[("request", object.as_str())]].concat();
        let back = browser.open(&format!("{AUTHORIZE}?{}", query(&over))).await;
        assert_eq!(back.error(), "invalid_request_object", "{object}");
        assert_eq!(back.parameter("state").as_deref(), Some(state));
    }
    let signed = key.sign(&elsewhere);
    let over = [AS_SERVER.as_slice(), &[("request", signed.as_str())]].concat();
    let page = browser.open(&format!("{AUTHORIZE}?{}", query(&over))).await;
    assert_eq!((page.status, page.header("location")), (400, ""), "never to a URI that is not registered");
    let over = [AS_SERVER.as_slice(), &[("request", "x"), ("request_uri", "https://app.example/r")]].concat();
    assert_eq!(browser.open(&format!("{AUTHORIZE}?{}", query(&over))).await.error(), "invalid_request");
}

fn unsecured(claims: &Value) -> String {
    use base64::Engine as _;
    let encode = |value: &Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", encode(&json!({"alg": "none"})), encode(claims))
}

async fn oidc_core_6_1_an_unsigned_one_only_from_a_client_that_registered_none(store: TestStore) {
    let app = with_key(store.clone(), &Signer::new(None));
    let object = unsecured(&request_object(&app));
    let over = [AS_SERVER.as_slice(), &[("request", object.as_str())]].concat();
    let back = Browser::new(&app).open(&format!("{AUTHORIZE}?{}", query(&over))).await;
    assert_eq!(back.error(), "request_not_supported");

    let app = TestApp::start_with(store, |policy| {
        let client = policy.clients.get_mut(&ClientId::new(SERVER)).unwrap();
        client.extras.request_object_alg = RequestObjectAlg::None;
    });
    let object = unsecured(&request_object(&app));
    let (_, back) =
        sign_in(&app, "ana@example.com", &[AS_SERVER.as_slice(), &[("request", object.as_str())]].concat())
            .await;
    assert_eq!(back.parameter("state").as_deref(), Some("inside"));
    let signed = Signer::new(None).sign(&request_object(&app));
    let over = [AS_SERVER.as_slice(), &[("request", signed.as_str())]].concat();
    let back = Browser::new(&app).open(&format!("{AUTHORIZE}?{}", query(&over))).await;
    assert_eq!(back.error(), "invalid_request_object", "it registered none");
}

async fn oidc_core_6_1_unsigned_ones_as_the_operator_says(store: TestStore) {
    for (unsigned, is_listed) in [
        (UnsignedRequestObjects::Never, false),
        (UnsignedRequestObjects::Registered, false),
        (UnsignedRequestObjects::Allowed, true),
    ] {
        let app = TestApp::start_with(store.clone(), |policy| policy.unsigned_request_objects = unsigned);
        let metadata = app.get("/.well-known/openid-configuration").await.body;
        let listed = metadata["request_object_signing_alg_values_supported"].as_array().unwrap();
        assert_eq!(listed.contains(&json!("none")), is_listed, "{unsigned:?}");
        let object = unsecured(&request_object(&app));
        let over = [AS_SERVER.as_slice(), &[("request", object.as_str())]].concat();
        let page = Browser::new(&app).open(&format!("{AUTHORIZE}?{}", query(&over))).await;
        assert_eq!(page.status == 200, is_listed, "{unsigned:?}: {page:?}");
        let document = json!({
            "redirect_uris": ["https://app.example/cb"], "request_object_signing_alg": "none"
        });
        let registered =
            app.post_raw("/api/auth/oauth2/register", Some("application/json"), document.to_string());
        let may_register = unsigned != UnsignedRequestObjects::Never;
        assert_eq!(registered.await.status, if may_register { 201 } else { 400 }, "{unsigned:?}");
    }
}

async fn oauth_form_post_2_an_error_about_an_object_comes_as_the_object_says(store: TestStore) {
    let app = with_key(store, &Signer::new(None));
    let mut claims = request_object(&app);
    claims["response_mode"] = json!("form_post");
    claims["redirect_uri"] = json!("https://evil.example/callback");
    let forged = Signer::new(None).sign(&claims);
    let over = [AS_SERVER.as_slice(), &[("request", forged.as_str()), ("state", "outside")]].concat();
    let page = Browser::new(&app).open(&format!("{AUTHORIZE}?{}", query(&over))).await;
    assert!(page.status == 200 && page.says(&format!("action=\"{SERVER_CALLBACK}\"")), "{page:?}");
    assert!(page.says("value=\"invalid_request_object\"") && page.says("value=\"inside\""), "{page:?}");
    assert!(!page.says("evil.example") && !page.says("outside"), "{page:?}");
}

async fn oidc_core_6_2_request_uri_is_registered_or_not_fetched(store: TestStore) {
    let key = Signer::new(None);
    let app = with_key(store.clone(), &key);
    let at = |uri: &str| {
        format!("{AUTHORIZE}?{}", query(&[AS_SERVER.as_slice(), &[("request_uri", uri)]].concat()))
    };
    let back = Browser::new(&app).open(&at("https://app.example/request.jwt")).await;
    assert_eq!(back.error(), "request_uri_not_supported", "this client registered none");

    // A server of the client's, on this machine.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let uri = format!("http://127.0.0.1:{}/request.jwt", address.port());
    let (keys, registered) = (ClientKeys::Inline(json!({"keys": [key.jwk()]})), uri.clone());
    let app = TestApp::start_with(store, |policy| {
        let client = policy.clients.get_mut(&ClientId::new(SERVER)).unwrap();
        client.extras.keys = Some(keys);
        client.extras.request_uris = vec![registered];
    });
    let object = key.sign(&request_object(&app));
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let head =
                "HTTP/1.1 200 OK\r\nContent-Type: application/oauth-authz-req+jwt\r\nConnection: close\r\n";
            let answer = format!("{head}Content-Length: {}\r\n\r\n{object}", object.len());
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    let over = [AS_SERVER.as_slice(), &[("request_uri", uri.as_str())]].concat();
    let (_, back) = sign_in(&app, "ana@example.com", &over).await;
    assert_eq!(back.parameter("state").as_deref(), Some("inside"));
    let other = format!("http://127.0.0.1:{}/other.jwt", address.port());
    assert_eq!(Browser::new(&app).open(&at(&other)).await.error(), "invalid_request_uri");
}

async fn rfc9101_6_3_what_is_outside_a_required_object_does_not_count(store: TestStore) {
    let key = Signer::new(None);
    let keys = ClientKeys::Inline(json!({"keys": [key.jwk()]}));
    let app = TestApp::start_with(store, |policy| {
        let client = policy.clients.get_mut(&ClientId::new(SERVER)).unwrap();
        (client.extras.keys, client.extras.require_signed_request_object) = (Some(keys), true);
        client.require_pkce = false;
    });
    let mut browser = Browser::new(&app);
    let mut open = async |over: &[(&str, &str)]| {
        browser.open(&format!("{AUTHORIZE}?{}", query(&[AS_SERVER.as_slice(), over].concat()))).await
    };
    assert_eq!(open(&[]).await.error(), "invalid_request", "RFC 9101 section 10.5");
    let object = unsecured(&request_object(&app));
    assert_eq!(open(&[("request", &object)]).await.error(), "invalid_request_object");
    let mut nobody = request_object(&app);
    nobody.as_object_mut().unwrap().remove("client_id");
    assert_eq!(open(&[("request", &key.sign(&nobody))]).await.error(), "invalid_request_object");
    let mut silent = request_object(&app);
    silent["prompt"] = json!("none");
    let back = open(&[("request", &key.sign(&silent)), ("prompt", "login"), ("state", "outside")]).await;
    assert_eq!(
        (back.error().as_str(), back.parameter("state").as_deref()),
        ("login_required", Some("inside"))
    );
    let mut bare = request_object(&app);
    bare.as_object_mut().unwrap().remove("state");
    bare["prompt"] = json!("none");
    let back =
        open(&[("request", &key.sign(&bare)), ("state", "outside"), ("response_mode", "form_post")]).await;
    assert_eq!((back.error().as_str(), back.parameter("state")), ("login_required", None), "{back:?}");
    bare.as_object_mut().unwrap().remove("response_type");
    assert_eq!(
        open(&[("request", &key.sign(&bare))]).await.error(),
        "invalid_request",
        "response_type is outside"
    );
}
