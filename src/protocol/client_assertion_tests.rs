//! The rules of RFC 7523 §3, each with its refusal.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::*;

const NOW: u64 = 1_795_392_000;
const ISSUER: &str = "https://id.example";
const TOKEN: &str = "https://id.example/token";

fn claims() -> Value {
    json!({ "iss": "app", "sub": "app", "aud": TOKEN, "exp": NOW + 60, "iat": NOW, "jti": "one" })
}

/// The claims with some replaced, or removed by `null`.
fn with(changes: Value) -> Value {
    let mut claims = claims();
    let Value::Object(changes) = changes else { panic!("not an object") };
    for (name, value) in changes {
        claims[name] = value;
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

fn assertion(claims: &Value) -> String {
    let encode = |text: String| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.AAAA", encode(json!({ "alg": "ES256" }).to_string()), encode(claims.to_string()))
}

fn judge_with(
    claims: &Value,
    algorithm: Option<Algorithm>,
) -> Result<OneTimeAssertion, ClientAssertionError> {
    let client = ClientId::new("app");
    let now = Timestamp::from_secs(NOW);
    let rules = AssertionRules { client: &client, algorithm, audiences: &[ISSUER, TOKEN], now };
    ClientAssertion::read(TYPE, &assertion(claims))?.judge(&rules)
}

fn judge(claims: &Value) -> Result<OneTimeAssertion, ClientAssertionError> {
    judge_with(claims, None)
}

#[test]
fn oidc_core_9_an_ordinary_assertion_is_good_until_a_little_after_its_exp() {
    let once = judge(&claims()).unwrap();
    assert_eq!(once.until, Timestamp::from_secs(NOW + 60 + 30));
    assert_eq!(once.id, AssertionId::of(&ClientId::new("app"), "one"));
    assert_eq!(judge_with(&claims(), Some(Algorithm::Es256)), Ok(once));
    let read = ClientAssertion::read(TYPE, &assertion(&claims())).unwrap();
    assert_eq!(read.client(), Ok(ClientId::new("app")));
}

#[test]
fn rfc7523_3_everything_that_is_allowed() {
    for changes in [
        json!({ "aud": ISSUER }),
        json!({ "aud": [TOKEN] }),
        json!({ "aud": [ISSUER, TOKEN] }),
        json!({ "iat": null }),
        json!({ "nbf": NOW }),
        json!({ "nbf": NOW + 30, "iat": NOW + 30 }),
        json!({ "iat": 0 }),
        json!({ "exp": NOW - 29 }),
        json!({ "exp": NOW + 3630 }),
        json!({ "exp": 1_795_392_060.9 }),
        json!({ "jti": "a".repeat(512) }),
        json!({ "more": { "a": [1] } }),
    ] {
        assert!(judge(&with(changes.clone())).is_ok(), "{changes}");
    }
}

#[test]
fn rfc7523_3_every_refusal() {
    use ClientAssertionError as E;
    for (changes, expected) in [
        (json!({ "iss": null }), E::Issuer),
        (json!({ "iss": "other" }), E::Issuer),
        (json!({ "sub": null }), E::Subject),
        (json!({ "sub": "other" }), E::Subject),
        (json!({ "aud": null }), E::Audience),
        (json!({ "aud": [] }), E::Audience),
        (json!({ "aud": "https://id.example/" }), E::Audience),
        (json!({ "aud": ["https://id.example/token/", "app"] }), E::Audience),
        (json!({ "aud": "HTTPS://id.example" }), E::Audience),
        (json!({ "exp": null }), E::NoExpiry),
        (json!({ "exp": NOW - 30 }), E::Expired),
        (json!({ "exp": 0 }), E::Expired),
        (json!({ "exp": NOW + 3631 }), E::TooLongLived),
        (json!({ "exp": 1e300 }), E::TooLongLived),
        (json!({ "nbf": NOW + 31 }), E::NotYetValid),
        (json!({ "iat": NOW + 31 }), E::IssuedInFuture),
        (json!({ "jti": null }), E::NoJti),
        (json!({ "jti": "" }), E::NoJti),
        (json!({ "jti": "a".repeat(513) }), E::NoJti),
        (json!({ "exp": "60" }), E::Claims),
        (json!({ "exp": -1 }), E::Claims),
        (json!({ "jti": 1 }), E::Claims),
        (json!({ "aud": 1 }), E::Claims),
        (json!({ "iss": ["app"] }), E::Claims),
    ] {
        assert_eq!(judge(&with(changes.clone())), Err(expected), "{changes}");
    }
    assert_eq!(judge_with(&claims(), Some(Algorithm::Rs256)), Err(E::Algorithm));
    assert_eq!(judge(&json!(["app"])), Err(E::Claims));
    assert_eq!(judge(&json!("app")), Err(E::Claims));
}

#[test]
fn rfc7523_2_2_the_type_is_exact() {
    for other in ["", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer", "jwt-bearer"] {
        let answer = ClientAssertion::read(other, &assertion(&claims())).map(|_| ());
        assert_eq!(answer, Err(ClientAssertionError::Type), "{other}");
    }
    let answer = ClientAssertion::read(TYPE, "e30.e30").map(|_| ());
    assert_eq!(answer, Err(ClientAssertionError::Jws(JwsError::Malformed)));
    let nobody = ClientAssertion::read(TYPE, &assertion(&with(json!({ "sub": null })))).unwrap();
    assert_eq!(nobody.client(), Err(ClientAssertionError::Subject));
}

#[test]
fn rfc7523_3_7_no_two_assertions_share_an_id_and_those_of_a_client_share_its_bucket() {
    let of = |client: &str, jti: &str| AssertionId::of(&ClientId::new(client), jti);
    let ids = [of("app", "one"), of("app", "two"), of("other", "one"), of("ap", "pone"), of("appo", "ne")];
    for (place, id) in ids.iter().enumerate() {
        assert_eq!(ids.iter().position(|other| other == id), Some(place));
        assert_eq!(AssertionId::parse(&id.encode()), Some(*id));
    }
    assert_eq!(ids[0].bucket(), ids[1].bucket());
}

#[test]
fn a_debug_shows_no_signature() {
    let read = ClientAssertion::read(TYPE, &assertion(&claims())).unwrap();
    assert!(!format!("{read:?}").contains("signature"), "{read:?}");
}

/// An assertion for several audiences could be presented at one by another.
#[test]
fn rfc7523_3_3_every_audience_is_ours() {
    const OTHER: &str = "https://other.example";
    for aud in [
        json!([OTHER, ISSUER]),
        json!([ISSUER, OTHER]),
        json!([TOKEN, ISSUER, OTHER]),
        json!([]),
        json!([OTHER]),
    ] {
        assert_eq!(judge(&with(json!({ "aud": aud }))), Err(ClientAssertionError::Audience), "{aud}");
    }
}

#[test]
fn rfc7519_4_claims_are_64_at_most_and_none_twice() {
    let wide = |count: usize| {
        let mut all = claims();
        (0..count - 6).for_each(|number| all[format!("m{number}")] = json!(0));
        judge(&all)
    };
    assert!(wide(64).is_ok());
    assert_eq!(wide(65), Err(ClientAssertionError::Claims));
    let twice = claims().to_string().replace('{', "{\"jti\":\"two\",");
    let text =
        format!("{}.{}.AAAA", URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256"}"#), URL_SAFE_NO_PAD.encode(twice));
    assert_eq!(ClientAssertion::read(TYPE, &text).unwrap_err(), ClientAssertionError::Claims);
}
