//! The language of an answer: what the body asks for, then what the header does.

use actix_web::http::header::ACCEPT_LANGUAGE;
use actix_web::{HttpMessage, HttpRequest};

use crate::protocol::locale::Locale;

/// What a body asked for.
#[derive(Clone, Copy)]
struct RequestedLocale(Locale);

/// Remembers what the body of a request asks for.
pub fn ask_for(request: &HttpRequest, locale: Locale) {
    request.extensions_mut().insert(RequestedLocale(locale));
}

/// The language of the answer to a request: what its body asked for, then what the browser asks for (RFC 9110 §12.5.4).
#[must_use]
pub fn language(request: &HttpRequest) -> Locale {
    let asked = request.extensions().get::<RequestedLocale>().copied();
    asked.map_or_else(|| accepted(request), |RequestedLocale(locale)| locale)
}

/// What the browser asks for.
#[must_use]
pub fn accepted(request: &HttpRequest) -> Locale {
    let header = request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    Locale::negotiate(header.unwrap_or_default())
}
