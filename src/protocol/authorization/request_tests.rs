use super::*;
use crate::protocol::client::{ClientDisplay, ClientExtensions, ClientParty, Credentials, SecretDigest};
use crate::protocol::id::OrganizationId;
use crate::protocol::redirect_uri::RedirectUri;

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const API: &str = "tiquo-client-api";
const CALLBACK: &str = "https://app.example/callback";

fn clients() -> Vec<Client> {
    let public = Client {
        id: ClientId::new("app"),
        organization: OrganizationId::new("org_demo"),
        credentials: Credentials::Public,
        redirect_uris: vec![RedirectUri::parse(CALLBACK).unwrap()],
        grant_types: vec![GrantType::AuthorizationCode],
        scope: Scope::parse("openid email orders:read").unwrap(),
        party: ClientParty::Third,
        require_pkce: false,
        shown: ClientDisplay::default(),
        extras: ClientExtensions {
            resources: vec!["https://api.example".to_owned()],
            ..ClientExtensions::default()
        },
    };
    let confidential = Client {
        id: ClientId::new("server"),
        redirect_uris: [CALLBACK, "myapp://callback"].map(|uri| RedirectUri::parse(uri).unwrap()).to_vec(),
        credentials: Credentials::Secret { digest: SecretDigest::of("x"), methods: Vec::new() },
        ..public.clone()
    };
    let strict = Client { id: ClientId::new("strict"), require_pkce: true, ..confidential.clone() };
    let idle = Client { id: ClientId::new("idle"), grant_types: Vec::new(), ..confidential.clone() };
    vec![public, confidential, strict, idle]
}

