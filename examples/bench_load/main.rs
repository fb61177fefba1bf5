//! Load for `scripts/bench.sh`: signs in as a page does, refreshes on kept connections, and reads from /proc what that
//! cost the server.
//!
//! ```text
//! bench_load refresh ADDRESS LEVELS SECONDS TICKS NAME=PID…   refreshes at so many sessions at once
//! bench_load flow ADDRESS LEVELS SECONDS TICKS NAME=PID…      whole sign-ins, and code exchanges
//! bench_load orders ADDRESS CONNECTIONS SECONDS FILE TICKS NAME=PID…  a customer's orders; leaves a page of them in FILE
//! bench_load get ADDRESS PATH CONNECTIONS SECONDS TICKS NAME=PID…
//! bench_load boot ADDRESS PROGRAM ARGUMENT…                   from exec to the first good answer
//! bench_load memory NAME=PID…                                 resident memory as it is
//! ```
//! ADDRESS is 127.0.0.1:PORT, LEVELS is "1,16,64", TICKS is what `getconf CLK_TCK` prints.

mod connection;
mod flow;
mod measure;
mod orders;
mod refresh;

use std::error::Error;
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::time::Duration;

use tokio::task::LocalSet;
use tokio::time::{Instant, sleep, timeout};

use connection::Connection;
use measure::{Watch, load};

type Outcome<T> = Result<T, Box<dyn Error>>;

const BOOT_DEADLINE: Duration = Duration::from_secs(60);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    let arguments = arguments.iter().map(String::as_str).collect::<Vec<_>>();
    let work = async {
        match arguments.as_slice() {
            ["refresh", address, levels, seconds, ticks, processes @ ..] => {
                let watch = Watch::new(ticks, processes)?;
                refresh::refresh(address, levels, Duration::from_secs(seconds.parse()?), &watch).await
            }
            ["flow", address, levels, seconds, ticks, processes @ ..] => {
                let watch = Watch::new(ticks, processes)?;
                flow::flow(address, levels, Duration::from_secs(seconds.parse()?), &watch).await
            }
            ["orders", address, connections, seconds, file, ticks, processes @ ..] => {
                let watch = Watch::new(ticks, processes)?;
                let span = Duration::from_secs(seconds.parse()?);
                orders::orders(address, connections.parse()?, span, file, &watch).await
            }
            ["get", address, path, connections, seconds, ticks, processes @ ..] => {
                let watch = Watch::new(ticks, processes)?;
                get(address, path, connections.parse()?, Duration::from_secs(seconds.parse()?), &watch).await
            }
            ["boot", address, program, rest @ ..] => boot(address, program, rest).await,
            ["memory", processes @ ..] => {
                println!("{}", Watch::new("100", processes)?.memory()?);
                Ok(())
            }
            _ => Err("what to do? The head of examples/bench_load.rs lists it".into()),
        }
    };
    LocalSet::new().run_until(work).await
}

async fn get(address: &str, path: &str, connections: usize, span: Duration, watch: &Watch) -> Outcome<()> {
    let mut opened = Vec::new();
    for _ in 0..connections {
        opened.push(Connection::open(address).await?);
    }
    let path = Rc::<str>::from(path);
    let label = format!("GET {path}, {connections} at once");
    let ask = async move |connection: &mut Connection| connection.get(&path).await.map(drop);
    load(&label, opened, span, watch, ask).await.map(drop)
}

/// Starts a program, waits until `/readyz` answers with 200, and ends it.
async fn boot(address: &str, program: &str, arguments: &[&str]) -> Outcome<()> {
    let begun = Instant::now();
    let mut child =
        Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let ready = async {
        loop {
            if let Ok(mut connection) = Connection::open(address).await
                && connection.get("/readyz").await.is_ok()
            {
                return begun.elapsed();
            }
            sleep(Duration::from_millis(1)).await;
        }
    };
    let ready = timeout(BOOT_DEADLINE, ready).await;
    child.kill()?;
    child.wait()?;
    println!("{:.1}", ready?.as_secs_f64() * 1000.0);
    Ok(())
}
