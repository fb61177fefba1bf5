//! Delivers logout tokens to clients (OpenID Connect Back-Channel Logout 1.0 §2.5). Each is tried several
//! times within its two minutes of validity, no client delays another, and an undelivered token is reported.
//!
//! The queue is bounded, also per client, and in memory: a notice that is valid for two minutes is not kept
//! over a restart.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::ports::audit::{Audit, AuditEvent, AuditKind};
use crate::ports::clock::Clock;
use crate::ports::fetcher::{FetchError, Fetcher};
use crate::ports::logout_notices::{LogoutNotice, LogoutNotices};
use crate::protocol::id::ClientId;
use crate::protocol::outbound::rates::Requester;
use crate::protocol::outbound::seats::Seats;

/// Most notices that may wait, retries included.
const CAPACITY: usize = 4096;
/// Seconds between a failed attempt and the next. Together with the attempts they fit into a token's life.
const BACK_OFF: [u64; 5] = [1, 4, 10, 25, 50];

/// Sends notices on the runtime where it was started.
pub struct BackChannel {
    shared: Arc<NoticeQueue>,
    runtime: Handle,
    seats: Arc<watch::Sender<Seats>>,
    ending: watch::Sender<bool>,
    /// Whether new notices are accepted.
    open: Mutex<bool>,
}

struct NoticeQueue {
    fetcher: Arc<dyn Fetcher>,
    clock: Arc<dyn Clock>,
    audit: Arc<dyn Audit>,
}

impl std::fmt::Debug for BackChannel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BackChannel")
    }
}

enum NoticeFailure {
    /// The next attempt may succeed.
    Later(String),
    /// Every further attempt would fail in the same way.
    Never(String),
}

impl BackChannel {
    /// Uses the current runtime; notices may then be sent from any thread.
    ///
    /// # Panics
    /// When called outside a Tokio runtime.
    pub fn start(fetcher: Arc<dyn Fetcher>, clock: Arc<dyn Clock>, audit: Arc<dyn Audit>) -> Self {
        Self {
            shared: Arc::new(NoticeQueue { fetcher, clock, audit }),
            runtime: Handle::current(),
            seats: Arc::new(watch::Sender::new(Seats::new(CAPACITY))),
            ending: watch::Sender::new(false),
            open: Mutex::new(true),
        }
    }

    /// Stops accepting notices; those that wait for another attempt make their last one at once. Returns how
    /// many were still undelivered after `within`; these are lost.
    pub async fn drain(&self, within: Duration) -> usize {
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.ending.send_replace(true);
        let mut seats = self.seats.subscribe();
        let _ = timeout(within, seats.wait_for(|seats| seats.taken() == 0)).await;
        self.seats.borrow().taken()
    }

    /// Reserves a place for a notice; `None` when the queue is closed or the client's share of it is full.
    fn seat(&self, client: &ClientId) -> Option<QueueSeat> {
        let open = *self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = open && self.seats.send_if_modified(|seats| seats.take(client));
        taken.then(|| QueueSeat { seats: Arc::clone(&self.seats), client: client.clone() })
    }
}

struct QueueSeat {
    seats: Arc<watch::Sender<Seats>>,
    client: ClientId,
}

impl Drop for QueueSeat {
    fn drop(&mut self) {
        self.seats.send_modify(|seats| seats.give_back(&self.client));
    }
}

impl LogoutNotices for BackChannel {
    fn send(&self, notice: LogoutNotice) {
        let Some(seat) = self.seat(&notice.client) else {
            return self.shared.give_up(&notice, "the queue of logout notices is full");
        };
        let (shared, ending) = (Arc::clone(&self.shared), self.ending.subscribe());
        self.runtime.spawn(async move {
            shared.deliver(&notice, ending).await;
            drop(seat);
        });
    }
}

impl NoticeQueue {
    async fn deliver(&self, notice: &LogoutNotice, mut ending: watch::Receiver<bool>) {
        let mut waits = BACK_OFF.into_iter();
        loop {
            let why = match self.attempt(notice).await {
                Ok(()) => return,
                Err(NoticeFailure::Never(why)) => return self.give_up(notice, &why),
                Err(NoticeFailure::Later(why)) => why,
            };
            let next = waits.next().map(|wait| self.clock.now().plus(Duration::from_secs(wait)));
            let Some(next) = next.filter(|next| *next < notice.expires_at && !*ending.borrow()) else {
                return self.give_up(notice, &why);
            };
            tracing::info!(
                request_id = notice.request_id,
                client = notice.client.as_str(),
                why,
                "a logout token was not delivered yet and will be sent again"
            );
            tokio::select! {
                () = self.clock.sleep_until(next) => {}
                _ = ending.wait_for(|ending| *ending) => {}
            }
        }
    }

    async fn attempt(&self, notice: &LogoutNotice) -> Result<(), NoticeFailure> {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("logout_token", notice.token.expose())
            .finish();
        match self.fetcher.post_form(&notice.uri, form, Requester::client(&notice.client)).await {
            // §2.8 names 200 as success; many frameworks answer 204 when there is no body.
            Ok(200..=299) => Ok(()),
            Ok(status @ (408 | 425 | 429 | 500..=599)) => Err(NoticeFailure::Later(status_text(status))),
            // §2.8: with 400 the client says that it could not log the user out; a retry of the same token
            // would not help.
            Ok(status) => Err(NoticeFailure::Never(status_text(status))),
            Err(error @ FetchError::Target(_)) => Err(NoticeFailure::Never(error.for_operator())),
            Err(error) => Err(NoticeFailure::Later(error.for_operator())),
        }
    }

    /// Logs and audits an undelivered notice: the client may still have the end-user logged in.
    fn give_up(&self, notice: &LogoutNotice, why: &str) {
        tracing::warn!(
            request_id = notice.request_id,
            client = notice.client.as_str(),
            why,
            "a logout token could not be delivered, so the end-user may still be logged in at this client"
        );
        self.audit.record(&AuditEvent {
            kind: AuditKind::LogoutNotDelivered,
            request_id: &notice.request_id,
            organization: &notice.organization,
            user: Some(&notice.user),
            client: Some(&notice.client),
            sid: None,
            network: None,
        });
    }
}

fn status_text(status: u16) -> String {
    format!("the client answered with status {status}")
}
