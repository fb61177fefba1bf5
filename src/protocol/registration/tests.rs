mod left_out;
mod openid;

use serde_json::json;

use super::policy::tests::policy;
use super::*;
use crate::protocol::client::{ClientKeys, LogoutUri, RequestObjectAlg, SigningAlg};
use crate::protocol::jws::Algorithm;
use crate::protocol::locale::Locale;
use crate::protocol::private_use::PrivateUseSchemes;

const CALLBACK: &str = "https://app.example/callback";

/// A document with one redirect URI and these members.
fn document(over: &Value) -> Map<String, Value> {
    let mut document = json!({"redirect_uris": [CALLBACK]}).as_object().unwrap().clone();
    document.extend(over.as_object().unwrap().clone());
    document
}

fn judged(over: &Value) -> Registration {
    read(&document(over), &everything()).unwrap_or_else(|error| panic!("{over}: {error}"))
}

/// The allowance with an initial access token that allows everything.
fn everything() -> ClientAllowance {
    let access = InitialAccess { grants: GrantType::ALL.to_vec(), scopes: Scope::client_api() };
    ClientAllowance::of(&policy(policy::RegistrationMode::Off), Some(&access))
}

/// The allowance without an initial access token.
fn nothing_more() -> ClientAllowance {
    let client_api_scopes = Scope::parse("profile:read orders:read").unwrap();
    let policy = policy(policy::RegistrationMode::Off);
    ClientAllowance::of(&policy::RegistrationPolicy { client_api_scopes, ..policy }, None)
}

#[test]
fn rfc7591_2_what_needs_a_token_is_refused_or_left_out_without_one() {
    let read = |over: &Value| read(&document(over), &nothing_more());
    let machine = json!({"grant_types": ["authorization_code", "client_credentials"]});
    let error = read(&machine).unwrap_err();
    assert_eq!((error.code.name(), error.member), ("invalid_client_metadata", "grant_types"));
    assert!(error.to_string().contains("client_credentials, which needs an initial access token"), "{error}");
    let scope = |over: &Value| client(read(over).unwrap()).1["scope"].clone();
    assert_eq!(scope(&json!({})), "address email openid orders:read phone profile profile:read");
    assert_eq!(scope(&json!({"scope": "openid profile:read profile:write"})), "openid profile:read");
    let error = read(&json!({"scope": "profile:write"})).unwrap_err();
    assert_eq!((error.code.name(), error.member), ("invalid_client_metadata", "scope"));
}

#[test]
fn oidc_core_8_1_a_device_needs_a_document_of_its_sector() {
    let device = "urn:ietf:params:oauth:grant-type:device_code";
    for grants in [json!([device]), json!(["authorization_code", device])] {
        let mut over = json!({"subject_type": "pairwise", "grant_types": grants});
        if grants.as_array().unwrap().len() == 1 {
            over["response_types"] = json!([]);
        }
        assert_eq!(refused(&over), ("invalid_client_metadata", "sector_identifier_uri"), "{grants}");
        over["sector_identifier_uri"] = json!("https://app.example/sector.json");
        assert_eq!(
            judged(&over).needs(),
            Some(RegistrationRequirements::Sector("https://app.example/sector.json".to_owned()))
        );
        let public = json!({"grant_types": grants, "response_types": over.get("response_types")});
        assert_eq!(judged(&public).needs(), None);
    }
}

#[test]
fn uts39_4_no_client_has_the_name_of_an_organization() {
    let named = |over: &Value| judged(over).is_named_apart_from(["Second Firing", "Mail of Second Firing"]);
    for over in [
        json!({"client_name": "second firing"}),
        json!({"client_name": "Sec\u{43e}nd Firing"}),
        json!({"client_name": "Daybook", "client_name#fr": "Second-Firing"}),
        json!({"client_name#es": "SECOND FIRlNG"}),
        json!({"client_name": "Mail of Second Firing"}),
    ] {
        let error = named(&over).expect_err(&over.to_string());
        assert_eq!((error.code.name(), error.member), ("invalid_client_metadata", "client_name"), "{over}");
    }
    for over in [json!({"client_name": "Second Firing Planner"}), json!({}), json!({"client_name": "Café"})]
    {
        assert_eq!(named(&over), Ok(()), "{over}");
    }
}

