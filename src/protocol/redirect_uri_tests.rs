use super::*;

fn registered(text: &str) -> RedirectUri {
    RedirectUri::parse(text).unwrap_or_else(|error| panic!("{text} {error}"))
}

#[test]
fn rfc6749_3_1_2_3_compared_as_text() {
    let uri = registered("https://app.example/callback?fixed=1");
    assert!(uri.matches("https://app.example/callback?fixed=1"));
    for other in [
        "https://app.example/callback",
        "https://app.example/callback?fixed=1&more=2",
        "https://app.example/callback?fixed=1#",
        "https://app.example/callback?fixed=1#x",
        "https://APP.example/callback?fixed=1",
        "HTTPS://app.example/callback?fixed=1",
        "https://app.example./callback?fixed=1",
        "https://app.example:443/callback?fixed=1",
        "https://app.example/Callback?fixed=1",
        "https://app.example/callback/?fixed=1",
        "https://app.example/x/../callback?fixed=1",
        "https://user@app.example/callback?fixed=1",
        "https://app.example@evil.example/callback?fixed=1",
        "https://evil.example\\@app.example/callback?fixed=1",
        "https://app.example.evil.example/callback?fixed=1",
        "http://app.example/callback?fixed=1",
        "https://app.example/callback%3Ffixed=1",
        " https://app.example/callback?fixed=1",
        "https://app.example/callback?fixed=1\n",
        "//app.example/callback?fixed=1",
        "javascript:alert(1)",
        "",
    ] {
        assert!(!uri.matches(other), "{other}");
    }
}

#[test]
fn rfc8252_7_3_any_port_of_a_loopback_address() {
    for host in ["127.0.0.1", "[::1]"] {
        let uri = registered(&format!("http://{host}/callback"));
        assert!(uri.matches(&format!("http://{host}/callback")));
        assert!(uri.matches(&format!("http://{host}:51004/callback")));
        for bad in ["0", "00", "065", "+1", "65536", "", "1@evil.example", "1\\", "80:80"] {
            assert!(!uri.matches(&format!("http://{host}:{bad}/callback")), "{bad}");
        }
        for other in [
            "/callback/",
            "/Callback",
            "/callback?x=1",
            "/callback#",
            ".evil.example/callback",
            "@evil/callback",
        ] {
            assert!(!uri.matches(&format!("http://{host}{other}")), "{other}");
            assert!(!uri.matches(&format!("http://{host}:5000{other}")) || other.is_empty(), "{other}");
        }
        assert!(!uri.matches(&format!("https://{host}/callback")));
    }
    assert!(!registered("http://127.0.0.1/callback").matches("http://[::1]/callback"));
    assert!(!registered("http://127.0.0.1/callback").matches("http://localhost/callback"));
}

#[test]
fn a_port_of_localhost_is_fixed() {
    let uri = registered("http://localhost:3000/callback");
    assert!(uri.matches("http://localhost:3000/callback"));
    assert!(!uri.matches("http://localhost:3001/callback"));
    assert!(!uri.matches("http://localhost/callback"));
    assert!(!uri.matches("http://localhost:3000.evil.example/callback"));
}

#[test]
fn rfc8252_8_6_any_application_can_claim_a_redirect_uri_on_the_machine() {
    for text in ["http://localhost:1/a", "http://127.0.0.1/a", "com.example.app:/callback"] {
        assert!(registered(text).can_be_claimed_by_anybody(), "{text}");
    }
    assert!(!registered("https://app.example/callback").can_be_claimed_by_anybody());
}

#[test]
fn what_cannot_be_registered() {
    use RedirectUriError as E;
    for (text, error) in [
        ("/callback", E::NotAbsolute),
        ("https://app.example/#x", E::Fragment),
        ("https://me@app.example/", E::UserInfo),
        ("http://app.example/", E::PlainHttp),
        ("http://localhost.evil.example/", E::PlainHttp),
        ("javascript:alert(1)", E::Scheme),
        ("data:text/html,x", E::Scheme),
        ("ms-settings.app:/callback", E::Scheme),
        ("Chrome-Extension://abc/", E::Scheme),
        ("myapp:a b", E::NotCanonical),
        ("myapp://a/../b", E::NotCanonical),
        ("myapp://a/\"b", E::NotCanonical),
        ("myapp://a/#b", E::Fragment),
        ("myapp://me@a/", E::UserInfo),
        ("https://APP.example/", E::NotCanonical),
        ("https://app.example:443/", E::NotCanonical),
        ("https://app.example/a/../b", E::NotCanonical),
        ("https:\\\\app.example/", E::NotCanonical),
    ] {
        assert_eq!(RedirectUri::parse(text), Err(error), "{text}");
    }
    assert!(RedirectUri::parse("https://app.example").is_ok());
}

