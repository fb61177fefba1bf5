//! What a replaced refresh token gets past the leeway, and proofs of keys that come twice: what the rows keep of both.

use std::time::Duration;

use tiquo_auth::ports::store::{GrantOpening, Rotation};
use tiquo_auth::protocol::dpop::ProofRefusal;
use tiquo_auth::protocol::grant::{
    ForeignReason, Generation, Grant, GrantChannel, LateRepeat, PresentedToken, Presenter, RepeatWindow,
    RotationVerdict,
};
use tiquo_auth::protocol::id::{ClientId, Sid};

use super::make::{ROTATION, account, after, attempt, grant, network, presented, proof, sid};
use super::rotation::{holder, judged, open, repeated, rotate};
use crate::support::stores::{TestStore, on_every_store};

on_every_store! {
    a_late_repeat_elsewhere_is_kept_and_there_is_no_second,
    a_late_repeat_is_kept_beyond_rotations_for_the_recovery_time,
    who_proves_key_or_client_is_repeated_to_from_anywhere,
    rfc9449_11_1_a_proof_is_remembered_with_the_grant,
    rfc9449_11_1_a_proof_signs_in_once,
    rfc9449_11_1_a_proof_that_one_grant_used_refreshes_no_other,
}

async fn a_late_repeat_elsewhere_is_kept_and_there_is_no_second(store: TestStore) {
    open(&store, &grant(1)).await;
    let (_, row, _) = rotate(&store, 0, 10, 1).await;
    let from =
        |third, seconds, number| PresentedToken { network: network(third), ..presented(0, seconds, number) };
    let late = repeated(RepeatWindow::Recovery, true);
    let kept = Grant { late_repeat: Some(LateRepeat { at: after(41), network: network(9) }), ..row };
    let expected = (late, kept.clone(), Some(holder()));
    assert_eq!(judged(&store, &from(9, 41, 2), &ROTATION).await, expected);
    assert_eq!(judged(&store, &from(9, 41, 2), &ROTATION).await, expected, "its own retry");
    assert_eq!(judged(&store, &from(9, 71, 3), &ROTATION).await, expected, "the same one");
    assert_eq!(rotate(&store, 0, 80, 4).await.0, repeated(RepeatWindow::Recovery, false));
    let (verdict, row, given) = judged(&store, &from(8, 81, 5), &ROTATION).await;
    assert_eq!((verdict, row.late_repeat, given), (RotationVerdict::Reused, kept.late_repeat, None));
}

async fn a_late_repeat_is_kept_beyond_rotations_for_the_recovery_time(store: TestStore) {
    open(&store, &grant(1)).await;
    let _ = rotate(&store, 0, 10, 1).await;
    let from = |generation, seconds, number| PresentedToken {
        network: network(9),
        ..presented(generation, seconds, number)
    };
    let late = repeated(RepeatWindow::Recovery, true);
    assert_eq!(judged(&store, &from(0, 41, 2), &ROTATION).await.0, late);
    let day = 86_400;
    let _ = rotate(&store, 1, 40 + day, 3).await;
    let (verdict, row, _) = judged(&store, &from(1, 42 + day + 40, 4), &ROTATION).await;
    assert_eq!((verdict, row.late_repeat.unwrap().at), (late, after(42 + day + 40)));
    let _ = rotate(&store, 2, 200 + day, 5).await;
    assert_eq!(judged(&store, &from(2, 300 + day, 6), &ROTATION).await.0, RotationVerdict::Reused);
}

async fn who_proves_key_or_client_is_repeated_to_from_anywhere(store: TestStore) {
    let bound = Grant { jkt: Some("thumbprint".to_owned()), ..grant(1) };
    open(&store, &bound).await;
    let with = |generation, seconds, number, third| PresentedToken {
        proof: Some(proof("thumbprint", number)),
        network: network(third),
        ..presented(generation, seconds, number)
    };
    let _ = judged(&store, &with(0, 10, 1, 1), &ROTATION).await;
    for (number, third) in [(2, 8), (3, 9), (4, 8)] {
        let (verdict, row, _) = judged(&store, &with(0, 60, number, third), &ROTATION).await;
        assert_eq!((verdict, row.late_repeat), (repeated(RepeatWindow::Recovery, true), None));
    }

    let confidential = Grant { channel: GrantChannel::Confidential, sid: sid(2), ..grant(1) };
    open(&store, &confidential).await;
    let by_client = |seconds, number, third| PresentedToken {
        presenter: Presenter::TokenEndpoint { client: ClientId::new("dom_a") },
        network: network(third),
        ..presented(0, seconds, number)
    };
    let _ = store.rotate_refresh(&sid(2), &by_client(10, 1, 1), &ROTATION).await.unwrap();
    for (number, third) in [(2, 8), (3, 9), (4, 8)] {
        let answer = store.rotate_refresh(&sid(2), &by_client(60, number, third), &ROTATION).await.unwrap();
        let Rotation::Judged { verdict, grant, .. } = answer else { panic!("unknown") };
        assert_eq!((verdict, grant.late_repeat), (repeated(RepeatWindow::Recovery, true), None));
    }
}

