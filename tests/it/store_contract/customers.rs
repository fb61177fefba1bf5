//! Customers that are linked to end-users: their limits, their profiles, and what the organization knows of them.

use tiquo_auth::ports::store::{AddressLookup, ClientApiEntry, CustomerPutOutcome, ImportedCustomer};
use tiquo_auth::protocol::budget::Limit;
use tiquo_auth::protocol::end_user::{
    Account, Customer, CustomerSeed, CustomerStanding, CustomerStatus, EndUser,
};
use tiquo_auth::protocol::grant::Generation;
use tiquo_auth::protocol::id::CustomerId;
use tiquo_auth::protocol::profile::{ProfileChange, ProfileField};
use tiquo_auth::protocol::record::Amount;
use tiquo_auth::protocol::window::LimitStanding;

use super::make::{account, address, after, all_at_once, bucket, grant, secs, sid};
use crate::support::stores::{TestStore, on_every_store};

on_every_store! {
    a_request_is_counted_in_every_window,
    a_refused_request_is_not_counted,
    of_a_thousand_at_once_exactly_the_allowed_number_pass,
    two_sessions_of_one_end_user_share_their_limits,
    an_ended_session_is_refused_before_anything_is_counted,
    an_admitted_access_token_marks_its_generation_seen,
    a_profile_changes_where_it_is_asked_to,
    a_profile_without_a_customer_is_not_changed,
    an_imported_customer_is_linked_and_kept,
    what_a_customer_said_of_themselves_survives_an_import_that_is_silent_on_it,
    another_customer_is_not_linked_over_the_first,
    an_account_is_linked_once,
}

const LIMITS: [Limit; 2] = [Limit { count: 2, window: secs(10) }, Limit { count: 3, window: secs(100) }];

async fn open(store: &TestStore) -> EndUser {
    store.open_grant(&account(1), &grant(1)).await.unwrap()
}

async fn admit(store: &TestStore, limits: &[Limit], seconds: u64) -> ClientApiEntry {
    store.admit(&sid(1), &account(1).user, Generation::FIRST, limits, after(seconds)).await.unwrap()
}

/// What is left and until when, in seconds, of each limit.
fn standings(standings: &[LimitStanding]) -> Vec<(u32, u64)> {
    standings.iter().map(|standing| (standing.left, standing.resets_in.as_secs())).collect()
}

fn admitted(entry: &ClientApiEntry) -> Vec<(u32, u64)> {
    let ClientApiEntry::Admitted { standings: after, .. } = entry else { panic!("{entry:?}") };
    standings(after)
}

fn limited(entry: &ClientApiEntry) -> (u64, Vec<(u32, u64)>) {
    let ClientApiEntry::Limited { retry_after, standings: after } = entry else { panic!("{entry:?}") };
    (retry_after.as_secs(), standings(after))
}

fn change(changes: &[(ProfileField, Option<&str>)]) -> ProfileChange {
    let mut change = ProfileChange::default();
    for (field, value) in changes {
        change.set(*field, *value).unwrap();
    }
    change
}

fn imported(changes: &[(ProfileField, Option<&str>)]) -> ImportedCustomer {
    let standing = CustomerStanding {
        status: CustomerStatus::Inactive,
        total_orders: 7,
        total_spent: Amount::from_hundredths(9_876_543_210_987),
        lifetime_value: Amount::from_hundredths(-5),
    };
    ImportedCustomer { seed: account(1).customer.unwrap(), standing, profile: change(changes) }
}

async fn a_request_is_counted_in_every_window(store: TestStore) {
    let end_user = open(&store).await;
    let first = admit(&store, &LIMITS, 0).await;
    let ClientApiEntry::Admitted { end_user: answered, standings: after } = &first else {
        panic!("{first:?}")
    };
    assert_eq!((**answered).clone(), end_user);
    assert_eq!(after.iter().map(|standing| standing.limit).collect::<Vec<_>>(), LIMITS);
    assert_eq!(admitted(&first), [(1, 10), (2, 100)]);
    assert_eq!(admitted(&admit(&store, &LIMITS, 4).await), [(0, 6), (1, 96)]);
    assert_eq!(limited(&admit(&store, &LIMITS, 9).await), (1, vec![(0, 1), (1, 91)]));
    assert_eq!(admitted(&admit(&store, &LIMITS, 10).await), [(1, 10), (0, 90)]);
    assert_eq!(limited(&admit(&store, &LIMITS, 11).await), (89, vec![(1, 9), (0, 89)]));
    assert_eq!(admitted(&admit(&store, &LIMITS, 100).await), [(1, 10), (2, 100)]);
    assert_eq!(admitted(&admit(&store, &[], 100).await), [], "without limits");
}

