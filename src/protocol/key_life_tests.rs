#![expect(
    clippy::arithmetic_side_effects,
    clippy::unchecked_time_subtraction,
    reason = "a test that overflows fails, as it should"
)]

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

const START: Timestamp = Timestamp::from_secs(1_800_000_000);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

fn after(secs: u64) -> Timestamp {
    START.plus(Duration::from_secs(secs))
}

fn active(since: Timestamp) -> KeyDates {
    KeyDates { state: KeyState::Active, activated_at: Some(since), ..KeyDates::next(since) }
}

fn retired(since: Timestamp) -> KeyDates {
    KeyDates { state: KeyState::Retired, retired_at: Some(since), ..active(START) }
}

fn rules() -> KeyRules {
    KeyRules::signing(Some(30 * DAY), HOUR)
}

#[test]
fn openid_core_10_1_1_a_key_signs_once_every_cache_has_it() {
    let keys = [active(START), KeyDates::next(after(30 * 86_400))];
    let ready_at = after(30 * 86_400 + 3600 + 60);
    assert_eq!(rules().ready_at(&keys[1]), ready_at);
    assert_eq!(rules().rotation_at(&keys), Some(ready_at));
    assert_eq!(rules().due(&keys, ready_at.minus(Duration::from_millis(1))), None);
    assert_eq!(rules().due(&keys, ready_at), Some(KeyLifeStep::Activate));
}

#[test]
fn a_key_signs_for_its_period() {
    let keys = [active(START), KeyDates::next(START)];
    assert_eq!(rules().rotation_at(&keys), Some(after(30 * 86_400)));
    let by_command = KeyRules::signing(None, HOUR);
    assert_eq!(by_command.due(&keys, after(u64::MAX / 2)), None);
    // A manifest without dates of activation: the date of creation counts.
    let undated = [KeyDates { activated_at: None, ..active(START) }, keys[1]];
    assert_eq!(rules().rotation_at(&undated), Some(after(30 * 86_400)));
}

#[test]
fn a_retired_key_stays_until_its_last_token_is_over() {
    let keys = [active(START), KeyDates::next(START), retired(START)];
    let over_at = after(3600 + 600);
    assert_eq!(rules().over_at(&keys[2]), Some(over_at));
    assert_eq!(rules().due(&keys, over_at.minus(Duration::from_millis(1))), None);
    assert_eq!(rules().due(&keys, over_at), Some(KeyLifeStep::Withdraw(2)));
    let undated = [keys[0], keys[1], KeyDates { retired_at: None, ..keys[2] }];
    assert_eq!(rules().due(&undated, after(20 * 86_400)), None, "nobody knows when it is over");
    let mac = KeyRules::mac(None, 180 * DAY);
    assert_eq!(mac.over_at(&keys[2]), Some(after(180 * 86_400 + 600)));
    assert_eq!(mac.ready_at(&keys[1]), after(60));
}

#[test]
fn there_is_always_a_next_key() {
    assert_eq!(rules().due(&[active(START)], START), Some(KeyLifeStep::Make));
    assert_eq!(rules().due(&[active(START), KeyDates::next(START)], START), None);
    let mut keys = vec![active(START), KeyDates::next(START)];
    assert!(activate(&mut keys, after(5)));
    assert_eq!(keys, [retired(after(5)), KeyDates { created_at: START, ..active(after(5)) }]);
    assert_eq!(rules().due(&keys, after(5)), Some(KeyLifeStep::Make));
    assert!(!activate(&mut keys, after(6)), "there is none");
}

#[test]
fn of_several_next_keys_the_oldest_takes_over() {
    let mut keys = [KeyDates::next(after(2)), active(START), KeyDates::next(after(1))];
    assert_eq!(oldest_next(&keys), Some(2));
    activate(&mut keys, after(9));
    assert_eq!(keys.map(|key| key.state), [KeyState::Next, KeyState::Retired, KeyState::Active]);
}

#[test]
fn a_set_is_fresh_no_longer_than_unknown_keys_cannot_sign() {
    assert_eq!(fresh_for(HOUR, START, START), HOUR);
    assert_eq!(fresh_for(HOUR, START, after(30)), HOUR);
    assert_eq!(fresh_for(HOUR, START, after(90)), HOUR - Duration::from_secs(60));
    assert_eq!(fresh_for(HOUR, START, after(9000)), Duration::ZERO);
}

#[test]
fn a_shorter_span_counts_when_the_longer_one_is_over() {
    let lasting = RelianceSpan::new(DAY).changed(HOUR, START);
    assert_eq!(lasting.promised(), HOUR);
    assert_eq!(lasting.at(after(86_400 + 59)), DAY, "another process may not have noticed at once");
    assert_eq!(lasting.at(after(86_400 + 60)), HOUR);
    let again = lasting.changed(Duration::from_secs(60), after(86_000));
    assert_eq!(again.at(after(89_659)), DAY, "the longest of what is not over, until all of it is");
    assert_eq!(again.at(after(89_660)), Duration::from_secs(60));
    let raised = again.raised(2 * DAY);
    assert_eq!((raised.promised(), raised.at(after(86_001))), (2 * DAY, 2 * DAY));
    assert_eq!(raised.raised(HOUR), raised);
    assert_eq!(raised.changed(3 * DAY, after(1)).promised(), 3 * DAY);
}

