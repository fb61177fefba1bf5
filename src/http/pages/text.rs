//! Makes texts and URLs from outside safe to show. The templates escape them too.

use url::Url;

use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::web_url;

/// Most characters of a name that are shown.
const LONGEST_NAME: usize = 80;

/// A name on one line: control characters and invisible ones that reorder or hide text become spaces, white
/// space is collapsed, a long name is cut.
pub(super) fn one_line(name: &str) -> String {
    let spaced = name.chars().map(|c| if is_invisible(c) { ' ' } else { c }).collect::<String>();
    let joined = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    match joined.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => format!("{}…", joined.get(..end).unwrap_or_default().trim_end()),
        None => joined,
    }
}

fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The letter that is shown in the place of a logo.
pub(super) fn initial(name: &str) -> String {
    name.chars().find(|c| c.is_alphanumeric()).map(|c| c.to_uppercase().collect()).unwrap_or_default()
}

/// Parses a picture's URL, which must be https without user information.
pub(super) fn picture(url: Option<&str>) -> Option<Url> {
    let url = web_url::parse(url?)?;
    (url.scheme() == "https" && url.has_host() && url.username().is_empty() && url.password().is_none())
        .then_some(url)
}

/// Parses a link, which must be http or https: `javascript:` and `data:` URLs execute their content.
pub(super) fn link(url: Option<&str>) -> Option<String> {
    let url = web_url::parse(url?)?;
    matches!(url.scheme(), "https" | "http").then(|| url.to_string())
}

/// A link back to a client: as [`link`], or a registered redirect URI with a private-use scheme (RFC 8252
/// §7.1).
pub(super) fn application_link(uri: Option<&str>) -> Option<String> {
    link(uri).or_else(|| {
        let uri = RedirectUri::parse(uri?).ok()?;
        uri.has_private_use_scheme().then(|| uri.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_visible_line() {
        for (name, line) in [
            ("Demo Shop", "Demo Shop"),
            ("a\u{202e}b\u{2028}c\0d\t e", "a b c d e"),
            (" \u{200b} ", ""),
            ("Café <b>", "Café <b>"),
        ] {
            assert_eq!(one_line(name), line);
        }
        assert_eq!(one_line(&"é".repeat(500)), format!("{}…", "é".repeat(LONGEST_NAME)));
        assert_eq!(one_line(&"é".repeat(LONGEST_NAME)), "é".repeat(LONGEST_NAME));
    }

    #[test]
    fn the_initial_is_a_letter_or_a_digit() {
        for (name, letter) in [("fern & Oak", "F"), ("  «élan»", "É"), ("3 Rivers", "3"), ("…", ""), ("", "")]
        {
            assert_eq!(initial(name), letter, "{name}");
        }
    }

    #[test]
    fn only_https_pictures_and_web_links() {
        let https = Some("https://cdn.example/l.png");
        assert_eq!(picture(https).unwrap().as_str(), "https://cdn.example/l.png");
        assert_eq!(link(https).as_deref(), https);
        assert_eq!(link(Some("http://localhost:3000")).as_deref(), Some("http://localhost:3000/"));
        assert_eq!(picture(Some("https://a:b@cdn.example/l.png")), None);
        assert_eq!(picture(Some("http://cdn.example/l.png")), None);
        for bad in
            ["javascript:alert(1)", "JavaScript:alert(1)//https://", "data:image/png,x", "//cdn.example", ""]
        {
            assert_eq!(picture(Some(bad)), None, "{bad}");
            assert_eq!(link(Some(bad)), None, "{bad}");
        }
        assert_eq!((picture(None), link(None)), (None, None));
        for own in ["myapp://bye?state=a", "com.example.app:/bye", "https://app.example/"] {
            assert_eq!(application_link(Some(own)).as_deref(), Some(own));
        }
        for bad in ["javascript:alert(1)", "ms-settings:x", "Chrome-Extension://x", "myapp://\"onclick", ""] {
            assert_eq!(application_link(Some(bad)), None, "{bad}");
        }
    }
}
