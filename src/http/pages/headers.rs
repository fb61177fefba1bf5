//! The security headers of every page.

use std::collections::BTreeSet;

use super::text::{link, picture};
use crate::protocol::web_url;

/// Headers of a page without a script. `nonce` is that of its [`PageHead`](super::PageHead); `images` are the URLs of
/// its logos, of which the origins of https URLs are admitted beside our own icon.
///
/// There is no `form-action`: Chromium applies it to every redirect after a form, also to those of the
/// client, which we cannot know. Forms cannot be injected where markup cannot.
pub fn security_headers(nonce: &str, images: &[&str]) -> Vec<(&'static str, String)> {
    headers(content_security_policy(nonce, images))
}

/// Headers of a page whose script has the nonce too.
pub fn security_headers_with_script(nonce: &str, images: &[&str]) -> Vec<(&'static str, String)> {
    let script = if is_nonce(nonce) { format!("; script-src 'nonce-{nonce}'") } else { String::new() };
    headers(content_security_policy(nonce, images) + &script)
}

/// Headers of a page with these frames and without a script.
pub fn security_headers_with_frames(
    nonce: &str,
    images: &[&str],
    frames: &[&str],
) -> Vec<(&'static str, String)> {
    let origins = frames.iter().filter_map(|frame| frame_origin(frame)).collect::<BTreeSet<_>>();
    let sources = if origins.is_empty() {
        String::new()
    } else {
        format!("; frame-src {}", origins.into_iter().collect::<Vec<_>>().join(" "))
    };
    headers(content_security_policy(nonce, images) + &sources)
}

/// The origin of an http or https URL as a source expression; `None` when it has none, so that no header can
/// admit its frame.
pub fn frame_origin(url: &str) -> Option<String> {
    let origin = web_url::parse(&link(Some(url))?)?.origin().ascii_serialization();
    let (_, host) = origin.split_once("://")?;
    is_plain(host).then_some(origin)
}

fn headers(policy: String) -> Vec<(&'static str, String)> {
    vec![
        ("Content-Security-Policy", policy),
        ("X-Frame-Options", "DENY".to_owned()),
        ("Referrer-Policy", "same-origin".to_owned()),
        ("Cache-Control", "no-store".to_owned()),
        ("X-Content-Type-Options", "nosniff".to_owned()),
    ]
}

fn content_security_policy(nonce: &str, images: &[&str]) -> String {
    let style = if is_nonce(nonce) { format!("'nonce-{nonce}'") } else { "'none'".to_owned() };
    let origins = images.iter().filter_map(|image| source(image)).collect::<BTreeSet<_>>();
    let images = origins.into_iter().fold("'self'".to_owned(), |all, origin| format!("{all} {origin}"));
    format!(
        "default-src 'none'; style-src {style}; img-src {images}; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// The origin of an https URL as a source expression (CSP Level 3 §2.3.1). Only host names and IPv4 addresses
/// have one; `;` or `'` would end the directive.
fn source(image: &str) -> Option<String> {
    let origin = picture(Some(image))?.origin().ascii_serialization();
    let host = origin.strip_prefix("https://")?;
    is_plain(host).then_some(origin)
}

fn is_plain(host: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b':');
    !host.is_empty() && host.bytes().all(plain)
}

/// Whether a nonce is a valid `base64-value` (CSP Level 3 §2.3.1).
fn is_nonce(nonce: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=');
    !nonce.is_empty() && nonce.bytes().all(allowed)
}

#[cfg(test)]
#[path = "headers_tests.rs"]
mod tests;
