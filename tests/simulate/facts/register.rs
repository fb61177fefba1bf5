//! A value that is written and read: what was acknowledged is read until something else was written.

use crate::facts::{Answer, Violation, must};

struct Write {
    value: String,
    began: u64,
    /// The tick at which it was acknowledged; `None` while nobody knows whether it was carried out.
    done: Option<u64>,
}

/// The writes of one value, in the order in which they began.
#[derive(Default)]
pub(crate) struct Register {
    writes: Vec<Write>,
    /// Which value it has is open until the next write is acknowledged: the store fell back.
    is_open: bool,
}

impl Register {
    pub(crate) fn begin(&mut self, value: &str, tick: u64) {
        self.writes.push(Write { value: value.to_owned(), began: tick, done: None });
    }

    pub(crate) fn falls_back(&mut self) {
        self.is_open = true;
        self.writes.iter_mut().for_each(|write| write.done = None);
    }

    pub(crate) fn written(
        &mut self,
        value: &str,
        shown: Option<&str>,
        answer: &Answer<'_>,
    ) -> Result<(), Violation> {
        if let Some(write) = self.writes.iter_mut().find(|write| write.began == answer.began) {
            write.done = Some(answer.tick);
        }
        must(shown == Some(value), "what was acknowledged is there", || {
            format!("{value} was written, and {} was answered", shown.unwrap_or("nothing"))
        })
    }

    pub(crate) fn read(&self, value: Option<&str>, answer: &Answer<'_>) -> Result<(), Violation> {
        // A write is over when another was acknowledged that began after it had ended, before the read began.
        let is_over = |done: u64| {
            self.writes
                .iter()
                .any(|later| later.began > done && later.done.is_some_and(|then| then < answer.began))
        };
        let is_possible = match value {
            None => self.is_open || !is_over(0),
            Some(value) => self.writes.iter().any(|write| {
                write.value == value
                    && write.began < answer.tick
                    && write.done.is_none_or(|done| !is_over(done))
            }),
        };
        must(is_possible, "what was acknowledged is there", || {
            format!("{} was read, which was overwritten or never written", value.unwrap_or("nothing"))
        })
    }
}
