//! What every page takes from its request, its organization and the entropy: language, colours and nonce.

use actix_web::HttpRequest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::language::accepted;
use super::pages::Brand;
use crate::ports::entropy::{Entropy, random};
use crate::protocol::locale::Locale;
use crate::protocol::policy::Organization;

/// The language that the client requested (`ui_locales`), otherwise that of `Accept-Language`.
#[must_use]
pub fn locale(request: &HttpRequest, asked: Option<Locale>) -> Locale {
    asked.unwrap_or_else(|| accepted(request))
}

/// A nonce of 128 random bits for a page's styles and scripts (CSP Level 3 §8.1).
#[must_use]
pub fn nonce(entropy: &dyn Entropy) -> String {
    URL_SAFE_NO_PAD.encode(random::<16>(entropy))
}

#[must_use]
pub fn brand(organization: &Organization) -> Brand<'_> {
    Brand {
        organization: &organization.name,
        accent: &organization.theme.accent,
        logo: organization.theme.logo.as_deref(),
    }
}
