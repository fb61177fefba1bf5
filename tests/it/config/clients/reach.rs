//! What a client may ask for and where its answers may go.

use super::*;

fn uris(list: &[&str]) -> String {
    format!("[{}]", list.iter().map(|uri| format!("{uri:?}")).collect::<Vec<_>>().join(", "))
}

#[test]
fn a_redirect_uri_is_judged_with_its_mend() {
    let wrong = [
        ("/callback", "is not an absolute URI. Write https://app.example.com/callback"),
        ("", "is not an absolute URI"),
        ("https://app.example/callback#x", "has a fragment. End it before the #"),
        (
            "http://app.example/callback",
            "is plain http to another machine. Write https://; http is for localhost",
        ),
        ("http://10.0.0.1/callback", "is plain http to another machine"),
        ("http://localhost.app.example/", "is plain http to another machine"),
        ("ftp://app.example/", "has a scheme that a browser or a system gives a meaning"),
        ("javascript:alert(1)", "has a scheme that a browser or a system gives a meaning"),
        ("ms-app:/callback", "has a scheme that a browser or a system gives a meaning"),
        ("https://APP.example/a", "is not written in its canonical form. Write https://app.example/a"),
        ("https://app.example/a/../b", "is not written in its canonical form. Write https://app.example/b"),
        ("https://app.example:443/b", "is not written in its canonical form. Write https://app.example/b"),
        ("https://app.example\\b", "is not written in its canonical form. Write https://app.example/b"),
        (" https://app.example/b", "is not written in its canonical form. Write https://app.example/b"),
    ];
    for (uri, why) in wrong {
        let text = with(&[("redirect_uris", &uris(&["https://app.example/callback", uri]))]);
        refused(&text, &format!("clients[0].redirect_uris[1]: \"{uri}\" {why}"));
    }
    let text = with(&[("redirect_uris", &uris(&["https://me:hunter2@app.example/"]))]);
    refused(&text, "clients[0].redirect_uris[0]: has a user name or password. Leave it out");
    let right = [
        "https://app.example",
        "https://app.example:8443/callback?fixed=1",
        "com.example.app:/callback",
        "myapp://callback",
    ];
    sound(&public(&[("redirect_uris", &uris(&right))]), &[]);
}

#[test]
fn rfc6749_3_1_2_2_the_authorization_code_needs_a_redirect_uri() {
    let mistake =
        "clients[0].redirect_uris: is empty, so that no code has anywhere to go. Write redirect_uris = [";
    refused(&with(&[("redirect_uris", "[]")]), mistake);
    refused(&with(&[("redirect_uris", "")]), mistake);
}

#[test]
fn a_redirect_uri_is_registered_once() {
    let twice = uris(&["https://app.example/a", "https://app.example/b", "https://app.example/a"]);
    let mistake =
        "clients[0].redirect_uris[2]: https://app.example/a is also clients[0].redirect_uris[0]. Keep";
    refused(&with(&[("redirect_uris", &twice)]), mistake);
    // Two clients may have the same, for example two installations of one application.
    let other = section(&[("id", "\"other\"")]);
    assert!(load(&format!("{}{other}", with(&[])), &[]).is_ok());
}

#[test]
fn rfc8252_7_3_a_loopback_redirect_uri_is_registered_once_for_all_ports() {
    let twice = uris(&["http://127.0.0.1/callback", "http://127.0.0.1:3000/callback"]);
    let mistake = "clients[0].redirect_uris[1]: http://127.0.0.1:3000/callback is also clients[0].redirect_uris[0]. \
                   Keep one of them; any port";
    refused(&public(&[("redirect_uris", &twice)]), mistake);
    let hosts = ["http://127.0.0.1/callback", "http://[::1]/callback", "http://localhost/callback"];
    let ports = ["http://localhost:3000/callback", "http://localhost:3001/callback"];
    sound(&public(&[("redirect_uris", &uris(&[hosts.as_slice(), &ports].concat()))]), &[]);
}

#[test]
fn rfc8252_8_5_a_secret_on_end_users_machines_is_a_warning_in_production() {
    for uri in ["http://localhost:3001/callback", "http://127.0.0.1/callback", "example.app:/callback"] {
        let list = uris(&["https://app.example/callback", uri]);
        let warning =
            format!("clients[0].redirect_uris: {uri} leads to the end-user's own machine, where no secret");
        warned(&with(&[("redirect_uris", &list)]), &warning);
        sound(&public(&[("redirect_uris", &list)]), &[]);
    }
}

#[test]
fn refresh_tokens_come_with_an_authorization_code_only() {
    let with_types = |types: &str| with(&[("grant_types", types), ("scopes", "[\"openid\"]")]);
    let mistake = "clients[0].grant_types: has refresh_token without a grant type that gives one. Write";
    refused(&with_types("[\"refresh_token\"]"), mistake);
    assert_eq!(
        sound(&with_types("[\"authorization_code\"]"), &[]).grant_types,
        [GrantType::AuthorizationCode]
    );
    refused(
        &with_types("[]"),
        "clients[0].grant_types: is empty. Known here: authorization_code, refresh_token",
    );
    refused(
        &with_types("[\"authorization_code\", \"Authorization_Code\"]"),
        "clients[0].grant_types[1]: \"Authorization_Code\" is not known. Did you mean \"authorization_code\"? Known here:",
    );
    for unknown in ["password", "implicit", ""] {
        let types = format!("[\"authorization_code\", \"{unknown}\"]");
        let mistake =
            format!("clients[0].grant_types[1]: \"{unknown}\" is not known. Known here: authorization_code,");
        refused(&with_types(&types), &mistake);
    }
    let twice = "[\"authorization_code\", \"authorization_code\"]";
    refused(&with_types(twice), "clients[0].grant_types[1]: authorization_code is there twice. Leave one");
}

#[test]
fn an_unknown_scope_is_answered_with_the_known_ones() {
    let known = "Known here: openid, profile, email, phone, address, offline_access, profile:read, profile:write, orders:read, \
                 bookings:read, enquiries:read";
    let nearly = "clients[0].scopes[1]: \"OpenID\" is not known. Did you mean \"openid\"?";
    refused(&with(&[("scopes", "[\"openid\", \"OpenID\"]")]), &format!("{nearly} {known}"));
    for unknown in ["admin", "openid email", "", "profile:delete"] {
        let scopes = format!("[\"openid\", \"{unknown}\"]");
        let mistake = format!("clients[0].scopes[1]: \"{unknown}\" is not known. {known}");
        refused(&with(&[("scopes", &scopes)]), &mistake);
    }
    refused(&with(&[("scopes", "[]")]), &format!("clients[0].scopes: is empty. {known}"));
    refused(&with(&[("scopes", "[\"email\", \"email\"]")]), "clients[0].scopes[1]: email is there twice");
}

#[test]
fn a_client_of_plain_oauth_has_no_openid() {
    let client = sound(&with(&[("scopes", "[\"orders:read\"]")]), &[]);
    assert_eq!(client.scope.to_string(), "orders:read");
}

#[test]
fn offline_access_without_refresh_tokens_is_a_warning() {
    let code_only = ("grant_types", "[\"authorization_code\"]");
    let warning =
        "clients[0].scopes: has offline_access, but the client gets no refresh token. Add refresh_token";
    warned(&with(&[code_only, ("scopes", "[\"openid\", \"offline_access\"]")]), warning);
    sound(&with(&[code_only, ("scopes", "[\"openid\"]")]), &[]);
    sound(&with(&[("scopes", "[\"openid\", \"offline_access\"]")]), &[]);
}
