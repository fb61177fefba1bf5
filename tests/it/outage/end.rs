//! How a process ends, and what does not end it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;

use super::process::Serve;
use crate::support::redis_server::wait_until;

/// A request whose body does not come: a drain waits for it.
fn unfinished(issuer: &Serve) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", issuer.port)).unwrap();
    let head = "POST /api/client/v1/refresh HTTP/1.1\r\nhost: id.example\r\ncontent-type: application/json\r\n\
                content-length: 100\r\nexpect: 100-continue\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 100", "the server waits for the body");
    stream
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_ends_a_drain_at_once() {
    for (first, second) in [("-TERM", "-TERM"), ("-TERM", "-INT"), ("-INT", "-TERM")] {
        // Both longer than this test waits for anything.
        let mut issuer =
            Serve::configured("[listen]\nshutdown_deadline_seconds = 300\nrequest_timeout_seconds = 120\n");
        issuer.start();
        issuer.ready().await;
        let held = unfinished(&issuer);
        issuer.signal(first);
        wait_until("it drains", || issuer.log().contains("the process ends after requests in flight"));
        assert!(issuer.runs());
        issuer.signal(second);
        let ended = tokio::task::block_in_place(|| issuer.ended());
        assert!(ended.success(), "{ended:?}");
        let lines = issuer.lines();
        let last = lines.last().unwrap();
        assert!(last["message"].as_str().unwrap().contains("on a second signal"), "{last}");
        drop(held);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_nobody_reads_any_more_ends_nothing() {
    let issuer = Serve::configured("[log]\nrequests = \"all\"\n");
    let mut child = issuer.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop((child.stdout.take(), child.stderr.take()));
    issuer.ready().await;
    for _ in 0..50 {
        assert_eq!(issuer.get("/healthz").await.unwrap().status, 200);
    }
    assert!(child.try_wait().unwrap().is_none());
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_of_keys_that_cannot_be_read_any_more_degrades_and_comes_back() {
    let mut issuer = Serve::configured("");
    issuer.start();
    issuer.ready().await;
    let keys = issuer.get("/api/oauth2/jwks").await.unwrap().body;
    std::fs::rename(issuer.path("keys"), issuer.path("elsewhere")).unwrap();
    let degraded = issuer.until("/readyz", |answer| answer.body["data"]["status"] == "degraded").await;
    assert_eq!((degraded.status, &degraded.body["data"]["degraded"][0]["part"]), (200, &"keys".into()));
    assert_eq!(issuer.get("/api/oauth2/jwks").await.unwrap().body, keys, "the loaded ones serve on");
    let (succeeds, said) = issuer.health();
    assert!(succeeds && said.starts_with("degraded; keys is unavailable since 2"), "{said}");
    std::fs::rename(issuer.path("elsewhere"), issuer.path("keys")).unwrap();
    issuer.until("/readyz", |answer| answer.body["data"]["status"] == "ready").await;
}
