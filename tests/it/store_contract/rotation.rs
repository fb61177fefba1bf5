//! What a presented refresh token leads to: every verdict, the row after it, and who hears of the holder.

use std::time::Duration;

use tiquo_auth::ports::store::{Holder, Rotation};
use tiquo_auth::protocol::end_user::Account;
use tiquo_auth::protocol::grant::{
    ForeignReason, Generation, Grant, GrantChannel, PresentedToken, Presenter, RepeatWindow, RotationPolicy,
    RotationVerdict,
};
use tiquo_auth::protocol::id::{ClientId, CustomerId};
use tiquo_auth::protocol::mac::MacKeyId;

use super::make::{ROTATION, account, after, attempt, grant, network, presented, proof, sid};
use crate::support::stores::{TestStore, on_every_store};

on_every_store! {
    the_current_generation_is_rotated,
    the_one_before_is_repeated_and_nothing_changes,
    the_same_attempt_hears_the_same_and_rotates_once,
    two_before_is_superseded_and_nothing_changes,
    older_is_reused_and_ends_the_grant,
    newer_is_regressed_and_the_row_catches_up,
    foreign_presenters_change_nothing,
    a_bound_grant_needs_its_key,
    a_revoked_grant_rotates_no_more,
    a_rotation_whose_grant_was_revoked_before_its_retry_is_no_reuse,
    an_expired_refresh_token_changes_nothing,
    an_unknown_grant_is_unknown,
    strict_repeats_nothing,
    a_customer_is_named_only_when_there_is_one,
    a_refresh_token_never_outlives_its_session,
    a_seen_successor_ends_the_recovery,
}

pub(super) async fn open(store: &TestStore, grant: &Grant) {
    store.open_grant(&account(1), grant).await.unwrap();
}

/// The verdict, the row after it (which must be what the store holds) and the holder.
pub(super) async fn judged(
    store: &TestStore,
    presented: &PresentedToken,
    policy: &RotationPolicy,
) -> (RotationVerdict, Grant, Option<Holder>) {
    match store.rotate_refresh(&sid(1), presented, policy).await.unwrap() {
        Rotation::Judged { verdict, grant, holder } => {
            assert_eq!(store.peek_grant(&sid(1)).await.unwrap().as_ref(), Some(&*grant));
            (verdict, *grant, holder)
        }
        Rotation::Unknown => panic!("unknown"),
    }
}

pub(super) async fn rotate(
    store: &TestStore,
    generation: u32,
    seconds: u64,
    number: u64,
) -> (RotationVerdict, Grant, Option<Holder>) {
    judged(store, &presented(generation, seconds, number), &ROTATION).await
}

pub(super) fn holder() -> Holder {
    Holder { email: "Ana.1@Example.com".to_owned(), customer: Some(CustomerId::new("cust_1")) }
}

async fn the_current_generation_is_rotated(store: TestStore) {
    open(&store, &grant(1)).await;
    let from = PresentedToken { network: network(7), ..presented(0, 10, 1) };
    let expected = Grant {
        generation: Generation::new(1),
        rotated_at: after(10),
        mac_key: MacKeyId::new(2),
        last_attempt: attempt(1),
        last_network: network(7),
        expires_at: after(10).plus(ROTATION.lifetime),
        ..grant(1)
    };
    assert_eq!(judged(&store, &from, &ROTATION).await, (RotationVerdict::Rotated, expected, Some(holder())));
    let (verdict, row, _) = rotate(&store, 1, 20, 2).await;
    assert_eq!((verdict, row.generation), (RotationVerdict::Rotated, Generation::new(2)));
    assert_eq!((row.previous_rotated_at, row.rotated_at), (after(10), after(20)));
}

pub(super) fn repeated(window: RepeatWindow, other_network: bool) -> RotationVerdict {
    RotationVerdict::Repeated { window, other_network }
}

async fn the_one_before_is_repeated_and_nothing_changes(store: TestStore) {
    open(&store, &grant(1)).await;
    let (_, row, _) = rotate(&store, 0, 10, 1).await;
    let prompt = repeated(RepeatWindow::Leeway, false);
    assert_eq!(rotate(&store, 0, 40, 2).await, (prompt, row.clone(), Some(holder())));
    let elsewhere = PresentedToken { network: network(9), ..presented(0, 40, 3) };
    let prompt = repeated(RepeatWindow::Leeway, true);
    assert_eq!(judged(&store, &elsewhere, &ROTATION).await, (prompt, row.clone(), Some(holder())));
    let last = 10 + 86_400;
    let late = repeated(RepeatWindow::Recovery, false);
    for seconds in [41, last] {
        assert_eq!(rotate(&store, 0, seconds, 4).await, (late, row.clone(), Some(holder())));
    }
    assert_eq!(rotate(&store, 0, last + 1, 5).await.0, RotationVerdict::Reused);
}

