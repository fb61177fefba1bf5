//! The loop of the writing thread: one batch of verbs is one transaction. After a failure the database is
//! opened again.
//!
//! After an I/O error the database refuses everything until it is opened anew. The failed batch was not
//! acknowledged, and everything acknowledged before is on the disk. So the database is closed, opened at once
//! and repaired if needed. When that fails, or commits keep failing, the thread waits before the next try,
//! longer each time, and callers are refused meanwhile.

use std::sync::Arc;
use std::time::Duration;

use redb::{Database, Durability};
use tokio::sync::mpsc;

use super::gauge::Gauge;
use super::handle::{DatabaseHandle, StoreCondition};
use super::open::OpenError;
use super::room::{BatchAllowance, GrowthPermission as StoreRoom};
use super::rows::{BatchDurability, Transaction, failed};
use super::verbs::{Growth, Verb};
use super::writer::VerbWork;
use crate::ports::clock::Clock;
use crate::ports::store::{Result, StoreError};
use crate::protocol::time::Timestamp;
use crate::store::WrittenFormat;

/// How many consecutive commits may stay in memory only. The pages that they replace are freed by the next
/// durable commit.
const FLEETING_COMMITS: u32 = 256;

/// Shortest and longest wait before the next try; it doubles with each failure.
const FIRST_REST: Duration = Duration::from_millis(50);
const LONGEST_REST: Duration = Duration::from_secs(2);

pub(super) type DatabaseReopening = Box<dyn Fn() -> Result<Database, OpenError> + Send>;

pub(super) struct WriterTurns {
    pub(super) handle: Arc<DatabaseHandle>,
    pub(super) gauge: Arc<Gauge>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) format: WrittenFormat,
    pub(super) open_again: DatabaseReopening,
    fleeting: u32,
    failures: u32,
    rests_since: Option<Timestamp>,
}

enum BatchFailure {
    /// The transaction could not begin: no verb was carried out.
    NotBegun(StoreError),
    /// Verbs were carried out, and it is unknown whether they are on the disk.
    Begun(StoreError),
}

/// The wait after a number of failures in a row. There is none after the first, because most failures are
/// single.
fn rest_after(failures: u32) -> Duration {
    match failures.checked_sub(2) {
        None => Duration::ZERO,
        Some(doublings) => FIRST_REST.saturating_mul(1 << doublings.min(10)).min(LONGEST_REST),
    }
}

impl WriterTurns {
    pub(super) const fn new(
        handle: Arc<DatabaseHandle>,
        gauge: Arc<Gauge>,
        clock: Arc<dyn Clock>,
        format: WrittenFormat,
        open_again: DatabaseReopening,
    ) -> Self {
        Self { handle, gauge, clock, format, open_again, fleeting: 0, failures: 0, rests_since: None }
    }

    pub(super) fn run(mut self, mut queue: mpsc::Receiver<Box<dyn VerbWork>>) {
        while let Some(first) = queue.blocking_recv() {
            let mut batch = vec![first];
            // Bounded by the number of calls that wait now, so that a steady stream cannot keep a batch open.
            for _ in 0..queue.len() {
                batch.extend(queue.try_recv().ok());
            }
            batch.retain(|work| work.is_awaited());
            let committed = self.turn(&mut batch);
            for work in batch {
                work.answer(committed.clone());
            }
        }
        self.commit_durably();
    }

