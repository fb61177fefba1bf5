//! The world of a history: the store, the processes before it, and whoever asks them.

use std::collections::BTreeMap;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
use std::task::Poll;
use std::time::Duration;

use tiquo_auth::flow::client_keys::ClientKeys;
use tiquo_auth::flow::{Caller, Context};
use tiquo_auth::ports::clock::Clock;
use tiquo_auth::ports::logout_notices::NoNotices;
use tiquo_auth::ports::store::Stores;
use tiquo_auth::protocol::network::{ClientAddress, ClientNetwork};
use tiquo_auth::protocol::policy::Policy;
use tiquo_auth::protocol::time::Timestamp;
use tokio::runtime::Runtime;

use crate::entropy::SeededEntropy;
use crate::facts::{Facts, Violation};
use crate::gate::{Gate, Passage, TaskId};
use crate::gated_store::{GatedStore, VerbLog};
use crate::history::{Act, Loot, Pace, Phone, Step};
use crate::model::Model;
use crate::people::{Asked, People, RequestFuture, Who};
use crate::places::Place;
use crate::surroundings::{
    AuditTrail, NoFetcher, Post, ProcessClock, SimulatedMacKeys, SimulatedSigner, WorldTime,
};

/// One process of the issuer.
pub(crate) struct Process {
    pub(crate) cx: Arc<Context>,
    clock: Arc<ProcessClock>,
    mac_keys: Arc<SimulatedMacKeys>,
}

/// A request that was made and not answered yet.
struct Task {
    asked: Asked,
    process: usize,
    began: u64,
    began_at: Timestamp,
    future: RequestFuture,
}

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
pub(crate) struct Told {
    /// A line for each thing that happened.
    pub(crate) story: Vec<String>,
    pub(crate) faults: u64,
    /// How often each verb had each answer, and each request.
    pub(crate) reached: BTreeMap<String, u64>,
}

/// How far the clocks of two processes may be apart.
pub(crate) const SKEW: Duration = Duration::from_millis(2400);

