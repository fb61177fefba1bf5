use super::*;

fn same(a: &str, b: &str) -> bool {
    EmailAddress::parse(a).unwrap().normalized() == EmailAddress::parse(b).unwrap().normalized()
}

#[test]
fn only_ascii_case_and_the_domain_are_folded() {
    assert!(same("Ana@Example.COM", "ana@example.com"));
    assert!(same("ana@bücher.example", "ana@xn--bcher-kva.example"));
    assert!(!same("ana+tag@example.com", "ana@example.com"));
    assert!(!same("an.a@example.com", "ana@example.com"));
    assert!(!same("É@example.com", "é@example.com"));
    assert!(!same("аna@example.com", "ana@example.com"), "a Cyrillic letter is another address");
    assert_eq!(EmailAddress::parse(" Ana@Example.COM ").unwrap().as_typed(), "Ana@Example.COM");
}

#[test]
fn a_mailbox_is_the_address_without_its_tag() {
    let of = |text: &str| EmailAddress::parse(text).unwrap().mailbox();
    assert_eq!(of("Ana@Example.com"), "ana@example.com");
    assert_eq!(of("ANA+1@Bücher.example"), "ana@xn--bcher-kva.example");
    assert_eq!(of("ana+a+b@example.com"), "ana@example.com");
    assert_eq!(
        (of("+@example.com"), of("+a@example.com")),
        ("+@example.com".into(), "+a@example.com".into())
    );
    assert_ne!(of("an.a@example.com"), of("ana@example.com"), "nothing else is folded");
}

#[test]
fn rfc5321_4_5_3_1_lengths() {
    let local = "a".repeat(64);
    assert!(EmailAddress::parse(&format!("{local}@example.com")).is_ok());
    assert_eq!(EmailAddress::parse(&format!("a{local}@example.com")), Err(AddressError::TooLong));
    let long = format!("a@{}.com", ["b".repeat(63).as_str(); 4].join("."));
    assert_eq!(EmailAddress::parse(&long), Err(AddressError::TooLong));
}

#[test]
fn malformed_addresses_are_refused() {
    for bad in [
        "",
        "@",
        "a@",
        "@b.c",
        "a b@c.de",
        "a@b",
        "a..b@c.de",
        ".a@c.de",
        "a.@c.de",
        "a@c..de",
        "a@-c.de",
        "a@127.0.0.1",
        "a@[127.0.0.1]",
        "\"a b\"@c.de",
        "a@c.de\r\nBcc: x@y.de",
        "a\r\n@c.de",
        "a\0@c.de",
        "a@c.de\u{202e}",
        "a\u{200b}@c.de",
        "a@b@c.de",
        "<a@c.de>",
        "a@c.de,x@y.de",
        "a@c .de",
    ] {
        assert!(EmailAddress::parse(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn mail_goes_to_the_a_label() {
    assert_eq!(EmailAddress::parse("Ana@Bücher.example").unwrap().deliverable(), "Ana@xn--bcher-kva.example");
}

proptest::proptest! {
    #[test]
    fn no_input_panics_and_what_is_printed_reads_back(text in "\\PC{0,80}") {
        if let Ok(address) = EmailAddress::parse(&text) {
            assert_eq!(EmailAddress::parse(address.as_typed()), Ok(address.clone()));
            assert!(!address.deliverable().contains(['\r', '\n', ' ']));
        }
    }
}