/// The error code and the member of a refusal.
fn refused(over: &Value) -> (&'static str, &'static str) {
    let error = read(&document(over), &everything()).expect_err(&over.to_string());
    (error.code.name(), error.member)
}

fn all_refused(member: &'static str, values: &[Value]) {
    for value in values {
        let expected = ("invalid_client_metadata", member);
        assert_eq!(refused(&json!({member: value})), expected, "{value}");
    }
}

fn client(registration: Registration) -> (Client, Map<String, Value>) {
    let issued = IssuedRegistration {
        id: ClientId::from_random(&[1; 16]),
        organization: OrganizationId::new("org_a"),
        secret: Some(SecretDigest::of("secret")),
        require_pkce: false,
        initial_access: None,
    };
    registration.into_client(issued).unwrap()
}

#[test]
fn a_document_has_a_largest_size() {
    let sized = |uris: usize| {
        let uris = (0..uris).map(|number| format!("https://app.example/{}/{number}", "a".repeat(500)));
        read(&document(&json!({"redirect_uris": uris.collect::<Vec<_>>()})), &everything())
    };
    assert!(sized(30).is_ok());
    let error = sized(33).unwrap_err();
    assert_eq!(error.code.name(), "invalid_client_metadata");
    assert!(error.to_string().starts_with("the document has 17"), "{error}");
}

#[test]
fn rfc7591_2_the_defaults_are_registered_and_answered() {
    let (client, metadata) = client(judged(&json!({})));
    let expected = json!({
        "redirect_uris": [CALLBACK],
        "application_type": "web",
        "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "scope": "address bookings:read email enquiries:read openid orders:read phone profile profile:read \
                  profile:write",
        "subject_type": "public",
        "id_token_signed_response_alg": "RS256",
    });
    assert_eq!(Value::Object(metadata), expected);
    assert_eq!((client.party, client.shown.name.as_str()), (ClientParty::Third, "app.example"));
    assert_eq!(client.extras, ClientExtensions::default());
    let Credentials::Secret { methods, .. } = client.credentials else { panic!("no secret") };
    assert_eq!(methods, [AuthenticationMethod::ClientSecretBasic, AuthenticationMethod::ClientSecretPost]);
}

#[test]
fn rfc7591_2_what_is_unknown_is_ignored_and_not_answered() {
    let (_, metadata) = client(judged(&json!({"foo": {"bar": 1}, "client_id": "mine", "logo_uri": null})));
    assert!(
        ["foo", "client_id", "logo_uri"].iter().all(|name| !metadata.contains_key(*name)),
        "{metadata:?}"
    );
}

