//! Applications that sign their users in with us: the two of development.

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};

use tiquo_auth::protocol::client::ClientParty;
use tiquo_auth::protocol::id::ClientId;

use super::app::{Answer, TestApp};
use super::browser::{Browser, Screen};
use super::stores::TestStore;
use super::tables::assert_documented;

pub(crate) const AUTHORIZE: &str = "/api/auth/oauth2/authorize";
pub(crate) const TOKEN: &str = "/api/auth/oauth2/token";
pub(crate) const USERINFO: &str = "/api/auth/oauth2/userinfo";
/// RFC 7636 appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(crate) const WEB: &str = "demo-web";
pub(crate) const WEB_CALLBACK: &str = "http://localhost:3000/callback";
pub(crate) const SERVER: &str = "demo-server";
pub(crate) const SERVER_CALLBACK: &str = "http://localhost:3001/callback";
pub(crate) const SECRET: &str = "demo-server-secret-for-development-only";

/// The URL of an authorization request of `demo-web` in order, with these parameters over it; an empty one takes one
/// away.
pub(crate) fn authorize(over: &[(&str, &str)]) -> String {
    format!("{AUTHORIZE}?{}", query(over))
}

pub(crate) fn query(over: &[(&str, &str)]) -> String {
    let usual = [
        ("client_id", WEB),
        ("redirect_uri", WEB_CALLBACK),
        ("response_type", "code"),
        ("scope", "openid email profile:read"),
        ("state", "af0ifjsldkj"),
        ("nonce", "n-0S6_WzA2Mj"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(usual.iter().filter(|(name, _)| !over.iter().any(|(other, _)| other == name)));
    query.extend_pairs(over.iter().filter(|(_, value)| !value.is_empty()));
    query.finish()
}

/// What `demo-server` asks for.
pub(crate) const AS_SERVER: [(&str, &str); 2] = [("client_id", SERVER), ("redirect_uri", SERVER_CALLBACK)];

/// `demo-server` as the organization's own.
pub(crate) fn first_party(store: TestStore) -> TestApp {
    TestApp::start_with(store, |policy| {
        policy.clients.get_mut(&ClientId::new(SERVER)).unwrap().party = ClientParty::First;
    })
}

/// A new person comes from an application, signs in and allows everything; ends back at the application.
pub(crate) async fn sign_in(app: &TestApp, email: &str, over: &[(&str, &str)]) -> (Browser, Screen) {
    let mut browser = Browser::new(app);
    let page = browser.open(&authorize(over)).await;
    assert_eq!(page.status, 200, "{page:?}");
    let page = browser.sign_in(app, page, email).await;
    let back = browser.allow(&page).await;
    (browser, back)
}

/// A token request with these parameters, and an `Authorization` header if there is one.
pub(crate) async fn token(app: &TestApp, header: Option<&str>, fields: &[(&str, &str)]) -> Answer {
    post_form(app, TOKEN, header, fields).await
}

/// A form with these parameters but the empty ones, as clients send it, and an `Authorization` header if there is one.
pub(crate) async fn post_form(
    app: &TestApp,
    path: &str,
    header: Option<&str>,
    fields: &[(&str, &str)],
) -> Answer {
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields.iter().filter(|(_, value)| !value.is_empty()))
        .finish();
    let mut request =
        app.request("POST", path).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body);
    if let Some(header) = header {
        request = request.header(AUTHORIZATION, header);
    }
    Answer::of(request.send().await.unwrap()).await
}

/// `demo-web` redeems a code, with these parameters over it; an empty one takes one away.
pub(crate) async fn redeem(app: &TestApp, code: &str, over: &[(&str, &str)]) -> Answer {
    let usual = [
        ("grant_type", "authorization_code"),
        ("client_id", WEB),
        ("redirect_uri", WEB_CALLBACK),
        ("code_verifier", VERIFIER),
        ("code", code),
    ];
    let usual = usual.into_iter().filter(|(name, _)| !over.iter().any(|(other, _)| other == name));
    token(app, None, &usual.chain(over.iter().copied()).collect::<Vec<_>>()).await
}

/// `demo-web` refreshes.
pub(crate) async fn refresh(app: &TestApp, refresh_token: &str, over: &[(&str, &str)]) -> Answer {
    let usual = [("grant_type", "refresh_token"), ("client_id", WEB), ("refresh_token", refresh_token)];
    let usual = usual.into_iter().filter(|(name, _)| !over.iter().any(|(other, _)| other == name));
    token(app, None, &usual.chain(over.iter().copied()).collect::<Vec<_>>()).await
}

/// The `Authorization` header of `client_secret_basic` (RFC 6749 §2.3.1).
pub(crate) fn basic(id: &str, secret: &str) -> String {
    use base64::Engine as _;
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let joined = format!("{}:{}", encode(id), encode(secret));
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(joined))
}

impl Answer {
    /// Status and `error` of an OAuth refusal; checks that it is a whole one.
    pub(crate) fn oauth_error(&self) -> (u16, &str) {
        assert!(self.body["error_description"].as_str().is_some_and(|text| text.len() > 10), "{self:?}");
        assert_eq!(self.header("cache-control"), Some("no-store"), "{self:?}");
        let code = self.body["error"].as_str().unwrap_or_default();
        assert_documented(code, self.status, false);
        (self.status, code)
    }

    /// A member of a token response.
    pub(crate) fn member(&self, name: &str) -> String {
        assert_eq!(self.status, 200, "{self:?}");
        self.body[name].as_str().unwrap_or_else(|| panic!("no {name} in {self:?}")).to_owned()
    }
}

/// The claims of a JWT, not verified.
pub(crate) fn claims(token: &str) -> serde_json::Value {
    use base64::Engine as _;
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap())
        .unwrap()
}
