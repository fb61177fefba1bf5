//! Carries out calls within their deadline: follows redirects, loads unknown scripts, retries once.

use std::time::Duration;

use redis::sentinel::{SentinelClientBuilder, SentinelServerType};
use redis::{Client as RedisClient, Cmd, ConnectionInfo, TlsMode, Value};
use tokio::time::{sleep, timeout};

use super::cluster::Cluster;
use super::failure::{ErrorAnswerKind, describe, is_credentials_refusal, judge};
use super::link::{Link, LinkTarget, SendError};
use super::row::{corrupt, parse};
use super::script::RedisCall;
use super::settings::{OpenError, RedisMode, RedisSettings, is_tls, tcp_settings};
use crate::ports::store::{Result, StoreError};
use crate::protocol::row_format::RowFormat;
use crate::protocol::secret::Secret;
use crate::store::format::unknown;

/// Wait before trying again while a slot is migrating.
const MOMENT: Duration = Duration::from_millis(10);
/// After this many redirects of one call the nodes disagree, so each further redirect waits for [`MOMENT`].
const STRAIGHT_REDIRECTS: u32 = 4;
/// Factor by which asking the sentinels for the master may take longer than a connection.
const SENTINEL_PATIENCE: u32 = 4;

enum Nodes {
    One(Link),
    Cluster(Cluster),
}

/// The connections to Redis in any of its modes.
pub(super) struct Client {
    nodes: Nodes,
    deadline: Duration,
}

/// The node that the next attempt is sent to.
enum CommandRoute {
    BySlot,
    To(String),
    Asking(String),
}

impl Client {
    pub(super) fn open(settings: &RedisSettings) -> Result<Self, OpenError> {
        settings.check()?;
        let patience = settings.patience();
        let nodes = match &settings.mode {
            RedisMode::Standalone { url } => {
                let info = settings.connection_info("url", url)?;
                Nodes::One(Link::open(server(info, "url")?, patience, patience))
            }
            RedisMode::Sentinel { urls, master, node } => {
                let to_connect = patience.saturating_mul(SENTINEL_PATIENCE);
                Nodes::One(Link::open(sentinel(settings, urls, master, node)?, patience, to_connect))
            }
            RedisMode::Cluster { urls } => {
                Nodes::Cluster(Cluster::open(infos(settings, urls)?, settings.patience()))
            }
        };
        Ok(Self { nodes, deadline: settings.deadline })
    }

    pub(super) async fn call(&self, call: RedisCall<'_>) -> Result<Value> {
        let answer = timeout(self.deadline, self.attempts(&call)).await.unwrap_or_else(|_| {
            Err(StoreError::Unavailable(format!("Redis: no answer within {} ms", self.deadline.as_millis())))
        })?;
        if call.reads_row { without_mark(answer) } else { Ok(answer) }
    }

    /// Sends a command to every node that holds data.
    pub(super) async fn on_every_node(&self, cmd: &Cmd) -> Result<Vec<Value>> {
        self.every_node(cmd).await.map_err(unavailable)
    }

    /// As [`Self::on_every_node`], but tells wrong settings, which waiting cannot solve, from a server that
    /// is away.
    pub(super) async fn first_on_every_node(&self, cmd: &Cmd) -> Result<Vec<Value>, OpenError> {
        self.every_node(cmd).await.map_err(|error| match error {
            SendError::WrongSettings(why) => OpenError::BadSetting(format!("store.redis.urls: {why}")),
            SendError::Refused(error) if is_credentials_refusal(&error) => {
                OpenError::BadSetting(format!("store.redis.urls: {}", describe(&error)))
            }
            away => OpenError::Unavailable(unavailable(away).to_string()),
        })
    }

    pub(super) const fn is_for_cluster(&self) -> bool {
        matches!(self.nodes, Nodes::Cluster(_))
    }

    async fn every_node(&self, cmd: &Cmd) -> Result<Vec<Value>, SendError> {
        let all = async {
            match &self.nodes {
                Nodes::One(link) => Ok(vec![link.send(cmd).await?]),
                Nodes::Cluster(cluster) => {
                    let mut answers = Vec::new();
                    for link in cluster.masters().await? {
                        answers.push(link.send(cmd).await?);
                    }
                    Ok(answers)
                }
            }
        };
        timeout(self.deadline, all).await.unwrap_or_else(|_| {
            Err(SendError::Lost(format!("no answer within {} ms", self.deadline.as_millis())))
        })
    }

