//! One-time codes, as generated and as typed.
use super::*;

#[test]
fn people_may_type_a_code_as_they_like() {
    for typed in [
        "123456",
        " 123 456 ",
        "123-456",
        "(123.456)",
        "１２３４５６",
        "１２３−４５６",
        "１２３ー４５６",
        "1 2 3 4 5 6\u{a0}",
        "\u{200e}123456\u{202c}",
        "123\u{2060}4\u{ad}56\r\n",
        "\u{661}\u{662}\u{663}\u{664}\u{665}\u{666}",
        "\u{6f1}\u{6f2}\u{6f3}\u{6f4}\u{6f5}\u{6f6}",
        "\u{967}\u{968}\u{969} \u{96a}\u{96b}\u{96c}",
        "\u{1d7cf}\u{1d7d0}\u{1d7d1}456",
    ] {
        assert_eq!(Code::parse(CodeForm::Digits, typed).unwrap().expose(), "123456", "{typed}");
    }
    for typed in [
        "a0k1-9zqx",
        "AOKL 9ZQX",
        "aoki9zqx",
        "Ａ０Ｋ１９ｚｑｘ",
        "\u{200f}A0K1_9ZQ\u{a0}X",
        "A0K1\u{669}ZQX",
    ] {
        assert_eq!(Code::parse(CodeForm::Letters, typed).unwrap().expose(), "A0K19ZQX", "{typed}");
    }
}

#[test]
fn a_code_is_found_in_a_subject_line_or_a_sentence() {
    for typed in [
        "123456 is your sign-in code for Demo Shop (K7)",
        "Votre code est 123456, référence K7. Il est valable 10\u{a0}minutes.",
        "验证码123456，10分钟内有效。",
        "رمزك هو \u{661}\u{662}\u{663}\u{664}\u{665}\u{666} (K7)",
        "Shop 24/7: 123456 (2026)",
    ] {
        assert_eq!(Code::parse(CodeForm::Digits, typed).unwrap().expose(), "123456", "{typed}");
    }
    let subject = "A0K19ZQX is your sign-in code for DEMOSHOP Bakeries (K7)";
    assert_eq!(Code::parse(CodeForm::Letters, subject).unwrap().expose(), "A0K19ZQX");
}

#[test]
fn what_leaves_open_which_code_is_meant_is_no_code() {
    for typed in ["123456 or 654321", "1234567 is your code", "code 123 456", "A1234567", "no code at all"] {
        assert!(Code::parse(CodeForm::Digits, typed).is_none(), "{typed}");
    }
    for typed in ["A0K19ZQX, not B0K19ZQX", "my password is secret", "A0K19ZQXY is long"] {
        assert!(Code::parse(CodeForm::Letters, typed).is_none(), "{typed}");
    }
}

#[test]
fn what_cannot_be_a_code_is_told_from_a_wrong_one() {
    for typed in ["", "12345", "1234567", "12345a", "１２３４５", "12345六", "\u{200b}"] {
        assert!(Code::parse(CodeForm::Digits, typed).is_none(), "{typed}");
    }
    assert!(Code::parse(CodeForm::Letters, "ABCDEFGU").is_none());
    assert!(Code::parse(CodeForm::Digits, &"1".repeat(9000)).is_none());
    assert!(Code::parse(CodeForm::Digits, &format!("123456{}", " ".repeat(LONGEST_TYPED))).is_none());
}

#[test]
fn codes_are_uniform_and_read_back() {
    assert_eq!(Code::from_random(CodeForm::Digits, 7).unwrap().expose(), "000007");
    assert!(Code::from_random(CodeForm::Digits, u64::MAX).is_none());
    let letters = Code::from_random(CodeForm::Letters, 0x00ff_1234_5678_9abc).unwrap();
    assert_eq!(Code::parse(CodeForm::Letters, letters.expose()), Some(letters));
}

#[test]
fn references_are_short_and_read_back() {
    for random in [0, 7, 8, 500, u16::MAX] {
        let reference = Reference::from_random(random);
        assert_eq!(Reference::parse(reference.as_str()), Some(reference));
    }
    assert_eq!(Reference::parse("k7").unwrap().as_str(), "K7");
    assert_eq!(Reference::parse("\u{200b}K7\u{a0}").unwrap().as_str(), "K7");
    assert!(Reference::parse("K77").is_none());
    assert!(Reference::parse("é").is_none());
}
