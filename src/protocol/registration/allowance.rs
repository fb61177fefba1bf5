//! What a dynamically registered client may have. Clients are not reviewed, so a client gets what its
//! end-users can grant, and beyond that only what its initial access token allows (RFC 7591 §3).

use super::policy::RegistrationPolicy;
use crate::protocol::client::{GrantType, InitialAccess};
use crate::protocol::private_use::PrivateUseSchemes;
use crate::protocol::scope::{self, Scope};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientAllowance {
    grants: Vec<GrantType>,
    client_api: Scope,
    resource_scopes: Scope,
    resources: Vec<String>,
    private_use_schemes: PrivateUseSchemes,
}

impl ClientAllowance {
    /// Combines the operator's policy with the initial access token, if there is one.
    pub fn of(policy: &RegistrationPolicy, access: Option<&InitialAccess>) -> Self {
        let without_end_user = |one: &GrantType| *one == GrantType::ClientCredentials;
        let mut grants = GrantType::ALL.into_iter().filter(|one| !without_end_user(one)).collect::<Vec<_>>();
        let mut client_api = policy.client_api_scopes.clone();
        if let Some(access) = access {
            grants.extend(access.grants.iter().filter(|one| without_end_user(one)));
            client_api = client_api.union(&access.scopes);
        }
        Self {
            grants,
            client_api,
            resource_scopes: policy.resource_scopes.clone(),
            resources: policy.resources.clone(),
            private_use_schemes: policy.private_use_schemes,
        }
    }

    pub fn has_grant(&self, grant_type: GrantType) -> bool {
        self.grants.contains(&grant_type)
    }

    /// The part of a scope that is allowed. Scopes of OpenID Connect need only the end-user's consent.
    pub fn within(&self, scope: &Scope) -> Scope {
        scope.filter(|token| {
            scope::OPENID.contains(&token)
                || self.client_api.contains(token)
                || self.resource_scopes.contains(token)
        })
    }

    /// The resources that it may request beside the Client API.
    pub fn resources(&self) -> &[String] {
        &self.resources
    }

    /// The scopes of [`Self::resources`].
    pub const fn resource_scopes(&self) -> &Scope {
        &self.resource_scopes
    }

    pub const fn private_use_schemes(&self) -> PrivateUseSchemes {
        self.private_use_schemes
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
            resource_scopes: scope("x:y"),
            ..policy(RegistrationMode::Off)
        };
        let wanted = scope("openid offline_access profile:read profile:write orders:read x:y gone:long:ago");
        let alone = ClientAllowance::of(&policy, None);
        assert!(!alone.has_grant(GrantType::ClientCredentials));
        for one in [GrantType::AuthorizationCode, GrantType::RefreshToken, GrantType::DeviceCode] {
            assert!(alone.has_grant(one), "{one:?} is an end-user's to give");
        }
        assert_eq!(alone.within(&wanted), scope("openid offline_access profile:read orders:read x:y"));
        assert_eq!(
            ClientAllowance::of(&policy, Some(&InitialAccess::default())),
            alone,
            "a token that says nothing"
        );
        let access = InitialAccess {
            grants: vec![GrantType::ClientCredentials],
            scopes: scope("profile:write bookings:read"),
        };
        let with_token = ClientAllowance::of(&policy, Some(&access));
        assert!(with_token.has_grant(GrantType::ClientCredentials));
        assert_eq!(with_token.within(&wanted), wanted.filter(|token| token != "gone:long:ago"));
        assert_eq!(with_token.within(&scope("enquiries:read")), Scope::default());
    }
}
