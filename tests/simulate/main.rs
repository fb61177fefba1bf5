//! The simulation: histories that follow from a seed, of several people who ask several processes, with faults between any
//! two steps, and what must hold after every one of them.
//!
//! The use cases are the real ones; so are the transactions of the embedded store, over a disk in memory, and the scripts
//! in a Redis. Verbs are carried out one at a time, in an order that the history says. `gate.rs` is where they wait.
#![cfg(test)]
#![expect(clippy::arithmetic_side_effects, reason = "a history that overflows fails, as it should")]

#[path = "../it/support/disk.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod disk;
#[path = "../it/support/entropy.rs"]
mod entropy;
mod facts;
mod gate;
mod gated_store;
mod generate;
mod history;
mod model;
mod people;
mod places;
mod play;
#[path = "../it/support/redis_server.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod redis_server;
mod surroundings;
mod world;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use tiquo_auth::config::Settings;
use tiquo_auth::protocol::budget::Limit;
use tiquo_auth::protocol::policy::Policy;

use generate::steps_of;
use history::StoreKind;
use places::RedisPlace;
use play::Stage;

/// Plays histories, or one again.
#[derive(Parser)]
struct Arguments {
    /// The store.
    #[arg(long, value_enum, default_value = "embedded")]
    store: StoreKind,
    /// Plays the history of this seed and tells it.
    #[arg(long)]
    seed: Option<u64>,
    /// The first seed of many.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// How many histories are played.
    #[arg(long, default_value_t = 1000)]
    count: u64,
}

/// Development's settings, with limits that a history can reach.
fn policy() -> Policy {
    let mut policy = Settings::development(3999, std::path::Path::new("unused"), []).unwrap().policy;
    let limit = |count, window| Limit { count, window };
    let hour = Duration::from_secs(3600);
    policy.codes.attempts = 3;
    policy.codes.address_failures = limit(5, 24 * hour);
    policy.codes.device_failures = limit(4, 24 * hour);
    policy.sends.per_address_and_network = limit(4, hour);
    policy.sends.per_address = limit(6, hour);
    policy.sends.per_network = limit(8, hour);
    policy.sends.per_mailbox.in_organization = limit(7, hour);
    policy.sends.per_device = limit(4, hour);
    policy.strangers.codes.admissions = 9;
    for organization in &mut policy.organizations {
        organization.session_duration = 40 * 24 * hour;
    }
    policy
}

#[expect(clippy::disallowed_methods, reason = "how fast it plays is measured by the host's clock")]
fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let redis = (arguments.store == StoreKind::Redis).then(|| RedisPlace::start(&runtime));
    let stage = Stage { runtime, policy: Arc::new(policy()), redis };
    let begin = Instant::now();
    let (mut steps, mut faults) = (0, 0);
    let seeds = match arguments.seed {
        Some(seed) => seed..seed + 1,
        None => arguments.from..arguments.from + arguments.count,
    };
    for seed in seeds.clone() {
        let history = steps_of(seed, arguments.store);
        let played = stage.play(seed, arguments.store, &history, arguments.seed.is_some());
        steps += history.len();
        faults += played.faults;
        if arguments.seed.is_some() {
            println!("{}", played.story.join("\n"));
        }
        if let Some(violation) = played.violation {
            println!("seed {seed} on {}: {}: {}", arguments.store, violation.rule, violation.what);
            let shrunk = stage.shrink(seed, arguments.store, violation.rule);
            let story = stage.play(seed, arguments.store, &shrunk, true);
            println!("shrunk from {} steps to {}:", history.len(), shrunk.len());
            println!("{}", story.story.join("\n"));
            if let Some(violation) = story.violation {
                println!("broken: {}: {}", violation.rule, violation.what);
            }
            return ExitCode::FAILURE;
        }
    }
    let took = begin.elapsed().as_secs_f64();
    let histories = seeds.end - seeds.start;
    println!("{histories} histories, {steps} steps, {faults} faults in {took:.1} s on {}", arguments.store);
    ExitCode::SUCCESS
}
