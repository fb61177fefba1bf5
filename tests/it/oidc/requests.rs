//! What an authorization request may ask for: where the answer goes, whose sign-in, which claims.

use std::time::Duration;

use serde_json::{Value, json};
use tiquo_auth::protocol::client::SigningAlg;
use tiquo_auth::protocol::id::ClientId;
use tiquo_auth::protocol::standard_claims::StandardClaims;

use crate::support::app::{Answer, TestApp};
use crate::support::browser::{Browser, Screen};
use crate::support::oidc::{
    AS_SERVER, SECRET, SERVER, SERVER_CALLBACK, USERINFO, WEB, WEB_CALLBACK, authorize, basic, claims,
    first_party, redeem, refresh, sign_in, token,
};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    form_post_2_the_answer_is_a_form,
    form_post_2_errors_too,
    multiple_response_types_2_1_fragment_is_refused,
    oidc_core_3_1_2_1_id_token_hint,
    oidc_core_3_1_2_1_a_hint_that_is_no_id_token_of_the_client,
    oidc_core_5_5_claims_by_name,
    oidc_core_5_4_claims_that_a_client_lists_stand_in_its_id_token,
    oidc_core_5_5_claims_need_consent_as_their_scope_does,
    oidc_core_5_5_1_a_sub_of_somebody_else,
    oidc_core_5_4_every_scope_opens_its_claims,
    oidc_core_5_3_2_userinfo_signed,
    rfc6750_2_2_the_token_in_a_form,
    oidc_registration_2_default_max_age,
);

/// A hidden field of the page that sends itself.
fn field(page: &Screen, name: &str) -> Option<String> {
    let input = page.html.split("<input").find(|input| input.contains(&format!("name=\"{name}\"")))?;
    input.split("value=\"").nth(1)?.split('"').next().map(ToOwned::to_owned)
}

async fn form_post_2_the_answer_is_a_form(store: TestStore) {
    let app = TestApp::start(store);
    let state = "<>\"'&\n";
    let (_, back) =
        sign_in(&app, "ana@example.com", &[("response_mode", "form_post"), ("state", state)]).await;
    assert_eq!(back.status, 200);
    assert!(back.says(&format!("<form method=\"post\" action=\"{WEB_CALLBACK}\">")), "{back:?}");
    assert!(!back.says(state), "escaped");
    assert_eq!(field(&back, "iss").as_deref(), Some(app.base.as_str()), "RFC 9207 §2");
    assert_eq!(back.header("cache-control"), "no-store");
    let policy = back.header("content-security-policy");
    // Chromium applies form-action to the whole chain; the one script has the page's nonce.
    assert!(!policy.contains("form-action") && policy.contains("script-src 'nonce-"), "{policy}");
    assert!(!policy.contains("unsafe-inline"));
    let tokens = redeem(&app, &field(&back, "code").unwrap(), &[]).await;
    assert_eq!(tokens.status, 200, "{tokens:?}");
}

async fn form_post_2_errors_too(store: TestStore) {
    let app = TestApp::start(store);
    let mut browser = Browser::new(&app);
    for over in [("prompt", "none"), ("scope", "nothing"), ("code_challenge_method", "plain")] {
        let page = browser.open(&authorize(&[("response_mode", "form_post"), over])).await;
        assert_eq!((page.status, page.header("location")), (200, ""), "{over:?}");
        let error = field(&page, "error").unwrap();
        assert!(["login_required", "invalid_scope", "invalid_request"].contains(&error.as_str()), "{error}");
        assert_eq!(field(&page, "state").as_deref(), Some("af0ifjsldkj"));
        assert_eq!(field(&page, "iss").as_deref(), Some(app.base.as_str()));
    }
}

async fn multiple_response_types_2_1_fragment_is_refused(store: TestStore) {
    let app = TestApp::start(store);
    for mode in ["fragment", "web_message", "query.jwt"] {
        let back = Browser::new(&app).open(&authorize(&[("response_mode", mode)])).await;
        assert_eq!((back.error(), back.url.contains('#')), ("invalid_request".to_owned(), false), "{mode}");
    }
}

/// `demo-server`, the organization's own, with everything that a first-party client asks for; tokens of a new sign-in.
async fn as_server(app: &TestApp, browser: &mut Browser, email: &str, over: &[(&str, &str)]) -> Answer {
    let page = browser.open(&authorize(&[AS_SERVER.as_slice(), over].concat())).await;
    let back = if page.url.starts_with("http") { page } else { browser.sign_in(app, page, email).await };
    redeem_as_server(app, &back.code()).await
}

