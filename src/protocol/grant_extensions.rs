//! What only some grants have: an SSO session, claims requested by name, pairwise subjects, and audiences
//! beside the Client API.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::sso::SsoRoot;

/// Optional parts of authorization codes and of the grants that are made from them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GrantExtensions {
    /// The root of the SSO session in which the end-user gave the grant: a logout there revokes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sso: Option<SsoRoot>,
    /// Claims requested by name.
    #[serde(skip_serializing_if = "ClaimsRequest::is_empty")]
    pub claims: ClaimsRequest,
    /// The sector of the client's pairwise subjects (OpenID Connect Core §8.1), fixed when the grant began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sector: Option<String>,
    /// The resources of the grant (RFC 8707 §2); empty for the Client API.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
}

impl GrantExtensions {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The supported claims of a `claims` parameter (OpenID Connect Core §5.5).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ClaimsRequest {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub userinfo: BTreeMap<String, ClaimRequest>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub id_token: BTreeMap<String, ClaimRequest>,
}

impl ClaimsRequest {
    pub fn is_empty(&self) -> bool {
        self.userinfo.is_empty() && self.id_token.is_empty()
    }
}

impl ClaimRequest {
    pub fn admits(&self, value: &Value) -> bool {
        match &self.value {
            Some(wanted) => wanted == value,
            None => self.values.is_empty() || self.values.contains(value),
        }
    }
}

/// The request for one claim (OpenID Connect Core §5.5.1). The default, `null` in JSON, is voluntary with any
/// value.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ClaimRequest {
    /// Whether the client calls the claim essential.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub essential: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The acceptable values; empty when all are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Value>,
}