#[test]
fn rfc7591_2_every_member_that_is_sound_is_kept() {
    let sound = json!({
        "redirect_uris": [CALLBACK, "https://app.example/other?x=1"],
        "application_type": "web",
        "token_endpoint_auth_method": "client_secret_post",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": "email offline_access openid",
        "client_name": "App",
        "client_name#fr": "Appli",
        "client_name#zh-Hant-TW": "應用",
        "logo_uri": "https://app.example/logo.png",
        "client_uri": "https://app.example/",
        "client_uri#es": "https://app.example/es",
        "policy_uri": "https://app.example/privacy",
        "tos_uri": "https://app.example/terms",
        "contacts": ["ops@app.example"],
        "jwks_uri": "https://app.example/jwks.json",
        "software_id": "4NRB1-0XZABZI9E6-5SM3R",
        "software_version": "2.1",
        "subject_type": "public",
        "sector_identifier_uri": "https://sector.example/uris.json",
        "id_token_signed_response_alg": "RS256",
        "userinfo_signed_response_alg": "RS256",
        "request_object_signing_alg": "ES256",
        "request_uris": ["https://app.example/request#hash"],
        "default_max_age": 3600,
        "require_auth_time": true,
        "default_acr_values": ["urn:tiquo:acr:email-otp"],
        "initiate_login_uri": "https://app.example/login",
        "post_logout_redirect_uris": ["https://app.example/bye"],
        "frontchannel_logout_uri": "https://app.example/front",
        "frontchannel_logout_session_required": true,
        "backchannel_logout_uri": "https://app.example/back",
        "backchannel_logout_session_required": false,
        "token_endpoint_auth_signing_alg": "ES256",
    });
    let registration = read(sound.as_object().unwrap(), &everything()).unwrap();
    assert_eq!(
        registration.needs(),
        Some(RegistrationRequirements::Sector("https://sector.example/uris.json".to_owned()))
    );
    let (client, metadata) = client(registration);
    assert_eq!(Value::Object(metadata), sound);
    let extras = client.extras;
    assert_eq!(extras.keys, Some(ClientKeys::Url("https://app.example/jwks.json".to_owned())));
    assert_eq!((extras.userinfo_signed, extras.default_max_age), (Some(SigningAlg::RS256), Some(3600)));
    assert_eq!(extras.request_object_alg, RequestObjectAlg::ES256);
    assert_eq!(extras.assertion_alg, Some(Algorithm::Es256));
    assert_eq!(extras.post_logout_redirect_uris, ["https://app.example/bye"]);
    let logout = |path: &str, session_required| {
        Some(LogoutUri { uri: format!("https://app.example/{path}"), session_required })
    };
    assert_eq!(extras.frontchannel_logout, logout("front", true));
    assert_eq!(extras.backchannel_logout, logout("back", false));
    assert_eq!(client.shown.terms.as_deref(), Some("https://app.example/terms"));
}

#[test]
fn rfc7591_3_2_2_invalid_redirect_uri() {
    let wrong = [
        json!([]),
        json!(null),
        json!("https://app.example/callback"),
        json!([7]),
        json!(["/callback"]),
        json!(["http://app.example/callback"]),
        json!(["https://app.example/callback#fragment"]),
        json!(["https://ana:secret@app.example/"]),
        json!([""]),
        json!({}),
        json!(["javascript:alert(1)"]),
        json!(["data:text/html,x"]),
        json!(["ms-app:/callback"]),
        json!([CALLBACK, "https:app.example"]),
        json!((0..33).map(|n| format!("https://app.example/{n}")).collect::<Vec<_>>()),
    ];
    for uris in wrong {
        let (code, member) = refused(&json!({"redirect_uris": uris}));
        assert_eq!((code, member), ("invalid_redirect_uri", "redirect_uris"), "{uris}");
    }
}

#[test]
fn rfc8252_7_private_use_schemes_are_for_native_applications() {
    let scheme = json!(["com.example.app:/callback"]);
    assert_eq!(client(judged(&json!({"redirect_uris": scheme}))).1["application_type"], "native");
    for (kind, member) in
        [("redirect_uris", "invalid_redirect_uri"), ("post_logout_redirect_uris", "invalid_client_metadata")]
    {
        let web = json!({kind: scheme, "application_type": "web"});
        let error = read(&document(&web), &everything()).unwrap_err();
        assert!(error.code.name() == member && error.to_string().contains("send native"), "{error}");
    }
    let reverse = policy::RegistrationPolicy {
        private_use_schemes: PrivateUseSchemes::ReverseDomain,
        ..policy(policy::RegistrationMode::Off)
    };
    let only =
        |uri: &str| read(&document(&json!({"redirect_uris": [uri]})), &ClientAllowance::of(&reverse, None));
    assert!(only("com.example.app:/callback").is_ok() && only("https://app.example/").is_ok());
    let error = only("cursor://callback").unwrap_err();
    assert!(
        error.code.name() == "invalid_redirect_uri" && error.to_string().contains("backwards"),
        "{error}"
    );
    judged(&json!({"redirect_uris": ["cursor://callback"]}));
    let native = |uris: Value| json!({"application_type": "native", "redirect_uris": uris, "token_endpoint_auth_method": "none"});
    judged(&native(scheme));
    judged(&native(json!(["http://127.0.0.1/callback", "http://[::1]/callback", CALLBACK])));
    assert_eq!(refused(&native(json!(["http://app.example/callback"]))).0, "invalid_redirect_uri");
    judged(&json!({"redirect_uris": ["http://localhost:3000/callback"]}));
    all_refused("application_type", &[json!("desktop"), json!(7)]);
}

