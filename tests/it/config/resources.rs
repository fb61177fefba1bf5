//! `[[resources]]`, and what clients and registration say of resources: every rule, by its place and its mend.

use tiquo_auth::protocol::claims::AccessTokenType;
use tiquo_auth::protocol::id::ClientId;
use tiquo_auth::protocol::locale::Locale;
use tiquo_auth::protocol::private_use::PrivateUseSchemes;
use tiquo_auth::protocol::scope::Scope;

use super::*;

const STOCK: &str = r#"[[resources]]
id = "https://stock.example"
scopes = ["stock:read", "stock:write"]
writes = ["stock:write"]
access_token_type = "at+jwt"
[[resources.descriptions]]
scope = "stock:read"
en = "See what is in stock"
fr = "Voir le stock"
"#;

const CLIENT: &str = r#"[[clients]]
id = "app"
organization = "org_one"
name = "App"
authentication = "client_secret_basic"
secret = "k3q9x7r2m8v4t6w1z5p0n3b7c2d9f4g8"
redirect_uris = ["https://app.example/callback"]
"#;

fn scope(text: &str) -> Scope {
    Scope::parse(text).unwrap()
}

#[track_caller]
fn refused(text: &str, begin: &str) {
    let mistakes = mistakes(&format!("{LEAST}\n{text}"), &[]);
    assert_eq!(mistakes.len(), 1, "{mistakes:#?}");
    let (_, said) = mistakes[0].split_once(": ").unwrap();
    assert!(said.starts_with(begin), "{said}\n  does not begin with\n{begin}");
}

#[test]
fn rfc8707_2_a_resource_has_scopes_and_a_type_of_token() {
    let resources = load(&format!("{LEAST}\n{STOCK}"), &[]).unwrap().policy.resources;
    let stock = resources.get("https://stock.example/").unwrap();
    assert_eq!((&stock.scopes, &stock.writes), (&scope("stock:read stock:write"), &scope("stock:write")));
    assert_eq!(stock.access_token_type, Some(AccessTokenType::AtJwt));
    assert_eq!(resources.description("stock:read", Locale::Fr), Some("Voir le stock"));
    assert_eq!(resources.description("stock:read", Locale::Es), Some("See what is in stock"));
}

#[test]
fn what_a_resource_must_not_say() {
    refused("[[resources]]", "resources[0].id: is missing");
    refused("[[resources]]\nid = \"stock\"", "resources[0].id: \"stock\" is not an absolute URI");
    refused(
        "[[resources]]\nid = \"tiquo-client-api\"",
        "resources[0].id: tiquo-client-api is tokens.audience",
    );
    let twice = "[[resources]]\nid = \"https://a.example\"\n";
    refused(&twice.repeat(2), "resources[1].id: https://a.example is also resources[0].id");
    let with = |line: &str| format!("[[resources]]\nid = \"https://a.example\"\nscopes = [\"a\"]\n{line}");
    refused(&with("writes = [\"b\"]"), "resources[0].writes[0]: \"b\" is not known");
    for (scopes, begin) in [
        ("[\"openid\"]", "resources[0].scopes[0]: openid means something here already"),
        ("[\"profile:read\"]", "resources[0].scopes[0]: profile:read means something here already"),
        ("[\"a b\"]", "resources[0].scopes[0]: \"a b\" is no scope token"),
        ("[\"\"]", "resources[0].scopes[0]: \"\" is no scope token"),
        ("[\"a\", \"a\"]", "resources[0].scopes[1]: a is there twice"),
    ] {
        refused(&format!("[[resources]]\nid = \"https://a.example\"\nscopes = {scopes}"), begin);
    }
    let described = |lines: &str| with(&format!("[[resources.descriptions]]\n{lines}"));
    refused(&described("en = \"x\""), "resources[0].descriptions[0].scope: is missing");
    refused(
        &described("scope = \"b\"\nen = \"x\""),
        "resources[0].descriptions[0].scope: \"b\" is not a scope of",
    );
    refused(&described("scope = \"a\"\nfr = \"x\""), "resources[0].descriptions[0].en: is missing");
    let twice = "[[resources.descriptions]]\nscope = \"a\"\nen = \"x\"\n".repeat(2);
    refused(&with(&twice), "resources[0].descriptions[1]: a is there twice");
}

