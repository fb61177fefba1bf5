//! Members that are absent or without effect.

use serde_json::json;

use super::*;

#[test]
fn rfc7591_2_unknown_and_unavailable_scopes_are_left_out() {
    let scope = |over: Value| client(judged(&over)).1["scope"].clone();
    assert_eq!(scope(json!({"scope": "openid admin email"})), json!("email openid"));
    assert_eq!(scope(json!({"scope": "openid offline_access"})), json!("openid"), "without refresh_token");
    let pairwise = json!({"scope": "openid profile:read", "subject_type": "pairwise"});
    assert_eq!(scope(pairwise), json!("openid"), "nothing of the Client API for pairwise subjects");
    all_refused(
        "scope",
        &[json!("a\"b"), json!(["openid"]), json!("offline_access"), json!("offline_access x")],
    );
    let unknown = |text: &str| client(judged(&json!({"scope": text})));
    let (of_all, all) = client(judged(&json!({})));
    assert_eq!((of_all.extras.unknown_scope, unknown("").1["scope"].clone()), (None, all["scope"].clone()));
    let (of_unknown, answered) = unknown("admin tools");
    assert_eq!((of_unknown.scope, &answered["scope"]), (of_all.scope, &all["scope"]), "the default ones");
    assert_eq!(of_unknown.extras.unknown_scope, Scope::parse("admin tools"));
    assert_eq!(unknown("admin email").0.extras.unknown_scope, None);
}

#[test]
fn rfc8707_2_scopes_of_resources_that_clients_may_ask_for() {
    let policy = policy::RegistrationPolicy {
        resources: vec!["https://api.example".to_owned()],
        resource_scopes: Scope::parse("stock:read stock:write").unwrap(),
        ..policy(policy::RegistrationMode::Off)
    };
    let allowance = ClientAllowance::of(&policy, None);
    let scope = |over: Value| client(read(&document(&over), &allowance).unwrap()).0.scope.to_string();
    assert_eq!(scope(json!({"scope": "openid stock:write other:read"})), "openid stock:write");
    assert_eq!(scope(json!({})), "address email openid phone profile stock:read stock:write");
    assert_eq!(scope(json!({"scope": "stock:read", "subject_type": "pairwise"})), "stock:read");
}

#[test]
fn rfc7591_2_what_is_empty_counts_as_left_out() {
    for nothing in
        [json!(null), json!(""), json!([]), json!({}), json!([""]), json!([null, []]), json!({"keys": []})]
    {
        assert!(is_left_out(&nothing), "{nothing}");
    }
    for something in
        [json!(false), json!(0), json!(" "), json!(["x"]), json!([0]), json!({"a": {"b": ""}}), json!([[""]])]
    {
        assert!(!is_left_out(&something), "{something}");
    }
    let texts =
        json!({"contacts": ["", "ops@app.example", null], "client_name#": "", "client_name#not a tag": ""});
    let (_, metadata) = client(judged(&texts));
    assert_eq!((&metadata["contacts"], metadata.get("client_name")), (&json!(["ops@app.example"]), None));
}
