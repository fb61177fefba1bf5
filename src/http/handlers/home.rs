//! The issuer's root URL: a page for people, the URL of the metadata for programs.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::VARY;
use serde_json::json;

use crate::http::accept::prefers_html;
use crate::http::envelope::success;
use crate::http::error::Result;
use crate::http::page_context::{brand, html_response};
use crate::http::pages::{Development, HomePage, security_headers};
use crate::http::paths::{DEMO, OPENAPI_PAGE, OUTBOX};
use crate::http::request::RequestContext;
use crate::http::state::WorkerState;
use crate::protocol::id::ClientId;
use crate::protocol::metadata;
use crate::protocol::redirect_uri::{RedirectUri, destination};

/// The client id of the third-party demo application (`config/development.toml`).
const DEMO_APP: &str = "demo-app";

/// # Errors
/// [`ApiError`](crate::http::error::ApiError) when the page cannot be rendered.
pub async fn page(context: RequestContext) -> Result<HttpResponse> {
    let issuer = &context.cx().policy.issuer;
    let path = metadata::openid_path(issuer);
    if !prefers_html(&context.request) {
        let base = issuer.strip_suffix(&*context.state.base).unwrap_or(issuer);
        let mut answer = success(json!({ "issuer": issuer, "metadata": format!("{base}{path}") }))?;
        answer.headers_mut().insert(VARY, actix_web::http::header::HeaderValue::from_static("Accept"));
        return Ok(answer);
    }
    let at = |path: &str| format!("{}{path}", context.state.base);
    let (shop, outbox, client_api) = (at(DEMO), at(OUTBOX), at(OPENAPI_PAGE));
    let application = demo_application(&context.state);
    let nonce = context.nonce();
    let page = HomePage {
        locale: context.locale(None),
        head: context.state.head(&nonce),
        brand: context.cx().policy.only_organization().map(brand),
        host: &destination(issuer),
        metadata: &path,
        development: context.state.outbox.as_ref().map(|_| Development {
            shop: &shop,
            application: application.as_deref(),
            outbox: &outbox,
            client_api: &client_api,
        }),
    };
    let headers = security_headers(&nonce, page.brand.and_then(|brand| brand.logo).as_slice());
    Ok(html_response(StatusCode::OK, headers).insert_header((VARY, "Accept")).body(page.render()?))
}

/// The URL of the third-party demo application, from its client's redirect URI.
fn demo_application(state: &WorkerState) -> Option<String> {
    let client = state.cx.policy.clients.get(&ClientId::new(DEMO_APP))?;
    client.redirect_uris.iter().find_map(RedirectUri::site)
}
