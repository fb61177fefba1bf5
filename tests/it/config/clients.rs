//! `[[clients]]`: every rule, by its place and its mend.

mod logout;
mod reach;
mod requests;
mod secrets;

use tiquo_auth::protocol::client::{
    AuthenticationMethod, Client, ClientKeys, ClientParty, Clients, Credentials, GrantType,
};
use tiquo_auth::protocol::id::ClientId;

use super::*;

/// 32 characters, the fewest that are a secret in production.
const SECRET: &str = "k3q9x7r2m8v4t6w1z5p0n3b7c2d9f4g8";

/// The keys of a confidential client that is right.
const RIGHT: [(&str, &str); 6] = [
    ("id", "\"app\""),
    ("organization", "\"org_one\""),
    ("authentication", "\"client_secret_basic\""),
    ("secret", "\"k3q9x7r2m8v4t6w1z5p0n3b7c2d9f4g8\""),
    ("redirect_uris", "[\"https://app.example/callback\"]"),
    ("name", "\"App\""),
];

/// A section of a right client but for `keys`; an empty value leaves a key out.
fn section(keys: &[(&str, &str)]) -> String {
    let mut all = RIGHT.to_vec();
    for (key, value) in keys {
        all.retain(|(other, _)| other != key);
        all.push((key, value));
    }
    let lines = all.iter().filter(|(_, value)| !value.is_empty());
    lines.fold("[[clients]]\n".to_owned(), |text, (key, value)| format!("{text}{key} = {value}\n"))
}

/// A whole file with one client.
fn with(keys: &[(&str, &str)]) -> String {
    format!("{LEAST}{}", section(keys))
}

const PUBLIC: [(&str, &str); 2] = [("authentication", "\"none\""), ("secret", "")];

fn public<'a>(keys: &[(&'a str, &'a str)]) -> String {
    with(&[PUBLIC.as_slice(), keys].concat())
}

/// The client that a file declares, when nothing is wrong and nothing is odd.
#[track_caller]
fn sound(text: &str, pairs: &[(&str, &str)]) -> Client {
    let settings = load(text, pairs).unwrap();
    assert!(settings.warnings.is_empty(), "{:?}", settings.warnings);
    one(&settings.policy.clients)
}

#[track_caller]
fn one(clients: &Clients) -> Client {
    let all: Vec<_> = clients.iter().cloned().collect();
    let [client] = all.as_slice() else { panic!("{} clients", all.len()) };
    client.clone()
}

/// Asserts that a file has one mistake, and how it reads after its line.
#[track_caller]
fn refused(text: &str, begin: &str) {
    let mistakes = mistakes(text, &[]);
    assert_eq!(mistakes.len(), 1, "{mistakes:#?}");
    let (_, said) = mistakes[0].split_once(": ").unwrap();
    assert!(said.starts_with(begin), "{said}\n  does not begin with\n{begin}");
}

/// Asserts that a file is right but for one warning.
#[track_caller]
fn warned(text: &str, begin: &str) {
    let settings = load(text, &[]).unwrap();
    let warnings: Vec<_> = settings.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings.len(), 1, "{warnings:#?}");
    let (_, said) = warnings[0].split_once(": ").unwrap();
    assert!(said.starts_with(begin), "{said}\n  does not begin with\n{begin}");
}

#[test]
fn the_shortest_right_client_gets_the_documented_defaults() {
    let client = sound(&with(&[]), &[]);
    assert_eq!((client.id.as_str(), client.organization.as_str()), ("app", "org_one"));
    assert_eq!(client.grant_types, GrantType::DEFAULT);
    assert_eq!(client.scope.to_string(), "address email offline_access openid phone profile");
    assert_eq!((client.party, client.require_pkce), (ClientParty::Third, true));
    assert_eq!(client.shown.name, "App");
    assert_eq!((client.shown.logo, client.shown.home), (None, None));
    assert!(load(LEAST, &[]).unwrap().policy.clients.iter().next().is_none(), "clients are optional");
}

