//! Which store the settings name, opened and compared with the keys.

use std::sync::Arc;
use std::time::Duration;

use super::{CHORES_EVERY, StartError};
use crate::config;
use crate::http::server::OpenStore;
use crate::keyring::Keyring;
use crate::ports::BoxFuture;
use crate::ports::clock::Clock;
use crate::ports::store::{
    Answer, FormatState, StoreAdmin, StoreCompatibility, StoreError, StoreOpening, StoreState, Stores,
};
use crate::protocol::row_format::RowFormat;
use crate::protocol::secret::Secret;
use crate::store::WrittenFormat;
use crate::store::embedded::{EmbeddedOptions, EmbeddedStore};
use crate::store::redis::{OpenError, RedisMode, RedisSettings, RedisStore};

/// The opened store. Clones are the same.
#[derive(Clone)]
pub(super) enum Store {
    /// One file, shared by all workers.
    Embedded(EmbeddedStore),
    /// Redis: each worker has connections of its own; this one does the chores.
    Redis(Arc<(RedisStore, RedisSettings)>),
}

/// Who waits for the store's answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StoreCaller {
    /// Callers of a server, who would rather hear soon that it is busy.
    Callers,
    /// Whoever runs a command, which would have to be run again.
    Command,
}

impl StoreCaller {
    /// How long the embedded store may take for one of the many rows that a command writes, on a disk that is busy.
    const PATIENT: Duration = Duration::from_secs(60);

    fn embedded_deadline(self) -> Duration {
        match self {
            Self::Callers => EmbeddedOptions::default().deadline,
            Self::Command => Self::PATIENT,
        }
    }
}

/// Opens the embedded one; begins to connect to a Redis, which may be away ([`Store::reach`]).
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

/// Only a server that is away, or cannot serve yet, may do so later.
fn refused(error: OpenError) -> StartError {
    match error {
        OpenError::Unavailable(why) => StartError::StoreAway(StoreError::Unavailable(why)),
        OpenError::BadUrl { .. }
        | OpenError::BadSetting(_)
        | OpenError::TooOld { .. }
        | OpenError::Evicts { .. } => StartError::Store(error.to_string()),
    }
}

/// Opens the store that the issuer has, for a process without keys to compare.
pub(super) async fn open_shared(
    settings: &config::Store,
    clock: &Arc<dyn Clock>,
) -> Result<Store, StartError> {
    let config::Store::Redis(redis) = settings else {
        let because = "the embedded store is one process's own; the Client API alone needs the issuer's Redis: \
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
        let claim = keyring.store_claim();
        match store.claim_store(&claim).await? {
            StoreCompatibility::Fits => return Ok(()),
            StoreCompatibility::OtherStamp { found } => return Err(StartError::OtherStamp { found }),
            StoreCompatibility::LaterFormat(format) => return Err(StartError::LaterFormat(format)),
            StoreCompatibility::MissingKeys { missing } => {
                // Another process may have made a key since the folder was read. No key goes away again, so this ends.
                keyring.reload()?;
                if keyring.store_claim() == claim {
                    return Err(StartError::MissingKeys { missing });
                }
            }
        }
    }
}

/// Records are judged by one node's time, so that processes whose clocks differ agree.
async fn measure(store: &RedisStore, clock: &dyn Clock) {
    match store.measure_offset(clock).await {
        Ok(offset) if offset.unsigned_abs() > 2_000 => {
            tracing::warn!(offset_ms = offset, "this host's clock and Redis's differ by over 2 s; check NTP");
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "the clock offset to Redis was not measured"),
    }
}

/// Processes learn within a minute that somebody switched the format of the rows.
async fn learn(store: &dyn StoreAdmin) {
    let before = store.written_format();
    match store.learn_format().await {
        Ok(state) if state.written != before => {
            tracing::info!(format = state.written.number(), "rows are written in another format from now on");
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "the format of the store's rows was not read"),
    }
}

/// The connections that do the chores.
struct SharedConnections(Arc<(RedisStore, RedisSettings)>);

impl StoreAdmin for SharedConnections {
    fn check(&self) -> Answer<'_, StoreState> {
        self.0.0.check()
    }

    fn broken(&self) -> Option<String> {
        self.0.0.broken()
    }

    fn earlier_claim(&self) -> Answer<'_, Option<StoreOpening>> {
        self.0.0.earlier_claim()
    }

    fn claim_store<'a>(&'a self, claim: &'a StoreOpening) -> Answer<'a, StoreCompatibility> {
        self.0.0.claim_store(claim)
    }

    fn learn_format(&self) -> Answer<'_, FormatState> {
        self.0.0.learn_format()
    }

    fn switch_format(&self, to: RowFormat) -> Answer<'_, ()> {
        self.0.0.switch_format(to)
    }

    fn written_format(&self) -> RowFormat {
        self.0.0.written_format()
    }
}

impl Store {
    /// What it is called in the log and by `/readyz`.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Embedded(_) => "the embedded store".to_owned(),
            Self::Redis(redis) => format!("Redis at {}", redis.1.servers()),
        }
    }

    /// Looks at a Redis before it is used for the first time.
    ///
    /// # Errors
    /// [`StartError::StoreAway`] when it is away, [`StartError::Store`] when it must not be used.
    pub(super) async fn reach(&self, clock: &dyn Clock) -> Result<(), StartError> {
        let Self::Redis(redis) = self else { return Ok(()) };
        for warning in redis.0.inspect().await.map_err(refused)?.warnings {
            tracing::warn!("{warning}");
        }
        measure(&redis.0, clock).await;
        Ok(())
    }

    /// Makes each worker's store.
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

    /// The store as the task that looks after the keys asks it.
    pub(super) fn admin(&self) -> Arc<dyn StoreAdmin> {
        match self {
            Self::Embedded(store) => Arc::new(store.clone()),
            Self::Redis(redis) => Arc::new(SharedConnections(Arc::clone(redis))),
        }
    }

    /// What has to be done now and then; never ends.
    pub(super) async fn chores(self, clock: Arc<dyn Clock>) {
        loop {
            clock.sleep_until(clock.now().plus(CHORES_EVERY)).await;
            match &self {
                Self::Embedded(store) => {
                    if let Err(error) = store.sweep(clock.now()).await {
                        tracing::warn!(%error, "the store was not swept");
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
