//! Measures the free room of the store, and remembers whether it may grow.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::room::{BatchAllowance, GrowthPermission, StoreRoom, is_due};
use crate::protocol::time::Timestamp;

/// How old a measurement for the health check may be, in milliseconds.
const OLDEST: u64 = 1000;

type RoomMeasure = Box<dyn Fn() -> Option<StoreRoom> + Send + Sync>;

/// Used by the writing thread before each batch that grows the file, and by the health check. A measurement
/// is two system calls and reads no data.
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
            seen: Mutex::new(GaugeReading { growth: GrowthPermission::Granted, at: None }),
        }
    }

    fn reading(&self) -> MutexGuard<'_, GaugeReading> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Measures the room, and answers what one batch may add.
    pub(super) fn look(&self, now: Timestamp) -> BatchAllowance {
        let mut seen = self.reading();
        seen.at = Some(now);
        // If the room cannot be measured nothing is refused; a full disk then shows as an I/O error.
        let Some(room) = (self.measure)() else { return BatchAllowance::UNLIMITED };
        let growth = seen.growth.after(room, self.reserve);
        if growth != seen.growth {
            seen.growth = growth;
            self.log_growth(growth, room);
        }
        BatchAllowance::of(growth, room, self.reserve)
    }

    /// Whether the file may grow, by a measurement that is at most a second old.
    pub(super) fn growth(&self, now: Timestamp) -> GrowthPermission {
        let GaugeReading { growth, at } = *self.reading();
        if !is_due(at, now, OLDEST) {
            return growth;
        }
        self.look(now);
        self.reading().growth
    }

    /// Whether the disk is full, which alone can make opening the file again fail.
    pub(super) fn is_disk_full(&self) -> bool {
        (self.measure)().is_some_and(|room| room.free < self.reserve)
    }

    /// Whether trimming the file would free any promised room.
    pub(super) fn is_file_sparse(&self) -> bool {
        (self.measure)().is_some_and(|room| room.owed > 0)
    }

    /// Why growth is refused and what to do. Has no changing figures, so that the same text is logged only
    /// once.
    pub(super) fn why_refused(&self) -> String {
        format!(
            "the disk of {} has less room than store.embedded.reserve_mb = {}: requests that store more are refused, \
             while refreshes and logouts go on; free some room there, or lower that setting",
            self.path.display(),
            self.reserve >> 20,
        )
    }

    fn log_growth(&self, growth: GrowthPermission, room: StoreRoom) {
        let (free_mb, promised_mb) = (room.free >> 20, room.owed >> 20);
        match growth {
            GrowthPermission::Refused => tracing::warn!(free_mb, promised_mb, "{}", self.why_refused()),
            GrowthPermission::Granted => {
                tracing::info!(
                    free_mb,
                    promised_mb,
                    "the embedded store has enough room again and accepts all requests"
                );
            }
        }
    }
}