/// How long a request may take at most, and a verb that its caller no longer waits for.
const LONGEST_REQUEST: Duration = Duration::from_secs(60);

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

    fn start_process(&mut self, number: usize) -> Process {
        let clock = Arc::new(ProcessClock { world: self.time.clone(), ahead_millis: AtomicI64::new(0) });
        let mac_keys = Arc::new(SimulatedMacKeys::new(Arc::clone(&self.newest_mac_key)));
        let dynamic_clock = Arc::clone(&clock) as Arc<dyn Clock>;
        let stores: Arc<dyn Stores> = Arc::new(GatedStore {
            stores: self.place.stores(number, &dynamic_clock),
            gate: self.gate.clone(),
            log: self.log.clone(),
        });
        let fetcher = Arc::new(NoFetcher);
        let cx = Context {
            policy: Arc::clone(&self.policy),
            clock: Arc::clone(&dynamic_clock),
            entropy: Arc::clone(&self.entropy) as _,
            mac_keys: Arc::clone(&mac_keys) as _,
            signer: Arc::new(SimulatedSigner),
            stores,
            mailer: Arc::new(self.post.clone()),
            fetcher: fetcher.clone(),
            client_keys: Arc::new(ClientKeys::new(fetcher, dynamic_clock)),
            notices: Arc::new(NoNotices),
            audit: Arc::new(self.audit.clone()),
        };
        Process { cx: Arc::new(cx), clock, mac_keys }
    }

    /// What was played: how often each verb had each answer, the faults, and the story if it was told.
    pub(crate) fn told(self) -> Told {
        let mut reached = self.reached;
        for (answer, count) in self.gate.answers() {
            *reached.entry(answer).or_default() += count;
        }
        Told { story: self.story, faults: self.faults, reached }
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
        self.post.set_relay(crate::surroundings::Relay::Delivers);
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

    fn nth_task(&self, number: u8) -> Option<TaskId> {
        let count = self.tasks.len();
        if count == 0 {
            return None;
        }
        self.tasks.keys().nth(usize::from(number) % count).copied()
    }

    fn request(&mut self, act: Act, process: usize, pace: Pace) -> Result<(), Violation> {
        let process = process % self.processes.len();
        let task = self.next_task;
        let cx = Arc::clone(&self.processes[process].cx);
        let who = act.phone().map_or(Who::Thief, Who::Phone);
        let caller = caller(task, who, self.people.network_of(who));
        let Some((asked, future)) = self.people.ask(act, cx, caller, &self.post) else { return Ok(()) };
        self.next_task += 1;
        self.tick += 1;
        self.tell(|| format!("request {task}, at process {process}: {asked}"));
        self.facts.began(&asked, self.people.network_of(who), self.tick, self.time.now());
        self.tasks.insert(task, Task { asked, process, began: self.tick, began_at: self.time.now(), future });
        self.run(task, pace)
    }

    /// Lets so many verbs of a request through; it may end on the way.
    fn run(&mut self, task: TaskId, pace: Pace) -> Result<(), Violation> {
        let mut verbs = 0;
        // The first turn leads to the first verb, or to an answer that needs none.
        if self.gate.waits(task).is_none() && self.poll(task)? {
            return Ok(());
        }
        while verbs < pace.verbs {
            let fault = pace.fault.filter(|(place, _)| *place == verbs).map(|(_, passage)| passage);
            self.faults += u64::from(fault.is_some());
            self.gate.open(task, fault.unwrap_or(Passage::Through));
            self.tick += 1;
            if self.poll(task)? {
                return Ok(());
            }
            verbs += 1;
        }
        let waits = self.gate.waits(task).unwrap_or("nothing");
        self.tell(|| format!("  request {task} waits with {waits}"));
        Ok(())
    }

    /// Takes a request to its next verb, or to its end. Answers whether it ended.
    fn poll(&mut self, id: TaskId) -> Result<bool, Violation> {
        let Some(task) = self.tasks.get_mut(&id) else { return Ok(true) };
        let gate = self.gate.clone();
        let future = &mut task.future;
        let outcome = self.runtime.block_on(std::future::poll_fn(|context| {
            gate.enter(Some(id));
            let polled = Pin::new(&mut *future).poll(context);
            gate.enter(None);
            match polled {
                Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
                Poll::Pending if gate.waits(id).is_some() => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            }
        }));
        self.tell_verbs();
        self.observe()?;
        let Some(outcome) = outcome else { return Ok(false) };
        let Some(task) = self.tasks.remove(&id) else { return Ok(true) };
        self.gate.forget(id);
        self.tick += 1;
        self.tell(|| format!("  request {id} is answered: {outcome}"));
        let now = self.processes[task.process].clock.now();
        let answer = crate::facts::Answer {
            task: id,
            asked: &task.asked,
            outcome: &outcome,
            began: task.began,
            began_at: task.began_at,
            answered_at: self.time.now(),
            tick: self.tick,
            now,
        };
        self.facts.answered(&answer)?;
        self.people.hear(&task.asked, &outcome);
        Ok(true)
    }

    fn tell_verbs(&mut self) {
        for line in self.gate.take_carried_out() {
            self.tell(|| format!("    {line}"));
        }
    }

    fn drop_task(&mut self, task: TaskId) {
        self.tasks.remove(&task);
        self.gate.forget(task);
    }

    fn late_verbs(&mut self) -> Result<(), Violation> {
        for late in self.gate.take_late() {
            let answer = self.runtime.block_on(late.verb);
            self.tick += 1;
            self.tell(|| format!("carried out late: {} → {answer}", late.name));
            self.observe()?;
        }
        Ok(())
    }

    /// A request or a verb that stands still for longer than any deadline is no more: what would outlast it ends before.
    fn nobody_waits_for_longer(&mut self, span: Duration) -> Result<(), Violation> {
        let end = self.time.now().plus(span);
        let is_old = |task: &Task| end.since(task.began_at) > LONGEST_REQUEST;
        let old = self.tasks.iter().filter(|(_, task)| is_old(task)).map(|(id, _)| *id).collect::<Vec<_>>();
        for task in old {
            self.tell(|| format!("request {task} goes on"));
            self.run(task, Pace::WHOLE)?;
        }
        if span > LONGEST_REQUEST { self.late_verbs() } else { Ok(()) }
    }

    fn copy(&mut self, from: Phone, loot: Loot) {
        if self.people.copy(from, loot, &self.post) {
            self.tell(|| format!("the thief copies from {}: {loot:?}", from.name()));
        }
    }

    fn crash(&mut self, process: usize, power_lost: bool) {
        let process = process % self.processes.len();
        self.faults += 1;
        let how = if power_lost { "dies with the power" } else { "is killed" };
        self.tell(|| format!("process {process} {how} and starts again"));
        let gone = self.tasks.iter().filter(|(_, task)| task.process == process);
        for task in gone.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.drop_task(task);
        }
        if self.place.crash_takes_store_down() {
            // What nobody waits for any more is carried out by nobody.
            drop(self.gate.take_late());
            self.processes.clear();
            self.place.crash(power_lost);
            self.model.forget_counters();
            for number in 0..self.place.processes() {
                let process = self.start_process(number);
                self.processes.push(process);
            }
        } else {
            self.processes[process] = self.start_process(process);
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

fn caller(task: TaskId, who: Who, network: u8) -> Caller {
    let address: IpAddr = match who {
        Who::Phone(phone) => IpAddr::from([192, 0, network, 10 + phone as u8]),
        Who::Thief => IpAddr::from([198, 51, 100, 7]),
    };
    Caller {
        request_id: format!("r{task}"),
        network: ClientNetwork::of(address),
        address: ClientAddress::of(address),
    }
}

/// A time since the beginning, for people.
fn clock_text(since: Duration) -> String {
    let (seconds, millis) = (since.as_secs(), since.subsec_millis());
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    let day = if days > 0 { format!("{days}d ") } else { String::new() };
    format!("{day}{hours:02}:{minutes:02}:{:02}.{millis:03}", seconds % 60)
}
