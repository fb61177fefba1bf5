//! The OpenAPI 3.1 document of the Client API, generated from its handlers and types.

mod answers;
mod page;

pub use answers::{
    BookingsPage, CustomerAnswer, EnquiriesPage, Failure, OrdersPage, ProfileAnswer, ProfilePatch,
    RefreshRefusals, RefreshRequestBody, Refusals, Success, TokenPairAnswer,
};

pub use page::{content_security_policy, page};

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
        (name = "profile", description = "Who the customer is."),
        (name = "records", description = "What the customer ordered, booked and asked; newest first, page by page."),
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

/// The document, for an issuer.
#[must_use]
pub fn document(issuer: &str) -> utoipa::openapi::OpenApi {
    let mut document = ClientApi::openapi();
    document.servers = Some(vec![ServerBuilder::new().url(issuer).build()]);
    document
}
