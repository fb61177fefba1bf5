//! A client's registered settings beside its credentials: grant types, keys, logout, subjects, request
//! objects.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use strum::IntoStaticStr;

use crate::protocol::client_keys::KeySource;
use crate::protocol::jws::{Algorithm, KeySet};
use crate::protocol::scope::Scope;

/// A grant type of the token endpoint (RFC 6749 §1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum GrantType {
    /// Authorization code (RFC 6749 §4.1).
    AuthorizationCode,
    /// Refresh token (RFC 6749 §6).
    RefreshToken,
    /// Client credentials (RFC 6749 §4.4).
    ClientCredentials,
    /// Device code (RFC 8628 §3.4).
    #[serde(rename = "urn:ietf:params:oauth:grant-type:device_code")]
    #[strum(serialize = "urn:ietf:params:oauth:grant-type:device_code")]
    DeviceCode,
}

impl GrantType {
    pub const ALL: [Self; 4] =
        [Self::AuthorizationCode, Self::RefreshToken, Self::ClientCredentials, Self::DeviceCode];

    /// The default of clients in the configuration.
    pub const DEFAULT: [Self; 2] = [Self::AuthorizationCode, Self::RefreshToken];

    pub const fn name(self) -> &'static str {
        self.into_str()
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

/// The source of a client's public keys (RFC 7591 §2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientKeys {
    Inline(Value),
    Url(String),
}

impl ClientKeys {
    /// Prepares the keys for verification; `None` when the registered value is not a JWK Set.
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

/// Where a client is notified of a logout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutUri {
    pub uri: String,
    /// Whether the notice has to name the session (`…_logout_session_required`).
    #[serde(default)]
    pub session_required: bool,
}

/// The subject identifier type of a client (OpenID Connect Core §8).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectType {
    /// The same `sub` as for every public client.
    #[default]
    Public,
    /// A `sub` per sector, which is the host of the redirect URIs or of `sector_identifier_uri` (§8.1).
    Pairwise { sector: String },
}

impl SubjectType {
    pub fn sector(&self) -> Option<&str> {
        match self {
            Self::Public => None,
            Self::Pairwise { sector } => Some(sector),
        }
    }
}

/// A signature algorithm that a client may register for this server's signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SigningAlg {
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 §3.3).
    RS256,
}

/// The signature algorithm of a client's request objects (OpenID Connect Core §6.1, RFC 9101).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum RequestObjectAlg {
    /// Any algorithm of its keys, as none is registered.
    #[default]
    #[serde(rename = "any")]
    Any,
    /// Unsigned, as the client registered `none`.
    #[serde(rename = "none")]
    None,
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 §3.3).
    RS256,
    /// RSASSA-PSS with SHA-256 (RFC 7518 §3.5).
    PS256,
    /// ECDSA with P-256 and SHA-256 (RFC 7518 §3.4).
    ES256,
}

impl RequestObjectAlg {
    /// All values that a client may register.
    pub const ALL: [Self; 4] = [Self::None, Self::RS256, Self::PS256, Self::ES256];

    /// The name on the wire; `None` for [`Self::Any`].
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Any => None,
            Self::None => Some("none"),
            Self::RS256 => Some("RS256"),
            Self::PS256 => Some("PS256"),
            Self::ES256 => Some("ES256"),
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == Some(name))
    }
}

/// What an initial access token (RFC 7591 §3) allows its clients beyond what all dynamically registered
/// clients may have. Stored with the client, so that replacing or restricting the token later does not affect
/// registered clients.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct InitialAccess {
    pub grants: Vec<GrantType>,
    pub scopes: Scope,
}

/// Rarely used settings of a client, with defaults for clients that omit them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientExtensions {
    /// The public keys for `private_key_jwt` and signed request objects.
    pub keys: Option<ClientKeys>,
    /// The algorithm of client assertions (`token_endpoint_auth_signing_alg`); `None` for any.
    pub assertion_alg: Option<Algorithm>,
    /// Post-logout redirect URIs (OpenID Connect RP-Initiated Logout §3.1).
    pub post_logout_redirect_uris: Vec<String>,
    /// Logout notice in the browser (OpenID Connect Front-Channel Logout §2).
    pub frontchannel_logout: Option<LogoutUri>,
    /// Logout notice between servers (OpenID Connect Back-Channel Logout §2.2).
    pub backchannel_logout: Option<LogoutUri>,
    pub subject_type: SubjectType,
    /// The signature algorithm of userinfo responses, when requested (OpenID Connect Core §5.3.2).
    pub userinfo_signed: Option<SigningAlg>,
    pub request_object_alg: RequestObjectAlg,
    /// Whether authorization requests have to be signed request objects, whose parameters alone count
    /// (`require_signed_request_object`, RFC 9101 §10.5, §6.3).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub require_signed_request_object: bool,
    /// Registered `request_uri` values (OpenID Connect Core §6.2).
    pub request_uris: Vec<String>,
    /// The lifetime of its sessions from the sign-in; `None` for the organization's setting.
    pub session_duration: Option<Duration>,
    /// The `max_age` of requests without one, in seconds (OpenID Connect Registration §2).
    pub default_max_age: Option<u64>,
    /// Claims about the end-user that are put into ID tokens, too, when granted, for a client that reads
    /// nothing else.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub id_token_claims: Vec<String>,
    /// Audiences that it may request beside the Client API (RFC 8707).
    pub resources: Vec<String>,
    /// The scope of requests without one (RFC 6749 §3.3); `None` for the registered scope.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_scope: Option<Scope>,
    /// The unknown words that it registered as its scope (RFC 7591 §2): a request for them counts as one
    /// without a scope.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown_scope: Option<Scope>,
    /// The audiences whose tokens it may introspect as their resource server (RFC 7662 §1).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub introspects: Vec<String>,
    /// The permissions of the initial access token at its registration; `None` without such a token, and for
    /// clients of the configuration.
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
