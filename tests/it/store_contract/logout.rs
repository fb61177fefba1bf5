//! The end of a session at the issuer: who took part in it, and what ends with it.

use tiquo_auth::ports::store::{EndedSsoSession, Participant, RedemptionOutcome, SsoSessionEnd};
use tiquo_auth::protocol::authorization_code::{AuthorizationCode, CodeVerdict, Redemption};
use tiquo_auth::protocol::grant_extensions::GrantExtensions;
use tiquo_auth::protocol::id::{ClientId, CodeId, OrganizationId, Sid};
use tiquo_auth::protocol::logout::{LogoutRequest, PendingLogout};
use tiquo_auth::protocol::opaque::Opaque;
use tiquo_auth::protocol::sso::{SsoRoot, SsoSession};

use super::make::{account, after, attempt, bucket, bytes};
use super::make_authorization::{
    app, code, granted, pending_logout, redemption, refused, scope, sso_session,
};
use super::race::{FEW_ROUNDS, RACERS, race};
use crate::support::stores::{TestStore, on_every_store};

on_every_store! {
    backchannel_2_7_the_grants_of_a_session_end_with_it,
    backchannel_2_7_with_offline_access_a_grant_lives_on,
    a_grant_of_another_session_lives_on,
    a_grant_that_has_ended_before_is_told_of_but_did_not_end_here,
    a_code_of_an_ended_session_makes_no_grant,
    a_code_with_offline_access_makes_one_all_the_same,
    the_same_attempt_hears_of_the_same_end,
    signing_in_again_goes_on_under_the_root,
    another_end_user_begins_anew,
    a_session_that_has_ended_is_not_gone_on_with,
    a_redemption_that_comes_again_takes_part_once,
    a_logout_request_is_kept_as_it_is_and_never_changes,
    racing_ends_of_one_session_have_one_winner,
    racing_a_redemption_an_end_leaves_no_live_grant,
    racing_a_new_sign_in_an_end_loses_nobody,
}

/// The code of an end-user in a session, and how `client` redeems it.
fn in_session(
    number: u64,
    root: SsoRoot,
    which: u64,
    client: &str,
    granted: &str,
) -> (AuthorizationCode, Redemption) {
    let mut code = code(number);
    code.id = CodeId::of(&Opaque::new(bucket(number), bytes(b'y', which)));
    code.terms.client = ClientId::new(client);
    code.terms.scope = scope(granted);
    code.terms.extensions = GrantExtensions { sso: Some(root), ..GrantExtensions::default() };
    let mut redemption = redemption(number, which, 5);
    redemption.grant.client = code.terms.client.clone();
    redemption.grant.scope = code.terms.scope.clone();
    redemption.grant.extensions = code.terms.extensions.clone();
    (code, redemption)
}

async fn open(store: &TestStore, number: u64, which: u64, before: Option<u64>) -> SsoSession {
    let session = sso_session(number, which);
    let before = before.map(|which| sso_session(number, which).id);
    let standing = store.open_sso_session(&account(number), &session, &app(), before.as_ref()).await;
    standing.unwrap().session
}

async fn redeem(
    store: &TestStore,
    number: u64,
    code: &AuthorizationCode,
    by: &Redemption,
) -> RedemptionOutcome {
    store.redeem_code(&code.id, &account(number).user, by).await.unwrap()
}

/// A client takes part in a session.
async fn join(
    store: &TestStore,
    number: u64,
    root: SsoRoot,
    which: u64,
    client: &str,
    granted_scope: &str,
) -> Sid {
    let (code, redemption) = in_session(number, root, which, client, granted_scope);
    store.issue_code(&code, None).await.unwrap();
    assert_eq!(redeem(store, number, &code, &redemption).await, granted(number));
    redemption.grant.sid
}

async fn end(store: &TestStore, number: u64, which: u64, attempt_number: u64) -> SsoSessionEnd {
    let id = sso_session(number, which).id;
    let mut ended = store.end_sso_session(&id, attempt(attempt_number), after(10)).await.unwrap();
    if let SsoSessionEnd::Ended(ended) = &mut ended {
        ended.participants.sort();
    }
    ended
}

fn took_part(client: &str, sid: Sid, revoked: bool) -> Participant {
    Participant { client: ClientId::new(client), sid, revoked }
}

