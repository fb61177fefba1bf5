use std::time::Duration;

use super::*;
use crate::protocol::authorization::{Prompts, ResponseMode};
use crate::protocol::client::{ClientDisplay, ClientExtensions, Credentials, GrantType, SecretDigest};
use crate::protocol::grant_extensions::ClaimsRequest;
use crate::protocol::id::{Bucket, ClientId, OrganizationId, SsoId, UserId};
use crate::protocol::opaque::Opaque;
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::scope::Scope;
use crate::protocol::sso::SsoRoot;

const PAGE: &str = "https://app.example/callback";
const LOOPBACK: &str = "http://127.0.0.1/callback";

fn client(party: ClientParty) -> Client {
    Client {
        id: ClientId::new("app"),
        organization: OrganizationId::new("org_demo"),
        credentials: Credentials::Public,
        redirect_uris: [PAGE, LOOPBACK].map(|uri| RedirectUri::parse(uri).unwrap()).to_vec(),
        grant_types: vec![GrantType::AuthorizationCode],
        scope: Scope::parse("openid email").unwrap(),
        party,
        require_pkce: true,
        shown: ClientDisplay::default(),
        extras: ClientExtensions::default(),
    }
}

fn request() -> AuthorizationRequest {
    AuthorizationRequest {
        client: ClientId::new("app"),
        redirect_uri: PAGE.to_owned(),
        redirect_uri_sent: true,
        state: None,
        scope: Scope::parse("openid email").unwrap(),
        nonce: None,
        code_challenge: None,
        prompts: Prompts::default(),
        max_age: None,
        login_hint: None,
        response_mode: ResponseMode::Query,
        claims: ClaimsRequest::default(),
        resources: Vec::new(),
        wanted: None,
        wanted_sid: None,
        ui_locale: None,
    }
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_secs(1_000_000).plus(Duration::from_secs(seconds))
}

/// A session with a sign-in at 0 that ends at 10,000.
fn session() -> SsoSession {
    let id = SsoId::of(&Opaque::new(Bucket::of_hash(&[1; 32]), [1; 32]));
    SsoSession {
        id,
        root: SsoRoot::of_first_sign_in(id),
        organization: OrganizationId::new("org_demo"),
        user: UserId::new("user_1"),
        auth_time: at(0),
        expires_at: at(10_000),
        used_at: None,
        opened_by: None,
    }
}

fn consent(scope: &str) -> Consent {
    let client = client(ClientParty::Third);
    let fingerprint = client.fingerprint();
    Consent { client: client.id, scope: Scope::parse(scope).unwrap(), fingerprint }
}

fn signed_in(
    request: &AuthorizationRequest,
    progress: AuthorizationProgress,
    now: Timestamp,
) -> AuthorizationStep {
    next(request, &client(ClientParty::First), Some(&session()), None, progress, now)
}

/// The request came before the sign-in.
fn before() -> AuthorizationProgress {
    AuthorizationProgress { opened: true, ..AuthorizationProgress::default() }
}

/// The request came when the browser was signed in already.
fn after() -> AuthorizationProgress {
    AuthorizationProgress { before: Some(session().id), ..before() }
}

#[test]
fn a_living_sign_in_to_the_organization_is_needed() {
    let client = client(ClientParty::First);
    let with = |session: Option<&SsoSession>, now| {
        next(&request(), &client, session, None, AuthorizationProgress::default(), now)
    };
    assert_eq!(with(None, at(1)), AuthorizationStep::SignIn);
    assert_eq!(with(Some(&session()), at(1)), AuthorizationStep::Issue);
    assert_eq!(with(Some(&session()), at(10_000)), AuthorizationStep::SignIn);
    let other = SsoSession { organization: OrganizationId::new("org_other"), ..session() };
    assert_eq!(with(Some(&other), at(1)), AuthorizationStep::SignIn);
}

#[test]
fn another_address_needs_another_sign_in() {
    let declined = AuthorizationProgress { declined: Some(session().id), ..before() };
    assert_eq!(signed_in(&request(), declined, at(2)), AuthorizationStep::SignIn);
}

#[test]
fn oidc_core_3_1_2_1_max_age() {
    let aged = |seconds| AuthorizationRequest { max_age: Some(seconds), ..request() };
    assert_eq!(signed_in(&aged(100), AuthorizationProgress::default(), at(99)), AuthorizationStep::Issue);
    assert_eq!(signed_in(&aged(100), AuthorizationProgress::default(), at(100)), AuthorizationStep::SignIn);
    assert_eq!(signed_in(&aged(0), AuthorizationProgress::default(), at(0)), AuthorizationStep::SignIn);
    assert_eq!(
        signed_in(&aged(0), before(), at(500)),
        AuthorizationStep::Issue,
        "signed in for this very request"
    );
    assert_eq!(signed_in(&aged(0), after(), at(500)), AuthorizationStep::SignIn);
    assert_eq!(
        signed_in(&aged(u64::MAX), AuthorizationProgress::default(), at(500)),
        AuthorizationStep::Issue
    );
}

