//! What every page takes from its request, its organization and the entropy (language, colours and nonce), and the
//! response that it is sent in.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::error::ApiError;
use super::language::accepted;
use super::pages::{Brand, PageError};
use super::request::RequestContext;
use crate::ports::entropy::{Entropy, random};
use crate::protocol::locale::Locale;
use crate::protocol::policy::Organization;

/// The language that the client requested (`ui_locales`), otherwise that of `Accept-Language`.
pub fn locale(request: &HttpRequest, asked: Option<Locale>) -> Locale {
    asked.unwrap_or_else(|| accepted(request))
}

/// A nonce of 128 random bits for a page's styles and scripts (CSP Level 3 §8.1).
pub fn nonce(entropy: &dyn Entropy) -> String {
    URL_SAFE_NO_PAD.encode(random::<16>(entropy))
}

impl RequestContext {
    pub fn locale(&self, asked: Option<Locale>) -> Locale {
        locale(&self.request, asked)
    }

    pub fn nonce(&self) -> String {
        nonce(self.state.cx.entropy.as_ref())
    }
}

/// The response with a page; `headers` are [`security_headers`](super::pages::security_headers) or one of its
/// kind.
pub fn html_response(status: StatusCode, headers: Vec<(&'static str, String)>) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.content_type("text/html; charset=utf-8");
    for header in headers {
        response.insert_header(header);
    }
    response
}

impl From<PageError> for ApiError {
    fn from(error: PageError) -> Self {
        Self::server(error.to_string())
    }
}

pub fn brand(organization: &Organization) -> Brand<'_> {
    Brand {
        organization: &organization.name,
        accent: &organization.theme.accent,
        logo: organization.theme.logo.as_deref(),
    }
}
