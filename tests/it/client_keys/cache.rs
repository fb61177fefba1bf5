//! When a client's keys are fetched, and what happens when they cannot be had.

use std::sync::Arc;

use tiquo_auth::flow::client_keys::ClientKeyError;
use tiquo_auth::ports::fetcher::{FetchError, FetchResponse};
use tiquo_auth::protocol::client_keys::KeySource;
use tiquo_auth::protocol::id::ClientId;
use tiquo_auth::protocol::jws::{KeySelectionError, KeySet};
use tokio::task::JoinSet;

use super::signer::{Signer, URL, World, set};

const UNKNOWN: Result<(), ClientKeyError> = Err(ClientKeyError::NoKey(KeySelectionError::Unknown));

fn key(kid: &str) -> Signer {
    Signer::new(Some(kid))
}

fn away() -> Result<(), ClientKeyError> {
    Err(ClientKeyError::Fetch(FetchError::Address("10.0.0.1".to_owned())))
}

#[tokio::test]
async fn keys_registered_with_the_client_cause_no_fetch() {
    let (world, own) = (World::new(), key("a"));
    let source = KeySource::Inline(Arc::new(KeySet::parse(&set(&[&own])).unwrap()));
    assert_eq!(world.keys.verify(&ClientId::new("app"), &source, &own.jws()).await, Ok(()));
    assert_eq!(
        world.keys.verify(&ClientId::new("app"), &source, &key("a").jws()).await,
        Err(ClientKeyError::Signature)
    );
    assert_eq!(world.keys.verify(&ClientId::new("app"), &source, &key("b").jws()).await, UNKNOWN);
    assert_eq!(world.servers.fetches(), 0);
}

#[tokio::test]
async fn rfc9111_5_2_2_keys_are_kept_as_long_as_their_server_says_within_bounds() {
    for (said, kept) in
        [(None, 300), (Some(0), 30), (Some(29), 30), (Some(100), 100), (Some(1_000_000), 3600)]
    {
        let (world, own) = (World::new(), key("a"));
        world.servers.serve(&[&own], None, said);
        for pass in [0, kept - 1] {
            world.pass(pass);
            assert_eq!(world.verify(&own).await, Ok(()));
            assert_eq!(world.servers.fetches(), 1, "{said:?}");
        }
        world.pass(1);
        assert_eq!(world.verify(&own).await, Ok(()));
        assert_eq!(world.servers.fetches(), 2, "{said:?}");
    }
}

#[tokio::test]
async fn rfc9110_13_1_2_keys_are_asked_for_again_with_their_entity_tag() {
    let (world, own) = (World::new(), key("a"));
    world.servers.serve(&[&own], Some("\"v1\""), None);
    assert_eq!(world.verify(&own).await, Ok(()));
    world.servers.answer(URL, Ok(FetchResponse::NotModified { max_age: None }));
    for _ in 0..2 {
        world.pass(300);
        assert_eq!(world.verify(&own).await, Ok(()));
    }
    let conditional = format!("{URL} if \"v1\"");
    assert_eq!(world.servers.requests(), [URL, &conditional, &conditional]);
    let other = World::new();
    other.servers.answer(URL, Ok(FetchResponse::NotModified { max_age: None }));
    assert_eq!(other.verify(&own).await, Err(ClientKeyError::NotModified));
}

#[tokio::test]
async fn an_unknown_kid_fetches_again_at_once_and_then_at_most_once_per_back_off() {
    let (world, own) = (World::new(), key("a"));
    world.servers.serve(&[&own], None, Some(3600));
    assert_eq!(world.verify(&own).await, Ok(()));
    for round in 1..4 {
        for number in 0..20 {
            assert_eq!(world.verify(&key(&format!("{number}"))).await, UNKNOWN);
            assert_eq!(world.verify(&own).await, Ok(()));
        }
        assert_eq!(world.servers.fetches(), 1 + round);
        world.pass(29);
        assert_eq!(world.verify(&key("x")).await, UNKNOWN);
        assert_eq!(world.servers.fetches(), 1 + round);
        world.pass(1);
    }
}

#[tokio::test]
async fn oidc_core_10_1_1_a_rotated_key_is_picked_up_at_once() {
    let (world, old, new) = (World::new(), key("a"), key("b"));
    world.servers.serve(&[&old], None, Some(3600));
    assert_eq!(world.verify(&old).await, Ok(()));
    world.servers.serve(&[&new], None, Some(3600));
    assert_eq!(world.verify(&new).await, Ok(()));
    assert_eq!(world.servers.fetches(), 2);
    assert_eq!(world.verify(&old).await, UNKNOWN, "and the old one is gone");
}

