//! Amounts say what they are in (ISO 4217).

use serde_json::{Value, json};
use tiquo_auth::protocol::record::Currency;

use super::{give_orders, order, person};
use crate::support::app::{ORDERS, PROFILE, SESSION, TestApp};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    iso4217_an_order_without_a_currency_has_its_organizations_and_one_with_keeps_it,
    iso4217_totals_are_in_the_organizations_currency_wherever_they_are_shown,
    a_currency_is_not_for_the_customer_to_change,
);

/// The demo shop, when it sells in pounds.
fn in_pounds(store: TestStore) -> TestApp {
    TestApp::start_with(store, |policy| policy.organizations[0].currency = Currency::parse("GBP").unwrap())
}

async fn iso4217_an_order_without_a_currency_has_its_organizations_and_one_with_keeps_it(store: TestStore) {
    let app = in_pounds(store);
    let ana = person(&app, "ana@example.com").await;
    let paid_in = |id: &str, at: u64, currency: Value| {
        let mut order = order(id, at, "completed");
        order["currency"] = currency;
        order
    };
    let mut silent = order("o1", 1, "completed");
    silent.as_object_mut().unwrap().remove("currency");
    let orders = [
        silent,
        paid_in("o2", 2, json!(null)),
        paid_in("o3", 3, json!("USD")),
        paid_in("o4", 4, json!("JPY")),
    ];
    give_orders(&app, &ana.key, &orders).await;
    for path in [ORDERS.to_owned(), format!("{ORDERS}?status=completed&limit=100")] {
        let answer = app.get_as(&ana.token, &path).await;
        let shown = answer.data()["orders"].as_array().unwrap();
        let shown =
            shown.iter().map(|order| (order["id"].as_str().unwrap(), order["currency"].as_str().unwrap()));
        assert_eq!(shown.collect::<Vec<_>>(), [("o4", "JPY"), ("o3", "USD"), ("o2", "GBP"), ("o1", "GBP")]);
    }
}

async fn iso4217_totals_are_in_the_organizations_currency_wherever_they_are_shown(store: TestStore) {
    let app = in_pounds(store);
    let ana = person(&app, "ana@example.com").await;
    let changed = app.patch_as(&ana.token, PROFILE, r#"{"firstName":"Ana"}"#).await;
    for answer in [changed, app.get_as(&ana.token, PROFILE).await, app.get_as(&ana.token, SESSION).await] {
        assert_eq!(answer.data()["customer"]["currency"], "GBP");
    }
}

async fn a_currency_is_not_for_the_customer_to_change(store: TestStore) {
    let app = in_pounds(store);
    let ana = person(&app, "ana@example.com").await;
    let refused = app.patch_as(&ana.token, PROFILE, r#"{"currency":"USD"}"#).await;
    assert_eq!(refused.refusal(), (400, "invalid_request"));
    assert_eq!(refused.body["detail"], "The field \"currency\" cannot be changed.");
}
