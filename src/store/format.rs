//! Which format a store's rows are written in: what the store says, unless the settings say otherwise.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::ports::store::{FormatState, StoreError};
use crate::protocol::row_format::{RowFormat, UnknownRowFormat};

/// The format that rows are written in. Clones are the same: when one learns what the store says, all do. Before the
/// store was asked it is the oldest, which every version reads.
#[derive(Debug, Clone)]
pub struct WrittenFormat {
    /// As the store says it, which may be one that this program does not know.
    stored: Arc<AtomicU8>,
    setting: Option<RowFormat>,
}

impl Default for WrittenFormat {
    fn default() -> Self {
        Self::new(None)
    }
}

impl WrittenFormat {
    /// What the store says, or this setting in its place.
    #[must_use]
    pub fn new(setting: Option<RowFormat>) -> Self {
        Self { stored: Arc::new(AtomicU8::new(RowFormat::OLDEST.number())), setting }
    }

    /// The store says this.
    pub(super) fn learn(&self, stored: u8) {
        self.stored.store(stored, Ordering::Release);
    }

    /// How rows are written now.
    #[must_use]
    pub fn get(&self) -> RowFormat {
        // Whoever does not know the store's format writes the latest that it knows, and is not ready.
        self.setting.unwrap_or_else(|| self.stored().unwrap_or(RowFormat::NEWEST))
    }

    fn stored(&self) -> Result<RowFormat, UnknownRowFormat> {
        RowFormat::new(self.stored.load(Ordering::Acquire))
    }

    pub(super) fn state(&self) -> FormatState {
        FormatState { stored: self.stored.load(Ordering::Acquire), written: self.get() }
    }

    /// Whether this program knows what the store is written in.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it does not.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        self.stored().map(drop).map_err(|unknown| {
            StoreError::Unavailable(format!(
                "the store was switched to a later format, replace this process: {unknown}"
            ))
        })
    }
}

/// A row that a later version wrote: other rows can be read, and a process of that version can read this one.
pub(super) fn unknown(of: &str, unknown: UnknownRowFormat) -> StoreError {
    StoreError::Unavailable(format!("a row of {of} cannot be read: {unknown}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn until_the_store_was_asked_rows_are_written_in_the_oldest_format() {
        let format = WrittenFormat::default();
        assert_eq!(format.get(), RowFormat::OLDEST);
        let same = format.clone();
        format.learn(2);
        assert_eq!((same.get(), same.check()), (RowFormat::NEWEST, Ok(())));
    }

    #[test]
    fn a_setting_counts_before_what_the_store_says() {
        let format = WrittenFormat::new(Some(RowFormat::OLDEST));
        format.learn(2);
        assert_eq!(format.get(), RowFormat::OLDEST);
        assert_eq!(format.state(), FormatState { stored: 2, written: RowFormat::OLDEST });
    }

    #[test]
    fn a_store_of_a_later_format_makes_a_process_not_ready() {
        let format = WrittenFormat::default();
        format.learn(3);
        assert_eq!(format.get(), RowFormat::NEWEST);
        let why = format.check().unwrap_err().to_string();
        assert!(why.contains("format 3 is of a later version"), "{why}");
    }
}
