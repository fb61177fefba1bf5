//! Ways to the parts of the document.

use serde_json::Value;

/// The value at a JSON pointer (RFC 6901); null when there is none.
pub(super) fn at<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}

/// Follows a schema's `$ref`.
pub(super) fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let reference = at(schema, "/$ref").as_str().and_then(|reference| reference.strip_prefix('#'));
    reference.and_then(|pointer| document.pointer(pointer)).unwrap_or(schema)
}

/// JSON pointer to the schema and the example of a request body or response.
pub(super) const JSON: &str = "/content/application~1json";
