//! Opens the store that the settings name, and compares it with the keys.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::{CHORES_EVERY, StartError};
use crate::config;
use crate::http::server::OpenStore;
use crate::keyring::Keyring;
use crate::ports::BoxFuture;
use crate::ports::clock::Clock;
use crate::ports::store::{
    FormatState, Result, StoreAdmin, StoreCompatibility, StoreError, StoreOpening, StoreState, Stores,
};
use crate::protocol::row_format::RowFormat;
use crate::protocol::secret::Secret;
use crate::store::WrittenFormat;
use crate::store::embedded::{EmbeddedOptions, EmbeddedStore};
use crate::store::redis::{OpenError, RedisMode, RedisSettings, RedisStore};

/// The opened store. Clones share it.
#[derive(Clone)]
pub(super) enum Store {
    /// A file, shared by all workers.
    Embedded(EmbeddedStore),
    /// Redis. Each worker has its own connections; these are for maintenance.
    Redis(Arc<(RedisStore, RedisSettings)>),
}

/// Who waits for answers of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StoreCaller {
    /// Clients of a server, which are better told soon that it is busy.
    Callers,
    /// A command, which waits longer, because a person would have to repeat it.
    Command,
}

impl StoreCaller {
    /// Longest time for one of the many rows that a command writes to an embedded store on a busy disk.
    const PATIENT: Duration = Duration::from_secs(60);

    fn embedded_deadline(self) -> Duration {
        match self {
            Self::Callers => EmbeddedOptions::default().deadline,
            Self::Command => Self::PATIENT,
        }
    }
}

/// Opens the embedded store, or begins to connect to Redis, which may be away ([`Store::reach`]).
pub(super) async fn open(
    settings: &config::Store,
    clock: &Arc<dyn Clock>,
    waits: StoreCaller,
) -> Result<Store, StartError> {
    match settings {
        config::Store::Embedded { path, row_format, reserve_bytes } => {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)
                    .map_err(|error| StartError::Store(format!("{}: {error}", folder.display())))?;
            }
            let options = EmbeddedOptions {
                deadline: waits.embedded_deadline(),
                row_format: *row_format,
                reserve_bytes: *reserve_bytes,
                ..EmbeddedOptions::default()
            };
            let store = EmbeddedStore::open(path, options, Arc::clone(clock))
                .map_err(|error| StartError::Store(error.to_string()))?;
            Ok(Store::Embedded(store))
        }
        config::Store::Redis(redis) => {
            let settings = redis_settings(redis)?;
            let store = RedisStore::connect(&settings).await.map_err(refused)?;
            Ok(Store::Redis(Arc::new((store, settings))))
        }
    }
}

/// Maps errors: only a server that is away or not ready yet is worth waiting for.
fn refused(error: OpenError) -> StartError {
    match error {
        OpenError::Unavailable(why) => StartError::StoreAway(StoreError::Unavailable(why)),
        OpenError::BadUrl { .. }
        | OpenError::BadSetting(_)
        | OpenError::TooOld { .. }
        | OpenError::Evicts { .. } => StartError::Store(error.to_string()),
    }
}

/// Opens the issuer's store for a process that has no keys to compare.
pub(super) async fn open_shared(
    settings: &config::Store,
    clock: &Arc<dyn Clock>,
) -> Result<Store, StartError> {
    let config::Store::Redis(redis) = settings else {
        let because = "only one process can use the embedded store; the Client API alone needs the issuer's Redis: \
                       without it a session that was ended would be served until its token expires";
        return Err(StartError::Store(because.to_owned()));
    };
    let settings = redis_settings(redis)?;
    let store = RedisStore::connect(&settings).await.map_err(refused)?;
    measure(&store, clock.as_ref()).await;
    learn(&store).await;
    Ok(Store::Redis(Arc::new((store, settings))))
}

fn redis_settings(redis: &config::Redis) -> Result<RedisSettings, StartError> {
    let urls = redis.urls.clone();
    let first: Secret<String> =
        urls.first().cloned().ok_or_else(|| StartError::Store("store.redis.urls is empty".to_owned()))?;
    let mode = match &redis.mode {
        config::RedisMode::Standalone => RedisMode::Standalone { url: first },
        config::RedisMode::Sentinel { master } => {
            RedisMode::Sentinel { urls, master: master.clone(), node: first }
        }
        config::RedisMode::Cluster => RedisMode::Cluster { urls },
    };
    Ok(RedisSettings {
        mode,
        key_prefix: redis.key_prefix.clone(),
        deadline: redis.deadline,
        format: WrittenFormat::new(redis.row_format),
        ..RedisSettings::standalone("redis://localhost")
    })
}

