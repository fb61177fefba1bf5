//! URLs from strangers. The URL standard accepts any host, and the processing of international names (UTS 46,
//! Punycode) takes quadratic time in a label's length; so the text is measured before it is parsed.

use url::Url;

/// The longest URL, in bytes.
pub const MAX_LENGTH: usize = 2048;
/// The longest authority (RFC 3986 §3.2), in bytes: a host name of 253 letters in any script, and a port.
const MAX_AUTHORITY: usize = 1024;
/// The longest host label (RFC 1035 §2.3.4 allows 63), in characters, with room for a port.
const MAX_LABEL: usize = 70;

/// Reads a URL that a person typed, possibly with spaces. `None` when it is too long, has control characters,
/// which the URL standard would drop, or has a label that is too long for DNS.
pub fn parse(text: &str) -> Option<Url> {
    if text.len() > MAX_LENGTH || text.contains(char::is_control) {
        return None;
    }
    let (_, rest) = text.split_once(':')?;
    let rest = rest.trim_start_matches(['/', '\\']);
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    let sound = authority.len() <= MAX_AUTHORITY
        && authority
            .split(['.', '\u{3002}', '\u{ff0e}', '\u{ff61}', '@'])
            .all(|label| label.chars().count() <= MAX_LABEL);
    if sound { Url::parse(text).ok() } else { None }
}

/// Reads a URL from a program, without any white space, which the URL standard would drop.
pub fn parse_exact(text: &str) -> Option<Url> {
    if text.contains(char::is_whitespace) { None } else { parse(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_measured_before_it_is_parsed() {
        for fine in [
            "https://a.example/?x#y",
            "http://[::1]:8080/",
            "com.example.app:/callback",
            "https://bücher.example",
            "https://user:password@a.example:65535/",
        ] {
            assert!(parse(fine).is_some(), "{fine}");
        }
        let path = format!("https://a.example/{}", "p".repeat(2030));
        assert!(parse(&path).is_some());
        let label = "é".repeat(71);
        for bad in [
            String::new(),
            "a.example".to_owned(),
            format!("{path}p"),
            format!("https://{label}.example/"),
            format!("https:{label}.example/"),
            format!("https:\\\\{label}"),
            format!("https://a@{label}"),
            format!("https://xn--{}.example", "a".repeat(67)),
            "https://a.exa\nmple".to_owned(),
            format!("https:\t//{label}"),
        ] {
            assert!(parse(&bad).is_none() && parse_exact(&bad).is_none(), "{bad}");
        }
        for spaced in [" https://a.example", "https://a.example/a b"] {
            assert!(parse(spaced).is_some() && parse_exact(spaced).is_none(), "{spaced}");
        }
        assert!(parse(&format!(" https://{label}.example")).is_none());
    }
}
