//! The Client API over real HTTP, on every store.

mod alone;
mod document;
mod limits;
mod lists;
mod matrix;
mod money;
mod profile;

use serde_json::{Value, json};
use tiquo_auth::protocol::id::{CustomerId, OrganizationId};
use tiquo_auth::protocol::record::{Booking, CustomerKey, Enquiry, ListedRecord, Order};

use crate::support::app::{Answer, PROFILE, TestApp};

/// Somebody who is signed in.
struct Person {
    token: String,
    refresh_token: String,
    key: CustomerKey,
}

async fn person(app: &TestApp, email: &str) -> Person {
    known(app, &app.sign_in(email).await, "org_demo").await
}

async fn known(app: &TestApp, signed_in: &Answer, organization: &str) -> Person {
    let (token, refresh_token) = (signed_in.text("access_token"), signed_in.text("refresh_token"));
    let profile = app.get_as(&token, PROFILE).await;
    let customer = CustomerId::new(profile.data()["customer"]["id"].as_str().unwrap());
    let key = CustomerKey { organization: OrganizationId::new(organization), customer };
    Person { token, refresh_token, key }
}

fn order(id: &str, created_at: u64, status: &str) -> Value {
    json!({
        "id": id, "orderNumber": "ORD-000001", "status": status, "paymentStatus": "paid",
        "total": 41.65, "subtotal": 35, "taxTotal": 6.65, "discountTotal": 0, "currency": "EUR",
        "items": [{"name": "House blend, 250 g", "quantity": 2, "unitPrice": 9.5, "total": 19}],
        "createdAt": created_at, "completedAt": null, "customerRole": "customer",
    })
}

fn booking(id: &str, created_at: u64) -> Value {
    json!({
        "id": id, "bookingNumber": "BKG-000001", "status": "confirmed", "service": "Pottery", "location": null,
        "startsAt": created_at + 1000, "endsAt": null, "partySize": 2, "notes": null,
        "createdAt": created_at, "customerRole": "customer",
    })
}

fn enquiry(id: &str) -> Value {
    json!({
        "id": id, "enquiryNumber": "ENQ-000001", "type": "question", "subject": "Cakes", "message": "Gluten?\nThanks",
        "category": null, "status": "new", "priority": "medium", "source": "website", "responseCount": 0,
        "createdAt": "2026-05-01T09:30:00.000Z", "updatedAt": "2026-05-01T09:30:00.000Z", "customerRole": "customer",
    })
}

/// Gives a customer records, as an import does.
async fn give<T: ListedRecord + serde::de::DeserializeOwned>(
    app: &TestApp,
    key: &CustomerKey,
    records: &[Value],
) {
    let records =
        records.iter().map(|value| serde_json::from_value::<T>(value.clone()).unwrap().record().unwrap());
    let _ = app.store.put_records(key, T::KIND, &records.collect::<Vec<_>>()).await.unwrap();
}

async fn give_orders(app: &TestApp, key: &CustomerKey, orders: &[Value]) {
    give::<Order>(app, key, orders).await;
}

async fn give_bookings(app: &TestApp, key: &CustomerKey, bookings: &[Value]) {
    give::<Booking>(app, key, bookings).await;
}

async fn give_enquiries(app: &TestApp, key: &CustomerKey, enquiries: &[Value]) {
    give::<Enquiry>(app, key, enquiries).await;
}
