//! The simulation: histories that follow from a seed, of several people who ask several processes, with faults between any
//! two steps, and what must hold after every one of them. `docs/simulation.md` says how to read and replay one.
//!
//! The use cases are the real ones; so are the transactions of the embedded store, over a disk in memory, and the scripts
//! in a Redis. Verbs are carried out one at a time, in an order that the history says: `gate.rs` is where they wait.
#![cfg(test)]
#![expect(clippy::arithmetic_side_effects, reason = "a history that overflows fails, as it should")]

mod arguments;
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
mod run;
mod surroundings;
#[path = "../it/support/warden.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod warden;
mod world;

use std::process::ExitCode;

/// The status for what was asked wrongly (sysexits has no word for it; shells and clap use 2).
const BAD_INPUT: u8 = 2;

fn main() -> ExitCode {
    match arguments::read(std::env::args()) {
        Ok(arguments) => run::run(&arguments),
        Err(arguments::BadInput(line)) => {
            eprintln!("{line}");
            ExitCode::from(BAD_INPUT)
        }
    }
}
