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
fn composed_and_decomposed_letters_are_one_address() {
    assert!(same("jose\u{301}@example.com", "jos\u{e9}@example.com"));
    assert!(same("\u{958}@example.com", "\u{915}\u{93c}@example.com"), "a letter that NFC takes apart");
    assert_eq!(EmailAddress::parse("jose\u{301}@example.com").unwrap().as_typed(), "jose\u{301}@example.com");
    assert!(!same("\u{212a}im@example.com", "kim@example.com"), "the Kelvin sign is no k");
    assert!(!same("ａｎａ@example.com", "ana@example.com"), "no other folding");
}

#[test]
fn what_a_copy_brings_along_around_an_address_is_dropped() {
    for around in
        ["\u{a0}", "\u{200b}", "\r\n", "\u{feff}", "\u{200e}", "\u{2028}", "\u{3000}\t", "\u{2068}\u{ad}"]
    {
        let pasted = format!("{around}Ana@example.com{around}");
        assert_eq!(EmailAddress::parse(&pasted).unwrap().as_typed(), "Ana@example.com", "{around:?}");
    }
}

#[test]
fn letters_marks_and_digits_of_every_script_are_taken() {
    for good in [
        "संपर्क@डाटामेल.भारत",
        "jose\u{301}@example.com",
        "用户@例え.テスト",
        "χρήστης@παράδειγμα.ελ",
        "دعم\u{64e}@مثال.إختبار",
        "ติดต่อ@example.com",
        "සහාය@example.com",
        "user\u{661}\u{662}@example.com",
        "ana@نامه\u{200c}ای.com",
        "ana@r3--a.example",
    ] {
        let address = EmailAddress::parse(good).unwrap_or_else(|error| panic!("{good}: {error}"));
        assert!(address.domain().is_ascii(), "{good}");
    }
}

#[test]
fn what_is_stored_is_read_without_judging_it_again() {
    for stored in
        ["Ana@Example.COM", "\"a b\"@c.de", "a\u{200b}b@example.com", "ana@localhost", "nonsense", ""]
    {
        let written = serde_json::to_string(stored).unwrap();
        let read = serde_json::from_str::<EmailAddress>(&written).unwrap();
        assert_eq!(read, EmailAddress::stored(stored.to_owned()), "{stored}");
        assert_eq!((read.as_typed(), serde_json::to_string(&read).unwrap()), (stored, written.clone()));
    }
    let before = EmailAddress::stored("Ana@b\u{ad}ücher.example".to_owned());
    assert_eq!(before.normalized(), "ana@xn--bcher-kva.example", "as it was compared when it came in");
}

#[test]
fn an_account_is_looked_for_by_every_spelling_of_its_address() {
    let of = |text: &str| EmailAddress::parse(text).unwrap().spellings();
    assert_eq!(of("Ana@Bücher.example"), ["ana@xn--bcher-kva.example"]);
    assert_eq!(of("用户@example.com"), ["用户@example.com"]);
    assert_eq!(of("José@example.com"), ["jos\u{e9}@example.com", "jose\u{301}@example.com"]);
    assert_eq!(of("Jose\u{301}@example.com"), ["jose\u{301}@example.com", "jos\u{e9}@example.com"]);
    assert_eq!(of("\u{958}@example.com"), ["\u{958}@example.com", "\u{915}\u{93c}@example.com"]);
    assert_eq!(
        of("\u{212b}@example.com").len(),
        3,
        "the Ångström sign, the letter, the letter with its ring"
    );
}

#[test]
fn only_letters_before_the_at_sign_need_smtputf8() {
    let needs = |text: &str| EmailAddress::parse(text).unwrap().needs_smtputf8();
    assert!(needs("josé@example.com") && needs("संपर्क@डाटामेल.भारत"));
    assert!(!needs("ana@example.com") && !needs("Ana@Bücher.example"), "a domain is sent as its A-label");
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
        "a@c\u{202e}.de",
        "a\u{200b}@c.de",
        "a@b@c.de",
        "<a@c.de>",
        "a@c.de,x@y.de",
        "a@c .de",
        "a\u{a0}b@c.de",
        "a@c\u{200b}.de",
        "a@c\u{ad}d.de",
        "a@c\u{200d}d.de",
        "a\u{fe0f}@c.de",
        "a\u{3164}@c.de",
        "a\u{34f}b@c.de",
        "\u{301}a@c.de",
        "a.\u{301}@c.de",
        "\"ana\"@c.de",
        "a＠c.de",
        "😀@c.de",
        "Ana <ana@c.de>",
        "mailto:ana@c.de",
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
