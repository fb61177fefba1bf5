//! The development outbox.

use tiquo_auth::mail::{MemoryOutbox, render};
use tiquo_auth::ports::mailer::{Mailer as _, Outbox as _};
use tiquo_auth::protocol::mail::OtpMail;

use super::fixture::mail_to;

fn send(outbox: &MemoryOutbox, mail: OtpMail) {
    outbox.reserve().unwrap().submit(mail);
}

#[test]
fn shows_what_would_have_been_sent() {
    let outbox = MemoryOutbox::new();
    let mail = mail_to("Ana@example.com");
    send(&outbox, mail.clone());
    let kept = outbox.mails(None).pop().unwrap();
    let rendered = render(&mail).unwrap();
    assert_eq!((kept.subject, kept.text, kept.html), (rendered.subject, rendered.text, rendered.html));
    assert_eq!((kept.code.as_str(), kept.reference.as_str(), kept.sent_at), ("123456", "K7", mail.sent_at));
    assert_eq!(kept.from, "Demo Shop <codes@shop.example>");
    assert_eq!(kept.to, "Ana@example.com");
}

#[test]
fn finds_an_address_as_addresses_are_compared_newest_first() {
    let outbox = MemoryOutbox::new();
    for to in ["ana@example.com", "bob@example.com", "ANA@EXAMPLE.com"] {
        send(&outbox, mail_to(to));
    }
    let to = |to| outbox.mails(to).into_iter().map(|mail| mail.to).collect::<Vec<_>>();
    assert_eq!(to(Some("aNa@example.com")), ["ANA@EXAMPLE.com", "ana@example.com"]);
    assert_eq!(to(None), ["ANA@EXAMPLE.com", "bob@example.com", "ana@example.com"]);
    assert!(to(Some("no address")).is_empty());
}

#[test]
fn keeps_the_last_200_and_no_suppressed_mail() {
    let outbox = MemoryOutbox::new();
    for number in 0..201 {
        send(&outbox, mail_to(&format!("a{number}@example.com")));
    }
    send(&outbox, OtpMail { suppressed: true, ..mail_to("blocked@example.com") });
    let mails = outbox.mails(None);
    assert_eq!(mails.len(), 200);
    assert_eq!(mails.first().unwrap().to, "a200@example.com");
    assert_eq!(mails.last().unwrap().to, "a1@example.com");
}
