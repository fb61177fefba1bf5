//! Refusals of pages: a page for a person, that says what to do and names the request.

use actix_web::HttpRequest;

use super::error::ApiError;
use super::pages::{Brand, MessageKind, MessagePage};
use super::paths::DEVICE;
use super::state::WorkerState;
use crate::flow::authorize::OriginApplication;
use crate::http::page_context::{brand, locale};

/// The page of a refusal. Where the application is known, it looks as its organization's pages and leads back there.
#[must_use]
pub fn page(error: &ApiError, request: &HttpRequest, state: &WorkerState, nonce: &str, id: &str) -> String {
    let policy = &state.cx.policy;
    let application = error.application.as_deref();
    let client = application.map(|application| &*application.client);
    let organization =
        client.and_then(|client| policy.organization_of(client)).or(policy.only_organization());
    let locale = locale(request, None);
    let seen = client.and_then(|client| client.seen_unmarked(locale));
    let kind = error.reason.message(error.retry_after);
    let back = application.and_then(|OriginApplication { client, redirect_uri }| {
        client.way_back(redirect_uri.as_deref(), locale)
    });
    let again = (kind == MessageKind::DeviceExpired).then(|| format!("{}{DEVICE}", policy.issuer));
    let back = again.or(back);
    let page = MessagePage {
        locale,
        head: state.head(nonce),
        // Without its logo, which would have to be let in by a header.
        brand: organization.map(|organization| Brand { logo: None, ..brand(organization) }),
        kind,
        request_id: id,
        back: back.as_deref(),
        client_name: seen.map(|seen| seen.name),
    };
    page.render().unwrap_or_default()
}