#[test]
fn rfc6749_4_1_2_parameters_are_added_to_the_query() {
    let added = [("code", "a b"), ("state", "<>\"'&\r\n")];
    let encoded = "code=a+b&state=%3C%3E%22%27%26%0D%0A";
    for (uri, joint) in
        [("https://a.example/cb", "?"), ("https://a.example/cb?", ""), ("https://a.example/cb?x=1", "&")]
    {
        assert_eq!(with_parameters(uri, &added), format!("{uri}{joint}{encoded}"));
    }
}

#[test]
fn a_person_reads_where_it_leads() {
    assert_eq!(destination("https://app.example/cb"), "app.example");
    assert_eq!(destination("http://127.0.0.1:5000/cb"), "127.0.0.1");
    assert_eq!(destination("com.example.app:/cb"), "com.example.app");
}

proptest::proptest! {
    #[test]
    fn no_input_panics(text in "\\PC{0,60}") {
        let _ = RedirectUri::parse(&text);
        let _ = registered("http://127.0.0.1/callback").matches(&text);
        let _ = destination(&text);
    }
}

#[test]
fn a_page_has_a_registrable_domain_and_an_application_on_a_machine_has_none() {
    let domain = |uri: &str| RedirectUri::parse(uri).unwrap().registrable_domain();
    for (uri, expected) in [
        ("https://login.app.example.co.uk/callback", "example.co.uk"),
        ("https://urgent-call-0800.evil.com/cb", "evil.com"),
        ("https://evil.github.io/cb", "evil.github.io"),
        ("https://a.b.xn--bcher-kva.example/cb", "xn--bcher-kva.example"),
        ("https://www.example.com./cb", "example.com"),
        ("https://192.0.2.7/cb", "192.0.2.7"),
        ("https://[2001:db8::7]/cb", "[2001:db8::7]"),
    ] {
        assert_eq!(domain(uri).as_deref(), Some(expected), "{uri}");
    }
    for uri in [
        "https://github.io/cb",
        "https://co.uk/cb",
        "com.example.app:/cb",
        "http://localhost:3000/cb",
        "http://127.0.0.1/cb",
    ] {
        assert_eq!(domain(uri), None, "{uri}");
    }
}

#[test]
fn rfc8252_7_1_a_scheme_of_an_application_has_no_case() {
    for text in
        ["myapp://callback", "MyApp://callback", "myapp:callback", "myapp:/", "com.example.app:/cb?x=1"]
    {
        let uri = registered(text);
        assert!(
            uri.has_private_use_scheme() && uri.can_be_claimed_by_anybody() && !uri.is_pattern(),
            "{text}"
        );
        assert_eq!(uri.as_str(), text);
    }
    let uri = registered("MyApp://callback?x=1");
    assert_eq!(uri.private_use_scheme().as_deref(), Some("myapp"));
    assert!(uri.matches("myapp://callback?x=1") && uri.matches("MYAPP://callback?x=1"));
    for other in
        ["myapp://Callback?x=1", "myapp://callback?x=2", "myapp:callback?x=1", "otherapp://callback?x=1"]
    {
        assert!(!uri.matches(other), "{other}");
    }
    assert_eq!(registered("https://app.example/").private_use_scheme(), None);
}

#[test]
fn what_is_stored_is_read_and_what_may_not_be_registered_any_more_leads_nowhere() {
    for text in ["ms-settings.app:/callback", "https://APP.example/", "what was never a URI"] {
        let uri: RedirectUri = serde_json::from_value(serde_json::json!(text)).unwrap();
        assert_eq!(serde_json::to_value(&uri).unwrap(), serde_json::json!(text), "it is written as it was");
        assert!(!uri.matches(text) && uri.is_pattern() && !uri.has_private_use_scheme(), "{text}");
    }
    let sound: RedirectUri = serde_json::from_str("\"myapp://callback\"").unwrap();
    assert_eq!(sound, registered("myapp://callback"));
}

#[test]
fn the_site_of_a_redirect_uri_is_where_a_page_can_lead() {
    for (uri, site) in [
        ("https://app.example/callback?a=1", Some("https://app.example/")),
        ("https://app.example:8443/", Some("https://app.example:8443/")),
        ("http://localhost:3000/callback", Some("http://localhost:3000/")),
        ("http://127.0.0.1/callback", None),
        ("com.example.app:/callback", None),
    ] {
        assert_eq!(RedirectUri::parse(uri).unwrap().site().as_deref(), site, "{uri}");
    }
    assert_eq!(RedirectUri::stored("http://elsewhere.example/").site(), None, "it leads nowhere today");
}
