//! Where a history's store is: a disk in memory for the embedded one, a Redis of the simulation's own for the other.

use std::sync::Arc;
use std::time::Duration;

use tiquo_auth::ports::clock::Clock;
use tiquo_auth::ports::store::Stores;
use tiquo_auth::protocol::row_format::RowFormat;
use tiquo_auth::protocol::time::Timestamp;
use tiquo_auth::store::WrittenFormat;
use tiquo_auth::store::embedded::{EmbeddedOptions, EmbeddedStore};
use tiquo_auth::store::redis::{RedisSettings, RedisStore};
use tokio::runtime::Runtime;

use crate::disk::Disk;
use crate::history::DiskFault;
use crate::redis_server::RedisServer;

/// How long a verb may take on a machine that is busy. No history waits for it.
const PATIENCE: Duration = Duration::from_secs(60);

/// The store of one history.
pub(crate) enum Place<'a> {
    /// A file on a disk in memory.
    Embedded(EmbeddedPlace),
    /// A real Redis, which is emptied before each history.
    Redis(&'a RedisPlace),
}

/// A disk in memory, with the store that has it open.
pub(crate) struct EmbeddedPlace {
    disk: Disk,
    store: Option<EmbeddedStore>,
}

/// A Redis server, with the connections of two processes.
pub(crate) struct RedisPlace {
    _server: RedisServer,
    stores: [Arc<RedisStore>; 2],
    connection: std::sync::Mutex<redis::Connection>,
}

impl RedisPlace {
    /// Starts a server.
    pub(crate) fn start(runtime: &Runtime) -> Self {
        let server = RedisServer::start();
        let connect = || {
            let mut settings = RedisSettings::standalone(server.url());
            settings.key_prefix = "s:".to_owned();
            settings.deadline = PATIENCE;
            settings.format = WrittenFormat::new(Some(RowFormat::NEWEST));
            Arc::new(runtime.block_on(RedisStore::connect(&settings)).unwrap())
        };
        let stores = [connect(), connect()];
        let client = redis::Client::open(server.url()).unwrap();
        let connection = std::sync::Mutex::new(client.get_connection().unwrap());
        Self { _server: server, stores, connection }
    }

    fn script(&self, text: &str, argument: u64) {
        let connection = &mut *self.connection.lock().unwrap();
        redis::cmd("EVAL").arg(text).arg(0).arg(argument).exec(connection).unwrap();
    }
}

/// Shortens the life of every key, as if so many milliseconds had passed.
const WAIT: &str = "
for database = 0, 1 do
  redis.call('SELECT', database)
  for _, key in ipairs(redis.call('KEYS', '*')) do
    local left = redis.call('PTTL', key)
    if left >= 0 then
      if left <= tonumber(ARGV[1]) then redis.call('DEL', key)
      else redis.call('PEXPIRE', key, string.format('%.0f', left - tonumber(ARGV[1]))) end
    end
  end
end
redis.call('SELECT', 0)";

/// Makes the database of the number that is given like the other of the two.
const COPY: &str = "
local to = tonumber(ARGV[1])
redis.call('SELECT', to)
redis.call('FLUSHDB')
redis.call('SELECT', 1 - to)
for _, key in ipairs(redis.call('KEYS', '*')) do redis.call('COPY', key, key, 'DB', to) end
redis.call('SELECT', 0)";

impl<'a> Place<'a> {
    pub(crate) fn embedded() -> Self {
        Self::Embedded(EmbeddedPlace { disk: Disk::default(), store: None })
    }

    pub(crate) fn redis(place: &'a RedisPlace) -> Self {
        redis::cmd("FLUSHALL").exec(&mut *place.connection.lock().unwrap()).unwrap();
        Self::Redis(place)
    }

    /// How many processes there are: a file has one.
    pub(crate) const fn processes(&self) -> usize {
        match self {
            Self::Embedded(_) => 1,
            Self::Redis(_) => 2,
        }
    }

    /// The store as a process has it.
    pub(crate) fn stores(&mut self, process: usize, clock: &Arc<dyn Clock>) -> Arc<dyn Stores> {
        match self {
            Self::Embedded(EmbeddedPlace { disk, store }) => {
                let options = EmbeddedOptions {
                    deadline: PATIENCE,
                    cache_bytes: 4 * 1024 * 1024,
                    reserve_bytes: 64 * 1024,
                    ..EmbeddedOptions::default()
                };
                let open = || EmbeddedStore::over(disk.clone(), options, Arc::clone(clock));
                // A disk that is not well may keep it from starting; whoever is on call mends that first.
                let opened = open().unwrap_or_else(|_| {
                    disk.mend();
                    disk.has(1 << 40);
                    open().unwrap()
                });
                *store = Some(opened.clone());
                Arc::new(opened)
            }
            Self::Redis(place) => Arc::clone(&place.stores[process]) as _,
        }
    }

    /// Time passes for what ends by itself.
    pub(crate) fn wait(&self, span: Duration) {
        if let Self::Redis(place) = self {
            place.script(WAIT, u64::try_from(span.as_millis()).unwrap());
        }
    }

    /// Removes what is garbage, where that is our task.
    pub(crate) fn sweep(&self, runtime: &Runtime, now: Timestamp) {
        if let Self::Embedded(EmbeddedPlace { store: Some(store), .. }) = self {
            // On a disk that fails or is full, what is garbage stays a while longer.
            let _ = runtime.block_on(store.sweep(now));
        }
    }

    /// Something befalls the disk.
    pub(crate) fn befall(&self, fault: DiskFault) {
        let Self::Embedded(EmbeddedPlace { disk, .. }) = self else { return };
        match fault {
            DiskFault::FailsOnce { after } => disk.fail(after.into(), 1),
            DiskFault::IsFull => {
                disk.has(1 << 40);
                disk.leave(0);
            }
            DiskFault::HasRoom => disk.has(1 << 40),
        }
    }

    /// Whether the store ends with its process.
    pub(crate) const fn crash_takes_store_down(&self) -> bool {
        matches!(self, Self::Embedded(_))
    }

    /// The process is gone that had the file open; nobody has a clone of its store any more.
    pub(crate) fn crash(&mut self, power_lost: bool) {
        let Self::Embedded(EmbeddedPlace { disk, store }) = self else { return };
        let left = if power_lost { disk.after_power_loss() } else { disk.after_kill() };
        *store = None;
        *disk = left;
    }

    /// Nothing is wrong with the disk any more.
    pub(crate) fn heal(&self) {
        if let Self::Embedded(EmbeddedPlace { disk, .. }) = self {
            disk.mend();
            disk.has(1 << 40);
        }
    }

    /// A replica has everything that there is now. Answers whether there can be one.
    pub(crate) fn replicate(&self) -> bool {
        self.copy(1)
    }

    /// The replica takes over, with what it has.
    pub(crate) fn fail_over(&self) -> bool {
        self.copy(0)
    }

    fn copy(&self, to: u64) -> bool {
        let Self::Redis(place) = self else { return false };
        place.script(COPY, to);
        true
    }
}
