//! What a client registers beside its credentials: grant types, keys, logout, subjects, request objects.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::protocol::client_keys::KeySource;
use crate::protocol::jws::{Algorithm, KeySet};
use crate::protocol::scope::Scope;

/// What a client may present at the token endpoint (RFC 6749 §1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum GrantType {
    /// RFC 6749 §4.1.
    #[serde(rename = "authorization_code")]
    AuthorizationCode,
    /// RFC 6749 §6.
    #[serde(rename = "refresh_token")]
    RefreshToken,
    /// RFC 6749 §4.4.
    #[serde(rename = "client_credentials")]
    ClientCredentials,
    /// RFC 8628 §3.4.
    #[serde(rename = "urn:ietf:params:oauth:grant-type:device_code")]
    DeviceCode,
}

impl GrantType {
    /// Every grant type.
    pub const ALL: [Self; 4] =
        [Self::AuthorizationCode, Self::RefreshToken, Self::ClientCredentials, Self::DeviceCode];

    /// What a client has that does not say otherwise.
    pub const DEFAULT: [Self; 2] = [Self::AuthorizationCode, Self::RefreshToken];

    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
        }
    }

    /// The grant type of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

/// Where a client's public keys are (RFC 7591 §2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientKeys {
    /// A JWK Set that it registered.
    Inline(Value),
    /// A URL where its JWK Set is.
    Url(String),
}

impl ClientKeys {
    /// The same for verifying; `None` when what was registered is no key set.
    #[must_use]
    pub fn source(&self) -> Option<KeySource> {
        match self {
            Self::Inline(set) => {
                let set = KeySet::parse(set.to_string().as_bytes()).ok()?;
                Some(KeySource::Inline(Arc::new(set)))
            }
            Self::Url(url) => Some(KeySource::Url(url.clone())),
        }
    }
}

/// Where a client hears that a session is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutUri {
    pub uri: String,
    /// Whether it needs to be told which session (`…_logout_session_required`).
    #[serde(default)]
    pub session_required: bool,
}

/// How a client knows its end-users (OpenID Connect Core §8).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectType {
    /// By the same `sub` as every other client.
    #[default]
    Public,
    /// By a `sub` of its sector's own: the host of its redirect URIs or of its `sector_identifier_uri` (§8.1).
    Pairwise { sector: String },
}

impl SubjectType {
    /// The sector of pairwise subjects.
    #[must_use]
    pub fn sector(&self) -> Option<&str> {
        match self {
            Self::Public => None,
            Self::Pairwise { sector } => Some(sector),
        }
    }
}

/// A signature algorithm that a client may name for what we sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SigningAlg {
    /// RFC 7518 §3.3.
    RS256,
}

/// How a client's request objects are signed (OpenID Connect Core §6.1, RFC 9101).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum RequestObjectAlg {
    /// Signed with any of its keys, as it likes.
    #[default]
    #[serde(rename = "any")]
    Any,
    /// Not signed: it registered `none`.
    #[serde(rename = "none")]
    None,
    /// RFC 7518 §3.3.
    RS256,
    /// RFC 7518 §3.5.
    PS256,
    /// RFC 7518 §3.4.
    ES256,
}

impl RequestObjectAlg {
    /// Every one that a client may register.
    pub const ALL: [Self; 4] = [Self::None, Self::RS256, Self::PS256, Self::ES256];

    /// Its name on the wire; none for [`Self::Any`].
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Any => None,
            Self::None => Some("none"),
            Self::RS256 => Some("RS256"),
            Self::PS256 => Some("PS256"),
            Self::ES256 => Some("ES256"),
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == Some(name))
    }
}

/// What an initial access token (RFC 7591 §3) lets the clients have that register with it, beyond what every client may
/// have that registers itself. It is kept with the client as it was then: a token that is replaced or narrowed later
/// takes nothing away from those who registered with it before.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct InitialAccess {
    pub grants: Vec<GrantType>,
    /// Scopes of the Client API.
    pub scopes: Scope,
}

/// What is rarely said of a client. The default is what a client has that says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientExtensions {
    /// Its keys: for `private_key_jwt` and signed request objects.
    pub keys: Option<ClientKeys>,
    /// How its assertions are signed; `None` for any way (`token_endpoint_auth_signing_alg`).
    pub assertion_alg: Option<Algorithm>,
    /// Where the browser may go after a logout (OpenID Connect RP-Initiated Logout §3.1). Compared as text.
    pub post_logout_redirect_uris: Vec<String>,
    /// OpenID Connect Front-Channel Logout §2.
    pub frontchannel_logout: Option<LogoutUri>,
    /// OpenID Connect Back-Channel Logout §2.2.
    pub backchannel_logout: Option<LogoutUri>,
    /// How it knows its end-users.
    pub subject_type: SubjectType,
    /// Userinfo as a signed JWT, when it asked for that (OpenID Connect Core §5.3.2).
    pub userinfo_signed: Option<SigningAlg>,
    /// How its request objects are signed.
    pub request_object_alg: RequestObjectAlg,
    /// Whether its authorization requests have to be in signed request objects, of which alone the parameters then count
    /// (`require_signed_request_object`, RFC 9101 §10.5, §6.3).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub require_signed_request_object: bool,
    /// The `request_uri` values that it registered (OpenID Connect Core §6.2).
    pub request_uris: Vec<String>,
    /// How long its sessions last from the sign-in; `None` for the organization's.
    pub session_duration: Option<Duration>,
    /// `max_age` of requests that do not say (OpenID Connect Registration §2).
    pub default_max_age: Option<u64>,
    /// Claims about the end-user that stand in its ID tokens too, once something opens them: for a client that reads nothing
    /// else.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub id_token_claims: Vec<String>,
    /// Audiences beside the Client API that it may ask for (RFC 8707).
    pub resources: Vec<String>,
    /// What it gets that asks for no scope (RFC 6749 §3.3); `None` for what it is registered for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_scope: Option<Scope>,
    /// The words that it registered as its scope when nobody knows any of them here (RFC 7591 §2): it may ask for them, and
    /// gets what it would get without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown_scope: Option<Scope>,
    /// The audiences of which it may ask what becomes of a token, as their resource server (RFC 7662 §1).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub introspects: Vec<String>,
    /// What the initial access token allowed that it registered with; `None` for a client that registered without one, and
    /// for a client of the configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial_access: Option<InitialAccess>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for one in GrantType::ALL {
            assert_eq!(GrantType::from_name(one.name()), Some(one));
            assert_eq!(serde_json::to_value(one).unwrap(), one.name());
        }
        for one in RequestObjectAlg::ALL {
            assert_eq!(RequestObjectAlg::from_name(one.name().unwrap()), Some(one));
        }
        assert_eq!(GrantType::from_name("password"), None);
    }
}
