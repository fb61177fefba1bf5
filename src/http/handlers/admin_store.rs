//! The operator's requests about the store as a whole, on the admin listener.

use actix_web::HttpResponse;

use super::admin::admit;
use crate::flow::row_format;
use crate::http::body::JsonBody;
use crate::http::envelope::success;
use crate::http::error::{ApiError, Result};
use crate::http::request::RequestContext;
use crate::protocol::row_format::RowFormat;

/// `GET store/format`: the format in which rows are written.
pub async fn format(context: RequestContext) -> Result<HttpResponse> {
    admit(&context)?;
    success(row_format::state(context.cx()).await?)
}

/// `PUT store/format`: all processes that share the store write rows in the format of the field `format`.
pub async fn switch(context: RequestContext, body: JsonBody) -> Result<HttpResponse> {
    admit(&context)?;
    let fields = body.fields()?;
    let number = fields.iter().find_map(|(name, value)| (name == "format").then(|| value.as_u64()).flatten());
    let number = number.and_then(|number| u8::try_from(number).ok());
    let number =
        number.ok_or_else(|| ApiError::bad_request("The field \"format\" must be a format's number."))?;
    let to = RowFormat::new(number).map_err(|unknown| ApiError::bad_request(format!("{unknown}.")))?;
    success(row_format::switch(context.cx(), to).await?)
}
