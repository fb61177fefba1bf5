//! Renders a mail: subject, text part and HTML part from the same texts.

use askama::Template;
use url::Url;

use super::words::{MailSubject, MailWords};
use crate::protocol::code::CodeForm;
use crate::protocol::colour::Colour;
use crate::protocol::mail::{MailTheme, OtpMail, SignInPlace};

/// Accent colour when an organization's own cannot be parsed.
const PLAIN_ACCENT: Colour = Colour::new(0x1f, 0x29, 0x37);
/// Most characters of a name that are printed; a longer one is cut.
const MAX_NAME: usize = 80;

/// A rendered mail. It contains a code, so it has no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct RenderedMail {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// A template failed. This does not happen, because it only writes to memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the mail could not be rendered")]
pub struct RenderError;

#[derive(Template)]
#[template(path = "mail/otp.txt")]
struct TextTemplate<'a> {
    page: &'a PageTemplate<'a>,
}

#[derive(Template)]
#[template(path = "mail/otp.html")]
struct HtmlTemplate<'a> {
    page: &'a PageTemplate<'a>,
}

struct PageTemplate<'a> {
    lang: &'static str,
    words: MailWords,
    organization: &'a str,
    asked_from: &'a str,
    reference: &'a str,
    code: &'a str,
    /// The code in groups that are shown with a gap. The gap is CSS, so that a copied code contains no white
    /// space.
    groups: Vec<&'a str>,
    accent: Colour,
    on_accent: Colour,
    logo: Option<String>,
}

/// # Errors
/// [`RenderError`], which does not happen.
pub fn render(mail: &OtpMail) -> Result<RenderedMail, RenderError> {
    let organization = one_line(&mail.organization);
    let code = mail.code.expose().as_str();
    let reference = mail.reference.as_str();
    let lives = mail.dies_at.since(mail.sent_at);
    let accent = Colour::parse(&mail.theme.accent).unwrap_or(PLAIN_ACCENT);
    let words =
        MailWords::new(mail.locale, &MailSubject { organization: &organization, code, reference, lives });
    let asked_from = match &mail.asked_from {
        SignInPlace::Named(name) => one_line(name),
        SignInPlace::Application => words.application.to_owned(),
    };
    let page = PageTemplate {
        lang: mail.locale.tag(),
        words,
        organization: &organization,
        asked_from: &asked_from,
        reference,
        code,
        groups: groups(code),
        accent,
        on_accent: accent.readable_text(),
        logo: logo_of(&mail.theme),
    };
    let text = TextTemplate { page: &page }.render().map_err(|_| RenderError)?;
    let html = HtmlTemplate { page: &page }.render().map_err(|_| RenderError)?;
    Ok(RenderedMail { subject: page.words.subject, text, html })
}

/// Makes a name safe to print on one line of a header or a text: control characters and invisible ones that
/// reorder or hide text become spaces, white space is collapsed, a long name is cut, and `://` is removed so
/// that no mail program turns it into a link.
pub(super) fn one_line(name: &str) -> String {
    let visible = name.replace("://", " ");
    let spaced = visible.chars().map(|c| if is_invisible(c) { ' ' } else { c }).collect::<String>();
    let joined = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    joined.chars().take(MAX_NAME).collect::<String>().trim_end().to_owned()
}

fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Six digits are one group; eight characters are split in the middle.
fn groups(code: &str) -> Vec<&str> {
    let half = code.len() / 2;
    match code.split_at_checked(half) {
        Some((left, right)) if code.len() == CodeForm::Letters.length() => vec![left, right],
        _ => vec![code],
    }
}

fn logo_of(theme: &MailTheme) -> Option<String> {
    let url = Url::parse(theme.logo.as_deref()?).ok()?;
    (url.scheme() == "https").then(|| url.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_visible_line() {
        for (name, line) in [
            ("Demo Shop", "Demo Shop"),
            ("Demo\r\nBcc: eve@example.com", "Demo Bcc: eve@example.com"),
            ("a\u{202e}b\u{2028}c\0d\t e", "a b c d e"),
            ("https://evil.example/", "https evil.example/"),
            (" \u{200b} ", ""),
        ] {
            assert_eq!(one_line(name), line);
        }
        assert_eq!(one_line(&"é".repeat(500)), "é".repeat(MAX_NAME));
    }

    #[test]
    fn a_logo_is_an_https_url_or_nothing() {
        let of =
            |logo: Option<&str>| logo_of(&MailTheme { accent: String::new(), logo: logo.map(str::to_owned) });
        assert_eq!(of(Some("https://cdn.example/l.png")).as_deref(), Some("https://cdn.example/l.png"));
        for bad in
            ["http://cdn.example/l.png", "javascript:alert(1)", "data:image/png,x", "//cdn.example", ""]
        {
            assert_eq!(of(Some(bad)), None, "{bad}");
        }
        assert_eq!(of(None), None);
    }
}