#[test]
fn everything_that_a_client_says_is_kept() {
    let client = sound(
        &with(&[
            ("authentication", "[\"client_secret_post\", \"client_secret_basic\"]"),
            ("redirect_uris", "[\"https://app.example/a\", \"https://app.example/b?fixed=1\"]"),
            ("grant_types", "[\"authorization_code\"]"),
            ("scopes", "[\"openid\", \"orders:read\"]"),
            ("first_party", "true"),
            ("require_pkce", "false"),
            ("logo", "\"https://app.example/logo.png\""),
            ("home", "\"https://app.example\""),
            ("policy", "\"https://app.example/privacy\""),
            ("terms", "\"https://app.example/terms\""),
        ]),
        &[],
    );
    let Credentials::Secret { digest, methods } = &client.credentials else { panic!("public") };
    assert!(digest.is_of(SECRET));
    assert_eq!(*methods, [AuthenticationMethod::ClientSecretPost, AuthenticationMethod::ClientSecretBasic]);
    assert!(client.redirect_uri("https://app.example/b?fixed=1").is_some());
    assert_eq!(client.grant_types, [GrantType::AuthorizationCode]);
    assert_eq!(client.scope.to_string(), "openid orders:read");
    assert_eq!((client.party, client.needs_pkce()), (ClientParty::First, false));
    assert_eq!(client.shown.logo.as_deref(), Some("https://app.example/logo.png"));
    assert_eq!(client.shown.home.as_deref(), Some("https://app.example"));
    assert_eq!(client.shown.policy.as_deref(), Some("https://app.example/privacy"));
    assert_eq!(client.shown.terms.as_deref(), Some("https://app.example/terms"));
}

#[test]
fn all_mistakes_of_clients_are_reported_together_in_the_order_of_the_file() {
    let text = format!(
        "{LEAST}{}{}",
        r#"[[clients]]
id = "an app"
organization = "org_two"
authentication = ["client_secret_basic", "client_secret_jwt"]
secret = "hunter2"
redirect_uris = ["https://app.example/callback", 5, "http://app.example/"]
grant_types = ["implicit", "authorization_code"]
scopes = ["openid", "admin"]
first_party = "yes"
colour = "red"
name = "App"
logo = "http://app.example/logo.png"
"#,
        "[[clients]]\n"
    );
    let mistakes = mistakes(&text, &[]);
    let begins = [
        "line 15: clients[0].id: \"an app\" is not of that form. Write 1 to 64 letters, digits, dots, dashes",
        "line 16: clients[0].organization: there is no organization \"org_two\"",
        "line 17: clients[0].authentication[1]: \"client_secret_jwt\" is not known. Known here: none, client_",
        "line 18: clients[0].secret: is shorter than 32 characters and could be guessed (RFC 6749 §10.10)",
        "line 19: clients[0].redirect_uris[1]: a whole number stands where text in quotes belongs",
        "line 19: clients[0].redirect_uris[2]: \"http://app.example/\" is plain http to another machine. Write",
        "line 20: clients[0].grant_types[0]: \"implicit\" is not known. Known here: authorization_code, refresh_",
        "line 21: clients[0].scopes[1]: \"admin\" is not known. Known here: openid, profile, email, phone, address, offline_access",
        "line 22: clients[0].first_party: text stands where true or false belongs",
        "line 23: clients[0].colour: there is no such setting. Known here: id, organization, authentication, ",
        "line 25: clients[0].logo: \"http://app.example/logo.png\" is not an https URL",
        "line 26: clients[1].id: is missing. Write id = ",
        "line 26: clients[1].organization: is missing. Write organization = ",
        "line 26: clients[1].authentication: is missing. Write \"none\" for a public client, or ",
        "line 26: clients[1].redirect_uris: is empty, so that no code has anywhere to go. Write redirect_uris = ",
        "line 26: clients[1].name: is missing. Write name = ",
    ];
    assert_eq!(mistakes.len(), begins.len(), "{mistakes:#?}");
    for (mistake, begin) in mistakes.iter().zip(begins) {
        assert!(mistake.starts_with(begin), "{mistake}\n  does not begin with\n{begin}");
    }
}

#[test]
fn an_id_is_plain_and_its_own() {
    let longest = format!("\"{}\"", "a".repeat(64));
    for id in ["\"a\"", "\"App_1.example-2\"", longest.as_str()] {
        assert_eq!(format!("\"{}\"", sound(&with(&[("id", id)]), &[]).id), id);
    }
    let long = format!("\"{}\"", "a".repeat(65));
    for id in ["\"a b\"", "\"a/b\"", "\"a:b\"", "\"é\"", "\"https://app.example\"", long.as_str()] {
        refused(&with(&[("id", id)]), &format!("clients[0].id: {id} is not of that form. Write 1 to 64"));
    }
    refused(&with(&[("id", "\" \"")]), "clients[0].id: is missing");
    let twice = format!("{}{}", with(&[]), section(&[("name", "\"Other\"")]));
    refused(&twice, "clients[1].id: app is also clients[0].id. Give each its own");
}

