//! Which store the settings name, opened and compared with the keys.

use std::sync::Arc;

use super::{CHORES_EVERY, StartError};
use crate::config;
use crate::http::server::OpenStore;
use crate::ports::BoxFuture;
use crate::ports::clock::Clock;
use crate::ports::store::{StoreAdmin, StoreClaim, StoreClaimed, Stores};
use crate::store::embedded::{EmbeddedOptions, EmbeddedStore};

/// The opened store.
pub(super) enum Store {
    /// One file, shared by all workers.
    Embedded(EmbeddedStore),
}

/// Opens it, and refuses one that does not fit the keys.
pub(super) async fn open(
    settings: &config::Store,
    claim: &StoreClaim,
    _clock: &Arc<dyn Clock>,
) -> Result<Store, StartError> {
    match settings {
        config::Store::Embedded { path } => {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)
                    .map_err(|error| StartError::Store(format!("{}: {error}", folder.display())))?;
            }
            let store = EmbeddedStore::open(path, EmbeddedOptions::default())
                .map_err(|error| StartError::Store(error.to_string()))?;
            compare(&store, claim).await?;
            Ok(Store::Embedded(store))
        }
        config::Store::Redis(_) => Err(StartError::Store("Redis".to_owned())),
    }
}

async fn compare(store: &dyn StoreAdmin, claim: &StoreClaim) -> Result<(), StartError> {
    match store.claim_store(claim).await? {
        StoreClaimed::Fits => Ok(()),
        StoreClaimed::OtherStamp { found } => Err(StartError::OtherStamp { found }),
        StoreClaimed::MissingKeys { missing } => Err(StartError::MissingKeys { missing }),
    }
}

impl Store {
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
            }
        }
    }
}
