//! Development: sample records for the demo.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::amount::hundredths;
use crate::support::app::{BOOKINGS, ENQUIRIES, ORDERS, PROFILE, TestApp};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(sample_records_are_there_once_however_often_they_are_asked_for, sample_records_add_up,);

async fn sample_records_are_there_once_however_often_they_are_asked_for(store: TestStore) {
    let app = TestApp::start(store);
    let token = app.sign_in("ana@example.com").await.text("access_token");
    let give = async || {
        let request = app.request("POST", "/dev/samples").bearer_auth(&token);
        assert_eq!(request.send().await.unwrap().status(), 200);
    };
    let lists = async || {
        let mut lists = Vec::new();
        for (path, name) in [(ORDERS, "orders"), (BOOKINGS, "bookings"), (ENQUIRIES, "enquiries")] {
            let answer = app.get_as(&token, &format!("{path}?limit=100")).await;
            lists.push(answer.data()[name].as_array().unwrap().clone());
        }
        lists
    };
    give().await;
    let first: Vec<Vec<Value>> = lists().await;
    assert_eq!(first.iter().map(Vec::len).collect::<Vec<_>>(), [60, 8, 5]);
    app.clock.advance(std::time::Duration::from_secs(1800));
    give().await;
    assert_eq!(lists().await, first);
    let unknown = app.request("POST", "/dev/samples").send().await.unwrap();
    assert_eq!(unknown.status(), 401);
}

fn sum<'a>(amounts: impl Iterator<Item = &'a Value>) -> i64 {
    amounts.map(hundredths).sum()
}

async fn sample_records_add_up(store: TestStore) {
    let app = TestApp::start(store);
    for email in ["ana@example.com", "bea@example.com", "cleo@example.com"] {
        let token = app.sign_in(email).await.text("access_token");
        let given = app.request("POST", "/dev/samples").bearer_auth(&token).send().await.unwrap();
        assert_eq!(given.status(), 200);
        let answer = app.get_as(&token, &format!("{ORDERS}?limit=100")).await;
        let orders = answer.data()["orders"].as_array().unwrap();
        for order in orders {
            let items = order["items"].as_array().unwrap();
            let names = items.iter().map(|item| item["name"].as_str().unwrap()).collect::<BTreeSet<_>>();
            assert_eq!(names.len(), items.len(), "an item is there twice: {order}");
            assert_eq!(order["currency"], "EUR");
            for item in items {
                let quantity = item["quantity"].as_i64().unwrap();
                assert_eq!(hundredths(&item["unitPrice"]) * quantity, hundredths(&item["total"]), "{item}");
            }
            let of = |name: &str| hundredths(&order[name]);
            assert_eq!(sum(items.iter().map(|item| &item["total"])), of("subtotal"), "{order}");
            assert_eq!(of("subtotal") - of("discountTotal") + of("taxTotal"), of("total"), "{order}");
        }
        let profile = app.get_as(&token, PROFILE).await;
        let customer = &profile.data()["customer"];
        let completed = orders.iter().filter(|order| order["status"] == "completed");
        assert_eq!(customer["totalOrders"], json!(completed.clone().count()));
        let spent = sum(completed.map(|order| &order["total"]));
        assert!(spent > 0);
        for name in ["totalSpent", "lifetimeValue"] {
            assert_eq!(hundredths(&customer[name]), spent, "{name}");
        }
        assert_eq!((&customer["currency"], &customer["status"]), (&json!("EUR"), &json!("active")));
    }
}
