//! Where a fetch may go (RFC 9101 §10.4, RFC 7591 §5): what it finds there is not the question yet.

use std::sync::Arc;

use crate::support::clock::ManualClock;
use tiquo_auth::outbound::{GuardSettings, GuardedFetcher};
use tiquo_auth::ports::fetcher::{FetchError, FetchRequest, FetchResponse, Fetcher};
use tiquo_auth::protocol::outbound::hosts::AllowedHosts;
use tiquo_auth::protocol::outbound::rates::Requester;
use tiquo_auth::protocol::outbound::target::TargetError;

use super::hostile::{Hostile, Manner, head};
use super::world::{Authority, PRIVATE, PUBLIC, World, allowed, hasty, patient};

/// Fetches JSON.
pub(super) async fn get(fetcher: &GuardedFetcher, url: &str) -> Result<FetchResponse, FetchError> {
    fetcher.get(FetchRequest::json(url)).await
}

pub(super) fn is_document(answer: &Result<FetchResponse, FetchError>) -> bool {
    matches!(answer, Ok(FetchResponse::Document { .. }))
}

fn is_address(answer: &Result<FetchResponse, FetchError>) -> bool {
    matches!(answer, Err(FetchError::Address(_)))
}

#[tokio::test]
async fn a_public_host_is_asked_once_and_told_nothing_of_us() {
    let authority = Authority::new();
    let server = Hostile::start(PUBLIC, Some(authority.server("app.test")), Manner::json());
    let world = World::default().name("app.test", &[&[PUBLIC]]);
    let fetcher = world.fetcher(authority.trusted());
    let answer = get(&fetcher, &format!("https://app.test:{}/jwks?a=b", server.port())).await;
    assert!(is_document(&answer), "{answer:?}");
    assert_eq!((world.asked(), server.connections()), (1, 1));
    let [request] = <[String; 1]>::try_from(server.requests()).unwrap();
    assert!(request.starts_with("GET /jwks?a=b HTTP/1.1\r\n"), "{request}");
    let mut names: Vec<_> =
        request.lines().skip(1).filter_map(|line| Some(line.split_once(':')?.0.to_lowercase())).collect();
    names.sort();
    assert_eq!(names, ["accept", "host", "user-agent"], "no cookie, no referrer, no credentials, no coding");
}

#[tokio::test]
async fn a_name_with_one_address_of_ours_is_not_asked() {
    let private = Hostile::start(PRIVATE, None, Manner::json());
    // Only such as lead to this machine, should the guard be broken; the others are in the table of the rule.
    for addresses in [
        &[PRIVATE][..],
        &[PUBLIC, PRIVATE],
        &[PRIVATE, PUBLIC],
        &["127.0.0.3"],
        &["::1"],
        &["::ffff:127.0.0.1"],
        &["0.0.0.0"],
        &["::"],
    ] {
        let world = World::default().name("app.test", &[addresses]);
        let fetcher = world.fetcher(patient());
        let url = format!("https://app.test:{}/", private.port());
        let answer = get(&fetcher, &url).await;
        assert!(is_address(&answer), "{addresses:?}: {answer:?}");
        let error = answer.unwrap_err();
        assert_eq!(error.shown(), "it could not be fetched", "not even that it exists");
        assert!(matches!(
            fetcher.post_form(&url, String::new(), Requester::NOBODY).await,
            Err(FetchError::Address(_))
        ));
        assert_eq!(world.asked(), 2);
    }
    assert_eq!(private.connections(), 0);
}

