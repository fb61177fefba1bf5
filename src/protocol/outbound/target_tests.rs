//! All refusals of URLs.

use super::super::hosts::AllowedHost;
use super::*;

fn refusal(url: &str) -> Option<TargetError> {
    judge(url, &AllowedHosts::default()).err()
}

#[test]
fn an_ordinary_url_is_fetched() {
    for url in
        ["https://app.example/jwks?a=b", "https://app.example:8443/", "https://8.8.8.8/", "HTTPS://A.example"]
    {
        assert_eq!(refusal(url), None, "{url}");
    }
}

#[test]
fn each_wrong_url_has_its_own_error() {
    let long = format!("https://app.example/{}", "a".repeat(MAX_LENGTH));
    for (url, expected) in [
        (long.as_str(), TargetError::TooLong),
        ("", TargetError::NotAUrl),
        ("/jwks", TargetError::NotAUrl),
        ("https://", TargetError::NotAUrl),
        ("https://app.example/\n", TargetError::NotAUrl),
        ("https://app .example/", TargetError::NotAUrl),
        ("https://1.2.3.4.5/", TargetError::NotAUrl),
        ("http://app.example/", TargetError::Scheme),
        ("file:///etc/passwd", TargetError::Scheme),
        ("gopher://app.example/", TargetError::Scheme),
        ("data:application/json,{}", TargetError::Scheme),
        ("http://localhost/", TargetError::Scheme),
        ("https://user@app.example/", TargetError::Credentials),
        ("https://:secret@app.example/", TargetError::Credentials),
        ("https://app.example#@10.0.0.1/", TargetError::Fragment),
        ("https://app.example/#", TargetError::Fragment),
        ("https://app.example:22/", TargetError::Port),
        ("https://app.example:1023/", TargetError::Port),
        ("https://app.example:0/", TargetError::Port),
    ] {
        assert_eq!(refusal(url), Some(expected), "{url}");
    }
}

#[test]
fn an_address_is_recognized_in_every_spelling() {
    for url in [
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://127.0.0.1./",
        "https://１２７.0.0.1/",
        "https://%31%32%37.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:7f00:1]/",
        "https://[0:0:0:0:0:ffff:127.0.0.1]/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[fd00:ec2::254]/",
        "https://0/",
    ] {
        assert!(matches!(refusal(url), Some(TargetError::Address(_))), "{url}: {:?}", refusal(url));
    }
}

#[test]
fn a_host_that_the_operator_named_may_be_internal_at_any_port() {
    let entries = ["idp.internal:22", "http://10.0.0.5:80", "169.254.169.254"];
    let allowed =
        AllowedHosts::new(entries.iter().map(|text| AllowedHost::parse(text).unwrap()).collect(), false);
    for url in ["https://idp.internal:22/", "http://10.0.0.5/"] {
        assert!(judge(url, &allowed).unwrap().inside, "{url}");
    }
    assert!(!judge("https://idp.internal/", &allowed).unwrap().inside, "another port is judged as any other");
    let metadata = judge("https://169.254.169.254/", &allowed);
    assert!(matches!(metadata, Err(TargetError::Address(Reach::Never(_)))), "never, whoever named it");
}

#[test]
fn names_below_one_domain_are_one_party_and_hosts_of_the_operator_are_one_each() {
    let allowed = AllowedHosts::new(
        ["idp.corp.internal", "app.corp.internal"].map(|host| AllowedHost::parse(host).unwrap()).to_vec(),
        false,
    );
    for (url, party) in [
        ("https://a.app.example.com/keys", "example.com"),
        ("https://b.app.example.com:8443/other", "example.com"),
        ("https://example.com./", "example.com"),
        ("https://one.github.io/", "one.github.io"),
        ("https://github.io/", "github.io"),
        ("https://8.8.8.8:8443/", "8.8.8.8"),
        ("https://idp.corp.internal/", "idp.corp.internal:443"),
        ("https://app.corp.internal:8443/", "app.corp.internal:8443"),
    ] {
        assert_eq!(judge(url, &allowed).unwrap().party(), party, "{url}");
    }
}