    async fn attempts(&self, call: &RedisCall<'_>) -> Result<Value> {
        let mut way = CommandRoute::BySlot;
        let mut retried = false;
        let mut redirects: u32 = 0;
        loop {
            let refusal = match self.attempt(call, &way).await {
                Ok(value) if says_unstable(&value) => self.unstable(),
                Ok(value) => return Ok(value),
                Err(SendError::Refused(error)) => judge(&error),
                Err(SendError::Lost(_)) if !retried && call.retries => {
                    retried = true;
                    self.nodes_changed();
                    way = CommandRoute::BySlot;
                    continue;
                }
                Err(error) => {
                    self.nodes_changed();
                    return Err(unavailable(error));
                }
            };
            match refusal {
                ErrorAnswerKind::NoScript => match call.script {
                    Some(script) => self.load(&script.load(), call, &way).await?,
                    None => {
                        return Err(StoreError::Corrupt(
                            "Redis: NOSCRIPT was answered to a command without a script".to_owned(),
                        ));
                    }
                },
                ErrorAnswerKind::Moved(_) if matches!(self.nodes, Nodes::One(_)) => {
                    let why = "Redis: this is a node of a cluster: set store.redis.mode to cluster";
                    return Err(StoreError::Unavailable(why.to_owned()));
                }
                ErrorAnswerKind::Moved(node) => {
                    self.nodes_changed();
                    way = CommandRoute::To(node);
                    redirects = redirects.saturating_add(1);
                }
                ErrorAnswerKind::Ask(node) if !call.waits_for_slot => {
                    way = CommandRoute::Asking(node);
                    redirects = redirects.saturating_add(1);
                }
                ErrorAnswerKind::Ask(_) | ErrorAnswerKind::TryAgain => {
                    way = CommandRoute::BySlot;
                    sleep(MOMENT).await;
                }
                ErrorAnswerKind::Demoted(_) if !retried => {
                    retried = true;
                    self.renew();
                    way = CommandRoute::BySlot;
                }
                ErrorAnswerKind::Demoted(why) | ErrorAnswerKind::Away(why) => {
                    self.nodes_changed();
                    return Err(StoreError::Unavailable(format!("Redis: {why}")));
                }
                ErrorAnswerKind::UnknownFormat(format) => return Err(unknown("Redis", format)),
                ErrorAnswerKind::Corrupt(why) => return Err(StoreError::Corrupt(format!("Redis: {why}"))),
            }
            if redirects > STRAIGHT_REDIRECTS {
                sleep(MOMENT).await;
            }
        }
    }

    /// The answer when a row's end-user row is missing: in a cluster its slot is migrating, so the call is tried
    /// again; on a single server the data is corrupt.
    fn unstable(&self) -> ErrorAnswerKind {
        match self.nodes {
            Nodes::One(_) => ErrorAnswerKind::Corrupt("a row without its end-user".to_owned()),
            Nodes::Cluster(_) => ErrorAnswerKind::TryAgain,
        }
    }

    async fn attempt(&self, call: &RedisCall<'_>, way: &CommandRoute) -> Result<Value, SendError> {
        match (&self.nodes, way) {
            (Nodes::One(link), _) => link.send(&call.cmd).await,
            (Nodes::Cluster(cluster), CommandRoute::BySlot) => {
                cluster.owner(&call.key).await?.send(&call.cmd).await
            }
            (Nodes::Cluster(cluster), CommandRoute::To(node)) => cluster.node(node)?.send(&call.cmd).await,
            (Nodes::Cluster(cluster), CommandRoute::Asking(node)) => {
                cluster.node(node)?.send_asking(&call.cmd).await
            }
        }
    }

    async fn load(&self, load: &Cmd, call: &RedisCall<'_>, way: &CommandRoute) -> Result<()> {
        let loaded = match (&self.nodes, way) {
            (Nodes::One(link), _) => link.send(load).await,
            (Nodes::Cluster(cluster), CommandRoute::BySlot) => {
                cluster.owner(&call.key).await.map_err(unavailable)?.send(load).await
            }
            (Nodes::Cluster(cluster), CommandRoute::To(node) | CommandRoute::Asking(node)) => {
                cluster.node(node).map_err(unavailable)?.send(load).await
            }
        };
        // A broken connection is noticed and renewed by the next attempt.
        match loaded {
            Ok(_) | Err(SendError::Lost(_)) => Ok(()),
            Err(error) => Err(unavailable(error)),
        }
    }

