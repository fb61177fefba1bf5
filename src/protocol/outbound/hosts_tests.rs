//! Which URLs an entry allows.

use super::*;

fn list(entries: &[&str], loopback: bool) -> AllowedHosts {
    AllowedHosts::new(entries.iter().map(|text| AllowedHost::parse(text).unwrap()).collect(), loopback)
}

fn has(list: &AllowedHosts, url: &str) -> bool {
    list.contains(&Url::parse(url).unwrap())
}

#[test]
fn an_entry_is_exactly_one_host() {
    let one = list(&["idp.internal", "10.0.0.5:8443", "[fd00::1]", "http://app.internal:8080"], false);
    for named in [
        "https://idp.internal/jwks",
        "https://IDP.internal:9000/",
        "https://10.0.0.5:8443/a",
        "https://[fd00::1]/",
        "https://[fd00:0::1]:1/",
        "http://app.internal:8080/x",
    ] {
        assert!(has(&one, named), "{named}");
    }
    for other in [
        "https://sub.idp.internal/",
        "https://idp.internal.evil.example/",
        "https://xidp.internal/",
        "http://idp.internal/",
        "https://10.0.0.5/",
        "https://10.0.0.5:8444/",
        "http://10.0.0.5:8443/",
        "https://10.0.0.6:8443/",
        "https://app.internal:8080/",
        "http://app.internal:8081/",
        "http://app.internal/",
        "https://localhost/",
        "http://127.0.0.1/",
    ] {
        assert!(!has(&one, other), "{other}");
    }
    assert!(has(&list(&["http://app.internal"], false), "http://app.internal/"), "the port of http");
    assert!(has(&list(&["idp.internal:443"], false), "https://idp.internal/"), "the port of https");
    assert!(!has(&list(&["idp.internal:443"], false), "https://idp.internal:8443/"));
}

#[test]
fn development_has_this_machine_s_own_names_on_it() {
    let development = list(&[], true);
    for own in ["http://localhost:3000/", "https://localhost/", "http://127.0.0.1:1/", "http://[::1]:3/"] {
        assert!(has(&development, own), "{own}");
        assert!(!has(&AllowedHosts::default(), own), "{own}");
    }
    for other in ["http://127.0.0.2/", "http://localhost.evil.example/", "http://10.0.0.1/", "http://[::2]/"]
    {
        assert!(!has(&development, other), "{other}");
    }
}

#[test]
fn what_names_no_host_is_refused() {
    for text in [
        "",
        "http://",
        "https://idp.internal",
        "idp.internal/",
        "idp.internal/jwks",
        "user@idp.internal",
        "a b",
        "idp.internal:99999",
        "*.internal",
        "ftp://idp.internal",
        "idp.internal?x",
        "idp.internal#x",
        "[::1",
        "10.0.0.0\\8",
    ] {
        assert_eq!(AllowedHost::parse(text), Err(HostError), "{text}");
    }
    for text in ["idp.internal", "10.0.0.5:8443", "[fd00::1]:1", "http://app.internal:8080"] {
        assert_eq!(AllowedHost::parse(text).unwrap().to_string(), text);
    }
}
