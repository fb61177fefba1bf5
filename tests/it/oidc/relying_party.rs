//! The `openidconnect` crate as an application of somebody else's, unmodified, over real HTTP.

use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata, CoreUserInfoClaims};
use openidconnect::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken, IssuerUrl, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, RedirectUrl, Scope, TokenResponse,
};

use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::clock::ManualClock;
use crate::support::oidc::{SECRET, SERVER, SERVER_CALLBACK, WEB, WEB_CALLBACK};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    oidc_core_3_1_a_public_application_signs_its_user_in,
    oidc_core_3_1_a_confidential_application_with_basic,
    oidc_core_3_1_a_confidential_application_with_post,
);

struct App {
    id: &'static str,
    secret: Option<&'static str>,
    callback: &'static str,
    auth_type: AuthType,
}

async fn oidc_core_3_1_a_public_application_signs_its_user_in(store: TestStore) {
    let (id, callback) = (WEB, WEB_CALLBACK);
    signs_its_user_in(store, App { id, secret: None, callback, auth_type: AuthType::RequestBody }).await;
}

async fn oidc_core_3_1_a_confidential_application_with_basic(store: TestStore) {
    let (id, secret, callback) = (SERVER, Some(SECRET), SERVER_CALLBACK);
    signs_its_user_in(store, App { id, secret, callback, auth_type: AuthType::BasicAuth }).await;
}

async fn oidc_core_3_1_a_confidential_application_with_post(store: TestStore) {
    let (id, secret, callback) = (SERVER, Some(SECRET), SERVER_CALLBACK);
    signs_its_user_in(store, App { id, secret, callback, auth_type: AuthType::RequestBody }).await;
}

async fn signs_its_user_in(store: TestStore, of: App) {
    let app = TestApp::start_at(store, ManualClock::now());
    let http = openidconnect::reqwest::ClientBuilder::new()
        .redirect(openidconnect::reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let issuer = IssuerUrl::new(app.base.clone()).unwrap();
    let metadata = CoreProviderMetadata::discover_async(issuer, &http).await.unwrap();
    let secret = of.secret.map(|secret| ClientSecret::new(secret.to_owned()));
    let client = CoreClient::from_provider_metadata(metadata, ClientId::new(of.id.to_owned()), secret)
        .set_redirect_uri(RedirectUrl::new(of.callback.to_owned()).unwrap())
        .set_auth_type(of.auth_type);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
        .add_scope(Scope::new("email".to_owned()))
        .add_scope(Scope::new("offline_access".to_owned()))
        .set_pkce_challenge(challenge)
        .url();

    let mut browser = Browser::new(&app);
    let page = browser.open(url.as_str()).await;
    let page = browser.sign_in(&app, page, "ana@example.com").await;
    let back = browser.allow(&page).await;
    assert_eq!(back.parameter("state").as_deref(), Some(state.secret().as_str()));

    let code = AuthorizationCode::new(back.code());
    let request = client.exchange_code(code).unwrap().set_pkce_verifier(verifier);
    let tokens = request.request_async(&http).await.unwrap();
    let id_token = tokens.id_token().expect("an ID token");
    let claims = id_token.claims(&client.id_token_verifier(), &nonce).expect("it verifies");
    let wrong = id_token.claims(&client.id_token_verifier(), &Nonce::new("another".to_owned()));
    assert!(wrong.is_err(), "the nonce is looked at");

    let info: CoreUserInfoClaims = client
        .user_info(tokens.access_token().clone(), Some(claims.subject().clone()))
        .unwrap()
        .request_async(&http)
        .await
        .unwrap();
    assert_eq!(info.email().map(|email| email.as_str()), Some("ana@example.com"));
    assert_eq!(info.email_verified(), Some(true));

    let refresh_token = tokens.refresh_token().expect("a refresh token");
    let again = client.exchange_refresh_token(refresh_token).unwrap().request_async(&http).await.unwrap();
    assert_ne!(again.refresh_token().unwrap().secret(), refresh_token.secret());
    let refreshed = again.id_token().expect("an ID token");
    let renewed =
        refreshed.claims(&client.id_token_verifier(), |_: Option<&Nonce>| Ok(())).expect("it verifies");
    assert_eq!(renewed.subject(), claims.subject());
}
