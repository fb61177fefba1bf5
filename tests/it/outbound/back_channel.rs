//! Logout tokens on their way to clients (OpenID Connect Back-Channel Logout 1.0 §2.5), to real servers on loopback.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;

use crate::support::clock::ManualClock;
use tiquo_auth::outbound::{BackChannel, GuardSettings, GuardedFetcher};
use tiquo_auth::ports::audit::{Audit, AuditEvent};
use tiquo_auth::ports::clock::Clock;
use tiquo_auth::ports::fetcher::Fetcher;
use tiquo_auth::ports::logout_notices::{LogoutNotice, LogoutNotices as _};
use tiquo_auth::protocol::id::{ClientId, OrganizationId, UserId};
use tiquo_auth::protocol::secret::Secret;
use tiquo_auth::protocol::time::Timestamp;
use tokio::sync::mpsc;

use crate::support::receiver::{Receiver, logout_token};

const START: Timestamp = Timestamp::from_secs(1_800_000_000);

/// A clock that does not let anybody wait: whoever sleeps moves it. Keeps how far.
#[derive(Clone, Default)]
struct Hasty(Arc<Mutex<Vec<Duration>>>);

#[async_trait]
impl Clock for Hasty {
    fn now(&self) -> Timestamp {
        self.0.lock().unwrap().last().map_or(START, |moved| START.plus(*moved))
    }

    async fn sleep_until(&self, deadline: Timestamp) {
        self.0.lock().unwrap().push(deadline.since(START));
    }
}

/// Tells of whom a client was reported.
struct Reports(mpsc::UnboundedSender<String>);

impl Audit for Reports {
    fn record(&self, event: &AuditEvent<'_>) {
        let client = event.client.map(ClientId::as_str).unwrap_or_default();
        let user = event.user.map(UserId::as_str).unwrap_or_default();
        self.0.send(format!("{} {client} {user}", event.kind.name())).unwrap();
    }
}

fn fetcher() -> Arc<dyn Fetcher> {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::fixed());
    crate::support::app::fetcher(&clock)
}

type Told = mpsc::UnboundedReceiver<String>;

fn start(fetcher: Arc<dyn Fetcher>, clock: impl Clock + 'static) -> (BackChannel, Told) {
    let (send, told) = mpsc::unbounded_channel();
    (BackChannel::start(fetcher, Arc::new(clock), Arc::new(Reports(send))), told)
}

fn notice(uri: &str, client: &str) -> LogoutNotice {
    LogoutNotice {
        organization: OrganizationId::new("org_demo"),
        user: UserId::new("user_1"),
        client: ClientId::new(client),
        uri: uri.to_owned(),
        token: Secret::new("head+er.pay load.sign&ature".to_owned()),
        expires_at: START.plus(Duration::from_secs(120)),
        request_id: "req-1".to_owned(),
    }
}

#[tokio::test]
async fn backchannel_2_5_the_token_is_posted_as_a_form() {
    let client = Receiver::start(&[]).await;
    let (channel, mut told) = start(fetcher(), Hasty::default());
    channel.send(notice(&client.url, "app"));
    let request = client.requests(1).await.remove(0);
    assert!(request.starts_with("POST /backchannel HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("content-type: application/x-www-form-urlencoded\r\n"), "{request}");
    assert_eq!(logout_token(&request), "head+er.pay load.sign&ature");
    assert_eq!(channel.drain(Duration::from_secs(20)).await, 0);
    assert!(told.try_recv().is_err());
}

#[tokio::test]
async fn backchannel_2_5_a_client_that_is_away_is_tried_again_with_back_off() {
    for away in [503, 500, 429, 0] {
        let client = Receiver::start(&[away, away, away]).await;
        let clock = Hasty::default();
        let (channel, mut told) = start(fetcher(), clock.clone());
        channel.send(notice(&client.url, "app"));
        let requests = client.requests(4).await;
        assert_eq!(logout_token(&requests[3]), logout_token(&requests[0]), "the same token");
        assert_eq!(channel.drain(Duration::from_secs(20)).await, 0);
        assert_eq!(client.count(), 4, "{away}");
        let waits = clock.0.lock().unwrap().iter().map(Duration::as_secs).collect::<Vec<_>>();
        assert_eq!(waits, [1, 5, 15], "{away}");
        assert!(told.try_recv().is_err());
    }
}

#[tokio::test]
async fn backchannel_2_5_a_client_that_stays_away_is_reported_within_the_tokens_life() {
    let client = Receiver::start(&[503; 20]).await;
    let clock = Hasty::default();
    let (channel, mut told) = start(fetcher(), clock.clone());
    channel.send(notice(&client.url, "app"));
    assert_eq!(told.recv().await.unwrap(), "logout_not_delivered app user_1");
    assert_eq!(client.count(), 6);
    let waits = clock.0.lock().unwrap().iter().map(Duration::as_secs).collect::<Vec<_>>();
    assert_eq!(waits, [1, 5, 15, 40, 90]);
    // One whose token ends sooner is not tried with a token that has ended.
    let short =
        LogoutNotice { expires_at: clock.now().plus(Duration::from_secs(4)), ..notice(&client.url, "b") };
    channel.send(short);
    assert_eq!(told.recv().await.unwrap(), "logout_not_delivered b user_1");
    assert_eq!(client.count(), 8);
}

#[tokio::test]
async fn backchannel_2_8_a_client_that_refuses_is_reported_at_once() {
    for status in [400, 401, 404, 301, 307] {
        let client = Receiver::start(&[status]).await;
        let (channel, mut told) = start(fetcher(), Hasty::default());
        channel.send(notice(&client.url, "app"));
        assert_eq!(told.recv().await.unwrap(), "logout_not_delivered app user_1");
        assert_eq!(channel.drain(Duration::from_secs(20)).await, 0);
        assert_eq!(client.count(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_url_that_may_not_be_asked_is_reported_and_not_asked() {
    let client = Receiver::start(&[]).await;
    let guarded = GuardedFetcher::new(GuardSettings::default(), Arc::new(ManualClock::fixed())).unwrap();
    let (channel, mut told) = start(Arc::new(guarded), Hasty::default());
    channel.send(notice(&client.url, "app"));
    assert_eq!(told.recv().await.unwrap(), "logout_not_delivered app user_1");
    assert_eq!(client.count(), 0);
}

/// A clock that stands, and tells when somebody sleeps by it.
struct Standing(mpsc::UnboundedSender<()>);

#[async_trait]
impl Clock for Standing {
    fn now(&self) -> Timestamp {
        START
    }

    async fn sleep_until(&self, _: Timestamp) {
        self.0.send(()).unwrap();
        std::future::pending::<()>().await;
    }
}

#[tokio::test]
async fn at_the_end_what_waits_is_tried_once_more_and_nothing_new_is_taken() {
    let (one, two) = (Receiver::start(&[503]).await, Receiver::start(&[503, 503]).await);
    let (asleep, mut sleeps) = mpsc::unbounded_channel();
    let (channel, mut told) = start(fetcher(), Standing(asleep));
    channel.send(notice(&one.url, "one"));
    channel.send(notice(&two.url, "two"));
    for _ in 0..2 {
        sleeps.recv().await.unwrap();
    }
    assert_eq!(channel.drain(Duration::from_secs(20)).await, 0);
    assert_eq!((one.count(), two.count()), (2, 2));
    channel.send(notice(&one.url, "late"));
    for client in ["two", "late"] {
        assert_eq!(told.recv().await.unwrap(), format!("logout_not_delivered {client} user_1"));
    }
    assert_eq!(one.count(), 2);
}
