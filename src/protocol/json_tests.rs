use serde_json::json;

use super::*;

fn wide(members: usize) -> String {
    let members = (0..members).map(|number| format!("\"m{number}\":{number}")).collect::<Vec<_>>();
    format!("{{{}}}", members.join(","))
}

fn list(entries: usize) -> String {
    format!("[{}]", vec!["0"; entries].join(","))
}

#[test]
fn an_object_has_64_members_at_most_however_deep_it_is() {
    assert_eq!(object(wide(64).as_bytes()).unwrap().len(), 64);
    let inside = |text: &str| object(format!("{{\"a\":[{{\"b\":{text}}}]}}").as_bytes());
    assert!(inside(&wide(64)).is_ok());
    assert_eq!(object(wide(65).as_bytes()), Err(JsonError::TooManyMembers));
    assert_eq!(inside(&wide(65)), Err(JsonError::TooManyMembers));
}

#[test]
fn a_list_has_64_entries_at_most_however_deep_it_is() {
    let inside = |text: &str| object(format!("{{\"a\":{{\"b\":{text}}}}}").as_bytes());
    assert!(inside(&list(64)).is_ok());
    assert_eq!(inside(&list(65)), Err(JsonError::TooManyEntries));
}

#[test]
fn a_text_has_1024_objects_and_lists_at_most() {
    let of = |lists: usize| {
        let list = |count: usize| format!("[{}]", vec!["[]"; count].join(","));
        let (full, rest) = (lists / 64, lists % 64);
        let mut members = (0..full).map(|number| format!("\"m{number}\":{}", list(63))).collect::<Vec<_>>();
        members.extend(rest.checked_sub(1).map(|inner| format!("\"rest\":{}", list(inner))));
        object(format!("{{{}}}", members.join(",")).as_bytes())
    };
    assert!(of(MAX_PARTS - 1).is_ok());
    assert_eq!(of(MAX_PARTS), Err(JsonError::TooManyParts));
}

#[test]
fn rfc7519_4_no_member_is_there_twice() {
    for text in [r#"{"a":1,"a":1}"#, r#"{"b":{"a":1,"\u0061":2}}"#, r#"{"b":[{"a":1,"c":2,"a":3}]}"#] {
        assert_eq!(object(text.as_bytes()), Err(JsonError::Repeated), "{text}");
    }
}

#[test]
fn what_is_no_object_is_told_from_what_is_no_json() {
    for text in ["[]", "1", "null", "\"a\"", "true"] {
        assert_eq!(object(text.as_bytes()), Err(JsonError::NotAnObject), "{text}");
    }
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
    for text in ["", "{", "{\"a\":}", "{} {}", "{\"a\":1}x", deep.as_str()] {
        assert!(matches!(object(text.as_bytes()), Err(JsonError::Malformed { .. })), "{text}");
    }
    assert!(matches!(object(b"{\"\xff\":1}"), Err(JsonError::Malformed { line: 1, .. })));
}

#[test]
fn members_keep_their_order_and_values() {
    let text = r#"{"b":null,"a":[1,-2,1.5,"x",true,{"c":{}}]}"#;
    let read = members(text.as_bytes()).unwrap();
    assert_eq!(read.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["b", "a"]);
    assert_eq!(Value::Object(object(text.as_bytes()).unwrap()), serde_json::from_str::<Value>(text).unwrap());
}

#[test]
fn known_members_are_read_by_their_types() {
    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Known {
        a: u8,
        b: Option<String>,
    }
    assert_eq!(read::<Known>(br#"{"a":1,"z":[]}"#), Ok(Known { a: 1, b: None }));
    for text in [r#"{"a":"1"}"#, r"{}", r#"{"a":1,"b":1}"#] {
        assert_eq!(read::<Known>(text.as_bytes()), Err(JsonError::Type), "{text}");
    }
    assert_eq!(read::<Known>(b"[1,null]"), Err(JsonError::NotAnObject));
}

proptest::proptest! {
    #[test]
    fn no_text_panics_and_what_is_written_reads_back(text in "\\PC{0,60}", names in proptest::collection::btree_set("\\PC{0,8}", 0..64)) {
        let _ = object(text.as_bytes());
        let whole = names.into_iter().map(|name| (name, json!([text]))).collect::<Map<_, _>>();
        let written = Value::Object(whole.clone()).to_string();
        assert_eq!(object(written.as_bytes()), Ok(whole));
    }
}
