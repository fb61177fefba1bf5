//! Orders, bookings and enquiries.

use std::collections::BTreeMap;

use tiquo_auth::ports::store::{RecordListing, RecordsPutOutcome, WriteCounts};
use tiquo_auth::protocol::id::{CustomerId, OrganizationId, UserId};
use tiquo_auth::protocol::record::{CustomerKey, Record, RecordId, RecordKind, RecordQuery, RecordStatus};

use super::make::{after, all_at_once};
use crate::support::stores::{TestStore, on_every_store};

on_every_store! {
    one_end_user_gets_a_customers_place,
    records_of_an_unknown_customer_are_refused,
    a_page_is_the_newest_records_and_the_next_goes_on,
    records_of_one_moment_are_each_listed_once,
    a_status_has_pages_of_its_own,
    a_record_that_changes_moves_and_is_not_copied,
    writing_the_same_again_changes_nothing,
    a_cursor_of_elsewhere_is_unknown,
    random_lists_are_as_a_sorted_list_is,
    ten_thousand_are_walked_while_more_come_in,
}

const ORDER: RecordKind = RecordKind::Order;

fn key(organization: &str, customer: &str) -> CustomerKey {
    CustomerKey { organization: OrganizationId::new(organization), customer: CustomerId::new(customer) }
}

async fn customer(store: &TestStore) -> CustomerKey {
    let key = key("org_a", "cust_1");
    assert!(store.assign_customer(&key, &UserId::new("user_1")).await.unwrap());
    key
}

