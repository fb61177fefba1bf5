//! Client metadata of a registration (RFC 7591 §2, OpenID Connect Dynamic Client Registration 1.0 §2), read
//! and judged.
//!
//! Unknown members are ignored and not returned (RFC 7591 §2). Known but unsupported ones are refused by
//! name, except scopes, which are dropped. Software statements are refused: their claims would take
//! precedence over the other members (§2.3), and no issuer of statements is trusted.

pub mod allowance;
mod error;
mod grants;
mod openid;
pub mod policy;
mod reader;
pub mod sector;
mod shown;
mod uris;

use serde_json::{Map, Value};

use super::appearance::Appearance;
use super::authorization::request_object::UnsignedRequestObjects;
use super::client::{
    AuthenticationMethod, Client, ClientDisplay, ClientExtensions, ClientParty, Credentials, GrantType,
    InitialAccess, RequestObjectAlg, SecretDigest, SubjectType,
};
use super::id::{ClientId, OrganizationId};
use super::redirect_uri::RedirectUri;
use super::scope::Scope;

pub use error::{MetadataError, MetadataErrorCode};
pub use reader::is_left_out;

use allowance::ClientAllowance;
use error::Result;
use reader::MetadataReader;

/// Client metadata that was read and judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    methods: Vec<AuthenticationMethod>,
    redirect_uris: Vec<RedirectUri>,
    grant_types: Vec<GrantType>,
    scope: Scope,
    shown: ClientDisplay,
    extras: ClientExtensions,
    sector_uri: Option<String>,
    /// The metadata of the response (RFC 7591 §3.2.1), with defaults but without issued values.
    metadata: Map<String, Value>,
}

/// What has to be checked beside the metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistrationRequirements {
    /// The sector identifier document, for [`sector::judge`].
    Sector(String),
}

/// The values that the server issues or decides.
#[derive(Debug, Clone)]
pub struct IssuedRegistration {
    pub id: ClientId,
    pub organization: OrganizationId,
    /// The digest of the secret; required if [`Registration::needs_secret`].
    pub secret: Option<SecretDigest>,
    /// Whether a confidential client has to use PKCE.
    pub require_pkce: bool,
    /// The permissions of the initial access token.
    pub initial_access: Option<InitialAccess>,
}

/// The longest metadata document, in bytes of JSON. Together with the number of clients of an organization
/// this bounds what strangers make the store keep by registering.
pub const MAX_DOCUMENT: usize = 16 * 1024;

/// Reads and judges client metadata. `allowance` limits grant types and scopes.
///
/// # Errors
/// [`MetadataError`] names the first wrong member.
pub fn read(document: &Map<String, Value>, allowance: &ClientAllowance) -> Result<Registration> {
    let length = serde_json::to_string(document).map_or(usize::MAX, |text| text.len());
    if length > MAX_DOCUMENT {
        let text = format!("has {length} bytes as JSON, more than {MAX_DOCUMENT}");
        return Err(MetadataError::metadata("the document", text));
    }
    let reader = &mut MetadataReader::new(document);
    no_statement(reader)?;
    openid::no_encryption(reader)?;
    let kind = uris::application_type(reader)?;
    let methods = grants::methods(reader)?;
    let grant_types = grants::grant_types(reader, &methods, allowance)?;
    let uris = uris::RedirectAllowance { kind, schemes: allowance.private_use_schemes() };
    let redirect_uris =
        uris::redirect_uris(reader, &uris, grant_types.contains(&GrantType::AuthorizationCode))?;
    let sector = sector::read(reader)?;
    sector.suits(&grant_types)?;
    let subject_type = if sector.pairwise {
        SubjectType::Pairwise { sector: sector.host(&redirect_uris)? }
    } else {
        SubjectType::Public
    };
    let (scope, unknown_scope) = grants::scope(reader, &grant_types, sector.pairwise, allowance)?;
    let shown = shown::shown(reader, &redirect_uris)?;
    shown::contacts(reader)?;
    software(reader)?;
    openid::id_token_alg(reader)?;
    let keys = grants::keys(reader, &methods)?;
    let request_object_alg = openid::request_object_alg(reader)?;
    let require_signed_request_object =
        openid::require_signed_request_object(reader, request_object_alg, keys.is_some())?;
    let extras = ClientExtensions {
        keys,
        assertion_alg: grants::assertion_alg(reader)?,
        post_logout_redirect_uris: uris::post_logout_redirect_uris(reader, &uris)?,
        frontchannel_logout: openid::frontchannel(reader, &redirect_uris)?,
        backchannel_logout: openid::backchannel(reader)?,
        subject_type,
        userinfo_signed: openid::userinfo_alg(reader)?,
        request_object_alg,
        require_signed_request_object,
        request_uris: openid::request_uris(reader)?,
        session_duration: None,
        default_max_age: openid::defaults(reader)?,
        // Only the operator sets these, in the configuration.
        id_token_claims: Vec::new(),
        resources: Vec::new(),
        default_scope: None,
        unknown_scope,
        introspects: Vec::new(),
        initial_access: None,
    };
    let sector_uri = sector.uri.map(String::from);
    let metadata = std::mem::take(&mut reader.registered);
    Ok(Registration { methods, redirect_uris, grant_types, scope, shown, extras, sector_uri, metadata })
}

