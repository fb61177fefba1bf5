//! Plays a history to its end, and shrinks one that fails to the fewest steps.

use std::sync::Arc;

use tiquo_auth::protocol::policy::Policy;
use tokio::runtime::Runtime;

use crate::facts::Violation;
use crate::generate::steps_of;
use crate::history::{Pace, Step, StoreKind};
use crate::places::{Place, RedisPlace};
use crate::world::World;

/// What all histories of a run share.
pub(crate) struct Stage {
    pub(crate) runtime: Runtime,
    pub(crate) policy: Arc<Policy>,
    pub(crate) redis: Option<RedisPlace>,
}

/// A history as it was played.
pub(crate) struct Played {
    pub(crate) violation: Option<Violation>,
    pub(crate) story: Vec<String>,
    pub(crate) faults: u64,
}

impl Stage {
    fn place(&self, store: StoreKind) -> Place<'_> {
        match (store, &self.redis) {
            (StoreKind::Redis, Some(redis)) => Place::redis(redis),
            (StoreKind::Embedded, _) => Place::embedded(),
            (StoreKind::Redis, None) => unreachable!("a Redis is started before it is used"),
        }
    }

    /// Plays steps; the seed is that of the randomness inside.
    pub(crate) fn play(&self, seed: u64, store: StoreKind, steps: &[Step], tells: bool) -> Played {
        let mut world = World::new(&self.runtime, &self.policy, self.place(store), seed, tells);
        let all = steps.iter().try_for_each(|step| world.take(*step)).and_then(|()| world.finish());
        let faults = world.faults;
        Played { violation: all.err(), faults, story: world.story() }
    }

    /// The fewest steps that break the same rule.
    pub(crate) fn shrink(&self, seed: u64, store: StoreKind, rule: &'static str) -> Vec<Step> {
        let mut steps = steps_of(seed, store);
        let fails = |steps: &[Step]| {
            self.play(seed, store, steps, false).violation.is_some_and(|violation| violation.rule == rule)
        };
        // Whole runs of steps first, then single ones, until no one can be left out.
        let mut span = steps.len() / 2;
        while span > 0 {
            let mut place = 0;
            let mut has_shrunk = false;
            while place < steps.len() {
                let mut fewer = steps.clone();
                fewer.drain(place..(place + span).min(steps.len()));
                if fails(&fewer) {
                    (steps, has_shrunk) = (fewer, true);
                } else {
                    place += span;
                }
            }
            if !has_shrunk || span > 1 {
                span /= 2;
            }
        }
        self.calm(steps, fails)
    }

    /// The same steps with less trouble in each, where the rule still breaks.
    fn calm(&self, mut steps: Vec<Step>, fails: impl Fn(&[Step]) -> bool) -> Vec<Step> {
        for place in 0..steps.len() {
            for calmer in calmer(steps[place]) {
                let before = std::mem::replace(&mut steps[place], calmer);
                if fails(&steps) {
                    break;
                }
                steps[place] = before;
            }
        }
        steps
    }
}

/// The step with less trouble, the calmest first.
fn calmer(step: Step) -> Vec<Step> {
    let paces = |pace: Pace| [Pace::WHOLE, Pace { fault: None, ..pace }, Pace { verbs: u8::MAX, ..pace }];
    match step {
        Step::Request { act, process, pace } if pace != Pace::WHOLE => {
            let calmer = |pace| Step::Request { act, process: 0, pace };
            let same_process = |pace| Step::Request { act, process, pace };
            paces(pace).into_iter().flat_map(|pace| [calmer(pace), same_process(pace)]).collect()
        }
        Step::Request { act, process, pace } if process != 0 => vec![Step::Request { act, process: 0, pace }],
        Step::GoOn { request, pace } if pace != Pace::WHOLE => {
            paces(pace).map(|pace| Step::GoOn { request, pace }).to_vec()
        }
        Step::Crash { process, power_lost: true } => vec![Step::Crash { process, power_lost: false }],
        _ => Vec::new(),
    }
}
