//! Many at once on the way through the authorization code flow.

use tiquo_auth::ports::store::InteractionAdvance;
use tiquo_auth::protocol::authorization_code::CodeVerdict;
use tiquo_auth::protocol::grant::Liveness;
use tiquo_auth::protocol::id::Sid;

use super::make::{account, after, attempt};
use super::make_authorization::{
    app, code, consent, granted, interaction, interaction_id, issue, redeem, redemption, refused, replayed,
    sso_session, stage, without_challenge,
};
use super::race::{FEW_ROUNDS, RACERS, ROUNDS, nothing, race};
use crate::support::stores::{TestStore, on_every_store};

on_every_store! {
    rfc6749_4_1_2_racing_redemptions_of_one_code_have_one_winner,
    rfc6749_4_1_2_racing_replays_end_the_grant_once,
    racing_advances_of_one_revision_have_one_winner,
    racing_first_advances_of_what_was_sealed_have_one_winner,
    racing_openings_of_sessions_make_one_end_user,
}

async fn a_code(store: TestStore, round: u64) {
    issue(&store, round, &code(round)).await;
}

/// The grant that the first use made.
async fn grant_of(store: &TestStore, round: u64) -> Sid {
    store.peek_code(&code(round).id).await.unwrap().unwrap().used.expect("it was used").sid
}

async fn liveness(store: &TestStore, sid: &Sid, seconds: u64) -> Liveness {
    let generation = store.peek_grant(sid).await.unwrap().unwrap().generation;
    store.present_access(sid, generation, after(seconds)).await.unwrap().liveness
}

async fn rfc6749_4_1_2_racing_redemptions_of_one_code_have_one_winner(store: TestStore) {
    let racer = |store: TestStore, round, number| async move {
        (number, redeem(&store, round, round * RACERS + number, 5).await)
    };
    race(&store, ROUNDS, a_code, racer, async |round, heard| {
        let (won, lost) = (granted(round), refused(CodeVerdict::Twice));
        assert_eq!(heard.count(|answer| answer.1 == won), 1);
        assert_eq!(heard.count(|answer| answer.1 == lost), RACERS - 1);
        let (winner, _) = *heard.iter().find(|answer| answer.1 == won).unwrap();
        for number in [winner, (winner + 1) % RACERS, (winner + 17) % RACERS] {
            let made = redemption(round, round * RACERS + number, 5).grant;
            let expected = (number == winner).then_some(&made);
            assert_eq!(store.peek_grant(&made.sid).await.unwrap().as_ref(), expected, "only the winner's");
        }
        let sid = grant_of(&store, round).await;
        assert_eq!(liveness(&store, &sid, 15).await, Liveness::Alive);
        assert_eq!(redeem(&store, round, u64::MAX, 16).await, replayed(Some(sid)), "11 s later");
        assert_eq!(liveness(&store, &sid, 16).await, Liveness::Revoked);
        assert_eq!(redeem(&store, round, u64::MAX - 1, 17).await, replayed(None));
    })
    .await;
}

async fn rfc6749_4_1_2_racing_replays_end_the_grant_once(store: TestStore) {
    // Without a challenge no use proves anything: all but the first are replays, at once.
    let setup = |store: TestStore, round| async move {
        issue(&store, round, &without_challenge(code(round))).await;
    };
    let racer = |store: TestStore, round, number| async move {
        redeem(&store, round, round * RACERS + number, 5).await
    };
    race(&store, FEW_ROUNDS, setup, racer, async |round, heard| {
        let sid = grant_of(&store, round).await;
        assert_eq!(heard.count(|answer| *answer == granted(round)), 1);
        assert_eq!(heard.count(|answer| *answer == replayed(Some(sid))), 1);
        assert_eq!(heard.count(|answer| *answer == replayed(None)), RACERS - 2);
        assert_eq!(liveness(&store, &sid, 5).await, Liveness::Revoked);
    })
    .await;
}

async fn racing_advances_of_one_revision_have_one_winner(store: TestStore) {
    let setup = |store: TestStore, round| async move {
        store.open_interaction(&interaction(round)).await.unwrap();
    };
    race_advances(&store, setup).await;
}

async fn racing_first_advances_of_what_was_sealed_have_one_winner(store: TestStore) {
    race_advances(&store, nothing).await;
}

async fn race_advances<S>(store: &TestStore, setup: impl Fn(TestStore, u64) -> S)
where
    S: Future<Output = ()> + Send + 'static,
{
    let racer = |store: TestStore, round, number| async move {
        let (seen, stage) = (interaction(round), stage(number));
        (stage.clone(), store.advance_interaction(&seen, &stage, attempt(number)).await.unwrap())
    };
    race(store, ROUNDS, setup, racer, async |round, heard| {
        assert_eq!(heard.count(|answer| answer.1 == InteractionAdvance::Advanced), 1);
        assert_eq!(heard.count(|answer| answer.1 == InteractionAdvance::Moved), RACERS - 1);
        let (stage, _) = heard.iter().find(|answer| answer.1 == InteractionAdvance::Advanced).unwrap();
        let row = store.peek_interaction(&interaction_id(round)).await.unwrap().unwrap();
        assert_eq!((row.revision, &row.stage), (1, stage), "the winner's");
    })
    .await;
}

async fn racing_openings_of_sessions_make_one_end_user(store: TestStore) {
    let racer = |store: TestStore, round, number| async move {
        let mut account = account(round);
        account.created_at = after(number);
        let session = sso_session(round, number);
        let standing = store.open_sso_session(&account, &session, &app(), None).await.unwrap();
        store.issue_code(&code(round), Some(&consent(&app(), "openid"))).await.unwrap();
        assert_eq!(standing.session, session);
        standing.end_user
    };
    race(&store, FEW_ROUNDS, nothing, racer, async |round, heard| {
        let standing =
            store.peek_sso_session(&sso_session(round, 63).id, Some(&app())).await.unwrap().unwrap();
        let end_user = standing.end_user;
        assert_eq!(heard.count(|other| *other == end_user), RACERS, "all hear of the same end-user");
        assert_eq!(standing.consent, Some(consent(&app(), "openid")));
    })
    .await;
}