#[test]
fn rfc7591_2_1_grant_types_and_response_types_agree() {
    all_refused("grant_types", &[json!(["implicit"]), json!(["refresh_token"]), json!("code")]);
    all_refused("response_types", &[json!(["token"]), json!(["code id_token"]), json!(["code", "none"])]);
    let machine = json!({"redirect_uris": null, "grant_types": ["client_credentials"]});
    let (client, metadata) = client(judged(&machine));
    assert_eq!(
        (client.grant_types, &metadata["response_types"]),
        (vec![GrantType::ClientCredentials], &json!([]))
    );
    let both = json!({"grant_types": ["client_credentials"], "response_types": ["code"]});
    assert_eq!(refused(&both).1, "response_types");
    let public = json!({"grant_types": ["client_credentials"], "token_endpoint_auth_method": "none"});
    assert_eq!(refused(&public).1, "grant_types");
}

#[test]
fn rfc7591_2_ways_of_authentication() {
    all_refused(
        "token_endpoint_auth_method",
        &[json!("client_secret_jwt"), json!("tls_client_auth"), json!(1)],
    );
    for one in [AuthenticationMethod::ClientSecretBasic, AuthenticationMethod::ClientSecretPost] {
        let (client, _) = client(judged(&json!({"token_endpoint_auth_method": one.name()})));
        let Credentials::Secret { methods, .. } = client.credentials else { panic!("no secret") };
        assert_eq!(methods, [one], "who chooses has what they chose");
    }
    let public = judged(&json!({"token_endpoint_auth_method": "none"}));
    assert!(!public.needs_secret());
    assert!(client(public).0.is_public());
    let by_key = json!({"token_endpoint_auth_method": "private_key_jwt"});
    assert_eq!(refused(&by_key).1, "jwks");
    let with =
        judged(&json!({"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://a.example/k"}));
    assert_eq!(client(with).0.credentials, Credentials::PrivateKey);
    let issued = IssuedRegistration {
        id: ClientId::new("x"),
        organization: OrganizationId::new("org_a"),
        secret: None,
        require_pkce: false,
        initial_access: None,
    };
    assert_eq!(judged(&json!({})).into_client(issued), None, "a secret is never left out");
}

#[test]
fn rfc7591_2_jwks_are_public_keys_and_not_beside_jwks_uri() {
    let point =
        ["f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"];
    let public = json!({"kty": "EC", "crv": "P-256", "x": point[0], "y": point[1]});
    let set = json!({"keys": [public]});
    assert_eq!(client(judged(&json!({"jwks": set}))).1["jwks"], set);
    let mut private = public;
    private["d"] = json!("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI");
    let wrong = [
        json!({"keys": [private]}),
        json!({"keys": [{"kty": "oct", "k": "AAAA"}]}),
        json!({"keys": [{}]}),
        json!([7]),
        json!("keys"),
    ];
    all_refused("jwks", &wrong);
    assert_eq!(refused(&json!({"jwks": set, "jwks_uri": "https://app.example/jwks.json"})).1, "jwks");
    all_refused(
        "jwks_uri",
        &[json!("http://app.example/k"), json!("file:///etc/passwd"), json!("https://a.example/#k")],
    );
}
