//! The documents of an issuer: where they are found, and what in them is believed.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tiquo_auth::outbound::{FetchSettings, HttpFetcher};
use tiquo_auth::ports::signer::Signer as _;

use super::cache::{UNKNOWN_KEY, lasting_token, seconds, verify};
use super::issuer::{Answer, Issuer, JWKS, fetcher};

#[tokio::test]
async fn redirects_are_not_followed() {
    let issuer = Issuer::start();
    let headers = vec![("Location", issuer.jwks_url())];
    issuer.answer("/moved", Answer { status: 302, headers, body: Vec::new() });
    let verifier = issuer.builder().jwks_url(format!("{}/moved", issuer.url), fetcher());
    assert_eq!(verify(&verifier, &issuer.token()).await.unwrap_err().status(), 503);
    assert_eq!(issuer.requests(), ["/moved"]);
}

#[tokio::test]
async fn plain_http_is_refused_unless_allowed() {
    let issuer = Issuer::start();
    let strict = HttpFetcher::new(FetchSettings::default()).unwrap();
    let verifier = issuer.builder().jwks_url(issuer.jwks_url(), Arc::new(strict));
    assert_eq!(verify(&verifier, &issuer.token()).await.unwrap_err().status(), 503);
    assert_eq!(issuer.fetches(), 0);
}

#[tokio::test]
async fn rfc7517_5_keys_that_are_of_no_use_are_left_out() {
    let issuer = Issuer::start();
    let token = issuer.token();
    let good = serde_json::to_value(&issuer.keyring.jwk_set().set.keys[0]).unwrap();
    let with = |member: &str, value: Value| {
        let mut key = good.clone();
        key[member] = value;
        key
    };
    let small = URL_SAFE_NO_PAD.encode([0xff; 255]); // 2,040 bits
    let large = URL_SAFE_NO_PAD.encode([0xff; 1025]);
    for useless in [
        with("use", json!("enc")),
        with("alg", json!("RS512")),
        with("kty", json!("EC")),
        with("n", json!(small)),
        with("n", json!(large)),
        with("n", json!(5)),
        with("n", json!("not base64url!")),
        with("e", json!("")),
        with("kid", Value::Null),
        json!("not a key"),
    ] {
        issuer.json(JWKS, &json!({ "keys": [useless] }));
        assert_eq!(verify(&issuer.verifier(), &token).await, UNKNOWN_KEY, "{useless}");
        issuer.json(JWKS, &json!({ "keys": [useless, good] }));
        verify(&issuer.verifier(), &token).await.unwrap();
    }
    let mut bare = good.clone();
    bare.as_object_mut().unwrap().retain(|name, _| ["kty", "kid", "n", "e"].contains(&name.as_str()));
    issuer.json(JWKS, &json!({ "keys": [bare] }));
    verify(&issuer.verifier(), &token).await.unwrap();
}

#[tokio::test]
async fn rfc8414_3_discovery_by_either_document() {
    let issuer = Issuer::start();
    let (oauth, openid) = ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration");
    let metadata = json!({ "issuer": issuer.url, "jwks_uri": issuer.jwks_url() });
    issuer.json(openid, &metadata);
    let verifier = issuer.builder().discover(fetcher());
    verify(&verifier, &issuer.token()).await.unwrap();
    assert_eq!(issuer.requests(), [oauth, openid, JWKS]);
    issuer.clock.advance(seconds(300));
    verify(&verifier, &issuer.token()).await.unwrap();
    assert_eq!(issuer.requests()[3..], [JWKS], "the place is remembered");

    issuer.json(oauth, &metadata);
    verify(&issuer.builder().discover(fetcher()), &issuer.token()).await.unwrap();
    assert_eq!(issuer.requests()[4..], [oauth, JWKS]);
}

#[tokio::test]
async fn rfc8414_3_3_the_metadata_of_another_issuer_is_not_used() {
    let issuer = Issuer::start();
    for other in [format!("{}/", issuer.url), "https://evil.example".to_owned()] {
        let metadata = json!({ "issuer": other, "jwks_uri": issuer.jwks_url() });
        issuer.json("/.well-known/oauth-authorization-server", &metadata);
        let verifier = issuer.builder().discover(fetcher());
        assert_eq!(verify(&verifier, &issuer.token()).await.unwrap_err().status(), 503);
    }
    assert_eq!(issuer.fetches(), 2, "neither the JWK Set nor the other document was asked for");
}

#[tokio::test]
async fn a_jwk_set_that_moved_is_found_again() {
    let issuer = Issuer::start();
    let document = "/.well-known/oauth-authorization-server";
    issuer.json(document, &json!({ "issuer": issuer.url, "jwks_uri": issuer.jwks_url() }));
    issuer.publish(&[("ETag", "\"v1\"")]);
    let (verifier, token) = (issuer.builder().discover(fetcher()), lasting_token(&issuer));
    verify(&verifier, &token).await.unwrap();
    issuer.fail(JWKS, 404);
    issuer.json(document, &json!({ "issuer": issuer.url, "jwks_uri": format!("{}/new", issuer.url) }));
    let body = issuer.keyring.jwk_set().json.clone();
    issuer.answer("/new", Answer { status: 200, headers: Vec::new(), body });
    issuer.clock.advance(seconds(300));
    verify(&verifier, &token).await.unwrap();
    issuer.clock.advance(seconds(5));
    verify(&verifier, &token).await.unwrap();
    let expected = [document, JWKS, "/jwks if \"v1\"", document, "/new"];
    assert_eq!(issuer.requests(), expected, "an entity tag is not sent elsewhere");
}
