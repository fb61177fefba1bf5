//! Development only: the account page of a demo shop, built with the browser SDK.

use actix_web::HttpResponse;
use actix_web::http::header::{HOST, LOCATION};
use actix_web::web::Path;
use askama::Template;

use crate::http::assets::{self, Asset, AssetKind};
use crate::http::error::{ApiError, Result};
use crate::http::paths::{DEMO, OUTBOX, SAMPLES, SDK};
use crate::http::request::RequestContext;

/// Files that the page loads; the SDK comes from its public URL.
const FILES: &[Asset] = &[
    Asset::new("icon.svg", AssetKind::Picture, include_str!("../../../assets/shop/icon.svg")),
    Asset::new("style.css", AssetKind::Style, include_str!("../../../assets/shop/style.css")),
    Asset::new("app.js", AssetKind::Script, include_str!("../../../assets/shop/app.js")),
    Asset::new("sign-in.js", AssetKind::Script, include_str!("../../../assets/shop/sign-in.js")),
    Asset::new("profile.js", AssetKind::Script, include_str!("../../../assets/shop/profile.js")),
    Asset::new("lists.js", AssetKind::Script, include_str!("../../../assets/shop/lists.js")),
    Asset::new("dom.js", AssetKind::Script, include_str!("../../../assets/shop/dom.js")),
];

/// Allows our own files and requests, and the picture that a customer chose.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https:; \
                      connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

#[derive(Template)]
#[template(path = "demo/shop.html")]
struct ShopPage<'a> {
    issuer: &'a str,
    public_key: &'a str,
    sdk: String,
    demo: String,
    outbox: String,
    samples: &'static str,
}

/// `GET /demo`. A request under another loopback name is redirected to the issuer's, for which the SDK makes
/// its DPoP proofs (RFC 9449 §4.2, `htu`).
///
/// # Errors
/// [`ApiError`] when there is no organization for the shop, or the page cannot be rendered.
pub async fn page(context: RequestContext) -> Result<HttpResponse> {
    let issuer = &context.cx().policy.issuer;
    if is_elsewhere(&context) {
        return Ok(HttpResponse::SeeOther().insert_header((LOCATION, format!("{issuer}{DEMO}"))).finish());
    }
    let organization = context.cx().policy.organizations.first().ok_or_else(ApiError::not_found)?;
    let at = |path: &str| format!("{}{path}", context.state.base);
    let page = ShopPage {
        issuer,
        public_key: &organization.public_key,
        sdk: at(SDK),
        demo: at(DEMO),
        outbox: at(OUTBOX),
        samples: SAMPLES,
    };
    let page = page
        .render()
        .map_err(|error| ApiError::server(format!("the demo page cannot be rendered: {error}")))?;
    Ok(assets::page(page, POLICY))
}

/// Whether the issuer uses one of the loopback names and the request another one.
fn is_elsewhere(context: &RequestContext) -> bool {
    let issuer = context.cx().policy.issuer.split('/').nth(2).unwrap_or_default();
    let own = context.state.web.own_hosts.iter().flatten();
    let asked = context.request.headers().get(HOST).and_then(|host| host.to_str().ok());
    own.into_iter().any(|name| name == issuer)
        && asked.is_some_and(|asked| !asked.eq_ignore_ascii_case(issuer))
}

/// # Errors
/// [`ApiError`] when there is no such file.
pub async fn file(name: Path<String>) -> Result<HttpResponse> {
    assets::find(FILES, &name).map(Asset::answer).ok_or_else(ApiError::not_found)
}
