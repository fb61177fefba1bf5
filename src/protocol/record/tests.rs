use serde_json::{Value, json};

use super::*;

fn order() -> Value {
    json!({
        "id": "ord_1", "orderNumber": "ORD-000001", "status": "completed", "paymentStatus": "paid",
        "total": 41.65, "subtotal": 35, "taxTotal": 6.65, "discountTotal": 0,
        "items": [{"name": "House blend, 250 g", "quantity": 2, "unitPrice": 9.5, "total": 19}],
        "createdAt": 1_777_627_800_000_u64, "completedAt": null, "customerRole": "customer",
    })
}

fn read(change: impl FnOnce(&mut Value)) -> Result<Order, String> {
    let mut value = order();
    change(&mut value);
    serde_json::from_value(value).map_err(|error| error.to_string())
}

#[test]
fn an_order_is_shown_as_it_came() {
    let record = read(|_| ()).unwrap().record().unwrap();
    assert_eq!(serde_json::from_str::<Value>(&record.json).unwrap(), order());
    assert_eq!(record.created_at, Timestamp::from_millis(1_777_627_800_000));
    assert_eq!(RecordKind::Order.statuses()[usize::from(record.status.place())], "completed");
}

#[test]
fn what_may_be_left_out_is_shown_all_the_same() {
    let short = json!({
        "id": "ord_1", "orderNumber": "ORD-1", "status": "pending", "paymentStatus": "pending",
        "total": 1, "createdAt": 0,
    });
    let record = serde_json::from_value::<Order>(short).unwrap().record().unwrap();
    let shown = serde_json::from_str::<Value>(&record.json).unwrap();
    for name in ["subtotal", "taxTotal", "discountTotal", "items", "completedAt", "customerRole"] {
        assert!(shown.get(name).is_some(), "{name}");
    }
}

#[test]
fn an_order_is_shown_in_its_own_currency_or_in_its_organizations() {
    let shown = |change: fn(&mut Value)| {
        let json = read(change).unwrap().record().unwrap().json;
        serde_json::from_str::<Value>(&Order::shown(json, Currency::parse("GBP").unwrap())).unwrap()
    };
    let without = shown(|_| ());
    assert_eq!(without["currency"], "GBP");
    assert_eq!(
        (&without["total"], &without["id"]),
        (&json!(41.65), &json!("ord_1")),
        "all else is as it was"
    );
    assert_eq!(shown(|order| order["currency"] = json!("USD"))["currency"], "USD");
    assert_eq!(shown(|order| order["currency"] = json!(null))["currency"], "GBP");
}

#[test]
fn a_wrong_order_is_refused() {
    let wrong: [(&str, Value); 13] = [
        ("currency", json!("EURO")),
        ("currency", json!("usd")),
        ("currency", json!(978)),
        ("id", json!("")),
        ("id", json!("a b")),
        ("id", json!("x".repeat(65))),
        ("status", json!("lost")),
        ("total", json!(1.999)),
        ("total", json!("5")),
        ("orderNumber", json!("ORD\n1")),
        ("createdAt", json!(-1)),
        ("createdAt", json!(253_402_300_800_000_u64)),
        ("colour", json!("red")),
    ];
    for (name, value) in wrong {
        let refused = read(|order| order[name] = value.clone());
        assert!(refused.is_err(), "{name}: {value}");
    }
}

#[test]
fn every_status_of_a_kind_has_its_place() {
    for kind in RecordKind::ALL {
        for (place, word) in kind.statuses().iter().enumerate() {
            assert_eq!(usize::from(kind.status(word).unwrap().place()), place);
        }
        assert_eq!(kind.status("nonsense"), None);
    }
}

#[test]
fn times_of_enquiries_are_iso_8601_in_utc() {
    let moment = IsoRecordTime::try_from("2026-05-01T11:30:00+02:00".to_owned()).unwrap();
    assert_eq!(String::from(moment), "2026-05-01T09:30:00.000Z");
    for bad in ["", "yesterday", "2026-05-01", "1969-12-31T23:59:59Z", "+10000-01-01T00:00:00Z"] {
        assert!(IsoRecordTime::try_from(bad.to_owned()).is_err(), "{bad}");
    }
}

#[test]
fn parameters_of_a_list_are_judged_one_by_one() {
    let parse = |limit, cursor, status| RecordQuery::parse(RecordKind::Order, limit, cursor, status);
    let all = RecordQuery { limit: 50, cursor: None, status: None };
    assert_eq!(parse(None, None, None), Ok(all));
    for limit in ["1", "100", "007"] {
        assert!(parse(Some(limit), None, None).is_ok(), "{limit}");
    }
    for limit in ["0", "-1", "101", "1000000000", "1e9", "ten", "", "+5", " 5", "5.0"] {
        assert_eq!(parse(Some(limit), None, None), Err(QueryError::Limit), "{limit}");
    }
    for cursor in ["", "a b", "é", "a\0"] {
        assert_eq!(parse(None, Some(cursor), None), Err(QueryError::Cursor), "{cursor}");
    }
    for status in ["", "Pending", "lost", "pending,paid"] {
        let refused = Err(QueryError::Status(RecordKind::Order));
        assert_eq!(parse(None, None, Some(status)), refused, "{status}");
    }
    let text = QueryError::Status(RecordKind::Enquiry).to_string();
    assert_eq!(text, "The parameter \"status\" must be one of: new, open, pending, resolved, closed.");
}
