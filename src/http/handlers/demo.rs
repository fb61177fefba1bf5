//! Development only: a demo shop's account page, made with the browser SDK as any shop would.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;

use crate::http::assets::{self, Asset, Kind};
use crate::http::error::ApiError;
use crate::http::routes::{DEMO, OUTBOX, SAMPLES};
use crate::http::state::State;

/// What the page loads; the SDK comes from where it is for everybody.
const FILES: &[Asset] = &[
    Asset::new("icon.svg", Kind::Picture, include_str!("../../../assets/shop/icon.svg")),
    Asset::new("style.css", Kind::Style, include_str!("../../../assets/shop/style.css")),
    Asset::new("app.js", Kind::Script, include_str!("../../../assets/shop/app.js")),
    Asset::new("sign-in.js", Kind::Script, include_str!("../../../assets/shop/sign-in.js")),
    Asset::new("profile.js", Kind::Script, include_str!("../../../assets/shop/profile.js")),
    Asset::new("lists.js", Kind::Script, include_str!("../../../assets/shop/lists.js")),
    Asset::new("dom.js", Kind::Script, include_str!("../../../assets/shop/dom.js")),
];

/// What the browser may do on the page: our own files and requests, and the picture that a customer chose.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https:; \
                      connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

#[derive(Template)]
#[template(path = "demo/shop.html")]
struct ShopPage<'a> {
    issuer: &'a str,
    public_key: &'a str,
    demo: &'static str,
    outbox: &'static str,
    samples: &'static str,
}

/// `GET /demo`.
///
/// # Errors
/// [`ApiError`] when there is no organization that it could be the shop of, or the page cannot be written.
pub async fn page(state: Data<State>) -> Result<HttpResponse, ApiError> {
    let organization = state.cx.policy.organizations.first().ok_or_else(ApiError::not_found)?;
    let page = ShopPage {
        issuer: &state.base,
        public_key: &organization.public_key,
        demo: DEMO,
        outbox: OUTBOX,
        samples: SAMPLES,
    };
    let page = page.render().map_err(|error| ApiError::server(format!("the demo page: {error}")))?;
    Ok(assets::page(page, POLICY))
}

/// `GET /demo/{name}`.
///
/// # Errors
/// [`ApiError`] when there is no such file.
pub async fn file(name: Path<String>) -> Result<HttpResponse, ApiError> {
    assets::find(FILES, &name).map(Asset::answer).ok_or_else(ApiError::not_found)
}
