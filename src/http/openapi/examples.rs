//! Composes examples of request bodies and responses from the examples of their members, so that each is
//! written once and matches its schema.

use serde_json::{Map, Value};

use super::pointer::{JSON, at, resolve};

/// Largest depth of nested members; it stops a recursive schema.
const DEEPEST: usize = 8;

/// Adds an example to every request body and response that has none.
pub(super) fn add(document: &mut Value) {
    for place in places(document) {
        let content = at(document, &place);
        if content.get("example").is_some() {
            continue;
        }
        let Some(example) = of(document, at(content, "/schema"), DEEPEST) else { continue };
        if let Some(content) = document.pointer_mut(&place).and_then(Value::as_object_mut) {
            content.insert("example".to_owned(), example);
        }
    }
}

/// JSON pointers to the content of every request body and 200 response.
fn places(document: &Value) -> Vec<String> {
    let mut places = Vec::new();
    for (path, methods) in at(document, "/paths").as_object().into_iter().flatten() {
        for method in methods.as_object().into_iter().flatten().map(|(method, _)| method) {
            let operation = format!("/paths/{}/{method}", path.replace('~', "~0").replace('/', "~1"));
            places.push(format!("{operation}/requestBody{JSON}"));
            places.push(format!("{operation}/responses/200{JSON}"));
        }
    }
    places.retain(|place| document.pointer(place).is_some());
    places
}

/// The example of a schema: its own, or one composed of its members' examples; `None` when a member has none.
pub(super) fn of(document: &Value, schema: &Value, depth: usize) -> Option<Value> {
    let schema = resolve(document, schema);
    let depth = depth.checked_sub(1)?;
    if let Some(example) = schema.get("example") {
        return Some(example.clone());
    }
    if let Some(items) = schema.get("items") {
        return Some(Value::Array(vec![of(document, items, depth)?]));
    }
    let members = schema.get("properties")?.as_object()?.iter();
    let members = members.map(|(name, member)| Some((name.clone(), of(document, member, depth)?)));
    members.collect::<Option<Map<_, _>>>().map(Value::Object)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_example_is_made_of_those_of_its_members() {
        let document = json!({"components": {"schemas": {"Word": {"enum": ["a", "b"], "example": "b"}}}});
        let schema = json!({"properties": {
            "word": {"$ref": "#/components/schemas/Word"},
            "list": {"type": "array", "items": {"properties": {"n": {"example": 1}}}},
        }});
        assert_eq!(of(&document, &schema, DEEPEST), Some(json!({"word": "b", "list": [{"n": 1}]})));
        let own = json!({"example": {"word": "a"}, "properties": {"word": {"example": "b"}}});
        assert_eq!(of(&document, &own, DEEPEST), Some(json!({"word": "a"})));
        assert_eq!(of(&document, &json!({"properties": {"word": {"type": "string"}}}), DEEPEST), None);
    }

    #[test]
    fn a_schema_that_contains_itself_has_none() {
        let itself = json!({"$ref": "#/components/schemas/Itself"});
        let document = json!({"components": {"schemas": {"Itself": {"properties": {"again": itself}}}}});
        assert_eq!(of(&document, &itself, DEEPEST), None);
    }

    #[test]
    fn an_example_that_is_there_stays() {
        let content =
            |example: Value| json!({"application/json": {"schema": {"example": 1}, "example": example}});
        let mut document =
            json!({"paths": {"/a/b": {"get": {"responses": {"200": {"content": content(json!(2))}}}}}});
        let before = document.clone();
        add(&mut document);
        assert_eq!(document, before);
    }
}