#[tokio::test]
async fn a_name_that_changes_between_judgement_and_connection_wins_nothing() {
    let authority = Authority::new();
    let public = Hostile::start(PUBLIC, Some(authority.server("app.test")), Manner::json());
    // The same port on our side, which a rebound name would reach.
    let private = std::net::TcpListener::bind((PRIVATE, public.port())).unwrap();
    private.set_nonblocking(true).unwrap();
    let world = World::default().name("app.test", &[&[PUBLIC], &[PRIVATE]]);
    let fetcher = world.fetcher(authority.trusted());
    let url = format!("https://app.test:{}/", public.port());
    let first = get(&fetcher, &url).await;
    assert!(is_document(&first), "{first:?}");
    assert_eq!((world.asked(), public.connections()), (1, 1), "one look-up is judgement and connection");
    for again in 2..5 {
        // A URL of its own: what failed just now would not be asked again.
        assert!(
            is_address(&get(&fetcher, &format!("{url}{again}")).await),
            "and the next fetch is judged anew"
        );
        assert_eq!((world.asked(), public.connections()), (again, 1));
    }
    assert_eq!(private.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn redirects_to_addresses_of_ours_are_not_followed() {
    let authority = Authority::new();
    let private = Hostile::start(PRIVATE, None, Manner::json());
    let inside = format!("http://{PRIVATE}:{}/", private.port());
    let world = World::default().name("app.test", &[&[PUBLIC]]);
    let (mut asked, statuses) = (0, ["301 A", "302 A", "303 A", "307 A", "308 A"]);
    for status in statuses {
        for location in [inside.as_str(), "http://[::1]/latest/meta-data/", "https://app.test/"] {
            let redirect = Manner::Bytes(head(status, &[("Location", location)], Some(0)));
            let server = Hostile::start(PUBLIC, Some(authority.server("app.test")), redirect);
            let fetcher = world.fetcher(authority.trusted());
            let url = format!("https://app.test:{}/", server.port());
            let code: u16 = status[..3].parse().unwrap();
            assert_eq!(get(&fetcher, &url).await, Err(FetchError::Status(code)));
            assert_eq!(fetcher.post_form(&url, "a=b".to_owned(), Requester::NOBODY).await, Ok(code));
            asked += 2;
            assert_eq!((server.connections(), world.asked()), (2, asked));
        }
    }
    assert_eq!(private.connections(), 0);
}

#[tokio::test]
async fn what_the_url_alone_forbids_is_not_even_looked_up() {
    let private = Hostile::start(PRIVATE, None, Manner::json());
    let port = private.port();
    let world = World::default();
    let fetcher = world.fetcher(patient());
    let literal = |host: &str| format!("https://{host}:{port}/");
    for url in
        [PRIVATE, "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "0177.0.0.1", "0.0.0.0"].map(literal)
    {
        let answer = get(&fetcher, &url).await;
        assert!(matches!(answer, Err(FetchError::Target(TargetError::Address(_)))), "{url}: {answer:?}");
    }
    for (url, expected) in [
        (format!("http://{PRIVATE}:{port}/"), TargetError::Scheme),
        (format!("http://localhost:{port}/"), TargetError::Scheme),
        ("https://user:password@app.test/".to_owned(), TargetError::Credentials),
        ("https://app.test:25/".to_owned(), TargetError::Port),
        ("https://app.test/#a".to_owned(), TargetError::Fragment),
    ] {
        assert_eq!(get(&fetcher, &url).await, Err(FetchError::Target(expected)), "{url}");
    }
    assert_eq!((world.asked(), private.connections()), (0, 0));
}

#[tokio::test]
async fn a_host_that_the_operator_named_may_be_ours() {
    let server = Hostile::start(PRIVATE, None, Manner::json());
    let port = server.port();
    let world = World::default().name("idp.internal", &[&[PRIVATE]]).name("meta.internal", &[&["0.0.0.0"]]);
    let own = format!("http://idp.internal:{port}");
    let list = allowed(&[&own, &format!("http://meta.internal:{port}")]);
    let fetcher = world.fetcher(GuardSettings { allowed: list, ..patient() });
    assert!(is_document(&get(&fetcher, &own).await));
    assert_eq!(fetcher.post_form(&own, "a=b".to_owned(), Requester::NOBODY).await, Ok(200));
    assert_eq!(server.connections(), 2);
    let meta = get(&fetcher, &format!("http://meta.internal:{port}")).await;
    assert!(is_address(&meta), "never, whoever named it: {meta:?}");
    let other = get(&fetcher, &format!("http://idp.internal:{}/", port - 1)).await;
    assert_eq!(other, Err(FetchError::Target(TargetError::Scheme)));
    let secure = get(&fetcher, &format!("https://idp.internal:{port}/")).await;
    assert!(is_address(&secure), "only what is written: {secure:?}");
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn in_development_this_machine_may_be_asked_and_nothing_else_of_ours() {
    let server = Hostile::start(PRIVATE, None, Manner::json());
    let development = GuardSettings { allowed: AllowedHosts::new(Vec::new(), true), ..patient() };
    // The system's own names.
    let fetcher = GuardedFetcher::new(development.clone(), Arc::new(ManualClock::fixed())).unwrap();
    for host in ["localhost", PRIVATE] {
        let answer = get(&fetcher, &format!("http://{host}:{}/", server.port())).await;
        assert!(is_document(&answer), "{host}: {answer:?}");
    }
    let production = GuardedFetcher::new(patient(), Arc::new(ManualClock::fixed())).unwrap();
    for host in ["localhost", PRIVATE] {
        let answer = get(&production, &format!("http://{host}:{}/", server.port())).await;
        assert_eq!(answer, Err(FetchError::Target(TargetError::Scheme)));
    }
    let secure = get(&production, &format!("https://localhost:{}/", server.port())).await;
    assert!(is_address(&secure), "{secure:?}");
    let world = World::default().name("other.test", &[&[PRIVATE]]);
    let other = get(&world.fetcher(development), &format!("https://other.test:{}/", server.port())).await;
    assert!(is_address(&other), "{other:?}");
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn names_that_do_not_answer_or_do_not_exist() {
    let silent = World::default().silent();
    assert_eq!(get(&silent.fetcher(hasty()), "https://app.test/").await, Err(FetchError::TimedOut));
    assert_eq!(silent.asked(), 1);
    let world = World::default().name("empty.test", &[&[]]);
    let fetcher = Arc::new(world.fetcher(patient()));
    for url in ["https://nowhere.test/", "https://empty.test/"] {
        let answer = get(&fetcher, url).await;
        assert!(matches!(answer, Err(FetchError::Unreachable(_))), "{answer:?}");
        assert_eq!(answer.unwrap_err().shown(), "it could not be fetched");
    }
}

/// Lets every other task go on as far as it can.
async fn settle() {
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn no_more_run_at_once_than_is_allowed() {
    let silent = World::default().silent();
    // Two for documents of strangers.
    let fetcher = Arc::new(silent.fetcher(GuardSettings { concurrent: 16, ..patient() }));
    let fetch = |number: u32| {
        let fetcher = Arc::clone(&fetcher);
        tokio::spawn(async move { get(&fetcher, &format!("https://app{number}.test/")).await })
    };
    let running: Vec<_> = (0..20).map(fetch).collect();
    settle().await;
    assert_eq!(silent.asked(), 2);
    // Given up by their callers.
    running.iter().take(2).for_each(tokio::task::JoinHandle::abort);
    settle().await;
    assert_eq!(silent.asked(), 4);
    running.iter().for_each(tokio::task::JoinHandle::abort);
}
