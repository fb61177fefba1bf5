//! Validates `[[resources]]`: resource servers other than the Client API.

use std::collections::BTreeMap;

use url::Url;

use crate::config::{raw, words};
use crate::protocol::locale::Locale;
use crate::protocol::resource_server::{ResourceServer, ResourceServers};
use crate::protocol::scope::{self, Scope};

use super::Findings;
use super::clients::{entries, known_by};
use super::findings::UniqueNames;
use super::shown::judge_shown;

pub(super) fn resources(
    raw: Vec<raw::ResourceServer>,
    audience: &str,
    findings: &mut Findings,
) -> ResourceServers {
    let mut taken = UniqueNames::default();
    let judged = raw.into_iter().enumerate().filter_map(|(index, one)| {
        resource(one, &format!("resources[{index}]"), audience.trim(), &mut taken, findings)
    });
    ResourceServers::new(judged.collect())
}

fn resource(
    raw: raw::ResourceServer,
    place: &str,
    audience: &str,
    taken: &mut UniqueNames,
    findings: &mut Findings,
) -> Option<ResourceServer> {
    let at = |key: &str| format!("{place}.{key}");
    let id = findings.required(&at("id"), raw.id, "https://api.example.com");
    let id = id.filter(|id| judge_id(id, &at("id"), audience, taken, findings));
    let scopes = own_scopes(&raw.scopes, &at("scopes"), findings);
    let all = scopes.iter().collect::<Vec<_>>();
    let find = |text: &str| all.iter().find(|one| **one == text).map(|one| (*one).to_owned());
    let own = [at("scopes")];
    let writes = known_by(&own, entries(&at("writes"), &raw.writes), &all, find, findings);
    let mut descriptions = BTreeMap::new();
    for (index, one) in raw.descriptions.into_iter().enumerate() {
        let place = format!("{}[{index}]", at("descriptions"));
        if let Some((token, words)) = description(one, &all, &at("scopes"), &place, findings) {
            if descriptions.contains_key(&token) {
                findings.mistake(&place, format!("{token} is there twice"), "Leave one of them out");
            }
            descriptions.insert(token, words);
        }
    }
    Some(ResourceServer {
        id: id?,
        writes: Scope::parse(&writes.join(" ")).unwrap_or_default(),
        scopes,
        access_token_type: raw.access_token_type,
        descriptions,
    })
}

fn judge_id(id: &str, place: &str, audience: &str, taken: &mut UniqueNames, findings: &mut Findings) -> bool {
    if id == audience {
        let message = format!("{id} is tokens.audience, the Client API, which has its own scopes");
        findings.mistake(
            place,
            message,
            "Leave the section out; tokens.access_token_type is for the Client API",
        );
        return false;
    }
    if !is_resource(id) {
        refuse(id, place, findings);
        return false;
    }
    taken.claim(id, place, findings);
    true
}

/// Whether a text is an absolute URI without a fragment (RFC 8707 §2).
pub(super) fn is_resource(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| url.fragment().is_none())
}

/// Notes that a text is not a valid resource.
pub(super) fn refuse(text: &str, place: &str, findings: &mut Findings) {
    let message = format!("\"{text}\" is not an absolute URI without a fragment (RFC 8707 §2)");
    findings.mistake(place, message, "Write https://api.example.com");
}

/// Validates a resource server's own scopes, which must not have a meaning at the provider already.
fn own_scopes(given: &[String], place: &str, findings: &mut Findings) -> Scope {
    let mut tokens = Vec::new();
    for (place, text) in entries(place, given) {
        let is_ours = scope::OPENID.contains(&text.as_str()) || scope::CLIENT_API.contains(&text.as_str());
        if is_ours {
            findings.mistake(place, format!("{text} means something here already"), "Choose another name");
        } else if text.is_empty() || text.contains(' ') || Scope::parse(&text).is_none() {
            let message = format!("\"{text}\" is no scope token (RFC 6749 §3.3)");
            findings.mistake(place, message, "Write letters, digits and any of : . / _ -");
        } else if tokens.contains(&text) {
            findings.mistake(place, format!("{text} is there twice"), "Leave one of them out");
        } else {
            tokens.push(text);
        }
    }
    Scope::parse(&tokens.join(" ")).unwrap_or_else(|| {
        findings.mistake(place, format!("has more than {} scopes", scope::MAX_TOKENS), "Write fewer");
        Scope::default()
    })
}

fn description(
    raw: raw::ScopeDescription,
    scopes: &[&str],
    said_at: &str,
    place: &str,
    findings: &mut Findings,
) -> Option<(String, BTreeMap<Locale, String>)> {
    let token = findings.required(&format!("{place}.scope"), raw.scope, "invoices:read")?;
    if !scopes.contains(&token.as_str()) {
        let remedy = words::closest(&token, scopes).map_or_else(
            || format!("Write one of its scopes: {}", scopes.join(", ")),
            |meant| format!("Did you mean \"{meant}\"?"),
        );
        let message = format!("\"{token}\" is not a scope of the resource");
        findings.mistake_by([said_at], format!("{place}.scope"), message, remedy);
        return None;
    }
    let mut words = BTreeMap::new();
    for (locale, text) in [(Locale::En, raw.en), (Locale::Fr, raw.fr), (Locale::Es, raw.es)] {
        if let Some(text) = text {
            words.insert(locale, judge_shown(text, &format!("{place}.{}", locale.tag()), findings));
        }
    }
    if !words.contains_key(&Locale::En) {
        let message = "is missing: it is shown to end-users in whose language there is no description";
        findings.mistake(format!("{place}.en"), message, "Write en = \"See your invoices\"");
    }
    Some((token, words))
}
