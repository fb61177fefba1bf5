//! Files that are built into the program, and the headers of the demo pages that are made of them.

use actix_web::HttpResponse;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssetKind {
    /// JavaScript, as a module.
    Script,
    /// A style sheet.
    Style,
    /// An SVG picture.
    Picture,
}

/// A file.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    name: &'static str,
    kind: AssetKind,
    text: &'static str,
}

impl Asset {
    /// A file under the last part of its path.
    #[must_use]
    pub const fn new(name: &'static str, kind: AssetKind, text: &'static str) -> Self {
        Self { name, kind, text }
    }

    /// The answer with it. It is asked for again each time: in development it may be another after each build.
    #[must_use]
    pub fn answer(&self) -> HttpResponse {
        let kind = match self.kind {
            AssetKind::Script => "text/javascript; charset=utf-8",
            AssetKind::Style => "text/css; charset=utf-8",
            AssetKind::Picture => "image/svg+xml",
        };
        HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, kind))
            .insert_header((CACHE_CONTROL, "no-cache"))
            .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .body(self.text)
    }
}

#[must_use]
pub fn find<'a>(files: &'a [Asset], name: &str) -> Option<&'a Asset> {
    files.iter().find(|file| file.name == name)
}

/// A script or a style that stands in its page, as a content security policy names it (CSP 3 §2.3.1, `hash-source`).
#[must_use]
pub fn source(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(digest(&SHA256, text.as_bytes())))
}

/// A page under a content security policy. Nobody is told its URL, which may carry the code of an authorization
/// response (RFC 9700 §4.2.4).
#[must_use]
pub fn page(html: String, policy: &str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_SECURITY_POLICY, policy))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(html)
}
