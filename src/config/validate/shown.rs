//! Validates names and links that end-users see of an organization or a client.

use url::Url;

use super::Findings;

/// Validates a name, which may stand in a mail header too: one line of at most 100 characters.
pub(super) fn judge_shown(text: String, place: &str, findings: &mut Findings) -> String {
    if text.chars().any(char::is_control) || text.chars().count() > 100 {
        findings.mistake(place, "is over 100 characters or has a control character", "Write one short line");
    }
    text
}

/// Validates the URL of a picture or page. It must be https: mail programs and browsers load it from the
/// reader's machine, and would block plain http or expose it to eavesdroppers.
pub(super) fn judge_link(text: String, place: &str, findings: &mut Findings) -> Option<String> {
    // The URL parser removes spaces and line breaks; in a setting they are mistakes.
    let is_odd = |c: char| c.is_whitespace() || c.is_control();
    let sound = Url::parse(&text).is_ok_and(|url| url.scheme() == "https" && url.has_host());
    let sound = sound && !text.contains(is_odd);
    if !sound {
        let remedy = "Write https:// and where it is";
        findings.mistake(place, format!("\"{text}\" is not an https URL"), remedy);
    }
    sound.then_some(text)
}
