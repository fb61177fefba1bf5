//! Reads and switches the format of the store's rows, without a server.

use super::import;
use crate::config::Settings;
use crate::flow::row_format;
pub use crate::flow::row_format::RowFormats;
use crate::protocol::row_format::RowFormat;

/// The row format of the store, the one this process writes, and the newest.
///
/// # Errors
/// A text that says what went wrong and how to correct it.
pub async fn row_formats(settings: Settings) -> Result<RowFormats, String> {
    let cx = import::open(settings).await.map_err(|error| error.to_string())?;
    row_format::state(&cx).await.map_err(|error| error.to_string())
}

/// Switches the row format that all processes of the store write.
///
/// # Errors
/// A text that says what went wrong and how to correct it.
pub async fn switch_row_format(settings: Settings, to: RowFormat) -> Result<RowFormats, String> {
    let cx = import::open(settings).await.map_err(|error| error.to_string())?;
    row_format::switch(&cx, to).await.map_err(|error| error.to_string())
}
