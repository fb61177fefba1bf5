//! Many at once: exactly one winner, every time.

use std::collections::BTreeSet;

use tiquo_auth::ports::store::{AddressLookup, AttemptOutcome, Revocation, Rotation, SendOutcome};
use tiquo_auth::protocol::budget::Limit;
use tiquo_auth::protocol::challenge::{CodePolicy, TryVerdict};
use tiquo_auth::protocol::grant::{Generation, Liveness, RepeatWindow, RotationVerdict};

use tiquo_auth::protocol::strangers::StrangerAdmission;

use super::make::{
    CODE, CODES, HOUR, MANY_SENDS, ROTATION, START, WRONG, account, address, after, grant, network,
    new_challenge, organization, presented, resend_code, sid, stranger, stranger_limits, typed, verdict,
};
use super::race::{FEW_ROUNDS, RACERS, ROUNDS, nothing, race};
use crate::support::stores::{TestStore, on_every_store};

on_every_store! {
    racing_rotations_of_one_token_have_one_winner,
    racing_wrong_codes_have_one_last_attempt,
    racing_wrong_codes_never_exceed_the_budget_of_the_address,
    racing_right_codes_have_one_winner,
    racing_claims_of_an_address_have_one_creator,
    racing_sendings_never_exceed_a_limit,
    racing_resends_send_one_code,
    racing_openings_of_one_grant_make_one,
    racing_revocations_have_one_winner_and_nothing_is_accepted_after,
    racing_presences_lose_no_rotation,
    racing_counters_count_each_once,
}

async fn a_grant(store: TestStore, round: u64) {
    store.open_grant(&account(round), &grant(round)).await.unwrap();
}

async fn a_challenge(store: TestStore, round: u64) {
    let new = new_challenge(round, round, 0);
    let _ = store.open_challenge(&new, &network(1), &CODES, &MANY_SENDS).await.unwrap();
}

async fn racing_rotations_of_one_token_have_one_winner(store: TestStore) {
    let racer = |store: TestStore, round, number| async move {
        let presented = presented(0, 10, round * RACERS + number + 1);
        match store.rotate_refresh(&sid(round), &presented, &ROTATION).await.unwrap() {
            Rotation::Judged { verdict, grant, .. } => (verdict, grant.generation),
            Rotation::Unknown => panic!("unknown"),
        }
    };
    race(&store, ROUNDS, a_grant, racer, async |round, heard| {
        let repeated = RotationVerdict::Repeated { window: RepeatWindow::Leeway, other_network: false };
        assert_eq!(heard.count(|answer| answer.0 == RotationVerdict::Rotated), 1);
        assert_eq!(heard.count(|answer| answer.0 == repeated), RACERS - 1);
        assert_eq!(heard.count(|answer| answer.1 == Generation::new(1)), RACERS);
        assert_eq!(store.peek_grant(&sid(round)).await.unwrap().unwrap().generation, Generation::new(1));
    })
    .await;
}

async fn racing_wrong_codes_have_one_last_attempt(store: TestStore) {
    const ONE_LEFT: CodePolicy = CodePolicy { attempts: 1, ..CODES };
    let racer = |store: TestStore, round, number| async move {
        let id = new_challenge(round, round, 0).id;
        verdict(&store.try_code(&id, &typed(WRONG, number, 1), &ONE_LEFT).await.unwrap())
    };
    race(&store, ROUNDS, a_challenge, racer, async |_, heard| {
        assert_eq!(heard.count(|answer| *answer == TryVerdict::Spent), RACERS);
    })
    .await;
}

async fn racing_wrong_codes_never_exceed_the_budget_of_the_address(store: TestStore) {
    const CHALLENGES: u64 = 8;
    let id = |round, number| new_challenge(round, round * CHALLENGES + number % CHALLENGES, 0).id;
    let setup = |store: TestStore, round| async move {
        for number in 0..CHALLENGES {
            let new = new_challenge(round, round * CHALLENGES + number, 0);
            let _ = store.open_challenge(&new, &network(1), &CODES, &MANY_SENDS).await.unwrap();
        }
    };
    let racer = |store: TestStore, round, number| async move {
        store.try_code(&id(round, number), &typed(WRONG, number, 1), &CODES).await.unwrap()
    };
    race(&store, FEW_ROUNDS, setup, racer, async |round, heard| {
        let wrong = |answer: &AttemptOutcome| {
            matches!(answer, AttemptOutcome::Judged { verdict: TryVerdict::Wrong { .. }, .. })
        };
        let used_up =
            |answer: &AttemptOutcome| matches!(answer, AttemptOutcome::Judged { budget_used_up: true, .. });
        assert_eq!(heard.count(wrong), u64::from(CODES.address_failures.count) - 1);
        assert_eq!(heard.count(used_up), 1, "one attempt uses the budget up");
        let mut failures = 0;
        for number in 0..CHALLENGES {
            failures += store.peek_challenge(&id(round, number)).await.unwrap().unwrap().failures.len();
        }
        assert_eq!(failures, 10);
    })
    .await;
}

async fn racing_right_codes_have_one_winner(store: TestStore) {
    let racer = |store: TestStore, round, number| async move {
        let id = new_challenge(round, round, 0).id;
        verdict(&store.try_code(&id, &typed(CODE, number, 1), &CODES).await.unwrap())
    };
    race(&store, FEW_ROUNDS, a_challenge, racer, async |_, heard| {
        assert_eq!(heard.count(|answer| *answer == TryVerdict::Accepted), 1);
        assert_eq!(heard.count(|answer| *answer == TryVerdict::Spent), RACERS - 1);
    })
    .await;
}

