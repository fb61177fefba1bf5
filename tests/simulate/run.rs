//! Plays what was asked for on each store, and tells what came of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::arguments::{Arguments, One, Play};
use crate::facts::Violation;
use crate::generate::history_of;
use crate::history::{History, StoreKind};
use crate::play::Stage;

/// The histories that once failed.
const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/simulate/kept");
/// Where a history that fails is left.
const LEFT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/simulation");

/// What was played on one store.
struct Sums<'a> {
    stop: &'a AtomicBool,
    histories: u64,
    steps: u64,
    faults: u64,
    reached: BTreeMap<String, u64>,
    failed: bool,
}

/// Plays on all stores at once. Fails when a rule did not hold.
#[expect(clippy::disallowed_methods, reason = "how fast it plays is told by the host's clock")]
pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    std::panic::set_hook(Box::new(|panic| eprintln!("{panic}")));
    let begin = Instant::now();
    // One history that fails is enough: the other store need not go on.
    let stop = &AtomicBool::new(false);
    let sums = std::thread::scope(|scope| {
        let threads = arguments.stores.iter().map(|store| {
            let play = &arguments.play;
            (*store, scope.spawn(move || on(*store, play, stop)))
        });
        let threads = threads.collect::<Vec<_>>();
        threads.into_iter().map(|(store, thread)| (store, thread.join().unwrap())).collect::<Vec<_>>()
    });
    let seconds = begin.elapsed().as_secs_f64();
    for (store, sums) in &sums {
        let Sums { histories, steps, faults, .. } = sums;
        println!("{store}: {histories} histories, {steps} steps, {faults} faults in {seconds:.0} s");
        if std::env::var_os("SIMULATION_REACHED").is_some() {
            for (what, count) in &sums.reached {
                println!("{count:>10}  {what}");
            }
        }
    }
    if sums.iter().any(|(_, sums)| sums.failed) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

#[expect(clippy::disallowed_methods, reason = "it ends by the host's clock")]
fn on<'a>(store: StoreKind, play: &Play, stop: &'a AtomicBool) -> Sums<'a> {
    let stage = Stage::new(store);
    let mut sums = Sums { stop, histories: 0, steps: 0, faults: 0, reached: BTreeMap::new(), failed: false };
    match play {
        Play::One(one) => {
            let history = match &**one {
                One::Seed(seed) => history_of(*seed, store),
                One::Kept(history) => history.clone(),
            };
            tell(&stage, store, &history, &mut sums);
        }
        Play::Seeds { from, count } => {
            for seed in *from..from.saturating_add(*count) {
                if !is_well(&stage, store, &history_of(seed, store), &mut sums) {
                    break;
                }
            }
        }
        Play::Check { fixed, time } => {
            for path in kept(store) {
                let text = std::fs::read_to_string(&path).unwrap();
                let history = serde_json::from_str(&text).unwrap();
                if !is_well(&stage, store, &history, &mut sums) {
                    println!("{store}: it ended at {}", path.display());
                    return sums;
                }
            }
            let mut seeds = 1..=*fixed;
            if seeds.all(|seed| is_well(&stage, store, &history_of(seed, store), &mut sums)) {
                fresh(&stage, store, Instant::now() + *time, &mut sums);
            }
        }
        Play::Fresh(time) => fresh(&stage, store, Instant::now() + *time, &mut sums),
    }
    sums
}

/// Plays seeds that nobody played before, as far as chance goes.
#[expect(
    clippy::disallowed_methods,
    reason = "it ends by the host's clock, and begins at another seed each time"
)]
fn fresh(stage: &Stage, store: StoreKind, end: Instant, sums: &mut Sums<'_>) {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or(Duration::ZERO);
    let first = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX) & (u64::MAX >> 1);
    println!("{store}: fresh seeds from {first} on");
    let mut seed = first;
    while Instant::now() < end && is_well(stage, store, &history_of(seed, store), sums) {
        seed += 1;
    }
}

/// The files of histories that once failed on a store.
fn kept(store: StoreKind) -> Vec<PathBuf> {
    let suffix = format!("-{store}.json");
    let entries = std::fs::read_dir(KEPT).into_iter().flatten();
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut kept = paths.filter(|path| path.to_string_lossy().ends_with(&suffix)).collect::<Vec<_>>();
    kept.sort();
    kept
}

/// Plays a history; tells it, shrunk, when a rule does not hold.
fn is_well(stage: &Stage, store: StoreKind, history: &History, sums: &mut Sums<'_>) -> bool {
    if sums.stop.load(Ordering::Relaxed) {
        return false;
    }
    let played = stage.play(history, false);
    sums.histories += 1;
    sums.steps += history.steps.len() as u64;
    sums.faults += played.told.faults;
    for (what, count) in played.told.reached {
        *sums.reached.entry(what).or_default() += count;
    }
    let Some(violation) = played.violation else { return true };
    sums.failed = true;
    sums.stop.store(true, Ordering::Relaxed);
    println!("{store}: \"{}\" does not hold with seed {}", violation.rule, history.seed);
    shrink(stage, store, history, &violation);
    false
}

/// Tells a history from its first step to its last.
fn tell(stage: &Stage, store: StoreKind, history: &History, sums: &mut Sums<'_>) {
    let played = stage.play(history, true);
    sums.histories += 1;
    sums.steps += history.steps.len() as u64;
    sums.faults += played.told.faults;
    println!("{}", played.told.story.join("\n"));
    if let Some(violation) = played.violation {
        sums.failed = true;
        println!("BROKEN: {}: {}", violation.rule, violation.what);
        shrink(stage, store, history, &violation);
    }
}

fn shrink(stage: &Stage, store: StoreKind, history: &History, violation: &Violation) {
    let shrunk = stage.shrink(history, violation.rule);
    let (before, after) = (history.steps.len(), shrunk.steps.len());
    println!("Shrunk from {before} steps to {after}, on the {store} store:\n");
    let played = stage.play(&shrunk, true);
    println!("{}", played.told.story.join("\n"));
    if let Some(violation) = played.violation {
        println!("BROKEN: {}: {}\n", violation.rule, violation.what);
    }
    let path = Path::new(LEFT).join(format!("{}-{store}.json", history.seed));
    let written = std::fs::create_dir_all(LEFT).and_then(|()| std::fs::write(&path, text_of(&shrunk)));
    match written {
        Ok(()) => println!(
            "Play it again: cargo test --locked --test simulate -- --store {store} --history {}",
            path.display()
        ),
        Err(error) => println!("{} cannot be written: {error}", path.display()),
    }
    println!(
        "The whole of it: cargo test --locked --test simulate -- --store {store} --seed {}",
        history.seed
    );
}

/// A history as its file has it, a line for each step.
fn text_of(history: &History) -> String {
    let steps = history.steps.iter().map(|step| serde_json::to_string(step).unwrap_or_default());
    format!("{{\"seed\":{},\"steps\":[\n{}\n]}}\n", history.seed, steps.collect::<Vec<_>>().join(",\n"))
}
