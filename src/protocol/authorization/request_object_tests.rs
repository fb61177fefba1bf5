use serde_json::json;

use super::*;

const ISSUER: &str = "https://id.example";

fn merged(outside: &str, claims: &Value) -> Result<Parameters, &'static str> {
    let outside = Parameters::parse(outside.as_bytes());
    merge(&outside, claims.to_string().as_bytes(), &ClientId::new("app"), ISSUER, 1000)
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