async fn is_revoked(store: &TestStore, sid: &Sid) -> bool {
    store.peek_grant(sid).await.unwrap().unwrap().revoked_at.is_some()
}

async fn backchannel_2_7_the_grants_of_a_session_end_with_it(store: TestStore) {
    let session = open(&store, 1, 0, None).await;
    let one = join(&store, 1, session.root, 1, "app:a", "openid").await;
    let two = join(&store, 1, session.root, 2, "app:b", "openid profile:read").await;
    let mut participants = vec![took_part("app:a", one, true), took_part("app:b", two, true)];
    participants.sort();
    assert_eq!(end(&store, 1, 0, 7).await, SsoSessionEnd::Ended(EndedSsoSession { session, participants }));
    for sid in [one, two] {
        let grant = store.peek_grant(&sid).await.unwrap().unwrap();
        assert_eq!(grant.revoked_at, Some(after(10)));
    }
}

async fn backchannel_2_7_with_offline_access_a_grant_lives_on(store: TestStore) {
    let session = open(&store, 1, 0, None).await;
    let one = join(&store, 1, session.root, 1, "app:a", "offline_access openid").await;
    let participants = vec![took_part("app:a", one, false)];
    assert_eq!(end(&store, 1, 0, 7).await, SsoSessionEnd::Ended(EndedSsoSession { session, participants }));
    assert!(!is_revoked(&store, &one).await);
}

async fn a_grant_of_another_session_lives_on(store: TestStore) {
    let (here, there) = (open(&store, 1, 0, None).await, open(&store, 1, 1, None).await);
    let one = join(&store, 1, here.root, 1, "app:a", "openid").await;
    let two = join(&store, 1, there.root, 2, "app:a", "openid").await;
    let ended = end(&store, 1, 0, 7).await.ended().unwrap();
    assert_eq!(ended.participants, [took_part("app:a", one, true)]);
    assert!(is_revoked(&store, &one).await && !is_revoked(&store, &two).await);
}

async fn a_grant_that_has_ended_before_is_told_of_but_did_not_end_here(store: TestStore) {
    let session = open(&store, 1, 0, None).await;
    let revoked = join(&store, 1, session.root, 1, "app:a", "openid").await;
    let _ = store.revoke_grant(&revoked, after(6)).await.unwrap();
    let (code, mut redemption) = in_session(1, session.root, 2, "app:b", "openid");
    redemption.grant.session_end = after(9);
    store.issue_code(&code, None).await.unwrap();
    let _ = redeem(&store, 1, &code, &redemption).await;
    let mut participants =
        vec![took_part("app:a", revoked, false), took_part("app:b", redemption.grant.sid, false)];
    participants.sort();
    assert_eq!(end(&store, 1, 0, 7).await.ended().unwrap().participants, participants);
    let row = store.peek_grant(&revoked).await.unwrap().unwrap();
    assert_eq!(row.revoked_at, Some(after(6)), "it stays as it was");
}

async fn a_code_of_an_ended_session_makes_no_grant(store: TestStore) {
    let session = open(&store, 1, 0, None).await;
    let (code, redemption) = in_session(1, session.root, 1, "app:a", "openid");
    store.issue_code(&code, None).await.unwrap();
    let _ = end(&store, 1, 0, 7).await;
    assert_eq!(redeem(&store, 1, &code, &redemption).await, refused(CodeVerdict::Expired));
    assert_eq!(store.peek_grant(&redemption.grant.sid).await.unwrap(), None);
    assert_eq!(store.peek_code(&code.id).await.unwrap(), Some(code));
}

async fn a_code_with_offline_access_makes_one_all_the_same(store: TestStore) {
    let session = open(&store, 1, 0, None).await;
    let (code, redemption) = in_session(1, session.root, 1, "app:a", "offline_access openid");
    store.issue_code(&code, None).await.unwrap();
    let _ = end(&store, 1, 0, 7).await;
    assert_eq!(redeem(&store, 1, &code, &redemption).await, granted(1));
    assert!(!is_revoked(&store, &redemption.grant.sid).await);
    assert_eq!(end(&store, 1, 0, 7).await.ended().unwrap().participants, [], "it came too late to take part");
}