pub(super) async fn compare(store: &dyn StoreAdmin, keyring: &Keyring) -> Result<(), StartError> {
    loop {
        let opening = keyring.store_opening();
        match store.record_opening(&opening).await? {
            StoreCompatibility::Fits => return Ok(()),
            StoreCompatibility::OtherStamp { found } => return Err(StartError::OtherStamp { found }),
            StoreCompatibility::LaterFormat(format) => return Err(StartError::LaterFormat(format)),
            StoreCompatibility::MissingKeys { missing } => {
                // Another process may have added a key since the folder was read. Keys are never removed from
                // the opening, so this loop ends.
                keyring.reload()?;
                if keyring.store_opening() == opening {
                    return Err(StartError::MissingKeys { missing });
                }
            }
        }
    }
}

/// Measures the offset to the clock of Redis, by which rows are judged, so that processes with different
/// clocks agree.
async fn measure(store: &RedisStore, clock: &dyn Clock) {
    match store.measure_offset(clock).await {
        Ok(offset) if offset.unsigned_abs() > 2_000 => {
            tracing::warn!(
                offset_ms = offset,
                "the clocks of this host and of Redis differ by more than 2 s; check NTP on both"
            );
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "the difference to the clock of Redis could not be measured"),
    }
}

/// Reads the row format, so that every process follows a switch within a minute.
async fn learn(store: &dyn StoreAdmin) {
    let before = store.written_format();
    match store.learn_format().await {
        Ok(state) if state.written != before => {
            tracing::info!(
                format = state.written.number(),
                "the row format was switched: rows are written in this format from now on"
            );
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "the row format of the store could not be read"),
    }
}

/// The connections for maintenance.
struct SharedConnections(Arc<(RedisStore, RedisSettings)>);

#[async_trait]
impl StoreAdmin for SharedConnections {
    async fn check(&self) -> Result<StoreState> {
        self.0.0.check().await
    }

    fn broken(&self) -> Option<String> {
        self.0.0.broken()
    }

    async fn earlier_opening(&self) -> Result<Option<StoreOpening>> {
        self.0.0.earlier_opening().await
    }

    async fn record_opening(&self, opening: &StoreOpening) -> Result<StoreCompatibility> {
        self.0.0.record_opening(opening).await
    }

    async fn learn_format(&self) -> Result<FormatState> {
        self.0.0.learn_format().await
    }

    async fn switch_format(&self, to: RowFormat) -> Result<()> {
        self.0.0.switch_format(to).await
    }

    fn written_format(&self) -> RowFormat {
        self.0.0.written_format()
    }
}

impl Store {
    /// The store's name in the log and in `/readyz`.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Embedded(_) => "the embedded store".to_owned(),
            Self::Redis(redis) => format!("Redis at {}", redis.1.servers()),
        }
    }

    /// Checks a Redis before it is used for the first time.
    ///
    /// # Errors
    /// [`StartError::StoreAway`] when Redis does not answer, [`StartError::Store`] when it must not be used.
    pub(super) async fn reach(&self, clock: &dyn Clock) -> Result<(), StartError> {
        let Self::Redis(redis) = self else { return Ok(()) };
        for warning in redis.0.inspect().await.map_err(refused)?.warnings {
            tracing::warn!("{warning}");
        }
        measure(&redis.0, clock).await;
        Ok(())
    }

    /// Makes the function that opens the store for each worker.
    pub(super) fn opener(&self) -> OpenStore {
        match self {
            Self::Embedded(store) => {
                let store = store.clone();
                Arc::new(move || {
                    let store: Arc<dyn Stores> = Arc::new(store.clone());
                    Box::pin(async move { Ok(store) }) as BoxFuture<'static, _>
                })
            }
            Self::Redis(redis) => {
                let settings = redis.1.clone();
                Arc::new(move || {
                    let settings = settings.clone();
                    Box::pin(async move {
                        let store =
                            RedisStore::connect(&settings).await.map_err(|error| error.to_string())?;
                        Ok(Arc::new(store) as Arc<dyn Stores>)
                    }) as BoxFuture<'static, _>
                })
            }
        }
    }

    /// The store for the key task.
    pub(super) fn admin(&self) -> Arc<dyn StoreAdmin> {
        match self {
            Self::Embedded(store) => Arc::new(store.clone()),
            Self::Redis(redis) => Arc::new(SharedConnections(Arc::clone(redis))),
        }
    }

    /// Regular maintenance; never returns.
    pub(super) async fn chores(self, clock: Arc<dyn Clock>) {
        loop {
            clock.sleep_until(clock.now().plus(CHORES_EVERY)).await;
            match &self {
                Self::Embedded(store) => {
                    if let Err(error) = store.sweep(clock.now()).await {
                        tracing::warn!(%error, "expired rows could not be removed; this is tried again in a minute");
                    }
                }
                Self::Redis(redis) => {
                    measure(&redis.0, clock.as_ref()).await;
                    learn(&redis.0).await;
                }
            }
        }
    }
}
