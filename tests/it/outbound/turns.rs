//! No party takes what others need: turns by host, client and purpose, a brief memory of failures, limits.

use std::sync::Arc;
use std::time::Duration;

use tiquo_auth::outbound::{GuardSettings, GuardedFetcher};
use tiquo_auth::ports::fetcher::{FetchError, FetchRequest, FetchResponse, Fetcher as _};
use tiquo_auth::protocol::id::ClientId;
use tiquo_auth::protocol::network::{ClientAddress, ClientNetwork};
use tiquo_auth::protocol::outbound::rates::Requester;
use tokio::task::JoinSet;

use super::hostile::{Hostile, Manner, head};
use super::world::{PRIVATE, World, allowed, hasty, patient};
use crate::support::clock::ManualClock;

fn url(server: &Hostile) -> String {
    format!("http://{PRIVATE}:{}", server.port())
}

fn start(manner: Manner) -> Hostile {
    Hostile::start(PRIVATE, None, manner)
}

fn fetcher(settings: GuardSettings, servers: &[&Hostile], clock: &ManualClock) -> Arc<GuardedFetcher> {
    let urls = servers.iter().map(|server| url(server)).collect::<Vec<_>>();
    let urls = urls.iter().map(String::as_str).collect::<Vec<_>>();
    Arc::new(World::default().fetcher_at(GuardSettings { allowed: allowed(&urls), ..settings }, clock))
}

fn stranger(number: u128) -> ClientId {
    ClientId::from_random(&number.to_be_bytes())
}

/// Lets every other task go on as far as it can.
async fn settle() {
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
}

fn is_document(answer: &Result<FetchResponse, FetchError>) -> bool {
    matches!(answer, Ok(FetchResponse::Document { .. }))
}

#[tokio::test]
async fn a_host_that_stalls_delays_nobody_elses_keys_documents_and_notices() {
    let (silent, well) = (start(Manner::Silence), start(Manner::json()));
    let fetcher = fetcher(patient(), &[&silent, &well], &ManualClock::fixed());
    let mut stalled = JoinSet::new();
    for number in 0..500 {
        let (fetcher, url) = (Arc::clone(&fetcher), format!("{}/r/{number}", url(&silent)));
        stalled.spawn(async move {
            // The operator's client too: anybody who knows its id has its request objects fetched.
            let client = if number % 2 == 0 { ClientId::new("app") } else { stranger(1) };
            let _ = fetcher.get(FetchRequest::request_object(&url).by(Requester::client(&client))).await;
            let _ = fetcher.post_form(&url, String::new(), Requester::client(&client)).await;
        });
    }
    settle().await;
    let url = url(&well);
    for client in [ClientId::new("other"), stranger(2)] {
        let asker = Requester::client(&client);
        assert!(is_document(&fetcher.get(FetchRequest::jwk_set(&url, None).by(asker)).await));
        assert!(is_document(&fetcher.get(FetchRequest::json(&url).by(asker)).await));
        assert!(is_document(&fetcher.get(FetchRequest::request_object(&url).by(asker)).await));
        assert_eq!(fetcher.post_form(&url, "a=b".to_owned(), asker).await, Ok(200));
    }
    // Those that found no room to wait in the line of objects went on to that of notices: a share of each.
    assert!(silent.connections() <= 2 * (4 + 2), "{}", silent.connections());
    assert!(!stalled.is_empty());
    stalled.abort_all();
}

#[tokio::test]
async fn whose_turn_does_not_come_in_time_is_told_so_and_nothing_is_remembered_of_the_server() {
    let silent = start(Manner::Silence);
    let settings = GuardSettings { concurrent: 8, timeout: Duration::from_secs(2), ..patient() };
    let fetcher = fetcher(settings, &[&silent], &ManualClock::fixed());
    let [one, two] = ["one", "two"].map(|path| {
        let (fetcher, url) = (Arc::clone(&fetcher), format!("{}/{path}", url(&silent)));
        tokio::spawn(async move { fetcher.get(FetchRequest::json(&url)).await })
    });
    assert_eq!(two.await.unwrap(), Err(FetchError::Busy));
    assert_eq!(one.await.unwrap(), Err(FetchError::TimedOut));
    let again = fetcher.get(FetchRequest::json(&format!("{}/two", url(&silent)))).await;
    assert_eq!(again, Err(FetchError::TimedOut), "it is asked now");
    assert_eq!(silent.connections(), 2);
}

