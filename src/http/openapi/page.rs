//! Renders the OpenAPI document as an HTML page.

use askama::Template;
use serde_json::Value;

use crate::http::assets;

use super::pointer::{JSON, at, resolve};
use super::{examples, shell};

const STYLE: &str = include_str!("../../../templates/openapi/style.css");
/// Largest depth of nested members that is shown.
const DEEPEST: usize = 3;

#[derive(Template)]
#[template(path = "openapi/page.html")]
struct ApiPage<'a> {
    title: String,
    description: String,
    server: String,
    style: &'static str,
    sign_in: &'a SignIn,
    groups: Vec<OperationGroup>,
    refusal: String,
}

/// How a reader of the page gets an access token.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// Path that sends a code.
    pub send: &'static str,
    /// Path that exchanges the code for tokens.
    pub verify: &'static str,
    /// Public key of the organization to sign in at.
    pub public_key: String,
    /// Paths of development; `None` in production, where the code comes by mail.
    pub development: Option<DevelopmentPaths>,
}

#[derive(Debug, Clone, Copy)]
pub struct DevelopmentPaths {
    /// Path of the outbox as JSON.
    pub mails: &'static str,
    /// Path that adds sample records.
    pub samples: &'static str,
}

struct OperationGroup {
    description: String,
    operations: Vec<Operation>,
}

struct Operation {
    id: String,
    method: String,
    path: String,
    summary: String,
    description: String,
    request: String,
    answer: String,
    lists: Vec<OperationList>,
    refusals: Vec<ShownField>,
}

struct OperationList {
    name: &'static str,
    fields: Vec<ShownField>,
}

struct ShownField {
    name: String,
    kind: String,
    text: String,
    depth: usize,
}

/// Renders the page with the operations in the order of their tags; `None` when that fails.
pub fn page(document: &Value, sign_in: &SignIn) -> Option<String> {
    let tags = at(document, "/tags").as_array().into_iter().flatten();
    let failure = at(document, "/components/schemas/Failure");
    let page = ApiPage {
        title: text(at(document, "/info/title")),
        description: text(at(document, "/info/description")),
        server: text(at(document, "/servers/0/url")),
        style: STYLE,
        sign_in,
        groups: tags.map(|tag| group(document, tag)).collect(),
        refusal: pretty(examples::of(document, failure, DEEPEST).as_ref()),
    };
    page.render().ok()
}

/// The page's Content-Security-Policy, which admits its own style only.
pub fn content_security_policy() -> String {
    let style = assets::source(STYLE);
    format!(
        "default-src 'none'; style-src {style}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

fn group(document: &Value, tag: &Value) -> OperationGroup {
    let mut operations = Vec::new();
    for (path, methods) in at(document, "/paths").as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            if at(operation, "/tags/0") == at(tag, "/name") {
                operations.push(self::operation(document, path, method, operation));
            }
        }
    }
    OperationGroup { description: text(at(tag, "/description")), operations }
}

fn operation(document: &Value, path: &str, method: &str, operation: &Value) -> Operation {
    let schema = |part: &str| resolve(document, at(operation, &format!("{part}{JSON}/schema")));
    let parameters = at(operation, "/parameters").as_array().into_iter().flatten();
    let parameter = |one: &Value| ShownField {
        name: text(at(one, "/name")),
        kind: format!("{}, in the {}", kind(document, at(one, "/schema")), text(at(one, "/in"))),
        text: text(at(one, "/description")),
        depth: 0,
    };
    let responses = at(operation, "/responses").as_object();
    let refusals = responses.into_iter().flatten().filter(|(status, _)| *status != "200");
    let refusal = |(status, response): (&String, &Value)| ShownField {
        name: status.clone(),
        kind: String::new(),
        text: text(at(response, "/description")),
        depth: 0,
    };
    let answer = at(schema("/responses/200"), "/properties/data");
    Operation {
        id: text(at(operation, "/operationId")),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(at(operation, "/summary")),
        description: text(at(operation, "/description")),
        request: shell::curl(path, method, operation),
        answer: pretty(operation.pointer(&format!("/responses/200{JSON}/example"))),
        lists: vec![
            OperationList { name: "Parameters", fields: parameters.map(parameter).collect() },
            OperationList {
                name: "Members of the body",
                fields: members(document, schema("/requestBody"), 0),
            },
            OperationList { name: "Members of the answer, in data", fields: members(document, answer, 0) },
        ],
        refusals: refusals.map(refusal).collect(),
    }
}

/// The members of an object, each followed by its own members.
fn members(document: &Value, schema: &Value, depth: usize) -> Vec<ShownField> {
    let schema = resolve(document, schema);
    let Some(properties) = at(schema, "/properties").as_object().filter(|_| depth <= DEEPEST) else {
        return Vec::new();
    };
    let mut fields = Vec::new();
    for (name, member) in properties {
        let text = member.get("description").map(text).unwrap_or_default();
        fields.push(ShownField { name: name.clone(), kind: kind(document, member), text, depth });
        let inner = member.get("items").unwrap_or(member);
        fields.extend(members(document, inner, depth.saturating_add(1)));
    }
    fields
}

/// The type or the allowed values, in words.
fn kind(document: &Value, schema: &Value) -> String {
    let schema = resolve(document, schema);
    if let Some(words) = at(schema, "/enum").as_array() {
        return words.iter().map(text).collect::<Vec<_>>().join(" · ");
    }
    match at(schema, "/type") {
        Value::String(one) if one == "array" => format!("list of {}", kind(document, at(schema, "/items"))),
        Value::String(one) => one.clone(),
        several => several.as_array().into_iter().flatten().map(text).collect::<Vec<_>>().join(" or "),
    }
}

fn pretty(value: Option<&Value>) -> String {
    value.and_then(|value| serde_json::to_string_pretty(value).ok()).unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
