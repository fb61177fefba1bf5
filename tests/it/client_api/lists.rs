//! Orders, bookings, enquiries: pages, filters, and what wrong parameters get.

use serde_json::{Value, json};

use super::{booking, enquiry, give_bookings, give_enquiries, give_orders, order, person};
use crate::support::app::{BOOKINGS, ENQUIRIES, LOGOUT, ORDERS, TestApp};
use crate::support::oidc;
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    an_empty_list_is_a_list,
    records_are_shown_as_they_came,
    pages_go_on_where_the_last_one_ended,
    a_status_filters,
    a_limit_is_1_to_100,
    wrong_parameters_are_named,
    a_token_needs_the_lists_scope,
    a_revoked_session_sees_nothing_at_once,
    lists_are_read_only,
);

async fn an_empty_list_is_a_list(store: TestStore) {
    let app = TestApp::start(store);
    let ana = person(&app, "ana@example.com").await;
    for (path, name) in [(ORDERS, "orders"), (BOOKINGS, "bookings"), (ENQUIRIES, "enquiries")] {
        let answer = app.get_as(&ana.token, path).await;
        assert_eq!(answer.data(), &json!({name: [], "hasMore": false, "nextCursor": null}));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    }
}

async fn records_are_shown_as_they_came(store: TestStore) {
    let app = TestApp::start(store);
    let ana = person(&app, "ana@example.com").await;
    give_orders(&app, &ana.key, &[order("o1", 5, "completed")]).await;
    give_bookings(&app, &ana.key, &[booking("b1", 5)]).await;
    give_enquiries(&app, &ana.key, &[enquiry("e1")]).await;
    let one = async |path| app.get_as(&ana.token, path).await;
    assert_eq!(one(ORDERS).await.data()["orders"], json!([order("o1", 5, "completed")]));
    assert_eq!(one(BOOKINGS).await.data()["bookings"], json!([booking("b1", 5)]));
    assert_eq!(one(ENQUIRIES).await.data()["enquiries"], json!([enquiry("e1")]));
}

fn ids(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|record| record["id"].as_str().unwrap()).collect()
}

async fn pages_go_on_where_the_last_one_ended(store: TestStore) {
    let app = TestApp::start(store);
    let ana = person(&app, "ana@example.com").await;
    let orders = (0..120).map(|number| order(&format!("o{number}"), number, "pending")).collect::<Vec<_>>();
    give_orders(&app, &ana.key, &orders).await;
    let first = app.get_as(&ana.token, ORDERS).await;
    assert_eq!(ids(&first.data()["orders"]).len(), 50, "the default");
    assert_eq!((&first.data()["hasMore"], &first.data()["nextCursor"]), (&json!(true), &json!("o70")));
    let second = app.get_as(&ana.token, &format!("{ORDERS}?cursor=o70&limit=69")).await;
    let second_ids = ids(&second.data()["orders"]);
    assert_eq!((second_ids.len(), second_ids[0], second_ids[68]), (69, "o69", "o1"));
    let last = app.get_as(&ana.token, &format!("{ORDERS}?cursor=o1")).await;
    assert_eq!(last.data()["orders"], json!([order("o0", 0, "pending")]));
    assert_eq!((&last.data()["hasMore"], &last.data()["nextCursor"]), (&json!(false), &json!(null)));
    let after_the_end = app.get_as(&ana.token, &format!("{ORDERS}?cursor=o0")).await;
    assert_eq!(after_the_end.data()["orders"], json!([]));
}

async fn a_status_filters(store: TestStore) {
    let app = TestApp::start(store);
    let ana = person(&app, "ana@example.com").await;
    give_orders(
        &app,
        &ana.key,
        &[order("o1", 1, "pending"), order("o2", 2, "refunded"), order("o3", 3, "pending")],
    )
    .await;
    give_enquiries(&app, &ana.key, &[enquiry("e1")]).await;
    let pending = app.get_as(&ana.token, &format!("{ORDERS}?status=pending")).await;
    assert_eq!(ids(&pending.data()["orders"]), ["o3", "o1"]);
    let none = app.get_as(&ana.token, &format!("{ORDERS}?status=cancelled")).await;
    assert_eq!(none.data()["orders"], json!([]));
    let new = app.get_as(&ana.token, &format!("{ENQUIRIES}?status=new")).await;
    assert_eq!(ids(&new.data()["enquiries"]), ["e1"]);
    let confirmed = app.get_as(&ana.token, &format!("{BOOKINGS}?status=confirmed&something=else")).await;
    assert_eq!(confirmed.data()["bookings"], json!([]), "unknown parameters are ignored");
}

