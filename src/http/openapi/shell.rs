//! Example requests for a shell. They use the variables `base`, `access` and `refresh`, which the page's
//! first block sets.

use serde_json::Value;

use super::pointer::{JSON, at};

/// Separates the arguments of a long command.
const NEXT_LINE: &str = " \\\n  ";

pub(super) fn curl(path: &str, method: &str, operation: &Value) -> String {
    let method = match method {
        "get" => String::new(),
        other => format!(" -X {}", other.to_uppercase()),
    };
    let mut parts = vec![format!("curl -s{method} \"$base{path}{}\"", query(operation))];
    if operation.get("security").is_some() {
        parts.push("-H \"Authorization: Bearer $access\"".to_owned());
    }
    if let Some(body) = at(operation, &format!("/requestBody{JSON}")).get("example") {
        parts.push("-H 'Content-Type: application/json'".to_owned());
        parts.push(format!("-d {}", argument(body)));
    }
    parts.join(NEXT_LINE)
}

/// The query with those parameters that have an example.
fn query(operation: &Value) -> String {
    let given = |parameter: &Value| {
        let name = at(parameter, "/name").as_str().filter(|_| at(parameter, "/in") == "query")?;
        let value = parameter.get("example")?;
        Some(format!("{name}={}", value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
    };
    let parameters = at(operation, "/parameters").as_array().into_iter().flatten();
    let given = parameters.filter_map(given).collect::<Vec<_>>();
    if given.is_empty() { String::new() } else { format!("?{}", given.join("&")) }
}

/// The body as one shell argument, with the reader's own refresh token in the place of the example.
fn argument(body: &Value) -> String {
    let text = body.to_string();
    match body.get("refresh_token").and_then(Value::as_str) {
        Some(token) => format!("\"{}\"", text.replace('"', "\\\"").replace(token, "$refresh")),
        None => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn with_body(example: &Value) -> Value {
        json!({"requestBody": {"content": {"application/json": {"example": example}}}, "security": [{"bearer": []}]})
    }

    #[test]
    fn a_request_has_its_parameters_and_its_token() {
        let parameters = json!([
            {"name": "limit", "in": "query", "example": 2}, {"name": "cursor", "in": "query"},
            {"name": "status", "in": "query", "example": "open"}, {"name": "DPoP", "in": "header", "example": "x"},
        ]);
        let line = curl("/list", "get", &json!({"parameters": parameters, "security": [{"bearer": []}]}));
        assert_eq!(
            line,
            "curl -s \"$base/list?limit=2&status=open\" \\\n  -H \"Authorization: Bearer $access\""
        );
    }

    #[test]
    fn a_body_is_one_argument_whatever_is_in_it() {
        let line = curl("/p", "patch", &with_body(&json!({"name": "O'Neil"})));
        assert!(line.starts_with("curl -s -X PATCH \"$base/p\""), "{line}");
        assert!(line.ends_with("-d '{\"name\":\"O'\\''Neil\"}'"), "{line}");
    }

    #[test]
    fn a_refresh_token_in_an_example_is_the_readers_own() {
        let line = curl("/r", "post", &with_body(&json!({"refresh_token": "rt_example"})));
        assert!(line.ends_with("-d \"{\\\"refresh_token\\\":\\\"$refresh\\\"}\""), "{line}");
    }
}
