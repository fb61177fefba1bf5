//! Logouts at the issuer.

use tiquo_auth::protocol::client::{Client, LogoutUri};
use tiquo_auth::protocol::id::ClientId;
use tiquo_auth::protocol::policy::Policy;

use super::app::{Answer, TestApp};
use super::browser::{Browser, Screen};
use super::oidc::{AS_SERVER, SECRET, SERVER, SERVER_CALLBACK, VERIFIER, authorize, basic, redeem, token};

pub(crate) const END_SESSION: &str = "/api/auth/oauth2/end-session";
pub(crate) const WEB_HOME: &str = "http://localhost:3000/";
pub(crate) const SERVER_HOME: &str = "http://localhost:3001/";
pub(crate) const SSO: &str = "tiquo-sso.org_demo";

/// A logout request with these parameters.
pub(crate) fn end_session(parameters: &[(&str, &str)]) -> String {
    format!("{END_SESSION}?{}", encoded(parameters))
}

pub(crate) fn encoded(parameters: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish()
}

/// A signed-in browser with the tokens of `demo-web`.
pub(crate) async fn at_web(app: &TestApp, email: &str) -> (Browser, Answer) {
    let (browser, back) = super::oidc::sign_in(app, email, &[]).await;
    let tokens = redeem(app, &back.code(), &[]).await;
    (browser, tokens)
}

/// `demo-server` gets its tokens in the same browser.
pub(crate) async fn at_server(app: &TestApp, browser: &mut Browser) -> Answer {
    let page = browser.open(&authorize(&AS_SERVER)).await;
    let back = if page.url.starts_with(SERVER_CALLBACK) { page } else { browser.allow(&page).await };
    redeem_as_server(app, &back).await
}

pub(crate) async fn redeem_as_server(app: &TestApp, back: &Screen) -> Answer {
    let code = back.code();
    let fields = [
        ("grant_type", "authorization_code"),
        ("redirect_uri", SERVER_CALLBACK),
        ("code_verifier", VERIFIER),
        ("code", code.as_str()),
    ];
    token(app, Some(&basic(SERVER, SECRET)), &fields).await
}

/// Changes a client of development.
pub(crate) fn with_client(policy: &mut Policy, id: &str, change: impl FnOnce(&mut Client)) {
    change(policy.clients.get_mut(&ClientId::new(id)).unwrap());
}

pub(crate) fn logout_uri(uri: &str) -> LogoutUri {
    LogoutUri { uri: uri.to_owned(), session_required: true }
}
