//! In which format the store's rows are written, and the switch to another.

use serde::{Deserialize, Serialize};

use super::{Context, InternalError};
use crate::protocol::row_format::RowFormat;

/// In which format rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowFormats {
    /// What the store says. Every process of the store learns it within a minute.
    pub stored: u8,
    /// What this process writes: what the store says, unless `store.row_format` says otherwise.
    pub written: u8,
    /// The newest that this version knows.
    pub newest: u8,
}

/// In which format rows are written now, as the store says it.
///
/// # Errors
/// [`InternalError`].
pub async fn state(cx: &Context) -> Result<RowFormats, InternalError> {
    let state = cx.stores.learn_format().await?;
    Ok(RowFormats {
        stored: state.stored,
        written: state.written.number(),
        newest: RowFormat::NEWEST.number(),
    })
}

/// Has every process of the store write its rows in this format.
///
/// # Errors
/// [`InternalError`].
pub async fn switch(cx: &Context, to: RowFormat) -> Result<RowFormats, InternalError> {
    cx.stores.switch_format(to).await?;
    tracing::info!(format = to.number(), "the store was switched to another format of rows");
    state(cx).await
}
