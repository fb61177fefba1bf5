//! The icon that browsers show beside our pages' titles.

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::well_known::has_it;
use crate::http::pages::icon;
use crate::http::routes::FAVICON;
use crate::http::state::WorkerState;

/// Browsers ask for it with every page that they have not seen; it changes with the configuration.
const CACHED: &str = "public, max-age=86400";
/// Opened by itself it is a document, which needs nothing but its own colours.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// The icon, in an organization's colours.
pub struct Icon {
    path: String,
    svg: Bytes,
    etag: String,
}

impl Icon {
    /// The icon of an issuer whose URL has the path `base`, in an accent colour; what is none makes it neutral.
    #[must_use]
    pub fn new(base: &str, accent: &str) -> Self {
        let svg = Bytes::from(icon(accent));
        let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(digest(&SHA256, &svg).as_ref()));
        Self { path: format!("{base}{FAVICON}"), svg, etag }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

/// `GET /favicon.svg`, and `GET /favicon.ico`, which browsers try where no page names another: what it is, its
/// `Content-Type` says.
pub async fn favicon(state: Data<WorkerState>, request: HttpRequest) -> HttpResponse {
    let Icon { svg, etag, .. } = &state.icon;
    let has_it = has_it(request.headers(), etag);
    let mut answer = if has_it { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer.insert_header((ETAG, etag.as_str())).insert_header((CACHE_CONTROL, CACHED));
    if has_it {
        return answer.finish();
    }
    answer
        .insert_header((CONTENT_TYPE, "image/svg+xml"))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(svg.clone())
}
