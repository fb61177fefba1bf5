//! Where a client hears of logouts, and where the browser goes after one.

use std::time::Duration;

use tiquo_auth::protocol::client::LogoutUri;

use super::*;

#[test]
fn rp_initiated_3_1_post_logout_redirect_uris_are_judged_as_redirect_uris() {
    let list = "[\"https://app.example/\", \"http://localhost:3000/?a=b\", \"com.example.app:/out\"]";
    let client = sound(&with(&[("post_logout_redirect_uris", list)]), &[]);
    let uris = ["https://app.example/", "http://localhost:3000/?a=b", "com.example.app:/out"];
    assert_eq!(client.extras.post_logout_redirect_uris, uris);
    for (uri, why) in [
        ("http://app.example/", "is plain http to another machine"),
        ("https://app.example/#x", "has a fragment"),
        ("javascript:alert(1)", "has a scheme that a browser or a system gives a meaning"),
        ("/", "is not an absolute URI"),
    ] {
        let text = with(&[("post_logout_redirect_uris", &format!("[\"{uri}\"]"))]);
        refused(&text, &format!("clients[0].post_logout_redirect_uris[0]: \"{uri}\" {why}"));
    }
    let twice =
        with(&[("post_logout_redirect_uris", "[\"https://app.example/\", \"https://app.example/\"]")]);
    refused(&twice, "clients[0].post_logout_redirect_uris[1]: https://app.example/ is there twice");
}

#[test]
fn frontchannel_2_the_uri_is_on_an_origin_of_a_redirect_uri() {
    let keys = [
        ("frontchannel_logout_uri", "\"https://app.example/out?a=b\""),
        ("frontchannel_logout_session_required", "true"),
    ];
    let uri = "https://app.example/out?a=b".to_owned();
    let expected = Some(LogoutUri { uri, session_required: true });
    assert_eq!(sound(&with(&keys), &[]).extras.frontchannel_logout, expected);
    for uri in ["https://other.example/out", "https://app.example:8443/out", "http://localhost/out"] {
        let text = with(&[("frontchannel_logout_uri", &format!("\"{uri}\""))]);
        refused(&text, "clients[0].frontchannel_logout_uri: has not the scheme, host and port of one of");
    }
    for (uri, why) in
        [("http://app.example/out", "is plain http"), ("https://app.example/out#x", "has a fragment")]
    {
        let text = with(&[("frontchannel_logout_uri", &format!("\"{uri}\""))]);
        refused(&text, &format!("clients[0].frontchannel_logout_uri: \"{uri}\" {why}"));
    }
    let loopback = public(&[
        ("redirect_uris", "[\"http://[::1]/callback\"]"),
        ("frontchannel_logout_uri", "\"http://[::1]/out\""),
    ]);
    refused(&loopback, "clients[0].frontchannel_logout_uri: has an address that no page can name");
}

#[test]
fn backchannel_2_2_the_uri_is_https_or_of_this_machine() {
    let keys = [("backchannel_logout_uri", "\"https://api.app.example/out\"")];
    let uri = "https://api.app.example/out".to_owned();
    let expected = Some(LogoutUri { uri, session_required: false });
    assert_eq!(sound(&with(&keys), &[]).extras.backchannel_logout, expected);
    for (uri, why) in [
        ("http://app.example/out", "\"http://app.example/out\" is plain http"),
        ("https://app.example/out#x", "\"https://app.example/out#x\" has a fragment"),
        ("com.example.app:/out", "is no web address"),
    ] {
        let text = with(&[("backchannel_logout_uri", &format!("\"{uri}\""))]);
        refused(&text, &format!("clients[0].backchannel_logout_uri: {why}"));
    }
}

#[test]
fn a_client_may_have_sessions_of_its_own_length() {
    let client = sound(&with(&[("session_days", "7")]), &[]);
    assert_eq!(client.extras.session_duration, Some(Duration::from_secs(7 * 86_400)));
    assert_eq!(sound(&with(&[]), &[]).extras.session_duration, None);
    refused(&with(&[("session_days", "0")]), "clients[0].session_days: ");
    refused(&with(&[("session_days", "3651")]), "clients[0].session_days: ");
}
