//! The OpenAPI document says what the endpoints do.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{booking, enquiry, give_bookings, give_enquiries, give_orders, order, person};
use crate::support::amount::hundredths;
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

/// Every keyword of a schema that is judged here, or judges nothing.
const KEYWORDS: [&str; 16] = [
    "$ref",
    "additionalProperties",
    "description",
    "enum",
    "example",
    "format",
    "items",
    "maxLength",
    "maximum",
    "minLength",
    "minimum",
    "pattern",
    "properties",
    "propertyNames",
    "required",
    "type",
];

/// Holds a value to what its schema says of numbers and of texts.
fn check_bounds(schema: &Value, value: &Value, place: &str) {
    for name in schema.as_object().into_iter().flatten().map(|(name, _)| name.as_str()) {
        assert!(KEYWORDS.contains(&name), "{place}: nobody judges {name}");
    }
    if let Some(text) = value.as_str() {
        let length = text.chars().count() as u64;
        assert!(schema["minLength"].as_u64().is_none_or(|least| length >= least), "{place}: {text}");
        assert!(schema["maxLength"].as_u64().is_none_or(|most| length <= most), "{place}: {text}");
        let pattern = schema["pattern"].as_str().map(|pattern| regex_lite::Regex::new(pattern).unwrap());
        assert!(pattern.is_none_or(|pattern| pattern.is_match(text)), "{place}: {text} against {schema}");
        let is = |format: &str| schema["format"].as_str() == Some(format);
        assert!(!is("uri") || url::Url::parse(text).is_ok(), "{place}: {text} is no URL");
        let is_time = chrono::DateTime::parse_from_rfc3339(text).is_ok();
        assert!(!is("date-time") || is_time, "{place}: {text} is no time");
    }
    if let Some(number) = value.as_f64() {
        assert!(schema["minimum"].as_f64().is_none_or(|least| number >= least), "{place}: {number}");
        assert!(schema["maximum"].as_f64().is_none_or(|most| number <= most), "{place}: {number}");
    }
}

/// Holds an answer to its schema: objects have all required members and no others, and enumerations hold.
fn check(document: &Value, schema: &Value, value: &Value, place: &str) {
    let schema = resolved(document, schema);
    check_bounds(schema, value, place);
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

/// Where the operations of the document are, as JSON pointers.
fn operations(document: &Value) -> Vec<String> {
    let of = |path: &str| {
        let place = format!("/paths/{}", path.replace('/', "~1"));
        let methods = document.pointer(&place).unwrap().as_object().unwrap().keys();
        methods.map(|method| format!("{place}/{method}")).collect::<Vec<_>>()
    };
    names(&document["paths"]).into_iter().flat_map(of).collect()
}

#[tokio::test]
async fn every_operation_has_an_example_answer_that_is_as_its_schema_says() {
    let app = TestApp::start(embedded());
    let document = document(&app).await;
    let operations = operations(&document);
    assert_eq!(operations.len(), 6);
    for place in operations {
        let json =
            |part: &str| document.pointer(&format!("{place}/{part}/content/application~1json")).cloned();
        let answer = json("responses/200").unwrap();
        assert!(answer["example"].is_object(), "{place} has no example");
        check(&document, &answer["schema"], &answer["example"], &place);
        for parameter in document.pointer(&place).unwrap()["parameters"].as_array().into_iter().flatten() {
            if let Some(example) = parameter.get("example") {
                check(&document, &parameter["schema"], example, &place);
            }
        }
        let Some(body) = json("requestBody") else { continue };
        let properties = &resolved(&document, &body["schema"])["properties"];
        for (name, value) in body["example"].as_object().unwrap_or_else(|| panic!("{place} has no example")) {
            check(&document, &properties[name], value, &format!("{place}.{name}"));
        }
    }
}

#[tokio::test]
async fn the_amounts_of_the_example_add_up() {
    let app = TestApp::start(embedded());
    let document = document(&app).await;
    let example =
        &document["paths"][ORDERS]["get"]["responses"]["200"]["content"]["application/json"]["example"];
    let order = &example["data"]["orders"][0];
    let of = |name: &str| hundredths(&order[name]);
    let items = order["items"].as_array().unwrap();
    for item in items {
        let quantity = item["quantity"].as_i64().unwrap();
        assert_eq!(hundredths(&item["unitPrice"]) * quantity, hundredths(&item["total"]), "{item}");
    }
    assert_eq!(items.iter().map(|item| hundredths(&item["total"])).sum::<i64>(), of("subtotal"));
    assert_eq!(of("subtotal") - of("discountTotal") + of("taxTotal"), of("total"));
    assert_eq!(example["data"]["nextCursor"], order["id"], "a cursor is the id of the last of its page");
}

/// What is in each `pre` of a page that is to be pasted.
fn lines_to_paste(page: &str) -> Vec<String> {
    let after = page.split("<pre class=\"lines\"").skip(1).map(|rest| rest.split_once('>').unwrap().1);
    let plain = |text: &str| {
        let named =
            [("&#34;", "\""), ("&#39;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&#60;", "<"), ("&#62;", ">")];
        let text = named.into_iter().fold(text.to_owned(), |text, (name, is)| text.replace(name, is));
        text.replace("&#38;", "&").replace("&amp;", "&")
    };
    after.map(|rest| plain(rest.split("</pre>").next().unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_page_says_to_paste_does_what_it_says() {
    let app = TestApp::start(embedded());
    let page = app.request("GET", "/api/client/v1/docs").send().await.unwrap().text().await.unwrap();
    let blocks = lines_to_paste(&page);
    assert_eq!(blocks.len(), 7, "the sign-in, and six operations");
    let script = blocks.join("\necho\n");
    let run = move || std::process::Command::new("bash").arg("-c").arg(script).output().unwrap();
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let answers =
        said.lines().map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("{said}")));
    let answers = answers.collect::<Vec<_>>();
    assert!(answers.len() == 7 && answers.iter().all(|answer| answer["success"] == true), "{said}");
    let data = |place: usize| &answers[place]["data"];
    assert_eq!(
        data(1)["user"]["email"],
        "ana@example.com",
        "in the order of docs/client-api.md: profile first"
    );
    assert_eq!(data(2)["customer"]["displayName"], "Ana L.");
    for (place, name) in [(3, "orders"), (4, "bookings"), (5, "enquiries")] {
        assert_eq!(data(place)[name].as_array().map(Vec::len), Some(2), "{name}");
    }
    assert!(data(6)["refresh_token"].as_str().unwrap().starts_with("rt_"));
}

#[tokio::test]
async fn where_there_is_no_outbox_the_page_asks_for_the_code_of_the_mail() {
    let mailer = std::sync::Arc::new(tiquo_auth::mail::MemoryOutbox::new());
    let app = TestApp::start_mailing(embedded(), crate::support::clock::ManualClock::fixed(), mailer);
    let page = app.request("GET", "/api/client/v1/docs").send().await.unwrap().text().await.unwrap();
    assert!(page.contains("read -r code") && page.contains("pk_dom_example"));
    for development in ["/dev/", "pk_dom_demo", "outbox"] {
        assert!(!page.contains(development), "{development}");
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
