//! The operator's requests about the store as a whole, on the admin listener.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::admin::admit;
use crate::flow::row_format;
use crate::http::body::JsonBody;
use crate::http::envelope::success;
use crate::http::error::ApiError;
use crate::http::state::WorkerState;
use crate::protocol::row_format::RowFormat;

/// `GET store/format`: the format in which rows are written.
///
/// # Errors
/// [`ApiError`].
pub async fn format(state: Data<WorkerState>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    admit(&state, &request)?;
    success(row_format::state(&state.cx).await?)
}

/// `PUT store/format`: all processes that share the store write rows in the format of the field `format`.
///
/// # Errors
/// [`ApiError`].
pub async fn switch(
    state: Data<WorkerState>,
    request: HttpRequest,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    admit(&state, &request)?;
    let fields = body.fields()?;
    let number = fields.iter().find_map(|(name, value)| (name == "format").then(|| value.as_u64()).flatten());
    let number = number.and_then(|number| u8::try_from(number).ok());
    let number =
        number.ok_or_else(|| ApiError::bad_request("The field \"format\" must be a format's number."))?;
    let to = RowFormat::new(number).map_err(|unknown| ApiError::bad_request(format!("{unknown}.")))?;
    success(row_format::switch(&state.cx, to).await?)
}
