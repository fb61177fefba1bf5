//! Answers that are lost on their way.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tiquo_auth::ports::store::{CounterStore as _, StoreError};
use tiquo_auth::protocol::id::MailboxKey;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::samples::{START, organization, send_policy, store};
use crate::support::needs::needs;
use crate::support::redis_server::RedisServer;

/// A way to a server on which the first answer to a command with this word in it is lost, and the connection with it.
struct LossyWay {
    url: String,
    /// How often the command came by.
    commands: Arc<AtomicU32>,
}

impl LossyWay {
    async fn to(server: &RedisServer, word: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        let target = server.url().trim_start_matches("redis://").trim_end_matches('/').parse().unwrap();
        let commands = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&commands);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, target, word, Arc::clone(&counted)));
            }
        });
        Self { url, commands }
    }
}

async fn carry(mut client: TcpStream, target: SocketAddr, word: &str, commands: Arc<AtomicU32>) {
    let mut server = TcpStream::connect(target).await.unwrap();
    let (mut asked, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let Ok(length @ 1..) = read else { return };
                server.write_all(&asked[..length]).await.unwrap();
                let is_meant = asked[..length].windows(word.len()).any(|part| part == word.as_bytes());
                if is_meant && commands.fetch_add(1, Ordering::SeqCst) == 0 {
                    // The server has carried it out once it answers.
                    assert_ne!(server.read(&mut answered).await.unwrap(), 0);
                    return;
                }
            }
            read = server.read(&mut answered) => {
                let Ok(length @ 1..) = read else { return };
                client.write_all(&answered[..length]).await.unwrap();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sending_is_taken_back_once_when_the_answer_is_lost() {
    needs!(RedisServer);
    let server = RedisServer::start();
    let way = LossyWay::to(&server, "LREM").await;
    let store = store(&way.url).await;
    let (organization, mailbox, limits) =
        (organization(), MailboxKey::of_hash(&[1; 32]), send_policy().per_mailbox);
    for _ in 0..2 {
        let _ = store.admit_mail(&organization, &mailbox, limits, START).await.unwrap();
    }
    let lost = store.take_mail_back(&organization, &mailbox, limits, START).await;
    assert!(matches!(lost, Err(StoreError::Unavailable(_))), "{lost:?}");
    assert_eq!(way.commands.load(Ordering::SeqCst), 1);
    let logs = server.cli(&["KEYS", &format!("*:m:*:{organization}")]);
    assert_eq!(
        server.cli(&["LLEN", logs.trim()]).trim(),
        "1",
        "the other sending of that millisecond still counts"
    );
}
