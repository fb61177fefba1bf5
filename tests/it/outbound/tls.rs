//! Whose certificate is believed (RFC 9110 §4.3.4).

use crate::support::clock::ManualClock;
use std::sync::Arc;

use tiquo_auth::outbound::{GuardSettings, GuardedFetcher};
use tiquo_auth::ports::fetcher::FetchError;

use super::hostile::{Hostile, Manner};
use super::names::{get, is_document};
use super::world::{Authority, PUBLIC, World, hasty, patient};

#[tokio::test]
async fn a_certificate_for_another_name_is_refused_before_anything_is_asked() {
    let authority = Authority::new();
    let server = Hostile::start(PUBLIC, Some(authority.server("other.test")), Manner::json());
    let world = World::default().name("app.test", &[&[PUBLIC]]);
    let answer =
        get(&world.fetcher(authority.trusted()), &format!("https://app.test:{}/", server.port())).await;
    assert!(matches!(answer, Err(FetchError::Unreachable(_))), "{answer:?}");
    assert_eq!((server.connections(), server.requests().len()), (1, 0));
}

#[tokio::test]
async fn an_authority_of_the_operator_s_is_trusted_when_it_is_named_and_only_then() {
    let authority = Authority::new();
    let server = Hostile::start(PUBLIC, Some(authority.server("app.test")), Manner::json());
    let world = World::default().name("app.test", &[&[PUBLIC]]);
    let url = format!("https://app.test:{}/", server.port());
    for distrusting in [patient(), Authority::new().trusted()] {
        let answer = get(&world.fetcher(distrusting), &url).await;
        assert!(matches!(answer, Err(FetchError::Unreachable(_))), "{answer:?}");
    }
    assert_eq!((server.connections(), server.requests().len()), (2, 0));
    let answer = get(&world.fetcher(authority.trusted()), &url).await;
    assert!(is_document(&answer), "{answer:?}");
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_file_without_a_certificate_is_a_mistake() {
    for text in ["", "not PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let settings = GuardSettings { extra_roots: Some(text.to_owned()), ..patient() };
        assert!(GuardedFetcher::new(settings, Arc::new(ManualClock::fixed())).is_err(), "{text}");
    }
}

#[tokio::test]
async fn plain_text_where_tls_is_expected_and_a_handshake_that_never_comes() {
    let world = World::default().name("app.test", &[&[PUBLIC]]);
    let plain = Hostile::start(PUBLIC, None, Manner::json());
    let silent = std::net::TcpListener::bind((PUBLIC, 0)).unwrap();
    let port = silent.local_addr().unwrap().port();
    let answer = get(&world.fetcher(hasty()), &format!("https://app.test:{port}/")).await;
    assert_eq!(answer, Err(FetchError::TimedOut));
    let answer = get(&world.fetcher(hasty()), &format!("https://app.test:{}/", plain.port())).await;
    assert!(answer.is_err(), "{answer:?}");
    assert_eq!(plain.requests().len(), 0);
}
