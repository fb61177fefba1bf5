//! Fills the disk of the embedded store while people refresh, sign in, read and log out, and frees it again. Counts what
//! each of them saw, phase by phase, says how long it took until all was well, and asks in the end whether everything
//! that was acknowledged still holds. It starts `tiquo-auth dev` from its own folder, and never starts it again.
//!
//! ```text
//! cargo build --release --bin tiquo-auth --example bench_full_disk
//! mount -t tmpfs -o size=96m tmpfs /tmp/small
//! target/release/examples/bench_full_disk /tmp/small [SECONDS [PORT]]
//! ```
//! The folder has to be on a small file system of its own: a file there takes all of it. A phase lasts SECONDS (10).

#[path = "../bench_load/connection.rs"]
#[expect(dead_code, reason = "the load driver uses more of it")]
mod connection;
mod disk;
mod people;
mod server;
mod tally;

use std::error::Error;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use tokio::task::LocalSet;
use tokio::time::{Instant, sleep};

use disk::Filler;
use people::World;
use server::Server;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// How much others leave free: a little more than the reserve, for the store to grow into; then less than the reserve.
const MORE: u64 = 33 << 20;
const LESS: u64 = 16 << 20;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    let arguments = arguments.iter().map(String::as_str).collect::<Vec<_>>();
    let (folder, seconds, port) = match arguments.as_slice() {
        [folder] => (folder, 10, 18_490),
        [folder, seconds] => (folder, seconds.parse()?, 18_490),
        [folder, seconds, port] => (folder, seconds.parse()?, port.parse::<u16>()?),
        _ => return Err("which folder? The head of examples/bench_full_disk/main.rs says it".into()),
    };
    let work = tempfile::tempdir()?;
    let mut server = Server::start(Path::new(folder), work.path(), port).await?;
    let world = World::new(format!("localhost:{port}"));
    let run = play(Path::new(folder), &world, Duration::from_secs(seconds));
    LocalSet::new().run_until(run).await?;
    println!("\nthe server {}", if server.is_running()? { "was never restarted" } else { "has ENDED" });
    println!("its log, without repetitions:\n{}", server.log()?);
    Ok(())
}

async fn play(folder: &Path, world: &Rc<World>, span: Duration) -> Outcome<()> {
    let people = people::start(world).await?;
    let filler = Filler::new(folder);
    phase(world, folder, "before", span).await?;
    filler.leave(MORE)?;
    phase(world, folder, "33 MiB left", span).await?;
    filler.leave(LESS)?;
    phase(world, folder, "16 MiB left", span).await?;
    filler.leave(0)?;
    phase(world, folder, "nothing left", span).await?;
    filler.free()?;
    let freed = Instant::now();
    world.tally.begin("freed");
    let well = world.until_well(freed).await?;
    sleep(span).await;
    println!("freed: {}", disk::told(folder)?);
    world.end();
    for one in people {
        one.await?;
    }
    println!("\n{}", world.tally);
    println!("after it was freed: {well}");
    println!("{}", world.judge().await?);
    Ok(())
}

async fn phase(world: &World, folder: &Path, name: &'static str, span: Duration) -> Outcome<()> {
    world.tally.begin(name);
    sleep(span).await;
    println!("{name}: {}", disk::told(folder)?);
    Ok(())
}
