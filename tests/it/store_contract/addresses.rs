//! Claiming addresses.

use tiquo_auth::ports::store::{AddressLookup, SendOutcome};

use super::make::{CODE, CODES, MANY_SENDS, account, address, network, new_challenge, typed};
use crate::support::stores::{TestStore, on_every_store};
use tiquo_auth::ports::store::AttemptOutcome;
use tiquo_auth::protocol::challenge::TryVerdict;

on_every_store! {
    the_first_claim_creates_and_later_ones_find_it,
    a_sending_answers_the_account_of_the_address,
    a_right_code_answers_the_account_of_the_address,
}

async fn the_first_claim_creates_and_later_ones_find_it(store: TestStore) {
    assert_eq!(
        store.ensure_account(&address(1), &account(1)).await.unwrap(),
        AddressLookup::Created(account(1))
    );
    assert_eq!(
        store.ensure_account(&address(1), &account(2)).await.unwrap(),
        AddressLookup::Existing(account(1))
    );
    assert_eq!(
        store.ensure_account(&address(2), &account(2)).await.unwrap(),
        AddressLookup::Created(account(2))
    );
}

async fn a_sending_answers_the_account_of_the_address(store: TestStore) {
    let open = async |number| {
        let new = new_challenge(1, number, 0);
        match store.open_challenge(&new, &network(1), &CODES, &MANY_SENDS).await.unwrap() {
            SendOutcome::Sent { account, .. } => account,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(open(1).await, None);
    store.ensure_account(&address(1), &account(1)).await.unwrap();
    assert_eq!(open(2).await, Some(account(1)));
}

async fn a_right_code_answers_the_account_of_the_address(store: TestStore) {
    for (number, known) in [(1, None), (2, Some(account(1)))] {
        if known.is_some() {
            store.ensure_account(&address(1), &account(1)).await.unwrap();
        }
        let new = new_challenge(1, number, 0);
        let _ = store.open_challenge(&new, &network(1), &CODES, &MANY_SENDS).await.unwrap();
        let judged = store.try_code(&new.id, &typed(CODE, 9, 5), &CODES).await.unwrap();
        let accepted =
            AttemptOutcome::Judged { verdict: TryVerdict::Accepted, account: known, budget_used_up: false };
        assert_eq!(judged, accepted);
        assert_eq!(store.try_code(&new.id, &typed(CODE, 9, 5), &CODES).await.unwrap(), accepted, "repeated");
    }
}
