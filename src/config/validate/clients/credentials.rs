//! Client authentication: `authentication`, `secret` and `secret_file`.

use crate::config::SettingsKind;
use crate::config::raw::{self, OneOrMany};
use crate::protocol::client::{AuthenticationMethod, Credentials, SecretDigest};
use crate::protocol::secret::Secret;

use super::super::{Findings, files};
use super::{entries, known};

/// The client secret in `config/development.toml`, which is public.
const PUBLISHED: &str = "demo-server-secret-for-development-only";
/// Shortest secret that cannot be guessed (RFC 6749 §10.10): 32 hexadecimal digits are 128 bits.
const LEAST_CHARACTERS: usize = 32;

/// Removes the secret from `raw` and keeps only its digest.
pub(super) fn credentials(
    raw: &mut raw::Client,
    place: &str,
    kind: SettingsKind,
    findings: &mut Findings,
) -> Option<Credentials> {
    let at = |key: &str| format!("{place}.{key}");
    let is_given = raw.secret.is_some() || raw.secret_file.is_some();
    let secret_place = at(if raw.secret_file.is_some() { "secret_file" } else { "secret" });
    let methods = methods(raw.authentication.take(), &at("authentication"), findings);
    if methods.as_deref() == Some(&[AuthenticationMethod::None]) {
        if is_given {
            let remedy = "Leave it out, or write authentication = \"client_secret_basic\"";
            findings.mistake(secret_place, "is given, but a public client has no secret", remedy);
        }
        if !raw.require_pkce {
            let message =
                "is false, but nothing else protects the codes of a public client (RFC 9700 §2.1.1)";
            findings.mistake(at("require_pkce"), message, "Leave it out");
        }
        return Some(Credentials::Public);
    }
    if methods.as_deref() == Some(&[AuthenticationMethod::PrivateKeyJwt]) {
        if is_given {
            let remedy = "Leave it out: private_key_jwt needs jwks_uri or jwks_file";
            findings.mistake(secret_place, "is given, but the client proves itself with a key", remedy);
        }
        if raw.jwks_uri.is_none() && raw.jwks_file.is_none() {
            let remedy =
                "Write jwks_uri = \"https://app.example.com/jwks.json\", or name a file in jwks_file";
            let message = "is missing, and private_key_jwt is verified with its keys";
            findings.mistake_by([at("jwks_uri"), at("jwks_file")], at("jwks_uri"), message, remedy);
        }
        return Some(Credentials::PrivateKey);
    }
    let secret = files::secret(&at("secret"), raw.secret.take(), raw.secret_file.take(), findings);
    let secret = secret.filter(|secret| judge_secret(secret, &secret_place, kind, findings));
    if methods.is_some() && !is_given {
        let remedy = format!(
            "Name its file in {}, or write authentication = \"none\" for a client that cannot keep a secret",
            at("secret_file")
        );
        let places = [at("secret"), at("secret_file")];
        let places = places.each_ref().map(String::as_str);
        files::missing_secret(&places, &secret_place, "is missing", remedy, findings);
    }
    Some(Credentials::Secret { digest: SecretDigest::of(secret?.expose()), methods: methods? })
}

/// The authentication methods: either `none` alone, `private_key_jwt` alone, or methods with a secret.
fn methods(
    given: Option<OneOrMany>,
    place: &str,
    findings: &mut Findings,
) -> Option<Vec<AuthenticationMethod>> {
    let given = match given {
        Some(OneOrMany::One(name)) => vec![(place.to_owned(), name)],
        Some(OneOrMany::Many(names)) => entries(place, &names).collect(),
        None => Vec::new(),
    };
    let names = AuthenticationMethod::ALL.map(AuthenticationMethod::name);
    let count = given.len();
    if count == 0 {
        let remedy = "Write \"none\" for a public client, or \"client_secret_basic\" and a secret";
        findings.mistake(place, "is missing", remedy);
        return None;
    }
    let methods = known(given, &names, AuthenticationMethod::from_name, findings);
    if methods.contains(&AuthenticationMethod::None) && count > 1 {
        // RFC 6749 §2.1: a client that may omit its secret is not confidential.
        let remedy = "Write \"none\" alone, or leave it out";
        findings.mistake(place, "has \"none\" beside other methods", remedy);
        return None;
    }
    if methods.contains(&AuthenticationMethod::PrivateKeyJwt) && count > 1 {
        let remedy = "Write \"private_key_jwt\" alone, or leave it out";
        findings.mistake(place, "has \"private_key_jwt\" beside methods with a secret", remedy);
        return None;
    }
    (methods.len() == count).then_some(methods)
}

fn judge_secret(secret: &Secret<String>, place: &str, kind: SettingsKind, findings: &mut Findings) -> bool {
    const MEND: &str = "Write 32 random characters or more: openssl rand -hex 32";
    let text = secret.expose();
    let message = if !text.chars().all(|c| matches!(c, ' '..='~')) {
        "has characters that a client secret cannot have (RFC 6749 appendix A.2)"
    } else if kind == SettingsKind::Development {
        return true;
    } else if text.trim() == PUBLISHED {
        "is the secret of development, which everybody can read"
    } else if text.chars().count() < LEAST_CHARACTERS {
        "is shorter than 32 characters and could be guessed (RFC 6749 §10.10)"
    } else {
        return true;
    };
    findings.mistake(place, message, MEND);
    false
}
