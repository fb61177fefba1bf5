//! Development's two demos: the shop's page and the application that is somebody else's.

mod app;
mod shop;

/// A directive of a content security policy.
fn directive<'a>(policy: &'a str, name: &str) -> Option<&'a str> {
    policy.split(';').map(str::trim).find_map(|one| one.strip_prefix(name)).map(str::trim)
}

/// Nothing but own files, and requests to `connect` alone.
fn assert_strict(policy: &str, connect: &str) {
    for (name, value) in [
        ("default-src", "'none'"),
        ("script-src", "'self'"),
        ("style-src", "'self'"),
        ("connect-src", connect),
        ("form-action", "'none'"),
        ("base-uri", "'none'"),
        ("frame-ancestors", "'none'"),
    ] {
        assert_eq!(directive(policy, name), Some(value), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
}

/// The scripts, styles and pictures that a page loads, as its markup says.
fn loads(html: &str) -> Vec<String> {
    let after = |part: &str| part.split('"').next().unwrap().to_owned();
    let of = |before: &'static str| html.split(before).skip(1).map(after);
    of(" src=\"").chain(of("rel=\"stylesheet\" href=\"")).chain(of("rel=\"icon\" href=\"")).collect()
}

/// Markup that the policy would refuse.
fn assert_nothing_inline(html: &str) {
    let html = html.to_ascii_lowercase();
    assert!(!html.contains("<style") && !html.contains(" style=") && !html.contains("javascript:"));
    assert!(!html.contains(" onclick=") && !html.contains(" onload="));
    for script in html.split("<script").skip(1) {
        let (tag, rest) = script.split_once('>').unwrap();
        assert!(tag.contains(" src=\"") && rest.starts_with("</script>"), "{tag}");
    }
}
