//! Ways to the parts of the document.

use serde_json::Value;

/// What is at a JSON pointer (RFC 6901); null when nothing is.
pub(super) fn at<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}

/// Follows `$ref`.
pub(super) fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let reference = at(schema, "/$ref").as_str().and_then(|reference| reference.strip_prefix('#'));
    reference.and_then(|pointer| document.pointer(pointer)).unwrap_or(schema)
}

/// Where the schema and the example of a body or an answer are.
pub(super) const JSON: &str = "/content/application~1json";
