//! What callers saw: by phase, by what they asked for, by status.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;

type Statuses = BTreeMap<String, u64>;

/// The counts of a run.
#[derive(Default)]
pub(crate) struct Tally {
    phase: Cell<usize>,
    phases: RefCell<Vec<&'static str>>,
    seen: RefCell<BTreeMap<&'static str, BTreeMap<usize, Statuses>>>,
}

impl Tally {
    /// From now on everything is counted for this phase.
    pub(crate) fn begin(&self, phase: &'static str) {
        let mut phases = self.phases.borrow_mut();
        self.phase.set(phases.len());
        phases.push(phase);
    }

    /// Counts an answer: its status, and `+` when it says when to come again.
    pub(crate) fn count(&self, what: &'static str, status: u16, says_when: bool) {
        let shown = if says_when { format!("{status}+") } else { status.to_string() };
        self.add(what, shown);
    }

    /// Counts a request without an answer.
    pub(crate) fn count_lost(&self, what: &'static str) {
        self.add(what, "no answer".to_owned());
    }

    fn add(&self, what: &'static str, shown: String) {
        let mut seen = self.seen.borrow_mut();
        let count =
            seen.entry(what).or_default().entry(self.phase.get()).or_default().entry(shown).or_default();
        *count = count.saturating_add(1);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let phases = self.phases.borrow();
        writeln!(f, "| asked for | {} |", phases.join(" | "))?;
        writeln!(f, "| --- |{}", " --- |".repeat(phases.len()))?;
        for (what, by_phase) in self.seen.borrow().iter() {
            write!(f, "| {what} |")?;
            for phase in 0..phases.len() {
                let statuses = by_phase.get(&phase).into_iter().flatten();
                let shown = statuses.map(|(status, count)| format!("{count} x {status}")).collect::<Vec<_>>();
                write!(f, " {} |", shown.join(", "))?;
            }
            writeln!(f)?;
        }
        write!(f, "(+: with Retry-After)")
    }
}
