//! The format of the store's rows, without a server.

use super::import;
use crate::config::Settings;
use crate::flow::row_format;
pub use crate::flow::row_format::RowFormats;
use crate::protocol::row_format::RowFormat;

/// In which format rows are written.
///
/// # Errors
/// In words: what stopped it, and how to mend it.
pub async fn row_formats(settings: Settings) -> Result<RowFormats, String> {
    let cx = import::open(settings).await.map_err(|error| error.to_string())?;
    row_format::state(&cx).await.map_err(|error| error.to_string())
}

/// Has every process of the store write its rows in this format.
///
/// # Errors
/// In words: what stopped it, and how to mend it.
pub async fn switch_row_format(settings: Settings, to: RowFormat) -> Result<RowFormats, String> {
    let cx = import::open(settings).await.map_err(|error| error.to_string())?;
    row_format::switch(&cx, to).await.map_err(|error| error.to_string())
}