async fn redeem_as_server(app: &TestApp, code: &str) -> Answer {
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", SERVER_CALLBACK),
        ("code_verifier", crate::support::oidc::VERIFIER),
    ];
    token(app, Some(&basic(SERVER, SECRET)), &fields).await
}

async fn oidc_core_3_1_2_1_id_token_hint(store: TestStore) {
    let app = first_party(store);
    let mut browser = Browser::new(&app);
    let tokens = as_server(&app, &mut browser, "ana@example.com", &[]).await;
    let hint = tokens.member("id_token");
    app.clock.advance(Duration::from_secs(2 * 3600));
    let with = |more: &[(&'static str, &'static str)]| {
        let hint = [("id_token_hint", hint.as_str())];
        authorize(&[AS_SERVER.as_slice(), &hint, more].concat())
    };
    // It has expired, which does not matter.
    let back = browser.open(&with(&[("prompt", "none")])).await;
    assert_eq!(
        claims(&redeem_as_server(&app, &back.code()).await.member("id_token"))["sub"],
        claims(&hint)["sub"]
    );

    let mut other = Browser::new(&app);
    as_server(&app, &mut other, "bea@example.com", &[]).await;
    assert_eq!(other.open(&with(&[("prompt", "none")])).await.error(), "login_required");
    // Without prompt=none the one who is meant can sign in, and nobody else.
    let page = other.open(&with(&[])).await;
    assert_eq!(page.status, 200, "{page:?}");
    let back = other.sign_in(&app, page, "cleo@example.com").await;
    assert_eq!(back.error(), "login_required");
    let page = other.open(&with(&[])).await;
    let back = other.sign_in(&app, page, "ana@example.com").await;
    assert!(!back.code().is_empty());
}

async fn oidc_core_3_1_2_1_a_hint_that_is_no_id_token_of_the_client(store: TestStore) {
    let app = TestApp::start(store);
    let (mut browser, back) = sign_in(&app, "ana@example.com", &[]).await;
    let tokens = redeem(&app, &back.code(), &[]).await;
    let good = tokens.member("id_token");
    assert_eq!(browser.open(&authorize(&[("id_token_hint", &good)])).await.status, 200);
    let parts = good.split('.').collect::<Vec<_>>();
    let none = format!("{}.{}.", "eyJhbGciOiJub25lIn0", parts[1]);
    let changed = format!("{}.{}A.{}", parts[0], parts[1], parts[2]);
    for hint in [tokens.member("access_token").as_str(), "x", "a.b.c", &none, &changed, &"x".repeat(9000)] {
        let back = browser.open(&authorize(&[("id_token_hint", hint)])).await;
        assert_eq!(back.error(), "invalid_request", "{hint}");
    }
    let others = authorize(&[AS_SERVER.as_slice(), &[("id_token_hint", &good)]].concat());
    assert_eq!(browser.open(&others).await.error(), "invalid_request", "another client's");
}

async fn say(app: &TestApp, tokens: &Answer, said: &Value) {
    let access = claims(&tokens.member("access_token"));
    let grant = tiquo_auth::protocol::id::Sid::parse(access["sid"].as_str().unwrap()).unwrap();
    let user = tiquo_auth::protocol::id::UserId::new(access["sub"].as_str().unwrap());
    let known = app.store.peek_end_user(grant.bucket(), &user).await.unwrap().unwrap();
    let account = tiquo_auth::protocol::end_user::Account {
        user,
        organization: known.organization,
        email: known.email,
        customer: None,
        created_at: known.created_at,
    };
    let said = StandardClaims::read(said.to_string().as_bytes()).unwrap();
    app.store
        .put_claims(grant.bucket(), &account, &said, tiquo_auth::ports::clock::Clock::now(&app.clock))
        .await
        .unwrap();
}

