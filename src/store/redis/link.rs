//! One connection to one server, shared by all requests and renewed automatically when it breaks.
//!
//! The library's `ConnectionManager` makes requests wait for its own retries. Here a task maintains the
//! connection, and a request uses it, waits for the first attempt to connect, or fails at once when the
//! server is away.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::{ConnectionLike as _, MultiplexedConnection};
use redis::sentinel::SentinelClient;
use redis::{Client, Cmd, RedisConnectionInfo, RedisError, RedisResult, Value};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::failure::{describe, is_credentials_refusal};
use super::settings::connection_config;

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(800);

pub(super) enum LinkTarget {
    /// A server at a fixed address.
    Server(Box<Client>),
    /// The server that the sentinels name.
    Sentinel(Box<SentinelClient>),
}

impl LinkTarget {
    async fn connect(&mut self) -> RedisResult<MultiplexedConnection> {
        let config = connection_config();
        match self {
            Self::Server(client) => client.get_multiplexed_async_connection_with_config(&config).await,
            Self::Sentinel(sentinel) => sentinel.get_async_connection_with_config(&config).await,
        }
    }

    /// Whether the server really refused the credentials. The library reports any error answer to `AUTH` as
    /// such, also that the server has no connection left, which passes without a change.
    async fn refuses_credentials(&self) -> bool {
        let Self::Server(client) = self else { return false };
        let info = client.get_connection_info();
        let Some(password) = info.redis_settings().password() else { return false };
        let mut auth = redis::cmd("AUTH");
        if let Some(username) = info.redis_settings().username() {
            auth.arg(username);
        }
        auth.arg(password);
        let Ok(bare) = Client::open(info.clone().set_redis_settings(RedisConnectionInfo::default())) else {
            return false;
        };
        let config = connection_config();
        let Ok(mut connection) = bare.get_multiplexed_async_connection_with_config(&config).await else {
            return false;
        };
        let answer = connection.req_packed_command(&auth).await.and_then(Value::extract_error);
        answer.is_err_and(|error| is_credentials_refusal(&error))
    }

    async fn reach(&mut self) -> Result<MultiplexedConnection, ConnectionAbsence> {
        let error = match self.connect().await {
            Ok(connection) => return Ok(connection),
            Err(error) => error,
        };
        if error.kind() == redis::ErrorKind::AuthenticationFailed && self.refuses_credentials().await {
            return Err(ConnectionAbsence::WrongSettings(describe(&error).into()));
        }
        Err(ConnectionAbsence::Away(format!("no connection: {}", describe(&error)).into()))
    }
}

#[derive(Clone)]
pub(super) enum ConnectionAbsence {
    /// The server is away or cannot serve now.
    Away(Arc<str>),
    /// The server does not accept these settings; waiting does not solve that.
    WrongSettings(Arc<str>),
}

impl From<ConnectionAbsence> for SendError {
    fn from(absence: ConnectionAbsence) -> Self {
        match absence {
            ConnectionAbsence::Away(why) => Self::Away(why.to_string()),
            ConnectionAbsence::WrongSettings(why) => Self::WrongSettings(why.to_string()),
        }
    }
}

#[derive(Clone)]
enum LinkStatus {
    /// The first attempt after the start or after a loss is under way.
    Connecting,
    Up {
        connection: MultiplexedConnection,
        number: u64,
    },
    /// The last attempt failed; further attempts follow.
    Absent(ConnectionAbsence),
}

pub(super) enum SendError {
    /// There is no connection; the command was not sent.
    Away(String),
    /// There is no connection, and these settings will not lead to one; the command was not sent.
    WrongSettings(String),
    /// The connection broke, or no answer came in time; the command may have been carried out.
    Lost(String),
    Refused(RedisError),
}

/// A connection, and the task that maintains it.
pub(super) struct Link {
    status: Arc<watch::Sender<LinkStatus>>,
    patience: Duration,
    keeper: JoinHandle<()>,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

impl Link {
    /// Starts to connect. `patience` is the longest wait for an answer, `to_connect` that for a connection.
    pub(super) fn open(target: LinkTarget, patience: Duration, to_connect: Duration) -> Self {
        let status = Arc::new(watch::Sender::new(LinkStatus::Connecting));
        let keeper = tokio::spawn(maintain_connection(target, Arc::clone(&status), to_connect));
        Self { status, patience, keeper }
    }

