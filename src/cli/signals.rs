//! Signals that ask the process to end.

use std::future::pending;
use std::mem;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGTERM and SIGINT. Both are registered at the first wait, so that no signal between two waits is lost.
#[derive(Default)]
pub(super) struct Signals(Option<[Option<Signal>; 2]>);

impl Signals {
    /// Returns when the process is asked to end; each signal ends one wait.
    pub(super) async fn next(&mut self) {
        // A signal that cannot be registered keeps its default action and ends the process.
        let listen = |kind| signal(kind).ok();
        let [terminate, interrupt] =
            self.0.get_or_insert_with(|| [SignalKind::terminate(), SignalKind::interrupt()].map(listen));
        tokio::select! {
            () = heard(terminate) => {}
            () = heard(interrupt) => {}
        }
    }
}

async fn heard(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => pending().await,
    }
}

/// Runs a process to its end on its own runtime. The runtime is not dropped, because that would wait for
/// blocked threads, such as a slow name lookup, without reacting to signals.
pub(super) fn run<T>(process: impl Future<Output = T>) -> T {
    let system = actix_web::rt::System::new();
    let ended = system.block_on(process);
    mem::forget(system);
    ended
}
