use super::*;

fn policy(nonce: &str, images: &[&str]) -> String {
    let headers = security_headers(nonce, images);
    headers.into_iter().find(|(name, _)| *name == "Content-Security-Policy").unwrap().1
}

#[test]
fn csp3_nothing_is_allowed_but_the_own_style_and_the_logos() {
    assert_eq!(
        policy("bm9uY2U", &[]),
        "default-src 'none'; style-src 'nonce-bm9uY2U'; img-src 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    let images = ["https://cdn.example/a/logo.png?x=1", "https://CDN.example:443/b.png", "https://[::1]/c"];
    assert_eq!(
        policy("bm9uY2U", &images),
        "default-src 'none'; style-src 'nonce-bm9uY2U'; img-src 'self' https://cdn.example; base-uri 'none'; \
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
        "default-src 'none'; style-src 'nonce-bm9uY2U'; img-src 'self' https://cdn.example; base-uri 'none'; \
         frame-ancestors 'none'; frame-src http://localhost:3000 https://a.example https://a.example:8443"
    );
    assert_eq!(security_headers_with_frames("bm9uY2U", &[], &["nothing"]), security_headers("bm9uY2U", &[]));
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
            policy(nonce, &[]).starts_with("default-src 'none'; style-src 'none'; img-src 'self'; base-uri"),
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
