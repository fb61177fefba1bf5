//! Background tasks that run as long as the process.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinHandle, JoinSet};

use crate::ports::clock::Clock;

/// Pause before a task that ended is started again.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Tasks that never return. One that panics is logged and started again: otherwise keys would stop rotating
/// or rows stop being swept, unnoticed for weeks.
pub(super) struct Tasks {
    clock: Arc<dyn Clock>,
    running: Vec<JoinHandle<()>>,
}

impl Tasks {
    pub(super) fn new(clock: &Arc<dyn Clock>) -> Self {
        Self { clock: Arc::clone(clock), running: Vec::new() }
    }

    /// Starts a task on the current runtime; `make` makes it again after a panic.
    pub(super) fn start<F>(&mut self, name: &'static str, make: impl Fn() -> F + 'static)
    where
        F: Future<Output = ()> + 'static,
    {
        let clock = Arc::clone(&self.clock);
        self.running.push(actix_web::rt::spawn(async move {
            loop {
                // A `JoinSet` aborts the task when it is dropped.
                let mut one = JoinSet::new();
                one.spawn_local(make());
                let panicked = matches!(one.join_next().await, Some(Err(_)));
                tracing::error!(
                    task = name,
                    panicked,
                    "a background task ended unexpectedly; it is started again"
                );
                clock.sleep_until(clock.now().plus(AGAIN_AFTER)).await;
            }
        }));
    }

    /// Aborts the tasks and waits until they have released what they hold.
    pub(super) async fn end(self) {
        for task in &self.running {
            task.abort();
        }
        for task in self.running {
            let _ = task.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::system::SystemClock;

    #[test]
    fn a_task_that_panics_is_started_again_and_ends_when_it_is_told_to() {
        actix_web::rt::System::new().block_on(async {
            let clock: Arc<dyn Clock> = Arc::new(SystemClock);
            let mut tasks = Tasks::new(&clock);
            let (begun, held) = (Arc::new(AtomicUsize::new(0)), Arc::new(()));
            let (count, kept) = (Arc::clone(&begun), Arc::clone(&held));
            let (second, seen) = tokio::sync::oneshot::channel();
            let second = std::cell::RefCell::new(Some(second));
            let second = std::rc::Rc::new(second);
            tasks.start("test", move || {
                let (count, kept, second) =
                    (Arc::clone(&count), Arc::clone(&kept), std::rc::Rc::clone(&second));
                async move {
                    assert!(count.fetch_add(1, Ordering::SeqCst) > 0, "the first one panics");
                    second.borrow_mut().take().map(|second| second.send(()));
                    std::future::pending::<()>().await;
                    drop(kept);
                }
            });
            seen.await.unwrap();
            assert_eq!(begun.load(Ordering::SeqCst), 2);
            tasks.end().await;
            assert_eq!(Arc::strong_count(&held), 1, "nothing is held any more");
        });
    }
}