    /// Sends a command and waits for its answer, for at most `patience`.
    pub(super) async fn send(&self, cmd: &Cmd) -> Result<Value, SendError> {
        let (mut connection, number) = self.connection().await?;
        let answer = timeout(self.patience, connection.req_packed_command(cmd)).await;
        self.judge(answer, number)
    }

    /// Sends `ASKING` and the command together, so that no other request of the shared connection comes
    /// between.
    pub(super) async fn send_asking(&self, cmd: &Cmd) -> Result<Value, SendError> {
        let (mut connection, number) = self.connection().await?;
        let mut pipeline = redis::Pipeline::with_capacity(2);
        pipeline.cmd("ASKING").add_command(cmd.clone());
        let answers = timeout(self.patience, connection.req_packed_commands(&pipeline, 0, 2)).await;
        let answer = answers.map(|answers| answers.map(|all| all.into_iter().last().unwrap_or_default()));
        self.judge(answer, number)
    }

    fn judge(
        &self,
        answer: Result<RedisResult<Value>, tokio::time::error::Elapsed>,
        number: u64,
    ) -> Result<Value, SendError> {
        match answer.map(|answer| answer.and_then(Value::extract_error)) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) if error.is_unrecoverable_error() || error.is_io_error() => {
                self.give_up(number);
                Err(SendError::Lost(describe(&error)))
            }
            Ok(Err(error)) => Err(SendError::Refused(error)),
            Err(_) => {
                self.give_up(number);
                Err(SendError::Lost(format!("no answer within {} ms", self.patience.as_millis())))
            }
        }
    }

    /// Connects anew because this server is no longer the right one.
    pub(super) fn renew(&self) {
        self.status.send_if_modified(|status| {
            let up = matches!(status, LinkStatus::Up { .. });
            if up {
                *status = LinkStatus::Connecting;
            }
            up
        });
    }

    fn give_up(&self, broken: u64) {
        self.status.send_if_modified(|status| {
            let same = matches!(status, LinkStatus::Up { number, .. } if *number == broken);
            if same {
                *status = LinkStatus::Connecting;
            }
            same
        });
    }

    async fn connection(&self) -> Result<(MultiplexedConnection, u64), SendError> {
        if let LinkStatus::Up { connection, number } = &*self.status.borrow() {
            return Ok((connection.clone(), *number));
        }
        let mut changes = self.status.subscribe();
        let settled = changes.wait_for(|status| !matches!(status, LinkStatus::Connecting)).await;
        match settled.as_deref() {
            Ok(LinkStatus::Up { connection, number }) => Ok((connection.clone(), *number)),
            Ok(LinkStatus::Absent(absence)) => Err(absence.clone().into()),
            Ok(LinkStatus::Connecting) | Err(_) => Err(SendError::Away("not connected".to_owned())),
        }
    }
}

async fn maintain_connection(
    mut target: LinkTarget,
    status: Arc<watch::Sender<LinkStatus>>,
    to_connect: Duration,
) {
    let mut pause = FIRST_PAUSE;
    let mut number: u64 = 0;
    let mut changes = status.subscribe();
    loop {
        let absence = match timeout(to_connect, target.reach()).await {
            Ok(Ok(connection)) => {
                pause = FIRST_PAUSE;
                number = number.wrapping_add(1);
                status.send_replace(LinkStatus::Up { connection, number });
                let _ = changes.wait_for(|status| !matches!(status, LinkStatus::Up { .. })).await;
                continue;
            }
            Ok(Err(absence)) => absence,
            Err(_) => {
                ConnectionAbsence::Away(format!("no connection within {} ms", to_connect.as_millis()).into())
            }
        };
        status.send_replace(LinkStatus::Absent(absence));
        sleep(pause).await;
        pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
    }
}
