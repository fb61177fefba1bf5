use serde_json::{Value, json};

use super::*;

fn order() -> Value {
    json!({"kind": "order", "organization": "org_demo", "customer": "cust_1", "data": {
        "id": "o1", "orderNumber": "ORD-1", "status": "pending", "paymentStatus": "paid", "total": 1, "createdAt": 5,
    }})
}

fn refused(line: &Value) -> String {
    parse(line.to_string().as_bytes()).unwrap_err().0
}

#[test]
fn a_record_and_a_customer_are_read() {
    let line = parse(order().to_string().as_bytes()).unwrap();
    let ImportLine::Record { owner, kind, record, .. } = line else { panic!("{line:?}") };
    assert_eq!((owner, kind), (RecordOwner::Customer(CustomerId::new("cust_1")), RecordKind::Order));
    assert_eq!(record.id.as_str(), "o1");
    let customer = json!({"kind": "customer", "organization": "org_demo", "data": {
        "id": "cust_7", "email": "Ana@Example.com", "firstName": "Ana", "totalOrders": 3, "totalSpent": 12.5,
    }});
    let line = parse(customer.to_string().as_bytes()).unwrap();
    let ImportLine::Customer { customer, .. } = line else { panic!("{line:?}") };
    assert_eq!(customer.standing.total_spent, Amount::from_hundredths(1250));
    assert_eq!(customer.profile.iter().collect::<Vec<_>>(), [(ProfileField::FirstName, Some("Ana"))]);
}

#[test]
fn an_address_names_its_customer_however_it_is_written() {
    let mut line = order();
    line.as_object_mut().unwrap().remove("customer");
    line["email"] = json!("ANA@Example.COM");
    let ImportLine::Record { owner, .. } = parse(line.to_string().as_bytes()).unwrap() else { panic!() };
    assert_eq!(owner, RecordOwner::Address("ana@example.com".to_owned()));
}

#[test]
fn what_is_wrong_is_named() {
    let with = |path: &str, value: Value| {
        let mut line = order();
        *line.pointer_mut(path).unwrap() = value;
        refused(&line)
    };
    assert!(with("/data/status", json!("lost")).contains("\"data.status\" unknown variant `lost`"));
    assert!(with("/data/total", json!(1.234)).starts_with("\"data.total\" must be an amount"));
    let mut other = order();
    other["data"]["currency"] = json!("eur");
    assert!(refused(&other).starts_with("\"data.currency\" must be a currency code of ISO 4217"));
    assert!(with("/data/createdAt", json!(-1)).contains("\"data.createdAt\""));
    assert!(with("/customer", json!("ana")).starts_with("\"customer\" must be cust_"));
    assert!(with("/customer", json!("cust_a:b}")).starts_with("\"customer\" must be cust_"));
    assert!(with("/kind", json!("invoice")).contains("\"kind\""));
    assert!(with("/data", json!([])).contains("expected"));
    let mut both = order();
    both["email"] = json!("ana@example.com");
    assert!(refused(&both).contains("one of \"customer\" and \"email\""));
    let mut more = order();
    more["data"]["colour"] = json!("red");
    assert!(refused(&more).contains("colour"));
    let mut less = order();
    less["data"].as_object_mut().unwrap().remove("orderNumber");
    assert!(refused(&less).contains("missing field `orderNumber`"));
}

#[test]
fn what_is_no_line_is_refused() {
    let long = format!("{}{}", " ".repeat(MAX_LINE), order());
    for bad in ["", "{", "[]", "null", "{}", "{\"kind\":\"order\"} {}", long.as_str()] {
        assert!(parse(bad.as_bytes()).is_err(), "{}", bad.get(..20).unwrap_or(bad));
    }
    assert_eq!(parse(&[0xff, 0xfe]).unwrap_err().0, "the line is not UTF-8");
    let two = format!("{0}{0}", order());
    assert_eq!(parse(two.as_bytes()).unwrap_err().0, "there is more than one value in the line");
}

proptest::proptest! {
    #[test]
    fn no_line_panics(line in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        let _ = parse(&line);
    }
}
