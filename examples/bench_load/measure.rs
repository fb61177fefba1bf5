//! What a load costs: CPU time and memory of the processes that serve it, and how long each answer took.

use std::error::Error;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::Instant;

use crate::Outcome;

const WARM_UP: Duration = Duration::from_secs(1);

/// Processes whose CPU time and memory are read.
pub(crate) struct Watch {
    ticks: f64,
    processes: Vec<(String, u32)>,
}

impl Watch {
    pub(crate) fn new(ticks: &str, processes: &[&str]) -> Outcome<Self> {
        let named = |text: &&str| {
            let (name, pid) = text.split_once('=').ok_or("a process is NAME=PID")?;
            Ok::<_, Box<dyn Error>>((name.to_owned(), pid.parse()?))
        };
        Ok(Self { ticks: ticks.parse()?, processes: processes.iter().map(named).collect::<Outcome<_>>()? })
    }

    /// Seconds of user and system time so far, per process (proc(5), fields 14 and 15 of `stat`).
    pub(crate) fn cpu(&self) -> Outcome<Vec<f64>> {
        let read = |(_, pid): &(String, u32)| {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
            // The name in parentheses may hold spaces; field 3 comes after it.
            let (_, fields) = stat.rsplit_once(')').ok_or("stat without a name")?;
            let times = fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
            Ok(times.sum::<Result<f64, _>>()? / self.ticks)
        };
        self.processes.iter().map(read).collect()
    }

    pub(crate) fn memory(&self) -> Outcome<String> {
        let read = |(name, pid): &(String, u32)| {
            let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
            let kilobytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
            Ok(format!("{name} {:.1} MB resident", kilobytes / 1024.0))
        };
        Ok(self.processes.iter().map(read).collect::<Outcome<Vec<_>>>()?.join(", "))
    }
}

/// What a load measured.
#[derive(Default)]
pub(crate) struct Measured {
    micros: Vec<u32>,
}

impl Measured {
    pub(crate) fn note(&mut self, begun: Instant) {
        self.micros.push(u32::try_from(begun.elapsed().as_micros()).unwrap_or(u32::MAX));
    }

    fn percentile(&self, percent: usize) -> f64 {
        let place = self.micros.len().saturating_mul(percent) / 100;
        self.micros.get(place).or(self.micros.last()).map_or(f64::NAN, |micros| f64::from(*micros) / 1000.0)
    }

    /// One line of figures. `used` is the CPU time of each watched process, in seconds.
    pub(crate) fn show(&mut self, label: &str, took: Duration, used: &[f64], watch: &Watch) -> Outcome<()> {
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

/// Repeats `step` on each of `users`, all at once, for a warm-up and then for `span`, which is measured.
pub(crate) async fn load<T: 'static>(
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
