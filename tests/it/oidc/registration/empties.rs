//! Registrations of programs that write their empty fields: what is empty counts as left out (RFC 7591 §2, RFC 7592 §2.2).

use serde_json::{Value, json};

use super::{CALLBACK, Registered, try_register};
use crate::support::app::{Answer, TestApp};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    rfc7591_2_what_is_empty_counts_as_left_out,
    rfc7592_2_2_what_is_empty_counts_as_left_out_in_an_update,
    rfc7591_2_a_code_needs_a_redirect_uri_that_is_none,
    rfc7591_2_a_scope_of_unknown_words_gets_the_default_ones,
);

/// Every member that a client may send, empty.
fn empty() -> Value {
    json!({
        "application_type": "",
        "backchannel_logout_session_required": null,
        "backchannel_logout_uri": "",
        "client_name": "",
        "client_name#fr": "",
        "client_uri": "",
        "contacts": [],
        "default_acr_values": [],
        "default_max_age": null,
        "frontchannel_logout_uri": "",
        "grant_types": [],
        "id_token_encrypted_response_alg": "",
        "id_token_encrypted_response_enc": "",
        "id_token_signed_response_alg": "",
        "initiate_login_uri": "",
        "jwks": {"keys": []},
        "jwks_uri": "",
        "logo_uri": "",
        "logo_uri#es": "",
        "policy_uri": "",
        "post_logout_redirect_uris": [""],
        "redirect_uris": ["", CALLBACK, null],
        "request_object_encryption_alg": "",
        "request_object_signing_alg": "",
        "request_uris": [],
        "response_types": [],
        "scope": " ",
        "sector_identifier_uri": "",
        "software_id": "",
        "software_statement": "",
        "software_version": "",
        "subject_type": "",
        "token_endpoint_auth_method": "",
        "token_endpoint_auth_signing_alg": "",
        "tos_uri": "",
        "userinfo_encrypted_response_alg": "",
        "userinfo_signed_response_alg": "",
    })
}

/// What was registered, without what we issue.
fn registered(answer: &Answer) -> Value {
    let mut body = answer.body.clone();
    for ours in [
        "client_id",
        "client_id_issued_at",
        "client_secret",
        "client_secret_expires_at",
        "registration_access_token",
        "registration_client_uri",
    ] {
        body.as_object_mut().unwrap().remove(ours);
    }
    body
}

async fn rfc7591_2_what_is_empty_counts_as_left_out(store: TestStore) {
    let app = TestApp::start(store);
    let expected = try_register(&app, None, &json!({"client_name": null})).await;
    assert_eq!(expected.status, 201, "{expected:?}");
    let all = try_register(&app, None, &empty()).await;
    assert_eq!((all.status, registered(&all)), (201, registered(&expected)), "{all:?}");
    for (name, value) in empty().as_object().unwrap() {
        let one = try_register(&app, None, &json!({"client_name": null, name.as_str(): value})).await;
        assert_eq!((one.status, registered(&one)), (201, registered(&expected)), "{name} {one:?}");
    }
    for name in ["contacts", "jwks", "request_uris", "grant_types", "client_name", "scope", "jwks_uri"] {
        for value in [json!(""), json!([]), json!({}), json!(null)] {
            let one = try_register(&app, None, &json!({"client_name": null, name: value})).await;
            assert_eq!(
                (one.status, registered(&one)),
                (201, registered(&expected)),
                "{name} {value} {one:?}"
            );
        }
    }
}

async fn rfc7592_2_2_what_is_empty_counts_as_left_out_in_an_update(store: TestStore) {
    let app = TestApp::start(store);
    let full = json!({
        "client_name": "App", "client_uri": "https://app.example/", "contacts": ["ops@app.example"],
        "grant_types": ["authorization_code", "refresh_token"], "scope": "openid",
    });
    let client = Registered::new(&app, &full).await;
    let mut document = empty();
    let ours = [("client_id", json!(client.id())), ("client_secret", json!(""))];
    let back = ["registration_access_token", "registration_client_uri", "client_id_issued_at"];
    for (name, value) in ours.into_iter().chain(back.map(|name| (name, json!("")))) {
        document[name] = value;
    }
    let changed = client.manage(&app, "PUT", Some(&document)).await;
    let expected = try_register(&app, None, &json!({"client_name": null})).await;
    assert_eq!((changed.status, registered(&changed)), (200, registered(&expected)), "{changed:?}");
}

async fn rfc7591_2_a_code_needs_a_redirect_uri_that_is_none(store: TestStore) {
    let app = TestApp::start(store);
    for none in [json!([]), json!(""), json!([""]), json!([null]), json!(null), json!({})] {
        let refused = try_register(&app, None, &json!({"redirect_uris": none})).await;
        assert_eq!(refused.oauth_error(), (400, "invalid_redirect_uri"), "{none}");
    }
}

async fn rfc7591_2_a_scope_of_unknown_words_gets_the_default_ones(store: TestStore) {
    let app = TestApp::start(store);
    let default = try_register(&app, None, &json!({})).await.body["scope"].clone();
    let answer = try_register(&app, None, &json!({"scope": "admin mcp:tools"})).await;
    assert_eq!(
        (answer.status, &answer.body["scope"]),
        (201, &default),
        "what was left out is told: {answer:?}"
    );
    let answer = try_register(&app, None, &json!({"scope": "admin email"})).await;
    assert_eq!(answer.body["scope"], json!("email"), "some of it is known");
}