async fn a_refused_request_is_not_counted(store: TestStore) {
    open(&store).await;
    for _ in 0..2 {
        admitted(&admit(&store, &LIMITS, 0).await);
    }
    for _ in 0..20 {
        limited(&admit(&store, &LIMITS, 1).await);
    }
    assert_eq!(admitted(&admit(&store, &LIMITS, 10).await), [(1, 10), (0, 90)]);
}

async fn of_a_thousand_at_once_exactly_the_allowed_number_pass(store: TestStore) {
    open(&store).await;
    let limits = [Limit { count: 137, window: secs(60) }, Limit { count: 500, window: secs(3600) }];
    let requests = (0..1_000).map(|number| {
        let store = store.clone();
        async move { matches!(admit(&store, &limits, number % 50).await, ClientApiEntry::Admitted { .. }) }
    });
    let passed = all_at_once(requests).await.into_iter().filter(|passed| *passed).count();
    assert_eq!(passed, 137);
}

async fn two_sessions_of_one_end_user_share_their_limits(store: TestStore) {
    open(&store).await;
    let second = tiquo_auth::protocol::id::Sid::new(bucket(1), &[7; 16]);
    store
        .open_grant(&account(1), &tiquo_auth::protocol::grant::Grant { sid: second, ..grant(1) })
        .await
        .unwrap();
    admitted(&admit(&store, &LIMITS, 0).await);
    let other = store.admit(&second, &account(1).user, Generation::FIRST, &LIMITS, after(0)).await.unwrap();
    assert_eq!(admitted(&other), [(0, 10), (1, 100)]);
    store.open_grant(&account(2), &grant(2)).await.unwrap();
    let stranger =
        store.admit(&sid(2), &account(2).user, Generation::FIRST, &LIMITS, after(0)).await.unwrap();
    assert_eq!(admitted(&stranger), [(1, 10), (2, 100)], "another end-user has their own");
}

async fn an_ended_session_is_refused_before_anything_is_counted(store: TestStore) {
    open(&store).await;
    let _ = store.revoke_grant(&sid(1), after(1)).await.unwrap();
    for _ in 0..5 {
        assert_eq!(admit(&store, &LIMITS, 2).await, ClientApiEntry::Revoked);
    }
    let unknown = store.admit(&sid(9), &account(9).user, Generation::FIRST, &LIMITS, after(0)).await.unwrap();
    assert_eq!(unknown, ClientApiEntry::Gone);
    assert_eq!(admit(&store, &LIMITS, 61 * 86_400).await, ClientApiEntry::Revoked);
    store.open_grant(&account(2), &grant(2)).await.unwrap();
    let late =
        store.admit(&sid(2), &account(2).user, Generation::FIRST, &LIMITS, after(60 * 86_400)).await.unwrap();
    assert_eq!(late, ClientApiEntry::Gone, "past the session");
}

async fn an_admitted_access_token_marks_its_generation_seen(store: TestStore) {
    open(&store).await;
    let full = [Limit { count: 0, window: secs(10) }];
    limited(&admit(&store, &full, 0).await);
    assert!(!store.peek_grant(&sid(1)).await.unwrap().unwrap().seen);
    admitted(&admit(&store, &LIMITS, 0).await);
    assert!(store.peek_grant(&sid(1)).await.unwrap().unwrap().seen);
}

