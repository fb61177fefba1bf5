//! The end of a session in which very many grants were made.

use std::sync::Mutex;

use tiquo_auth::ports::store::SsoSessionEnd;
use tiquo_auth::protocol::grant::Grant;
use tiquo_auth::protocol::grant_extensions::GrantExtensions;
use tiquo_auth::protocol::id::{ClientId, CodeId, Sid};
use tiquo_auth::protocol::opaque::Opaque;
use tiquo_auth::protocol::sso::SsoRoot;

use super::make::{account, after, attempt, bucket, bytes, grant, sid};
use super::make_authorization::{app, code, redemption, scope, sso_session};
use crate::support::stores::{TestStore, on_every_store};

on_every_store! {
    a_session_of_very_many_grants_ends_whole,
    others_are_served_while_a_long_session_ends,
    the_same_attempt_hears_of_the_same_long_end,
    of_two_attempts_at_a_long_end_one_wins,
}

/// More than the stores end in several steps.
const MANY: u64 = 1_300;

/// A grant of one of sixty clients, so that none has a hundred.
pub(crate) async fn join(store: &TestStore, root: SsoRoot, which: u64) -> Sid {
    let mut code = code(1);
    code.id = CodeId::of(&Opaque::new(bucket(1), bytes(b'y', which)));
    code.terms.client = ClientId::new(format!("app:{}", which % 60));
    code.terms.scope = scope("openid");
    code.terms.extensions = GrantExtensions { sso: Some(root), ..GrantExtensions::default() };
    let mut redemption = redemption(1, which, 5);
    redemption.grant = Grant {
        client: code.terms.client.clone(),
        scope: code.terms.scope.clone(),
        extensions: code.terms.extensions.clone(),
        ..redemption.grant
    };
    store.issue_code(&code, None).await.unwrap();
    let _ = store.redeem_code(&code.id, &account(1).user, &redemption).await.unwrap();
    redemption.grant.sid
}

async fn open(store: &TestStore) -> Vec<Sid> {
    let session =
        store.open_sso_session(&account(1), &sso_session(1, 0), &app(), None).await.unwrap().session;
    let joining = |which| {
        let store = store.clone();
        async move { join(&store, session.root, which).await }
    };
    super::make::all_at_once((1..=MANY).map(joining)).await
}

async fn are_revoked(store: &TestStore, sids: &[Sid]) {
    for sid in sids {
        let grant = store.peek_grant(sid).await.unwrap().unwrap();
        assert!(grant.revoked_at.is_some());
    }
}

async fn a_session_of_very_many_grants_ends_whole(store: TestStore) {
    let sids = open(&store).await;
    let ended =
        store.end_sso_session(&sso_session(1, 0).id, attempt(7), after(10)).await.unwrap().ended().unwrap();
    let mut told = ended.participants.iter().map(|one| one.sid).collect::<Vec<_>>();
    told.sort();
    let mut expected = sids.clone();
    expected.sort();
    assert_eq!(told, expected, "each is told of once");
    assert!(ended.participants.iter().all(|one| one.revoked));
    are_revoked(&store, &sids).await;
    assert!(store.peek_sso_session(&sso_session(1, 0).id, Some(&app())).await.unwrap().is_none());
}

async fn others_are_served_while_a_long_session_ends(store: TestStore) {
    open(&store).await;
    // In the same bucket, so that on a cluster it is the same node.
    let neighbour = 1 + (1 << 16);
    let other = Grant { sid: Sid::new(sid(1).bucket(), &[9; 16]), ..grant(neighbour) };
    let order = Mutex::new(Vec::new());
    let id = sso_session(1, 0).id;
    let ending = async {
        store.end_sso_session(&id, attempt(7), after(10)).await.unwrap().ended().unwrap();
        order.lock().unwrap().push("the end");
    };
    let signing_in = async {
        store.open_grant(&account(neighbour), &other).await.unwrap();
        order.lock().unwrap().push("a sign-in that came after it began");
    };
    // Both are sent at once, in this order.
    tokio::join!(biased; ending, signing_in);
    assert_eq!(order.into_inner().unwrap(), ["a sign-in that came after it began", "the end"]);
}

async fn the_same_attempt_hears_of_the_same_long_end(store: TestStore) {
    open(&store).await;
    let id = sso_session(1, 0).id;
    let end = async || {
        let mut ended = store.end_sso_session(&id, attempt(7), after(10)).await.unwrap().ended().unwrap();
        ended.participants.sort();
        ended
    };
    let first = end().await;
    assert_eq!(end().await, first);
    assert_eq!(store.end_sso_session(&id, attempt(8), after(11)).await.unwrap(), SsoSessionEnd::EndedBefore);
}

async fn of_two_attempts_at_a_long_end_one_wins(store: TestStore) {
    let sids = open(&store).await;
    let id = sso_session(1, 0).id;
    let end = async |number| store.end_sso_session(&id, attempt(number), after(10)).await.unwrap().ended();
    let (one, two) = tokio::join!(end(7), end(8));
    assert_eq!(u8::from(one.is_some()) + u8::from(two.is_some()), 1, "one of them tells the clients");
    let ended = one.or(two).unwrap();
    assert_eq!(ended.participants.len() as u64, MANY);
    are_revoked(&store, &sids).await;
}
