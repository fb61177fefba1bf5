//! The slowest requests of 64 KiB that we could write, for every endpoint: what each costs the server in CPU time, beside one
//! bare RSA-2048 signature of the same run. It starts `tiquo-auth dev` from its own folder, with data of its own, and prints
//! a table; it judges nothing.
//!
//! ```text
//! cargo build --release --bin tiquo-auth --example bench_worst_requests
//! target/release/examples/bench_worst_requests [ROUNDS [PORT]]
//! ```
//! Each request is sent ROUNDS times (20), one after the other on one connection. CPU time is what the kernel counted for all
//! threads of the server, so reading the request from the socket is in it.

mod cases;
mod cases_json;
#[path = "../bench_load/connection.rs"]
#[expect(dead_code, reason = "the load driver uses more of it")]
mod connection;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use cases::Case;
use connection::Connection;

type Outcome<T> = Result<T, Box<dyn Error>>;

const SIGNATURES: u32 = 200;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let rounds = arguments.next().map_or(Ok(20), |text| text.parse::<u32>())?;
    let port = arguments.next().map_or(Ok(18_490), |text| text.parse::<u16>())?;
    let work = tempfile::tempdir()?;
    let server = Server::start(work.path(), port).await?;
    let address = format!("localhost:{port}");
    let clients = cases::Clients::register(&mut Connection::open(&address).await?).await?;
    println!("one bare RSA-2048 signature: {:.3} ms CPU\n", signature()?);
    println!("| endpoint | the request | bytes | status | ms CPU |\n| --- | --- | --- | --- | --- |");
    let mut slowest = BTreeMap::<&str, (f64, String)>::new();
    for case in cases::all(&clients) {
        let (status, milliseconds) = measure(&server, &address, &case, rounds).await?;
        let bytes = case.path.len().saturating_add(case.headers.len()).saturating_add(case.body.len());
        println!("| {} | {} | {bytes} | {status} | {milliseconds:.2} |", case.endpoint, case.what);
        let entry = slowest.entry(case.endpoint).or_default();
        if milliseconds > entry.0 {
            *entry = (milliseconds, case.what);
        }
    }
    println!("\n| endpoint | its slowest request | ms CPU |\n| --- | --- | --- |");
    for (endpoint, (milliseconds, what)) in slowest {
        println!("| {endpoint} | {what} | {milliseconds:.2} |");
    }
    Ok(())
}

/// Status of the last answer, and CPU time of one request in milliseconds.
async fn measure(server: &Server, address: &str, case: &Case, rounds: u32) -> Outcome<(u16, f64)> {
    let mut connection = Connection::open(address).await?;
    let mut status = 0;
    // The first one warms caches and connections up.
    let mut before = 0.0;
    for round in 0..=rounds {
        if round == 1 {
            before = cpu(server.child.id())?;
        }
        match connection.ask(case.method, &case.path, &case.headers, &case.body).await {
            Ok(answer) => status = answer.status,
            // A refusal of the head closes the connection.
            Err(_) => connection = Connection::open(address).await?,
        }
    }
    Ok((status, (cpu(server.child.id())? - before) / f64::from(rounds)))
}

/// CPU time of a process so far, in milliseconds: the first field of `schedstat` of all its threads, in nanoseconds.
fn cpu(pid: u32) -> Outcome<f64> {
    let mut all = 0.0;
    for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        // A thread that has ended meanwhile is none of the server's workers.
        let Ok(text) = std::fs::read_to_string(task?.path().join("schedstat")) else { continue };
        all += text.split_whitespace().next().ok_or("schedstat is empty")?.parse::<f64>()?;
    }
    Ok(all / 1e6)
}

fn signature() -> Outcome<f64> {
    let (pair, random) = (KeyPair::generate(KeySize::Rsa2048)?, SystemRandom::new());
    let mut signature = vec![0; pair.public_modulus_len()];
    let before = cpu(std::process::id())?;
    for _ in 0..SIGNATURES {
        pair.sign(&RSA_PKCS1_SHA256, &random, &[b'x'; 800], &mut signature)?;
    }
    Ok((cpu(std::process::id())? - before) / f64::from(SIGNATURES))
}

/// A server of its own. It ends when this is dropped.
struct Server {
    child: Child,
}

impl Server {
    async fn start(work: &Path, port: u16) -> Outcome<Self> {
        let own = std::env::current_exe()?;
        let folder = own.parent().and_then(Path::parent).map_or_else(PathBuf::new, Path::to_owned);
        let (data, keys) = (work.join("data"), work.join("keys"));
        let child = Command::new(folder.join("tiquo-auth"))
            .args(["dev", "--port", &port.to_string(), "--app-port", "0", "--data"])
            .arg(data)
            .arg("--keys")
            .arg(keys)
            .envs([
                ("TIQUO_AUTH__LOG__REQUESTS", "refused"),
                // All of it comes from one network.
                ("TIQUO_AUTH__CODES__SENDS_PER_HOUR_PER_NETWORK", "1000000"),
                ("TIQUO_AUTH__CLIENT_API__LIMITS", "1000000/1"),
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let server = Self { child };
        for _ in 0..600 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let Ok(mut connection) = Connection::open(&format!("localhost:{port}")).await else { continue };
            if connection.ask("GET", "/readyz", "", "").await.is_ok_and(|answer| answer.status == 200) {
                return Ok(server);
            }
        }
        Err("the server is not ready after a minute".into())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
