//! When keys are fetched, for how long they are kept, and what happens when they cannot be had.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tiquo_auth::ports::signer::Signer as _;
use tiquo_auth::resource::{InvalidToken, TokenError, Verifier};
use tokio::task::JoinSet;

use super::issuer::{Issuer, JWKS, fetcher};
use crate::keyring::folder::KeyFolder;

pub(super) const UNKNOWN_KEY: Result<(), TokenError> = Err(TokenError::Invalid(InvalidToken::UnknownKey));

pub(super) async fn verify(verifier: &Verifier, token: &str) -> Result<(), TokenError> {
    verifier.verify(token).await.map(|_| ())
}

fn foreign_token(issuer: &Issuer) -> String {
    let keyring = KeyFolder::other().open().unwrap();
    keyring.sign("JWT", issuer.claims_with(json!({ "exp": u64::MAX })).to_string().as_bytes()).unwrap()
}

pub(super) fn lasting_token(issuer: &Issuer) -> String {
    issuer.token_with(json!({ "exp": u64::MAX }))
}

pub(super) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test]
async fn an_unknown_kid_fetches_again_at_most_once_per_back_off() {
    let issuer = Issuer::start();
    let verifier = issuer.verifier();
    verify(&verifier, &issuer.token()).await.unwrap();
    assert_eq!(issuer.fetches(), 1);
    let foreign = foreign_token(&issuer);
    for _ in 0..10 {
        assert_eq!(verify(&verifier, &foreign).await, UNKNOWN_KEY);
    }
    assert_eq!(issuer.fetches(), 1, "the keys are not a back-off old");
    issuer.clock.advance(seconds(30));
    for _ in 0..10 {
        assert_eq!(verify(&verifier, &foreign).await, UNKNOWN_KEY);
    }
    assert_eq!(issuer.fetches(), 2);
}

#[tokio::test]
async fn requests_that_come_together_share_one_fetch() {
    let issuer = Issuer::start();
    let verifier = Arc::new(issuer.verifier());
    for (token, expected) in [(issuer.token(), Ok(())), (foreign_token(&issuer), UNKNOWN_KEY)] {
        let before = issuer.fetches();
        let mut requests = JoinSet::new();
        for _ in 0..64 {
            let (verifier, token) = (Arc::clone(&verifier), token.clone());
            requests.spawn(async move { verify(&verifier, &token).await });
        }
        for answer in requests.join_all().await {
            assert_eq!(answer, expected);
        }
        assert_eq!(issuer.fetches(), before + 1);
        issuer.clock.advance(seconds(30));
    }
}

#[tokio::test]
async fn a_rotated_key_is_picked_up() {
    let mut issuer = Issuer::start();
    let verifier = issuer.verifier();
    verify(&verifier, &issuer.token()).await.unwrap();
    issuer.take_other_keys();
    issuer.publish(&[]);
    issuer.clock.advance(seconds(30));
    verify(&verifier, &issuer.token()).await.unwrap();
    assert_eq!(issuer.fetches(), 2);
}

