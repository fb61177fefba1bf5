//! The world of a history: the store, the processes before it, and whoever asks them.

mod processes;
mod requests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use tiquo_auth::protocol::policy::Policy;
use tokio::runtime::Runtime;

use crate::entropy::SeededEntropy;
use crate::facts::{Facts, Violation};
use crate::gate::{Gate, TaskId};
use crate::gated_store::VerbLog;
use crate::history::{Act, Loot, Pace, Phone, Step};
use crate::model::Model;
use crate::people::People;
use crate::places::Place;
use crate::surroundings::{AuditTrail, Post, Relay, WorldTime};
use processes::Process;
use requests::Task;

/// Everything there is while a history is played.
pub(crate) struct World<'a> {
    runtime: &'a Runtime,
    policy: Arc<Policy>,
    place: Place<'a>,
    time: WorldTime,
    gate: Gate,
    log: VerbLog,
    audit: AuditTrail,
    post: Post,
    newest_mac_key: Arc<AtomicU8>,
    entropy: Arc<SeededEntropy>,
    processes: Vec<Process>,
    tasks: BTreeMap<TaskId, Task>,
    next_task: TaskId,
    people: People,
    facts: Facts,
    model: Model,
    /// How many things happened: requests that began, verbs, answers.
    tick: u64,
    story: Vec<String>,
    tells: bool,
    faults: u64,
    reached: BTreeMap<String, u64>,
}

/// What became of a history.
pub(crate) struct PlayReport {
    /// A line for each thing that happened.
    pub(crate) story: Vec<String>,
    pub(crate) faults: u64,
    /// How often each verb had each answer, and each request.
    pub(crate) reached: BTreeMap<String, u64>,
}

/// How far the clocks of two processes may be apart.
pub(crate) const SKEW: Duration = Duration::from_millis(2400);

impl<'a> World<'a> {
    pub(crate) fn new(
        runtime: &'a Runtime,
        policy: &Arc<Policy>,
        place: Place<'a>,
        seed: u64,
        tells: bool,
    ) -> Self {
        let mut world = Self {
            runtime,
            policy: Arc::clone(policy),
            place,
            time: WorldTime::begin(),
            gate: Gate::default(),
            log: VerbLog::default(),
            audit: AuditTrail::default(),
            post: Post::default(),
            newest_mac_key: Arc::new(AtomicU8::new(1)),
            entropy: Arc::new(SeededEntropy::new(seed)),
            processes: Vec::new(),
            tasks: BTreeMap::new(),
            next_task: 1,
            people: People::default(),
            facts: Facts::new(Arc::clone(policy)),
            model: Model::default(),
            tick: 0,
            story: Vec::new(),
            tells,
            faults: 0,
            reached: BTreeMap::new(),
        };
        for number in 0..world.place.processes() {
            let process = world.start_process(number);
            world.processes.push(process);
        }
        world
    }

    /// What was played: how often each verb had each answer, the faults, and the story if it was told.
    pub(crate) fn told(self) -> PlayReport {
        let mut reached = self.reached;
        for (answer, count) in self.gate.answers() {
            *reached.entry(answer).or_default() += count;
        }
        PlayReport { story: self.story, faults: self.faults, reached }
    }

    fn tell(&mut self, line: impl FnOnce() -> String) {
        if self.tells {
            let since = self.time.now().since(WorldTime::begin().now());
            let line = line();
            self.story.push(format!("{:>11}  {line}", clock_text(since)));
        }
    }

