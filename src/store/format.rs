//! The format in which a store's rows are written: the store's, unless the settings override it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::ports::store::{FormatState, Result, StoreError};
use crate::protocol::row_format::{RowFormat, UnknownRowFormat};

/// The row format of a store. Clones share it, so that all learn a change at once. Until the store was asked
/// it is the oldest format, which every version can read.
#[derive(Debug, Clone)]
pub struct WrittenFormat {
    /// The store's format, which this program may not know.
    stored: Arc<AtomicU8>,
    setting: Option<RowFormat>,
}

impl Default for WrittenFormat {
    fn default() -> Self {
        Self::new(None)
    }
}

impl WrittenFormat {
    /// The store's format once it is learned, overridden by `setting`.
    pub fn new(setting: Option<RowFormat>) -> Self {
        Self { stored: Arc::new(AtomicU8::new(RowFormat::OLDEST.number())), setting }
    }

    pub(super) fn learn(&self, stored: u8) {
        self.stored.store(stored, Ordering::Release);
    }

    /// The format in which rows are written now.
    pub fn get(&self) -> RowFormat {
        // A process that does not know the store's format writes the latest that it knows, and reports that
        // it is not ready.
        self.setting.unwrap_or_else(|| self.stored().unwrap_or(RowFormat::NEWEST))
    }

    fn stored(&self) -> Result<RowFormat, UnknownRowFormat> {
        RowFormat::new(self.stored.load(Ordering::Acquire))
    }

    pub(super) fn state(&self) -> FormatState {
        FormatState { stored: self.stored.load(Ordering::Acquire), written: self.get() }
    }

    /// Whether this program knows the store's format.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the format is unknown.
    pub(super) fn check(&self) -> Result<()> {
        self.stored().map(drop).map_err(|unknown| {
            StoreError::Unavailable(format!(
                "the store was switched to a later row format, replace this process by a newer version: {unknown}"
            ))
        })
    }
}

/// The error for a row that a later version wrote. Unavailable, because processes of that version can read
/// it.
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
