//! The icon that browsers show beside our pages' titles.

use actix_web::HttpResponse;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, X_CONTENT_TYPE_OPTIONS,
};

use super::well_known::has_it;
use crate::http::icon::Icon;
use crate::http::request::RequestContext;

/// The icon changes only with the configuration.
const CACHED: &str = "public, max-age=86400";
/// Opened directly the SVG is a document, which needs only its own colours.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// Serves `/favicon.svg`, and `/favicon.ico`, which browsers try where no page names an icon; the
/// `Content-Type` is SVG for both.
pub async fn favicon(context: RequestContext) -> HttpResponse {
    let Icon { svg, etag, .. } = &context.state.icon;
    let has_it = has_it(context.request.headers(), etag);
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
