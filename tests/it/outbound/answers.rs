//! What a hostile server can answer.

use std::time::Duration;

use tiquo_auth::outbound::{GuardSettings, GuardedFetcher};
use tiquo_auth::ports::fetcher::{FetchError, FetchRequest, FetchResponse, Fetcher};
use tiquo_auth::protocol::outbound::rates::Requester;

use super::hostile::{Hostile, Manner, head};
use super::names::get;
use super::world::{PRIVATE, World, allowed, hasty, patient};

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// A server on plain http that the operator named, and its URL.
fn start(manner: Manner) -> (Hostile, String) {
    let server = Hostile::start(PRIVATE, None, manner);
    let url = format!("http://{PRIVATE}:{}", server.port());
    (server, url)
}

fn fetcher(settings: GuardSettings, url: &str) -> GuardedFetcher {
    World::default().fetcher(GuardSettings { allowed: allowed(&[url]), ..settings })
}

/// What one fetch of a manner comes to; the server is asked exactly once.
async fn outcome(settings: GuardSettings, manner: Manner) -> Result<FetchResponse, FetchError> {
    let (server, url) = start(manner);
    let answer = get(&fetcher(settings, &url), &url).await;
    assert_eq!((server.connections(), server.requests().len()), (1, 1), "nothing is tried again");
    answer
}

#[tokio::test]
async fn slow_bytes_get_no_more_time_than_all() {
    for manner in [
        Manner::Silence,
        Manner::Drip(b"HTTP/1.1 200 OK\r\nX-Slow: ".to_vec()),
        Manner::Drip(head("200 OK", &[JSON], Some(100_000))),
        Manner::Drip(head("200 OK", &[JSON], None)),
    ] {
        assert_eq!(outcome(hasty(), manner).await, Err(FetchError::TimedOut));
    }
}

#[tokio::test]
async fn an_endless_body_ends_at_the_limit() {
    let chunk = format!("2000\r\n{}\r\n", " ".repeat(0x2000)).repeat(8);
    let chunked =
        [head("200 OK", &[JSON, ("Transfer-Encoding", "chunked")], None), chunk.into_bytes()].concat();
    for manner in [
        Manner::Endless(head("200 OK", &[JSON], None)),
        Manner::Endless(head("200 OK", &[JSON], Some(usize::MAX / 4))),
        Manner::Bytes(chunked),
    ] {
        let settings = GuardSettings { max_bytes: 10_000, ..patient() };
        assert_eq!(outcome(settings, manner).await, Err(FetchError::TooLarge));
    }
    let whole = Manner::document("application/json", &" ".repeat(10_000));
    let settings = GuardSettings { max_bytes: 10_000, ..patient() };
    assert!(outcome(settings, whole).await.is_ok(), "the limit itself is allowed");
}

#[tokio::test]
async fn huge_heads_are_refused() {
    let many: Vec<_> = (0..65).map(|number| (format!("X-{number}"), "a".to_owned())).collect();
    let long = vec![("X-Long".to_owned(), "a".repeat(40_000))];
    for headers in [many, long] {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let answer = outcome(patient(), Manner::with_headers(&headers, "{}")).await;
        assert!(matches!(answer, Err(FetchError::TooLarge | FetchError::Unreachable(_))), "{answer:?}");
    }
    let endless = Manner::Endless(b"HTTP/1.1 200 OK\r\nX-Long: ".to_vec());
    let answer = outcome(patient(), endless).await;
    assert!(matches!(answer, Err(FetchError::Unreachable(_))), "{answer:?}");
}

#[tokio::test]
async fn another_type_than_was_asked_for_is_refused() {
    for kind in ["text/html", "text/plain; charset=utf-8", "application/jsonx", "", "image/svg+xml"] {
        let answer = outcome(patient(), Manner::document(kind, "{}")).await;
        assert!(matches!(answer, Err(FetchError::Type(_))), "{kind}: {answer:?}");
    }
    let answer = outcome(patient(), Manner::with_headers(&[], "{}")).await;
    assert!(matches!(answer, Err(FetchError::Type(_))), "none at all: {answer:?}");
    for kind in ["application/json", "Application/JSON; charset=utf-8", "application/json;charset=utf-8"] {
        assert!(outcome(patient(), Manner::document(kind, "{}")).await.is_ok(), "{kind}");
    }
}