async fn oidc_core_5_5_claims_by_name(store: TestStore) {
    let app = first_party(store);
    let mut browser = Browser::new(&app);
    let asked = json!({
        "userinfo": {"nickname": {"essential": true}, "phone_number": null, "unheard_of": null},
        "id_token": {"email": null, "locale": {"value": "es"}, "auth_time": {"essential": true}},
    });
    let over = [("scope", "openid"), ("claims", &asked.to_string())];
    let tokens = as_server(&app, &mut browser, "ana@example.com", &over).await;
    say(&app, &tokens, &json!({"nickname": "Ani", "locale": "es", "website": "https://ana.example"})).await;
    let id = claims(&tokens.member("id_token"));
    assert_eq!(id["email"], "ana@example.com");
    let info = app.get_as(&tokens.member("access_token"), USERINFO).await.body;
    assert_eq!(
        info,
        json!({"sub": id["sub"], "nickname": "Ani"}),
        "no phone number is known, nothing else was asked"
    );
    // A refreshed ID token says what the first said (§12.2).
    let fields = [("grant_type", "refresh_token"), ("refresh_token", &*tokens.member("refresh_token"))];
    let next = token(&app, Some(&basic(SERVER, SECRET)), &fields).await;
    let again = claims(&next.member("id_token"));
    assert_eq!((&again["email"], &again["locale"]), (&json!("ana@example.com"), &json!("es")));
}

