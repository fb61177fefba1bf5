//! The issuer's root URL: a page for people, the URL of the metadata for programs.

use actix_web::http::header::{CONTENT_TYPE, VARY};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use crate::http::accept::prefers_html;
use crate::http::envelope::success;
use crate::http::error::ApiError;
use crate::http::page_context::{brand, locale, nonce};
use crate::http::pages::{Development, HomePage, security_headers};
use crate::http::paths::{DEMO, OPENAPI_PAGE, OUTBOX};
use crate::http::state::WorkerState;
use crate::protocol::id::ClientId;
use crate::protocol::metadata;
use crate::protocol::redirect_uri::{RedirectUri, destination};

/// The client id of the third-party demo application (`config/development.toml`).
const DEMO_APP: &str = "demo-app";

/// # Errors
/// [`ApiError`] when the page cannot be rendered.
pub async fn page(state: Data<WorkerState>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let issuer = &state.cx.policy.issuer;
    let path = metadata::openid_path(issuer);
    if !prefers_html(&request) {
        let base = issuer.strip_suffix(&*state.base).unwrap_or(issuer);
        let mut answer = success(json!({ "issuer": issuer, "metadata": format!("{base}{path}") }))?;
        answer.headers_mut().insert(VARY, actix_web::http::header::HeaderValue::from_static("Accept"));
        return Ok(answer);
    }
    let at = |path: &str| format!("{}{path}", state.base);
    let (shop, outbox, client_api) = (at(DEMO), at(OUTBOX), at(OPENAPI_PAGE));
    let application = demo_application(&state);
    let nonce = nonce(state.cx.entropy.as_ref());
    let page = HomePage {
        locale: locale(&request, None),
        head: state.head(&nonce),
        brand: state.cx.policy.only_organization().map(brand),
        host: &destination(issuer),
        metadata: &path,
        development: state.outbox.as_ref().map(|_| Development {
            shop: &shop,
            application: application.as_deref(),
            outbox: &outbox,
            client_api: &client_api,
        }),
    };
    let html = page.render().map_err(|error| ApiError::server(error.to_string()))?;
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, "text/html; charset=utf-8")).insert_header((VARY, "Accept"));
    for header in security_headers(&nonce, page.brand.and_then(|brand| brand.logo).as_slice()) {
        response.insert_header(header);
    }
    Ok(response.body(html))
}

/// The URL of the third-party demo application, from its client's redirect URI.
fn demo_application(state: &WorkerState) -> Option<String> {
    let client = state.cx.policy.clients.get(&ClientId::new(DEMO_APP))?;
    client.redirect_uris.iter().find_map(RedirectUri::site)
}
