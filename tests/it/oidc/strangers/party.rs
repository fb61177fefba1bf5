//! Somebody with everything that one can hold.

use serde_json::{Value, json};

use crate::oidc::registration::{CALLBACK, Registered, ask};
use crate::support::app::{Answer, TestApp};
use crate::support::browser::{Browser, Screen};
use crate::support::client_key::Signer;
use crate::support::oidc::{USERINFO, claims, post_form, token};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
pub(super) const HOME: &str = "https://app.example/";

/// A client, an end-user of it, and what the two have.
pub(super) struct Party {
    pub(super) client: Registered,
    pub(super) key: Signer,
    pub(super) email: String,
    /// The end-user's browser, signed in.
    pub(super) browser: Browser,
    /// Tokens of a code that was redeemed.
    tokens: Answer,
    /// A code that was not.
    pub(super) code: String,
    /// What a device has that was allowed and did not ask since.
    pub(super) device_code: String,
    /// A page of a sign-in that is under way.
    pub(super) page: Screen,
}

impl Party {
    /// A client that registers, with this initial access token, and its first end-user.
    pub(super) async fn new(app: &TestApp, initial: Option<&str>, email: &str) -> Self {
        let key = Signer::new(Some("one"));
        let metadata = json!({
            "grant_types": ["authorization_code", "refresh_token", GRANT],
            "post_logout_redirect_uris": [HOME],
            "jwks": {"keys": [key.jwk()]},
        });
        let client = Registered::with(app, initial, &metadata).await;
        Self { key, ..Self::of(app, client, email).await }
    }

    /// Another end-user of a client.
    pub(super) async fn of(app: &TestApp, client: Registered, email: &str) -> Self {
        let mut browser = Browser::new(app);
        let page = browser.open(&client.authorize(&[])).await;
        let page = browser.sign_in(app, page, email).await;
        let back = browser.allow(&page).await;
        let tokens = client.redeem(app, &back.code()).await;
        let code = browser.open(&client.authorize(&[("prompt", "none")])).await.code();
        let device_code = allowed_device(app, &client, &mut browser).await;
        let page = browser.open(&client.authorize(&[("prompt", "login")])).await;
        assert!(page.says("name=\"email\""), "{page:?}");
        let email = email.to_owned();
        Self { client, key: Signer::new(None), email, browser, tokens, code, device_code, page }
    }

    pub(super) fn token(&self, name: &str) -> String {
        self.tokens.member(name)
    }

    pub(super) fn subject(&self) -> Value {
        claims(&self.token("id_token"))["sub"].clone()
    }

    /// Whether its browser is signed in, and goes through without a question.
    pub(super) async fn is_signed_in(&mut self) -> bool {
        self.browser.open(&self.client.authorize(&[("prompt", "none")])).await.parameter("code").is_some()
    }

    /// Everything is as it was before somebody else tried it.
    pub(super) async fn goes_on(mut self, app: &TestApp) {
        let who = self.email.clone();
        let info = app.get_as(&self.token("access_token"), USERINFO).await;
        assert_eq!(info.body["sub"], self.subject(), "{who}: userinfo");
        assert_eq!(self.client.redeem(app, &self.code).await.status, 200, "{who}: the code");
        let refreshed = self.client.refresh(app, &self.token("refresh_token")).await;
        assert_eq!(refreshed.status, 200, "{who}: the refresh token");
        assert_eq!(poll(app, &self.client, &self.device_code).await.status, 200, "{who}: the device");
        assert_eq!(self.client.manage(app, "GET", None).await.status, 200, "{who}: the registration");
        assert!(self.is_signed_in().await, "{who}: the session");
        let page = self.page.clone();
        let back = self.browser.sign_in(app, page, &self.email.clone()).await;
        assert!(back.url.starts_with(CALLBACK) && back.parameter("code").is_some(), "{who}: {back:?}");
    }
}

async fn allowed_device(app: &TestApp, client: &Registered, browser: &mut Browser) -> String {
    let path = "/api/auth/oauth2/device_authorization";
    let device = post_form(app, path, Some(&client.basic()), &[("scope", "openid email")]).await;
    let page = browser.submit("/device", &[("user_code", &device.member("user_code"))]).await;
    let done = browser.allow(&page).await;
    assert!(done.url.contains("/device/done?client_id="), "{done:?}");
    device.member("device_code")
}

/// A device of this client asks for its tokens.
pub(in crate::oidc) async fn poll(app: &TestApp, client: &Registered, device_code: &str) -> Answer {
    token(app, Some(&client.basic()), &[("grant_type", GRANT), ("device_code", device_code)]).await
}

/// A request about a registration, with this token.
pub(super) async fn manage(
    app: &TestApp,
    method: &str,
    path: &str,
    bearer: &str,
    document: &Value,
) -> Answer {
    let body = (method == "PUT").then_some(document);
    ask(app, method, path, Some(bearer), body).await
}
