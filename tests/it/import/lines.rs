//! What becomes of each line, on every store.

use serde_json::{Value, json};
use tiquo_auth::flow::import::{BatchOutcome, LineCounts, import};

use super::{customer, order};
use crate::support::app::{ENQUIRIES, ORDERS, PROFILE, TestApp};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    an_imported_customer_signs_in_and_sees_their_records,
    somebody_who_signed_in_before_gets_records_by_their_address,
    the_same_lines_again_change_nothing,
    a_refused_line_is_told_by_number_and_reason_and_the_others_go_on,
    a_customer_belongs_to_one_address_and_an_address_to_one_customer,
    the_last_of_two_lines_of_one_record_stays,
    an_account_without_a_customer_is_linked,
);

async fn carry_out(app: &TestApp, lines: &[String]) -> BatchOutcome {
    let numbered = (1_u64..).zip(lines).map(|(number, line)| (number, line.as_bytes()));
    import(&app.cx, numbered).await.unwrap()
}

async fn tally(app: &TestApp, lines: &[Value]) -> LineCounts {
    let lines = lines.iter().map(ToString::to_string).collect::<Vec<_>>();
    let outcome = carry_out(app, &lines).await;
    assert_eq!(outcome.refusals, [], "nothing is refused");
    outcome.tally
}

async fn ids(app: &TestApp, token: &str) -> Vec<String> {
    let answer = app.get_as(token, ORDERS).await;
    let orders = answer.data()["orders"].as_array().unwrap();
    orders.iter().map(|order| order["id"].as_str().unwrap().to_owned()).collect()
}

async fn an_imported_customer_signs_in_and_sees_their_records(store: TestStore) {
    let app = TestApp::start(store);
    let enquiry = json!({"kind": "enquiry", "organization": "org_demo", "customer": "cust_7", "data": {
        "id": "e1", "enquiryNumber": "ENQ-1", "type": "question", "subject": "Cakes", "status": "open",
        "priority": "low", "createdAt": "2026-05-01T09:30:00Z", "updatedAt": "2026-05-01T09:30:00Z",
    }});
    // A record may stand before its customer.
    let lines = [enquiry, customer("Ana@Example.com", Some("cust_7")), order("ANA@example.com", "o1", 5)];
    let expected = LineCounts { lines: 3, created: 3, ..LineCounts::default() };
    assert_eq!(tally(&app, &lines).await, expected);
    let token = app.sign_in("ana@example.com").await.text("access_token");
    let profile = app.get_as(&token, PROFILE).await;
    let known =
        ["id", "firstName", "totalOrders", "totalSpent"].map(|name| profile.data()["customer"][name].clone());
    assert_eq!(known, [json!("cust_7"), json!("Ana"), json!(2), json!(25)]);
    assert_eq!(ids(&app, &token).await, ["o1"]);
    let enquiries = app.get_as(&token, ENQUIRIES).await;
    assert_eq!(enquiries.data()["enquiries"][0]["createdAt"], "2026-05-01T09:30:00.000Z");
}

async fn somebody_who_signed_in_before_gets_records_by_their_address(store: TestStore) {
    let app = TestApp::start(store);
    let token = app.sign_in("ana@example.com").await.text("access_token");
    let customer = app.get_as(&token, PROFILE).await.data()["customer"]["id"].clone();
    let mut by_id = order("", "o2", 6);
    by_id.as_object_mut().unwrap().remove("email");
    by_id["customer"] = customer;
    let created = tally(&app, &[order("ana@example.com", "o1", 5), by_id]).await.created;
    assert_eq!(created, 2);
    assert_eq!(ids(&app, &token).await, ["o2", "o1"]);
}

async fn the_same_lines_again_change_nothing(store: TestStore) {
    let app = TestApp::start(store);
    let mut lines = vec![customer("ana@example.com", None), customer("bea@example.com", Some("cust_bea"))];
    lines.extend((0..250).map(|number| order("ana@example.com", &format!("o{number}"), number)));
    assert_eq!(tally(&app, &lines).await, LineCounts { lines: 252, created: 252, ..LineCounts::default() });
    assert_eq!(tally(&app, &lines).await, LineCounts { lines: 252, unchanged: 252, ..LineCounts::default() });
    lines[5]["data"]["status"] = json!("refunded");
    let expected = LineCounts { lines: 252, updated: 1, unchanged: 251, ..LineCounts::default() };
    assert_eq!(tally(&app, &lines).await, expected);
}

