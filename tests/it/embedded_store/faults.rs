//! Faults of the disk at random, between and during writes: nothing that was acknowledged is lost.

use std::sync::Arc;

use proptest::prelude::{Just, ProptestConfig, Strategy, prop_oneof, proptest};
use tiquo_auth::ports::store::{GrantStore as _, Rotation, StoreAdmin as _, StoreState};
use tiquo_auth::protocol::grant::{Generation, RotationVerdict};
use tiquo_auth::store::embedded::{EmbeddedOptions, EmbeddedStore};

use super::recovery::{A_REST, open_grant, options, over};
use crate::store_contract::make::{ROTATION, after, presented, sid};
use crate::support::clock::ManualClock;
use crate::support::disk::Disk;

#[derive(Debug, Clone)]
enum Step {
    Open,
    Rotate(u64),
    Revoke(u64),
    Fail { after: u64, times: u64 },
    FailReads(u64),
    BreakDown,
    RefuseOpenings,
    Mend,
    Wait,
    LosePower,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => Just(Step::Open),
        6 => (0_u64..40).prop_map(Step::Rotate),
        2 => (0_u64..40).prop_map(Step::Revoke),
        3 => (0_u64..30, 1_u64..4).prop_map(|(after, times)| Step::Fail { after, times }),
        1 => (1_u64..3).prop_map(Step::FailReads),
        1 => Just(Step::BreakDown),
        1 => Just(Step::RefuseOpenings),
        4 => Just(Step::Mend),
        4 => Just(Step::Wait),
        1 => Just(Step::LosePower),
    ]
}

/// What was acknowledged of a grant, and how far it may have come besides.
#[derive(Debug, Clone, Copy)]
struct Known {
    at_least: u32,
    at_most: u32,
    revoked: bool,
}

fn place(number: u64) -> usize {
    usize::try_from(number).unwrap()
}

struct World {
    disk: Disk,
    clock: ManualClock,
    store: EmbeddedStore,
    known: Vec<Option<Known>>,
    attempts: u64,
}

impl World {
    fn new(cache_bytes: usize) -> Self {
        let (disk, clock) = (Disk::default(), ManualClock::fixed());
        let options = EmbeddedOptions { cache_bytes, ..options() };
        let store = EmbeddedStore::over(disk.clone(), options, Arc::new(clock.clone())).unwrap();
        Self { disk, clock, store, known: Vec::new(), attempts: 0 }
    }

    fn pick(&self, number: u64) -> Option<u64> {
        let number = number % (self.known.len().max(1) as u64);
        self.known.get(place(number)).copied().flatten().map(|_| number)
    }

    async fn take(&mut self, step: Step) {
        match step {
            Step::Open => {
                let opened = open_grant(&self.store, self.known.len() as u64).await;
                self.known.push(opened.ok().map(|()| Known { at_least: 0, at_most: 0, revoked: false }));
            }
            Step::Rotate(number) => {
                let Some(number) = self.pick(number) else { return };
                let Ok(Some(grant)) = self.store.peek_grant(&sid(number)).await else { return };
                let generation = grant.generation.number();
                self.attempts += 1;
                let presented = presented(generation, 5, self.attempts);
                let known = self.known[place(number)].as_mut().unwrap();
                known.at_most = known.at_most.max(generation + 1);
                let rotated = self.store.rotate_refresh(&sid(number), &presented, &ROTATION).await;
                // A revocation that was not acknowledged may hold all the same.
                if matches!(rotated, Ok(Rotation::Judged { verdict: RotationVerdict::Rotated, .. })) {
                    known.at_least = generation + 1;
                }
            }
            Step::Revoke(number) => {
                let Some(number) = self.pick(number) else { return };
                if self.store.revoke_grant(&sid(number), after(9)).await.is_ok() {
                    self.known[place(number)].as_mut().unwrap().revoked = true;
                }
            }
            Step::Fail { after, times } => self.disk.fail(after, times),
            Step::FailReads(times) => self.disk.fail_reads(times),
            Step::BreakDown => self.disk.break_down(),
            Step::RefuseOpenings => self.disk.refuse_openings(),
            Step::Mend => self.disk.mend(),
            Step::Wait => self.clock.advance(A_REST),
            Step::LosePower => {
                self.disk = self.disk.after_power_loss();
                self.store = over(&self.disk, &self.clock);
            }
        }
    }

    async fn judge(&mut self) {
        self.disk.mend();
        self.clock.advance(A_REST);
        for (number, known) in self.known.iter().enumerate() {
            let Some(known) = known else { continue };
            let grant = self.store.peek_grant(&sid(number as u64)).await.unwrap();
            let grant = grant.unwrap_or_else(|| panic!("grant {number} was acknowledged and is gone"));
            let (least, most) = (Generation::new(known.at_least), Generation::new(known.at_most));
            assert!((least..=most).contains(&grant.generation), "{number}: {grant:?}, {known:?}");
            assert!(!known.revoked || grant.revoked_at.is_some(), "{number} was revoked");
        }
        assert_eq!(self.store.check().await, Ok(StoreState::Well));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn nothing_acknowledged_is_lost_whatever_the_disk_does(
        steps in proptest::collection::vec(step(), 1..60),
        cache_bytes in prop_oneof![Just(0), Just(64 << 10), Just(64 << 20)],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut world = World::new(cache_bytes);
            for step in steps {
                world.take(step).await;
            }
            world.judge().await;
            world.take(Step::LosePower).await;
            world.judge().await;
        });
    }
}
