//! A server that answers as badly as a test wants, and counts.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What is sent as long as somebody takes it.
const FOREVER: [u8; 8192] = [b' '; 8192];

/// How it answers.
#[derive(Clone)]
pub(crate) enum Manner {
    /// These bytes, and the connection ends.
    Bytes(Vec<u8>),
    /// These bytes and then blanks without an end.
    Endless(Vec<u8>),
    /// These bytes and then one every few milliseconds, without an end.
    Drip(Vec<u8>),
    /// Nothing, though the connection stays.
    Silence,
}

impl Manner {
    /// 200 with a body of a type.
    pub(crate) fn document(kind: &str, body: &str) -> Self {
        Self::with_headers(&[("Content-Type", kind)], body)
    }

    pub(crate) fn json() -> Self {
        Self::document("application/json", "{}")
    }

    pub(crate) fn with_headers(headers: &[(&str, &str)], body: &str) -> Self {
        Self::Bytes(head("200 OK", headers, Some(body.len())).into_iter().chain(body.bytes()).collect())
    }
}

/// The head of a response.
pub(crate) fn head(status: &str, headers: &[(&str, &str)], length: Option<usize>) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status}\r\n");
    for (name, value) in headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    if let Some(length) = length {
        head.extend(["Content-Length: ", &length.to_string(), "\r\n"]);
    }
    head.push_str("\r\n");
    head.into_bytes()
}

/// It ends when this is dropped.
pub(crate) struct Hostile {
    pub(crate) address: SocketAddr,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    requests: Mutex<Vec<String>>,
    over: AtomicBool,
}

impl Hostile {
    pub(crate) fn start(ip: &str, tls: Option<Arc<ServerConfig>>, manner: Manner) -> Self {
        let ip: IpAddr = ip.parse().unwrap();
        let listener = TcpListener::bind((ip, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::<Seen>::default();
        let shared = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.over.load(Ordering::SeqCst) {
                    break;
                }
                let (seen, tls, manner) = (Arc::clone(&shared), tls.clone(), manner.clone());
                seen.connections.fetch_add(1, Ordering::SeqCst);
                std::thread::spawn(move || {
                    // A peer that goes away is what many tests are about.
                    let _ = serve(stream.unwrap(), tls, &manner, &seen);
                });
            }
        });
        Self { address, seen }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// TCP connections so far.
    pub(crate) fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// The requests so far, whole.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.seen.requests.lock().unwrap().clone()
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.seen.over.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
    }
}

fn serve(
    stream: TcpStream,
    tls: Option<Arc<ServerConfig>>,
    manner: &Manner,
    seen: &Seen,
) -> std::io::Result<()> {
    // So that no thread outlives a test that forgot it by much.
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    match tls {
        None => answer(stream, manner, seen),
        Some(tls) => {
            let connection = ServerConnection::new(tls).map_err(std::io::Error::other)?;
            answer(StreamOwned::new(connection, stream), manner, seen)
        }
    }
}

fn answer(mut stream: impl Read + Write, manner: &Manner, seen: &Seen) -> std::io::Result<()> {
    let request = read_request(&mut stream)?;
    seen.requests.lock().unwrap().push(request);
    let over = || seen.over.load(Ordering::SeqCst);
    match manner {
        Manner::Bytes(bytes) => {
            stream.write_all(bytes)?;
            stream.flush()
        }
        Manner::Endless(bytes) => {
            stream.write_all(bytes)?;
            while !over() {
                stream.write_all(&FOREVER)?;
            }
            Ok(())
        }
        Manner::Drip(bytes) => {
            stream.write_all(bytes)?;
            while !over() {
                stream.write_all(b" ")?;
                stream.flush()?;
                std::thread::sleep(Duration::from_millis(10));
            }
            Ok(())
        }
        Manner::Silence => stream.read(&mut [0]).map(drop),
    }
}

/// The head, and as much of a body as it announces.
fn read_request(stream: &mut impl Read) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        bytes.push(byte[0]);
    }
    let head = String::from_utf8(bytes).unwrap();
    let length =
        head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body)?;
    Ok(head + &String::from_utf8(body).unwrap())
}