async fn the_same_attempt_hears_the_same_and_rotates_once(store: TestStore) {
    open(&store, &grant(1)).await;
    let first = rotate(&store, 0, 10, 1).await;
    assert_eq!(rotate(&store, 0, 10, 1).await, first);
    assert_eq!(first.1.generation, Generation::new(1));
    let _ = rotate(&store, 1, 20, 2).await;
    let _ = rotate(&store, 2, 30, 3).await;
    let reused = rotate(&store, 0, 90, 4).await;
    assert_eq!(reused.0, RotationVerdict::Reused);
    assert_eq!(rotate(&store, 0, 90, 4).await, reused);
}

async fn two_before_is_superseded_and_nothing_changes(store: TestStore) {
    open(&store, &grant(1)).await;
    let _ = rotate(&store, 0, 10, 1).await;
    let (_, row, _) = rotate(&store, 1, 20, 2).await;
    assert_eq!(rotate(&store, 0, 40, 3).await, (RotationVerdict::Superseded, row, None));
    assert_eq!(rotate(&store, 0, 41, 4).await.0, RotationVerdict::Reused);
}

async fn older_is_reused_and_ends_the_grant(store: TestStore) {
    open(&store, &grant(1)).await;
    for generation in 0..3 {
        let _ = rotate(&store, generation, 10, u64::from(generation)).await;
    }
    let (verdict, row, holder) = rotate(&store, 0, 11, 9).await;
    assert_eq!((verdict, row.revoked_at, holder), (RotationVerdict::Reused, Some(after(11)), None));
    assert_eq!((row.generation, row.last_attempt), (Generation::new(3), attempt(9)));
    assert_eq!(rotate(&store, 3, 12, 10).await.0, RotationVerdict::Revoked, "the genuine one is over too");
}

async fn newer_is_regressed_and_the_row_catches_up(store: TestStore) {
    open(&store, &grant(1)).await;
    let (verdict, row, given) = rotate(&store, 4, 10, 1).await;
    assert_eq!(
        (verdict, row.generation, given),
        (RotationVerdict::Regressed, Generation::new(5), Some(holder()))
    );
    assert_eq!((row.rotated_at, row.previous_rotated_at), (after(10), after(10)));
    assert_eq!(rotate(&store, 5, 11, 2).await.0, RotationVerdict::Rotated);
}

async fn a_bound_grant_needs_its_key(store: TestStore) {
    let bound = Grant { jkt: Some("thumbprint".to_owned()), ..grant(1) };
    open(&store, &bound).await;
    let refused = RotationVerdict::Foreign(ForeignReason::NotTheKey);
    for proof in [None, Some(proof("other", 1)), Some(proof("", 1))] {
        let copied = PresentedToken { proof, ..presented(0, 10, 1) };
        assert_eq!(judged(&store, &copied, &ROTATION).await, (refused, bound.clone(), None));
    }
    let own = PresentedToken { proof: Some(proof("thumbprint", 1)), ..presented(0, 10, 2) };
    let (verdict, row, _) = judged(&store, &own, &ROTATION).await;
    assert_eq!((verdict, row.jkt), (RotationVerdict::Rotated, bound.jkt));
}

