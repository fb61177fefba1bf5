//! Validates `[[clients]]`.

mod credentials;
mod keys;
mod logout;
mod reach;
mod requests;
mod resources;

use crate::config::SettingsKind;
use crate::config::raw::{self, Raw};
use crate::config::words;
use crate::protocol::authorization::request_object::UnsignedRequestObjects;
use crate::protocol::client::{Client, ClientDisplay, ClientExtensions, ClientParty, Clients};
use crate::protocol::id::{ClientId, OrganizationId};
use crate::protocol::resource_server::ResourceServers;

use super::Findings;
use super::findings::{DAY, UniqueNames};
use super::shown::{judge_link, judge_shown};

/// The parts of the rest of the configuration that clients are validated against.
pub(super) struct ClientContext {
    pub(super) kind: SettingsKind,
    /// The ids of all organizations, also of invalid ones.
    organizations: Vec<Option<String>>,
    pub(super) audience: String,
    pub(super) resources: ResourceServers,
    /// The places that define the scopes of resources.
    pub(super) resource_places: Vec<String>,
    pub(super) unsigned_request_objects: UnsignedRequestObjects,
}

impl ClientContext {
    pub(super) fn of(raw: &Raw, kind: SettingsKind, resources: ResourceServers, count: usize) -> Self {
        let id = |one: &raw::Organization| one.id.as_deref().map(|id| id.trim().to_owned());
        let resource_places = ["id", "scopes"].map(|key| places_of_each("resources", count, key)).concat();
        Self {
            kind,
            organizations: raw.organizations.iter().map(id).collect(),
            audience: raw.tokens.audience.trim().to_owned(),
            unsigned_request_objects: raw.request_objects.unsigned,
            resources,
            resource_places,
        }
    }
}

pub(super) fn clients(raw: Vec<raw::Client>, around: &ClientContext, findings: &mut Findings) -> Clients {
    let mut taken = UniqueNames::default();
    let judged = raw.into_iter().enumerate();
    judged
        .filter_map(|(index, one)| client(one, &format!("clients[{index}]"), around, &mut taken, findings))
        .collect()
}

fn client(
    mut raw: raw::Client,
    place: &str,
    around: &ClientContext,
    taken: &mut UniqueNames,
    findings: &mut Findings,
) -> Option<Client> {
    let id = judge_id(raw.id.take(), &format!("{place}.id"), around, taken, findings);
    let organization = organization(raw.organization.take(), place, around, findings);
    let credentials = credentials::credentials(&mut raw, place, around.kind, findings);
    let keys = keys::keys(raw.jwks_uri.take(), raw.jwks_file.take(), place, findings);
    let grant_types = reach::grant_types(&raw.grant_types, place, findings);
    let scope = reach::scope(&raw.scopes, &grant_types, around, place, findings);
    let at_resources = resources::at_resources(&mut raw, &scope, around, place, findings);
    let redirect_uris = reach::redirect_uris(&raw.redirect_uris, &grant_types, place, findings);
    if let Some(credentials) = &credentials {
        reach::need_credentials(credentials, &grant_types, place, findings);
        resources::need_credentials(credentials, &at_resources, place, findings);
    }
    if let Some(credentials) = credentials.as_ref().filter(|_| around.kind == SettingsKind::Production) {
        reach::warn_of_shared_machines(credentials, &redirect_uris, place, findings);
    }
    let logout = logout::logout(&mut raw, &redirect_uris, place, findings);
    let requests = requests::requests(
        &mut raw,
        &redirect_uris,
        &scope,
        keys.is_some(),
        around.unsigned_request_objects,
        place,
        findings,
    );
    let session_duration =
        raw.session_days.map(|days| findings.span(&format!("{place}.session_days"), days, DAY, 1..=3650));
    let party = if raw.first_party { ClientParty::First } else { ClientParty::Third };
    let require_pkce = raw.require_pkce;
    let shown = display(raw, place, findings);
    Some(Client {
        id: id?,
        organization: organization?,
        credentials: credentials?,
        redirect_uris,
        grant_types,
        scope,
        party,
        require_pkce,
        shown: shown?,
        extras: ClientExtensions {
            keys,
            post_logout_redirect_uris: logout.post_logout_redirect_uris,
            frontchannel_logout: logout.frontchannel,
            backchannel_logout: logout.backchannel,
            session_duration,
            assertion_alg: None,
            subject_type: requests.subject_type,
            userinfo_signed: requests.userinfo_signed,
            request_object_alg: requests.request_object_alg,
            require_signed_request_object: requests.require_signed_request_object,
            request_uris: requests.request_uris,
            default_max_age: requests.default_max_age,
            id_token_claims: requests.id_token_claims,
            resources: at_resources.resources,
            default_scope: at_resources.default_scope,
            unknown_scope: None,
            introspects: at_resources.introspects,
            initial_access: None,
        },
    })
}

