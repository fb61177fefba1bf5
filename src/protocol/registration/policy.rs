//! Who may register clients, and how many: what the operator says of it.

use std::time::Duration;

use crate::protocol::budget::Limit;
use crate::protocol::client::{InitialAccess, SecretDigest};
use crate::protocol::id::OrganizationId;
use crate::protocol::private_use::PrivateUseSchemes;
use crate::protocol::scope::Scope;

/// Who may register clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrationPolicy {
    /// Who may.
    pub mode: RegistrationMode,
    /// Initial access tokens (RFC 7591 §3.1).
    pub tokens: Vec<InitialAccessToken>,
    /// Whether clients that authenticate must use PKCE too; public ones always must (RFC 9700 §2.1.1).
    pub require_pkce_for_confidential: bool,
    /// What clients may have of the Client API that registered themselves, when an end-user consents.
    pub client_api_scopes: Scope,
    /// Which private-use schemes their redirect URIs may have (RFC 8252 §7.1).
    pub private_use_schemes: PrivateUseSchemes,
    /// Resources beside the Client API that they may ask for (RFC 8707).
    pub resources: Vec<String>,
    /// The scopes of those.
    pub resource_scopes: Scope,
    /// After so long a client ends that no end-user granted anything.
    pub unused: Duration,
    /// How often clients may register from one client network, in one organization.
    pub per_network: Limit,
    /// How often in one organization.
    pub per_organization: Limit,
    /// How many registered clients an organization may have at once.
    pub ceiling: u32,
}

/// Who may register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistrationMode {
    /// Nobody.
    Off,
    /// Who has an initial access token.
    Token,
    /// Everybody, in this organization; with an initial access token in the token's.
    Open(OrganizationId),
}

/// A token that lets its bearer register clients in one organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitialAccessToken {
    pub organization: OrganizationId,
    /// The token; it itself is not kept.
    pub digest: SecretDigest,
    /// What clients may have that register with it, beyond what all may have.
    pub access: InitialAccess,
    /// After so long a client of it ends that no end-user granted anything; `None` for [`RegistrationPolicy::unused`]. A
    /// client without end-users needs a long one.
    pub unused: Option<Duration>,
}

/// Where somebody may register a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegistrationAccess<'a> {
    pub organization: &'a OrganizationId,
    /// The initial access token that was sent.
    pub token: Option<&'a InitialAccessToken>,
}

/// Why somebody may not register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationRefusal {
    /// Nobody may.
    #[error("registration is off")]
    Off,
    /// An initial access token is needed.
    #[error("no initial access token")]
    TokenMissing,
    /// The token is none of ours.
    #[error("the initial access token is unknown")]
    TokenInvalid,
}

impl RegistrationPolicy {
    /// In which organization somebody may register who brings this token, or none. Takes the same time for every token
    /// of a length.
    ///
    /// # Errors
    /// [`RegistrationRefusal`].
    pub fn admits(&self, token: Option<&str>) -> Result<RegistrationAccess<'_>, RegistrationRefusal> {
        match (&self.mode, token) {
            (RegistrationMode::Off, _) => Err(RegistrationRefusal::Off),
            (RegistrationMode::Token, None) => Err(RegistrationRefusal::TokenMissing),
            (RegistrationMode::Open(organization), None) => {
                Ok(RegistrationAccess { organization, token: None })
            }
            (RegistrationMode::Token | RegistrationMode::Open(_), Some(token)) => {
                // All of them are compared, so that the time does not tell which was near.
                let mut known = None;
                for one in &self.tokens {
                    if one.digest.is_of(token) {
                        known =
                            Some(RegistrationAccess { organization: &one.organization, token: Some(one) });
                    }
                }
                known.ok_or(RegistrationRefusal::TokenInvalid)
            }
        }
    }
}

#[cfg(test)]
pub(in crate::protocol) mod tests {
    use super::*;

    pub(in crate::protocol) fn policy(mode: RegistrationMode) -> RegistrationPolicy {
        let token = |organization: &str, token: &str| InitialAccessToken {
            organization: OrganizationId::new(organization),
            digest: SecretDigest::of(token),
            access: InitialAccess::default(),
            unused: None,
        };
        let limit = Limit { count: 1, window: Duration::from_secs(1) };
        RegistrationPolicy {
            mode,
            tokens: vec![token("org_a", "one"), token("org_b", "two")],
            require_pkce_for_confidential: false,
            client_api_scopes: Scope::default(),
            private_use_schemes: PrivateUseSchemes::Any,
            resources: Vec::new(),
            resource_scopes: Scope::default(),
            unused: Duration::from_secs(1),
            per_network: limit,
            per_organization: limit,
            ceiling: 1,
        }
    }

    #[test]
    fn rfc7591_3_1_the_initial_access_token_names_the_organization() {
        let admits = |mode, token| policy(mode).admits(token).map(|to| to.organization.as_str().to_owned());
        let open = || RegistrationMode::Open(OrganizationId::new("org_c"));
        assert_eq!(admits(RegistrationMode::Off, Some("one")), Err(RegistrationRefusal::Off));
        assert_eq!(admits(RegistrationMode::Off, None), Err(RegistrationRefusal::Off));
        assert_eq!(admits(RegistrationMode::Token, None), Err(RegistrationRefusal::TokenMissing));
        assert_eq!(admits(open(), None).unwrap(), "org_c");
        for mode in [RegistrationMode::Token, open()] {
            assert_eq!(admits(mode.clone(), Some("one")).unwrap(), "org_a");
            assert_eq!(admits(mode.clone(), Some("two")).unwrap(), "org_b");
            assert_eq!(admits(mode, Some("three")), Err(RegistrationRefusal::TokenInvalid));
        }
    }
}
