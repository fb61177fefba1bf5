//! The OpenAPI 3.1 document of the Client API, generated from its handlers and types.

pub mod answers;
mod examples;
mod page;
mod pointer;
mod shell;

pub use answers::Failure;

pub use page::{DevelopmentPaths, SignIn, content_security_policy, page};

use serde_json::Value;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::server::ServerBuilder;
use utoipa::{Modify, OpenApi};

use super::handlers::client_api;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Client API",
        description = "The signed-in customer's own profile, orders, bookings and enquiries. Every answer is the \
                       customer's of the access token; no parameter selects another one.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    paths(
        client_api::refresh,
        client_api::profile::read,
        client_api::profile::change,
        client_api::records::orders,
        client_api::records::bookings,
        client_api::records::enquiries,
    ),
    components(schemas(Failure)),
    modifiers(&Bearer),
    tags(
        (name = "profile", description = "Who the customer is, and what they may change."),
        (name = "orders", description = "What the customer bought."),
        (name = "bookings", description = "What the customer booked."),
        (name = "enquiries", description = "What the customer asked."),
        (name = "tokens", description = "A new token pair for a refresh token."),
    ),
)]
struct ClientApi;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some("An access token of the issuer (RFC 6750 §2.1)."))
            .build();
        let components = openapi.components.get_or_insert_with(Default::default);
        components.add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// The document for an issuer, with an example of each request body and response.
///
/// # Errors
/// When the document cannot be serialized.
pub fn document(issuer: &str) -> Result<Value, serde_json::Error> {
    let mut document = ClientApi::openapi();
    document.servers = Some(vec![ServerBuilder::new().url(issuer).build()]);
    let mut document = serde_json::to_value(document)?;
    examples::add(&mut document);
    Ok(document)
}