async fn foreign_presenters_change_nothing(store: TestStore) {
    let public = Grant { channel: GrantChannel::Public, ..grant(1) };
    open(&store, &public).await;
    let by = |presenter| PresentedToken { presenter, ..presented(0, 10, 1) };
    let other = Some(ClientId::new("dom_b"));
    let at_path = by(Presenter::RefreshPath { client: other });
    let foreign = RotationVerdict::Foreign(ForeignReason::OtherClient);
    assert_eq!(judged(&store, &at_path, &ROTATION).await, (foreign, public.clone(), None));
    let at_endpoint = by(Presenter::TokenEndpoint { client: ClientId::new("dom_b") });
    assert_eq!(judged(&store, &at_endpoint, &ROTATION).await, (foreign, public.clone(), None));
    let own = by(Presenter::TokenEndpoint { client: ClientId::new("dom_a") });
    assert_eq!(judged(&store, &own, &ROTATION).await.0, RotationVerdict::Rotated);

    let confidential = Grant { channel: GrantChannel::Confidential, sid: sid(2), ..grant(1) };
    open(&store, &confidential).await;
    let needs = RotationVerdict::Foreign(ForeignReason::NeedsClientAuthentication);
    let answer = store.rotate_refresh(&sid(2), &presented(0, 10, 2), &ROTATION).await.unwrap();
    let expected = Rotation::Judged { verdict: needs, grant: Box::new(confidential), holder: None };
    assert_eq!(answer, expected);

    let dom = Grant { sid: sid(3), ..grant(1) };
    open(&store, &dom).await;
    let at_endpoint = by(Presenter::TokenEndpoint { client: ClientId::new("dom_a") });
    let answer = store.rotate_refresh(&sid(3), &at_endpoint, &ROTATION).await.unwrap();
    assert_eq!(answer, Rotation::Judged { verdict: foreign, grant: Box::new(dom), holder: None });
}

async fn a_revoked_grant_rotates_no_more(store: TestStore) {
    open(&store, &grant(1)).await;
    let _ = store.revoke_grant(&sid(1), after(5)).await.unwrap();
    let revoked = Grant { revoked_at: Some(after(5)), ..grant(1) };
    for generation in [0, 1, 5] {
        let number = u64::from(generation) + 1;
        assert_eq!(
            rotate(&store, generation, 6, number).await,
            (RotationVerdict::Revoked, revoked.clone(), None)
        );
    }
}

async fn a_rotation_whose_grant_was_revoked_before_its_retry_is_no_reuse(store: TestStore) {
    open(&store, &grant(1)).await;
    let _ = rotate(&store, 0, 10, 1).await;
    let _ = store.revoke_grant(&sid(1), after(11)).await.unwrap();
    assert_eq!(rotate(&store, 0, 10, 1).await.0, RotationVerdict::Revoked);
}

async fn an_expired_refresh_token_changes_nothing(store: TestStore) {
    let short = Grant { expires_at: after(100), ..grant(1) };
    open(&store, &short).await;
    assert_eq!(rotate(&store, 0, 100, 1).await, (RotationVerdict::Expired, short, None));
    assert_eq!(rotate(&store, 0, 99, 2).await.0, RotationVerdict::Rotated);
}

async fn an_unknown_grant_is_unknown(store: TestStore) {
    let answer = store.rotate_refresh(&sid(1), &presented(0, 1, 1), &ROTATION).await.unwrap();
    assert_eq!(answer, Rotation::Unknown);
}

async fn strict_repeats_nothing(store: TestStore) {
    let strict = RotationPolicy { leeway: Duration::ZERO, recovery: Duration::ZERO, ..ROTATION };
    open(&store, &grant(1)).await;
    let first = judged(&store, &presented(0, 10, 1), &strict).await;
    assert_eq!(judged(&store, &presented(0, 10, 1), &strict).await, first, "but our own retry");
    assert_eq!(judged(&store, &presented(0, 10, 2), &strict).await.0, RotationVerdict::Reused);
}

async fn a_customer_is_named_only_when_there_is_one(store: TestStore) {
    let account = Account { customer: None, ..account(1) };
    store.open_grant(&account, &grant(1)).await.unwrap();
    let (_, _, holder) = rotate(&store, 0, 10, 1).await;
    assert_eq!(holder, Some(Holder { email: "Ana.1@Example.com".to_owned(), customer: None }));
}

async fn a_refresh_token_never_outlives_its_session(store: TestStore) {
    open(&store, &Grant { session_end: after(1000), expires_at: after(1000), ..grant(1) }).await;
    assert_eq!(rotate(&store, 0, 999, 1).await.1.expires_at, after(1000));
    assert_eq!(rotate(&store, 1, 1000, 2).await.0, RotationVerdict::Expired);
}

async fn a_seen_successor_ends_the_recovery(store: TestStore) {
    open(&store, &grant(1)).await;
    let _ = rotate(&store, 0, 10, 1).await;
    let _ = store.present_access(&sid(1), Generation::new(1), after(11)).await.unwrap();
    assert_eq!(rotate(&store, 0, 40, 2).await.0, repeated(RepeatWindow::Leeway, false));
    assert_eq!(rotate(&store, 0, 41, 3).await.0, RotationVerdict::Reused);
}
