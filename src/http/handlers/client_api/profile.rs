//! `GET` and `PATCH profile`: the customer's own record.

use actix_web::HttpResponse;
use serde::Serialize;
use serde_json::Value;

use super::{CustomerBody, UserBody};
use crate::flow::client_api::{self as own, AdmittedRequest};
use crate::http::bearer::authenticate;
use crate::http::body::{Fields, JsonBody};
use crate::http::envelope;
use crate::http::error::{ApiError, Result};
use crate::http::error_reason::EnvelopeReason;
use crate::http::openapi::answers::{CustomerAnswer, ProfileAnswer, ProfilePatch, Refusals, Success};
use crate::http::paths::PROFILE;
use crate::http::request::RequestContext;
use crate::protocol::profile::{ProfileChange, ProfileField};

/// Fields that a customer can read and only the organization can change.
const READ_ONLY: [&str; 8] =
    ["id", "customerNumber", "email", "status", "totalOrders", "totalSpent", "lifetimeValue", "currency"];

#[derive(Serialize)]
struct ProfileBody<'a> {
    user: UserBody<'a>,
    customer: Option<CustomerBody<'a>>,
}

#[derive(Serialize)]
struct ChangedBody<'a> {
    customer: Option<CustomerBody<'a>>,
}

/// `GET profile`.
#[utoipa::path(
    get,
    path = PROFILE,
    tag = "profile",
    operation_id = "getProfile",
    summary = "The customer's own record",
    description = "Needs the scope profile:read. The totals are the organization's own figures, in its currency.",
    security(("bearer" = [])),
    responses((status = 200, description = "The record", body = Success<ProfileAnswer>), Refusals),
)]
pub(in crate::http) async fn read(context: RequestContext) -> Result<HttpResponse> {
    let bearer = authenticate(&context).await?;
    let entered = own::read(context.cx(), &bearer).await?;
    let user = UserBody::of(&entered.end_user);
    envelope::counted(ProfileBody { user, customer: customer(&entered) }, &entered.standings)
}

/// `PATCH profile`.
#[utoipa::path(
    patch,
    path = PROFILE,
    tag = "profile",
    operation_id = "changeProfile",
    summary = "Change the customer's own record",
    description = "Needs the scope profile:write. Send what is to change; null clears a field, what is left out stays. All of \
                   it is changed, or nothing.",
    security(("bearer" = [])),
    request_body(content = ProfilePatch, example = json!({"displayName": "Ana L.", "phone": "+34 600 123 456"})),
    responses((status = 200, description = "The customer", body = Success<CustomerAnswer>), Refusals),
)]
pub(in crate::http) async fn change(context: RequestContext, body: JsonBody) -> Result<HttpResponse> {
    let bearer = authenticate(&context).await?;
    let change = profile_change(body.fields()?)?;
    let entered = own::change(context.cx(), &bearer, &change).await?;
    envelope::counted(ChangedBody { customer: customer(&entered) }, &entered.standings)
}

fn customer(entered: &AdmittedRequest) -> Option<CustomerBody<'_>> {
    CustomerBody::of(&entered.end_user, entered.currency)
}

/// Parses the requested changes, or refuses the first wrong field.
fn profile_change(fields: &Fields) -> Result<ProfileChange> {
    let mut change = ProfileChange::default();
    for (name, value) in fields.iter() {
        let refused = |because: &str| ApiError::bad_field(name, format!("The field \"{name}\" {because}."));
        let Some(field) = ProfileField::of(name) else {
            return Err(if READ_ONLY.contains(&name) {
                refused("cannot be changed")
            } else {
                let shown = printable(name);
                ApiError::bad_field(&shown, format!("There is no field \"{shown}\" in a profile."))
            });
        };
        let value = match value {
            Value::Null => None,
            Value::String(text) => Some(text.as_str()),
            _ => return Err(refused("must be a string, or null to clear it")),
        };
        change.set(field, value).map_err(|error| ApiError {
            reason: EnvelopeReason::ProfileRefused(field, error).into(),
            ..refused(&error.to_string())
        })?;
    }
    Ok(change)
}

/// A caller's field name, safe to repeat: no control characters, at most 40 characters.
fn printable(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(40).collect()
}