#[tokio::test]
async fn what_failed_just_now_is_not_asked_again_and_after_a_while_it_is() {
    let gone = start(Manner::Bytes(head("404 Not Found", &[], Some(0))));
    let clock = ManualClock::fixed();
    let fetcher = fetcher(patient(), &[&gone], &clock);
    let url = url(&gone);
    for _ in 0..20 {
        assert_eq!(fetcher.get(FetchRequest::json(&url)).await, Err(FetchError::Status(404)));
        clock.advance(Duration::from_millis(499));
    }
    assert_eq!(gone.connections(), 1);
    assert_eq!(fetcher.get(FetchRequest::json(&format!("{url}/other"))).await, Err(FetchError::Status(404)));
    assert_eq!(gone.connections(), 2, "another URL is another thing");
    clock.advance(Duration::from_secs(1));
    assert_eq!(fetcher.get(FetchRequest::json(&url)).await, Err(FetchError::Status(404)));
    assert_eq!(gone.connections(), 3);
    // What failed for a stranger is asked again for a client of the operator's.
    let app = ClientId::new("app");
    let for_app = fetcher.get(FetchRequest::json(&url).by(Requester::client(&app))).await;
    assert_eq!((for_app, gone.connections()), (Err(FetchError::Status(404)), 4));
}

#[tokio::test]
async fn what_succeeded_is_asked_again_at_once() {
    let well = start(Manner::json());
    let fetcher = fetcher(patient(), &[&well], &ManualClock::fixed());
    for asked in 1..5 {
        assert!(is_document(&fetcher.get(FetchRequest::json(&url(&well))).await));
        assert_eq!(well.connections(), asked);
    }
}

#[tokio::test]
async fn equal_fetches_under_way_are_one() {
    let silent = start(Manner::Silence);
    let fetcher = fetcher(hasty(), &[&silent], &ManualClock::fixed());
    let mut equal = JoinSet::new();
    for _ in 0..50 {
        let (fetcher, url) = (Arc::clone(&fetcher), url(&silent));
        equal.spawn(async move { fetcher.get(FetchRequest::json(&url)).await });
    }
    while let Some(answer) = equal.join_next().await {
        assert_eq!(answer.unwrap(), Err(FetchError::TimedOut));
    }
    assert_eq!(silent.connections(), 1);
}

#[tokio::test]
async fn a_client_has_only_so_much_fetched_and_a_network_too() {
    let well = start(Manner::json());
    let clock = ManualClock::fixed();
    let fetcher = fetcher(patient(), &[&well], &clock);
    let url = url(&well);
    let count = async |asker: Requester<'_>| {
        let mut refused = None;
        let before = well.connections();
        for _ in 0..300 {
            if let Err(error) = fetcher.get(FetchRequest::json(&url).by(asker)).await {
                refused = Some(error);
            }
        }
        (well.connections() - before, refused)
    };
    let limited = |secs| Some(FetchError::Limited { retry_after: Duration::from_secs(secs) });
    let own = stranger(1);
    assert_eq!(count(Requester::client(&own)).await, (10, limited(60)));
    let address = "192.0.2.1".parse().unwrap();
    let network = ClientNetwork::of(address);
    let from = Some((ClientAddress::of(address), &network));
    assert_eq!(count(Requester { client: None, from }).await, (30, limited(60)));
    clock.advance(Duration::from_secs(59));
    assert_eq!(count(Requester::client(&own)).await, (0, limited(1)));
    clock.advance(Duration::from_secs(1));
    assert_eq!(count(Requester::client(&own)).await.0, 10);
}
