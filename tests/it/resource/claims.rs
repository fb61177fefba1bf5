//! Which claims make an access token, and which times.

use std::time::Duration;

use serde_json::{Value, json};
use tiquo_auth::protocol::time::Timestamp;
use tiquo_auth::resource::{InvalidToken, Subject};

use super::issuer::{AUDIENCE, Issuer, fetcher, sid};
use super::tokens::refusal;

#[tokio::test]
async fn a_token_of_the_client_itself_is_told_from_an_end_users() {
    let issuer = Issuer::start();
    let verifier = issuer.verifier();
    let own = json!({ "sub": "client_1", "client_id": "client_1", "sid": null, "email": null });
    let token = verifier.verify(&issuer.token_with(own)).await.unwrap();
    assert_eq!(token.subject, Subject::Client);
    let with_grant = json!({ "sub": "client_1", "client_id": "client_1" });
    for mixed in [with_grant, json!({ "sid": null })] {
        assert_eq!(refusal(&verifier, &issuer.token_with(mixed)).await, InvalidToken::NotAnAccessToken);
    }
}

#[tokio::test]
async fn another_issuer() {
    let issuer = Issuer::start();
    let verifier = issuer.verifier();
    for iss in [format!("{}/", issuer.url), issuer.url.to_uppercase(), "https://evil.example".to_owned()] {
        let token = issuer.token_with(json!({ "iss": iss }));
        assert_eq!(refusal(&verifier, &token).await, InvalidToken::Issuer, "{iss}");
    }
    let token = issuer.token_with(json!({ "iss": null }));
    assert_eq!(refusal(&verifier, &token).await, InvalidToken::NotAnAccessToken);
}

#[tokio::test]
async fn another_audience() {
    let issuer = Issuer::start();
    let verifier = issuer.verifier();
    let several = issuer.token_with(json!({ "aud": ["https://other.example", AUDIENCE] }));
    verifier.verify(&several).await.unwrap();
    for aud in [json!("other"), json!(["other"]), json!([]), json!("tiquo-client-api ")] {
        let token = issuer.token_with(json!({ "aud": aud }));
        assert_eq!(refusal(&verifier, &token).await, InvalidToken::Audience, "{aud}");
    }
    for aud in [Value::Null, json!(5), json!({ "tiquo-client-api": true })] {
        let token = issuer.token_with(json!({ "aud": aud }));
        assert_eq!(refusal(&verifier, &token).await, InvalidToken::NotAnAccessToken, "{aud}");
    }
}

#[tokio::test]
async fn an_id_token_is_not_an_access_token() {
    let issuer = Issuer::start();
    let verifier = issuer.verifier();
    let id_token = json!({
        "iss": issuer.url, "aud": AUDIENCE, "sub": "user_1", "iat": issuer.now(),
        "exp": issuer.now() + 3600, "auth_time": issuer.now(), "nonce": "n", "sid": sid().encode(),
    });
    let token = issuer.sign("JWT", &id_token);
    assert_eq!(refusal(&verifier, &token).await, InvalidToken::NotAnAccessToken);
    // Nor with every claim of an access token beside it.
    for claim in ["nonce", "at_hash", "c_hash"] {
        let token = issuer.token_with(json!({ claim: "x" }));
        assert_eq!(refusal(&verifier, &token).await, InvalidToken::NotAnAccessToken, "{claim}");
    }
}

#[tokio::test]
async fn a_logout_token_is_not_an_access_token() {
    let issuer = Issuer::start();
    let verifier = issuer.verifier();
    let event = "http://schemas.openid.net/event/backchannel-logout";
    let token = issuer.token_with(json!({ "events": { event: {} } }));
    assert_eq!(refusal(&verifier, &token).await, InvalidToken::NotAnAccessToken);
    let mut claims = issuer.claims();
    claims["events"] = Value::Null;
    let token = issuer.sign("JWT", &claims);
    assert_eq!(refusal(&verifier, &token).await, InvalidToken::NotAnAccessToken);
}

#[tokio::test]
async fn rfc9068_2_2_every_required_claim_is_required() {
    let issuer = Issuer::start();
    let verifier = issuer.verifier();
    let required =
        ["iss", "aud", "sub", "exp", "iat", "jti", "client_id", "scope", "token_source", "organization_id"];
    for claim in required {
        let token = issuer.token_with(json!({ claim: null }));
        assert_eq!(refusal(&verifier, &token).await, InvalidToken::NotAnAccessToken, "{claim}");
    }
    for (claim, wrong) in [
        ("exp", json!("never")),
        ("exp", json!(-1)),
        ("exp", json!(1e300)),
        ("iat", json!(null)),
        ("jti", json!("not one of ours")),
        ("scope", json!(["orders:read"])),
        ("token_source", json!("elsewhere")),
        ("sid", json!("short")),
    ] {
        let token = issuer.token_with(json!({ claim: wrong }));
        assert_eq!(refusal(&verifier, &token).await, InvalidToken::NotAnAccessToken, "{claim} {wrong}");
    }
}

#[tokio::test]
async fn rfc7519_4_1_4_exp_to_the_second() {
    let issuer = Issuer::start();
    let (strict, token) = (issuer.verifier(), issuer.token());
    let exp = Timestamp::from_secs(issuer.now() + 3600);
    issuer.clock.set(exp.minus(Duration::from_millis(1)));
    strict.verify(&token).await.unwrap();
    issuer.clock.set(exp);
    assert_eq!(refusal(&strict, &token).await, InvalidToken::Expired);
    let lenient = issuer.builder().leeway(Duration::from_secs(5)).jwks_url(issuer.jwks_url(), fetcher());
    issuer.clock.set(exp.plus(Duration::from_millis(4999)));
    lenient.verify(&token).await.unwrap();
    issuer.clock.set(exp.plus(Duration::from_secs(5)));
    assert_eq!(refusal(&lenient, &token).await, InvalidToken::Expired);
    let endless = issuer.token_with(json!({ "exp": u64::MAX }));
    lenient.verify(&endless).await.unwrap();
}

#[tokio::test]
async fn an_iat_ahead_of_the_clock() {
    let issuer = Issuer::start();
    let verifier = issuer.verifier();
    verifier.verify(&issuer.token_with(json!({ "iat": issuer.now() + 10 }))).await.unwrap();
    let token = issuer.token_with(json!({ "iat": issuer.now() + 11 }));
    assert_eq!(refusal(&verifier, &token).await, InvalidToken::NotYetValid);
}

#[tokio::test]
async fn rfc7519_4_1_5_nbf_is_honoured() {
    let issuer = Issuer::start();
    let verifier = issuer.verifier();
    let token = issuer.token_with(json!({ "nbf": issuer.now() + 1 }));
    assert_eq!(refusal(&verifier, &token).await, InvalidToken::NotYetValid);
    issuer.clock.advance(Duration::from_secs(1));
    verifier.verify(&token).await.unwrap();
}
