//! The OpenAPI document says what the endpoints do.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{booking, enquiry, give_bookings, give_enquiries, give_orders, order, person};
use crate::support::app::{BOOKINGS, ENQUIRIES, ORDERS, PROFILE, REFRESH, TestApp};
use crate::support::stores::embedded;

const DOCUMENT: &str = "/api/client/v1/openapi.json";

async fn document(app: &TestApp) -> Value {
    let answer = app.get(DOCUMENT).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    answer.body
}

fn names(object: &Value) -> BTreeSet<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn it_has_every_path_and_is_openapi_3_1() {
    let app = TestApp::start(embedded());
    let document = document(&app).await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    assert_eq!(document["servers"][0]["url"], app.base);
    assert_eq!(names(&document["paths"]), BTreeSet::from([REFRESH, PROFILE, ORDERS, BOOKINGS, ENQUIRIES]));
    assert_eq!(names(&document["paths"][PROFILE]), BTreeSet::from(["get", "patch"]));
    for path in [ORDERS, BOOKINGS, ENQUIRIES] {
        let parameters = document["paths"][path]["get"]["parameters"].as_array().unwrap();
        let names = parameters.iter().map(|parameter| parameter["name"].as_str().unwrap());
        assert_eq!(names.collect::<Vec<_>>(), ["limit", "cursor", "status"]);
    }
}

/// Follows `$ref`.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => document.pointer(reference.strip_prefix('#').unwrap()).unwrap(),
        None => schema,
    }
}

/// What a refusal has only where there is something to mend.
const OF_SOME_REFUSALS: [&str; 2] = ["detail", "field"];

/// Holds an answer to its schema: objects have all required members and no others, and enumerations hold.
fn check(document: &Value, schema: &Value, value: &Value, place: &str) {
    let schema = resolved(document, schema);
    if let Some(words) = schema["enum"].as_array() {
        assert!(words.contains(value), "{place}: {value} is none of {words:?}");
    }
    if let (Some(properties), Some(object)) = (schema["properties"].as_object(), value.as_object()) {
        let always = |names: BTreeSet<&'_ str>| -> BTreeSet<String> {
            names.into_iter().filter(|name| !OF_SOME_REFUSALS.contains(name)).map(str::to_owned).collect()
        };
        let known = properties.keys().map(String::as_str).collect::<BTreeSet<_>>();
        assert!(names(value).is_subset(&known), "{place}: {value}");
        assert_eq!(always(names(value)), always(known.clone()), "{place}");
        for (name, value) in object {
            check(document, &properties[name], value, &format!("{place}.{name}"));
        }
        let required = schema["required"].as_array().unwrap();
        assert_eq!(required.len(), always(known).len(), "{place}: every other member is always there");
    }
    for value in value.as_array().into_iter().flatten() {
        check(document, &schema["items"], value, &format!("{place}[]"));
    }
    let types = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        several => several.as_array().into_iter().flatten().filter_map(Value::as_str).collect(),
    };
    let is = |name: &str| match name {
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_u64() || value.is_i64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    };
    assert!(types.is_empty() || types.into_iter().any(is), "{place}: {value} against {schema}");
}

#[tokio::test]
async fn answers_are_as_it_says() {
    let app = TestApp::start(embedded());
    let document = document(&app).await;
    let ana = person(&app, "ana@example.com").await;
    give_orders(&app, &ana.key, &[order("o1", 5, "completed"), order("o2", 6, "pending")]).await;
    give_bookings(&app, &ana.key, &[booking("b1", 5)]).await;
    give_enquiries(&app, &ana.key, &[enquiry("e1")]).await;
    let schema = |path: &str, method: &str, status: &str| {
        document["paths"][path][method]["responses"][status]["content"]["application/json"]["schema"].clone()
    };
    for path in [PROFILE, ORDERS, BOOKINGS, ENQUIRIES] {
        let answer = app.get_as(&ana.token, path).await;
        answer.data();
        check(&document, &schema(path, "get", "200"), &answer.body, path);
    }
    let page = app.get_as(&ana.token, &format!("{ORDERS}?limit=1")).await;
    check(&document, &schema(ORDERS, "get", "200"), &page.body, "a page with another after it");
    let body =
        json!({"firstName": "Ana", "phone": "112", "profilePhoto": "https://example.com/a.png"}).to_string();
    let changed = app.patch_as(&ana.token, PROFILE, &body).await;
    check(&document, &schema(PROFILE, "patch", "200"), &changed.body, "PATCH profile");
    let refreshed = app.refresh(&ana.refresh_token).await;
    check(&document, &schema(REFRESH, "post", "200"), &refreshed.body, "refresh");
    for (answer, path, method, status) in [
        (app.get_as("nonsense", PROFILE).await, PROFILE, "get", "401"),
        (app.get_as(&ana.token, &format!("{ORDERS}?limit=0")).await, ORDERS, "get", "400"),
        (app.patch_as(&ana.token, PROFILE, "[]").await, PROFILE, "patch", "400"),
        (app.refresh("nonsense").await, REFRESH, "post", "401"),
    ] {
        assert_eq!(answer.status.to_string(), status);
        check(&document, &schema(path, method, status), &answer.body, path);
    }
}

#[tokio::test]
async fn the_page_shows_every_operation_and_runs_nothing() {
    let app = TestApp::start(embedded());
    let response = app.request("GET", "/api/client/v1/docs").send().await.unwrap();
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    let page = response.text().await.unwrap();
    for path in [REFRESH, PROFILE, ORDERS, BOOKINGS, ENQUIRIES] {
        assert!(page.contains(&format!("<code>{path}</code>")), "{path}");
    }
    for text in ["nextCursor", "paymentStatus", "pending · confirmed", "429"] {
        assert!(page.contains(text), "{text}");
    }
    assert!(!page.contains("<script"));
}
