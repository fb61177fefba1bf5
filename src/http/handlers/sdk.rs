//! The browser SDK's files. They are built from `sdk/` and are part of the program.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::well_known::has_it;
use crate::http::state::State;

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// Kept and asked about every time: a page whose integrity hash was brought up to date must not meet the file before.
const REVALIDATED: &str = "public, no-cache";

/// A file of the SDK, with its entity tag.
pub struct Script {
    bytes: &'static [u8],
    etag: String,
}

impl Script {
    /// The classic script.
    #[must_use]
    pub fn classic() -> Self {
        Self::of(include_bytes!("../../../sdk/dist/tiquo-auth.js"))
    }

    /// The ES module.
    #[must_use]
    pub fn module() -> Self {
        Self::of(include_bytes!("../../../sdk/dist/tiquo-auth.mjs"))
    }

    fn of(bytes: &'static [u8]) -> Self {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
        Self { bytes, etag: format!("\"{}\"", URL_SAFE_NO_PAD.encode(digest.as_ref())) }
    }

    fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let has_it = has_it(request.headers(), &self.etag);
        let mut answer = if has_it { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        // Pages of other sites load it, also those that embed only what allows it (Fetch standard, HTTP-CORP).
        answer
            .insert_header((CROSS_ORIGIN_RESOURCE_POLICY, "cross-origin"))
            .insert_header((ETAG, self.etag.as_str()))
            .insert_header((CACHE_CONTROL, REVALIDATED));
        if has_it {
            return answer.finish();
        }
        answer
            .insert_header((CONTENT_TYPE, "text/javascript; charset=utf-8"))
            .body(Bytes::from_static(self.bytes))
    }
}

/// `GET /sdk/v1/tiquo-auth.js`.
pub async fn classic(state: Data<State>, request: HttpRequest) -> HttpResponse {
    state.sdk_classic.answer(&request)
}

/// `GET /sdk/v1/tiquo-auth.mjs`.
pub async fn module(state: Data<State>, request: HttpRequest) -> HttpResponse {
    state.sdk_module.answer(&request)
}
