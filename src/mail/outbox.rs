//! The development outbox: mails are rendered as they would be sent and kept in memory, where the developer
//! reads them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::render::{one_line, render};
use crate::ports::mailer::{MailSlot, MailUnavailable, Mailer, Outbox, OutboxMail, RelayState};
use crate::protocol::address::EmailAddress;
use crate::protocol::mail::OtpMail;

/// Number of mails that are kept; the oldest is dropped first.
const KEPT: usize = 200;

/// Keeps the last 200 mails. Clones share the same list.
#[derive(Clone, Default)]
pub struct MemoryOutbox(Arc<Mutex<VecDeque<StoredMail>>>);

struct StoredMail {
    to: EmailAddress,
    mail: OutboxMail,
}

impl MemoryOutbox {
    pub fn new() -> Self {
        Self::default()
    }

    fn add(&self, mail: &OtpMail) {
        if mail.suppressed {
            return;
        }
        let Ok(rendered) = render(mail) else { return };
        let kept = StoredMail {
            to: mail.to.clone(),
            mail: OutboxMail {
                to: mail.to.as_typed().to_owned(),
                from: format!("{} <{}>", one_line(&mail.sender.name), mail.sender.address.deliverable()),
                subject: rendered.subject,
                text: rendered.text,
                html: rendered.html,
                code: mail.code.expose().clone(),
                reference: mail.reference.as_str().to_owned(),
                sent_at: mail.sent_at,
            },
        };
        let mut mails = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        mails.push_front(kept);
        mails.truncate(KEPT);
    }
}

#[async_trait]
impl Mailer for MemoryOutbox {
    fn reserve(&self) -> Result<Box<dyn MailSlot>, MailUnavailable> {
        Ok(Box::new(OutboxSlot(self.clone())))
    }

    fn relay(&self) -> RelayState {
        RelayState::Ready
    }

    async fn takes_smtputf8(&self) -> Result<bool, MailUnavailable> {
        Ok(true)
    }
}

impl Outbox for MemoryOutbox {
    fn mails(&self, to: Option<&str>) -> Vec<OutboxMail> {
        let wanted = to.map(EmailAddress::parse);
        let mails = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        mails
            .iter()
            .filter(|kept| match &wanted {
                None => true,
                Some(Ok(address)) => address.normalized() == kept.to.normalized(),
                Some(Err(_)) => false,
            })
            .map(|kept| kept.mail.clone())
            .collect()
    }
}

struct OutboxSlot(MemoryOutbox);

impl MailSlot for OutboxSlot {
    fn submit(self: Box<Self>, mail: OtpMail) {
        self.0.add(&mail);
    }
}