#[tokio::test]
async fn cache_control_is_honoured_within_bounds() {
    // What the server says; how long that holds, in seconds.
    let cases: [(&[(&'static str, &str)], u64); 7] = [
        (&[], 300),
        (&[("Cache-Control", "public, max-age=600")], 600),
        (&[("Cache-Control", "max-age=600"), ("Age", "100")], 500),
        (&[("Cache-Control", "max-age=1")], 30),
        (&[("Cache-Control", "no-store")], 30),
        (&[("Cache-Control", "no-cache, max-age=600")], 30),
        (&[("Cache-Control", "max-age=31536000")], 86_400),
    ];
    let issuer = Issuer::start();
    let token = lasting_token(&issuer);
    for (headers, holds) in cases {
        issuer.publish(headers);
        let verifier = issuer.verifier();
        let before = issuer.fetches();
        verify(&verifier, &token).await.unwrap();
        issuer.clock.advance(seconds(holds).saturating_sub(Duration::from_millis(1)));
        verify(&verifier, &token).await.unwrap();
        assert_eq!(issuer.fetches(), before + 1, "{headers:?} is too short");
        issuer.clock.advance(Duration::from_millis(1));
        verify(&verifier, &token).await.unwrap();
        verify(&verifier, &token).await.unwrap();
        assert_eq!(issuer.fetches(), before + 2, "{headers:?} is too long");
    }
}

#[tokio::test]
async fn an_unchanged_set_is_asked_for_with_its_etag_and_renewed_by_304() {
    let issuer = Issuer::start();
    let (verifier, token) = (issuer.verifier(), lasting_token(&issuer));
    issuer.publish(&[("ETag", "\"v1\""), ("Cache-Control", "max-age=60")]);
    for _ in 0..3 {
        verify(&verifier, &token).await.unwrap();
        issuer.clock.advance(seconds(59));
        verify(&verifier, &token).await.unwrap();
        issuer.clock.advance(seconds(1));
    }
    assert_eq!(issuer.requests(), ["/jwks", "/jwks if \"v1\"", "/jwks if \"v1\""]);
}

#[tokio::test]
async fn a_key_that_was_withdrawn_is_refused_once_the_set_was_read_again() {
    let mut issuer = Issuer::start();
    let (verifier, token) = (issuer.verifier(), lasting_token(&issuer));
    verify(&verifier, &token).await.unwrap();
    issuer.take_other_keys();
    issuer.publish(&[]);
    issuer.clock.advance(seconds(300));
    assert_eq!(verify(&verifier, &token).await, UNKNOWN_KEY);
}

#[tokio::test]
async fn while_the_issuer_is_away_old_keys_serve_for_a_time_and_then_it_is_our_fault() {
    let mut issuer = Issuer::start();
    let verifier = issuer.builder().max_stale(seconds(1000)).jwks_url(issuer.jwks_url(), fetcher());
    let (token, foreign) = (lasting_token(&issuer), foreign_token(&issuer));
    verify(&verifier, &token).await.unwrap();
    issuer.go_away();
    issuer.clock.advance(seconds(300));
    verify(&verifier, &token).await.unwrap();
    let unknown = verify(&verifier, &foreign).await.unwrap_err();
    assert_eq!(unknown.status(), 503, "nobody can say whether that key exists: {unknown}");
    issuer.clock.advance(seconds(1000).saturating_sub(Duration::from_millis(1)));
    verify(&verifier, &token).await.unwrap();
    issuer.clock.advance(Duration::from_millis(1));
    let error = verify(&verifier, &token).await.unwrap_err();
    assert!(matches!(error, TokenError::KeysUnavailable(_)), "{error}");
}

#[tokio::test]
async fn keys_that_may_not_be_stale_are_asked_for_whatever_the_back_off() {
    let issuer = Issuer::start();
    let verifier = issuer
        .builder()
        .max_stale(Duration::ZERO)
        .back_off(seconds(3600))
        .jwks_url(issuer.jwks_url(), fetcher());
    let token = lasting_token(&issuer);
    verify(&verifier, &token).await.unwrap();
    issuer.clock.advance(seconds(300));
    verify(&verifier, &token).await.unwrap();
    assert_eq!(issuer.fetches(), 2);
}

#[tokio::test]
async fn after_a_failed_fetch_the_next_one_waits_and_then_heals() {
    let issuer = Issuer::start();
    let (verifier, token) = (issuer.verifier(), issuer.token());
    issuer.fail(JWKS, 500);
    for _ in 0..10 {
        assert_eq!(verify(&verifier, &token).await.unwrap_err().status(), 503);
    }
    assert_eq!(issuer.fetches(), 1);
    issuer.publish(&[]);
    issuer.clock.advance(seconds(5));
    verify(&verifier, &token).await.unwrap();
}

#[tokio::test]
async fn what_is_not_a_jwk_set_or_too_large_changes_nothing() {
    let issuer = Issuer::start();
    let (verifier, token) = (issuer.verifier(), lasting_token(&issuer));
    verify(&verifier, &token).await.unwrap();
    let large = format!("{{\"keys\":[],\"x\":\"{}\"}}", "x".repeat(1024 * 1024));
    for body in ["", "[]", "{}", "{\"keys\":5}", "<html>", &large] {
        issuer.publish_json(body.as_bytes(), &[]);
        issuer.clock.advance(seconds(300));
        verify(&verifier, &token).await.unwrap();
    }
    assert_eq!(issuer.fetches(), 7);
    issuer.publish_json(b"{\"keys\":[]}", &[]);
    issuer.clock.advance(seconds(300));
    assert_eq!(verify(&verifier, &token).await, UNKNOWN_KEY, "an empty set withdraws every key");
}
