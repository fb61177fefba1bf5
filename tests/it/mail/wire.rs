//! What a server receives, read again by a parser that we did not write.

use mail_parser::{Address, HeaderValue, Message, MessageParser, MimeHeaders as _};
use serde_json::json;
use tiquo_auth::mail::render;
use tiquo_auth::protocol::address::EmailAddress;
use tiquo_auth::protocol::locale::Locale;
use tiquo_auth::protocol::mail::OtpMail;

use super::fixture::{Rig, mail_to};
use crate::support::needs::needs;
use crate::support::smtp::{Received, SmtpServer};

/// Sends one mail and answers what arrived.
async fn deliver(mail: OtpMail) -> Received {
    let mut server = SmtpServer::start(json!({})).await;
    let rig = Rig::for_server(&server);
    rig.send(mail);
    server.mail().await
}

fn parse(received: &Received) -> Message<'_> {
    MessageParser::default().parse(&received.data).unwrap()
}

fn header<'a>(message: &'a Message<'_>, name: &'a str) -> &'a str {
    message.header(name).and_then(HeaderValue::as_text).unwrap_or_else(|| panic!("no {name}"))
}

fn single<'a>(address: Option<&'a Address<'_>>) -> (Option<&'a str>, &'a str) {
    let list = address.unwrap().as_list().unwrap();
    assert_eq!(list.len(), 1);
    (list[0].name(), list[0].address().unwrap())
}

/// Names of all headers, in order, for finding one that should not be there.
fn names(message: &Message<'_>) -> Vec<String> {
    message.headers().iter().map(|header| header.name().to_ascii_lowercase()).collect()
}

#[tokio::test]
async fn everything_arrives_as_it_was_rendered_in_every_language() {
    for locale in Locale::ALL {
        let mail =
            OtpMail { locale, organization: "Épicerie Ñandú".to_owned(), ..mail_to("ana@example.com") };
        let received = deliver(mail.clone()).await;
        let message = parse(&received);
        let rendered = render(&mail).unwrap();
        assert_eq!(message.subject(), Some(rendered.subject.as_str()));
        assert_eq!(message.body_text(0).unwrap().replace("\r\n", "\n").trim_end(), rendered.text.trim_end());
        assert_eq!(message.body_html(0).unwrap().replace("\r\n", "\n").trim_end(), rendered.html.trim_end());
        assert_eq!(header(&message, "Content-Language"), locale.tag());
        assert_eq!(received.sender, "codes@shop.example");
        assert_eq!(received.to, ["ana@example.com"]);
        assert_eq!(received.hello, "auth.shop.example");
    }
}

#[tokio::test]
async fn headers_say_who_when_and_that_no_person_wrote_it() {
    let received = deliver(mail_to("Ana@Bücher.example")).await;
    let message = parse(&received);
    assert_eq!(single(message.from()), (Some("Demo Shop"), "codes@shop.example"));
    assert_eq!(single(message.to()), (None, "Ana@xn--bcher-kva.example"));
    assert_eq!(header(&message, "Auto-Submitted"), "auto-generated");
    assert_eq!(header(&message, "X-Auto-Response-Suppress"), "All");
    assert_eq!(message.date().unwrap().to_rfc3339(), "2026-11-23T00:00:00Z");
    let (unique, domain) = message.message_id().unwrap().split_once('@').unwrap();
    assert_eq!((unique.len(), domain), (32, "shop.example"));
    let content_type = message.content_type().unwrap();
    assert_eq!((content_type.ctype(), content_type.subtype()), ("multipart", Some("alternative")));
    assert_eq!(message.parts.len(), 3);
    for (part, subtype) in message.parts[1..].iter().zip(["plain", "html"]) {
        assert_eq!(part.content_type().unwrap().subtype(), Some(subtype));
        assert_eq!(part.content_transfer_encoding(), Some("quoted-printable"));
    }
}