async fn a_limit_is_1_to_100(store: TestStore) {
    let app = TestApp::start(store);
    let ana = person(&app, "ana@example.com").await;
    give_orders(&app, &ana.key, &[order("o1", 1, "pending"), order("o2", 2, "pending")]).await;
    for (limit, length) in [("1", 1), ("2", 2), ("100", 2)] {
        let answer = app.get_as(&ana.token, &format!("{ORDERS}?limit={limit}")).await;
        assert_eq!(ids(&answer.data()["orders"]).len(), length, "{limit}");
    }
}

async fn wrong_parameters_are_named(store: TestStore) {
    let app = TestApp::start(store);
    let ana = person(&app, "ana@example.com").await;
    give_orders(&app, &ana.key, &[order("o1", 1, "pending")]).await;
    give_bookings(&app, &ana.key, &[booking("b1", 1)]).await;
    let wrong = [
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=101", "limit"),
        ("limit=1000000000", "limit"),
        ("limit=1e9", "limit"),
        ("limit=ten", "limit"),
        ("limit=", "limit"),
        ("status=", "status"),
        ("cursor=", "cursor"),
        ("limit=5&limit=6", "limit"),
        ("status=lost", "status"),
        ("status=PENDING", "status"),
        ("status=new", "status"),
        ("cursor=nobody", "cursor"),
        ("cursor=b1", "cursor"),
        ("cursor=o1%00", "cursor"),
        ("cursor=%22%3E%3Cscript%3E", "cursor"),
    ];
    for (query, named) in wrong {
        let refused = app.get_as(&ana.token, &format!("{ORDERS}?{query}")).await;
        assert_eq!(refused.refusal(), (400, "invalid_request"), "{query}");
        let text = refused.body["detail"].as_str().unwrap();
        assert!(text.contains(&format!("\"{named}\"")), "{query}: {text}");
        assert!(!text.contains("script"), "nothing comes back");
    }
}

async fn a_token_needs_the_lists_scope(store: TestStore) {
    let app = TestApp::start(store);
    let (_, screen) = oidc::sign_in(&app, "ana@example.com", &[]).await;
    let tokens = oidc::redeem(&app, &screen.code(), &[]).await;
    let token = tokens.body["access_token"].as_str().unwrap();
    for (path, scope) in [(ORDERS, "orders:read"), (BOOKINGS, "bookings:read"), (ENQUIRIES, "enquiries:read")]
    {
        let refused = app.get_as(token, path).await;
        assert_eq!(refused.refusal(), (403, "insufficient_scope"));
        let challenge = format!(r#"Bearer error="insufficient_scope", scope="{scope}""#);
        assert_eq!(refused.header("www-authenticate"), Some(challenge.as_str()));
    }
}

async fn a_revoked_session_sees_nothing_at_once(store: TestStore) {
    let app = TestApp::start(store);
    let ana = person(&app, "ana@example.com").await;
    app.post(LOGOUT, &json!({"refresh_token": ana.refresh_token})).await.data();
    for path in [ORDERS, BOOKINGS, ENQUIRIES] {
        let refused = app.get_as(&ana.token, path).await;
        assert_eq!(refused.refusal(), (401, "revoked"));
        assert!(refused.header("www-authenticate").unwrap().contains("invalid_token"));
    }
}

async fn lists_are_read_only(store: TestStore) {
    let app = TestApp::start(store);
    for path in [ORDERS, BOOKINGS, ENQUIRIES] {
        let refused = app.post(path, &json!({})).await;
        assert_eq!(refused.refusal(), (405, "method_not_allowed"));
        assert_eq!(refused.header("allow"), Some("GET, HEAD"));
    }
}
