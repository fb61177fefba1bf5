//! How a client knows its end-users, and how it asks.

use tiquo_auth::protocol::client::{RequestObjectAlg, SigningAlg, SubjectType};

use super::*;

const PAIRWISE: (&str, &str) = ("subject_type", "\"pairwise\"");
const TWO_HOSTS: (&str, &str) = ("redirect_uris", "[\"https://a.example/cb\", \"https://b.example/cb\"]");

#[test]
fn nothing_of_it_is_needed() {
    let extras = sound(&with(&[]), &[]).extras;
    assert_eq!(extras, tiquo_auth::protocol::client::ClientExtensions::default());
}

#[test]
fn oidc_registration_2_what_a_client_may_have() {
    let extras = sound(
        &with(&[
            ("userinfo_signed_response_alg", "\"RS256\""),
            ("request_object_signing_alg", "\"ES256\""),
            ("request_uris", "[\"https://app.example/request.jwt\"]"),
            ("default_max_age", "600"),
            ("id_token_claims", "[\"email\", \"name\"]"),
            ("resources", "[\"https://api.example\", \"urn:example:api\"]"),
        ]),
        &[],
    )
    .extras;
    assert_eq!(extras.userinfo_signed, Some(SigningAlg::RS256));
    assert_eq!(extras.request_object_alg, RequestObjectAlg::ES256);
    assert_eq!(extras.request_uris, ["https://app.example/request.jwt"]);
    assert_eq!(extras.id_token_claims, ["email", "name"]);
    assert_eq!((extras.default_max_age, extras.resources.len()), (Some(600), 2));
}

#[test]
fn what_is_not_known_is_a_mistake() {
    let place = |key: &str| format!("clients[0].{key}");
    for (key, value) in
        [("userinfo_signed_response_alg", "\"ES256\""), ("request_object_signing_alg", "\"HS256\"")]
    {
        refused(&with(&[(key, value)]), &format!("{}: {value} is not known", place(key)));
    }
    refused(&with(&[("request_uris", "[\"request.jwt\"]")]), &place("request_uris[0]"));
    refused(&with(&[("id_token_claims", "[\"sub\"]")]), &place("id_token_claims[0]"));
    refused(&with(&[("resources", "[\"api\"]")]), &place("resources[0]"));
    refused(&with(&[("resources", "[\"https://api.example/#a\"]")]), &place("resources[0]"));
}

#[test]
fn oidc_core_8_1_the_sector_of_pairwise_subjects() {
    let sector = |keys: &[(&str, &str)]| sound(&with(keys), &[]).extras.subject_type;
    let of = |host: &str| SubjectType::Pairwise { sector: host.to_owned() };
    assert_eq!(sector(&[PAIRWISE]), of("app.example"));
    let named = ("sector_identifier", "\"sector.example\"");
    assert_eq!(sector(&[PAIRWISE, TWO_HOSTS, named]), of("sector.example"));
    let place = "clients[0].sector_identifier";
    refused(&with(&[PAIRWISE, TWO_HOSTS]), &format!("{place}: is missing"));
    let native = ("redirect_uris", "[\"com.example.app:/callback\"]");
    refused(&public(&[PAIRWISE, native]), &format!("{place}: is missing"));
    let url = ("sector_identifier", "\"https://sector.example\"");
    refused(&with(&[PAIRWISE, url]), &format!("{place}: \"https://sector.example\" is not a host"));
    refused(&with(&[named]), &format!("{place}: is given, but subjects are public"));
}

#[test]
fn a_pairwise_client_gets_nothing_of_the_client_api() {
    let scopes = ("scopes", "[\"openid\", \"profile:read\"]");
    refused(&with(&[PAIRWISE, scopes]), "clients[0].scopes: has profile:read");
}

#[test]
fn a_client_with_unsigned_request_objects_needs_an_operator_who_takes_them() {
    let unsigned = with(&[("request_object_signing_alg", "\"none\"")]);
    let under = |policy: &str| format!("[request_objects]\nunsigned = \"{policy}\"\n{unsigned}");
    for policy in ["registered", "allowed"] {
        assert_eq!(sound(&under(policy), &[]).extras.request_object_alg, RequestObjectAlg::None);
    }
    refused(
        &under("never"),
        "clients[0].request_object_signing_alg: is \"none\", but request_objects.unsigned",
    );
    assert!(load(&under("always"), &[]).is_err());
}

#[test]
fn rfc9101_10_5_whoever_requires_signed_request_objects_has_keys_for_them() {
    let required = ("require_signed_request_object", "true");
    let place = "clients[0].require_signed_request_object";
    refused(&with(&[required]), &format!("{place}: is true, but the client has no keys"));
    let keys = ("jwks_uri", "\"https://app.example/jwks\"");
    assert!(sound(&with(&[required, keys]), &[]).extras.require_signed_request_object);
    let unsigned = ("request_object_signing_alg", "\"none\"");
    refused(&with(&[required, keys, unsigned]), &format!("{place}: is true, but request_object_signing_alg"));
}