#[test]
fn oidc_core_3_1_2_1_prompt_login_and_select_account() {
    let login = AuthorizationRequest { prompts: Prompts { login: true, ..Prompts::default() }, ..request() };
    assert_eq!(signed_in(&login, AuthorizationProgress::default(), at(1)), AuthorizationStep::SignIn);
    assert_eq!(signed_in(&login, after(), at(2)), AuthorizationStep::SignIn);
    assert_eq!(signed_in(&login, before(), at(2)), AuthorizationStep::Issue);
    let select =
        AuthorizationRequest { prompts: Prompts { select_account: true, ..Prompts::default() }, ..request() };
    assert_eq!(signed_in(&select, after(), at(2)), AuthorizationStep::Choose);
    assert_eq!(
        signed_in(&select, AuthorizationProgress { chosen: true, ..after() }, at(2)),
        AuthorizationStep::Issue
    );
    assert_eq!(
        signed_in(&select, before(), at(2)),
        AuthorizationStep::Issue,
        "who just signed in has chosen"
    );
}

#[test]
fn consent_is_asked_once_for_a_client_and_its_scopes() {
    let third = client(ClientParty::Third);
    let with = |request: &AuthorizationRequest, consent: Option<&Consent>| {
        next(request, &third, Some(&session()), consent, AuthorizationProgress::default(), at(1))
    };
    assert_eq!(with(&request(), None), AuthorizationStep::Consent);
    assert_eq!(with(&request(), Some(&consent("openid"))), AuthorizationStep::Consent);
    assert_eq!(with(&request(), Some(&consent("openid email profile"))), AuthorizationStep::Issue);
    let other = Consent { fingerprint: "of another application".to_owned(), ..consent("openid email") };
    assert_eq!(with(&request(), Some(&other)), AuthorizationStep::Consent);
    let again =
        AuthorizationRequest { prompts: Prompts { consent: true, ..Prompts::default() }, ..request() };
    assert_eq!(with(&again, Some(&consent("openid email"))), AuthorizationStep::Consent);
}

#[test]
fn rfc8252_8_6_a_private_use_scheme_is_confirmed_whatever_the_authentication() {
    const SCHEME: &str = "myapp://callback";
    let confidential = Client {
        credentials: Credentials::Secret { digest: SecretDigest::of("x"), methods: Vec::new() },
        redirect_uris: [PAGE, LOOPBACK, SCHEME].map(|uri| RedirectUri::parse(uri).unwrap()).to_vec(),
        ..client(ClientParty::First)
    };
    for (uri, expected) in [
        (PAGE, AuthorizationStep::Issue),
        (LOOPBACK, AuthorizationStep::Issue),
        (SCHEME, AuthorizationStep::Confirm),
    ] {
        let request = AuthorizationRequest { redirect_uri: uri.to_owned(), ..request() };
        let step =
            next(&request, &confidential, Some(&session()), None, AuthorizationProgress::default(), at(0));
        assert_eq!(step, expected, "{uri}");
    }
}

#[test]
fn rfc8252_8_6_an_answer_that_any_application_may_receive_is_confirmed() {
    let native =
        AuthorizationRequest { redirect_uri: "http://127.0.0.1:5000/callback".to_owned(), ..request() };
    let third = client(ClientParty::Third);
    let known = consent("openid email");
    let step = |client: &Client, consent| {
        next(&native, client, Some(&session()), consent, AuthorizationProgress::default(), at(1))
    };
    assert_eq!(step(&third, Some(&known)), AuthorizationStep::Confirm);
    assert_eq!(step(&client(ClientParty::First), None), AuthorizationStep::Confirm);
    let digest = crate::protocol::client::SecretDigest::of("x");
    let confidential = Client {
        credentials: Credentials::Secret { digest, methods: Vec::new() },
        ..client(ClientParty::First)
    };
    assert_eq!(step(&confidential, None), AuthorizationStep::Issue);
}

#[test]
fn oidc_core_3_1_2_6_prompt_none_says_what_is_missing() {
    let none = AuthorizationRequest { prompts: Prompts { none: true, ..Prompts::default() }, ..request() };
    let third = client(ClientParty::Third);
    let with = |request: &AuthorizationRequest, session: Option<&SsoSession>, consent: Option<&Consent>| {
        next(request, &third, session, consent, AuthorizationProgress::default(), at(1))
    };
    let known = consent("openid email");
    assert_eq!(with(&none, None, None), AuthorizationStep::Refuse(ErrorCode::LoginRequired));
    assert_eq!(with(&none, Some(&session()), None), AuthorizationStep::Refuse(ErrorCode::ConsentRequired));
    assert_eq!(with(&none, Some(&session()), Some(&known)), AuthorizationStep::Issue);
    let native = AuthorizationRequest { redirect_uri: LOOPBACK.to_owned(), ..none };
    assert_eq!(
        with(&native, Some(&session()), Some(&known)),
        AuthorizationStep::Refuse(ErrorCode::InteractionRequired)
    );
}
