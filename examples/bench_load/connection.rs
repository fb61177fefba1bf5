//! One kept HTTP/1.1 connection.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::Outcome;

const ANSWER_DEADLINE: Duration = Duration::from_secs(10);
const ORIGIN: &str = "http://localhost:3000";

/// One kept HTTP/1.1 connection.
pub(crate) struct Connection {
    stream: TcpStream,
    address: String,
    buffer: Vec<u8>,
}

/// An answer.
#[derive(Clone, Copy)]
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) head: &'a str,
    pub(crate) body: &'a [u8],
}

impl Answer<'_> {
    /// The values of a header.
    pub(crate) fn headers<'b>(&'b self, name: &'b str) -> impl Iterator<Item = &'b str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.filter(move |(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

impl Connection {
    pub(crate) async fn open(address: &str) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, address: address.to_owned(), buffer: Vec::with_capacity(16 * 1024) })
    }

    /// A document.
    pub(crate) async fn get(&mut self, path: &str) -> Outcome<&[u8]> {
        good(self.ask("GET", path, "", "").await?)
    }

    /// JSON from the shop's page, with further headers, and its answer whatever it is.
    pub(crate) async fn post(&mut self, path: &str, headers: &str, body: &Value) -> Outcome<Answer<'_>> {
        let headers = format!("{headers}Origin: {ORIGIN}\r\nContent-Type: application/json\r\n");
        self.ask("POST", path, &headers, &body.to_string()).await
    }

    /// Any request, and its answer whatever it is.
    pub(crate) async fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> Outcome<Answer<'_>> {
        let (host, length) = (&self.address, body.len());
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
        );
        timeout(ANSWER_DEADLINE, self.exchange(request.as_bytes())).await.map_err(|_| "no answer in time")?
    }

    async fn exchange(&mut self, request: &[u8]) -> Outcome<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let (status, start) = loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err("the server closed the connection".into());
            }
            if let Some((status, start, length)) = head(&self.buffer)?
                && self.buffer.len() >= start.saturating_add(length)
            {
                break (status, start);
            }
        };
        let (head, body) = self.buffer.split_at(start);
        Ok(Answer { status, head: std::str::from_utf8(head)?, body })
    }
}

/// The body of an answer with status 200.
pub(crate) fn good(answer: Answer<'_>) -> Outcome<&[u8]> {
    if answer.status == 200 {
        return Ok(answer.body);
    }
    Err(format!("{}: {}", answer.status, String::from_utf8_lossy(answer.body)).into())
}

/// Status, where the body begins, and its length; `None` while the head is not complete.
fn head(bytes: &[u8]) -> Outcome<Option<(u16, usize, usize)>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(bytes.get(..end).unwrap_or_default())?;
    let status = text.split(' ').nth(1).ok_or("no status")?.parse()?;
    let length = text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(Ok(0), |(_, value)| value.trim().parse())?;
    Ok(Some((status, end.saturating_add(4), length)))
}
