//! The operator's requests about imports and end-users, on the admin listener.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Payload;
use serde::Serialize;
use serde_json::Value;

use crate::flow::import::{self as bring_in, BatchOutcome, LineCounts, LineReader, RefusedLine};
use crate::flow::users;
use crate::http::body::{JsonBody, has_type, next, readable_encoding, too_slow, wrong_type};
use crate::http::envelope::success;
use crate::http::error::{ApiError, Result};
use crate::http::error_reason::BearerReason;
use crate::http::request::RequestContext;
use crate::protocol::id::OrganizationId;
use crate::protocol::standard_claims::StandardClaims;

const NDJSON: &str = "application/x-ndjson";
/// Lines that are imported before more are read.
const BATCH: usize = 2_000;
/// Most refusals that are listed one by one.
const TOLD: usize = 1_000;

#[derive(Serialize)]
struct ImportBody {
    #[serde(flatten)]
    tally: LineCounts,
    /// The first [`TOLD`] refusals; `refused` counts all.
    refusals: Vec<RefusedLine>,
}

/// `POST import`: newline-delimited JSON of any length, in the format of `tiquo-auth import`.
///
/// # Errors
/// [`ApiError`]. The lines before the error are imported; the whole can be sent again.
pub async fn import(context: RequestContext, mut payload: Payload) -> Result<HttpResponse> {
    admit(&context)?;
    if !has_type(&context.request, NDJSON) {
        return Err(wrong_type(NDJSON));
    }
    readable_encoding(&context.request)?;
    let (mut lines, mut batch, mut sum) = (LineReader::default(), Vec::new(), BatchOutcome::default());
    loop {
        let chunk = tokio::time::timeout(context.state.web.body_timeout, next(&mut payload)).await;
        let chunk = chunk.map_err(|_| too_slow())?.transpose();
        let chunk = chunk
            .map_err(|error| ApiError::bad_request("The body cannot be read.").because(error.to_string()))?;
        let is_over = chunk.is_none();
        match chunk {
            Some(bytes) => lines.push(&bytes, &mut batch),
            None => lines.finish(&mut batch),
        }
        if is_over || batch.len() >= BATCH {
            let numbered = batch.iter().map(|(number, line)| (*number, line.as_slice()));
            let outcome = bring_in::import(context.cx(), numbered).await?;
            batch.clear();
            sum.tally.add(&outcome.tally);
            let room = TOLD.saturating_sub(sum.refusals.len());
            sum.refusals.extend(outcome.refusals.into_iter().take(room));
        }
        if is_over {
            return success(ImportBody { tally: sum.tally, refusals: sum.refusals });
        }
    }
}

#[derive(Serialize)]
struct UserBody<'a> {
    id: &'a str,
}

/// `PUT users/claims`: replaces the `claims` of the end-user with `email` in `organization`.
///
/// # Errors
/// [`ApiError`] that names the wrong field.
pub async fn claims(context: RequestContext, body: JsonBody) -> Result<HttpResponse> {
    admit(&context)?;
    let fields = body.fields()?;
    let organization = OrganizationId::new(fields.required("organization")?);
    let claims = fields.iter().find_map(|(name, value)| (name == "claims").then_some(value));
    let claims = claims.and_then(Value::as_object).cloned();
    let claims = claims.ok_or_else(|| ApiError::bad_request("The field \"claims\" must be an object."))?;
    let claims = StandardClaims::of(claims).map_err(|error| ApiError::bad_request(format!("{error}.")))?;
    let user = users::set_claims(context.cx(), &organization, fields.required("email")?, &claims).await?;
    success(UserBody { id: user.as_str() })
}

/// Verifies the admin key, sent as a bearer token (RFC 6750 §2.1).
pub(super) fn admit(context: &RequestContext) -> Result<()> {
    let sent = context.request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let sent = sent.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    if context.state.web.admin_key.as_ref().is_some_and(|key| key.is_of(sent)) {
        return Ok(());
    }
    let text = "Send the admin key: Authorization: Bearer …";
    let refusal = ApiError::new(StatusCode::UNAUTHORIZED, BearerReason::Invalid, text);
    Err(ApiError { challenge: Some(r#"Bearer realm="admin""#.into()), ..refusal })
}