async fn a_profile_changes_where_it_is_asked_to(store: TestStore) {
    let mut expected = open(&store).await;
    let steps: [&[(ProfileField, Option<&str>)]; 5] = [
        &[(ProfileField::FirstName, Some("Ana \"é\" 🙂 \\")), (ProfileField::Phone, Some("+34 600 123 456"))],
        &[(ProfileField::ProfilePhoto, Some("https://example.com/a/b.png")), (ProfileField::Phone, None)],
        &[],
        &[(ProfileField::ProfilePhoto, Some("https://example.com/a/b.png"))],
        &[(ProfileField::FirstName, None), (ProfileField::ProfilePhoto, None)],
    ];
    for (step, at) in steps.into_iter().zip(1..) {
        let change = change(step);
        change.apply(&mut expected.customer.as_mut().unwrap().profile);
        // The third says nothing, the fourth what was said before.
        if ![3, 4].contains(&at) {
            expected.claims_changed_at = Some(after(at));
        }
        let answer = store.change_profile(bucket(1), &account(1).user, &change, after(at)).await.unwrap();
        assert_eq!(answer.as_ref(), Some(&expected));
        let ClientApiEntry::Admitted { end_user, .. } = admit(&store, &[], 0).await else { panic!() };
        assert_eq!(*end_user, expected, "and it stays so");
    }
}

async fn a_profile_without_a_customer_is_not_changed(store: TestStore) {
    let unlinked = Account { customer: None, ..account(1) };
    store.open_grant(&unlinked, &grant(1)).await.unwrap();
    let change = change(&[(ProfileField::FirstName, Some("Ana"))]);
    assert_eq!(store.change_profile(bucket(1), &unlinked.user, &change, after(1)).await.unwrap(), None);
    assert_eq!(store.change_profile(bucket(2), &account(2).user, &change, after(1)).await.unwrap(), None);
}

async fn put(store: &TestStore, customer: &ImportedCustomer) -> CustomerPutOutcome {
    store.put_customer(bucket(1), &account(1), customer, after(9)).await.unwrap()
}

async fn an_imported_customer_is_linked_and_kept(store: TestStore) {
    let customer = imported(&[(ProfileField::FirstName, Some("Ana"))]);
    assert_eq!(put(&store, &customer).await, CustomerPutOutcome::Created);
    assert_eq!(put(&store, &customer).await, CustomerPutOutcome::Unchanged);
    let end_user = open(&store).await;
    let mut expected = Customer { standing: customer.standing, ..Customer::new(&customer.seed) };
    customer.profile.apply(&mut expected.profile);
    let claims_changed_at = Some(after(9));
    assert_eq!(
        end_user,
        EndUser { customer: Some(expected), claims_changed_at, ..EndUser::new(&account(1)) }
    );
    let silent = imported(&[]);
    assert_eq!(put(&store, &silent).await, CustomerPutOutcome::Unchanged);
    let paid = ImportedCustomer { standing: CustomerStanding::default(), ..silent };
    assert_eq!(put(&store, &paid).await, CustomerPutOutcome::Updated);
}

async fn what_a_customer_said_of_themselves_survives_an_import_that_is_silent_on_it(store: TestStore) {
    open(&store).await;
    let said = change(&[(ProfileField::LastName, Some("Lopez")), (ProfileField::Phone, Some("112"))]);
    store.change_profile(bucket(1), &account(1).user, &said, after(1)).await.unwrap();
    assert_eq!(
        put(&store, &imported(&[(ProfileField::Phone, Some("911"))])).await,
        CustomerPutOutcome::Updated
    );
    let profile = open(&store).await.customer.unwrap().profile;
    assert_eq!((profile.last_name.as_deref(), profile.phone.as_deref()), (Some("Lopez"), Some("911")));
}

async fn another_customer_is_not_linked_over_the_first(store: TestStore) {
    let end_user = open(&store).await;
    let seed = CustomerSeed { id: CustomerId::new("cust_other"), number: 9 };
    let other = ImportedCustomer { seed, ..imported(&[]) };
    assert_eq!(put(&store, &other).await, CustomerPutOutcome::Other);
    assert_eq!(open(&store).await, end_user);
}

async fn an_account_is_linked_once(store: TestStore) {
    let (one, other) = (account(1).customer.unwrap(), account(2).customer.unwrap());
    assert_eq!(store.link_customer(&address(1), &one).await.unwrap(), None, "nobody has the address");
    assert_eq!(store.peek_account(&address(1)).await.unwrap(), None);
    let unlinked = Account { customer: None, ..account(1) };
    assert_eq!(store.ensure_account(&address(1), &unlinked).await.unwrap(), AddressLookup::Created(unlinked));
    assert_eq!(store.link_customer(&address(1), &one).await.unwrap(), Some(account(1)));
    assert_eq!(store.link_customer(&address(1), &other).await.unwrap(), Some(account(1)), "the first stays");
    assert_eq!(store.peek_account(&address(1)).await.unwrap(), Some(account(1)));
}