    fn nodes_changed(&self) {
        if let Nodes::Cluster(cluster) = &self.nodes {
            cluster.look_again();
        }
    }

    fn renew(&self) {
        match &self.nodes {
            Nodes::One(link) => link.renew(),
            Nodes::Cluster(cluster) => cluster.look_again(),
        }
    }
}

/// Removes the format mark of a row and checks that the format is known.
fn without_mark(answer: Value) -> Result<Value> {
    let Value::Array(mut row) = answer else { return Err(corrupt("a row is not a list")) };
    match row.pop() {
        Some(Value::Nil) => Ok(Value::Array(row)),
        Some(Value::BulkString(mark)) => {
            let mark = std::str::from_utf8(&mark).map_err(|_| corrupt("the format of a row is not UTF-8"))?;
            match RowFormat::new(parse(mark)?) {
                Ok(_) => Ok(Value::Array(row)),
                Err(format) => Err(unknown("Redis", format)),
            }
        }
        _ => Err(corrupt("the format of a row cannot be read")),
    }
}

/// Whether a script found a row but not the row that it refers to, because the slot is migrating.
fn says_unstable(value: &Value) -> bool {
    let Value::Array(items) = value else { return false };
    matches!(items.first(), Some(Value::BulkString(word)) if word == b"unstable")
}

pub(super) fn unavailable(error: SendError) -> StoreError {
    let why = match error {
        SendError::Away(why) | SendError::WrongSettings(why) | SendError::Lost(why) => why,
        SendError::Refused(error) => describe(&error),
    };
    StoreError::Unavailable(format!("Redis: {why}"))
}

fn server(info: ConnectionInfo, place: &str) -> Result<LinkTarget, OpenError> {
    let client = RedisClient::open(info).map_err(|_| OpenError::BadUrl { place: place.to_owned() })?;
    Ok(LinkTarget::Server(Box::new(client)))
}

fn infos(settings: &RedisSettings, urls: &[Secret<String>]) -> Result<Vec<ConnectionInfo>, OpenError> {
    if urls.is_empty() {
        return Err(OpenError::BadSetting("store.redis.urls needs at least one URL".to_owned()));
    }
    let info = |(place, url)| settings.connection_info(&format!("urls[{place}]"), url);
    urls.iter().enumerate().map(info).collect()
}

fn sentinel(
    settings: &RedisSettings,
    urls: &[Secret<String>],
    master: &str,
    node: &Secret<String>,
) -> Result<LinkTarget, OpenError> {
    let sentinels = infos(settings, urls)?;
    let node = settings.connection_info("node", node)?;
    let bad = |_| OpenError::BadSetting("store.redis.urls do not name sentinels".to_owned());
    let addresses = sentinels.iter().map(|info| info.addr().clone());
    let mut builder = SentinelClientBuilder::new(addresses, master, SentinelServerType::Master)
        .map_err(bad)?
        .set_client_to_redis_db(node.redis_settings().db())
        .set_client_to_redis_tcp_settings(tcp_settings())
        .set_client_to_sentinel_tcp_settings(tcp_settings());
    if let Some(password) = node.redis_settings().password() {
        builder = builder.set_client_to_redis_password(password);
    }
    if let Some(username) = node.redis_settings().username() {
        builder = builder.set_client_to_redis_username(username);
    }
    if is_tls(&node) {
        builder = builder.set_client_to_redis_tls_mode(TlsMode::Secure);
    }
    if let Some(first) = sentinels.first() {
        if let Some(password) = first.redis_settings().password() {
            builder = builder.set_client_to_sentinel_password(password);
        }
        if let Some(username) = first.redis_settings().username() {
            builder = builder.set_client_to_sentinel_username(username);
        }
        if is_tls(first) {
            builder = builder.set_client_to_sentinel_tls_mode(TlsMode::Secure);
        }
    }
    if let Some(certificates) = settings.certificates() {
        builder = builder
            .set_client_to_redis_certificates(certificates.clone())
            .set_client_to_sentinel_certificates(certificates);
    }
    Ok(LinkTarget::Sentinel(Box::new(builder.build().map_err(bad)?)))
}