fn record(id: &str, seconds: u64, status: u8) -> Record {
    Record {
        id: RecordId::parse(id).unwrap(),
        created_at: after(seconds),
        status: RecordStatus::at(status),
        json: format!(r#"{{"id":"{id}","status":{status},"text":"é \" 🙂"}}"#),
    }
}

async fn put(store: &TestStore, key: &CustomerKey, kind: RecordKind, records: &[Record]) -> [u64; 3] {
    let RecordsPutOutcome::Written(WriteCounts { created, updated, unchanged }) =
        store.put_records(key, kind, records).await.unwrap()
    else {
        panic!("the customer is unknown")
    };
    [created, updated, unchanged]
}

fn query(limit: u8, cursor: Option<&str>, status: Option<u8>) -> RecordQuery {
    RecordQuery {
        limit,
        cursor: cursor.map(|id| RecordId::parse(id).unwrap()),
        status: status.map(RecordStatus::at),
    }
}

fn id_of(json: &str) -> String {
    serde_json::from_str::<serde_json::Value>(json).unwrap()["id"].as_str().unwrap().to_owned()
}

/// The ids of a page, and of its cursor.
async fn page(
    store: &TestStore,
    key: &CustomerKey,
    kind: RecordKind,
    query: &RecordQuery,
) -> (Vec<String>, Option<String>) {
    let RecordListing::Page { records, next } = store.list_records(key, kind, query).await.unwrap() else {
        panic!("the cursor is unknown")
    };
    (records.iter().map(|json| id_of(json)).collect(), next.map(String::from))
}

/// All pages from the beginning.
async fn walk(store: &TestStore, key: &CustomerKey, limit: u8, status: Option<u8>) -> Vec<String> {
    let (mut all, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let (ids, next) = page(store, key, ORDER, &query(limit, cursor.as_deref(), status)).await;
        all.extend(ids);
        match next {
            Some(id) => cursor = Some(id),
            None => return all,
        }
    }
}

async fn one_end_user_gets_a_customers_place(store: TestStore) {
    let place = key("org_a", "cust_1");
    let claims = (0..16).map(|number| {
        let (store, place) = (store.clone(), place.clone());
        async move {
            let user = UserId::new(format!("user_{number}"));
            store.assign_customer(&place, &user).await.unwrap().then_some(user)
        }
    });
    let won = all_at_once(claims).await;
    let won = won.into_iter().flatten().collect::<Vec<_>>();
    assert_eq!(won.len(), 1);
    assert!(store.assign_customer(&place, &won[0]).await.unwrap(), "the same again");
    let other = UserId::new("user_1");
    assert!(store.assign_customer(&key("org_b", "cust_1"), &other).await.unwrap(), "another organization's");
}

async fn records_of_an_unknown_customer_are_refused(store: TestStore) {
    customer(&store).await;
    for unknown in [key("org_a", "cust_2"), key("org_b", "cust_1")] {
        let answer = store.put_records(&unknown, ORDER, &[record("a", 0, 0)]).await.unwrap();
        assert_eq!(answer, RecordsPutOutcome::UnknownCustomer);
        let listed = page(&store, &unknown, ORDER, &query(10, None, None)).await;
        assert_eq!(listed, (vec![], None));
    }
}

async fn a_page_is_the_newest_records_and_the_next_goes_on(store: TestStore) {
    let key = customer(&store).await;
    let records = ["a", "b", "c", "d", "e"].iter().zip([3, 1, 5, 2, 4]);
    let records = records.map(|(id, seconds)| record(id, seconds, 0)).collect::<Vec<_>>();
    assert_eq!(put(&store, &key, ORDER, &records).await, [5, 0, 0]);
    let first = page(&store, &key, ORDER, &query(2, None, None)).await;
    assert_eq!(first, (vec!["c".to_owned(), "e".to_owned()], Some("e".to_owned())));
    assert_eq!(walk(&store, &key, 2, None).await, ["c", "e", "a", "d", "b"]);
    let whole = page(&store, &key, ORDER, &query(5, None, None)).await;
    assert_eq!((whole.0.len(), whole.1), (5, None), "a page that is just full is the last");
    let RecordListing::Page { records: shown, .. } =
        store.list_records(&key, ORDER, &query(1, None, None)).await.unwrap()
    else {
        panic!()
    };
    assert_eq!(shown, [record("c", 5, 0).json], "to the byte");
}

async fn records_of_one_moment_are_each_listed_once(store: TestStore) {
    let key = customer(&store).await;
    let records = (0..30).map(|number| record(&format!("r{number}"), 7, 0)).collect::<Vec<_>>();
    put(&store, &key, ORDER, &records).await;
    let mut walked = walk(&store, &key, 4, None).await;
    assert_eq!(walked.len(), 30);
    walked.sort();
    walked.dedup();
    assert_eq!(walked.len(), 30);
}

async fn a_status_has_pages_of_its_own(store: TestStore) {
    let key = customer(&store).await;
    let records = (0..9_u8).map(|n| record(&format!("r{n}"), n.into(), n % 3)).collect::<Vec<_>>();
    put(&store, &key, ORDER, &records).await;
    assert_eq!(walk(&store, &key, 2, Some(1)).await, ["r7", "r4", "r1"]);
    let from_elsewhere = page(&store, &key, ORDER, &query(2, Some("r5"), Some(1))).await;
    assert_eq!(from_elsewhere.0, ["r4", "r1"], "a record that left the status still has its place");
    assert_eq!(page(&store, &key, ORDER, &query(2, None, Some(4))).await, (vec![], None));
}

async fn a_record_that_changes_moves_and_is_not_copied(store: TestStore) {
    let key = customer(&store).await;
    put(&store, &key, ORDER, &[record("a", 1, 0), record("b", 2, 0)]).await;
    assert_eq!(put(&store, &key, ORDER, &[record("a", 1, 2), record("c", 3, 0)]).await, [1, 1, 0]);
    assert_eq!(walk(&store, &key, 10, None).await, ["c", "b", "a"]);
    assert_eq!(walk(&store, &key, 10, Some(0)).await, ["c", "b"]);
    assert_eq!(walk(&store, &key, 10, Some(2)).await, ["a"]);
    assert_eq!(put(&store, &key, ORDER, &[record("a", 9, 2)]).await, [0, 1, 0]);
    assert_eq!(walk(&store, &key, 10, None).await, ["a", "c", "b"]);
}

async fn writing_the_same_again_changes_nothing(store: TestStore) {
    let key = customer(&store).await;
    let records = [record("a", 1, 0), record("b", 2, 1)];
    put(&store, &key, ORDER, &records).await;
    assert_eq!(put(&store, &key, ORDER, &records).await, [0, 0, 2]);
    assert_eq!(walk(&store, &key, 10, None).await, ["b", "a"]);
}

async fn a_cursor_of_elsewhere_is_unknown(store: TestStore) {
    let (mine, theirs) = (customer(&store).await, key("org_a", "cust_2"));
    store.assign_customer(&theirs, &UserId::new("user_2")).await.unwrap();
    put(&store, &mine, ORDER, &[record("mine", 1, 0)]).await;
    put(&store, &theirs, ORDER, &[record("theirs", 1, 0)]).await;
    put(&store, &mine, RecordKind::Booking, &[record("booking", 1, 0)]).await;
    for cursor in ["theirs", "booking", "nobody"] {
        let answer = store.list_records(&mine, ORDER, &query(10, Some(cursor), None)).await.unwrap();
        assert_eq!(answer, RecordListing::UnknownCursor, "{cursor}");
    }
    assert_eq!(walk(&store, &mine, 10, None).await, ["mine"]);
}

async fn random_lists_are_as_a_sorted_list_is(store: TestStore) {
    let key = customer(&store).await;
    let mut expected = BTreeMap::<String, (u64, u8)>::new();
    let mut state = 7_u64;
    let mut random = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for _ in 0..40 {
        let mut batch = BTreeMap::new();
        for _ in 0..random(12) {
            batch.insert(format!("r{}", random(60)), (random(20), u8::try_from(random(5)).unwrap()));
        }
        let records = batch.iter().map(|(id, (at, status))| record(id, *at, *status)).collect::<Vec<_>>();
        put(&store, &key, ORDER, &records).await;
        expected.extend(batch);
        for status in [None, Some(0), Some(3)] {
            let mut sorted =
                expected.iter().filter(|(_, (_, own))| status.is_none_or(|wanted| wanted == *own));
            let mut sorted = sorted.by_ref().map(|(id, (at, _))| (*at, id.clone())).collect::<Vec<_>>();
            sorted.sort();
            let sorted = sorted.into_iter().rev().map(|(_, id)| id).collect::<Vec<_>>();
            assert_eq!(walk(&store, &key, 7, status).await, sorted);
        }
    }
}

async fn ten_thousand_are_walked_while_more_come_in(store: TestStore) {
    let key = customer(&store).await;
    let records =
        (0..10_000).map(|number| record(&format!("old{number}"), number / 3, 0)).collect::<Vec<_>>();
    for batch in records.chunks(500) {
        put(&store, &key, ORDER, batch).await;
    }
    let (mut walked, mut cursor, mut pages) = (Vec::new(), None::<String>, 0_u64);
    loop {
        let newer = record(&format!("new{pages}"), 20_000 + pages, 0);
        let between = record(&format!("late{pages}"), pages * 30, 0);
        put(&store, &key, ORDER, &[newer, between]).await;
        let (ids, next) = page(&store, &key, ORDER, &query(100, cursor.as_deref(), None)).await;
        walked.extend(ids.into_iter().filter(|id| id.starts_with("old")));
        pages += 1;
        match next {
            Some(id) => cursor = Some(id),
            None => break,
        }
    }
    assert_eq!(walked.len(), 10_000, "none lost");
    walked.sort();
    walked.dedup();
    assert_eq!(walked.len(), 10_000, "none twice");
}
