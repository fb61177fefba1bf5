use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Semaphore;

use super::*;

struct World {
    flights: SharedFetches<&'static str, usize>,
    flown: AtomicUsize,
    gate: Semaphore,
}

impl World {
    fn new() -> Arc<Self> {
        let (flights, gate) = (SharedFetches::new(), Semaphore::new(0));
        Arc::new(Self { flights, flown: AtomicUsize::new(0), gate })
    }

    async fn fly(&self, key: &'static str) -> usize {
        let fly = async {
            let number = self.flown.fetch_add(1, Ordering::Relaxed).saturating_add(1);
            self.gate.acquire().await.unwrap().forget();
            Ok::<_, Infallible>(number)
        };
        self.flights.join(key, fly).await.unwrap()
    }

    fn start(self: &Arc<Self>, key: &'static str) -> tokio::task::JoinHandle<usize> {
        let world = Arc::clone(self);
        tokio::spawn(async move { world.fly(key).await })
    }
}

async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn equal_fetches_share_one_request_and_a_later_one_makes_another() {
    let world = World::new();
    let equal: Vec<_> = (0..20).map(|_| world.start("a")).collect();
    let other = world.start("b");
    settle().await;
    assert_eq!(world.flown.load(Ordering::Relaxed), 2);
    world.gate.add_permits(2);
    for one in equal {
        assert_eq!(one.await.unwrap(), 1);
    }
    assert_eq!(other.await.unwrap(), 2);
    world.gate.add_permits(1);
    assert_eq!(world.fly("a").await, 3);
    assert!(world.flights.lock().is_empty());
}

#[tokio::test]
async fn when_the_caller_that_fetches_is_cancelled_the_next_one_fetches() {
    let world = World::new();
    let maker = world.start("a");
    settle().await;
    let heir = world.start("a");
    settle().await;
    maker.abort();
    settle().await;
    world.gate.add_permits(1);
    assert_eq!(heir.await.unwrap(), 2);
    let last = world.start("a");
    settle().await;
    last.abort();
    settle().await;
    assert!(world.flights.lock().is_empty(), "an entry is removed when all its callers are cancelled");
}

#[tokio::test]
async fn an_error_is_returned_to_the_caller_that_fetched_only() {
    let world = World::new();
    let refused: Result<usize, &str> = world.flights.join("a", async { Err("refused") }).await;
    assert_eq!(refused, Err("refused"));
    world.gate.add_permits(1);
    assert_eq!(world.fly("a").await, 1);
}
