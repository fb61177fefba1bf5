//! The icon that browsers show beside the titles of our pages.

use actix_web::web::Bytes;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::pages::icon;
use super::paths::FAVICON;

/// The icon, in an organization's colours.
pub struct Icon {
    path: String,
    pub(super) svg: Bytes,
    pub(super) etag: String,
}

impl Icon {
    /// `base` is the path of the issuer's URL. An invalid accent colour gives a neutral icon.
    pub fn new(base: &str, accent: &str) -> Self {
        let svg = Bytes::from(icon(accent));
        let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(digest(&SHA256, &svg).as_ref()));
        Self { path: format!("{base}{FAVICON}"), svg, etag }
    }

    /// The path in links to the icon.
    pub fn path(&self) -> &str {
        &self.path
    }
}