/// A valid request of `app` with these parameters replaced, or removed if empty.
fn read(over: &[(&str, &str)]) -> Result<AuthorizationRequest, RefusedAuthorization> {
    let usual = [
        ("client_id", "app"),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("scope", "openid email"),
        ("state", "xyz"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in usual.iter().filter(|(name, _)| !over.iter().any(|(other, _)| other == name)) {
        query.append_pair(name, value);
    }
    for (name, value) in over {
        query.append_pair(name, value);
    }
    judge(&Parameters::parse(query.finish().as_bytes()).unwrap())
}

fn judge(parameters: &Parameters) -> Result<AuthorizationRequest, RefusedAuthorization> {
    let id = AuthorizationRequest::client_id(parameters).map_err(RefusedAuthorization::Page)?;
    let known = clients().into_iter().find(|client| client.id == id);
    let known = known.ok_or(RefusedAuthorization::Page(UnredirectableError::UnknownClient))?;
    let unsaid = RequestDefaults { audience: API, writes: &Scope::default() };
    AuthorizationRequest::read(parameters, &known, unsaid)
}

fn code(over: &[(&str, &str)]) -> ErrorCode {
    match read(over) {
        Err(RefusedAuthorization::Redirect(error)) => {
            assert_eq!(error.redirect_uri, CALLBACK);
            let is_allowed = |c| matches!(c, ' ' | '!' | '#'..='[' | ']'..='~');
            assert!(error.description.chars().all(is_allowed), "{}", error.description);
            error.code
        }
        other => panic!("{over:?} {other:?}"),
    }
}

fn page(over: &[(&str, &str)]) -> UnredirectableError {
    match read(over) {
        Err(RefusedAuthorization::Page(because)) => because,
        other => panic!("{over:?} {other:?}"),
    }
}

#[test]
fn a_request_in_order() {
    let request = read(&[
        ("nonce", "n"),
        ("max_age", "60"),
        ("prompt", "login consent"),
        ("login_hint", "ana@example.com"),
        ("ui_locales", "de fr-CA en"),
        ("unknown", "1"),
        ("unknown", "2"),
    ]);
    let request = request.unwrap();
    assert_eq!(request.scope.to_string(), "email openid");
    assert_eq!(request.state.as_deref(), Some("xyz"));
    assert_eq!(request.max_age, Some(60));
    assert!(request.prompts.login && request.prompts.consent && !request.prompts.none);
    assert_eq!(request.ui_locale, Some(Locale::Fr));
    let stored = serde_json::to_string(&request).unwrap();
    assert_eq!(serde_json::from_str::<AuthorizationRequest>(&stored).unwrap(), request);
}

#[test]
fn rfc6749_4_1_2_1_errors_of_client_and_redirect_uri_are_never_redirected() {
    assert_eq!(page(&[("client_id", "")]), UnredirectableError::NoClient);
    assert_eq!(page(&[("client_id", "app"), ("client_id", "app")]), UnredirectableError::NoClient);
    assert_eq!(page(&[("client_id", "nobody")]), UnredirectableError::UnknownClient);
    assert_eq!(page(&[("redirect_uri", "")]), UnredirectableError::NoRedirectUri);
    assert_eq!(
        page(&[("redirect_uri", CALLBACK), ("redirect_uri", CALLBACK)]),
        UnredirectableError::NoRedirectUri
    );
    assert_eq!(
        page(&[("redirect_uri", "https://evil.example/")]),
        UnredirectableError::UnregisteredRedirectUri
    );
}

#[test]
fn rfc6749_3_1_2_3_a_single_redirect_uri_may_be_left_out() {
    let request = read(&[("redirect_uri", ""), ("scope", "email")]).unwrap();
    assert_eq!((request.redirect_uri.as_str(), request.redirect_uri_sent), (CALLBACK, false));
}

#[test]
fn what_was_registered_under_other_rules_gets_no_answer_any_more() {
    let old =
        Client { redirect_uris: vec![RedirectUri::stored("ms-settings.app:/cb")], ..clients().remove(0) };
    let read = |redirect_uri: &str| {
        let pairs = [("response_type", "code"), ("scope", "email"), ("redirect_uri", redirect_uri)];
        let parameters = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
        AuthorizationRequest::read(
            &parameters,
            &old,
            RequestDefaults { audience: API, writes: &Scope::default() },
        )
    };
    assert_eq!(read(""), Err(RefusedAuthorization::Page(UnredirectableError::NoRedirectUri)));
    let named = read("ms-settings.app:/cb");
    assert_eq!(named, Err(RefusedAuthorization::Page(UnredirectableError::UnregisteredRedirectUri)));
}

#[test]
fn rfc6749_4_1_2_1_other_errors_are_redirected_to_the_client() {
    use ErrorCode as E;
    for (over, expected) in [
        (&[("response_type", "")][..], E::InvalidRequest),
        (&[("response_type", "token")], E::UnsupportedResponseType),
        (&[("response_type", "id_token")], E::UnsupportedResponseType),
        (&[("response_type", "code id_token")], E::UnsupportedResponseType),
        (&[("response_type", "none")], E::UnsupportedResponseType),
        (&[("response_mode", "fragment")], E::InvalidRequest),
        (&[("scope", "nobody:has")], E::InvalidScope),
        (&[("scope", "openid \"")], E::InvalidScope),
        (&[("scope", "openid"), ("scope", "email")], E::InvalidRequest),
        (&[("code_challenge", "")], E::InvalidRequest),
        (&[("code_challenge", ""), ("code_challenge_method", "")], E::InvalidRequest),
        (&[("code_challenge_method", "")], E::InvalidRequest),
        (&[("code_challenge_method", "plain")], E::InvalidRequest),
        (&[("code_challenge_method", "s256")], E::InvalidRequest),
        (&[("code_challenge", "short")], E::InvalidRequest),
        (&[("prompt", "none login")], E::InvalidRequest),
        (&[("max_age", "soon")], E::InvalidRequest),
        (&[("max_age", "-1")], E::InvalidRequest),
        (&[("nonce", &"n".repeat(1025))], E::InvalidRequest),
        (&[("registration", "{}")], E::RegistrationNotSupported),
        (&[("client_id", "idle")], E::UnauthorizedClient),
        (&[("claims", "[]")], E::InvalidRequest),
        (&[("resource", "https://other.example")], E::InvalidTarget),
        (&[("resource", API), ("resource", "https://api.example#x")], E::InvalidTarget),
    ] {
        assert_eq!(code(over), expected, "{over:?}");
    }
}

#[test]
fn rfc8707_2_1_resources_of_the_client_in_the_words_of_its_registration() {
    assert_eq!(read(&[]).unwrap().resources, [""; 0]);
    let named = read(&[("resource", "https://api.example/"), ("resource", API)]).unwrap();
    assert_eq!(named.resources, ["https://api.example", API]);
}

#[test]
fn rfc9700_2_1_1_public_and_strict_clients_need_a_challenge() {
    let none = [("code_challenge", ""), ("code_challenge_method", "")];
    let of = |client| [none.as_slice(), &[("client_id", client)]].concat();
    assert_eq!(code(&of("app")), ErrorCode::InvalidRequest, "a public client, whatever it is set to");
    assert_eq!(code(&of("strict")), ErrorCode::InvalidRequest);
    assert_eq!(read(&of("server")).unwrap().code_challenge, None);
}

#[test]
fn rfc6749_3_3_without_a_scope_it_is_what_the_client_gets_unasked() {
    for none in ["", " "] {
        assert_eq!(read(&[("scope", none)]).unwrap().scope.to_string(), "email orders:read");
    }
}

#[test]
fn rfc8252_6_a_private_use_scheme_needs_a_challenge_whatever_the_authentication() {
    let none = [("code_challenge", ""), ("code_challenge_method", ""), ("client_id", "server")];
    let at = |uri| read(&[none.as_slice(), &[("redirect_uri", uri)]].concat());
    assert_eq!(at(CALLBACK).unwrap().code_challenge, None);
    for uri in ["myapp://callback", "MyApp://callback"] {
        let Err(RefusedAuthorization::Redirect(error)) = at(uri) else { panic!("{uri}") };
        assert_eq!((error.code, error.redirect_uri.as_str()), (ErrorCode::InvalidRequest, uri));
    }
}

#[test]
fn oidc_core_3_1_2_1_scopes_that_a_client_may_not_have_are_left_out() {
    let request = read(&[("scope", "openid nobody:has profile:write")]).unwrap();
    assert_eq!(request.scope.to_string(), "openid");
}

#[test]
fn rfc6749_4_1_2_1_state_comes_back_whole_or_the_error_is_a_page() {
    let longest = "s".repeat(MAX_STATE);
    assert_eq!(read(&[("state", &longest)]).unwrap().state, Some(longest.clone()));
    let awkward = "<>\"'&\r\n\u{0}é";
    let Err(RefusedAuthorization::Redirect(error)) = read(&[("state", awkward), ("response_type", "token")])
    else {
        panic!()
    };
    assert_eq!(error.state.as_deref(), Some(awkward));
    assert_eq!(longest.len(), 8192);
    let refused = RefusedAuthorization::Page(UnredirectableError::State);
    assert_eq!(read(&[("state", &format!("{longest}s"))]).unwrap_err(), refused);
    let encoded = format!("client_id=app&redirect_uri={CALLBACK}&response_type=code&state=a&state=b");
    let twice = Parameters::parse(encoded.as_bytes()).unwrap();
    assert_eq!(judge(&twice).unwrap_err(), refused);
    let because = (ErrorCode::InvalidRequest, "");
    assert_eq!(AuthorizationRequest::refuse(&twice, &clients()[0], because.0, because.1), refused);
}

proptest::proptest! {
    #[test]
    fn no_query_panics(query in "\\PC{0,200}") {
        let parameters = Parameters::parse(query.as_bytes()).unwrap();
        let _ = judge(&parameters);
    }
}
