//! The operator's settings for dynamic client registration.

use std::time::Duration;

use crate::protocol::budget::Limit;
use crate::protocol::client::{InitialAccess, SecretDigest};
use crate::protocol::id::OrganizationId;
use crate::protocol::private_use::PrivateUseSchemes;
use crate::protocol::scope::Scope;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrationPolicy {
    pub mode: RegistrationMode,
    /// The accepted initial access tokens (RFC 7591 §3.1).
    pub tokens: Vec<InitialAccessToken>,
    /// Whether confidential clients have to use PKCE; public ones always have to (RFC 9700 §2.1.1).
    pub require_pkce_for_confidential: bool,
    /// The scopes of the Client API that registered clients may request of end-users.
    pub client_api_scopes: Scope,
    /// The private-use schemes that redirect URIs may have (RFC 8252 §7.1).
    pub private_use_schemes: PrivateUseSchemes,
    /// The resources that registered clients may request beside the Client API (RFC 8707).
    pub resources: Vec<String>,
    /// The scopes of these resources.
    pub resource_scopes: Scope,
    /// A registration lapses after this time if no end-user granted the client anything.
    pub unused: Duration,
    /// Registrations from one client network in one organization.
    pub per_network: Limit,
    /// Registrations in one organization.
    pub per_organization: Limit,
    /// The most registered clients of an organization at once.
    pub ceiling: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistrationMode {
    Off,
    /// Only with an initial access token.
    Token,
    /// Without a token in this organization; with an initial access token in the token's.
    Open(OrganizationId),
}

/// A token that lets its bearer register clients in one organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitialAccessToken {
    pub organization: OrganizationId,
    pub digest: SecretDigest,
    /// What the token's clients may have beyond what all clients may have.
    pub access: InitialAccess,
    /// The time after which an unused registration lapses; `None` for [`RegistrationPolicy::unused`]. Clients
    /// without end-users need a long one.
    pub unused: Option<Duration>,
}

/// The organization and token of an admitted registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegistrationAccess<'a> {
    pub organization: &'a OrganizationId,
    /// The initial access token of the request.
    pub token: Option<&'a InitialAccessToken>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationRefusal {
    #[error("dynamic client registration is switched off")]
    Off,
    #[error("the registration has no initial access token, which is required")]
    TokenMissing,
    #[error("the initial access token is unknown")]
    TokenInvalid,
}

impl RegistrationPolicy {
    /// The organization in which a caller may register with this token, or without one. Takes the same time
    /// for all tokens of one length.
    ///
    /// # Errors
    /// [`RegistrationRefusal`] when the caller may not register.
    pub fn admits(&self, token: Option<&str>) -> Result<RegistrationAccess<'_>, RegistrationRefusal> {
        match (&self.mode, token) {
            (RegistrationMode::Off, _) => Err(RegistrationRefusal::Off),
            (RegistrationMode::Token, None) => Err(RegistrationRefusal::TokenMissing),
            (RegistrationMode::Open(organization), None) => {
                Ok(RegistrationAccess { organization, token: None })
            }
            (RegistrationMode::Token | RegistrationMode::Open(_), Some(token)) => {
                // All tokens are compared, so that the time discloses nothing about the match.
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
