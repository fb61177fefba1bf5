//! The shape of a race: many at once, again and again.

use std::collections::BTreeMap;

use super::make::all_at_once;
use crate::support::stores::TestStore;

/// How many race one another.
pub(super) const RACERS: u64 = 64;
/// How often the races that the contract names are run.
pub(super) const ROUNDS: u64 = 1_000;
/// How often the others are.
pub(super) const FEW_ROUNDS: u64 = 50;
/// How many rounds run beside one another.
const ABREAST: u64 = 10;

/// What the racers of one round heard, in no order.
pub(super) struct Heard<T>(Vec<T>);

impl<T> Heard<T> {
    /// How many of them heard this.
    pub(super) fn count(&self, is: impl Fn(&T) -> bool) -> u64 {
        self.iter().filter(|answer| is(answer)).count().try_into().unwrap()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }
}

/// Runs `rounds` races of [`RACERS`] each on one store. `setup` prepares a round, each `racer` knows its round and its
/// number in it, and `check` judges what the racers of a round heard.
pub(super) async fn race<T, S, R>(
    store: &TestStore,
    rounds: u64,
    setup: impl Fn(TestStore, u64) -> S,
    racer: impl Fn(TestStore, u64, u64) -> R,
    check: impl AsyncFn(u64, Heard<T>),
) where
    T: Send + 'static,
    S: Future<Output = ()> + Send + 'static,
    R: Future<Output = T> + Send + 'static,
{
    for first in (0..rounds).step_by(usize::try_from(ABREAST).unwrap()) {
        let abreast = first..rounds.min(first + ABREAST);
        all_at_once(abreast.clone().map(|round| setup(store.clone(), round))).await;
        let racers = abreast.flat_map(|round| (0..RACERS).map(move |number| (round, number)));
        let answers = all_at_once(racers.map(|(round, number)| {
            let run = racer(store.clone(), round, number);
            async move { (round, run.await) }
        }))
        .await;
        let mut heard = BTreeMap::<u64, Vec<T>>::new();
        for (round, answer) in answers {
            heard.entry(round).or_default().push(answer);
        }
        for (round, answers) in heard {
            check(round, Heard(answers)).await;
        }
    }
}

/// The setup of a race that needs none.
pub(super) async fn nothing(_: TestStore, _: u64) {}
