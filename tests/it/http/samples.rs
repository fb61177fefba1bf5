//! Development: sample records for the demo.

use serde_json::Value;

use crate::support::app::{BOOKINGS, ENQUIRIES, ORDERS, TestApp};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(sample_records_are_there_once_however_often_they_are_asked_for);

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
