//! The format in which the store's rows are written, and the switch to another one.

use serde::{Deserialize, Serialize};

use super::{Context, Result};
use crate::protocol::row_format::RowFormat;

/// The numbers of row formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowFormats {
    /// The format that the store names. Every process learns it within a minute.
    pub stored: u8,
    /// The format that this process writes: the stored one, unless the setting `store.row_format` overrides
    /// it.
    pub written: u8,
    /// The newest format that this version supports.
    pub newest: u8,
}

/// The current row formats, read from the store.
///
/// # Errors
/// [`InternalError`](super::InternalError).
pub async fn state(cx: &Context) -> Result<RowFormats> {
    let state = cx.stores.learn_format().await?;
    Ok(RowFormats {
        stored: state.stored,
        written: state.written.number(),
        newest: RowFormat::NEWEST.number(),
    })
}

/// Switches the format that all processes of the store write.
///
/// # Errors
/// [`InternalError`](super::InternalError).
pub async fn switch(cx: &Context, to: RowFormat) -> Result<RowFormats> {
    cx.stores.switch_format(to).await?;
    tracing::info!(format = to.number(), "the store was switched to another format of rows");
    state(cx).await
}
