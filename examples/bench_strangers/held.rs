//! What the store holds, in bytes.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Outcome;

/// Where the store is.
pub(crate) enum Held {
    /// The file of the embedded one.
    File(String),
    /// A Redis, by its address.
    Redis(String),
}

impl Held {
    pub(crate) fn parse(text: &str) -> Outcome<Self> {
        match text.split_once(':') {
            Some(("file", path)) => Ok(Self::File(path.to_owned())),
            Some(("redis", address)) => Ok(Self::Redis(address.to_owned())),
            _ => Err("HELD is file:PATH or redis:ADDRESS".into()),
        }
    }

    /// The length of the file; of a Redis the memory that its data take.
    pub(crate) async fn bytes(&self) -> Outcome<u64> {
        match self {
            Self::File(path) => Ok(std::fs::metadata(path)?.len()),
            Self::Redis(address) => {
                let mut stream = TcpStream::connect(address).await?;
                stream.write_all(b"INFO memory\r\nQUIT\r\n").await?;
                let mut told = String::new();
                stream.read_to_string(&mut told).await?;
                let line = told.lines().find_map(|line| line.strip_prefix("used_memory_dataset:"));
                Ok(line.ok_or("Redis does not tell its memory")?.trim().parse()?)
            }
        }
    }
}
