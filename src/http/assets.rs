//! Files that are compiled into the program, and the headers of the demo pages.

use actix_web::HttpResponse;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssetKind {
    Script,
    Style,
    Picture,
}

/// A file with its media type.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    name: &'static str,
    kind: AssetKind,
    text: &'static str,
}

impl Asset {
    /// `name` is the last part of the file's path.
    pub const fn new(name: &'static str, kind: AssetKind, text: &'static str) -> Self {
        Self { name, kind, text }
    }

    /// The response with the file. Browsers revalidate it each time, because in development it may change
    /// with each build.
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

pub fn find<'a>(files: &'a [Asset], name: &str) -> Option<&'a Asset> {
    files.iter().find(|file| file.name == name)
}

/// An inline script or style as a source of a Content-Security-Policy (CSP 3 §2.3.1, `hash-source`).
pub fn source(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(digest(&SHA256, text.as_bytes())))
}

/// A page with a Content-Security-Policy and without a referrer, because its URL may contain an authorization
/// code (RFC 9700 §4.2.4).
pub fn page(html: String, policy: &str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_SECURITY_POLICY, policy))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(html)
}
