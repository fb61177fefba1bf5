//! What a client's server cannot do to us.

use std::time::Duration;

use serde_json::json;
use tiquo_auth::flow::client_keys::ClientKeyError;
use tiquo_auth::ports::fetcher::{FetchError, FetchResponse};
use tiquo_auth::protocol::id::ClientId;
use tiquo_auth::protocol::jws::KeySetError;

use super::signer::{Signer, URL, World, set};

#[tokio::test]
async fn the_url_that_was_not_used_for_longest_is_forgotten() {
    let (world, own) = (World::new(), Signer::new(Some("a")));
    let url = |number: usize| format!("https://app.test/{number}");
    for number in 0..=1024 {
        let body = set(&[&own]);
        let document = FetchResponse::Document { body, etag: None, max_age: None };
        world.servers.answer(&url(number), Ok(document));
    }
    for number in 0..1024 {
        assert_eq!(world.verify_at(&url(number), &own).await, Ok(()));
    }
    assert_eq!(world.verify_at(&url(0), &own).await, Ok(()));
    assert_eq!(world.servers.fetches(), 1024, "all are kept");
    assert_eq!(world.verify_at(&url(1024), &own).await, Ok(()));
    for (number, fetches) in [(1024, 1025), (0, 1025), (2, 1025), (1, 1026)] {
        assert_eq!(world.verify_at(&url(number), &own).await, Ok(()));
        assert_eq!(world.servers.fetches(), fetches, "{number}");
    }
}

#[tokio::test]
async fn what_is_no_key_set_of_a_client_is_not_used() {
    let (world, own) = (World::new(), Signer::new(Some("a")));
    let mut private = own.jwk();
    private["d"] = json!("AAAA");
    for (body, expected) in [
        (json!({ "keys": [private] }), KeySetError::Private),
        (json!({ "keys": [own.jwk(), { "kty": "oct", "k": "AAAA" }] }), KeySetError::Symmetric),
        (json!("<html>"), KeySetError::NotAKeySet),
    ] {
        let body = body.to_string().into_bytes();
        world.servers.answer(URL, Ok(FetchResponse::Document { body, etag: None, max_age: None }));
        let answer = world.verify(&own).await;
        assert_eq!(answer, Err(ClientKeyError::KeySet(expected)));
        world.pass(5);
    }
    assert_eq!(world.servers.fetches(), 3);
}

#[tokio::test]
async fn the_outside_is_told_nothing_of_our_network() {
    let (world, own) = (World::new(), Signer::new(Some("a")));
    for error in [
        FetchError::Address("db.internal leads to 10.0.0.1".to_owned()),
        FetchError::Unreachable("10.0.0.1: refused".to_owned()),
        FetchError::TimedOut,
    ] {
        world.servers.answer(URL, Err(error));
        let shown = world.verify(&own).await.unwrap_err().shown();
        assert_eq!(shown, "the client's jwks_uri: it could not be fetched");
        world.pass(5);
    }
}

#[tokio::test]
async fn what_one_client_may_not_have_fetched_another_may() {
    let (world, own) = (World::new(), Signer::new(Some("a")));
    let limited = FetchError::Limited { retry_after: Duration::from_secs(9) };
    world.servers.answer(URL, Err(limited.clone()));
    assert_eq!(world.verify_of("one", URL, &own).await, Err(ClientKeyError::Fetch(limited)));
    world.servers.serve(&[&own], None, None);
    assert_eq!(world.verify_of("two", URL, &own).await, Ok(()));
}

#[tokio::test]
async fn keys_whose_turn_did_not_come_are_asked_for_again_a_second_later() {
    let (world, own) = (World::new(), Signer::new(Some("a")));
    world.servers.answer(URL, Err(FetchError::Busy));
    let busy = Err(ClientKeyError::Fetch(FetchError::Busy));
    assert_eq!(world.verify(&own).await, busy);
    world.servers.serve(&[&own], None, None);
    assert_eq!((world.verify(&own).await, world.servers.fetches()), (busy, 1), "who waited hears the same");
    world.pass(1);
    assert_eq!(world.verify(&own).await, Ok(()));
}

#[tokio::test]
async fn clients_that_registered_themselves_do_not_push_out_the_keys_of_the_operators() {
    let (world, own) = (World::new(), Signer::new(Some("a")));
    world.servers.serve(&[&own], None, Some(3600));
    assert_eq!(world.verify(&own).await, Ok(()));
    let stranger = ClientId::from_random(&[7; 16]);
    for number in 0..1100 {
        let url = format!("https://stranger.test/{number}");
        assert!(world.verify_of(stranger.as_str(), &url, &own).await.is_err());
    }
    let before = world.servers.fetches();
    assert_eq!((world.verify(&own).await, world.servers.fetches()), (Ok(()), before));
}