async fn oidc_core_5_4_claims_that_a_client_lists_stand_in_its_id_token(store: TestStore) {
    let app = TestApp::start_with(store, |policy| {
        let client = policy.clients.get_mut(&ClientId::new(SERVER)).unwrap();
        client.party = tiquo_auth::protocol::client::ClientParty::First;
        client.extras.id_token_claims = ["email", "email_verified", "name"].map(str::to_owned).to_vec();
    });
    let mut browser = Browser::new(&app);
    let tokens = as_server(&app, &mut browser, "ana@example.com", &[("scope", "openid email")]).await;
    let id = claims(&tokens.member("id_token"));
    assert_eq!((&id["email"], &id["email_verified"]), (&json!("ana@example.com"), &json!(true)));
    say(&app, &tokens, &json!({"name": "Ana", "nickname": "Ani"})).await;
    let fields = [("grant_type", "refresh_token"), ("refresh_token", &*tokens.member("refresh_token"))];
    let next = token(&app, Some(&basic(SERVER, SECRET)), &fields).await;
    let again = claims(&next.member("id_token"));
    assert_eq!((&again["email"], again.get("name")), (&json!("ana@example.com"), None), "no scope opens it");
    // What the claims parameter opens at userinfo stands here too; what nothing opens does not.
    let over = [("scope", "openid"), ("claims", r#"{"userinfo": {"name": null, "nickname": null}}"#)];
    let tokens = as_server(&app, &mut browser, "ana@example.com", &over).await;
    let id = claims(&tokens.member("id_token"));
    assert_eq!((&id["name"], id.get("email"), id.get("nickname")), (&json!("Ana"), None, None));
}

async fn oidc_core_5_5_claims_need_consent_as_their_scope_does(store: TestStore) {
    let app = TestApp::start(store);
    let over = [("scope", "openid"), ("claims", r#"{"userinfo": {"email": null}}"#)];
    let mut browser = Browser::new(&app);
    let page = browser.open(&authorize(&over)).await;
    let page = browser.sign_in(&app, page, "ana@example.com").await;
    assert!(page.says("See your e-mail address") && !page.says("See your name"), "{page:?}");
    let back = browser.allow(&page).await;
    let tokens = redeem(&app, &back.code(), &[]).await;
    assert_eq!(tokens.member("scope"), "openid", "the scope is not more than was asked for");
    let info = app.get_as(&tokens.member("access_token"), USERINFO).await.body;
    assert_eq!(info["email"], "ana@example.com");
    assert_eq!(info["email_verified"], json!(null));
}

async fn oidc_core_5_5_1_a_sub_of_somebody_else(store: TestStore) {
    let app = first_party(store);
    let mut browser = Browser::new(&app);
    let tokens = as_server(&app, &mut browser, "ana@example.com", &[]).await;
    let own = claims(&tokens.member("id_token"))["sub"].clone();
    let asks = |sub: &Value| {
        let asked = json!({"id_token": {"sub": {"value": sub}}}).to_string();
        authorize(&[AS_SERVER.as_slice(), &[("prompt", "none"), ("claims", &asked)]].concat())
    };
    assert!(!browser.open(&asks(&own)).await.code().is_empty());
    assert_eq!(browser.open(&asks(&json!("user_other"))).await.error(), "login_required");
    assert_eq!(browser.open(&asks(&json!(7))).await.error(), "login_required");
}

async fn oidc_core_5_4_every_scope_opens_its_claims(store: TestStore) {
    let app = first_party(store);
    let mut browser = Browser::new(&app);
    let over = [("scope", "openid profile email address phone")];
    let tokens = as_server(&app, &mut browser, "ana@example.com", &over).await;
    let said = json!({
        "name": "Ana María", "family_name": "M", "given_name": "A", "middle_name": "B", "nickname": "Ani",
        "preferred_username": "ana", "profile": "https://a.example/ana", "picture": "https://a.example/ana.png",
        "website": "https://ana.example", "gender": "female", "birthdate": "0000-02-29",
        "zoneinfo": "Europe/Madrid", "locale": "es-ES", "updated_at": 1_700_000_000, "phone_number": "+34 600",
        "phone_number_verified": true, "address": {"street_address": "Calle 1", "country": "ES"},
    });
    say(&app, &tokens, &said).await;
    let info = app.get_as(&tokens.member("access_token"), USERINFO).await.body;
    let mut expected = said;
    expected["sub"] = claims(&tokens.member("id_token"))["sub"].clone();
    expected["email"] = json!("ana@example.com");
    expected["email_verified"] = json!(true);
    // Kept by us, whatever the operator says.
    expected["updated_at"] = json!(tiquo_auth::ports::clock::Clock::now(&app.clock).as_secs());
    assert_eq!(info, expected);
    let id = claims(&tokens.member("id_token"));
    assert_eq!(
        (&id["name"], &id["address"]),
        (&json!(null), &json!(null)),
        "at userinfo, not in the ID token"
    );
}

async fn oidc_core_5_3_2_userinfo_signed(store: TestStore) {
    let app = TestApp::start_with(store, |policy| {
        policy.clients.get_mut(&ClientId::new(WEB)).unwrap().extras.userinfo_signed = Some(SigningAlg::RS256);
    });
    let (_, back) = sign_in(&app, "ana@example.com", &[]).await;
    let tokens = redeem(&app, &back.code(), &[]).await;
    let access = tokens.member("access_token");
    let response = app.request("GET", USERINFO).bearer_auth(&access).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/jwt");
    let jwt = response.text().await.unwrap();
    let said = claims(&jwt);
    assert_eq!((&said["iss"], &said["aud"]), (&json!(app.base), &json!(WEB)));
    assert_eq!(said["email"], "ana@example.com");
    assert_eq!(said["sub"], claims(&tokens.member("id_token"))["sub"]);
    // It is no token: neither a hint nor an access token.
    let mut browser = Browser::new(&app);
    assert_eq!(browser.open(&authorize(&[("id_token_hint", &jwt)])).await.error(), "invalid_request");
    assert_eq!(app.get_as(&jwt, USERINFO).await.status, 401);
}

async fn rfc6750_2_2_the_token_in_a_form(store: TestStore) {
    let app = TestApp::start(store);
    let (_, back) = sign_in(&app, "ana@example.com", &[]).await;
    let access = redeem(&app, &back.code(), &[]).await.member("access_token");
    let post = |body: String, header: bool| {
        let request =
            app.request("POST", USERINFO).header("content-type", "application/x-www-form-urlencoded");
        let request = if header { request.bearer_auth(&access) } else { request };
        request.body(body).send()
    };
    let answer = |response| async { Answer::of(response).await };
    let good = answer(post(format!("access_token={access}"), false).await.unwrap()).await;
    assert_eq!(good.body["email"], "ana@example.com");
    assert_eq!(answer(post(String::new(), true).await.unwrap()).await.status, 200);
    let both = answer(post(format!("access_token={access}"), true).await.unwrap()).await;
    assert_eq!(both.oauth_error(), (400, "invalid_request"), "RFC 6750 §2: one way at a time");
    let twice =
        answer(post(format!("access_token={access}&access_token={access}"), false).await.unwrap()).await;
    assert_eq!(twice.status, 400);
    assert_eq!(answer(post(String::new(), false).await.unwrap()).await.status, 401);
}

async fn oidc_registration_2_default_max_age(store: TestStore) {
    let app = TestApp::start_with(store, |policy| {
        policy.clients.get_mut(&ClientId::new(WEB)).unwrap().extras.default_max_age = Some(60);
    });
    let (mut browser, back) = sign_in(&app, "ana@example.com", &[]).await;
    let tokens = redeem(&app, &back.code(), &[]).await;
    assert_eq!(refresh(&app, &tokens.member("refresh_token"), &[]).await.status, 200);
    app.clock.advance(Duration::from_secs(61));
    let page = browser.open(&authorize(&[])).await;
    assert!(!page.url.ends_with("/consent"), "a new sign-in is asked for: {page:?}");
    let page = browser.open(&authorize(&[("max_age", "600")])).await;
    assert!(page.url.ends_with("/consent"), "the request's own counts: {page:?}");
}
