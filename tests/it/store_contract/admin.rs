//! Whether a store and a process fit together.

use std::collections::BTreeMap;

use tiquo_auth::ports::store::{StoreCompatibility, StoreOpening, StoreStamp, StoreState};

use crate::support::stores::{TestStore, on_every_store};

on_every_store! {
    a_store_answers_when_asked,
    the_first_claim_fits_and_so_does_its_repeat,
    a_store_of_the_other_kind_is_told,
    a_missing_mac_key_is_named,
    a_mac_key_that_differs_is_named,
    an_index_key_that_differs_is_named,
    new_mac_keys_are_added,
    a_claim_that_does_not_fit_adds_nothing,
    claims_of_processes_that_rotate_together_add_up,
}

fn claim(keys: &[(u8, &str)]) -> StoreOpening {
    let mac_keys = keys.iter().map(|(id, print)| (*id, (*print).to_owned())).collect::<BTreeMap<_, _>>();
    StoreOpening { stamp: StoreStamp::Production, index_key: "index".to_owned(), mac_keys }
}

fn missing(names: &[&str]) -> StoreCompatibility {
    StoreCompatibility::MissingKeys { missing: names.iter().map(ToString::to_string).collect() }
}

async fn claimed(store: &TestStore, claim: &StoreOpening) -> StoreCompatibility {
    store.record_opening(claim).await.unwrap()
}

async fn a_store_answers_when_asked(store: TestStore) {
    assert_eq!(store.check().await, Ok(StoreState::Well));
}

async fn the_first_claim_fits_and_so_does_its_repeat(store: TestStore) {
    assert_eq!(claimed(&store, &claim(&[(1, "one")])).await, StoreCompatibility::Fits);
    assert_eq!(claimed(&store, &claim(&[(1, "one")])).await, StoreCompatibility::Fits);
}

async fn a_store_of_the_other_kind_is_told(store: TestStore) {
    let _ = claimed(&store, &claim(&[])).await;
    let development =
        StoreOpening { stamp: StoreStamp::Development, index_key: "other".to_owned(), ..claim(&[]) };
    let other = StoreCompatibility::OtherStamp { found: StoreStamp::Production };
    assert_eq!(claimed(&store, &development).await, other);
}

async fn a_missing_mac_key_is_named(store: TestStore) {
    let _ = claimed(&store, &claim(&[(1, "one"), (3, "three"), (12, "twelve")])).await;
    assert_eq!(claimed(&store, &claim(&[(3, "three")])).await, missing(&["MAC key 1", "MAC key 12"]));
}

async fn a_mac_key_that_differs_is_named(store: TestStore) {
    let _ = claimed(&store, &claim(&[(1, "one"), (2, "two")])).await;
    assert_eq!(claimed(&store, &claim(&[(1, "one"), (2, "2")])).await, missing(&["MAC key 2"]));
}

async fn an_index_key_that_differs_is_named(store: TestStore) {
    let _ = claimed(&store, &claim(&[(1, "one")])).await;
    let other = StoreOpening { index_key: "other".to_owned(), ..claim(&[]) };
    assert_eq!(claimed(&store, &other).await, missing(&["index key", "MAC key 1"]));
}

async fn new_mac_keys_are_added(store: TestStore) {
    let _ = claimed(&store, &claim(&[(1, "one")])).await;
    assert_eq!(claimed(&store, &claim(&[(1, "one"), (2, "two")])).await, StoreCompatibility::Fits);
    assert_eq!(claimed(&store, &claim(&[(1, "one")])).await, missing(&["MAC key 2"]));
}

/// Processes that have read the folder at different moments of its rotations tell the store at once.
async fn claims_of_processes_that_rotate_together_add_up(store: TestStore) {
    let keys: Vec<(u8, String)> = (1..=40).map(|id| (id, format!("print {id}"))).collect();
    let upto = |count: usize| -> Vec<(u8, &str)> {
        keys.iter().take(count).map(|(id, print)| (*id, print.as_str())).collect()
    };
    let mut claims = tokio::task::JoinSet::new();
    for turn in 0..keys.len() {
        // Not in order: 1, 8, 15, …
        let count = turn * 7 % keys.len() + 1;
        let (store, claim) = (store.clone(), claim(&upto(count)));
        claims.spawn(async move { (count, store.record_opening(&claim).await.unwrap()) });
    }
    while let Some(answered) = claims.join_next().await {
        let (count, answer) = answered.unwrap();
        match answer {
            StoreCompatibility::Fits => {}
            // An older reading is told which keys it lacks; it reads the folder again.
            StoreCompatibility::MissingKeys { missing } => {
                assert_eq!(missing[0], format!("MAC key {}", count + 1));
            }
            StoreCompatibility::OtherStamp { .. } | StoreCompatibility::LaterFormat(_) => {
                panic!("{answer:?}")
            }
        }
    }
    assert_eq!(claimed(&store, &claim(&upto(39))).await, missing(&["MAC key 40"]));
    assert_eq!(claimed(&store, &claim(&upto(40))).await, StoreCompatibility::Fits);
}

async fn a_claim_that_does_not_fit_adds_nothing(store: TestStore) {
    let _ = claimed(&store, &claim(&[(1, "one")])).await;
    let _ = claimed(&store, &claim(&[(2, "two")])).await;
    assert_eq!(claimed(&store, &claim(&[(1, "one")])).await, StoreCompatibility::Fits);
}
