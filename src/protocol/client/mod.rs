//! OAuth clients (RFC 6749 §2): who may ask for a sign-in, and how it proves that it is who it says.

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
    /// The tenant whose end-users it signs in.
    pub organization: OrganizationId,
    /// How it authenticates, which makes it public or confidential (RFC 6749 §2.1).
    pub credentials: Credentials,
    /// Where an answer may go.
    pub redirect_uris: Vec<RedirectUri>,
    /// What it may present at the token endpoint.
    pub grant_types: Vec<GrantType>,
    /// What it may ask for.
    pub scope: Scope,
    /// Whether it is the organization's own: then nobody is asked for consent.
    pub party: ClientParty,
    /// Whether a confidential client must use PKCE; a public one always must (RFC 9700 §2.1.1).
    pub require_pkce: bool,
    /// How it shows itself to people.
    pub shown: ClientDisplay,
    /// What is rarely said.
    #[serde(flatten)]
    pub extras: ClientExtensions,
}

/// Whose a client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientParty {
    /// The organization's own.
    First,
    /// Somebody else's: the end-user is asked for consent.
    Third,
}

impl Client {
    /// Whether it cannot keep a secret (RFC 6749 §2.1).
    #[must_use]
    pub const fn is_public(&self) -> bool {
        matches!(self.credentials, Credentials::Public)
    }

    /// Whether a request without a code challenge is refused, wherever its answer goes (RFC 9700 §2.1.1).
    #[must_use]
    pub const fn needs_pkce(&self) -> bool {
        self.is_public() || self.require_pkce
    }

    /// The same for an answer that goes to `redirect_uri`: another application may own the same private-use scheme, so
    /// that a secret proves nothing there (RFC 8252 §6, §8.6).
    #[must_use]
    pub fn needs_pkce_at(&self, redirect_uri: &str) -> bool {
        self.needs_pkce() || self.redirect_uri(redirect_uri).is_some_and(RedirectUri::has_private_use_scheme)
    }

    /// Whether the end-user is asked each time before an answer goes to `redirect_uri`, because another application could
    /// be behind it (RFC 8252 §8.6).
    #[must_use]
    pub fn confirms_at(&self, redirect_uri: &str) -> bool {
        match self.redirect_uri(redirect_uri) {
            None => self.is_public(),
            Some(uri) => uri.has_private_use_scheme() || self.is_public() && uri.can_be_claimed_by_anybody(),
        }
    }

    /// Whether the browser may go to `requested` after a logout (OpenID Connect RP-Initiated Logout §3.1). They are
    /// compared as redirect URIs are.
    #[must_use]
    pub fn has_post_logout_redirect_uri(&self, requested: &str) -> bool {
        self.extras.post_logout_redirect_uris.iter().any(|uri| RedirectUri::stored(uri).matches(requested))
    }

    /// Whether it may use a grant type.
    #[must_use]
    pub fn may(&self, grant_type: GrantType) -> bool {
        self.grant_types.contains(&grant_type)
    }

    /// The registered redirect URI that a requested one is.
    #[must_use]
    pub fn redirect_uri(&self, requested: &str) -> Option<&RedirectUri> {
        self.redirect_uris.iter().find(|registered| registered.matches(requested))
    }

    /// What an end-user consents to beside the scopes, as a digest: who the client is and where it gets its answers.
    /// When an operator makes another application of it, a consent to the old one no longer counts.
    #[must_use]
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

/// The clients of the configuration, by id.
#[derive(Debug, Clone, Default)]
pub struct Clients(BTreeMap<ClientId, Arc<Client>>);

impl Clients {
    #[must_use]
    pub fn get(&self, id: &ClientId) -> Option<&Arc<Client>> {
        self.0.get(id)
    }

    /// Changes one that is there: for tests and development.
    #[must_use]
    pub fn get_mut(&mut self, id: &ClientId) -> Option<&mut Client> {
        self.0.get_mut(id).map(Arc::make_mut)
    }

    /// Adds one, or replaces the one of that id.
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
