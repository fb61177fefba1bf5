//! One server that stalls, or one client that has much fetched, holds up no other.

use std::time::Duration;

use tiquo_auth::ports::fetcher::{FetchError, Wanted};
use tiquo_auth::protocol::id::ClientId;
use tiquo_auth::protocol::network::ClientNetwork;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::support::app::fetcher;
use crate::support::clock::ManualClock;
use crate::support::receiver::Receiver;

/// The same server under another name, which counts as another host.
fn elsewhere(url: &str) -> String {
    url.replace("127.0.0.1", "localhost")
}

/// A server that takes connections and says nothing.
struct Stalled {
    connections: watch::Receiver<usize>,
    url: String,
}

impl Stalled {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://127.0.0.1:{}/request", listener.local_addr().unwrap().port());
        let (count, connections) = watch::channel(0);
        tokio::spawn(async move {
            let mut open = Vec::new();
            while let Ok((connection, _)) = listener.accept().await {
                open.push(connection);
                count.send_replace(open.len());
            }
        });
        Self { connections, url }
    }

    async fn until(&self, count: usize) {
        let mut connections = self.connections.clone();
        connections.wait_for(|open| *open >= count).await.unwrap();
    }
}

#[tokio::test]
async fn a_request_uri_that_stalls_holds_up_neither_keys_nor_logout_notices() {
    let (stalled, other) = (Stalled::start().await, Receiver::start(&[]).await);
    let fetcher = fetcher(&ManualClock::fixed());
    let requests = (0..500).map(|number| {
        let (fetcher, url) = (fetcher.clone(), format!("{}?{number}", stalled.url));
        tokio::spawn(async move { fetcher.get(Wanted::request_object(&url)).await })
    });
    let requests = requests.collect::<Vec<_>>();
    stalled.until(8).await;
    let notice = fetcher.post_form(&elsewhere(&other.url), "logout_token=t".to_owned()).await;
    assert_eq!(notice, Ok(200));
    let url = elsewhere(&other.url);
    let keys = fetcher.get(Wanted::jwk_set(&url, None)).await;
    assert!(matches!(keys, Err(FetchError::Type(_))), "it was asked, and its answer is no key set: {keys:?}");
    let asked = fetcher.get(Wanted::request_object(&url)).await;
    assert!(matches!(asked, Err(FetchError::Type(_))), "nor requests of others: {asked:?}");
    assert_eq!(*stalled.connections.borrow(), 8, "a host has an eighth of the places");
    let mut refused = 0;
    for request in &requests {
        if request.is_finished() {
            refused += 1;
        } else {
            request.abort();
        }
    }
    assert_eq!(refused, 500 - 8 - 32, "32 of a host wait, and the others are told at once");
}

#[tokio::test]
async fn a_failure_answers_for_its_url_for_ten_seconds() {
    let server = Receiver::start(&[503, 503]).await;
    let clock = ManualClock::fixed();
    let fetcher = fetcher(&clock);
    for (url, requests) in
        [(server.url.clone(), 1), (server.url.clone(), 1), (format!("{}?2", server.url), 2)]
    {
        let failed = fetcher.get(Wanted::request_object(&url)).await;
        assert_eq!((failed, server.count()), (Err(FetchError::Status(503)), requests));
    }
    clock.advance(Duration::from_secs(10));
    let again = fetcher.get(Wanted::request_object(&server.url)).await;
    assert!(matches!(again, Err(FetchError::Type(_))), "its server is back: {again:?}");
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn a_client_and_a_network_have_a_limit_of_fetches() {
    let server = Receiver::start(&[]).await;
    let clock = ManualClock::fixed();
    let fetcher = fetcher(&clock);
    let network = |number: u8| ClientNetwork::of([192, 0, number, 1].into());
    let get = async |client: &str, from: u8, number: u32| {
        let (client, network) = (ClientId::new(client), network(from));
        let url = format!("{}?{client}{number}", server.url);
        fetcher.get(Wanted::request_object(&url).asked_by(Some(&client), &network)).await
    };
    for number in 0..60 {
        assert!(matches!(get("one", 1, number).await, Err(FetchError::Type(_))));
    }
    let limited = Err(FetchError::Limited(Duration::from_secs(60)));
    assert_eq!(get("one", 2, 60).await, limited, "whatever network");
    for number in 0..60 {
        assert!(matches!(get("two", 1, number).await, Err(FetchError::Type(_))));
    }
    assert_eq!(get("three", 1, 0).await, limited, "whatever client");
    assert!(matches!(get("three", 2, 0).await, Err(FetchError::Type(_))));
    assert_eq!(server.count(), 121);
}
