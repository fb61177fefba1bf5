use serde_json::json;

use super::*;
use crate::protocol::client::{ClientDisplay, ClientExtensions, ClientParty, Credentials};
use crate::protocol::id::OrganizationId;
use crate::protocol::scope::Scope;

const ISSUER: &str = "https://id.example";

fn client(require_signed_request_object: bool) -> Client {
    Client {
        id: ClientId::new("app"),
        organization: OrganizationId::new("org_a"),
        credentials: Credentials::Public,
        redirect_uris: Vec::new(),
        grant_types: Vec::new(),
        scope: Scope::default(),
        party: ClientParty::Third,
        require_pkce: true,
        shown: ClientDisplay::default(),
        extras: ClientExtensions { require_signed_request_object, ..ClientExtensions::default() },
    }
}

fn merged(outside: &str, claims: &Value) -> Result<Parameters, RequestObjectError> {
    let outside = Parameters::parse(outside.as_bytes()).unwrap();
    effective(&outside, claims.to_string().as_bytes(), &client(false), ISSUER, 1000)
}

#[test]
fn oidc_core_6_1_what_is_inside_comes_over_what_is_outside() {
    let claims = json!({
        "iss": "app", "aud": ISSUER, "exp": 1001, "scope": "openid email", "state": "inside", "max_age": 60,
        "claims": {"userinfo": {"email": null}},
    });
    let outside = "client_id=app&response_type=code&scope=openid&state=outside&nonce=n&request=x";
    let merged = merged(outside, &claims).unwrap();
    for (name, value) in [
        ("client_id", "app"),
        ("scope", "openid email"),
        ("state", "inside"),
        ("nonce", "n"),
        ("max_age", "60"),
        ("claims", r#"{"userinfo":{"email":null}}"#),
    ] {
        assert_eq!(merged.get(name), Ok(Some(value)), "{name}");
    }
    for name in ["request", "iss", "aud", "exp"] {
        assert_eq!(merged.get_as_sent(name), Ok(None), "{name}");
    }
}

#[test]
fn rfc9101_what_an_object_must_not_say() {
    let wrong = [
        json!({"iss": "other"}),
        json!({"iss": 1}),
        json!({"aud": "https://other.example"}),
        json!({"aud": []}),
        json!({"exp": 1000}),
        json!({"exp": "later"}),
        json!({"nbf": 1031}),
        json!({"client_id": "other"}),
        json!({"response_type": "token"}),
        json!({"request": "x"}),
        json!({"request_uri": "https://app.example/r"}),
        json!({"sub": "app", "iss": "app"}),
        json!([]),
        json!("text"),
    ];
    for claims in wrong {
        assert!(merged("client_id=app&response_type=code", &claims).is_err(), "{claims}");
    }
    assert!(merged("client_id=app", &json!({"aud": ["x", ISSUER], "nbf": 1000})).is_ok());
}

#[test]
fn rfc9101_6_3_of_a_client_that_requires_an_object_only_what_is_inside_counts() {
    let alone = |outside: &str, claims: &Value| {
        let outside = Parameters::parse(outside.as_bytes()).unwrap();
        effective(&outside, claims.to_string().as_bytes(), &client(true), ISSUER, 1000)
    };
    let outside =
        "client_id=app&response_type=token&scope=openid&state=outside&prompt=none&resource=x&request=y";
    let inside = json!({"client_id": "app", "iss": "app", "response_type": "code", "scope": "email", "resource": ["a", "b"]});
    let expected = b"client_id=app&response_type=code&scope=email&resource=a&resource=b";
    assert_eq!(alone(outside, &inside).unwrap(), Parameters::parse(expected).unwrap());
    for claims in [json!({"response_type": "code"}), json!({"client_id": "other"}), json!({"client_id": 1})] {
        assert_eq!(alone(outside, &claims).unwrap_err().0, ErrorCode::InvalidRequestObject, "{claims}");
    }
}

#[test]
fn rfc9101_10_5_of_a_client_that_requires_a_signed_object_none_is_unsigned() {
    let unsigned = "eyJhbGciOiJub25lIn0.e30.";
    let mut client = client(true);
    for alg in [RequestObjectAlg::None, RequestObjectAlg::Any] {
        client.extras.request_object_alg = alg;
        let refused = read(unsigned, &client, UnsignedRequestObjects::Allowed).unwrap_err();
        assert_eq!(refused.0, ErrorCode::InvalidRequestObject);
    }
}

#[test]
fn oidc_core_6_1_unsigned_request_objects_need_permission_of_operator_and_client() {
    use RequestObjectAlg::{Any, None, RS256};
    use UnsignedRequestObjects::{Allowed, Never, Registered};
    let unsigned = "eyJhbGciOiJub25lIn0.e30.";
    for (policy, takes) in [(Never, vec![]), (Registered, vec![None]), (Allowed, vec![None, Any])] {
        for alg in [None, Any, RS256] {
            let mut client = client(false);
            client.extras.request_object_alg = alg;
            let read = read(unsigned, &client, policy).map_err(|wrong| wrong.0);
            if takes.contains(&alg) {
                assert!(matches!(read, Ok(RequestObjectProtection::Unsecured(_))), "{policy:?} {alg:?}");
            } else {
                assert_eq!(read.unwrap_err(), ErrorCode::RequestNotSupported, "{policy:?} {alg:?}");
            }
        }
    }
}

#[test]
fn oauth_form_post_2_of_a_refused_object_what_can_be_read_says_how_the_error_comes() {
    use base64::Engine as _;
    let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    let object = |claims: &str| format!("{}.{}.c2ln", encode(r#"{"alg":"HS256"}"#), encode(claims));
    let outside = Parameters::parse(b"client_id=app&redirect_uri=https://app.example/cb&state=out").unwrap();
    let claims =
        r#"{"state":"in","response_mode":"form_post","redirect_uri":"https://evil.example","prompt":"none"}"#;
    let heard = of_refused(&outside, Some(&object(claims)), &client(false));
    assert_eq!((heard.get("state"), heard.get("response_mode")), (Ok(Some("in")), Ok(Some("form_post"))));
    assert_eq!(heard.get("redirect_uri"), Ok(Some("https://app.example/cb")));
    assert_eq!(heard.get("prompt"), Ok(None), "whether a page comes first is said outside");
    for unreadable in [None, Some("x"), Some("a.b.c"), Some("a.b.c.d.e"), Some(object("[]").as_str())] {
        assert_eq!(of_refused(&outside, unreadable, &client(false)), outside, "{unreadable:?}");
        let alone = of_refused(&outside, unreadable, &client(true));
        assert_eq!(alone.get("state"), Ok(None), "RFC 9101 section 6.3: {unreadable:?}");
    }
    let alone = of_refused(&outside, Some(&object(claims)), &client(true));
    assert_eq!(alone.get("state"), Ok(Some("in")));
}

#[test]
fn an_object_has_64_members_at_most_and_none_twice() {
    let wide = |count: usize| {
        let members = (0..count).map(|number| (format!("m{number}"), json!("1")));
        merged("client_id=app", &Value::Object(members.collect()))
    };
    assert!(wide(64).is_ok());
    assert_eq!(wide(65).unwrap_err().0, ErrorCode::InvalidRequest);
    let outside = Parameters::default();
    let twice = effective(&outside, br#"{"scope":"a","scope":"b"}"#, &client(false), ISSUER, 1000);
    assert_eq!(twice.unwrap_err().0, ErrorCode::InvalidRequestObject);
}
