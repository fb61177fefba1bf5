//! The document as a page for people, made from it and from nothing else.

use askama::Template;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

const STYLE: &str = include_str!("../../../templates/openapi/style.css");
/// How deep members of members are shown.
const DEEPEST: usize = 3;

#[derive(Template)]
#[template(path = "openapi/page.html")]
struct Page {
    title: String,
    description: String,
    server: String,
    style: &'static str,
    operations: Vec<Operation>,
}

struct Operation {
    id: String,
    method: String,
    path: String,
    summary: String,
    description: String,
    lists: Vec<List>,
    refusals: Vec<Field>,
}

struct List {
    name: &'static str,
    fields: Vec<Field>,
}

struct Field {
    name: String,
    kind: String,
    text: String,
    depth: usize,
}

/// The page; `None` when it cannot be written.
#[must_use]
pub fn page(document: &Value) -> Option<String> {
    let paths = at(document, "/paths").as_object()?;
    let operations = paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().into_iter().flatten();
        methods.map(move |(method, operation)| self::operation(document, path, method, operation))
    });
    let page = Page {
        title: text(at(document, "/info/title")),
        description: text(at(document, "/info/description")),
        server: text(at(document, "/servers/0/url")),
        style: STYLE,
        operations: operations.collect(),
    };
    page.render().ok()
}

/// What the page says to the browser: nothing but its own style.
#[must_use]
pub fn content_security_policy() -> String {
    let hash = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

fn operation(document: &Value, path: &str, method: &str, operation: &Value) -> Operation {
    let content = |part: &Value| at(part, "/content/application~1json/schema").clone();
    let mut parameters = Vec::new();
    for parameter in at(operation, "/parameters").as_array().into_iter().flatten() {
        let kind =
            format!("{}, in the {}", kind(document, at(parameter, "/schema")), text(at(parameter, "/in")));
        let name = text(at(parameter, "/name"));
        parameters.push(Field { name, kind, text: text(at(parameter, "/description")), depth: 0 });
    }
    let responses = at(operation, "/responses").as_object();
    let refusals = responses.into_iter().flatten().filter(|(status, _)| *status != "200");
    let refusal = |(status, response): (&String, &Value)| Field {
        name: status.clone(),
        kind: String::new(),
        text: text(at(response, "/description")),
        depth: 0,
    };
    let answer = resolve(document, &content(at(operation, "/responses/200")));
    let body = content(at(operation, "/requestBody"));
    Operation {
        id: text(at(operation, "/operationId")),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(at(operation, "/summary")),
        description: text(at(operation, "/description")),
        lists: vec![
            List { name: "Parameters", fields: parameters },
            List { name: "Body", fields: members(document, &body, 0) },
            List { name: "Answer, in data", fields: members(document, at(&answer, "/properties/data"), 0) },
        ],
        refusals: refusals.map(refusal).collect(),
    }
}

/// The members of an object, each followed by its own.
fn members(document: &Value, schema: &Value, depth: usize) -> Vec<Field> {
    let schema = resolve(document, schema);
    let Some(properties) = at(&schema, "/properties").as_object().filter(|_| depth <= DEEPEST) else {
        return Vec::new();
    };
    let mut fields = Vec::new();
    for (name, member) in properties {
        let example = member.get("example").map(|example| format!("For example {example}."));
        let said = member.get("description").map(text);
        let text = said.into_iter().chain(example).collect::<Vec<_>>().join(" ");
        fields.push(Field { name: name.clone(), kind: kind(document, member), text, depth });
        let inner = member.get("items").unwrap_or(member);
        fields.extend(members(document, inner, depth.saturating_add(1)));
    }
    fields
}

/// What a value may be, in words.
fn kind(document: &Value, schema: &Value) -> String {
    let schema = resolve(document, schema);
    if let Some(words) = at(&schema, "/enum").as_array() {
        return words.iter().map(text).collect::<Vec<_>>().join(" · ");
    }
    match at(&schema, "/type") {
        Value::String(one) if one == "array" => format!("list of {}", kind(document, at(&schema, "/items"))),
        Value::String(one) => one.clone(),
        several => several.as_array().into_iter().flatten().map(text).collect::<Vec<_>>().join(" or "),
    }
}

/// Follows `$ref`.
fn resolve<'a>(document: &'a Value, schema: &Value) -> std::borrow::Cow<'a, Value> {
    let reference = at(schema, "/$ref").as_str().and_then(|reference| reference.strip_prefix('#'));
    match reference.and_then(|pointer| document.pointer(pointer)) {
        Some(known) => std::borrow::Cow::Borrowed(known),
        None => std::borrow::Cow::Owned(schema.clone()),
    }
}

/// What is at a JSON pointer (RFC 6901); null when nothing is.
fn at<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