#[test]
fn a_longer_span_that_is_over_is_not_reckoned_with_again() {
    let over_at = after(86_400 + 60);
    let lasting = RelianceSpan::new(DAY).changed(HOUR, START);
    assert_eq!(lasting.changed(Duration::from_secs(60), over_at).at(over_at), HOUR);
}

#[test]
fn an_old_key_is_known_to_hints_as_long_as_the_longest_session() {
    assert_eq!(HINT_LIFE, 3650 * DAY);
}

#[test]
fn a_span_reads_back() {
    let lasting = RelianceSpan::new(DAY).changed(HOUR, START);
    let json = serde_json::to_string(&lasting).unwrap();
    assert_eq!(serde_json::from_str::<RelianceSpan>(&json).unwrap(), lasting);
}

#[derive(Debug, Clone)]
enum Event {
    Pass(u64),
    Keep(usize),
    Rotate(usize),
    /// Activates as soon as allowed and signs a token at once.
    Hurry(usize),
    /// Advances to the time when a retired key is withdrawn.
    Expire(usize),
    TakeBack(usize),
    Restart(usize, u64),
    Sign(usize),
    Fetch(usize),
}

const PROCESSES: usize = 3;

fn events() -> impl Strategy<Value = Vec<Event>> {
    let process = 0..PROCESSES;
    let span = prop_oneof![1_u64..40, 40_u64..700, 700_u64..5000, 5000_u64..200_000, Just(30 * 86_400_u64)];
    let event = prop_oneof![
        4 => span.prop_map(Event::Pass),
        4 => process.clone().prop_map(Event::Keep),
        1 => process.clone().prop_map(Event::Rotate),
        3 => process.clone().prop_map(Event::Hurry),
        3 => process.clone().prop_map(Event::Expire),
        1 => process.clone().prop_map(Event::TakeBack),
        1 => (process.clone(), prop_oneof![Just(60_u64), Just(3600), Just(86_400)])
            .prop_map(|(process, cache)| Event::Restart(process, cache)),
        4 => process.clone().prop_map(Event::Sign),
        4 => process.prop_map(Event::Fetch),
    ];
    proptest::collection::vec(event, 1..120)
}

/// The key folder, as the holder of its lock sees it.
#[derive(Clone)]
struct Folder {
    keys: Vec<KeyDates>,
    kids: Vec<usize>,
    cache: RelianceSpan,
}

struct Process {
    view: Folder,
    confirmed_at: Timestamp,
    cache: Duration,
    /// By how many seconds the clock is ahead of one that is ten seconds slow.
    skew: u64,
}

struct World {
    now: Timestamp,
    folder: Folder,
    processes: Vec<Process>,
    made: usize,
    /// The JWK Set that the verifier caches, and until when.
    kept: BTreeSet<usize>,
    fresh_until: Timestamp,
    /// Living tokens, with their key and expiry.
    tokens: Vec<(usize, Timestamp)>,
}

impl World {
    fn new() -> Self {
        let folder = Folder {
            keys: vec![active(START), KeyDates::next(START)],
            kids: vec![0, 1],
            cache: RelianceSpan::new(HOUR),
        };
        let process = |index: usize| Process {
            view: folder.clone(),
            confirmed_at: START,
            cache: HOUR,
            skew: index as u64 * 10,
        };
        let processes = (0..PROCESSES).map(process).collect();
        let kept = BTreeSet::new();
        Self { now: START, folder, processes, made: 2, kept, fresh_until: START, tokens: Vec::new() }
    }

    fn clock(&self, process: usize) -> Timestamp {
        self.now.plus(Duration::from_secs(self.processes[process].skew)).minus(Duration::from_secs(10))
    }

    /// Advances until a process's clock shows this time.
    fn pass_until(&mut self, process: usize, time: Timestamp) {
        let skew = Duration::from_secs(self.processes[process].skew);
        self.now = self.now.max(time.plus(Duration::from_secs(10)).minus(skew));
    }

    /// Processes notice a change within some seconds; the last one is the slowest.
    fn notice(&mut self, process: usize) {
        let now = self.clock(process);
        let lag = Duration::from_secs(2 + 10 * process as u64);
        if now.since(self.processes[process].confirmed_at) > lag {
            self.processes[process].view = self.folder.clone();
            self.processes[process].confirmed_at = now;
        }
    }

    fn rules(&self, now: Timestamp) -> KeyRules {
        KeyRules::signing(Some(30 * DAY), self.folder.cache.at(now))
    }

    fn make(&mut self, now: Timestamp) {
        self.folder.keys.push(KeyDates::next(now));
        self.folder.kids.push(self.made);
        self.made += 1;
    }