async fn the_same_attempt_hears_of_the_same_end(store: TestStore) {
    let session = open(&store, 1, 0, None).await;
    let one = join(&store, 1, session.root, 1, "app:a", "openid").await;
    join(&store, 1, session.root, 2, "app:b", "openid offline_access").await;
    let first = end(&store, 1, 0, 7).await;
    assert!(matches!(first, SsoSessionEnd::Ended(_)));
    assert_eq!(end(&store, 1, 0, 7).await, first);
    assert_eq!(end(&store, 1, 0, 8).await, SsoSessionEnd::EndedBefore);
    assert_eq!(store.peek_grant(&one).await.unwrap().unwrap().revoked_at, Some(after(10)));
}

async fn signing_in_again_goes_on_under_the_root(store: TestStore) {
    let first = open(&store, 1, 0, None).await;
    let one = join(&store, 1, first.root, 1, "app:a", "openid").await;
    let (code, redemption) = in_session(1, first.root, 3, "app:c", "openid");
    store.issue_code(&code, None).await.unwrap();
    let second = open(&store, 1, 1, Some(0)).await;
    assert_eq!(second, SsoSession { root: first.root, ..sso_session(1, 1) });
    assert_eq!(store.peek_sso_session(&first.id, Some(&app())).await.unwrap(), None, "its place is taken");
    assert_eq!(end(&store, 1, 0, 5).await, SsoSessionEnd::NotFound, "it goes on under another id");
    assert!(!is_revoked(&store, &one).await);
    assert_eq!(redeem(&store, 1, &code, &redemption).await, granted(1), "a code of before the sign-in");
    let third = open(&store, 1, 2, Some(1)).await;
    assert_eq!(third.root, first.root);
    assert_eq!(open(&store, 1, 2, Some(1)).await, third, "the same once more");
    let two = join(&store, 1, third.root, 2, "app:b", "openid").await;
    let mut all = vec![
        took_part("app:a", one, true),
        took_part("app:b", two, true),
        took_part("app:c", redemption.grant.sid, true),
    ];
    all.sort();
    assert_eq!(
        end(&store, 1, 2, 7).await,
        SsoSessionEnd::Ended(EndedSsoSession { session: third, participants: all })
    );
}

async fn another_end_user_begins_anew(store: TestStore) {
    // Two end-users whose bucket is the same, and one of another bucket.
    let (one, two, three) = (1, 1 + (1 << 16), 2);
    let before = open(&store, one, 0, None).await;
    for (number, which) in [(two, 1), (three, 2)] {
        let session = sso_session(number, which);
        let opened = store.open_sso_session(&account(number), &session, &app(), Some(&before.id)).await;
        assert_eq!(opened.unwrap().session.root, session.root);
    }
    let elsewhere = SsoSession { organization: OrganizationId::new("org_b"), ..sso_session(one, 3) };
    let opened = store.open_sso_session(&account(one), &elsewhere, &app(), Some(&before.id)).await;
    assert_eq!(opened.unwrap().session.root, elsewhere.root);
    assert!(store.peek_sso_session(&before.id, Some(&app())).await.unwrap().is_some(), "it is as it was");
}

async fn a_session_that_has_ended_is_not_gone_on_with(store: TestStore) {
    let first = open(&store, 1, 0, None).await;
    let _ = end(&store, 1, 0, 7).await;
    let second = open(&store, 1, 1, Some(0)).await;
    assert_eq!(second.root, sso_session(1, 1).root);
    let (code, redemption) = in_session(1, first.root, 1, "app:a", "openid");
    store.issue_code(&code, None).await.unwrap();
    assert_eq!(redeem(&store, 1, &code, &redemption).await, refused(CodeVerdict::Expired));
    let third = open(&store, 1, 2, Some(9)).await;
    assert_eq!(third.root, sso_session(1, 2).root, "nor one that was never there");
}

async fn a_redemption_that_comes_again_takes_part_once(store: TestStore) {
    let session = open(&store, 1, 0, None).await;
    let (code, redemption) = in_session(1, session.root, 1, "app:a", "openid");
    store.issue_code(&code, None).await.unwrap();
    for _ in 0..3 {
        assert_eq!(redeem(&store, 1, &code, &redemption).await, granted(1));
    }
    let took_part = vec![took_part("app:a", redemption.grant.sid, true)];
    assert_eq!(end(&store, 1, 0, 7).await.ended().unwrap().participants, took_part);
    assert_eq!(redeem(&store, 1, &code, &redemption).await, granted(1), "its own attempt, after the end");
    assert!(is_revoked(&store, &redemption.grant.sid).await, "but nothing rises again");
}