#[tokio::test]
async fn without_a_kid_a_wrong_signature_may_mean_a_rotated_key() {
    let (world, old, new) = (World::new(), Signer::new(None), Signer::new(None));
    world.servers.serve(&[&old], None, Some(3600));
    assert_eq!(world.verify(&old).await, Ok(()));
    world.servers.serve(&[&new], None, Some(3600));
    assert_eq!(world.verify(&new).await, Ok(()));
    for _ in 0..5 {
        assert_eq!(world.verify(&old).await, Err(ClientKeyError::Signature));
    }
    assert_eq!(world.servers.fetches(), 2);
    let named = key("a");
    world.servers.serve(&[&named], None, Some(3600));
    world.pass(30);
    assert_eq!(world.verify(&named).await, Ok(()));
    world.pass(30);
    assert_eq!(world.verify(&key("a")).await, Err(ClientKeyError::Signature));
    assert_eq!(world.servers.fetches(), 3, "with a kid it is only wrong");
}

#[tokio::test]
async fn requests_that_come_together_make_one_fetch() {
    let (world, own, foreign) = (World::new(), key("a"), key("b"));
    world.servers.serve(&[&own], None, None);
    for (signer, expected) in [(&foreign, UNKNOWN), (&own, Ok(())), (&foreign, UNKNOWN)] {
        let before = world.servers.fetches();
        let mut requests = JoinSet::new();
        for _ in 0..64 {
            let (keys, jws) = (Arc::clone(&world.keys), signer.jws());
            requests.spawn(async move {
                keys.verify(&ClientId::new("app"), &KeySource::Url(URL.to_owned()), &jws).await
            });
        }
        for answer in requests.join_all().await {
            assert_eq!(answer, expected);
        }
        assert_eq!(world.servers.fetches(), before + 1);
        world.pass(300);
    }
}

#[tokio::test]
async fn a_fetch_that_is_given_up_is_taken_over() {
    let (world, own) = (World::new(), key("a"));
    world.servers.serve(&[&own], None, None);
    world.servers.silent(true);
    let (keys, jws) = (Arc::clone(&world.keys), own.jws());
    let first = tokio::spawn(async move {
        keys.verify(&ClientId::new("app"), &KeySource::Url(URL.to_owned()), &jws).await
    });
    while world.servers.fetches() == 0 {
        tokio::task::yield_now().await;
    }
    world.servers.silent(false);
    first.abort();
    assert!(first.await.is_err());
    assert_eq!(world.verify(&own).await, Ok(()));
    assert_eq!(world.servers.fetches(), 2);
}

#[tokio::test]
async fn while_the_server_is_away_the_old_keys_serve_on_for_an_hour() {
    let (world, own, new) = (World::new(), key("a"), key("b"));
    world.servers.serve(&[&own], None, Some(100));
    assert_eq!(world.verify(&own).await, Ok(()));
    world.servers.fail();
    world.pass(100);
    for _ in 0..5 {
        assert_eq!(world.verify(&own).await, Ok(()));
        assert_eq!(world.verify(&new).await, away(), "nobody can say whether it is the client's");
    }
    assert_eq!(world.servers.fetches(), 2, "five seconds between two that fail");
    world.pass(5);
    assert_eq!(world.verify(&own).await, Ok(()));
    assert_eq!(world.servers.fetches(), 3);
    world.pass(3594);
    assert_eq!(world.verify(&own).await, Ok(()));
    world.pass(1);
    assert_eq!(world.verify(&own).await, away());
    world.servers.serve(&[&own, &new], None, None);
    world.pass(5);
    assert_eq!(world.verify(&own).await, Ok(()));
    assert_eq!(world.verify(&new).await, Ok(()));
}

#[tokio::test]
async fn a_forced_fetch_that_fails_is_tried_again_soon() {
    let (world, own, new) = (World::new(), key("a"), key("b"));
    world.servers.serve(&[&own], None, Some(3600));
    assert_eq!(world.verify(&own).await, Ok(()));
    world.servers.fail();
    for _ in 0..5 {
        assert_eq!(world.verify(&new).await, away());
        assert_eq!(world.verify(&own).await, Ok(()));
    }
    assert_eq!(world.servers.fetches(), 2);
    world.servers.serve(&[&new], None, Some(3600));
    world.pass(5);
    assert_eq!(world.verify(&new).await, Ok(()));
}
