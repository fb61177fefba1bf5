//! Composed and decomposed letters are one address, and an account keeps the key that it was stored by before they were.

use serde_json::json;
use tiquo_auth::flow::import::import;
use tiquo_auth::protocol::address::EmailAddress;
use tiquo_auth::protocol::end_user::Account;
use tiquo_auth::protocol::id::{AddressKey, OrganizationId, UserId};
use tiquo_auth::protocol::mac::IndexPurpose;

use crate::support::app::{ORDERS, TestApp};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    composed_and_decomposed_letters_are_one_account,
    an_account_that_was_stored_by_another_spelling_is_still_found,
);

const COMPOSED: &str = "Jos\u{e9}@example.com";
const DECOMPOSED: &str = "jose\u{301}@example.com";

async fn user(app: &TestApp, typed: &str) -> String {
    let challenge = app.send_code(typed).await.text("challenge_id");
    let code = app.mails("").await;
    assert!(code.is_empty(), "no mail has an empty address");
    let newest = app.get("/dev/outbox.json").await.body[0].clone();
    let signed_in = app.verify(&challenge, newest["code"].as_str().unwrap()).await;
    signed_in.data()["user"]["id"].as_str().unwrap().to_owned()
}

async fn newest_recipient(app: &TestApp) -> String {
    app.get("/dev/outbox.json").await.body[0]["to"].as_str().unwrap().to_owned()
}

async fn composed_and_decomposed_letters_are_one_account(store: TestStore) {
    let app = TestApp::start(store);
    let id = user(&app, COMPOSED).await;
    assert_eq!(user(&app, DECOMPOSED).await, id);
    assert_eq!(newest_recipient(&app).await, COMPOSED, "mail goes to the address that is stored");
    assert_ne!(user(&app, "jose@example.com").await, id);
}

/// An account as it was stored while addresses were compared without NFC.
async fn stored_before(app: &TestApp, typed: &str) -> (AddressKey, UserId) {
    let organization = OrganizationId::new("org_demo");
    let data = format!("org_demo\0{}", typed.to_lowercase());
    let key = AddressKey::of_hash(&app.cx.mac_keys.index(IndexPurpose::Address, data.as_bytes()));
    let account = Account {
        user: UserId::from_random(&[7; 16]),
        organization,
        email: EmailAddress::stored(typed.to_owned()),
        customer: None,
        created_at: app.cx.clock.now(),
    };
    app.cx.stores.ensure_account(&key, &account).await.unwrap();
    (key, account.user)
}

async fn an_account_that_was_stored_by_another_spelling_is_still_found(store: TestStore) {
    let app = TestApp::start(store);
    let (_, before) = stored_before(&app, DECOMPOSED).await;
    assert_eq!(user(&app, DECOMPOSED).await, before.as_str(), "as it was spelt");
    assert_eq!(user(&app, COMPOSED).await, before.as_str(), "and composed");
    assert_eq!(newest_recipient(&app).await, DECOMPOSED, "mail goes to the address that is stored");
    let lines = [
        json!({"kind": "customer", "organization": "org_demo", "data": {"email": COMPOSED, "firstName": "José"}}),
        json!({"kind": "order", "organization": "org_demo", "email": DECOMPOSED, "data": {
            "id": "o1", "orderNumber": "ORD-000001", "status": "completed", "paymentStatus": "paid", "total": 1,
            "createdAt": 5,
        }}),
    ]
    .map(|line| line.to_string());
    let outcome =
        import(&app.cx, (1_u64..).zip(&lines).map(|(number, line)| (number, line.as_bytes()))).await;
    assert_eq!(outcome.unwrap().refusals, []);
    let challenge = app.send_code(COMPOSED).await.text("challenge_id");
    let newest = app.get("/dev/outbox.json").await.body[0].clone();
    let token = app.verify(&challenge, newest["code"].as_str().unwrap()).await.text("access_token");
    assert_eq!(app.get_as(&token, ORDERS).await.data()["orders"][0]["id"], "o1");
}