    fn keep(&mut self, process: usize) {
        let now = self.clock(process);
        self.folder.cache = self.folder.cache.raised(self.processes[process].cache);
        let mut steps = 0;
        while let Some(step) = self.rules(now).due(&self.folder.keys, now) {
            steps += 1;
            assert!(steps < 1000, "what is due comes to an end");
            match step {
                KeyLifeStep::Withdraw(place) => {
                    self.folder.keys.remove(place);
                    self.folder.kids.remove(place);
                }
                KeyLifeStep::Activate => assert!(activate(&mut self.folder.keys, now)),
                KeyLifeStep::Make => self.make(now),
            }
        }
        let count = |state| self.folder.keys.iter().filter(|key| key.state == state).count();
        assert_eq!((count(KeyState::Active), count(KeyState::Next)), (1, 1));
    }

    fn happen(&mut self, event: &Event) {
        match *event {
            Event::Pass(secs) => self.now = self.now.plus(Duration::from_secs(secs)),
            Event::Keep(process) => self.keep(process),
            Event::Rotate(process) => {
                let now = self.clock(process);
                let next = oldest_next(&self.folder.keys).map(|place| self.folder.keys[place]);
                if next.is_some_and(|next| self.rules(now).ready_at(&next) <= now) {
                    activate(&mut self.folder.keys, now);
                    self.make(now);
                }
            }
            Event::Hurry(process) => {
                let next = self.folder.keys[oldest_next(&self.folder.keys).unwrap()];
                let ready_at = self.rules(self.clock(process)).ready_at(&next);
                self.pass_until(process, ready_at);
                self.happen(&Event::Rotate(process));
                self.processes[process].view = self.folder.clone();
                self.happen(&Event::Sign(process));
                self.verify((process + 1) % PROCESSES);
            }
            Event::Expire(process) => {
                let rules = self.rules(self.clock(process));
                if let Some(over_at) = self.folder.keys.iter().filter_map(|key| rules.over_at(key)).min() {
                    self.pass_until(process, over_at);
                }
                self.keep(process);
                self.verify(process);
            }
            Event::TakeBack(process) => {
                if let Some(place) = oldest_next(&self.folder.keys) {
                    self.folder.keys.remove(place);
                    self.folder.kids.remove(place);
                    self.make(self.clock(process));
                }
            }
            Event::Restart(process, cache) => {
                let now = self.clock(process);
                let cache = Duration::from_secs(cache);
                self.folder.cache = self.folder.cache.changed(cache, now);
                self.processes[process].cache = cache;
                self.keep(process);
                self.processes[process].view = self.folder.clone();
                self.processes[process].confirmed_at = now;
            }
            Event::Sign(process) => {
                self.notice(process);
                let view = &self.processes[process].view;
                let signs = view.keys.iter().position(|key| key.state == KeyState::Active).unwrap();
                self.tokens.push((view.kids[signs], self.now.plus(ACCESS_TOKEN_LIFETIME)));
            }
            Event::Fetch(process) => self.verify(process),
        }
    }

    /// A verifier gets every living token, and fetches the set when its cache expires.
    fn verify(&mut self, process: usize) {
        self.notice(process);
        if self.now >= self.fresh_until {
            let now = self.clock(process);
            let server = &self.processes[process];
            let promised = server.view.cache.promised();
            let max_age = server.cache.min(fresh_for(promised, server.confirmed_at, now));
            self.kept = server.view.kids.iter().copied().collect();
            self.fresh_until = self.now.plus(max_age);
        }
        let now = self.now;
        self.tokens.retain(|(_, expires_at)| now < *expires_at);
        for (kid, _) in &self.tokens {
            assert!(self.kept.contains(kid), "kid {kid} is not among {:?}", self.kept);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// OpenID Connect Core 1.0 §10.1.1, for generated histories.
    #[test]
    fn a_verifier_that_honours_the_cache_headers_never_meets_an_unknown_kid(events in events()) {
        let mut world = World::new();
        for event in &events {
            world.happen(event);
            // Every token is verified at once, through another process than the signer.
            if let Event::Sign(process) = event {
                world.verify((process + 1) % PROCESSES);
            }
        }
    }

    #[test]
    fn what_was_promised_is_reckoned_with_until_it_is_over(
        changes in proptest::collection::vec((0_u64..200_000, 60_u64..86_400), 1..20),
    ) {
        let (mut lasting, mut now) = (RelianceSpan::new(HOUR), START);
        let mut over = START;
        for (pass, span) in changes {
            now = now.plus(Duration::from_secs(pass));
            // Until now the old span was promised to verifiers.
            over = over.max(now.plus(lasting.promised()));
            prop_assert!(now.plus(lasting.at(now)) >= over);
            lasting = lasting.changed(Duration::from_secs(span), now);
            prop_assert!(now.plus(lasting.at(now)) >= over);
            prop_assert_eq!(lasting.promised(), Duration::from_secs(span));
        }
    }
}
