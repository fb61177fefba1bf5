//! Members of OpenID Connect Registration, of logout and of request objects.

use super::*;

#[test]
fn oidc_registration_2_what_is_shown() {
    all_refused(
        "client_name",
        &[json!(" "), json!(7), json!("x".repeat(101)), json!("a\nb"), json!("a\u{202e}b")],
    );
    for link in ["logo_uri", "client_uri", "policy_uri", "tos_uri"] {
        all_refused(
            link,
            &[json!("http://app.example/"), json!("javascript:x"), json!("https:// app.example")],
        );
    }
    assert_eq!(refused(&json!({"client_name#": "x"})).1, "client_name");
    assert_eq!(refused(&json!({"client_name#not a tag": "x"})).1, "client_name");
    assert_eq!(refused(&json!({"tos_uri#fr": "http://app.example"})).1, "tos_uri");
    assert_eq!(client(judged(&json!({"client_name#fr": "Appli"}))).0.shown.name, "Appli");
    let shown = client(judged(&json!({
        "client_name": "App", "client_name#fr-CA": "Appli québécoise", "client_name#fr": "Appli", "client_name#de": "x",
        "tos_uri": "https://app.example/terms", "tos_uri#es-MX": "https://app.example/es",
    })))
    .0
    .shown;
    let seen = Locale::ALL.map(|locale| (shown.seen(locale).name, shown.seen(locale).terms.unwrap()));
    let (terms, of_spanish) = ("https://app.example/terms", "https://app.example/es");
    assert_eq!(seen, [("App", terms), ("Appli", terms), ("App", of_spanish)]);
    all_refused("contacts", &[json!("a@b.example"), json!(["x".repeat(255)])]);
}

#[test]
fn oidc_registration_2_algorithms() {
    all_refused("id_token_signed_response_alg", &[json!("none"), json!("HS256"), json!("ES256")]);
    all_refused("userinfo_signed_response_alg", &[json!("none"), json!("HS256")]);
    all_refused("request_object_signing_alg", &[json!("HS256"), json!("any")]);
    all_refused("token_endpoint_auth_signing_alg", &[json!("none"), json!("HS256")]);
    for name in ["id_token", "userinfo"] {
        for part in ["alg", "enc"] {
            let name = format!("{name}_encrypted_response_{part}");
            assert_eq!(refused(&json!({name.as_str(): "A128GCM"})).1, name);
        }
    }
    assert_eq!(
        refused(&json!({"request_object_encryption_alg": "RSA-OAEP"})).1,
        "request_object_encryption_alg"
    );
}

#[test]
fn oidc_registration_2_the_rest() {
    all_refused("default_max_age", &[json!(-1), json!(1.5), json!("60")]);
    all_refused("require_auth_time", &[json!("true"), json!(1)]);
    all_refused("default_acr_values", &[json!("urn:x"), json!([1])]);
    all_refused("initiate_login_uri", &[json!("http://app.example/login"), json!("/login")]);
    all_refused("request_uris", &[json!("https://app.example/r"), json!(["http://app.example/r"])]);
    all_refused(
        "post_logout_redirect_uris",
        &[json!(["http://app.example/"]), json!(["https://a.example/#x"])],
    );
    all_refused("software_id", &[json!({"x": 1}), json!("x".repeat(2049))]);
}

#[test]
fn frontchannel_logout_2_is_on_the_origin_of_a_redirect_uri() {
    all_refused(
        "frontchannel_logout_uri",
        &[json!("https://other.example/front"), json!("https://app.example:444/")],
    );
    all_refused(
        "backchannel_logout_uri",
        &[json!("https://app.example/back#x"), json!("http://app.example/back")],
    );
    all_refused("frontchannel_logout_session_required", &[json!("yes")]);
    let v6 = json!({"redirect_uris": ["http://[::1]/cb"], "frontchannel_logout_uri": "http://[::1]/front"});
    assert_eq!(refused(&v6).1, "frontchannel_logout_uri");
}

#[test]
fn rfc7591_2_3_software_statements_are_not_approved() {
    let refused = refused(&json!({"software_statement": "e30.e30."}));
    assert_eq!(refused, ("unapproved_software_statement", "software_statement"));
}

#[test]
fn oidc_core_8_1_the_sector_is_the_one_host_or_the_documents() {
    let sector = |over: Value| client(judged(&over)).0.extras.subject_type;
    let of = |sector: &str| SubjectType::Pairwise { sector: sector.to_owned() };
    assert_eq!(sector(json!({"subject_type": "pairwise"})), of("app.example"));
    let two = json!([CALLBACK, "https://other.example/callback"]);
    let without = json!({"subject_type": "pairwise", "redirect_uris": two});
    assert_eq!(refused(&without).1, "sector_identifier_uri");
    let with = json!({
        "subject_type": "pairwise",
        "redirect_uris": two,
        "sector_identifier_uri": "https://sector.example/uris.json",
    });
    assert_eq!(sector(with), of("sector.example"));
    let native = json!({
        "subject_type": "pairwise",
        "application_type": "native",
        "redirect_uris": ["com.example.app:/callback"],
    });
    assert_eq!(refused(&native).1, "sector_identifier_uri");
    all_refused("subject_type", &[json!("Pairwise"), json!(1)]);
    all_refused("sector_identifier_uri", &[json!("http://sector.example/"), json!("x")]);
}

#[test]
fn oidc_registration_5_the_document_lists_every_redirect_uri() {
    let uris = judged(&json!({})).redirect_uris().to_vec();
    let judge = |document: &str| sector::judge(document.as_bytes(), &uris);
    assert!(judge(r#"["https://other.example/", "https://app.example/callback"]"#).is_ok());
    for wrong in ["[]", r#"["https://app.example/"]"#, "{}", "[1]", "<html>", ""] {
        assert_eq!(judge(wrong).unwrap_err().member, "sector_identifier_uri", "{wrong}");
    }
}

proptest::proptest! {
    #[test]
    fn no_document_makes_it_panic(name in "[a-z_#]{1,30}", value in ".{0,60}") {
        let _ = read(&document(&json!({name.as_str(): value.as_str()})), &everything());
        let _ = read(&document(&json!({name.as_str(): [value.as_str()]})), &everything());
        let _ = read(&document(&json!({"redirect_uris": [value.as_str()], "application_type": "native"})), &everything());
    }
}

#[test]
fn rfc9101_10_5_signed_request_objects_that_are_required_need_keys() {
    const NAME: &str = "require_signed_request_object";
    let (client, metadata) = client(judged(&json!({NAME: true, "jwks_uri": "https://app.example/jwks"})));
    assert!(client.extras.require_signed_request_object);
    assert_eq!(metadata[NAME], json!(true));
    assert!(!judged(&json!({NAME: false})).extras.require_signed_request_object);
    all_refused(NAME, &[json!(true), json!("true"), json!(1)]);
    let unsigned =
        json!({NAME: true, "jwks_uri": "https://app.example/jwks", "request_object_signing_alg": "none"});
    assert_eq!(refused(&unsigned), ("invalid_client_metadata", NAME));
}
