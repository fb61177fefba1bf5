//! What the tests of mail share.

use std::sync::Arc;
use std::time::Duration;

use tiquo_auth::mail::{MailQueue, QueueSettings, QueueStats, Relay, SmtpSecurity, SmtpSettings};
use tiquo_auth::ports::clock::Clock as _;
use tiquo_auth::ports::mailer::Mailer as _;
use tiquo_auth::protocol::address::EmailAddress;
use tiquo_auth::protocol::code::{Code, CodeForm, Reference};
use tiquo_auth::protocol::locale::Locale;
use tiquo_auth::protocol::mail::{MailSender, MailTheme, OtpMail};

use crate::support::clock::ManualClock;
use crate::support::entropy::SeededEntropy;
use crate::support::smtp::{PATIENCE, SmtpServer};

/// A mail with the code 123456, of the clock's beginning, that lives for ten minutes.
pub(super) fn mail_to(to: &str) -> OtpMail {
    let sent_at = ManualClock::fixed().now();
    OtpMail {
        to: EmailAddress::parse(to).unwrap(),
        sender: MailSender {
            name: "Demo Shop".to_owned(),
            address: EmailAddress::parse("codes@shop.example").unwrap(),
        },
        theme: MailTheme { accent: "#0b5fff".to_owned(), logo: None },
        locale: Locale::En,
        organization: "Demo Shop".to_owned(),
        asked_from: "shop.example".into(),
        code: Code::parse(CodeForm::Digits, "123456").unwrap(),
        reference: Reference::parse("K7").unwrap(),
        sent_at,
        dies_at: sent_at.plus(Duration::from_secs(600)),
        suppressed: false,
        request_id: "req_1".to_owned(),
    }
}

/// Settings for a server without TLS.
pub(super) fn plain(port: u16) -> SmtpSettings {
    SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port,
        security: SmtpSecurity::None,
        credentials: None,
        extra_roots: None,
        hello_name: Some("auth.shop.example".to_owned()),
        connect_timeout: PATIENCE,
        send_timeout: PATIENCE,
    }
}

/// A queue whose time is moved by hand.
pub(super) struct Rig {
    pub(super) queue: MailQueue,
    pub(super) clock: ManualClock,
}

impl Rig {
    pub(super) fn new(smtp: &SmtpSettings, capacity: u32, workers: u16) -> Self {
        let clock = ManualClock::fixed();
        let queue = MailQueue::start(
            &Relay::new(smtp).unwrap(),
            QueueSettings { capacity, workers },
            Arc::new(clock.clone()),
            Arc::new(SeededEntropy::new(7)),
        );
        Self { queue, clock }
    }

    /// A queue of 100 with two workers.
    pub(super) fn for_server(server: &SmtpServer) -> Self {
        Self::new(&plain(server.port), 100, 2)
    }

    pub(super) fn send(&self, mail: OtpMail) {
        self.queue.reserve().expect("a place").submit(mail);
    }

    /// Waits until the queue says so.
    pub(super) async fn until(&self, what: &str, condition: impl Fn(&QueueStats) -> bool) {
        let look = async {
            while !condition(&self.queue.stats()) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let seen = tokio::time::timeout(PATIENCE, look).await;
        assert!(seen.is_ok(), "not within {PATIENCE:?}: {what}; {:?}", self.queue.stats());
    }

    pub(super) fn seconds_pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}
