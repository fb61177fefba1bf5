//! Plays a history to its end, and shrinks one that fails to the fewest steps.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use tiquo_auth::config::Settings;
use tiquo_auth::protocol::budget::Limit;
use tiquo_auth::protocol::id::ClientId;
use tiquo_auth::protocol::policy::Policy;
use tiquo_auth::protocol::redirect_uri::RedirectUri;
use tokio::runtime::Runtime;

use crate::facts::Violation;
use crate::history::{History, Pace, Step, StoreKind};
use crate::people::applications::{CLIENT, REDIRECT_URI};
use crate::places::{Place, RedisPlace};
use crate::world::{PlayReport, World};

/// What all histories of a run share.
pub(crate) struct Stage {
    runtime: Runtime,
    policy: Arc<Policy>,
    redis: Option<RedisPlace>,
}

/// A history as it was played.
pub(crate) struct Played {
    pub(crate) violation: Option<Violation>,
    pub(crate) told: PlayReport,
}

impl Stage {
    /// Makes what histories on a store need.
    pub(crate) fn new(store: StoreKind) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let redis = (store == StoreKind::Redis).then(|| RedisPlace::start(&runtime));
        Self { runtime, policy: Arc::new(policy()), redis }
    }

    fn place(&self) -> Place<'_> {
        self.redis.as_ref().map_or_else(Place::embedded, Place::redis)
    }

    /// Plays a history; `tells` whether its story is written.
    pub(crate) fn play(&self, history: &History, tells: bool) -> Played {
        let mut world = World::new(&self.runtime, &self.policy, self.place(), history.seed, tells);
        let all = catch_unwind(AssertUnwindSafe(|| {
            history.steps.iter().try_for_each(|step| world.take(*step))?;
            world.finish()
        }));
        let violation = match all {
            Ok(held) => held.err(),
            Err(_) => {
                Some(Violation { rule: "no panic", what: "a use case or the store panicked".to_owned() })
            }
        };
        Played { violation, told: world.told() }
    }

    /// The fewest steps that break the same rule.
    pub(crate) fn shrink(&self, history: &History, rule: &'static str) -> History {
        let fails = |steps: &[Step]| {
            let history = History { seed: history.seed, steps: steps.to_vec() };
            self.play(&history, false).violation.is_some_and(|violation| violation.rule == rule)
        };
        let steps = calm(fewest(history.steps.clone(), fails), fails);
        // What is calmer may need fewer.
        History { seed: history.seed, steps: fewest(steps, fails) }
    }
}

/// Leaves out whole runs of steps first, then single ones, until no one can be left out.
fn fewest(mut steps: Vec<Step>, fails: impl Fn(&[Step]) -> bool) -> Vec<Step> {
    let mut span = steps.len().max(1);
    loop {
        let (mut place, mut has_shrunk) = (0, false);
        while place < steps.len() {
            let mut fewer = steps.clone();
            fewer.drain(place..(place + span).min(steps.len()));
            if fails(&fewer) {
                (steps, has_shrunk) = (fewer, true);
            } else {
                place += span;
            }
        }
        if span > 1 {
            span /= 2;
        } else if !has_shrunk {
            return steps;
        }
    }
}

/// The same steps with less trouble in each, where the rule still breaks.
fn calm(mut steps: Vec<Step>, fails: impl Fn(&[Step]) -> bool) -> Vec<Step> {
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

/// The step with less trouble, the calmest first.
fn calmer(step: Step) -> Vec<Step> {
    let paces = |pace: Pace| [Pace::WHOLE, Pace { fault: None, ..pace }, Pace { verbs: u8::MAX, ..pace }];
    match step {
        Step::Request { act, process, pace } if pace != Pace::WHOLE => {
            let at = |process| move |pace| Step::Request { act, process, pace };
            paces(pace).into_iter().flat_map(|pace| [at(0)(pace), at(process)(pace)]).collect()
        }
        Step::Request { act, process, pace } if process != 0 => vec![Step::Request { act, process: 0, pace }],
        Step::GoOn { request, pace } if pace != Pace::WHOLE => {
            paces(pace).map(|pace| Step::GoOn { request, pace }).to_vec()
        }
        Step::Crash { process, power_lost: true } => vec![Step::Crash { process, power_lost: false }],
        _ => Vec::new(),
    }
}

/// Development's settings, with limits that a history can reach.
fn policy() -> Policy {
    let mut policy = Settings::development(3999, std::path::Path::new("unused"), []).unwrap().policy;
    let limit = |count, window| Limit { count, window };
    let hour = Duration::from_secs(3600);
    policy.codes.attempts = 3;
    policy.codes.address_failures = limit(5, 24 * hour);
    policy.codes.known_device_failures = limit(4, 24 * hour);
    policy.sends.per_address_and_network = limit(5, hour);
    policy.sends.per_address = limit(6, hour);
    policy.sends.per_network = limit(8, hour);
    policy.sends.per_mailbox.in_organization = limit(4, hour);
    policy.sends.per_known_device = limit(4, hour);
    policy.strangers.codes.admissions = 9;
    let application = policy.clients.get_mut(&ClientId::new(CLIENT)).unwrap();
    application.redirect_uris = vec![RedirectUri::parse(REDIRECT_URI).unwrap()];
    for organization in &mut policy.organizations {
        organization.session_duration = 40 * 24 * hour;
    }
    policy
}
