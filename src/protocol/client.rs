//! OAuth clients (RFC 6749 §2): who may ask for a sign-in, and how it proves that it is who it says.

use std::collections::BTreeMap;
use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{Context, SHA256, digest};

use super::id::{ClientId, OrganizationId};
use super::redirect_uri::RedirectUri;
use super::scope::Scope;

/// A client.
#[derive(Debug, Clone)]
pub struct Client {
    /// Its id.
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
    pub party: Party,
    /// Whether a confidential client must use PKCE; a public one always must (RFC 9700 §2.1.1).
    pub require_pkce: bool,
    /// How it shows itself to people.
    pub shown: Shown,
}

/// What people see of a client.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shown {
    /// Its name.
    pub name: String,
    /// An https URL of a logo. The browser loads it, we never do.
    pub logo: Option<String>,
    /// Its home page.
    pub home: Option<String>,
    /// Its privacy policy.
    pub policy: Option<String>,
    /// Its terms of service.
    pub terms: Option<String>,
}

/// Whose a client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party {
    /// The organization's own.
    First,
    /// Somebody else's: the end-user is asked for consent.
    Third,
}

/// What a client may present at the token endpoint (RFC 6749 §1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantType {
    /// RFC 6749 §4.1.
    AuthorizationCode,
    /// RFC 6749 §6.
    RefreshToken,
}

impl GrantType {
    /// Every grant type.
    pub const ALL: [Self; 2] = [Self::AuthorizationCode, Self::RefreshToken];

    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
        }
    }

    /// The grant type of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

/// A way in which a client authenticates (OpenID Connect Core §9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthenticationMethod {
    /// It has nothing to prove itself with: a public client.
    None,
    /// In the `Authorization` header (RFC 6749 §2.3.1).
    ClientSecretBasic,
    /// In the body (RFC 6749 §2.3.1).
    ClientSecretPost,
}

impl AuthenticationMethod {
    /// Every method.
    pub const ALL: [Self; 3] = [Self::None, Self::ClientSecretBasic, Self::ClientSecretPost];

    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
        }
    }

    /// The method of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

/// How a client authenticates.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// Not at all: a public client.
    Public,
    /// With a secret, in one of these ways.
    Secret {
        /// The secret.
        digest: SecretDigest,
        /// The ways that it registered.
        methods: Vec<AuthenticationMethod>,
    },
}

/// The SHA-256 of a client secret; the secret itself is not kept.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretDigest([u8; 32]);

impl SecretDigest {
    /// The digest of a secret.
    #[must_use]
    pub fn of(secret: &str) -> Self {
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().zip(digest(&SHA256, secret.as_bytes()).as_ref()) {
            *to = *from;
        }
        Self(bytes)
    }

    /// Reads a digest of 64 hexadecimal digits.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        let mut bytes = [0; 32];
        for (place, byte) in bytes.iter_mut().enumerate() {
            let start = place.saturating_mul(2);
            *byte = u8::from_str_radix(text.get(start..start.saturating_add(2))?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// Whether `secret` is the one; compares in constant time.
    #[must_use]
    pub fn is_of(&self, secret: &str) -> bool {
        verify_slices_are_equal(&self.0, &Self::of(secret).0).is_ok()
    }
}

impl fmt::Debug for SecretDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretDigest(…)")
    }
}

impl Client {
    /// Whether it cannot keep a secret (RFC 6749 §2.1).
    #[must_use]
    pub const fn is_public(&self) -> bool {
        matches!(self.credentials, Credentials::Public)
    }

    /// Whether a request without a code challenge is refused (RFC 9700 §2.1.1).
    #[must_use]
    pub const fn needs_pkce(&self) -> bool {
        self.is_public() || self.require_pkce
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
        for part in fixed.into_iter().chain(self.redirect_uris.iter().map(RedirectUri::as_str)) {
            hash.update(part.as_bytes());
            hash.update(b"\0");
        }
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(hash.finish().as_ref())
    }
}

/// All clients, by id.
#[derive(Debug, Clone, Default)]
pub struct Clients(BTreeMap<ClientId, Client>);

impl Clients {
    /// The client of an id.
    #[must_use]
    pub fn get(&self, id: &ClientId) -> Option<&Client> {
        self.0.get(id)
    }

    /// Changes one that is there: for tests and development.
    #[must_use]
    pub fn get_mut(&mut self, id: &ClientId) -> Option<&mut Client> {
        self.0.get_mut(id)
    }

    /// Adds one, or replaces the one of that id.
    pub fn insert(&mut self, client: Client) {
        self.0.insert(client.id.clone(), client);
    }

    /// Removes one.
    pub fn remove(&mut self, id: &ClientId) -> Option<Client> {
        self.0.remove(id)
    }

    /// Every client.
    pub fn iter(&self) -> impl Iterator<Item = &Client> {
        self.0.values()
    }
}

impl FromIterator<Client> for Clients {
    fn from_iter<I: IntoIterator<Item = Client>>(clients: I) -> Self {
        Self(clients.into_iter().map(|client| (client.id.clone(), client)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_by_its_digest_and_not_shown() {
        let digest = SecretDigest::of("top");
        assert!(digest.is_of("top"));
        assert!(!digest.is_of("tap"));
        assert_eq!(format!("{digest:?}"), "SecretDigest(…)");
    }

    #[test]
    fn names_read_back() {
        for one in GrantType::ALL {
            assert_eq!(GrantType::from_name(one.name()), Some(one));
        }
        for one in AuthenticationMethod::ALL {
            assert_eq!(AuthenticationMethod::from_name(one.name()), Some(one));
        }
        assert_eq!(GrantType::from_name("password"), None);
    }
}
