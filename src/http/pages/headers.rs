//! What every page says to the browser besides itself.

use std::collections::BTreeSet;

use super::text::{link, picture};
use crate::protocol::web_url;

/// The headers of a page. `nonce` is the one of its [`Head`](super::Head), in base64 or base64url; `images` are
/// the URLs of the logos on it, of which only the origins of https URLs are let in, beside our own icon.
///
/// There is no `form-action`: Chromium applies it to every redirect that follows a form, the application's own onward
/// ones included, which we cannot know. Forms cannot be injected where markup cannot.
#[must_use]
pub fn security_headers(nonce: &str, images: &[&str]) -> Vec<(&'static str, String)> {
    headers(content_security_policy(nonce, images))
}

/// The same for a page whose own script is under the nonce too.
#[must_use]
pub fn security_headers_with_script(nonce: &str, images: &[&str]) -> Vec<(&'static str, String)> {
    let script = if is_nonce(nonce) { format!("; script-src 'nonce-{nonce}'") } else { String::new() };
    headers(content_security_policy(nonce, images) + &script)
}

/// The same for a page that holds these frames, without a script.
#[must_use]
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

/// The origin of an http or https URL, as a source expression; nothing for one that has none. A frame of such a URL
/// cannot be let in.
#[must_use]
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

/// The origin of an https URL, as a source expression (CSP Level 3 §2.3.1). A host that is no plain name or IPv4
/// address has no source expression, and one with `;` or `'` would end the directive.
fn source(image: &str) -> Option<String> {
    let origin = picture(Some(image))?.origin().ascii_serialization();
    let host = origin.strip_prefix("https://")?;
    is_plain(host).then_some(origin)
}

fn is_plain(host: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b':');
    !host.is_empty() && host.bytes().all(plain)
}

/// Whether it can stand in a header (CSP Level 3 §2.3.1, `base64-value`).
fn is_nonce(nonce: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=');
    !nonce.is_empty() && nonce.bytes().all(allowed)
}

#[cfg(test)]
#[path = "headers_tests.rs"]
mod tests;