#[tokio::test]
async fn every_mail_has_a_message_id_of_its_own() {
    needs!(Smtp);
    let mut server = SmtpServer::start(json!({})).await;
    let rig = Rig::for_server(&server);
    let mut ids = std::collections::BTreeSet::new();
    for _ in 0..3 {
        rig.send(mail_to("ana@example.com"));
        let received = server.mail().await;
        ids.insert(parse(&received).message_id().unwrap().to_owned());
    }
    assert_eq!(ids.len(), 3);
}

/// RFC 5322 §2.1.1 and §2.3: lines end with CRLF and have at most 998 bytes, all of them ASCII here.
#[tokio::test]
async fn rfc5322_2_lines_survive_every_relay() {
    let data = deliver(OtpMail { locale: Locale::Fr, ..mail_to("ana@example.com") }).await.data;
    assert!(data.is_ascii());
    let bare = data.iter().enumerate().any(|(place, byte)| match byte {
        b'\n' => place == 0 || data[place - 1] != b'\r',
        b'\r' => data.get(place + 1) != Some(&b'\n'),
        _ => false,
    });
    assert!(!bare, "a bare CR or LF");
    assert!(data.split(|byte| *byte == b'\n').all(|line| line.len() <= 78), "a long line");
}

#[tokio::test]
async fn names_cannot_inject_headers() {
    let mut mail = mail_to("ana@example.com");
    mail.sender.name = "Shop\r\nBcc: eve@evil.example\r\n\r\n<h1>".to_owned();
    mail.organization = "Shop\r\nX-Evil: 1\nX-Worse: 2\r\n\r\nbody".to_owned();
    mail.asked_from = "shop\r\n.\r\nQUIT\r\n".into();
    let received = deliver(mail).await;
    let message = parse(&received);
    let names = names(&message);
    assert!(
        !names.iter().any(|name| name.contains("evil") || name.contains("worse") || name == "bcc"),
        "{names:?}"
    );
    assert_eq!(single(message.from()), (Some("Shop Bcc: eve@evil.example <h1>"), "codes@shop.example"));
    assert_eq!(
        message.subject(),
        Some("123456 is your sign-in code for Shop X-Evil: 1 X-Worse: 2 body (K7)")
    );
    assert_eq!(received.to, ["ana@example.com"]);
    assert!(message.body_text(0).unwrap().contains("Asked from: shop . QUIT\r\n"));
}

#[tokio::test]
async fn names_with_quotes_commas_and_letters_of_all_kinds_come_back_whole() {
    for name in ["O'Neil, \"Sons\" <& Co>", "Café \\ 咖啡 🛍", "=?utf-8?q?x?=", "a@b.example"] {
        let mut mail = mail_to("ana@example.com");
        mail.sender.name = name.to_owned();
        let received = deliver(mail).await;
        assert_eq!(single(parse(&received).from()), (Some(name), "codes@shop.example"));
    }
}

/// RFC 6531: a relay that says SMTPUTF8 takes letters in the local part.
#[tokio::test]
async fn rfc6531_an_international_address_arrives() {
    for (typed, address) in [
        ("josé@example.com", "josé@example.com"),
        ("jose\u{301}@example.com", "jose\u{301}@example.com"),
        ("संपर्क@डाटामेल.भारत", "संपर्क@xn--c2bd4bq1db8d.xn--h2brj9c"),
    ] {
        let received = deliver(mail_to(typed)).await;
        assert_eq!(received.to, [address]);
        assert_eq!(single(parse(&received).to()).1, address);
    }
}

/// What cannot be an address in a header is none at all: it never gets as far as a mail.
#[test]
fn addresses_that_could_inject_are_refused() {
    for bad in [
        "ana@example.com\r\nBcc: eve@evil.example",
        "\"a\r\n\"@example.com",
        "ana@example.com,eve@evil.example",
    ] {
        assert!(EmailAddress::parse(bad).is_err(), "{bad:?}");
    }
}
