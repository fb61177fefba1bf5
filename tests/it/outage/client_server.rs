//! The server of a client, which serves its keys and a request object: one that can be taken away.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// In which way it is away.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Away {
    /// Nothing listens at its port.
    Refuses,
    /// It takes connections, and answers nothing.
    Hangs,
}

/// The documents by their paths, and the task that serves them.
pub(super) struct ClientServer {
    pub(super) port: u16,
    documents: Arc<HashMap<&'static str, String>>,
    serving: Option<JoinHandle<()>>,
}

impl ClientServer {
    /// Takes a port; `documents` says what is at each path.
    pub(super) async fn start(documents: HashMap<&'static str, String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let documents = Arc::new(documents);
        let serving = Some(tokio::spawn(serve(listener, Some(Arc::clone(&documents)))));
        Self { port, documents, serving }
    }

    pub(super) async fn go_away(&mut self, away: Away) {
        self.end().await;
        if away == Away::Hangs {
            self.serving = Some(tokio::spawn(serve(self.listener().await, None)));
        }
    }

    pub(super) async fn come_back(&mut self) {
        self.end().await;
        let documents = Some(Arc::clone(&self.documents));
        self.serving = Some(tokio::spawn(serve(self.listener().await, documents)));
    }

    async fn end(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.abort();
            let _ = serving.await;
        }
    }

    async fn listener(&self) -> TcpListener {
        TcpListener::bind(("127.0.0.1", self.port)).await.unwrap()
    }
}

async fn serve(listener: TcpListener, documents: Option<Arc<HashMap<&'static str, String>>>) {
    let mut hanging = Vec::new();
    while let Ok((stream, _)) = listener.accept().await {
        match &documents {
            Some(documents) => drop(tokio::spawn(answer(stream, Arc::clone(documents)))),
            None => hanging.push(stream),
        }
    }
}

async fn answer(mut stream: TcpStream, documents: Arc<HashMap<&'static str, String>>) {
    let mut request = [0; 4096];
    let read = stream.read(&mut request).await.unwrap_or_default();
    let request = String::from_utf8_lossy(&request[..read]).into_owned();
    let path = request.split(' ').nth(1).unwrap_or_default();
    let (status, body) = documents.get(path).map_or(("404 Not Found", ""), |body| ("200 OK", body.as_str()));
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close\r\n");
    let _ = stream.write_all(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).await;
}
