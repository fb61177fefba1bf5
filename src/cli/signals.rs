//! Signals to end.

use std::future::pending;
use std::mem;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGTERM and SIGINT. They are listened for from the first question on, so none is lost between two.
#[derive(Default)]
pub(super) struct Signals(Option<[Option<Signal>; 2]>);

impl Signals {
    /// Ends when the process is asked to end; each signal ends one such wait.
    pub(super) async fn next(&mut self) {
        // One that cannot be listened for ends the process as it always did.
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

/// Runs a process to its end on a runtime of its own. What blocks a thread then, such as a name that the system looks
/// up for half a minute, is left to the end of the process: dropping the runtime would wait for it, deaf to signals.
pub(super) fn run<T>(process: impl Future<Output = T>) -> T {
    let system = actix_web::rt::System::new();
    let ended = system.block_on(process);
    mem::forget(system);
    ended
}
