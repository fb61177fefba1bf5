//! How often codes are sent to an address, from a network, for a device.

use tiquo_auth::ports::store::SendOutcome;
use tiquo_auth::protocol::budget::Limit;
use tiquo_auth::protocol::challenge::NewChallenge;
use tiquo_auth::protocol::policy::SendPolicy;

use super::make::{CODES, HOUR, MANY_SENDS, device, network, new_challenge, resend_code, secs};
use crate::support::stores::{TestStore, on_every_store};

on_every_store! {
    an_address_and_network_have_a_limit,
    an_address_has_a_limit_over_all_networks,
    the_longest_wait_is_answered_and_nothing_is_counted,
    a_device_counts_in_its_own_log_only,
    a_resend_counts_as_a_sending,
    a_resend_past_the_limit_changes_nothing,
    a_repeat_is_not_counted,
    addresses_are_counted_apart,
}

const LIMITS: SendPolicy = SendPolicy {
    per_address_and_network: Limit { count: 2, window: HOUR },
    per_address: Limit { count: 3, window: HOUR },
    per_known_device: Limit { count: 2, window: HOUR },
    ..MANY_SENDS
};

async fn open(store: &TestStore, new: &NewChallenge, from: u8) -> SendOutcome {
    store.open_challenge(new, &network(from), &CODES, &LIMITS).await.unwrap()
}

async fn opened(store: &TestStore, number: u64, seconds: u64, from: u8) -> bool {
    matches!(open(store, &new_challenge(1, number, seconds), from).await, SendOutcome::Sent { .. })
}

fn limited(seconds: u64) -> SendOutcome {
    SendOutcome::Limited { retry_after: secs(seconds) }
}

async fn an_address_and_network_have_a_limit(store: TestStore) {
    assert!(opened(&store, 1, 0, 1).await);
    assert!(opened(&store, 2, 10, 1).await);
    let third = new_challenge(1, 3, 20);
    assert_eq!(open(&store, &third, 1).await, limited(3580));
    assert_eq!(store.peek_challenge(&third.id).await.unwrap(), None, "nothing was stored");
    assert!(opened(&store, 4, 20, 2).await, "another network may");
    assert_eq!(open(&store, &new_challenge(1, 5, 3599), 1).await, limited(1));
    assert!(opened(&store, 6, 3600, 1).await);
}

async fn an_address_has_a_limit_over_all_networks(store: TestStore) {
    for (number, from) in [(1, 1), (2, 2), (3, 3)] {
        assert!(opened(&store, number, number, from).await);
    }
    assert_eq!(open(&store, &new_challenge(1, 4, 10), 4).await, limited(3591));
}

async fn the_longest_wait_is_answered_and_nothing_is_counted(store: TestStore) {
    // The address has sent at 0, 100 and 200; the network at 100 and 200.
    assert!(opened(&store, 1, 0, 2).await);
    assert!(opened(&store, 2, 100, 1).await);
    assert!(opened(&store, 3, 200, 1).await);
    for number in 10..15 {
        let both = open(&store, &new_challenge(1, number, 300), 1).await;
        assert_eq!(both, limited(3400), "the address frees at 3600, the network at 3700");
    }
    assert_eq!(open(&store, &new_challenge(1, 20, 3650), 1).await, limited(50));
    assert!(opened(&store, 21, 3650, 3).await, "the address has room again");
    assert!(!opened(&store, 22, 3650, 3).await);
}

async fn a_device_counts_in_its_own_log_only(store: TestStore) {
    let with = |number, of| NewChallenge { device: Some(device(of)), ..new_challenge(1, number, 0) };
    for number in [1, 2] {
        assert!(matches!(open(&store, &with(number, 1), 1).await, SendOutcome::Sent { .. }));
    }
    assert_eq!(open(&store, &with(3, 1), 1).await, limited(3600));
    assert!(matches!(open(&store, &with(4, 2), 1).await, SendOutcome::Sent { .. }), "another device");
    for (number, from) in [(5, 1), (6, 1), (7, 2)] {
        assert!(opened(&store, number, 0, from).await, "the address's own are untouched");
    }
    assert!(!opened(&store, 8, 0, 3).await);
    assert!(matches!(open(&store, &with(9, 2), 1).await, SendOutcome::Sent { .. }), "and shut no device out");
}

async fn a_resend_counts_as_a_sending(store: TestStore) {
    let new = new_challenge(1, 1, 0);
    let _ = open(&store, &new, 1).await;
    let again = store.resend_code(&resend_code(&new, 2, 30), &network(1), &CODES, &LIMITS).await.unwrap();
    assert!(matches!(again, SendOutcome::Sent { .. }));
    assert_eq!(open(&store, &new_challenge(1, 3, 40), 1).await, limited(3560));
    let device = NewChallenge { device: Some(device(1)), ..new_challenge(1, 4, 0) };
    let _ = open(&store, &device, 1).await;
    for (number, seconds, admitted) in [(5, 30, true), (6, 90, false)] {
        let resend = resend_code(&device, number, seconds);
        let again = store.resend_code(&resend, &network(1), &CODES, &LIMITS).await.unwrap();
        assert_eq!(
            matches!(again, SendOutcome::Sent { .. }),
            admitted,
            "the device's log counts its resends"
        );
    }
}

async fn a_resend_past_the_limit_changes_nothing(store: TestStore) {
    let new = new_challenge(1, 1, 0);
    let _ = open(&store, &new, 1).await;
    opened(&store, 2, 0, 1).await;
    let before = store.peek_challenge(&new.id).await.unwrap();
    let again = store.resend_code(&resend_code(&new, 3, 40), &network(1), &CODES, &LIMITS).await.unwrap();
    assert_eq!(again, limited(3560));
    assert_eq!(store.peek_challenge(&new.id).await.unwrap(), before);
}

async fn a_repeat_is_not_counted(store: TestStore) {
    let new = new_challenge(1, 1, 0);
    for _ in 0..5 {
        assert!(matches!(open(&store, &new, 1).await, SendOutcome::Sent { .. }));
    }
    for _ in 0..5 {
        let resend = resend_code(&new, 2, 30);
        let again = store.resend_code(&resend, &network(1), &CODES, &LIMITS).await.unwrap();
        assert!(matches!(again, SendOutcome::Sent { .. }));
    }
    assert!(opened(&store, 3, 40, 2).await, "two of three were counted");
    assert!(!opened(&store, 4, 40, 2).await);
}

async fn addresses_are_counted_apart(store: TestStore) {
    for of_address in [1, 2] {
        for number in [1, 2] {
            let new = new_challenge(of_address, of_address * 10 + number, 0);
            assert!(matches!(open(&store, &new, 1).await, SendOutcome::Sent { .. }));
        }
        assert_eq!(open(&store, &new_challenge(of_address, of_address * 10 + 3, 0), 1).await, limited(3600));
    }
}
