//! `config/default.toml` states all built-in defaults, and nothing else.

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::config::DEFAULT_TOML;

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
pub(super) fn typ<S: serde::Serializer>(kind: &AccessTokenType, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.typ())
}

#[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
pub(super) fn some_typ<S: serde::Serializer>(
    kind: &Option<AccessTokenType>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match kind {
        Some(kind) => serializer.serialize_str(kind.typ()),
        None => serializer.serialize_none(),
    }
}

/// The documented file with lines of the form `#key = value` and `#[[section]]` uncommented.
fn with_examples() -> String {
    let is_setting = |rest: &str| rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '[');
    let switch = |line: &'static str| line.strip_prefix('#').filter(|rest| is_setting(rest)).unwrap_or(line);
    DEFAULT_TOML.lines().map(switch).collect::<Vec<_>>().join("\n")
}

/// Collects all places of a tree; entries of a list share one name.
fn places(value: &Value, here: &str, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let place = format!("{here}.{key}");
                into.insert(place.clone());
                places(value, &place, into);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| places(item, &format!("{here}[]"), into)),
        _ => {}
    }
}

fn places_of(value: &Value) -> BTreeSet<String> {
    let mut into = BTreeSet::new();
    places(value, "", &mut into);
    into
}

/// All sections with their defaults, and one entry of each repeated section.
fn one_of_each() -> Value {
    let one = Organization { domains: vec![Domain::default()], ..Organization::default() };
    let registration = Registration { tokens: vec![RegistrationToken::default()], ..Registration::default() };
    let clients = vec![Client::default()];
    let described =
        ResourceServer { descriptions: vec![ScopeDescription::default()], ..ResourceServer::default() };
    let resources = vec![described];
    let raw = Raw { organizations: vec![one], resources, clients, registration, ..Raw::default() };
    serde_json::to_value(raw).unwrap()
}

/// All keys that a file may have, including those of repeated sections.
fn every_key() -> BTreeSet<String> {
    places_of(&one_of_each())
}

/// A commented line `#key = value`: its JSON pointer, and the comment above it, which several lines may
/// share.
struct ShownSetting {
    pointer: String,
    above: String,
}

fn shown() -> Vec<ShownSetting> {
    let (mut section, mut above, mut is_new) = (String::new(), String::new(), true);
    let mut all = Vec::new();
    for line in DEFAULT_TOML.lines() {
        let setting = line.trim_start_matches('#');
        if let Some(words) = line.strip_prefix("# ") {
            if std::mem::take(&mut is_new) {
                above.clear();
            }
            above.push_str(words);
            above.push(' ');
        } else if setting.starts_with('[') {
            section = setting.trim_matches(['[', ']']).replace('.', "/");
        } else {
            is_new = true;
            if let Some((key, _)) = line.strip_prefix('#').and_then(|setting| setting.split_once(" = ")) {
                let inside = ["organizations", "resources", "clients", "registration/tokens"];
                let first = |text: String, list: &&str| match text.strip_prefix(*list) {
                    Some(rest) => format!("{list}/0{rest}"),
                    None => text,
                };
                let place = inside.iter().fold(section.clone(), first);
                let place =
                    place.replace("/domains", "/domains/0").replace("/descriptions", "/descriptions/0");
                all.push(ShownSetting {
                    pointer: format!("/{place}/{key}"),
                    above: above.trim_end().to_owned(),
                });
            }
        }
    }
    all
}

#[test]
fn the_comment_above_each_commented_line_tells_its_default() {
    let built_in = one_of_each();
    let all = shown();
    assert!(all.len() > 70, "only {} lines", all.len());
    for ShownSetting { pointer, above } in all {
        let default = built_in.pointer(&pointer).unwrap_or_else(|| panic!("{pointer} is not there"));
        let is_required = above.contains("REQUIRED");
        let tells = is_required || above.contains("ithout ");
        // An empty list may have a meaning of its own.
        if default.is_null() || tells && *default == Value::Array(Vec::new()) {
            assert!(tells, "{pointer} does not tell what holds without it: {above}");
        } else if !is_required {
            let written = toml::Value::try_from(default).unwrap();
            assert!(above.ends_with(&format!("Default: {written}.")), "{pointer} is {written}: {above}");
        }
    }
}

#[test]
fn the_documented_defaults_are_the_built_in_ones() {
    let said: Raw = toml::from_str(DEFAULT_TOML).unwrap();
    assert_eq!(serde_json::to_value(said).unwrap(), serde_json::to_value(Raw::default()).unwrap());
}

#[test]
fn every_key_is_documented_and_nothing_else() {
    let documented: toml::Table = toml::from_str(&with_examples()).unwrap();
    assert_eq!(places_of(&serde_json::to_value(documented).unwrap()), every_key());
}

#[test]
fn a_key_with_a_default_is_switched_on_and_one_without_is_not() {
    let said: toml::Table = toml::from_str(DEFAULT_TOML).unwrap();
    let built_in = serde_json::to_value(Raw::default()).unwrap();
    let mut without = built_in.clone();
    drop_absent(&mut without);
    let mut expected = places_of(&without);
    expected.remove(".organizations");
    expected.remove(".resources");
    expected.remove(".clients");
    expected.remove(".registration.tokens");
    assert_eq!(places_of(&serde_json::to_value(said).unwrap()), expected);
}

fn drop_absent(value: &mut Value) {
    if let Value::Object(map) = value {
        map.retain(|_, value| !value.is_null());
        map.values_mut().for_each(drop_absent);
    }
}

#[test]
fn documented_defaults_of_repeated_sections_are_the_built_in_ones() {
    let said: Raw = toml::from_str(&with_examples()).unwrap();
    let sections = [
        (serde_json::to_value(&said.organizations[0]), serde_json::to_value(Organization::default())),
        (serde_json::to_value(&said.clients[0]), serde_json::to_value(Client::default())),
    ];
    // Keys whose example is not their default, which is empty.
    let is_example = |key: &str| {
        const EXAMPLES: [&str; 8] = [
            "domains",
            "redirect_uris",
            "post_logout_redirect_uris",
            "request_uris",
            "resources",
            "id_token_claims",
            "default_scopes",
            "introspects",
        ];
        EXAMPLES.contains(&key)
    };
    for (said, built_in) in sections {
        let (said, built_in) = (said.unwrap(), built_in.unwrap());
        for (key, value) in built_in.as_object().unwrap() {
            let has_default = !value.is_null() && !is_example(key);
            assert!(!has_default || said[key] == *value, "{key}: {} is not {value}", said[key]);
        }
    }
}
