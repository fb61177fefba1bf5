//! End-users' records, apart from any grant.

use tiquo_auth::protocol::end_user::EndUser;
use tiquo_auth::protocol::standard_claims::StandardClaims;

use super::make::{account, after, grant, sid};
use crate::support::stores::{TestStore, on_every_store};

on_every_store! {
    what_the_operator_says_is_kept_and_replaced_whole,
    claims_make_the_record_of_somebody_who_never_signed_in,
    a_sign_in_leaves_what_the_operator_says,
}

fn claims(json: &str) -> StandardClaims {
    StandardClaims::read(json.as_bytes()).unwrap()
}

async fn what_the_operator_says_is_kept_and_replaced_whole(store: TestStore) {
    store.open_grant(&account(1), &grant(1)).await.unwrap();
    let (bucket, user) = (sid(1).bucket(), account(1).user);
    let steps = [
        ("{}", 1, None),
        (r#"{"nickname":"Ani","address":{"country":"ES"}}"#, 2, Some(2)),
        (r#"{"address":{"country":"ES"},"nickname":"Ani"}"#, 3, Some(2)),
        (r#"{"locale":"es"}"#, 4, Some(4)),
        ("{}", 5, Some(5)),
        ("{}", 6, Some(5)),
    ];
    for (said, at, changed_at) in steps {
        store.put_claims(bucket, &account(1), &claims(said), after(at)).await.unwrap();
        let claims_changed_at = changed_at.map(after);
        let expected = EndUser { claims: claims(said), claims_changed_at, ..EndUser::new(&account(1)) };
        assert_eq!(store.peek_end_user(bucket, &user).await.unwrap(), Some(expected), "{said} at {at}");
    }
}

async fn claims_make_the_record_of_somebody_who_never_signed_in(store: TestStore) {
    let (bucket, user) = (sid(1).bucket(), account(1).user);
    assert_eq!(store.peek_end_user(bucket, &user).await.unwrap(), None);
    store.put_claims(bucket, &account(1), &claims(r#"{"name":"Ana"}"#), after(1)).await.unwrap();
    let claims = claims(r#"{"name":"Ana"}"#);
    let expected = EndUser { claims, claims_changed_at: Some(after(1)), ..EndUser::new(&account(1)) };
    assert_eq!(store.peek_end_user(bucket, &user).await.unwrap(), Some(expected));
}

async fn a_sign_in_leaves_what_the_operator_says(store: TestStore) {
    let bucket = sid(1).bucket();
    store.put_claims(bucket, &account(1), &claims(r#"{"name":"Ana"}"#), after(1)).await.unwrap();
    let end_user = store.open_grant(&account(1), &grant(1)).await.unwrap();
    assert_eq!(end_user.claims, claims(r#"{"name":"Ana"}"#));
}