#[test]
fn rfc9068_5_no_client_is_named_like_something_else_in_a_token() {
    refused(&with(&[("id", "\"dom_one\"")]), "clients[0].id: begins with dom_, as the clients");
    refused(&with(&[("id", "\"dom_another\"")]), "clients[0].id: begins with dom_");
    refused(&with(&[("id", "\"user_one\"")]), "clients[0].id: begins with user_, as end-users in the claim");
    let mistake = "clients[0].id: tiquo-client-api is also tokens.audience, so that its ID tokens could pass";
    refused(&with(&[("id", "\"tiquo-client-api\"")]), mistake);
    let audience = ("TOKENS__AUDIENCE", "app");
    assert_one(&with(&[]), &[audience], "line 15: clients[0].id: app is also tokens.audience");
    let both = mistakes(&with(&[]), &[audience, ("TOKENS__ISSUER", "id.example")]);
    assert_eq!(both.len(), 2, "a wrong issuer hides nothing: {both:#?}");
}

#[test]
fn a_client_belongs_to_an_organization_that_is_there() {
    let mistake = "clients[0].organization: there is no organization \"org_two\". Write the id of one of the";
    refused(&with(&[("organization", "\"org_two\"")]), mistake);
    refused(&with(&[("organization", "")]), "clients[0].organization: is missing");
    // What is wrong with the organization is said once, there.
    refused(
        &with(&[]).replace("id = \"org_one\"", "id = 1"),
        "organizations[0].id: a whole number stands where",
    );
    refused(&with(&[]).replace("name = \"One\"", ""), "organizations[0].name: is missing");
}

#[test]
fn one_method_of_authentication_or_a_list() {
    use AuthenticationMethod::{ClientSecretBasic, ClientSecretPost};
    let methods = |text: &str| match sound(&with(&[("authentication", text)]), &[]).credentials {
        Credentials::Secret { methods, .. } => methods,
        Credentials::Public | Credentials::PrivateKey => Vec::new(),
    };
    assert_eq!(methods("\"client_secret_post\""), [ClientSecretPost]);
    assert_eq!(
        methods("[\"client_secret_basic\", \"client_secret_post\"]"),
        [ClientSecretBasic, ClientSecretPost]
    );
    assert!(sound(&public(&[]), &[]).is_public());
    assert!(sound(&public(&[("authentication", "[\"none\"]")]), &[]).is_public());
    let at = |text: &str, begin: &str| {
        refused(&with(&[("authentication", text)]), &format!("clients[0].authentication{begin}"));
    };
    at(
        "\"client_secret_jwt\"",
        ": \"client_secret_jwt\" is not known. Known here: none, client_secret_basic, client_",
    );
    at("[\"client_secret_basic\", \"tls\"]", "[1]: \"tls\" is not known");
    at("[\"client_secret_basic\", \"client_secret_basic\"]", "[1]: client_secret_basic is there twice");
    at("[\"client_secret_basic\", 5]", "[1]: a whole number stands where text in quotes belongs");
    at("5", ": a whole number stands where text in quotes, or a list of such, belongs");
    at("[]", ": is missing. Write \"none\" for a public client");
    at("", ": is missing");
}

#[test]
fn rfc7523_2_2_a_client_with_a_key_has_keys_and_no_secret() {
    let by_key = ("authentication", "\"private_key_jwt\"");
    let url = ("jwks_uri", "\"https://app.example/jwks.json\"");
    let client = sound(&public(&[by_key, url]), &[]);
    assert!(matches!(client.credentials, Credentials::PrivateKey), "{client:?}");
    assert_eq!(client.extras.keys, Some(ClientKeys::Url("https://app.example/jwks.json".to_owned())));
    refused(
        &public(&[by_key]),
        "clients[0].jwks_uri: is missing, and private_key_jwt is verified with its keys",
    );
    refused(&with(&[by_key, url]), "clients[0].secret: is given, but the client proves itself with a key");
    refused(&public(&[by_key, ("jwks_uri", "\"app.example\"")]), "clients[0].jwks_uri: is not an https URL");
    refused(
        &public(&[by_key, ("jwks_file", "\"/nowhere\"")]),
        "clients[0].jwks_file: /nowhere cannot be read",
    );
    let both = [by_key, url, ("jwks_file", "\"/nowhere\"")];
    refused(&public(&both), "clients[0].jwks_file: is given beside jwks_uri");
    let list = with(&[("authentication", "[\"private_key_jwt\", \"client_secret_post\"]")]);
    refused(&list, "clients[0].authentication: has \"private_key_jwt\" beside methods with a secret");
}

#[test]
fn rfc6749_2_1_none_stands_alone() {
    for list in ["[\"none\", \"client_secret_basic\"]", "[\"client_secret_post\", \"none\"]"] {
        let text = with(&[("authentication", list)]);
        refused(&text, "clients[0].authentication: has \"none\" beside other methods. Write \"none\" alone");
    }
}

