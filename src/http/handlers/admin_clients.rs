//! The operator's requests about self-registered clients, on the admin listener.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::admin::admit;
use crate::flow::registered_clients as clients;
use crate::http::body::sent_in_query;
use crate::http::envelope::success;
use crate::http::error::ApiError;
use crate::http::request::RequestContext;
use crate::http::state::WorkerState;
use crate::protocol::id::{ClientId, OrganizationId};

/// `GET clients`: the clients of the parameter `organization`, or all. `after` is the `next` of the previous
/// page.
///
/// # Errors
/// [`ApiError`].
pub async fn list(state: Data<WorkerState>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    admit(&state, &request)?;
    let parameters = sent_in_query(&request)?;
    let named = |name| parameters.get(name).map_err(|error| ApiError::bad_request(format!("{error}.")));
    let organization = named("organization")?.map(OrganizationId::new);
    let after = named("after")?.map(ClientId::new);
    success(clients::list(&state.cx, organization.as_ref(), after.as_ref()).await?)
}

#[derive(Serialize)]
struct RemovedBody<'a> {
    id: &'a str,
}

/// # Errors
/// [`ApiError`].
pub async fn remove(
    state: Data<WorkerState>,
    context: RequestContext,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    admit(&state, &request)?;
    clients::remove(&state.cx, &context.0, &ClientId::new(id.as_str())).await?;
    success(RemovedBody { id: id.as_str() })
}
