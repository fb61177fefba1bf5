//! Load for `scripts/bench.sh`: signs in as a page does, refreshes on kept connections, and reads from /proc what that
//! cost the server.
//!
//! ```text
//! bench_load refresh ADDRESS LEVELS SECONDS TICKS NAME=PID…   refreshes at so many sessions at once
//! bench_load get ADDRESS PATH CONNECTIONS SECONDS TICKS NAME=PID…
//! bench_load boot ADDRESS PROGRAM ARGUMENT…                   from exec to the first good answer
//! bench_load memory NAME=PID…                                 resident memory as it is
//! ```
//! ADDRESS is 127.0.0.1:PORT, LEVELS is "1,16,64", TICKS is what `getconf CLK_TCK` prints.

use std::error::Error;
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep, timeout};

type Outcome<T> = Result<T, Box<dyn Error>>;

const WARM_UP: Duration = Duration::from_secs(1);
const BOOT_DEADLINE: Duration = Duration::from_secs(60);
const ANSWER_DEADLINE: Duration = Duration::from_secs(10);
const ORIGIN: &str = "http://localhost:3000";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    let arguments = arguments.iter().map(String::as_str).collect::<Vec<_>>();
    let work = async {
        match arguments.as_slice() {
            ["refresh", address, levels, seconds, ticks, processes @ ..] => {
                let watch = Watch::new(ticks, processes)?;
                refresh(address, levels, Duration::from_secs(seconds.parse()?), &watch).await
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

/// Processes whose CPU time and memory are read.
struct Watch {
    ticks: f64,
    processes: Vec<(String, u32)>,
}

impl Watch {
    fn new(ticks: &str, processes: &[&str]) -> Outcome<Self> {
        let named = |text: &&str| {
            let (name, pid) = text.split_once('=').ok_or("a process is NAME=PID")?;
            Ok::<_, Box<dyn Error>>((name.to_owned(), pid.parse()?))
        };
        Ok(Self { ticks: ticks.parse()?, processes: processes.iter().map(named).collect::<Outcome<_>>()? })
    }

    /// Seconds of user and system time so far, per process (proc(5), fields 14 and 15 of `stat`).
    fn cpu(&self) -> Outcome<Vec<f64>> {
        let read = |(_, pid): &(String, u32)| {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
            // The name in parentheses may hold spaces; field 3 comes after it.
            let (_, fields) = stat.rsplit_once(')').ok_or("stat without a name")?;
            let times = fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
            Ok(times.sum::<Result<f64, _>>()? / self.ticks)
        };
        self.processes.iter().map(read).collect()
    }

    fn memory(&self) -> Outcome<String> {
        let read = |(name, pid): &(String, u32)| {
            let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
            let kilobytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
            Ok(format!("{name} {:.1} MB resident", kilobytes / 1024.0))
        };
        Ok(self.processes.iter().map(read).collect::<Outcome<Vec<_>>>()?.join(", "))
    }
}

/// One kept HTTP/1.1 connection.
struct Connection {
    stream: TcpStream,
    address: String,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(address: &str) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, address: address.to_owned(), buffer: Vec::with_capacity(16 * 1024) })
    }

    async fn get(&mut self, path: &str) -> Outcome<&[u8]> {
        let head = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.address);
        self.exchange(head.as_bytes()).await
    }

    async fn post(&mut self, path: &str, body: &Value) -> Outcome<&[u8]> {
        let body = body.to_string();
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nOrigin: {ORIGIN}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        self.exchange(request.as_bytes()).await
    }

    async fn exchange(&mut self, request: &[u8]) -> Outcome<&[u8]> {
        timeout(ANSWER_DEADLINE, self.exchange_at_leisure(request)).await.map_err(|_| "no answer in time")?
    }

    async fn exchange_at_leisure(&mut self, request: &[u8]) -> Outcome<&[u8]> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err("the server closed the connection".into());
            }
            if let Some((status, start, length)) = head(&self.buffer)?
                && self.buffer.len() >= start.saturating_add(length)
            {
                let body = self.buffer.get(start..).unwrap_or_default();
                return if status == 200 {
                    Ok(body)
                } else {
                    Err(format!("{status}: {}", String::from_utf8_lossy(body)).into())
                };
            }
        }
    }
}

/// Status, where the body begins, and its length; `None` while the head is not complete.
fn head(bytes: &[u8]) -> Outcome<Option<(u16, usize, usize)>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(bytes.get(..end).unwrap_or_default())?;
    let status = text.split(' ').nth(1).ok_or("no status")?.parse()?;
    let length = text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(Ok(0), |(_, value)| value.trim().parse())?;
    Ok(Some((status, end.saturating_add(4), length)))
}

/// What a load measured.
#[derive(Default)]
struct Measured {
    micros: Vec<u32>,
}

impl Measured {
    fn note(&mut self, begun: Instant) {
        self.micros.push(u32::try_from(begun.elapsed().as_micros()).unwrap_or(u32::MAX));
    }

