//! Starts the mailer that the settings name.

use std::sync::Arc;
use std::time::Duration;

use super::StartError;
use crate::config;
use crate::mail::{
    MailQueue, MemoryOutbox, QueueSettings, Relay, SmtpCredentials, SmtpSecurity, SmtpSettings,
};
use crate::ports::clock::Clock;
use crate::ports::entropy::Entropy;
use crate::ports::mailer::{Mailer, Outbox};

/// How many mails are sent at once, each over its own connection.
const CONNECTIONS: u16 = 4;

pub(super) enum Mail {
    /// Keeps mails in memory, for development.
    Outbox(MemoryOutbox),
    /// Sends mails to an SMTP relay.
    Smtp(Arc<MailQueue>),
}

pub(super) fn start(
    settings: &config::Mail,
    clock: &Arc<dyn Clock>,
    entropy: &Arc<dyn Entropy>,
) -> Result<Mail, StartError> {
    match settings {
        config::Mail::Outbox => Ok(Mail::Outbox(MemoryOutbox::new())),
        config::Mail::Smtp(smtp) => {
            let relay =
                Relay::new(&smtp_settings(smtp)?).map_err(|error| StartError::Mail(error.to_string()))?;
            let capacity = u32::try_from(smtp.queue).unwrap_or(u32::MAX);
            let queue = QueueSettings { capacity, workers: CONNECTIONS };
            let queue = MailQueue::start(&relay, queue, Arc::clone(clock), Arc::clone(entropy));
            Ok(Mail::Smtp(Arc::new(queue)))
        }
    }
}

fn smtp_settings(smtp: &config::Smtp) -> Result<SmtpSettings, StartError> {
    let read = |path: &std::path::PathBuf| {
        std::fs::read_to_string(path)
            .map_err(|error| StartError::Mail(format!("{}: {error}", path.display())))
    };
    Ok(SmtpSettings {
        host: smtp.host.clone(),
        port: smtp.port,
        security: match smtp.security {
            config::SmtpSecurity::Starttls => SmtpSecurity::StartTls,
            config::SmtpSecurity::Tls => SmtpSecurity::Tls,
            config::SmtpSecurity::Plain => SmtpSecurity::None,
        },
        credentials: smtp.credentials.as_ref().map(|known| SmtpCredentials {
            username: known.username.clone(),
            password: known.password.clone(),
        }),
        extra_roots: smtp.extra_ca_file.as_ref().map(read).transpose()?,
        hello_name: smtp.helo.clone(),
        connect_timeout: smtp.timeout,
        send_timeout: smtp.timeout,
    })
}

impl Mail {
    pub(super) fn mailer(&self) -> Arc<dyn Mailer> {
        match self {
            Self::Outbox(outbox) => Arc::new(outbox.clone()),
            Self::Smtp(queue) => Arc::clone(queue) as _,
        }
    }

    pub(super) fn outbox(&self) -> Option<Arc<dyn Outbox>> {
        match self {
            Self::Outbox(outbox) => Some(Arc::new(outbox.clone())),
            Self::Smtp(_) => None,
        }
    }

    /// Sends waiting mails for at most `within`, and answers how many are left.
    pub(super) async fn drain(&self, within: Duration) -> usize {
        match self {
            Self::Outbox(_) => 0,
            Self::Smtp(queue) => queue.drain(within).await,
        }
    }
}