async fn rfc9449_11_1_a_proof_is_remembered_with_the_grant(store: TestStore) {
    let bound = Grant { jkt: Some("thumbprint".to_owned()), ..grant(1) };
    open(&store, &bound).await;
    let with = |generation, number, seconds, attempt_number| PresentedToken {
        proof: Some(proof("thumbprint", number)),
        ..presented(generation, seconds, attempt_number)
    };
    let (verdict, row, given) = judged(&store, &with(0, 1, 0, 1), &ROTATION).await;
    assert_eq!(verdict, RotationVerdict::Rotated);
    let retry = judged(&store, &with(0, 1, 0, 1), &ROTATION).await;
    assert_eq!(retry, (RotationVerdict::Rotated, row.clone(), given), "our own retry");
    let refused = |refusal| RotationVerdict::Foreign(ForeignReason::Proof(refusal));
    for generation in [0, 1, 5] {
        let replay = judged(&store, &with(generation, 1, 300, 2), &ROTATION).await;
        assert_eq!(replay, (refused(ProofRefusal::Replayed), row.clone(), None));
    }
    let again = judged(&store, &with(0, 2, 20, 3), &ROTATION).await;
    assert_eq!(again.0, repeated(RepeatWindow::Leeway, false));
    assert_eq!(judged(&store, &with(0, 2, 20, 3), &ROTATION).await, again, "the retry of a repeat");
    for number in 3..9 {
        let _ = judged(&store, &with(u32::try_from(number).unwrap() - 2, number, 20, 10 + number), &ROTATION)
            .await;
    }
    let (verdict, row, _) = judged(&store, &with(7, 9, 300, 30), &ROTATION).await;
    assert_eq!((verdict, row.generation), (refused(ProofRefusal::TooMany), Generation::new(7)));
    let late = PresentedToken { now: after(300).plus(Duration::from_millis(1)), ..with(7, 9, 0, 31) };
    assert_eq!(judged(&store, &late, &ROTATION).await.0, RotationVerdict::Rotated, "the others are over");
    let other_end_user = Grant { user: account(2).user, sid: sid(3), ..bound };
    store.open_grant(&account(2), &other_end_user).await.unwrap();
    let answer = store.rotate_refresh(&sid(3), &with(0, 1, 0, 40), &ROTATION).await.unwrap();
    assert!(
        matches!(answer, Rotation::Judged { verdict: RotationVerdict::Rotated, .. }),
        "another end-user's proofs of that key are others"
    );
}

async fn rfc9449_11_1_a_proof_signs_in_once(store: TestStore) {
    let second = Sid::new(sid(1).bucket(), &[2; 16]);
    let bound = |sid, number| Grant {
        sid,
        jkt: Some("thumbprint".to_owned()),
        last_attempt: attempt(number),
        ..grant(1)
    };
    let open = async |grant: &Grant, number| {
        store.stores().open_grant(&account(1), grant, Some(&proof("thumbprint", number))).await.unwrap()
    };
    let first = open(&bound(sid(1), 1), 1).await;
    assert!(matches!(first, GrantOpening::Opened { .. }));
    assert_eq!(open(&bound(sid(1), 1), 1).await, first, "the same attempt");
    let replay = open(&bound(second, 2), 1).await;
    assert_eq!(replay, GrantOpening::ProofRefused(ProofRefusal::Replayed));
    assert_eq!(store.peek_grant(&second).await.unwrap(), None);
    assert!(matches!(open(&bound(second, 2), 2).await, GrantOpening::Opened { .. }));
    let refresh = PresentedToken { proof: Some(proof("thumbprint", 1)), ..presented(0, 10, 9) };
    assert_eq!(
        judged(&store, &refresh, &ROTATION).await.0,
        RotationVerdict::Rotated,
        "those of refreshes are others"
    );
}

async fn rfc9449_11_1_a_proof_that_one_grant_used_refreshes_no_other(store: TestStore) {
    let second = Sid::new(sid(1).bucket(), &[2; 16]);
    let bound = Grant { jkt: Some("thumbprint".to_owned()), ..grant(1) };
    open(&store, &bound).await;
    open(&store, &Grant { sid: second, ..bound }).await;
    let with = |number, attempt_number| PresentedToken {
        proof: Some(proof("thumbprint", number)),
        ..presented(0, 10, attempt_number)
    };
    assert_eq!(judged(&store, &with(1, 1), &ROTATION).await.0, RotationVerdict::Rotated);
    let verdict = async |presented| match store.rotate_refresh(&second, &presented, &ROTATION).await.unwrap()
    {
        Rotation::Judged { verdict, .. } => verdict,
        Rotation::Unknown => panic!("unknown"),
    };
    let replayed = RotationVerdict::Foreign(ForeignReason::Proof(ProofRefusal::Replayed));
    assert_eq!(verdict(with(1, 2)).await, replayed);
    assert_eq!(verdict(with(2, 2)).await, RotationVerdict::Rotated);
}
