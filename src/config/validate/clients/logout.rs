//! Logout settings of a client: logout notices and post-logout redirect URIs.

use url::Url;

use crate::config::raw;
use crate::protocol::client::LogoutUri;
use crate::protocol::redirect_uri::RedirectUri;

use super::super::Findings;
use super::entries;
use super::reach::refuse;

pub(super) struct ClientLogoutSettings {
    pub(super) post_logout_redirect_uris: Vec<String>,
    pub(super) frontchannel: Option<LogoutUri>,
    pub(super) backchannel: Option<LogoutUri>,
}

pub(super) fn logout(
    raw: &mut raw::Client,
    redirect_uris: &[RedirectUri],
    place: &str,
    findings: &mut Findings,
) -> ClientLogoutSettings {
    let given = std::mem::take(&mut raw.post_logout_redirect_uris);
    let front = raw.frontchannel_logout_uri.take();
    let back = raw.backchannel_logout_uri.take();
    let frontchannel = front
        .and_then(|uri| web(uri, &format!("{place}.frontchannel_logout_uri"), findings))
        .filter(|uri| is_of(uri, redirect_uris, place, findings))
        .map(|uri| LogoutUri { uri, session_required: raw.frontchannel_logout_session_required });
    let backchannel = back
        .and_then(|uri| web(uri, &format!("{place}.backchannel_logout_uri"), findings))
        .map(|uri| LogoutUri { uri, session_required: raw.backchannel_logout_session_required });
    let post_logout_redirect_uris =
        post_logout(&given, &format!("{place}.post_logout_redirect_uris"), findings);
    ClientLogoutSettings { post_logout_redirect_uris, frontchannel, backchannel }
}

/// Validated like redirect URIs, but always compared as text (RP-Initiated Logout §3.1).
fn post_logout(given: &[String], place: &str, findings: &mut Findings) -> Vec<String> {
    let mut judged = Vec::new();
    for (place, text) in entries(place, given) {
        match RedirectUri::parse(&text) {
            Err(error) => refuse(&text, error, &place, findings),
            Ok(_) if judged.contains(&text) => {
                findings.mistake(&place, format!("{text} is there twice"), "Leave one of them out");
            }
            Ok(_) => judged.push(text),
        }
    }
    judged
}

fn web(text: String, place: &str, findings: &mut Findings) -> Option<String> {
    match RedirectUri::parse(&text) {
        Err(error) => {
            refuse(&text, error, place, findings);
            None
        }
        Ok(uri) if uri.has_private_use_scheme() => {
            findings.mistake(place, "is no web address", "Write https://app.example.com/logout");
            None
        }
        Ok(_) => Some(text),
    }
}

/// Whether a front-channel logout URI has the scheme, host and port of a redirect URI (Front-Channel Logout
/// §2), and a host that the page's Content Security Policy can name (CSP Level 3 §2.3.1): it cannot name a
/// literal IPv6 address.
fn is_of(uri: &str, redirect_uris: &[RedirectUri], client: &str, findings: &mut Findings) -> bool {
    let place = format!("{client}.frontchannel_logout_uri");
    let origin = |text: &str| Url::parse(text).ok().map(|url| url.origin());
    let known = redirect_uris.iter().any(|redirect| origin(redirect.as_str()) == origin(uri));
    if !known {
        let message = "has not the scheme, host and port of one of redirect_uris (Front-Channel Logout §2)";
        let remedy = "Write a URL on an origin that redirect_uris has";
        findings.mistake_by([format!("{client}.redirect_uris")], place, message, remedy);
    } else if uri.contains('[') {
        findings.mistake(place, "has an address that no page can name", "Write http://localhost");
    } else {
        return true;
    }
    false
}
