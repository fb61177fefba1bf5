//! Measures the room that the store has, and remembers whether growth is taken.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::room::{BatchAllowance, GrowthPermission, StoreRoom, is_due};
use crate::protocol::time::Timestamp;

/// How old what is told to the health check may be, in milliseconds.
const OLDEST: u64 = 1000;

type RoomMeasure = Box<dyn Fn() -> Option<StoreRoom> + Send + Sync>;

/// Shared by the writing thread, which looks before each batch that grows, and by the health check. A look is two
/// system calls and reads no data.
pub(super) struct Gauge {
    measure: RoomMeasure,
    reserve: u64,
    path: PathBuf,
    seen: Mutex<GaugeReading>,
}

#[derive(Debug, Clone, Copy)]
struct GaugeReading {
    growth: GrowthPermission,
    at: Option<Timestamp>,
}

impl Gauge {
    pub(super) fn new(measure: RoomMeasure, reserve: u64, path: PathBuf) -> Self {
        Self {
            measure,
            reserve,
            path,
            seen: Mutex::new(GaugeReading { growth: GrowthPermission::Taken, at: None }),
        }
    }

    fn seen(&self) -> MutexGuard<'_, GaugeReading> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Measures, and says what one batch may add.
    pub(super) fn look(&self, now: Timestamp) -> BatchAllowance {
        let mut seen = self.seen();
        seen.at = Some(now);
        // Where nothing can be measured nothing is refused: the disk itself will tell.
        let Some(room) = (self.measure)() else { return BatchAllowance::UNLIMITED };
        let growth = seen.growth.after(room, self.reserve);
        if growth != seen.growth {
            seen.growth = growth;
            self.tell(growth, room);
        }
        BatchAllowance::of(growth, room, self.reserve)
    }

    /// Whether growth is taken, by a look that is at most a second old.
    pub(super) fn growth(&self, now: Timestamp) -> GrowthPermission {
        let GaugeReading { growth, at } = *self.seen();
        if !is_due(at, now, OLDEST) {
            return growth;
        }
        self.look(now);
        self.seen().growth
    }

    /// Whether the disk is full: opening the file again could fail for that alone.
    pub(super) fn is_disk_full(&self) -> bool {
        (self.measure)().is_some_and(|room| room.free < self.reserve)
    }

    /// Whether trimming the file would give anything back.
    pub(super) fn is_file_sparse(&self) -> bool {
        (self.measure)().is_some_and(|room| room.owed > 0)
    }

    /// Why growth is refused and how to mend it. Without figures that change, so that it is logged once.
    pub(super) fn why_refused(&self) -> String {
        format!(
            "the disk of {} has less room than store.embedded.reserve_mb = {}: what stores more is refused, refreshes \
             and logouts go on; free some room there, or lower that setting",
            self.path.display(),
            self.reserve >> 20,
        )
    }

    fn tell(&self, growth: GrowthPermission, room: StoreRoom) {
        let (free_mb, promised_mb) = (room.free >> 20, room.owed >> 20);
        match growth {
            GrowthPermission::Refused => tracing::warn!(free_mb, promised_mb, "{}", self.why_refused()),
            GrowthPermission::Taken => {
                tracing::info!(free_mb, promised_mb, "the embedded store has room again and stores more");
            }
        }
    }
}
