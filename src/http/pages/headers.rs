//! What every page says to the browser besides itself.

use std::collections::BTreeSet;

use url::Url;

use super::text::{link, picture};

/// The headers of a page. `nonce` is the one of its [`Chrome`](super::Chrome), in base64 or base64url; `images` are
/// the URLs of the logos on it, of which only the origins of https URLs are let in.
///
/// There is no `form-action`: Chromium applies it to every redirect that follows a form, the application's own onward
/// ones included, which we cannot know. Forms cannot be injected where markup cannot.
#[must_use]
pub fn security_headers(nonce: &str, images: &[&str]) -> Vec<(&'static str, String)> {
    headers(content_security_policy(nonce, images))
}

/// The same for a page whose own script is under the nonce too, and that has no logo.
#[must_use]
pub fn security_headers_with_script(nonce: &str) -> Vec<(&'static str, String)> {
    let script = if is_nonce(nonce) { format!("; script-src 'nonce-{nonce}'") } else { String::new() };
    headers(content_security_policy(nonce, &[]) + &script)
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
    let origin = Url::parse(&link(Some(url))?).ok()?.origin().ascii_serialization();
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
    let images = if origins.is_empty() {
        String::new()
    } else {
        format!("img-src {}; ", origins.into_iter().collect::<Vec<_>>().join(" "))
    };
    format!("default-src 'none'; style-src {style}; {images}base-uri 'none'; frame-ancestors 'none'")
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
mod tests {
    use super::*;

    fn policy(nonce: &str, images: &[&str]) -> String {
        let headers = security_headers(nonce, images);
        headers.into_iter().find(|(name, _)| *name == "Content-Security-Policy").unwrap().1
    }

    #[test]
    fn csp3_nothing_is_allowed_but_the_own_style_and_the_logos() {
        assert_eq!(
            policy("bm9uY2U", &[]),
            "default-src 'none'; style-src 'nonce-bm9uY2U'; base-uri 'none'; frame-ancestors 'none'"
        );
        let images =
            ["https://cdn.example/a/logo.png?x=1", "https://CDN.example:443/b.png", "https://[::1]/c"];
        assert_eq!(
            policy("bm9uY2U", &images),
            "default-src 'none'; style-src 'nonce-bm9uY2U'; img-src https://cdn.example; base-uri 'none'; \
             frame-ancestors 'none'"
        );
    }

    #[test]
    fn csp3_only_the_frames_of_the_page_are_let_in() {
        let frames = [
            "https://a.example/out?sid=1",
            "https://a.example:8443/x",
            "https://a.example/two",
            "http://localhost:3000/logout",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://[::1]/x",
            "https://*/x",
        ];
        let headers = security_headers_with_frames("bm9uY2U", &["https://cdn.example/l.png"], &frames);
        assert_eq!(
            headers[0].1,
            "default-src 'none'; style-src 'nonce-bm9uY2U'; img-src https://cdn.example; base-uri 'none'; \
             frame-ancestors 'none'; frame-src http://localhost:3000 https://a.example https://a.example:8443"
        );
        assert_eq!(
            security_headers_with_frames("bm9uY2U", &[], &["nothing"]),
            security_headers("bm9uY2U", &[])
        );
    }

    #[test]
    fn csp3_nothing_can_be_injected() {
        let none = policy("bm9uY2U", &[]);
        for image in [
            "http://cdn.example/l.png",
            "data:image/png,x",
            "javascript:1",
            "https://a'none';script-src */l",
            "https://a;script-src/",
            "https://*/l.png",
            "*",
            "",
        ] {
            assert_eq!(policy("bm9uY2U", &[image]), none, "{image}");
        }
        for nonce in ["", "a b", "a'; script-src *", "a\r\nSet-Cookie: x", "é"] {
            assert!(
                policy(nonce, &[]).starts_with("default-src 'none'; style-src 'none'; base-uri"),
                "{nonce}"
            );
        }
    }

    #[test]
    fn a_page_is_not_framed_not_stored_and_tells_no_other_site_where_it_came_from() {
        let headers = security_headers("bm9uY2U", &[]);
        for (name, value) in [
            ("X-Frame-Options", "DENY"),
            ("Referrer-Policy", "same-origin"),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ] {
            assert!(headers.contains(&(name, value.to_owned())), "{name}");
        }
        assert!(!headers.iter().any(|(_, value)| value.contains("form-action")));
    }
}