#[test]
fn rfc9700_2_1_1_a_public_client_always_needs_pkce() {
    let mistake = "clients[0].require_pkce: is false, but nothing else protects the codes of a public client";
    refused(&public(&[("require_pkce", "false")]), mistake);
    assert!(sound(&public(&[("require_pkce", "true")]), &[]).needs_pkce());
    assert!(!sound(&with(&[("require_pkce", "false")]), &[]).needs_pkce());
}

#[test]
fn what_people_see_is_short_and_its_links_are_https() {
    refused(&with(&[("name", "")]), "clients[0].name: is missing. Write name = \"Example App\"");
    refused(&with(&[("name", "\"   \"")]), "clients[0].name: is missing");
    let long = format!("\"{}\"", "é".repeat(101));
    for name in ["\"App\\nTwo\"", "\"App\\u0007\"", long.as_str()] {
        refused(
            &with(&[("name", name)]),
            "clients[0].name: is over 100 characters or has a control character",
        );
    }
    let longest = format!("\"{}\"", "é".repeat(100));
    sound(&with(&[("name", &longest)]), &[]);
    for key in ["logo", "home", "policy", "terms"] {
        let wrong =
            ["http://a.example", "javascript:alert(1)", "//a.example", "a.example", "https://", "", "data:,"];
        for url in wrong.into_iter().chain(["https://a.example/ b", "https://a.example/\\n"]) {
            let text = with(&[(key, &format!("\"{url}\""))]);
            let mistakes = mistakes(&text, &[]);
            assert_eq!(mistakes.len(), 1, "{key} {url}: {mistakes:#?}");
            assert!(mistakes[0].contains("is not an https URL. Write https://"), "{}", mistakes[0]);
            assert!(mistakes[0].contains(&format!(": clients[0].{key}: ")), "{}", mistakes[0]);
        }
    }
}

#[test]
fn the_environment_wins_over_a_client_of_the_file() {
    let pairs = [
        ("CLIENTS__0__NAME", "12345"),
        ("CLIENTS__0__AUTHENTICATION", "client_secret_post, client_secret_basic"),
        ("CLIENTS__0__SCOPES", "openid,email"),
        ("CLIENTS__0__REDIRECT_URIS__1", "https://app.example/a,b"),
        ("CLIENTS__0__FIRST_PARTY", "true"),
        ("CLIENTS__0__SECRET", "11112222333344445555666677778888"),
    ];
    let client = sound(&with(&[]), &pairs);
    assert_eq!((client.shown.name.as_str(), client.party), ("12345", ClientParty::First));
    assert_eq!(client.scope.to_string(), "email openid");
    let uris: Vec<_> = client.redirect_uris.iter().map(ToString::to_string).collect();
    assert_eq!(uris, ["https://app.example/callback", "https://app.example/a,b"]);
    let Credentials::Secret { digest, methods } = &client.credentials else { panic!("public") };
    assert!(digest.is_of("11112222333344445555666677778888"), "a secret may look like a number");
    assert_eq!(methods.len(), 2);
}

#[test]
fn a_client_may_come_from_the_environment_alone() {
    let pairs = [
        ("CLIENTS__0__ID", "app"),
        ("CLIENTS__0__ORGANIZATION", "org_one"),
        ("CLIENTS__0__AUTHENTICATION", "none"),
        ("CLIENTS__0__REDIRECT_URIS", "https://app.example/callback,example.app:/callback"),
        ("CLIENTS__0__NAME", "App"),
    ];
    let client = sound(LEAST, &pairs);
    assert_eq!(client.id, ClientId::new("app"));
    assert_eq!(client.redirect_uris.len(), 2);
}

#[test]
fn mistakes_in_a_client_of_the_environment_name_the_variable() {
    let pairs = [
        ("CLIENTS__0__AUTHENTICATION", "client_secret_basic,tls"),
        ("CLIENTS__0__SCOPES__1", "admin"),
        ("CLIENTS__0__SECRET", "hunter2"),
        ("CLIENTS__2__NAME", "Gap"),
    ];
    let text = with(&[("scopes", "[\"openid\"]")]);
    let mistakes = mistakes(&text, &pairs);
    let begins = [
        "TIQUO_AUTH__CLIENTS__0__AUTHENTICATION: clients[0].authentication[1]: \"tls\" is not known",
        "TIQUO_AUTH__CLIENTS__0__SCOPES__1: clients[0].scopes[1]: \"admin\" is not known",
        "TIQUO_AUTH__CLIENTS__0__SECRET: clients[0].secret: is shorter than 32 characters",
        "TIQUO_AUTH__CLIENTS__2__NAME: clients[2].name: there is no entry 2. Number the entries",
    ];
    assert_eq!(mistakes.len(), begins.len(), "{mistakes:#?}");
    for (mistake, begin) in mistakes.iter().zip(begins) {
        assert!(mistake.starts_with(begin), "{mistake}\n  does not begin with\n{begin}");
    }
}
