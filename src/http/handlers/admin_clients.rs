//! The operator's requests about self-registered clients, on the admin listener.

use actix_web::HttpResponse;
use actix_web::web::Path;
use serde::Serialize;

use super::admin::admit;
use crate::flow::registered_clients as clients;
use crate::http::body::sent_in_query;
use crate::http::envelope::success;
use crate::http::error::{ApiError, Result};
use crate::http::request::RequestContext;
use crate::protocol::id::{ClientId, OrganizationId};

/// `GET clients`: the clients of the parameter `organization`, or all. `after` is the `next` of the previous
/// page.
pub async fn list(context: RequestContext) -> Result<HttpResponse> {
    admit(&context)?;
    let parameters = sent_in_query(&context.request)?;
    let named = |name| parameters.get(name).map_err(|error| ApiError::bad_request(format!("{error}.")));
    let organization = named("organization")?.map(OrganizationId::new);
    let after = named("after")?.map(ClientId::new);
    success(clients::list(context.cx(), organization.as_ref(), after.as_ref()).await?)
}

#[derive(Serialize)]
struct RemovedBody<'a> {
    id: &'a str,
}

pub async fn remove(context: RequestContext, id: Path<String>) -> Result<HttpResponse> {
    admit(&context)?;
    clients::remove(context.cx(), &context.caller, &ClientId::new(id.as_str())).await?;
    success(RemovedBody { id: id.as_str() })
}
