//! What strangers make a Redis hold weighs no more than the ceilings count for it.

use tiquo_auth::ports::store::{ChallengeStore as _, CounterStore as _, DeviceStore as _};
use tiquo_auth::protocol::challenge::{MOST_SENDS, NewChallenge, TryCode};
use tiquo_auth::protocol::id::MailboxKey;
use tiquo_auth::protocol::strangers::{
    CHALLENGE_WEIGHT, DEVICE_REQUEST_WEIGHT, StrangerClass, StrangerRequest, USER_CODE_WEIGHT,
};

use super::samples::store;
use crate::store_contract::devices::request as device_request;
use crate::store_contract::make::{
    CODES, MANY_SENDS, WRONG, after, attempt, caller, digest, network, new_challenge, organization,
    resend_code, stranger, stranger_limits,
};
use crate::support::needs::needs;
use crate::support::redis_server::RedisServer;

/// The memory of all keys but the ledgers, of which there is one for each class.
fn held(server: &RedisServer) -> u64 {
    let keys = server.cli(&["KEYS", "*"]);
    let keys = keys.lines().filter(|key| !key.contains("}:all") && !key.contains("{store}"));
    keys.map(|key| server.cli(&["MEMORY", "USAGE", key, "SAMPLES", "0"]).trim().parse::<u64>().unwrap()).sum()
}

#[tokio::test]
async fn a_verification_weighs_no_more_than_is_counted_for_it() {
    needs!(RedisServer);
    let server = RedisServer::start();
    let store = store(&server.url()).await;
    let limits = stranger_limits(MANY_SENDS.per_network);
    let mailbox = MailboxKey::of_hash(&[7; 32]);
    let new = NewChallenge { from: Some(caller(1, 1)), ..new_challenge(1, 1, 0) };
    for number in 0..u64::from(MOST_SENDS) {
        let seconds = number * 500;
        let _ = store.admit_stranger(&stranger(1, seconds), limits).await.unwrap();
        let now = after(seconds);
        let _ = store.admit_mail(&organization(), &mailbox, MANY_SENDS.per_mailbox, now).await.unwrap();
        if number == 0 {
            let _ = store.open_challenge(&new, &network(1), &CODES, &MANY_SENDS).await.unwrap();
        } else {
            let resend = resend_code(&new, 10 + number, seconds);
            let _ = store.resend_code(&resend, &network(1), &CODES, &MANY_SENDS).await.unwrap();
        }
    }
    let without_failures = held(&server);
    for number in 0..u64::from(CODES.attempts) {
        let typed = TryCode {
            digest: digest(WRONG),
            reference: None,
            attempt: attempt(100 + number),
            now: after(3600),
        };
        let _ = store.try_code(&new.id, &typed, &CODES).await.unwrap();
    }
    let with_failures = held(&server);
    assert!(with_failures > without_failures && without_failures > 1000, "{without_failures}");
    assert!(with_failures <= CHALLENGE_WEIGHT, "{with_failures} bytes");
}

#[tokio::test]
async fn a_device_s_request_and_a_guess_weigh_no_more_than_is_counted_for_them() {
    needs!(RedisServer);
    let server = RedisServer::start();
    let store = store(&server.url()).await;
    let limits = stranger_limits(MANY_SENDS.per_network);
    let of = |class| StrangerRequest { class, organization: None, ..stranger(1, 0) };
    let _ = store.admit_stranger(&of(StrangerClass::UserCodes), limits).await.unwrap();
    let guess = held(&server);
    store.give_place_back(&of(StrangerClass::UserCodes), limits).await.unwrap();
    assert_eq!(held(&server), 0, "a right one leaves nothing behind");
    let _ = store.admit_stranger(&of(StrangerClass::UserCodes), limits).await.unwrap();
    assert!((200..=USER_CODE_WEIGHT).contains(&guess), "{guess} bytes");
    let _ = store.admit_stranger(&of(StrangerClass::DeviceRequests), limits).await.unwrap();
    let _ = store.open_device(&device_request(1)).await.unwrap();
    let request = held(&server) - guess;
    assert!((500..=DEVICE_REQUEST_WEIGHT).contains(&request), "{request} bytes");
}
