//! What a client may have that registered itself. Nobody looked at it before, so it gets what its end-users can give, and
//! beyond that only what its initial access token says (RFC 7591 §3).

use super::policy::RegistrationPolicy;
use crate::protocol::client::{GrantType, InitialAccess};
use crate::protocol::scope::{self, Scope};

/// What a client may have that registered itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    grants: Vec<GrantType>,
    client_api: Scope,
}

impl Allowance {
    /// What the operator's policy, and the client's initial access token if it had one, come to.
    #[must_use]
    pub fn of(policy: &RegistrationPolicy, access: Option<&InitialAccess>) -> Self {
        let without_end_user = |one: &GrantType| *one == GrantType::ClientCredentials;
        let mut grants = GrantType::ALL.into_iter().filter(|one| !without_end_user(one)).collect::<Vec<_>>();
        let mut client_api = policy.client_api_scopes.clone();
        if let Some(access) = access {
            grants.extend(access.grants.iter().filter(|one| without_end_user(one)));
            client_api = client_api.union(&access.scopes);
        }
        Self { grants, client_api }
    }

    /// Whether it may use a grant type.
    #[must_use]
    pub fn has_grant(&self, grant_type: GrantType) -> bool {
        self.grants.contains(&grant_type)
    }

    /// Of a scope what it may have. What is not about the Client API is between it and its end-users.
    #[must_use]
    pub fn within(&self, scope: &Scope) -> Scope {
        scope.filter(|token| !scope::CLIENT_API.contains(&token) || self.client_api.contains(token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::registration::policy::RegistrationMode;
    use crate::protocol::registration::policy::tests::policy;

    fn scope(text: &str) -> Scope {
        Scope::parse(text).unwrap()
    }

    #[test]
    fn rfc7591_3_a_client_has_what_everybody_may_have_and_what_its_token_says() {
        let policy = RegistrationPolicy {
            client_api_scopes: scope("profile:read orders:read"),
            ..policy(RegistrationMode::Off)
        };
        let wanted = scope("openid offline_access profile:read profile:write orders:read x:y");
        let alone = Allowance::of(&policy, None);
        assert!(!alone.has_grant(GrantType::ClientCredentials));
        for one in [GrantType::AuthorizationCode, GrantType::RefreshToken, GrantType::DeviceCode] {
            assert!(alone.has_grant(one), "{one:?} is an end-user's to give");
        }
        assert_eq!(alone.within(&wanted), scope("openid offline_access profile:read orders:read x:y"));
        assert_eq!(
            Allowance::of(&policy, Some(&InitialAccess::default())),
            alone,
            "a token that says nothing"
        );
        let access = InitialAccess {
            grants: vec![GrantType::ClientCredentials],
            scopes: scope("profile:write bookings:read"),
        };
        let with_token = Allowance::of(&policy, Some(&access));
        assert!(with_token.has_grant(GrantType::ClientCredentials));
        assert_eq!(with_token.within(&wanted), wanted);
        assert_eq!(with_token.within(&scope("enquiries:read")), Scope::default());
    }
}