async fn a_refused_line_is_told_by_number_and_reason_and_the_others_go_on(store: TestStore) {
    let app = TestApp::start(store);
    let mut elsewhere = order("ana@example.com", "o3", 5);
    elsewhere["organization"] = json!("org_nobody");
    let mut wrong = order("ana@example.com", "o4", 5);
    wrong["data"]["paymentStatus"] = json!("maybe");
    let mut stranger = order("", "o5", 5);
    stranger.as_object_mut().unwrap().remove("email");
    stranger["customer"] = json!("cust_nobody");
    let lines = [
        customer("ana@example.com", None).to_string(),
        order("ana@example.com", "o1", 5).to_string(),
        "{\"kind\":".to_owned(),
        order("nobody@example.com", "o2", 5).to_string(),
        elsewhere.to_string(),
        wrong.to_string(),
        stranger.to_string(),
        format!("{}{}", " ".repeat(300_000), order("ana@example.com", "o6", 5)),
        order("ana@example.com", "o7", 5).to_string(),
    ];
    let outcome = carry_out(&app, &lines).await;
    assert_eq!(outcome.tally, LineCounts { lines: 9, created: 3, refused: 6, ..LineCounts::default() });
    let told = outcome.refusals.iter().map(|refusal| (refusal.line, refusal.because.as_str()));
    let told = told.collect::<Vec<_>>();
    let expected = [
        (3, "not valid JSON"),
        (4, "nobody knows this customer"),
        (5, "\"organization\""),
        (6, "\"data.paymentStatus\" unknown variant `maybe`"),
        (7, "nobody knows this customer"),
        (8, "the line is longer than"),
    ];
    assert_eq!(told.len(), expected.len());
    for ((line, because), (expected_line, begin)) in told.iter().zip(expected) {
        assert!(*line == expected_line && because.starts_with(begin), "{line}: {because}");
    }
    let token = app.sign_in("ana@example.com").await.text("access_token");
    assert_eq!(ids(&app, &token).await, ["o7", "o1"]);
}

async fn a_customer_belongs_to_one_address_and_an_address_to_one_customer(store: TestStore) {
    let app = TestApp::start(store);
    tally(&app, &[customer("ana@example.com", Some("cust_1"))]).await;
    for (line, because) in [
        (customer("bea@example.com", Some("cust_1")), "this customer is linked to another address"),
        (customer("ana@example.com", Some("cust_2")), "another customer is linked to this address"),
    ] {
        let outcome = carry_out(&app, &[line.to_string()]).await;
        assert_eq!(outcome.refusals[0].because, because);
    }
    let bea = app.sign_in("bea@example.com").await.text("access_token");
    let answer = app.get_as(&bea, PROFILE).await;
    assert_ne!(answer.body["data"]["customer"]["id"], "cust_1");
}

async fn the_last_of_two_lines_of_one_record_stays(store: TestStore) {
    let app = TestApp::start(store);
    let mut second = order("ana@example.com", "o1", 5);
    second["data"]["status"] = json!("refunded");
    let lines = [customer("ana@example.com", None), order("ana@example.com", "o1", 5), second];
    let expected = LineCounts { lines: 3, created: 2, updated: 1, ..LineCounts::default() };
    assert_eq!(tally(&app, &lines).await, expected);
    let token = app.sign_in("ana@example.com").await.text("access_token");
    assert_eq!(app.get_as(&token, ORDERS).await.data()["orders"][0]["status"], "refunded");
}

async fn an_account_without_a_customer_is_linked(store: TestStore) {
    let app = TestApp::start_with(store, |policy| policy.organizations[0].create_customer = false);
    let token = app.sign_in("ana@example.com").await.text("access_token");
    assert_eq!(app.get_as(&token, PROFILE).await.refusal(), (400, "no_customer"));
    tally(&app, &[customer("ana@example.com", Some("cust_9")), order("ana@example.com", "o1", 5)]).await;
    let profile = app.get_as(&token, PROFILE).await;
    assert_eq!(profile.data()["customer"]["id"], "cust_9", "at once, also for a token from before");
    assert_eq!(ids(&app, &token).await, ["o1"]);
}
