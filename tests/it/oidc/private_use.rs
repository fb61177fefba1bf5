//! Private-use schemes (RFC 8252 §7.1): applications on the end-user's own machine, whatever their authentication.

use serde_json::{Value, json};
use tiquo_auth::protocol::client::ClientParty;
use tiquo_auth::protocol::id::ClientId;
use tiquo_auth::protocol::redirect_uri::RedirectUri;

use super::registration::{ask, try_register};
use crate::support::app::{Answer, TestApp};
use crate::support::browser::Browser;
use crate::support::oidc::{SECRET, SERVER, VERIFIER, authorize, basic, token};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    rfc8252_7_1_a_client_with_a_secret_signs_people_in_at_its_own_scheme,
    rfc8252_7_1_a_private_use_scheme_means_a_native_application,
    rfc8252_7_1_schemes_that_mean_something_are_refused,
    rfc8252_6_pkce_is_needed_at_a_private_use_scheme,
    rfc8252_8_6_a_private_use_scheme_is_confirmed_every_time,
    rfc3986_3_1_the_scheme_is_compared_in_lower_case,
    rp_initiated_3_1_a_private_use_scheme_after_a_logout,
);

const MINE: &str = "myapp://callback";

async fn register(app: &TestApp, over: &Value) -> Answer {
    try_register(app, None, over).await
}

/// The client of the documentation of the system that this one implements.
async fn documented(app: &TestApp) -> (String, String) {
    let over = json!({"redirect_uris": [MINE], "token_endpoint_auth_method": "client_secret_post",
        "grant_types": ["authorization_code", "refresh_token"]});
    let answer = register(app, &over).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let text = |name: &str| answer.body[name].as_str().unwrap().to_owned();
    (text("client_id"), text("client_secret"))
}

async fn rfc8252_7_1_a_client_with_a_secret_signs_people_in_at_its_own_scheme(store: TestStore) {
    let app = TestApp::start(store);
    let (id, secret) = documented(&app).await;
    let mut browser = Browser::new(&app);
    let page = browser.open(&authorize(&[("client_id", &id), ("redirect_uri", MINE)])).await;
    let page = browser.sign_in(&app, page, "ana@example.com").await;
    let policy = page.header("content-security-policy");
    assert!(!policy.contains("form-action"), "a browser would not follow the answer of the form: {policy}");
    let back = browser.allow(&page).await;
    assert!(back.url.starts_with("myapp://callback?"), "{back:?}");
    let code = back.code();
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", MINE),
        ("code_verifier", VERIFIER),
        ("client_id", &id),
        ("client_secret", &secret),
    ];
    let tokens = token(&app, None, &fields).await;
    let refresh_token = tokens.member("refresh_token");
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh_token.as_str()),
        ("client_id", &id),
        ("client_secret", &secret),
    ];
    assert_eq!(token(&app, None, &fields).await.status, 200);
}

async fn rfc8252_7_1_a_private_use_scheme_means_a_native_application(store: TestStore) {
    let app = TestApp::start(store);
    let mixed = json!([
        "cursor://anysphere.cursor-mcp/oauth/callback",
        "https://www.cursor.example/callback",
        "http://localhost:8787/callback",
        "http://127.0.0.1/callback"
    ]);
    let said = |uris: &Value, kind: Value| json!({"redirect_uris": uris, "application_type": kind});
    for kind in [json!(null), json!(""), json!("native")] {
        let answer = register(&app, &said(&mixed, kind.clone())).await;
        assert_eq!((answer.status, &answer.body["application_type"]), (201, &json!("native")), "{answer:?}");
        assert_eq!(answer.body["redirect_uris"], mixed);
    }
    let refused = register(&app, &said(&mixed, json!("web"))).await;
    assert_eq!(refused.oauth_error(), (400, "invalid_redirect_uri"));
    let text = refused.body["error_description"].as_str().unwrap();
    assert!(text.contains("application_type") && text.contains("native"), "how to mend it: {text}");
    let after = json!({"post_logout_redirect_uris": ["myapp://bye"]});
    let answer = register(&app, &after).await;
    assert_eq!((answer.status, &answer.body["application_type"]), (201, &json!("native")), "{answer:?}");
    let none = register(&app, &json!({})).await;
    assert_eq!(none.body["application_type"], json!("web"));
}

async fn rfc8252_7_1_schemes_that_mean_something_are_refused(store: TestStore) {
    let app = TestApp::start(store);
    for scheme in [
        "javascript",
        "JavaScript",
        "vbscript",
        "data",
        "file",
        "filesystem",
        "blob",
        "about",
        "view-source",
        "intent",
        "mailto",
        "tel",
        "sms",
        "ftp",
        "ws",
        "wss",
        "ssh",
        "shell",
        "search-ms",
        "ms-settings",
        "ms-word",
        "MS-appinstaller",
        "itms-apps",
        "itms-services",
        "market",
        "android-app",
        "chrome",
        "chrome-extension",
        "moz-extension",
        "safari-web-extension",
        "web+auth",
        "c",
        "ms-x.example.app",
    ] {
        for uri in [format!("{scheme}:callback"), format!("{scheme}://callback/x")] {
            let native = json!({"redirect_uris": [uri], "application_type": "native"});
            let refused = register(&app, &native).await;
            assert_eq!(refused.oauth_error(), (400, "invalid_redirect_uri"), "{uri}");
            let after = json!({"post_logout_redirect_uris": [uri], "application_type": "native"});
            assert_eq!(register(&app, &after).await.oauth_error(), (400, "invalid_client_metadata"), "{uri}");
        }
    }
}

