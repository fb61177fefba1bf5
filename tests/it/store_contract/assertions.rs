//! An assertion is good once (RFC 7523 §3, 7).

use tiquo_auth::ports::store::AssertionMemory;
use tiquo_auth::protocol::client_assertion::OneTimeAssertion;
use tiquo_auth::protocol::id::{AssertionId, ClientId};

use super::make::{HOUR, after, attempt};
use super::race::{FEW_ROUNDS, RACERS, nothing, race};
use crate::support::stores::{TestStore, on_every_store};

on_every_store! {
    rfc7523_3_7_an_assertion_is_good_once,
    an_attempt_that_lost_its_answer_hears_the_same,
    rfc7523_3_7_racing_uses_of_one_assertion_have_one_winner,
}

fn once(client: &str, jti: &str) -> OneTimeAssertion {
    OneTimeAssertion { id: AssertionId::of(&ClientId::new(client), jti), until: after(0).plus(HOUR) }
}

async fn remember(store: &TestStore, once: OneTimeAssertion, number: u64, seconds: u64) -> AssertionMemory {
    store.remember_assertion(&once, after(seconds), attempt(number)).await.unwrap()
}

async fn rfc7523_3_7_an_assertion_is_good_once(store: TestStore) {
    let all = [once("app", "one"), once("app", "two"), once("other", "one"), once("ap", "pone")];
    for (number, each) in (0..).zip(all) {
        assert_eq!(remember(&store, each, number, 0).await, AssertionMemory::First, "{each:?}");
    }
    for (number, each) in (100..).zip(all) {
        for seconds in [0, 1, 3599, 3600] {
            assert_eq!(remember(&store, each, number, seconds).await, AssertionMemory::Replayed, "{each:?}");
        }
    }
}

async fn an_attempt_that_lost_its_answer_hears_the_same(store: TestStore) {
    for _ in 0..3 {
        assert_eq!(remember(&store, once("app", "one"), 1, 0).await, AssertionMemory::First);
    }
    for _ in 0..3 {
        assert_eq!(remember(&store, once("app", "one"), 2, 0).await, AssertionMemory::Replayed);
    }
    assert_eq!(remember(&store, once("app", "one"), 1, 1).await, AssertionMemory::First);
}

async fn rfc7523_3_7_racing_uses_of_one_assertion_have_one_winner(store: TestStore) {
    let racer = |store: TestStore, round: u64, number| async move {
        remember(&store, once("app", &round.to_string()), round * RACERS + number, 0).await
    };
    race(&store, FEW_ROUNDS, nothing, racer, async |_, heard| {
        assert_eq!(heard.count(|answer| *answer == AssertionMemory::First), 1);
        assert_eq!(heard.count(|answer| *answer == AssertionMemory::Replayed), RACERS - 1);
    })
    .await;
}