async fn racing_claims_of_an_address_have_one_creator(store: TestStore) {
    let racer = |store: TestStore, round, number| async move {
        store.ensure_account(&address(round), &account(number)).await.unwrap()
    };
    race(&store, FEW_ROUNDS, nothing, racer, async |_, heard| {
        assert_eq!(heard.count(|claim| matches!(claim, AddressLookup::Created(_))), 1);
        let users = heard.iter().map(|claim| claim.clone().into_account().user).collect::<BTreeSet<_>>();
        assert_eq!(users.len(), 1, "all hear of the same account");
    })
    .await;
}

async fn racing_sendings_never_exceed_a_limit(store: TestStore) {
    let mut limits = MANY_SENDS;
    limits.per_address = Limit { count: 20, window: HOUR };
    let racer = |store: TestStore, round, number| async move {
        let new = new_challenge(round, round * RACERS + number, 0);
        let from = network(u8::try_from(number).unwrap());
        store.open_challenge(&new, &from, &CODES, &limits).await.unwrap()
    };
    race(&store, FEW_ROUNDS, nothing, racer, async |_, heard| {
        assert_eq!(heard.count(|answer| matches!(answer, SendOutcome::Sent { .. })), 20);
        assert_eq!(heard.count(|answer| matches!(answer, SendOutcome::Limited { .. })), RACERS - 20);
    })
    .await;
}

async fn racing_resends_send_one_code(store: TestStore) {
    let racer = |store: TestStore, round, number| async move {
        let resend = resend_code(&new_challenge(round, round, 0), 1_000_000 + number, 30);
        store.resend_code(&resend, &network(1), &CODES, &MANY_SENDS).await.unwrap()
    };
    race(&store, FEW_ROUNDS, a_challenge, racer, async |_, heard| {
        assert_eq!(heard.count(|answer| matches!(answer, SendOutcome::Sent { .. })), 1);
        assert_eq!(heard.count(|answer| matches!(answer, SendOutcome::TooSoon { .. })), RACERS - 1);
    })
    .await;
}

async fn racing_openings_of_one_grant_make_one(store: TestStore) {
    let racer = |store: TestStore, round, number| async move {
        let mut account = account(round);
        account.created_at = after(number);
        store.open_grant(&account, &grant(round)).await.unwrap()
    };
    race(&store, FEW_ROUNDS, nothing, racer, async |round, heard| {
        let created = heard.iter().map(|end_user| end_user.created_at).collect::<BTreeSet<_>>();
        assert_eq!(created.len(), 1, "all hear of the same end-user");
        assert_eq!(store.peek_grant(&sid(round)).await.unwrap(), Some(grant(round)));
    })
    .await;
}

async fn racing_revocations_have_one_winner_and_nothing_is_accepted_after(store: TestStore) {
    let racer = |store: TestStore, round, number| async move {
        if number % 2 == 0 {
            let presented = presented(0, 10, round * RACERS + number + 1);
            let _ = store.rotate_refresh(&sid(round), &presented, &ROTATION).await.unwrap();
            return None;
        }
        let revocation = store.revoke_grant(&sid(round), after(10)).await.unwrap();
        let next = presented(1, 10, u64::MAX - number);
        let answer = store.rotate_refresh(&sid(round), &next, &ROTATION).await.unwrap();
        assert!(matches!(answer, Rotation::Judged { verdict: RotationVerdict::Revoked, .. }), "{answer:?}");
        let presence = store.present_access(&sid(round), Generation::new(1), after(10)).await.unwrap();
        assert_eq!(presence.liveness, Liveness::Revoked);
        Some(revocation)
    };
    race(&store, FEW_ROUNDS, a_grant, racer, async |_, heard| {
        assert_eq!(heard.count(|answer| *answer == Some(Revocation::Revoked)), 1);
        assert_eq!(heard.count(|answer| *answer == Some(Revocation::AlreadyRevoked)), RACERS / 2 - 1);
    })
    .await;
}

async fn racing_presences_lose_no_rotation(store: TestStore) {
    let racer = |store: TestStore, round, number| async move {
        if number == 31 {
            let _ = store.rotate_refresh(&sid(round), &presented(0, 10, 1), &ROTATION).await.unwrap();
        } else {
            let _ = store.present_access(&sid(round), Generation::FIRST, after(10)).await.unwrap();
        }
    };
    race(&store, FEW_ROUNDS, a_grant, racer, async |round, _| {
        let row = store.peek_grant(&sid(round)).await.unwrap().unwrap();
        assert_eq!((row.generation, row.seen), (Generation::new(1), false));
    })
    .await;
}

async fn racing_counters_count_each_once(store: TestStore) {
    let limit = Limit { count: 20, window: HOUR };
    let racer = |store: TestStore, _, _| async move {
        let admission = store.admit_stranger(&stranger(1, 0), stranger_limits(limit)).await.unwrap();
        let passed = store.count_organization(&organization(), limit, START).await.unwrap();
        let number = store.next_customer_number(&organization()).await.unwrap();
        (admission, passed, number)
    };
    race(&store, 1, nothing, racer, async |_, heard| {
        assert_eq!(heard.count(|answer| answer.0 == StrangerAdmission::Admitted), 20);
        assert_eq!(heard.count(|answer| answer.1), 1, "the ceiling is passed once");
        let numbers = heard.iter().map(|answer| answer.2).collect::<BTreeSet<_>>();
        assert_eq!(numbers, (1..=RACERS).collect());
    })
    .await;
}