/// A request of `demo-server`, whose secret is kept, at a scheme of its own.
fn with_scheme(store: TestStore, party: ClientParty) -> TestApp {
    TestApp::start_with(store, |policy| {
        let client = policy.clients.get_mut(&ClientId::new(SERVER)).unwrap();
        client.redirect_uris.push(RedirectUri::parse(MINE).unwrap());
        client.party = party;
        client.require_pkce = false;
    })
}

const AT_MINE: [(&str, &str); 2] = [("client_id", SERVER), ("redirect_uri", MINE)];
const NO_PKCE: [(&str, &str); 2] = [("code_challenge", ""), ("code_challenge_method", "")];

async fn rfc8252_6_pkce_is_needed_at_a_private_use_scheme(store: TestStore) {
    let app = with_scheme(store, ClientParty::Third);
    let back = Browser::new(&app).open(&authorize(&[AT_MINE, NO_PKCE].concat())).await;
    assert!(back.url.starts_with(MINE), "{back:?}");
    assert_eq!(back.error(), "invalid_request");
    let web = [("client_id", SERVER), ("redirect_uri", crate::support::oidc::SERVER_CALLBACK)];
    let page = Browser::new(&app).open(&authorize(&[web, NO_PKCE].concat())).await;
    assert_eq!(page.status, 200, "elsewhere the client's own setting holds: {page:?}");
}

async fn rfc8252_8_6_a_private_use_scheme_is_confirmed_every_time(store: TestStore) {
    let app = with_scheme(store, ClientParty::First);
    let mut browser = Browser::new(&app);
    let page = browser.open(&authorize(&AT_MINE)).await;
    let page = browser.sign_in(&app, page, "ana@example.com").await;
    assert!(page.url.ends_with("/consent") && page.says("myapp"), "{page:?}");
    let back = browser.allow(&page).await;
    let code = back.code();
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", MINE),
        ("code_verifier", VERIFIER),
    ];
    assert_eq!(token(&app, Some(&basic(SERVER, SECRET)), &fields).await.status, 200);
    let page = browser.open(&authorize(&AT_MINE)).await;
    assert!(page.url.ends_with("/consent"), "asked all the same: {page:?}");
    let silent = browser.open(&authorize(&[AT_MINE[0], AT_MINE[1], ("prompt", "none")])).await;
    assert_eq!(silent.error(), "interaction_required");
}

async fn rfc3986_3_1_the_scheme_is_compared_in_lower_case(store: TestStore) {
    let app = TestApp::start(store);
    let answer = register(&app, &json!({"redirect_uris": ["MyApp://callback"]})).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let id = answer.body["client_id"].as_str().unwrap();
    for uri in ["myapp://callback", "MyApp://callback", "MYAPP://callback"] {
        let page = Browser::new(&app).open(&authorize(&[("client_id", id), ("redirect_uri", uri)])).await;
        assert_eq!(page.status, 200, "{uri} {page:?}");
    }
    let page =
        Browser::new(&app).open(&authorize(&[("client_id", id), ("redirect_uri", "myapp://Callback")])).await;
    assert_eq!(page.status, 400, "what comes after the scheme is compared as text");
}

async fn rp_initiated_3_1_a_private_use_scheme_after_a_logout(store: TestStore) {
    let app = TestApp::start_with(store, |policy| {
        let client = policy.clients.get_mut(&ClientId::new(SERVER)).unwrap();
        client.extras.post_logout_redirect_uris = vec!["myapp://bye".to_owned()];
    });
    let to = |client: &str, uri: &str| {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("client_id", client), ("post_logout_redirect_uri", uri), ("state", "a b")])
            .finish();
        format!("/api/auth/oauth2/end-session?{query}")
    };
    for uri in ["myapp://bye", "MyApp://bye"] {
        let back = Browser::new(&app).open(&to(SERVER, uri)).await;
        assert_eq!((back.status, back.url), (303, format!("{uri}?state=a+b")));
    }
    let refused = Browser::new(&app).open(&to(SERVER, "myapp://Bye")).await;
    assert_eq!((refused.status, refused.header("location")), (400, ""));
    let over = json!({"redirect_uris": [MINE], "post_logout_redirect_uris": ["myapp://bye"]});
    let answer = register(&app, &over).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let id = answer.body["client_id"].as_str().unwrap();
    let page = Browser::new(&app).open(&to(id, "myapp://bye")).await;
    assert_eq!((page.status, page.header("location")), (200, ""), "nobody checked it");
    let path = format!("{}/{id}", super::registration::REGISTER);
    let bearer = answer.body["registration_access_token"].as_str().unwrap();
    let read = ask(&app, "GET", &path, Some(bearer), None).await;
    assert_eq!(read.body["post_logout_redirect_uris"], json!(["myapp://bye"]));
}