#[test]
fn rfc6749_3_3_a_client_names_scopes_of_its_resources_and_what_it_gets_unasked() {
    let lines = "resources = [\"https://stock.example\"]\nscopes = [\"openid\", \"email\", \"stock:read\"]\n\
                 default_scopes = [\"openid\", \"stock:read\"]";
    let settings = load(&format!("{LEAST}\n{STOCK}{CLIENT}{lines}"), &[]).unwrap();
    let client = settings.policy.clients.get(&ClientId::new("app")).unwrap();
    assert_eq!(client.scope, scope("openid email stock:read"));
    assert_eq!(client.extras.default_scope, Some(scope("openid stock:read")));
    let of = |lines: &str| format!("{STOCK}{CLIENT}{lines}");
    refused(
        &of("scopes = [\"stock:read\"]"),
        "clients[0].scopes: has stock:read, a scope of a resource that",
    );
    refused(&of("scopes = [\"no:such\"]"), "clients[0].scopes[0]: \"no:such\" is not known");
    let beyond = "scopes = [\"openid\"]\ndefault_scopes = [\"email\"]";
    refused(&of(beyond), "clients[0].default_scopes[0]: \"email\" is not known");
    let plain = load(&format!("{LEAST}\n{CLIENT}"), &[]).unwrap();
    assert_eq!(plain.policy.clients.get(&ClientId::new("app")).unwrap().extras.default_scope, None);
}

#[test]
fn rfc7662_1_a_confidential_client_introspects_audiences() {
    let lines = "introspects = [\"tiquo-client-api\", \"https://api.example\"]";
    let settings = load(&format!("{LEAST}\n{CLIENT}{lines}"), &[]).unwrap();
    let client = settings.policy.clients.get(&ClientId::new("app")).unwrap();
    assert_eq!(client.extras.introspects, ["tiquo-client-api", "https://api.example"]);
    refused(
        &format!("{CLIENT}introspects = [\"api\"]"),
        "clients[0].introspects[0]: \"api\" is not an absolute URI",
    );
    let public = CLIENT
        .replace("client_secret_basic", "none")
        .replace("secret = \"k3q9x7r2m8v4t6w1z5p0n3b7c2d9f4g8\"\n", "");
    refused(
        &format!("{public}{lines}"),
        "clients[0].introspects: is given, but a public client cannot introspect",
    );
}

#[test]
fn what_clients_that_register_themselves_may_ask_for() {
    let text = "[registration]\nprivate_use_schemes = \"reverse_domain\"\nresources = [\"https://stock.example\", \
                \"https://other.example\"]\n";
    let policy = load(&format!("{LEAST}\n{text}{STOCK}"), &[]).unwrap().policy.registration;
    assert_eq!(policy.private_use_schemes, PrivateUseSchemes::ReverseDomain);
    assert_eq!(policy.resources, ["https://stock.example", "https://other.example"]);
    assert_eq!(policy.resource_scopes, scope("stock:read stock:write"));
    let plain = load(LEAST, &[]).unwrap().policy.registration;
    assert_eq!((plain.private_use_schemes, plain.resources.len()), (PrivateUseSchemes::Any, 0));
    refused(
        "[registration]\nresources = [\"stock\"]",
        "registration.resources[0]: \"stock\" is not an absolute URI",
    );
    let api = "registration.resources[0]: tiquo-client-api is tokens.audience";
    refused("[registration]\nresources = [\"tiquo-client-api\"]", api);
}