    fn percentile(&self, percent: usize) -> f64 {
        let place = self.micros.len().saturating_mul(percent) / 100;
        self.micros.get(place).or(self.micros.last()).map_or(f64::NAN, |micros| f64::from(*micros) / 1000.0)
    }

    /// One line of figures. `used` is the CPU time of each watched process, in seconds.
    fn show(&mut self, label: &str, took: Duration, used: &[f64], watch: &Watch) -> Outcome<()> {
        self.micros.sort_unstable();
        let count = f64::from(u32::try_from(self.micros.len())?);
        let cpu = watch.processes.iter().zip(used);
        let cpu = cpu.map(|((name, _), used)| format!("{name} {:.3} ms CPU each", used * 1000.0 / count));
        println!(
            "{label}: {:.0}/s, p50 {:.2} ms, p95 {:.2} ms, p99 {:.2} ms; {}; {}",
            count / took.as_secs_f64(),
            self.percentile(50),
            self.percentile(95),
            self.percentile(99),
            cpu.collect::<Vec<_>>().join(", "),
            watch.memory()?
        );
        Ok(())
    }
}

/// A signed-in customer on a connection of their own.
struct Session {
    connection: Connection,
    refresh_token: String,
}

impl Session {
    /// Signs in as a page does; the code is in the development outbox.
    async fn sign_in(address: &str, number: usize) -> Outcome<Self> {
        let mut connection = Connection::open(address).await?;
        let email = format!("bench-{number}@example.com");
        let asked = json!({"public_key": "pk_dom_demo", "email": email});
        let sent: Value = serde_json::from_slice(connection.post("/api/auth/dom/otp/send", &asked).await?)?;
        let outbox = connection.get(&format!("/dev/outbox.json?to={email}")).await?;
        let mails: Value = serde_json::from_slice(outbox)?;
        let code = mails.pointer("/0/code").ok_or("no mail in the outbox")?;
        let challenge = sent.pointer("/data/challenge_id").ok_or("no challenge")?;
        let typed = json!({"public_key": "pk_dom_demo", "challenge_id": challenge, "code": code});
        let refresh_token = token(connection.post("/api/auth/dom/otp/verify", &typed).await?)?;
        Ok(Self { connection, refresh_token })
    }

    async fn refresh(&mut self) -> Outcome<()> {
        let body = json!({"refresh_token": self.refresh_token});
        self.refresh_token = token(self.connection.post("/api/client/v1/refresh", &body).await?)?;
        Ok(())
    }
}

fn token(body: &[u8]) -> Outcome<String> {
    let answer: Value = serde_json::from_slice(body)?;
    Ok(answer.pointer("/data/refresh_token").and_then(Value::as_str).ok_or("no refresh token")?.to_owned())
}

async fn refresh(address: &str, levels: &str, span: Duration, watch: &Watch) -> Outcome<()> {
    let levels = levels.split(',').map(str::parse).collect::<Result<Vec<usize>, _>>()?;
    let mut idle = Vec::new();
    for number in 0..levels.iter().copied().max().unwrap_or_default() {
        idle.push(Session::sign_in(address, number).await?);
    }
    for level in levels {
        let taken = idle.split_off(idle.len().saturating_sub(level));
        let label = format!("refresh, {level} at once");
        idle.extend(load(&label, taken, span, watch, async |session| session.refresh().await).await?);
    }
    Ok(())
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

/// Repeats `step` on each of `users`, all at once, for a warm-up and then for `span`, which is measured.
async fn load<T: 'static>(
    label: &str,
    users: Vec<T>,
    span: Duration,
    watch: &Watch,
    step: impl AsyncFn(&mut T) -> Outcome<()> + 'static,
) -> Outcome<Vec<T>> {
    let step = Rc::new(step);
    let later = |from: Instant, span| from.checked_add(span).ok_or("too long a load");
    let from = later(Instant::now(), WARM_UP)?;
    let until = later(from, span)?;
    let tasks = users.into_iter().map(|mut user| {
        let step = Rc::clone(&step);
        tokio::task::spawn_local(async move {
            let mut measured = Measured::default();
            while Instant::now() < until {
                let begun = Instant::now();
                step(&mut user).await.map_err(|error| error.to_string())?;
                if begun >= from {
                    measured.note(begun);
                }
            }
            Ok::<_, String>((user, measured))
        })
    });
    let tasks = tasks.collect::<Vec<_>>();
    tokio::time::sleep_until(from).await;
    let (began, before) = (Instant::now(), watch.cpu()?);
    tokio::time::sleep_until(until).await;
    let (took, after) = (began.elapsed(), watch.cpu()?);
    let spent = before.iter().zip(&after).map(|(before, after)| after - before).collect::<Vec<_>>();
    let (mut all, mut idle) = (Measured::default(), Vec::new());
    for task in tasks {
        let (user, measured) = task.await??;
        idle.push(user);
        all.micros.extend(measured.micros);
    }
    all.show(label, took, &spent, watch)?;
    Ok(idle)
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
