//! OAuth clients (RFC 6749 §2): their registration, credentials and appearance.

mod credentials;
mod settings;
mod shown;
mod vouching;

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

use super::id::{ClientId, OrganizationId};
use super::redirect_uri::RedirectUri;
use super::scope::Scope;

pub use credentials::{AuthenticationMethod, Credentials, SecretDigest};
pub use settings::{
    ClientExtensions, ClientKeys, GrantType, InitialAccess, LogoutUri, RequestObjectAlg, SigningAlg,
    SubjectType,
};
pub use shown::{ClientDisplay, DisplayTranslation, LocalizedClientDisplay};
pub use vouching::VouchedBy;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    pub id: ClientId,
    /// The organization whose end-users it signs in.
    pub organization: OrganizationId,
    /// The client authentication, which makes it public or confidential (RFC 6749 §2.1).
    pub credentials: Credentials,
    pub redirect_uris: Vec<RedirectUri>,
    pub grant_types: Vec<GrantType>,
    /// The scope that it may request.
    pub scope: Scope,
    /// Whether it is the organization's own, which needs no consent.
    pub party: ClientParty,
    /// Whether a confidential client has to use PKCE; a public one always has to (RFC 9700 §2.1.1).
    pub require_pkce: bool,
    /// How it is presented to end-users.
    pub shown: ClientDisplay,
    #[serde(flatten)]
    pub extras: ClientExtensions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientParty {
    First,
    /// A third party's client, for which the end-user is asked for consent.
    Third,
}

impl Client {
    /// Whether the client has no credentials (RFC 6749 §2.1).
    pub const fn is_public(&self) -> bool {
        matches!(self.credentials, Credentials::Public)
    }

    /// Whether PKCE is required for every redirect URI (RFC 9700 §2.1.1).
    pub const fn needs_pkce(&self) -> bool {
        self.is_public() || self.require_pkce
    }

    /// Whether PKCE is required for this redirect URI: another application may claim the same private-use
    /// scheme, so a client secret gives no protection there (RFC 8252 §6, §8.6).
    pub fn needs_pkce_at(&self, redirect_uri: &str) -> bool {
        self.needs_pkce() || self.redirect_uri(redirect_uri).is_some_and(RedirectUri::has_private_use_scheme)
    }

    /// Whether the end-user has to confirm each answer to `redirect_uri`, because another application could
    /// receive it (RFC 8252 §8.6).
    pub fn confirms_at(&self, redirect_uri: &str) -> bool {
        match self.redirect_uri(redirect_uri) {
            None => self.is_public(),
            Some(uri) => uri.has_private_use_scheme() || self.is_public() && uri.can_be_claimed_by_anybody(),
        }
    }

    /// Whether `requested` is a registered post-logout redirect URI (OpenID Connect RP-Initiated Logout
    /// §3.1), compared like redirect URIs.
    pub fn has_post_logout_redirect_uri(&self, requested: &str) -> bool {
        self.extras.post_logout_redirect_uris.iter().any(|uri| RedirectUri::stored(uri).matches(requested))
    }

    pub fn may(&self, grant_type: GrantType) -> bool {
        self.grant_types.contains(&grant_type)
    }

    /// The registered redirect URI that matches a requested one.
    pub fn redirect_uri(&self, requested: &str) -> Option<&RedirectUri> {
        self.redirect_uris.iter().find(|registered| registered.matches(requested))
    }

    /// A digest of what an end-user consents to beside the scope: who the client is and where its answers go.
    /// When the operator turns the client into another application, former consents are void.
    pub fn fingerprint(&self) -> String {
        use base64::Engine as _;
        let mut hash = Context::new(&SHA256);
        let fixed = [self.id.as_str(), self.organization.as_str(), &self.shown.name];
        let names = self.shown.translated.values().filter_map(|own| own.name.as_deref());
        for part in fixed.into_iter().chain(self.redirect_uris.iter().map(RedirectUri::as_str)).chain(names) {
            hash.update(part.as_bytes());
            hash.update(b"\0");
        }
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(hash.finish().as_ref())
    }
}

#[derive(Debug, Clone, Default)]
pub struct Clients(BTreeMap<ClientId, Arc<Client>>);

impl Clients {
    pub fn get(&self, id: &ClientId) -> Option<&Arc<Client>> {
        self.0.get(id)
    }

    /// For tests and development.
    pub fn get_mut(&mut self, id: &ClientId) -> Option<&mut Client> {
        self.0.get_mut(id).map(Arc::make_mut)
    }

    /// Adds a client, or replaces the one with the same id.
    pub fn insert(&mut self, client: Client) {
        self.0.insert(client.id.clone(), Arc::new(client));
    }

    pub fn remove(&mut self, id: &ClientId) -> Option<Arc<Client>> {
        self.0.remove(id)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Client> {
        self.0.values().map(AsRef::as_ref)
    }
}

impl FromIterator<Client> for Clients {
    fn from_iter<I: IntoIterator<Item = Client>>(clients: I) -> Self {
        Self(clients.into_iter().map(|client| (client.id.clone(), Arc::new(client))).collect())
    }
}
