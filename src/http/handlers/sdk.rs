//! The browser SDK's files. They are built from `sdk/`, compressed there, and are part of the program.

use actix_web::http::header::{
    AcceptEncoding, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ContentEncoding, ETAG, Encoding,
    Header as _, HeaderName, VARY,
};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};

use super::well_known::has_it;
use crate::http::sdk_files::SdkFile;
use crate::http::state::WorkerState;

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// Kept and asked about every time: a page whose integrity hash was brought up to date must not meet the file before.
const REVALIDATED: &str = "public, no-cache";

/// The coding that a caller likes best of those that there are (RFC 9110 §12.5.3). Who takes none of them gets the file as it
/// is, which every program can read.
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
        // Pages of other sites load it, also those that embed only what allows it (Fetch standard, HTTP-CORP).
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

/// `GET /sdk/v1/tiquo-auth.js`.
pub async fn classic(state: Data<WorkerState>, request: HttpRequest) -> HttpResponse {
    state.sdk.classic.answer(&request)
}

/// Its source map.
pub async fn classic_map(state: Data<WorkerState>, request: HttpRequest) -> HttpResponse {
    state.sdk.classic_map.answer(&request)
}

/// `GET /sdk/v1/tiquo-auth.mjs`.
pub async fn module(state: Data<WorkerState>, request: HttpRequest) -> HttpResponse {
    state.sdk.module.answer(&request)
}

/// Its source map.
pub async fn module_map(state: Data<WorkerState>, request: HttpRequest) -> HttpResponse {
    state.sdk.module_map.answer(&request)
}
