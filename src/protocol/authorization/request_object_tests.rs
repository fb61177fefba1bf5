use serde_json::json;

use super::*;
use crate::protocol::client::{Credentials, Extras, Party, Shown};
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
        party: Party::Third,
        require_pkce: true,
        shown: Shown::default(),
        extras: Extras { require_signed_request_object, ..Extras::default() },
    }
}

fn merged(outside: &str, claims: &Value) -> Result<Parameters, Wrong> {
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
        assert_eq!(read(unsigned, &client).unwrap_err().0, ErrorCode::InvalidRequestObject);
    }
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