#[tokio::test]
async fn each_document_has_types_of_its_own() {
    for (kind, for_keys, as_document) in [
        ("application/jwk-set+json", true, false),
        ("application/json", true, true),
        ("application/oauth-authz-req+jwt", false, false),
        ("text/html", false, false),
    ] {
        let (_server, url) = start(Manner::document(kind, "{}"));
        let fetcher = fetcher(patient(), &url);
        assert_eq!(fetcher.get(FetchRequest::jwk_set(&url, None)).await.is_ok(), for_keys, "{kind}");
        assert_eq!(fetcher.get(FetchRequest::json(&url)).await.is_ok(), as_document, "{kind}");
        assert!(fetcher.get(FetchRequest::request_object(&url)).await.is_ok(), "{kind}");
    }
}

#[tokio::test]
async fn rfc9110_8_4_nothing_is_decompressed() {
    for coding in ["gzip", "br", "zstd", "deflate", "gzip, gzip"] {
        let bomb = Manner::with_headers(&[JSON, ("Content-Encoding", coding)], "{}");
        assert!(matches!(outcome(patient(), bomb).await, Err(FetchError::Type(_))), "{coding}");
    }
    let plain = Manner::with_headers(&[JSON, ("Content-Encoding", "identity")], "{}");
    assert!(outcome(patient(), plain).await.is_ok());
}

#[tokio::test]
async fn what_is_no_http_and_statuses_that_are_no_document() {
    for bytes in [&b""[..], b"220 mail.test ESMTP\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{}"] {
        let answer = outcome(patient(), Manner::Bytes(bytes.to_vec())).await;
        assert!(matches!(answer, Err(FetchError::Unreachable(_) | FetchError::Type(_))), "{answer:?}");
    }
    for status in [201, 204, 400, 404, 500, 503] {
        let manner = Manner::Bytes(head(&format!("{status} A"), &[JSON], Some(0)));
        assert_eq!(outcome(patient(), manner).await, Err(FetchError::Status(status)));
    }
}

#[tokio::test]
async fn what_is_fetched_comes_with_its_tag_and_its_age() {
    let headers = [JSON, ("ETag", "\"v1\""), ("Cache-Control", "public, max-age=60"), ("Age", "10")];
    let (server, url) = start(Manner::with_headers(&headers, "{\"keys\":[]}"));
    let fetcher = fetcher(patient(), &url);
    let answer = fetcher.get(FetchRequest::jwk_set(&url, Some("\"v0\""))).await;
    let (body, etag) = (b"{\"keys\":[]}".to_vec(), Some("\"v1\"".to_owned()));
    assert_eq!(answer, Ok(FetchResponse::Document { body, etag, max_age: Some(Duration::from_secs(50)) }));
    assert!(server.requests()[0].to_lowercase().contains("if-none-match: \"v0\"\r\n"));
    assert!(server.requests()[0].contains("application/jwk-set+json, application/json\r\n"));
}

#[tokio::test]
async fn a_form_is_sent_and_only_the_status_is_looked_at() {
    for (manner, expected) in [
        (Manner::Bytes(head("204 No Content", &[], None)), Ok(204)),
        (Manner::Bytes(head("400 Bad Request", &[], Some(0))), Ok(400)),
        (Manner::Endless(head("200 OK", &[("Content-Type", "text/html")], None)), Ok(200)),
        (Manner::Silence, Err(FetchError::TimedOut)),
    ] {
        let (server, url) = start(manner);
        let settings = if expected.is_ok() { patient() } else { hasty() };
        let answer =
            fetcher(settings, &url).post_form(&url, "logout_token=a.b.c".to_owned(), Requester::NOBODY).await;
        assert_eq!(answer, expected);
        let [request] = <[String; 1]>::try_from(server.requests()).unwrap();
        assert!(request.starts_with("POST / HTTP/1.1\r\n"), "{request}");
        assert!(request.to_lowercase().contains("content-type: application/x-www-form-urlencoded\r\n"));
        assert!(request.ends_with("\r\n\r\nlogout_token=a.b.c"), "{request}");
    }
}
