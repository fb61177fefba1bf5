//! A client's server that hears of logouts: a real one on loopback.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// Keeps what was sent to it.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) url: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// What it answers to the next requests; 200 after them.
    statuses: Mutex<VecDeque<u16>>,
    requests: Mutex<Vec<String>>,
    arrived: Notify,
}

impl Receiver {
    /// Answers with these statuses, then 200; 0 is no answer at all.
    pub(crate) async fn start(statuses: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://127.0.0.1:{}/backchannel", listener.local_addr().unwrap().port());
        let shared = Shared { statuses: Mutex::new(statuses.iter().copied().collect()), ..Shared::default() };
        let receiver = Self { url, shared: Arc::new(shared) };
        let serving = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(Arc::clone(&serving.shared), stream));
            }
        });
        receiver
    }

    /// The requests, once there are `count`.
    pub(crate) async fn requests(&self, count: usize) -> Vec<String> {
        let arrive = async {
            loop {
                let arrived = self.shared.arrived.notified();
                let requests = self.shared.requests.lock().unwrap().clone();
                if requests.len() >= count {
                    return requests;
                }
                arrived.await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), arrive).await.expect("the requests")
    }

    pub(crate) fn count(&self) -> usize {
        self.shared.requests.lock().unwrap().len()
    }
}

/// The `logout_token` of a request.
pub(crate) fn logout_token(request: &str) -> String {
    let (_, body) = request.split_once("\r\n\r\n").expect("a body");
    let fields = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect::<Vec<_>>();
    let [(name, token)] = fields.as_slice() else { panic!("one field: {fields:?}") };
    assert_eq!(name, "logout_token");
    token.clone()
}

async fn serve(shared: Arc<Shared>, mut stream: TcpStream) {
    let mut bytes = Vec::new();
    let request = loop {
        let mut chunk = [0; 4096];
        let Ok(read) = stream.read(&mut chunk).await else { return };
        bytes.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse::<usize>().ok()
            });
            if body.len() >= length.unwrap_or(0) {
                break text;
            }
        }
        if read == 0 {
            return;
        }
    };
    let status = shared.statuses.lock().unwrap().pop_front().unwrap_or(200);
    shared.requests.lock().unwrap().push(request);
    if status > 0 {
        let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        let _ = stream.write_all(answer.as_bytes()).await;
    }
    shared.arrived.notify_waiters();
}
