//! Import: what becomes of each line, and of an import that is killed.

mod admin;
mod clients;
mod command;
mod formats;
mod lines;
mod users;

use serde_json::{Value, json};

/// An order of a customer who is named by their address.
fn order(email: &str, id: &str, created_at: u64) -> Value {
    json!({"kind": "order", "organization": "org_demo", "email": email, "data": {
        "id": id, "orderNumber": "ORD-000001", "status": "completed", "paymentStatus": "paid", "total": 12.5,
        "createdAt": created_at,
    }})
}

fn customer(email: &str, id: Option<&str>) -> Value {
    let mut data = json!({"email": email, "firstName": "Ana", "totalOrders": 2, "totalSpent": 25});
    if let Some(id) = id {
        data["id"] = json!(id);
    }
    json!({"kind": "customer", "organization": "org_demo", "data": data})
}
