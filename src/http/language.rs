//! The language of a response: the request body's `locale`, otherwise `Accept-Language`.

use actix_web::http::header::ACCEPT_LANGUAGE;
use actix_web::{HttpMessage, HttpRequest};

use crate::protocol::locale::Locale;

#[derive(Clone, Copy)]
struct RequestedLocale(Locale);

/// Stores the `locale` of a request body for the response.
pub fn ask_for(request: &HttpRequest, locale: Locale) {
    request.extensions_mut().insert(RequestedLocale(locale));
}

/// The `locale` of the body, otherwise [`accepted`].
pub fn language(request: &HttpRequest) -> Locale {
    let asked = request.extensions().get::<RequestedLocale>().copied();
    asked.map_or_else(|| accepted(request), |RequestedLocale(locale)| locale)
}

/// The language negotiated by `Accept-Language` (RFC 9110 §12.5.4).
pub fn accepted(request: &HttpRequest) -> Locale {
    let header = request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    Locale::negotiate(header.unwrap_or_default())
}