    fn turn(&mut self, batch: &mut [Box<dyn VerbWork>]) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        self.must_not_rest()?;
        let mut carried = self.carry_out(batch);
        if let Err(BatchFailure::NotBegun(_)) = carried {
            self.open_anew()?;
            carried = self.carry_out(batch);
        }
        match carried {
            Ok(effect) => {
                if effect != BatchDurability::Nothing {
                    self.succeeded();
                }
                if batch.iter().any(|work| work.verb() == Verb::Trim) {
                    self.trim();
                }
                Ok(())
            }
            Err(BatchFailure::NotBegun(error) | BatchFailure::Begun(error)) => {
                tracing::error!(%error, verbs = batch.len(), "the embedded store could not commit a batch");
                let (StoreError::Unavailable(why) | StoreError::Corrupt(why)) = &error;
                self.failed(StoreCondition::Failing(why.clone()));
                self.make_usable();
                Err(error)
            }
        }
    }

    fn must_not_rest(&self) -> Result<()> {
        let Some(since) = self.rests_since else { return Ok(()) };
        let (now, rest) = (self.clock.now(), rest_after(self.failures));
        if now < since || now.since(since) >= rest {
            return Ok(());
        }
        let why = match self.handle.condition() {
            StoreCondition::Well => return Ok(()),
            StoreCondition::Failing(why) | StoreCondition::Shut { why, .. } => why,
        };
        Err(StoreError::Unavailable(format!("{why}; this is tried again in a moment")))
    }

    /// Opens the database again if it cannot begin a transaction. An error shows in the next turn.
    fn make_usable(&mut self) {
        let probe = |db: &Database| db.begin_write().map_err(failed)?.abort().map_err(failed);
        if self.handle.with(probe).is_err() {
            let _ = self.open_anew();
        }
    }

    fn open_anew(&mut self) -> Result<()> {
        // Closed first, because the open database holds the file's lock.
        self.handle.close();
        // Commits that stayed in memory only are lost, as in a crash.
        self.fleeting = 0;
        match (self.open_again)() {
            Ok(db) => {
                self.handle.put(db);
                if let StoreCondition::Shut { why, .. } = self.handle.condition() {
                    self.handle.set_condition(StoreCondition::Failing(why));
                }
                tracing::info!("the embedded store opened its file again");
                Ok(())
            }
            Err(error) => {
                let (why, disk_is_full) = (error.to_string(), self.gauge.is_disk_full());
                tracing::error!(%error, disk_is_full, "the embedded store could not open its file again");
                self.failed(StoreCondition::Shut { why: why.clone(), disk_is_full });
                Err(StoreError::Unavailable(why))
            }
        }
    }

    fn failed(&mut self, condition: StoreCondition) {
        self.failures = self.failures.saturating_add(1);
        self.rests_since = Some(self.clock.now());
        self.handle.set_condition(condition);
    }

    fn succeeded(&mut self) {
        if self.failures > 0 {
            tracing::info!(failures = self.failures, "the embedded store commits again");
        }
        (self.failures, self.rests_since) = (0, None);
        self.handle.set_condition(StoreCondition::Well);
    }

    /// Trims the file by closing it, which cuts off free pages at its end and so reduces what the disk has
    /// promised.
    fn trim(&mut self) {
        if self.gauge.growth(self.clock.now()) == StoreRoom::Refused && self.gauge.is_file_sparse() {
            // An error of opening shows in the next turn.
            let _ = self.open_anew();
        }
    }

    fn carry_out(&mut self, batch: &mut [Box<dyn VerbWork>]) -> Result<BatchDurability, BatchFailure> {
        let grows = |work: &dyn VerbWork| work.verb().growth() == Growth::Grows;
        let mut allowance = if batch.iter().any(|work| grows(&**work)) {
            self.gauge.look(self.clock.now())
        } else {
            BatchAllowance::UNLIMITED
        };
        let handle = Arc::clone(&self.handle);
        let mut has_begun = false;
        let carried = handle.with(|db| {
            let mut shared = db.begin_write().map_err(failed)?;
            has_begun = true;
            let mut effect = BatchDurability::Nothing;
            for work in batch {
                let grows = grows(&**work);
                if grows && !allowance.takes_one_more() {
                    work.refuse(StoreError::Unavailable(self.gauge.why_refused()));
                    continue;
                }
                let done = work.run(Transaction::new(&shared, self.format.get()))?;
                effect = effect.max(done.effect);
                if grows {
                    allowance.spend(done.rows, done.bytes);
                }
            }
            if effect == BatchDurability::Fleeting && self.fleeting < FLEETING_COMMITS {
                shared.set_durability(Durability::None).map_err(failed)?;
                self.fleeting = self.fleeting.saturating_add(1);
            } else if effect != BatchDurability::Nothing {
                self.fleeting = 0;
            }
            if effect == BatchDurability::Nothing {
                shared.abort().map_err(failed)?;
            } else {
                shared.commit().map_err(failed)?;
            }
            Ok(effect)
        });
        carried.map_err(
            |error| if has_begun { BatchFailure::Begun(error) } else { BatchFailure::NotBegun(error) },
        )
    }

    /// Makes commits durable that stayed in memory only, so that an orderly end loses nothing.
    fn commit_durably(&self) {
        if self.fleeting > 0 {
            let last = |db: &Database| db.begin_write().map_err(failed)?.commit().map_err(failed);
            if let Err(error) = self.handle.with(last) {
                tracing::warn!(%error, "the latest rate counters could not be written to the disk");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_doubles_with_each_failure_up_to_two_seconds() {
        let rests = (0..9).map(|failures| rest_after(failures).as_millis()).collect::<Vec<_>>();
        assert_eq!(rests, [0, 0, 50, 100, 200, 400, 800, 1600, 2000]);
        assert_eq!(rest_after(u32::MAX), LONGEST_REST);
    }
}
