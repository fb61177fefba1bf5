//! Plays strangers of many networks against a development server, while others go on: 200 sessions refresh, ten people who
//! asked for a code before type it, ten devices that signed in before sign in again, and ten people who were never here
//! try to. Counts what each of them saw, and what the store held before and after.
//!
//! ```text
//! bench_strangers ADDRESS HELD NETWORKS SECONDS TARGET
//! ```
//! ADDRESS is 127.0.0.1:PORT of a server that believes the forwarding headers of this machine
//! (`TIQUO_AUTH__LISTEN__TRUSTED_PROXIES=127.0.0.0/8`). HELD says where the store is: `file:PATH` of the embedded one, or
//! `redis:ADDRESS`. NETWORKS is from how many the strangers come. TARGET is what they ask for:
//!
//! - `sends`, `devices`, `registrations`, `user-codes`: what is stored for somebody who proved nothing;
//! - `GET:/path?query` or `POST:/path?form`: anything else. `{n}` in it is another number in each request.
//!
//! It ends after SECONDS, or after [`MOST`] requests of strangers.

mod attack;
#[path = "../bench_load/connection.rs"]
mod connection;
mod held;
mod people;

use std::cell::Cell;
use std::error::Error;
use std::rc::Rc;
use std::time::Duration;

use tokio::task::LocalSet;
use tokio::time::Instant;

use attack::Target;
use held::Held;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// How many requests strangers make at most.
const MOST: u64 = 500_000;
/// How many of them are under way at once.
const AT_ONCE: usize = 32;

/// How long it goes on, and how many requests were begun.
struct Run {
    ends_at: Instant,
    begun: Cell<u64>,
}

impl Run {
    /// The number of the next request of a stranger; `None` when it is over.
    fn next(&self) -> Option<u64> {
        let number = self.begun.get();
        let goes_on = number < MOST && Instant::now() < self.ends_at;
        goes_on.then(|| self.begun.replace(number.saturating_add(1)))
    }

    fn is_over(&self) -> bool {
        self.begun.get() >= MOST || Instant::now() >= self.ends_at
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    let arguments = arguments.iter().map(String::as_str).collect::<Vec<_>>();
    let [address, held, networks, seconds, target] = arguments.as_slice() else {
        return Err("what to do? The head of examples/bench_strangers/main.rs says it".into());
    };
    let (held, target) = (Held::parse(held)?, Target::parse(target)?);
    let work = play(address, &held, networks.parse()?, Duration::from_secs(seconds.parse()?), target);
    LocalSet::new().run_until(work).await
}

async fn play(address: &str, held: &Held, networks: u64, span: Duration, target: Target) -> Outcome<()> {
    let people = people::begin(address).await?;
    let before = held.bytes().await?;
    let ends_at = Instant::now().checked_add(span).ok_or("that is too long")?;
    let run = Rc::new(Run { ends_at, begun: Cell::new(0) });
    let strangers = attack::start(address, networks.max(1), &target, &run, AT_ONCE);
    let told = people::go_on(address, people, &run, span).await;
    let mut answers = attack::Answers::default();
    for stranger in strangers {
        answers.add(&stranger.await?);
    }
    println!("strangers of {networks} networks, {}: {answers}", target.name());
    println!("{told}");
    println!("the store held {before} bytes before and {} after", held.bytes().await?);
    Ok(())
}
