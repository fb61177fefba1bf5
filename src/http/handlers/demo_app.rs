//! Development only: a third-party application on an origin of its own. It knows the issuer's URL and its
//! client id, and discovers everything else.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::{Data, Path};
use askama::Template;

use crate::http::assets::{self, Asset, AssetKind};
use crate::http::paths::{DEMO, OUTBOX};

/// The URL of the issuer where the application's users sign in.
#[derive(Debug, Clone)]
pub struct Issuer(pub String);

/// The client id (`config/development.toml`).
const CLIENT: &str = "demo-app";

/// Files that the page loads.
const FILES: &[Asset] = &[
    Asset::new("icon.svg", AssetKind::Picture, include_str!("../../../assets/daybook/icon.svg")),
    Asset::new("style.css", AssetKind::Style, include_str!("../../../assets/daybook/style.css")),
    Asset::new("app.js", AssetKind::Script, include_str!("../../../assets/daybook/app.js")),
    Asset::new("oidc.js", AssetKind::Script, include_str!("../../../assets/daybook/oidc.js")),
    Asset::new("id-token.js", AssetKind::Script, include_str!("../../../assets/daybook/id-token.js")),
    Asset::new("week.js", AssetKind::Script, include_str!("../../../assets/daybook/week.js")),
    Asset::new("dom.js", AssetKind::Script, include_str!("../../../assets/daybook/dom.js")),
];

#[derive(Template)]
#[template(path = "demo/daybook.html")]
struct DaybookPage<'a> {
    issuer: &'a str,
    client: &'static str,
    demo: &'static str,
    outbox: &'static str,
}

/// The application's page, also as its redirect URI.
pub async fn page(issuer: Data<Issuer>) -> HttpResponse {
    let page = DaybookPage { issuer: &issuer.0, client: CLIENT, demo: DEMO, outbox: OUTBOX };
    // The page connects to no other origin than the issuer.
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src {}; \
         form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
        issuer.0
    );
    page.render()
        .map_or_else(|_| HttpResponse::InternalServerError().finish(), |page| assets::page(page, &policy))
}

pub async fn file(name: Path<String>) -> HttpResponse {
    assets::find(FILES, &name).map_or_else(not_found, Asset::answer)
}

fn not_found() -> HttpResponse {
    HttpResponse::NotFound()
        .insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body("There is nothing here.")
}
