//! Validates the raw file: bounds, forms, and rules over more than one key.
//!
//! An invalid setting is noted and replaced by a valid one, so that the sections after it are validated too.

mod admin;
mod client_api;
mod clients;
mod codes;
mod files;
mod findings;
mod keys;
mod listen;
mod log;
mod mail;
mod organizations;
mod outbound;
mod registration;
mod resource;
mod resources;
mod shown;
mod store;
mod strangers;
mod tokens;

use crate::protocol::policy::Policy;

use super::raw::Raw;
use super::{Settings, SettingsKind};

pub(super) use findings::Findings;
pub use findings::ReferencedFiles;

/// Validates all sections; `None` only if there is a mistake.
pub(super) fn settings(mut raw: Raw, kind: SettingsKind, findings: &mut Findings) -> Option<Settings> {
    let resource_count = raw.resources.len();
    let resources = resources::resources(std::mem::take(&mut raw.resources), &raw.tokens.audience, findings);
    let around = clients::ClientContext::of(&raw, kind, resources, resource_count);
    let listen = listen::listen(raw.listen, findings);
    let limits = listen::limits(&raw.limits, findings);
    let log = log::log(raw.log, findings);
    let tokens = tokens::tokens(raw.tokens, findings);
    let codes = codes::codes(&raw.codes, findings);
    let strangers = strangers::strangers(&raw.strangers, codes.policy.lifetime, findings);
    let client_api_limits = client_api::limits(&raw.client_api.limits, findings);
    let keys = keys::keys(raw.keys, findings);
    let store = store::store(raw.store, findings);
    let mail = mail::mail(raw.mail, kind, findings);
    let admin = admin::admin(raw.admin, findings);
    let outbound = outbound::outbound(raw.outbound, kind, findings);
    let organizations = organizations::organizations(raw.organizations, findings);
    let registration = registration::registration(raw.registration, &around, findings);
    let clients = clients::clients(raw.clients, &around, findings);
    if let (Some(listen), Some(tokens)) = (&listen, &tokens) {
        listen::judge_with_issuer(listen, &tokens.issuer, findings);
    }
    let tokens = tokens?;
    let policy = Policy {
        issuer: tokens.issuer,
        audience: tokens.audience,
        access_token_type: tokens.access_token_type,
        codes: codes.policy,
        sends: codes.sends,
        strangers,
        known_device_lifetime: codes.known_device_lifetime,
        rotation: tokens.rotation,
        client_api_limits,
        jwks_max_age: tokens.jwks_max_age,
        unsigned_request_objects: around.unsigned_request_objects,
        organizations,
        registration,
        resources: around.resources,
        clients,
    };
    Some(Settings {
        kind,
        policy,
        listen: listen?,
        limits,
        log,
        keys: keys?,
        store: store?,
        mail: mail?,
        admin,
        outbound: outbound?,
        resource: resource::resource(raw.resource, findings),
        warnings: Vec::new(),
    })
}
