//! Sixty addresses, and what every door has to do with each.

/// What was typed or pasted, and where its mail goes; `None` when it is refused.
pub(super) type Row = (&'static str, Option<&'static str>);

const LOCAL_64: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@example.com";
const LOCAL_65: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@example.com";
/// Thirteen labels of 19 letters, and `.com`: 263 bytes.
const TOO_LONG: &str = "a@bbbbbbbbbbbbbbbbbbb.bbbbbbbbbbbbbbbbbbb.bbbbbbbbbbbbbbbbbbb.bbbbbbbbbbbbbbbbbbb.bbbbbbbbbbbbbbbbbbb.\
                        bbbbbbbbbbbbbbbbbbb.bbbbbbbbbbbbbbbbbbb.bbbbbbbbbbbbbbbbbbb.bbbbbbbbbbbbbbbbbbb.bbbbbbbbbbbbbbbbbbb.\
                        bbbbbbbbbbbbbbbbbbb.bbbbbbbbbbbbbbbbbbb.bbbbbbbbbbbbbbbbbbb.com";

pub(super) const TABLE: [Row; 62] = [
    // ASCII.
    ("ana@example.com", Some("ana@example.com")),
    ("Ana.Maria@Example.COM", Some("Ana.Maria@example.com")),
    ("o'neil@example.com", Some("o'neil@example.com")),
    ("!#$%&'*+-/=?^_`{|}~@example.com", Some("!#$%&'*+-/=?^_`{|}~@example.com")),
    ("-ana@example.com", Some("-ana@example.com")),
    ("1@example.com", Some("1@example.com")),
    ("ana@sub.domain.example.com", Some("ana@sub.domain.example.com")),
    ("ana@r3--x.example", Some("ana@r3--x.example")),
    (LOCAL_64, Some(LOCAL_64)),
    // Tags.
    ("ana+shop@example.com", Some("ana+shop@example.com")),
    ("ana+@example.com", Some("ana+@example.com")),
    ("ana+a+b=c@example.com", Some("ana+a+b=c@example.com")),
    // Domains beyond ASCII, sent as A-labels (UTS 46).
    ("ana@bücher.example", Some("ana@xn--bcher-kva.example")),
    ("ana@BÜCHER.example", Some("ana@xn--bcher-kva.example")),
    ("ana@xn--bcher-kva.example", Some("ana@xn--bcher-kva.example")),
    ("ana@bu\u{308}cher.example", Some("ana@xn--bcher-kva.example")),
    ("ana@例え。テスト", Some("ana@xn--r8jz45g.xn--zckzah")),
    ("ana@ｅｘａｍｐｌｅ.com", Some("ana@example.com")),
    ("ana@straße.example", Some("ana@xn--strae-oqa.example")),
    ("ana@نامه\u{200c}ای.com", Some("ana@xn--mgba3gch31f060k.com")),
    // Local parts beyond ASCII (RFC 6531).
    ("josé@example.com", Some("josé@example.com")),
    ("संपर्क@डाटामेल.भारत", Some("संपर्क@xn--c2bd4bq1db8d.xn--h2brj9c")),
    ("用户@example.com", Some("用户@example.com")),
    ("χρήστης@παράδειγμα.ελ", Some("χρήστης@xn--hxajbheg2az3al.xn--qxam")),
    ("почта+магазин@example.com", Some("почта+магазин@example.com")),
    ("ติดต่อ@example.com", Some("ติดต่อ@example.com")),
    ("සහාය@example.com", Some("සහාය@example.com")),
    ("\u{661}\u{662}\u{663}@example.com", Some("\u{661}\u{662}\u{663}@example.com")),
    // Marks.
    ("jose\u{301}@example.com", Some("jose\u{301}@example.com")),
    ("\u{62f}\u{64e}\u{639}\u{645}@example.com", Some("\u{62f}\u{64e}\u{639}\u{645}@example.com")),
    ("\u{958}@example.com", Some("\u{958}@example.com")),
    ("\u{301}ana@example.com", None),
    // Look-alikes: other addresses, all taken.
    ("\u{430}na@example.com", Some("\u{430}na@example.com")),
    ("ａｎａ@example.com", Some("ａｎａ@example.com")),
    ("\u{212a}im@example.com", Some("\u{212a}im@example.com")),
    // What a copy brings along around an address.
    ("\u{a0}ana@example.com\u{a0}", Some("ana@example.com")),
    ("\u{200b}ana@example.com", Some("ana@example.com")),
    ("ana@example.com\r\n", Some("ana@example.com")),
    ("\u{feff}\u{200e}ana@example.com\u{202c}", Some("ana@example.com")),
    ("\u{3000}ana@example.com\u{2028}\t", Some("ana@example.com")),
    ("\u{2068}ana@example.com\u{2069}", Some("ana@example.com")),
    // The same inside.
    ("an\u{200b}a@example.com", None),
    ("ana@exam\u{ad}ple.com", None),
    ("ana@exam\u{200d}ple.com", None),
    ("an\u{a0}a@example.com", None),
    ("an\u{fe0f}a@example.com", None),
    ("an\u{3164}a@example.com", None),
    ("ana@example.com\r\nBcc: eve@example.com", None),
    // Quoted and literal forms, and what is no address.
    ("\"ana\"@example.com", None),
    ("\"ana maria\"@example.com", None),
    ("Ana <ana@example.com>", None),
    ("ana@[127.0.0.1]", None),
    ("ana@localhost", None),
    ("ana..maria@example.com", None),
    ("ana@example.com, eve@example.com", None),
    ("ana@-example.com", None),
    ("ana@a_b.example.com", None),
    ("ana@example.com.", None),
    ("ana＠example.com", None),
    ("", None),
    // Too long.
    (LOCAL_65, None),
    (TOO_LONG, None),
];