/// Prefixes reserved for ids of others in the same claims: clients of the browser SDK, registered clients and
/// end-users.
const RESERVED: [(&str, &str); 3] = [
    ("dom_", "begins with dom_, as the clients that the browser SDK is do"),
    ("dyn_", "begins with dyn_, as clients that register themselves do"),
    ("user_", "begins with user_, as end-users in the claim sub do (RFC 9700 §4.15)"),
];

fn judge_id(
    given: Option<String>,
    place: &str,
    around: &ClientContext,
    taken: &mut UniqueNames,
    findings: &mut Findings,
) -> Option<ClientId> {
    let id = findings.required(place, given, "example-app")?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if id.len() > 64 || !id.chars().all(is_plain) {
        let remedy = "Write 1 to 64 letters, digits, dots, dashes or underscores";
        findings.mistake(place, format!("\"{id}\" is not of that form"), remedy);
        return None;
    }
    if let Some((_, message)) = RESERVED.iter().find(|(prefix, _)| id.starts_with(prefix)) {
        findings.mistake(place, *message, "Choose another beginning");
        return None;
    }
    if id == around.audience {
        // RFC 9068 §5: an ID token's audience is the client id, and an ID token must not pass for an access
        // token.
        let message =
            format!("{id} is also tokens.audience, so that its ID tokens could pass for access tokens");
        findings.mistake(place, message, "Choose another id");
        return None;
    }
    taken.claim(&id, place, findings).then(|| ClientId::new(id))
}

pub(super) fn organization(
    given: Option<String>,
    place: &str,
    around: &ClientContext,
    findings: &mut Findings,
) -> Option<OrganizationId> {
    let place = format!("{place}.organization");
    let id = findings.required(&place, given, "org_example")?;
    if !around.organizations.iter().flatten().any(|one| *one == id) {
        let known = around.organizations.iter().flatten().map(String::as_str).collect::<Vec<_>>();
        let remedy = words::closest(&id, &known).map_or_else(
            || "Write the id of one of the [[organizations]]".to_owned(),
            |meant| format!("Did you mean \"{meant}\"?"),
        );
        let ids = places_of_each("organizations", around.organizations.len(), "id");
        findings.mistake_by(ids, place, format!("there is no organization \"{id}\""), remedy);
        return None;
    }
    Some(OrganizationId::new(id))
}

fn display(raw: raw::Client, place: &str, findings: &mut Findings) -> Option<ClientDisplay> {
    let at = |key: &str| format!("{place}.{key}");
    let name = findings.required(&at("name"), raw.name, "Example App");
    let name = name.map(|name| judge_shown(name, &at("name"), findings));
    let mut link =
        |key: &str, given: Option<String>| given.and_then(|url| judge_link(url, &at(key), findings));
    let logo = link("logo", raw.logo);
    let home = link("home", raw.home);
    let policy = link("policy", raw.policy);
    let terms = link("terms", raw.terms);
    Some(ClientDisplay { name: name?, logo, home, policy, terms, ..ClientDisplay::default() })
}

/// Parses the entries of a list. Unknown entries and duplicates are mistakes.
pub(super) fn known<T: PartialEq>(
    entries: impl IntoIterator<Item = (String, String)>,
    all: &[&str],
    from_name: impl Fn(&str) -> Option<T>,
    findings: &mut Findings,
) -> Vec<T> {
    known_by(&[], entries, all, from_name, findings)
}

/// As [`known`], for entries whose known values depend on other places.
pub(super) fn known_by<T: PartialEq>(
    places: &[String],
    entries: impl IntoIterator<Item = (String, String)>,
    all: &[&str],
    from_name: impl Fn(&str) -> Option<T>,
    findings: &mut Findings,
) -> Vec<T> {
    let mut judged = Vec::new();
    for (place, text) in entries {
        match from_name(&text) {
            None => {
                let (message, remedy) = words::unknown_word(&text, all);
                findings.mistake_by(places.iter().cloned(), place, message, remedy);
            }
            Some(one) if judged.contains(&one) => {
                findings.mistake(place, format!("{text} is there twice"), "Leave one of them out");
            }
            Some(one) => judged.push(one),
        }
    }
    judged
}

/// The places of a key in each of `count` repeated sections, and in one more that may be missing.
pub(super) fn places_of_each(section: &str, count: usize, key: &str) -> Vec<String> {
    (0..=count).map(|index| format!("{section}[{index}].{key}")).collect()
}

/// The entries of a list with their places.
pub(super) fn entries<'a>(place: &'a str, list: &'a [String]) -> impl Iterator<Item = (String, String)> + 'a {
    list.iter().enumerate().map(move |(index, text)| (format!("{place}[{index}]"), text.clone()))
}
