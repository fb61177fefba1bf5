//! The browser SDK's files, built and compressed in `sdk/` and compiled into the program.

use actix_web::http::header::{
    AcceptEncoding, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ContentEncoding, ETAG, Encoding,
    Header as _, HeaderName, VARY,
};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use super::well_known::has_it;
use crate::http::request::RequestContext;
use crate::http::sdk_files::SdkFile;

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// Browsers revalidate each time, so that a page with a new integrity hash never gets the old file from a
/// cache.
const REVALIDATED: &str = "public, no-cache";

/// Negotiates the content coding (RFC 9110 §12.5.3). A caller that accepts none of ours gets the file
/// uncompressed.
fn coding(request: &HttpRequest) -> ContentEncoding {
    let known = [Encoding::identity(), Encoding::gzip(), Encoding::brotli()];
    let accepted = AcceptEncoding::parse(request).ok();
    match accepted.and_then(|accepted| accepted.negotiate(known.iter())) {
        Some(Encoding::Known(coding)) => coding,
        _ => ContentEncoding::Identity,
    }
}

impl SdkFile {
    fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let (coded, name) = match coding(request) {
            ContentEncoding::Brotli => (&self.brotli, Some("br")),
            ContentEncoding::Gzip => (&self.gzip, Some("gzip")),
            _ => (&self.plain, None),
        };
        let has_it = has_it(request.headers(), &coded.etag);
        let mut answer = if has_it { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        // Pages of other sites load the file, also those with a Cross-Origin-Embedder-Policy (Fetch standard,
        // HTTP-CORP).
        answer
            .insert_header((CROSS_ORIGIN_RESOURCE_POLICY, "cross-origin"))
            .insert_header((ETAG, coded.etag.as_str()))
            .insert_header((VARY, "Accept-Encoding"))
            .insert_header((CACHE_CONTROL, REVALIDATED));
        if has_it {
            return answer.finish();
        }
        if let Some(name) = name {
            answer.insert_header((CONTENT_ENCODING, name));
        }
        answer.insert_header((CONTENT_TYPE, self.kind)).body(Bytes::from_static(coded.bytes))
    }
}

pub async fn classic(context: RequestContext) -> HttpResponse {
    context.state.sdk.classic.answer(&context.request)
}

pub async fn classic_map(context: RequestContext) -> HttpResponse {
    context.state.sdk.classic_map.answer(&context.request)
}

pub async fn module(context: RequestContext) -> HttpResponse {
    context.state.sdk.module.answer(&context.request)
}

pub async fn module_map(context: RequestContext) -> HttpResponse {
    context.state.sdk.module_map.answer(&context.request)
}