async fn a_logout_request_is_kept_as_it_is_and_never_changes(store: TestStore) {
    let (full, other) = (pending_logout(1), pending_logout(2));
    let bare = PendingLogout {
        request: LogoutRequest {
            client: None,
            hint: None,
            redirect_uri: None,
            not_back: true,
            is_proven: true,
            state: None,
            ui_locale: None,
        },
        ..other.clone()
    };
    for pending in [&full, &bare] {
        assert_eq!(store.peek_logout(&pending.id).await.unwrap(), None);
        store.open_logout(pending).await.unwrap();
        assert_eq!(store.peek_logout(&pending.id).await.unwrap().as_ref(), Some(pending));
    }
    store.open_logout(&other).await.unwrap();
    assert_eq!(store.peek_logout(&other.id).await.unwrap(), Some(bare));
}

async fn racing_ends_of_one_session_have_one_winner(store: TestStore) {
    let setup = |store: TestStore, round| async move {
        let session = open(&store, round, 0, None).await;
        join(&store, round, session.root, round, "app:a", "openid").await;
    };
    let racer = |store: TestStore, round, number| async move { end(&store, round, 0, number).await.ended() };
    race(&store, FEW_ROUNDS, setup, racer, async |round, heard| {
        assert_eq!(heard.count(Option::is_some), 1);
        let winner = heard.iter().flatten().next().unwrap();
        let sid = redemption(round, round, 5).grant.sid;
        assert_eq!(winner.participants, [took_part("app:a", sid, true)]);
    })
    .await;
}

async fn racing_a_redemption_an_end_leaves_no_live_grant(store: TestStore) {
    let setup = |store: TestStore, round| async move {
        let session = open(&store, round, 0, None).await;
        for number in 1..RACERS {
            let which = round * RACERS + number;
            let (code, _) = in_session(round, session.root, which, "app:a", "openid");
            store.issue_code(&code, None).await.unwrap();
        }
    };
    let racer = |store: TestStore, round, number| async move {
        let root = sso_session(round, 0).root;
        if number == 0 {
            return end(&store, round, 0, 1).await.ended().map(|ended| ended.participants.len() as u64);
        }
        let which = round * RACERS + number;
        let (code, redemption) = in_session(round, root, which, "app:a", "openid");
        (redeem(&store, round, &code, &redemption).await == granted(round)).then_some(0)
    };
    race(&store, FEW_ROUNDS, setup, racer, async |round, heard| {
        let made = heard.iter().flatten().count() as u64 - 1;
        assert_eq!(heard.iter().flatten().max(), Some(&made), "the end tells of every grant that was made");
        for number in 1..RACERS {
            let sid = redemption(round, round * RACERS + number, 5).grant.sid;
            if let Some(grant) = store.peek_grant(&sid).await.unwrap() {
                assert!(grant.revoked_at.is_some(), "none lives on");
            }
        }
    })
    .await;
}

async fn racing_a_new_sign_in_an_end_loses_nobody(store: TestStore) {
    let setup = |store: TestStore, round| async move {
        let session = open(&store, round, 0, None).await;
        join(&store, round, session.root, round, "app:a", "openid").await;
    };
    let racer = |store: TestStore, round, number| async move {
        if number % 2 == 0 {
            end(&store, round, 0, number).await.ended().is_some()
        } else {
            open(&store, round, 100 + number, Some(0)).await.root == sso_session(round, 0).root
        }
    };
    race(&store, FEW_ROUNDS, setup, racer, async |round, heard| {
        assert_eq!(heard.count(|won| *won), 1, "either it ended, or one sign-in goes on with it");
        let sid = redemption(round, round, 5).grant.sid;
        let ends = store.peek_grant(&sid).await.unwrap().is_some_and(|grant| grant.revoked_at.is_some());
        let mut roots = 0;
        for number in (1..RACERS).step_by(2) {
            let id = sso_session(round, 100 + number).id;
            let standing = store.peek_sso_session(&id, Some(&app())).await.unwrap();
            roots += u64::from(standing.is_some_and(|it| it.session.root == sso_session(round, 0).root));
        }
        assert_eq!((ends, roots), if ends { (true, 0) } else { (false, 1) });
    })
    .await;
}
