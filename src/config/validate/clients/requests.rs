//! Subjects and request objects of a client: `subject_type`, `request_uris` and related keys.

use url::{Host, Url};

use crate::config::raw::{self, ClientSubjectType};
use crate::protocol::authorization::request_object::UnsignedRequestObjects;
use crate::protocol::client::{RequestObjectAlg, SigningAlg, SubjectType};
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::scope::{CLIENT_API, Scope};
use crate::protocol::standard_claims;

use super::super::Findings;
use super::{entries, known};

pub(super) struct ClientRequestSettings {
    pub(super) subject_type: SubjectType,
    pub(super) userinfo_signed: Option<SigningAlg>,
    pub(super) request_object_alg: RequestObjectAlg,
    pub(super) require_signed_request_object: bool,
    pub(super) request_uris: Vec<String>,
    pub(super) default_max_age: Option<u64>,
    pub(super) id_token_claims: Vec<String>,
}

pub(super) fn requests(
    raw: &mut raw::Client,
    redirect_uris: &[RedirectUri],
    scope: &Scope,
    has_keys: bool,
    unsigned: UnsignedRequestObjects,
    place: &str,
    findings: &mut Findings,
) -> ClientRequestSettings {
    let at = |key: &str| format!("{place}.{key}");
    let subject_type = subject_type(raw, redirect_uris, scope, place, findings);
    let userinfo = raw.userinfo_signed_response_alg.take();
    let userinfo_signed = known(
        userinfo.map(|name| (at("userinfo_signed_response_alg"), name)),
        &["RS256"],
        |name| (name == "RS256").then_some(SigningAlg::RS256),
        findings,
    );
    let request_object_alg = request_object_alg(raw, has_keys, unsigned, place, findings);
    ClientRequestSettings {
        subject_type,
        userinfo_signed: userinfo_signed.first().copied(),
        request_object_alg,
        require_signed_request_object: raw.require_signed_request_object,
        request_uris: request_uris(&std::mem::take(&mut raw.request_uris), &at("request_uris"), findings),
        default_max_age: raw.default_max_age,
        id_token_claims: id_token_claims(
            &std::mem::take(&mut raw.id_token_claims),
            &at("id_token_claims"),
            findings,
        ),
    }
}

fn subject_type(
    raw: &mut raw::Client,
    redirect_uris: &[RedirectUri],
    scope: &Scope,
    place: &str,
    findings: &mut Findings,
) -> SubjectType {
    let at = |key: &str| format!("{place}.{key}");
    let sector = raw.sector_identifier.take();
    match raw.subject_type {
        ClientSubjectType::Pairwise => {
            nothing_of_the_client_api(scope, &at("scopes"), findings);
            pairwise(sector, redirect_uris, place, findings)
        }
        ClientSubjectType::Public => {
            if sector.is_some() {
                let remedy = "Leave it out, or write subject_type = \"pairwise\"";
                let message = "is given, but subjects are public";
                findings.mistake_by([at("subject_type")], at("sector_identifier"), message, remedy);
            }
            SubjectType::Public
        }
    }
}

/// The algorithm of request objects (OpenID Connect Core §6.1), which the other settings about them have to fit.
fn request_object_alg(
    raw: &mut raw::Client,
    has_keys: bool,
    unsigned: UnsignedRequestObjects,
    place: &str,
    findings: &mut Findings,
) -> RequestObjectAlg {
    let at = |key: &str| format!("{place}.{key}");
    let objects = raw.request_object_signing_alg.take();
    let objects = known(
        objects.map(|name| (at("request_object_signing_alg"), name)),
        &["RS256", "PS256", "ES256", "none"],
        RequestObjectAlg::from_name,
        findings,
    );
    let request_object_alg = objects.first().copied().unwrap_or_default();
    if request_object_alg == RequestObjectAlg::None && unsigned == UnsignedRequestObjects::Never {
        let remedy = "Write the algorithm it signs with, or request_objects.unsigned = \"registered\"";
        findings.mistake(
            at("request_object_signing_alg"),
            "is \"none\", but request_objects.unsigned is \"never\"",
            remedy,
        );
    }
    if raw.require_signed_request_object {
        let place = at("require_signed_request_object");
        if request_object_alg == RequestObjectAlg::None {
            let remedy = "Write another request_object_signing_alg, or leave it out";
            findings.mistake(&place, "is true, but request_object_signing_alg is \"none\"", remedy);
        }
        if !has_keys {
            let remedy = "Write jwks_uri or jwks_file";
            let message = "is true, but the client has no keys to verify a signature with";
            findings.mistake_by([at("jwks_uri"), at("jwks_file")], place, message, remedy);
        }
    }
    request_object_alg
}

/// Refuses scopes of the Client API for pairwise clients, because it knows end-users by one `sub` for all
/// clients.
fn nothing_of_the_client_api(scope: &Scope, place: &str, findings: &mut Findings) {
    if let Some(token) = CLIENT_API.into_iter().find(|token| scope.contains(token)) {
        let message =
            format!("has {token}, but a client with pairwise subjects gets nothing of the Client API");
        findings.mistake(place, message, "Leave it out, or write subject_type = \"public\"");
    }
}

/// The sector of pairwise subjects, which is a host (OpenID Connect Core §8.1).
fn pairwise(
    given: Option<String>,
    redirect_uris: &[RedirectUri],
    client: &str,
    findings: &mut Findings,
) -> SubjectType {
    let place = format!("{client}.sector_identifier");
    let mut hosts = redirect_uris.iter().map(host).collect::<Vec<_>>();
    hosts.dedup();
    let sector = match (given, hosts.as_slice()) {
        (Some(given), _) => match Host::parse(&given) {
            Ok(host) if host.to_string() == given => given,
            _ => {
                findings.mistake(place, format!("\"{given}\" is not a host"), "Write example.com");
                return SubjectType::Public;
            }
        },
        (None, [Some(only)]) => only.clone(),
        (None, _) => {
            findings.mistake_by(
                [format!("{client}.redirect_uris")],
                place,
                "is missing, and redirect_uris have no single host (OpenID Connect Core §8.1)",
                "Write sector_identifier = \"example.com\"",
            );
            return SubjectType::Public;
        }
    };
    SubjectType::Pairwise { sector }
}

fn host(uri: &RedirectUri) -> Option<String> {
    if uri.has_private_use_scheme() {
        return None;
    }
    Url::parse(uri.as_str()).ok()?.host_str().map(str::to_owned)
}

/// Validates claims for ID tokens: only claims that a scope requests can be chosen, because all others are in
/// every ID token or in none.
fn id_token_claims(given: &[String], place: &str, findings: &mut Findings) -> Vec<String> {
    let mut known = Vec::new();
    for (place, name) in entries(place, given) {
        if standard_claims::scope_of(&name).is_some() {
            known.push(name);
        } else {
            let remedy =
                "Write claims of the scopes profile, email, phone and address, for example \"email\"";
            findings.mistake(place, format!("\"{name}\" is not a claim that a scope requests"), remedy);
        }
    }
    known
}

fn request_uris(given: &[String], place: &str, findings: &mut Findings) -> Vec<String> {
    let mut judged = Vec::new();
    for (place, text) in entries(place, given) {
        let is_url = Url::parse(&text).is_ok_and(|url| matches!(url.scheme(), "https" | "http"));
        if is_url {
            judged.push(text);
        } else {
            let remedy = "Write https://app.example.com/request.jwt";
            findings.mistake(place, format!("\"{text}\" is not an https URL"), remedy);
        }
    }
    judged
}
