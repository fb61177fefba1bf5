//! How mails read and look, compared with files; `UPDATE_GOLDEN=1` writes them anew.

use std::path::Path;
use std::time::Duration;

use tiquo_auth::mail::{RenderedMail, render};
use tiquo_auth::protocol::code::{Code, CodeForm};
use tiquo_auth::protocol::colour::Colour;
use tiquo_auth::protocol::locale::Locale;
use tiquo_auth::protocol::mail::OtpMail;

use super::fixture::mail_to;

fn golden(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/mail").join(name);
    if std::env::vars().any(|(name, value)| name == "UPDATE_GOLDEN" && value == "1") {
        std::fs::write(&path, actual).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(expected == actual, "{name} differs; UPDATE_GOLDEN=1 writes it anew. It is now:\n{actual}");
}

fn compare(name: &str, mail: &OtpMail) -> RenderedMail {
    let rendered = render(mail).unwrap();
    golden(&format!("{name}.txt"), &format!("Subject: {}\n\n{}", rendered.subject, rendered.text));
    golden(&format!("{name}.html"), &rendered.html);
    rendered
}

/// Eight characters, a light accent, a logo.
fn long_code(locale: Locale) -> OtpMail {
    let mut mail = OtpMail { locale, ..mail_to("ana@example.com") };
    mail.code = Code::parse(CodeForm::Letters, "A0K19ZQX").unwrap();
    mail.theme.accent = "#ffd500".to_owned();
    mail.theme.logo = Some("https://cdn.shop.example/logo.png".to_owned());
    mail
}

#[test]
fn three_languages_say_everything_that_a_mail_with_a_code_has_to() {
    for locale in Locale::ALL {
        let mail = OtpMail { locale, ..mail_to("ana@example.com") };
        let RenderedMail { subject, text, html } = compare(locale.tag(), &mail);
        for part in [&subject, &text, &html] {
            for needed in ["123456", "K7", "Demo Shop"] {
                assert!(part.contains(needed), "{}: {needed} in {part}", locale.tag());
            }
        }
        for part in [&text, &html] {
            assert!(part.contains("shop.example") && part.contains("10\u{a0}minut"), "{part}");
        }
        assert!(html.contains(&format!("<html lang=\"{}\"", locale.tag())));
    }
}

#[test]
fn eight_characters_are_grouped_for_the_eye_and_copied_as_one_word() {
    let rendered = compare("en-long-code", &long_code(Locale::En));
    compare("fr-long-code", &long_code(Locale::Fr));
    let (_, code) = rendered.html.split_once("user-select: all;\">").unwrap();
    let (code, _) = code.split_once("</td>").unwrap();
    assert_eq!(code, "<span>A0K1</span><span style=\"padding-left: 14px;\">9ZQX</span>");
}

#[test]
fn a_mail_holds_no_link() {
    for locale in Locale::ALL {
        let mut mail = OtpMail { locale, ..mail_to("ana@example.com") };
        mail.organization = "https://evil.example/now".to_owned();
        mail.asked_from = "http://evil.example <a href=\"https://evil.example\">x</a>".into();
        let RenderedMail { text, html, .. } = render(&mail).unwrap();
        assert!(!text.contains("://") && !html.contains("://"), "{text}\n{html}");
        assert!(!html.contains("<a") && !html.contains("href=\""), "{html}");
    }
    let html = render(&long_code(Locale::En)).unwrap().html;
    assert_eq!(html.matches("://").count(), 1, "the logo");
    assert!(html.contains("<img src=\"https://cdn.shop.example/logo.png\""));
}

#[test]
fn names_cannot_become_markup() {
    let mut mail = mail_to("ana@example.com");
    mail.organization = "<script>\"'&Ω".to_owned();
    mail.asked_from = "</td><img src=x>".into();
    mail.theme.accent = "red\"><script>".to_owned();
    mail.theme.logo = Some("https://cdn.example/\"onerror=alert(1)".to_owned());
    let html = render(&mail).unwrap().html;
    assert!(
        !html.contains("<script") && !html.contains("<img src=x") && !html.contains("\"onerror"),
        "{html}"
    );
    assert!(html.contains("#1f2937"), "an accent that is no colour is replaced");
}

#[test]
fn text_on_the_accent_can_be_read() {
    for (accent, text) in [("#0b5fff", "#ffffff"), ("#ffd500", "#000000")] {
        let mut mail = mail_to("ana@example.com");
        mail.theme.accent = accent.to_owned();
        let html = render(&mail).unwrap().html;
        assert!(html.contains(&format!("bgcolor=\"{accent}\"")));
        assert!(html.contains(&format!("color: {text};\">Demo Shop</td>")), "{html}");
    }
}

/// Every pair of text and ground that the template uses, in both schemes.
#[test]
fn wcag_1_4_3_every_text_has_enough_contrast() {
    let html = render(&mail_to("ana@example.com")).unwrap().html;
    for (text, grounds) in [
        ("#14171c", vec!["#ffffff", "#f2f4f7"]),
        ("#4d5562", vec!["#ffffff", "#f2f4f7"]),
        ("#5b6370", vec!["#f2f4f7"]),
        ("#f5f6f8", vec!["#1c1f24", "#262a31"]),
        ("#aeb4be", vec!["#1c1f24", "#121417"]),
    ] {
        for ground in grounds {
            assert!(html.contains(text) && html.contains(ground), "{text} on {ground} is not used");
            let contrast = Colour::parse(text).unwrap().contrast_with(Colour::parse(ground).unwrap());
            assert!(contrast >= 4.5, "{text} on {ground}: {contrast}");
        }
    }
}

#[test]
fn a_mail_never_promises_more_life_than_its_code_has() {
    let mut mail = mail_to("ana@example.com");
    mail.dies_at = mail.sent_at.plus(Duration::from_secs(119));
    assert!(render(&mail).unwrap().text.contains("Valid for: 1\u{a0}minute, once"));
}
