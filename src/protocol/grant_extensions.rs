//! What only some grants have: the browser session that they came of, claims that were asked for by name, pairwise
//! subjects, and audiences beside the Client API.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::sso::SsoRoot;

/// What only some authorization codes, and the grants that are made of them, have.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GrantExtensions {
    /// The session at the issuer in which the end-user gave it, by its root: a logout there ends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sso: Option<SsoRoot>,
    /// Claims that the client asked for by name.
    #[serde(skip_serializing_if = "ClaimsRequest::is_empty")]
    pub claims: ClaimsRequest,
    /// The sector of its client's pairwise subjects (OpenID Connect Core §8.1), as it was when the grant began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sector: Option<String>,
    /// The resources that it is for (RFC 8707 §2); empty for the Client API.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
}

impl GrantExtensions {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The `claims` parameter (OpenID Connect Core §5.5), as far as it names claims that we have.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ClaimsRequest {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub userinfo: BTreeMap<String, ClaimRequest>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub id_token: BTreeMap<String, ClaimRequest>,
}

impl ClaimsRequest {
    /// Whether nothing is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.userinfo.is_empty() && self.id_token.is_empty()
    }
}

impl ClaimRequest {
    /// Whether a value is one that was asked for.
    #[must_use]
    pub fn admits(&self, value: &Value) -> bool {
        match &self.value {
            Some(wanted) => wanted == value,
            None => self.values.is_empty() || self.values.contains(value),
        }
    }
}

/// How one claim is asked for (OpenID Connect Core §5.5.1). The default is `null`: voluntary, any value.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ClaimRequest {
    /// Whether the client cannot do without.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub essential: bool,
    /// The value that it should have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The values that it should have one of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Value>,
}
