//! Resource servers of a client: `resources` where its access tokens are valid, `default_scopes` that it gets
//! without asking, and `introspects`, the resource servers whose tokens it may introspect.

use crate::config::raw;
use crate::protocol::client::Credentials;
use crate::protocol::scope::Scope;

use super::super::Findings;
use super::super::resources::{is_resource, refuse};
use super::{ClientContext, entries, known_by};

pub(super) struct ClientResources {
    pub(super) resources: Vec<String>,
    pub(super) default_scope: Option<Scope>,
    pub(super) introspects: Vec<String>,
}

pub(super) fn at_resources(
    raw: &mut raw::Client,
    scope: &Scope,
    around: &ClientContext,
    place: &str,
    findings: &mut Findings,
) -> ClientResources {
    let at = |key: &str| format!("{place}.{key}");
    let named = |given: Vec<String>, place: &str, findings: &mut Findings| {
        let mut judged = Vec::new();
        for (place, text) in entries(place, &given) {
            if is_resource(&text) || text == around.audience {
                judged.push(text);
            } else {
                refuse(&text, &place, findings);
            }
        }
        judged
    };
    let resources = named(std::mem::take(&mut raw.resources), &at("resources"), findings);
    let introspects = named(std::mem::take(&mut raw.introspects), &at("introspects"), findings);
    need_resources(scope, &resources, around, place, findings);
    let default_scope = default_scope(&raw.default_scopes, scope, around, place, findings);
    ClientResources { resources, default_scope, introspects }
}

/// Refuses scopes of resource servers that the client's tokens cannot be for.
fn need_resources(
    scope: &Scope,
    resources: &[String],
    around: &ClientContext,
    client: &str,
    findings: &mut Findings,
) {
    let had = around.resources.scopes_of(resources);
    let lost = scope.iter().find(|token| around.resources.scopes().contains(token) && !had.contains(token));
    if let Some(token) = lost {
        let message = format!("has {token}, a scope of a resource that is not in the client's resources");
        let remedy = "Add the resource to resources, or leave the scope out";
        let mut places = around.resource_places.clone();
        places.push(format!("{client}.resources"));
        findings.mistake_by(places, format!("{client}.scopes"), message, remedy);
    }
}

fn default_scope(
    given: &[String],
    scope: &Scope,
    around: &ClientContext,
    client: &str,
    findings: &mut Findings,
) -> Option<Scope> {
    let place = format!("{client}.default_scopes");
    if given.is_empty() {
        return None;
    }
    let all = scope.iter().collect::<Vec<_>>();
    let find = |text: &str| all.iter().find(|one| **one == text).copied();
    let mut places = around.resource_places.clone();
    places.push(format!("{client}.scopes"));
    let tokens = known_by(&places, entries(&place, given), &all, find, findings);
    Scope::parse(&tokens.join(" "))
}

/// Refuses introspection by public clients: the caller must authenticate (RFC 7662 §2.1).
pub(super) fn need_credentials(
    credentials: &Credentials,
    at_resources: &ClientResources,
    place: &str,
    findings: &mut Findings,
) {
    if matches!(credentials, Credentials::Public) && !at_resources.introspects.is_empty() {
        let message = "is given, but a public client cannot introspect (RFC 7662 §2.1)";
        findings.mistake(
            format!("{place}.introspects"),
            message,
            "Leave it out, or give the client a secret",
        );
    }
}