fn no_statement(reader: &MetadataReader<'_>) -> Result<()> {
    const NAME: &str = "software_statement";
    match reader.value(NAME) {
        None => Ok(()),
        Some(_) => Err(MetadataError {
            code: MetadataErrorCode::UnapprovedSoftwareStatement,
            ..MetadataError::metadata(NAME, "is not approved: no statements are taken here")
        }),
    }
}

/// RFC 7591 §2: stored and returned without validation.
fn software(reader: &mut MetadataReader<'_>) -> Result<()> {
    for name in ["software_id", "software_version"] {
        let text = reader.text(name)?;
        reader.note_some(name, text);
    }
    Ok(())
}

impl Registration {
    /// A check that the caller has to make.
    pub fn needs(&self) -> Option<RegistrationRequirements> {
        self.sector_uri.clone().map(RegistrationRequirements::Sector)
    }

    pub fn redirect_uris(&self) -> &[RedirectUri] {
        &self.redirect_uris
    }

    /// Refuses a name that equals or looks like one of `organizations` (UTS 39 §4), because end-users would
    /// take the client for that organization's own.
    ///
    /// # Errors
    /// [`MetadataError`] for `client_name`.
    pub fn is_named_apart_from<'a>(&self, organizations: impl IntoIterator<Item = &'a str>) -> Result<()> {
        let own = self.shown.names().map(Appearance::of).collect::<Vec<_>>();
        let is_taken = |name: &str| {
            let theirs = Appearance::of(name);
            own.iter().any(|own| own.is_like(&theirs))
        };
        if organizations.into_iter().any(is_taken) {
            let wrong = "is the name of an organization here, or looks like it: send another client_name";
            return Err(MetadataError::metadata("client_name", wrong));
        }
        Ok(())
    }

    /// Checks that the operator accepts the client's choice of unsigned request objects.
    ///
    /// # Errors
    /// [`MetadataError`] for `request_object_signing_alg`.
    pub fn suits_request_objects(&self, unsigned: UnsignedRequestObjects) -> Result<()> {
        let sends_unsigned = self.extras.request_object_alg == RequestObjectAlg::None;
        if sends_unsigned && unsigned == UnsignedRequestObjects::Never {
            let wrong = "is none, and request objects have to be signed here";
            return Err(MetadataError::metadata("request_object_signing_alg", wrong));
        }
        Ok(())
    }

    /// Whether the client authenticates with a secret.
    pub fn needs_secret(&self) -> bool {
        use AuthenticationMethod as M;
        self.methods.iter().all(|method| matches!(method, M::ClientSecretBasic | M::ClientSecretPost))
    }

    /// The client, always a third party's, and its metadata. `None` when a required secret was not issued.
    pub fn into_client(self, issued: IssuedRegistration) -> Option<(Client, Map<String, Value>)> {
        let credentials = match self.methods.as_slice() {
            [AuthenticationMethod::None] => Credentials::Public,
            [AuthenticationMethod::PrivateKeyJwt] => Credentials::PrivateKey,
            _ => Credentials::Secret { digest: issued.secret?, methods: self.methods },
        };
        let client = Client {
            id: issued.id,
            organization: issued.organization,
            credentials,
            redirect_uris: self.redirect_uris,
            grant_types: self.grant_types,
            scope: self.scope,
            party: ClientParty::Third,
            require_pkce: issued.require_pkce,
            shown: self.shown,
            extras: ClientExtensions { initial_access: issued.initial_access, ..self.extras },
        };
        Some((client, self.metadata))
    }
}

#[cfg(test)]
mod tests;
