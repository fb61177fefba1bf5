//! A client from dynamic registration (RFC 7591), as stored.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::client::{Client, GrantType, SecretDigest, SubjectType};
use super::registration::allowance::ClientAllowance;
use super::registration::sector;
use super::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredClient {
    pub client: Client,
    /// The metadata of the answer (RFC 7591 §3.2.1), without secret and registration access token.
    pub metadata: Map<String, Value>,
    /// Digest of the registration access token (RFC 7592 §3).
    pub registration_token: SecretDigest,
    pub issued_at: Timestamp,
    /// When the registration lapses unless an end-user grants the client something; `None` once one did.
    pub unused_until: Option<Timestamp>,
    /// How often it changed: each change names the revision that it is based on.
    pub revision: u32,
}

impl RegisteredClient {
    /// Restricts the client and its metadata (RFC 7592 §2.1) to the present rules, which may be stricter than
    /// at its registration.
    #[must_use]
    pub fn held_to(mut self, allowance: &ClientAllowance) -> Self {
        let proves_sector = self.metadata.contains_key(sector::URI);
        let client = &mut self.client;
        let is_pairwise = matches!(client.extras.subject_type, SubjectType::Pairwise { .. });
        // OpenID Connect Core §8.1: the redirect URIs of a device client prove nothing about its sector.
        let lacks_sector = |one: GrantType| one == GrantType::DeviceCode && is_pairwise && !proves_sector;
        client.grant_types.retain(|one| allowance.has_grant(*one) && !lacks_sector(*one));
        client.scope = allowance.within(&client.scope);
        client.extras.resources = allowance.resources().to_vec();
        let grant_types = client.grant_types.iter().map(|one| one.name()).collect::<Vec<_>>();
        self.metadata.insert("grant_types".to_owned(), grant_types.into());
        self.metadata.insert("scope".to_owned(), client.scope.to_string().into());
        self
    }

    /// Whether the registration lapsed unused.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.unused_until.is_some_and(|until| now >= until)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protocol::client::InitialAccess;
    use crate::protocol::id::{ClientId, OrganizationId};
    use crate::protocol::registration::policy::{RegistrationMode, RegistrationPolicy, tests::policy};
    use crate::protocol::registration::{self, IssuedRegistration};
    use crate::protocol::scope::Scope;

    fn registered(document: &Value, allowance: &ClientAllowance) -> RegisteredClient {
        let registration = registration::read(document.as_object().unwrap(), allowance).unwrap();
        let issued = IssuedRegistration {
            id: ClientId::from_random(&[1; 16]),
            organization: OrganizationId::new("org_a"),
            secret: Some(SecretDigest::of("secret")),
            require_pkce: false,
            initial_access: None,
        };
        let (client, metadata) = registration.into_client(issued).unwrap();
        let (issued_at, registration_token) = (Timestamp::from_secs(1), SecretDigest::of("token"));
        RegisteredClient { client, metadata, registration_token, issued_at, unused_until: None, revision: 0 }
    }

    #[test]
    fn rfc7592_2_1_a_client_that_registered_under_other_rules_has_and_is_told_what_holds_today() {
        let everything =
            InitialAccess { grants: vec![GrantType::ClientCredentials], scopes: Scope::client_api() };
        let policy = RegistrationPolicy {
            client_api_scopes: Scope::parse("profile:read").unwrap(),
            ..policy(RegistrationMode::Off)
        };
        let (before, today) =
            (ClientAllowance::of(&policy, Some(&everything)), ClientAllowance::of(&policy, None));
        let document = json!({
            "redirect_uris": ["https://app.example/callback"],
            "grant_types": ["authorization_code", "client_credentials"],
            "scope": "openid profile:read profile:write",
        });
        let stored = registered(&document, &before);
        assert_eq!(stored.clone().held_to(&before), stored);
        let held = stored.held_to(&today);
        assert_eq!(held.client.grant_types, [GrantType::AuthorizationCode]);
        assert_eq!(held.client.scope, Scope::parse("openid profile:read").unwrap());
        assert_eq!(held.metadata["grant_types"], json!(["authorization_code"]));
        assert_eq!(held.metadata["scope"], json!("openid profile:read"));
    }

    #[test]
    fn oidc_core_8_1_a_device_whose_sector_only_its_redirect_uris_name_gets_no_tokens() {
        let allowance = ClientAllowance::of(&policy(RegistrationMode::Off), None);
        let document = |over: Value| {
            let mut document = json!({
                "redirect_uris": ["https://app.example/callback"],
                "grant_types": ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"],
                "sector_identifier_uri": "https://app.example/sector.json",
                "subject_type": "pairwise",
            });
            document.as_object_mut().unwrap().extend(over.as_object().unwrap().clone());
            registered(&document, &allowance)
        };
        let with_document = document(json!({}));
        assert!(with_document.clone().held_to(&allowance).client.may(GrantType::DeviceCode));
        let mut without = with_document;
        without.metadata.remove(sector::URI);
        let held = without.held_to(&allowance);
        assert_eq!(held.client.grant_types, [GrantType::AuthorizationCode]);
        let mut public = document(json!({"subject_type": "public"}));
        public.metadata.remove(sector::URI);
        assert!(public.held_to(&allowance).client.may(GrantType::DeviceCode));
    }
}