    /// Takes a step. What cannot be done, for lack of a token or of a request that waits, is left out.
    pub(crate) fn take(&mut self, step: Step) -> Result<(), Violation> {
        match step {
            Step::Request { act, process, pace } => self.request(act, usize::from(process), pace)?,
            Step::GoOn { request, pace } => {
                if let Some(task) = self.nth_task(request) {
                    self.tell(|| format!("request {task} goes on"));
                    self.run(task, pace)?;
                }
            }
            Step::HangUp { request } => {
                if let Some(task) = self.nth_task(request) {
                    self.tell(|| format!("whoever waits for request {task} hangs up"));
                    self.drop_task(task);
                }
            }
            Step::LateVerbs => self.late_verbs()?,
            Step::Wait { millis } => {
                self.nobody_waits_for_longer(Duration::from_millis(millis))?;
                self.time.advance(Duration::from_millis(millis));
                self.place.wait(Duration::from_millis(millis));
                self.tell(|| "time passed".to_owned());
            }
            Step::Skew { process, millis } => {
                let process = usize::from(process) % self.processes.len();
                self.tell(|| format!("the clock of process {process} is off by {millis} ms"));
                self.processes[process].clock.ahead_millis.store(millis, Ordering::Relaxed);
            }
            Step::Move { phone, network } => {
                self.tell(|| format!("{} is in network {network} now", phone.name()));
                self.people.phone(phone).network = network;
            }
            Step::Forget { phone } => {
                self.tell(|| format!("{} forgets everything", phone.name()));
                self.people.phone(phone).forget();
            }
            Step::Copy { from, loot } => self.copy(from, loot),
            Step::Relay(relay) => {
                self.tell(|| format!("the mail relay: {relay:?}"));
                self.post.set_relay(relay);
            }
            Step::NewMacKey { process } => {
                let process = usize::from(process) % self.processes.len();
                let newest = self.newest_mac_key.load(Ordering::Relaxed);
                // A key is announced before it is used, so no process is ever two behind.
                let all_know = self
                    .processes
                    .iter()
                    .all(|process| process.mac_keys.loaded.load(Ordering::Relaxed) == newest);
                if newest < 9 && all_know {
                    self.tell(|| format!("process {process} makes MAC key {} and uses it", newest + 1));
                    self.newest_mac_key.store(newest + 1, Ordering::Relaxed);
                    self.processes[process].mac_keys.loaded.store(newest + 1, Ordering::Relaxed);
                }
            }
            Step::Crash { process, power_lost } => self.crash(usize::from(process), power_lost),
            Step::Disk(fault) => {
                self.faults += 1;
                self.tell(|| format!("the disk: {fault:?}"));
                self.place.befall(fault);
                // After an error the file is opened again, and counters that were not written yet are lost.
                self.model.forget_counters();
                self.facts.forget_counters();
            }
            Step::Sweep => {
                self.place.sweep(self.runtime, self.time.now());
            }
            Step::Replicate => {
                if self.place.replicate() {
                    self.tell(|| "a replica of Redis has everything".to_owned());
                    self.model.replicate();
                    self.facts.replicated(self.tick);
                }
            }
            Step::FailOver => {
                if self.place.fail_over() {
                    self.faults += 1;
                    self.tell(|| "Redis fails over to its replica".to_owned());
                    self.model.fail_over();
                    self.facts.failed_over();
                }
            }
        }
        self.observe()
    }

    /// Everything is well again: what waits goes on to its end, and each phone refreshes once more.
    pub(crate) fn finish(&mut self) -> Result<(), Violation> {
        self.tell(|| "everything is well from here on".to_owned());
        self.place.heal();
        self.post.set_relay(Relay::Delivers);
        while let Some(task) = self.nth_task(0) {
            self.tell(|| format!("request {task} goes on"));
            self.run(task, Pace::WHOLE)?;
        }
        self.late_verbs()?;
        for phone in Phone::ALL {
            for act in at_the_end(phone) {
                self.request(act, 0, Pace::WHOLE)?;
            }
        }
        self.observe()?;
        self.facts.at_the_end()
    }

    fn copy(&mut self, from: Phone, loot: Loot) {
        if self.people.copy(from, loot, &self.post) {
            self.tell(|| format!("the thief copies from {}: {loot:?}", from.name()));
        }
    }

    /// Looks at what happened: verbs, mails and audit events.
    fn observe(&mut self) -> Result<(), Violation> {
        for call in self.log.take() {
            self.facts.carried_out(&call, self.tick);
            self.model.carried_out(&call)?;
        }
        for mail in self.post.take_taken() {
            self.facts.mailed(mail);
        }
        for event in self.audit.take() {
            self.tell(|| format!("    audit event: {}", event.kind.name()));
            *self.reached.entry(format!("audit event {}", event.kind.name())).or_default() += 1;
            self.facts.recorded(event)?;
        }
        Ok(())
    }
}

/// What each phone does when all is well again.
const fn at_the_end(phone: Phone) -> [Act; 6] {
    [
        Act::LookAtSession { phone },
        Act::Refresh { phone },
        Act::Refresh { phone },
        Act::AppLooks { phone },
        Act::RefreshApp { phone, at_token_endpoint: true },
        Act::RefreshApp { phone, at_token_endpoint: false },
    ]
}

/// A time since the beginning, for people.
fn clock_text(since: Duration) -> String {
    let (seconds, millis) = (since.as_secs(), since.subsec_millis());
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    let day = if days > 0 { format!("{days}d ") } else { String::new() };
    format!("{day}{hours:02}:{minutes:02}:{:02}.{millis:03}", seconds % 60)
}
