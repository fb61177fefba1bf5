//! The settings that the rules depend on, already validated. `config` makes them; `flow` reads them.

use std::time::Duration;

use super::address::EmailAddress;
use super::authorization::request_object::UnsignedRequestObjects;
use super::budget::Limit;
use super::challenge::CodePolicy;
use super::claims::AccessTokenType;
use super::client::{Client, Clients};
use super::grant::RotationPolicy;
use super::id::{ClientId, OrganizationId};
use super::mail::{MailSender, MailTheme};
use super::origin::{Origin, OriginPattern};
use super::record::Currency;
use super::registration::policy::RegistrationPolicy;
use super::resource_server::ResourceServers;
use super::strangers::{AddressShare, ClassCeiling, StrangerClass, StrangerLimits};

/// How long an access token lives: one hour. Fixed, because clients depend on it.
pub const ACCESS_TOKEN_LIFETIME: Duration = Duration::from_secs(3600);

/// Everything that the use cases need to know of the configuration.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Claim `iss`: the issuer's URL, without a slash at its end.
    pub issuer: String,
    /// Claim `aud` of tokens for the Client API.
    pub audience: String,
    /// Header `typ` of access tokens, but of those for a resource that says otherwise.
    pub access_token_type: AccessTokenType,
    /// Codes by e-mail.
    pub codes: CodePolicy,
    /// How often codes may be sent.
    pub sends: SendPolicy,
    /// What somebody who proved nothing can make the store keep.
    pub strangers: StrangerPolicy,
    /// How long a device counts as one that signed in before.
    pub device_lifetime: Duration,
    /// Refresh tokens.
    pub rotation: RotationPolicy,
    /// How often an end-user may ask the Client API.
    pub client_api_limits: Vec<Limit>,
    /// How long a verifier may cache the JWK Set.
    pub jwks_max_age: Duration,
    /// The tenants.
    pub organizations: Vec<Organization>,
    /// Whose request objects need no signature.
    pub unsigned_request_objects: UnsignedRequestObjects,
    /// Who may register clients.
    pub registration: RegistrationPolicy,
    /// The resource servers that the operator describes.
    pub resources: ResourceServers,
    /// The OAuth clients.
    pub clients: Clients,
}

/// How often codes may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendPolicy {
    /// Per address and client network.
    pub per_address_and_network: Limit,
    pub per_address: Limit,
    /// Per client network.
    pub per_network: Limit,
    /// Per mailbox: the address without the `+tag` of its local part.
    pub per_mailbox: MailboxLimits,
    /// Per device that signed in with the address before, outside the others.
    pub per_device: Limit,
    /// Per organization; past it an alarm is raised, nothing is refused.
    pub organization_alarm: Limit,
}

/// How often mail may be sent to a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailboxLimits {
    pub in_organization: Limit,
    /// By all organizations together.
    pub over_all: Limit,
}

/// What somebody who proved nothing can make the store keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StrangerPolicy {
    /// Which part of its network's budget one address may use.
    pub share: AddressShare,
    /// Verifications of addresses.
    pub codes: ClassCeiling,
    /// Devices that wait for an end-user (RFC 8628 §3.1).
    pub device_requests: ClassCeiling,
    /// Counters of user codes that were typed (RFC 8628 §5.1).
    pub user_codes: ClassCeiling,
    /// Requests that wait on their first page, while they are stored.
    pub page_requests: ClassCeiling,
    /// Assertions of clients that registered themselves.
    pub assertions: ClassCeiling,
}

impl StrangerPolicy {
    /// What requests of a class are held to, when a network may make so many.
    #[must_use]
    pub fn limits(&self, class: StrangerClass, per_network: Limit) -> StrangerLimits {
        let ceiling = match class {
            StrangerClass::Codes => self.codes,
            StrangerClass::DeviceRequests => self.device_requests,
            StrangerClass::UserCodes => self.user_codes,
            StrangerClass::PageRequests => self.page_requests,
            StrangerClass::Assertions => self.assertions,
        };
        StrangerLimits { per_address: self.share.of(per_network), per_network, ceiling }
    }
}

/// A tenant.
#[derive(Debug, Clone)]
pub struct Organization {
    /// Its id, `org_…`.
    pub id: OrganizationId,
    /// The name that people see.
    pub name: String,
    /// The browser SDK's public key, `pk_dom_…`.
    pub public_key: String,
    /// The client that the browser SDK is, `dom_…`.
    pub dom_client: ClientId,
    /// Where the browser SDK may run.
    pub domains: Vec<Domain>,
    /// Whether `send`, `verify` and `logout` are served without an `Origin` header: native apps, servers.
    pub allow_missing_origin: bool,
    /// How long a session lasts from its sign-in.
    pub session_duration: Duration,
    /// After how long without a use at the issuer a browser's sign-in ends; `None` for never before its session does.
    pub sso_idle: Option<Duration>,
    /// What customers' totals are in, and orders that do not say otherwise.
    pub currency: Currency,
    /// Whether a customer record is made at the first sign-in.
    pub create_customer: bool,
    /// The sender of mails for no domain in particular.
    pub sender: MailSender,
    /// The look of those.
    pub theme: MailTheme,
    /// Addresses to which nothing is sent.
    pub blocked: Vec<EmailAddress>,
}

/// An origin where the browser SDK may run, with its mails' sender and look.
#[derive(Debug, Clone)]
pub struct Domain {
    pub origin: OriginPattern,
    /// Who its mails come from.
    pub sender: MailSender,
    /// How they look.
    pub theme: MailTheme,
}

impl Policy {
    /// The organization of a public key. Public keys are public: nothing is gained by constant time.
    #[must_use]
    pub fn by_public_key(&self, public_key: &str) -> Option<&Organization> {
        self.organizations.iter().find(|organization| organization.public_key == public_key)
    }

    #[must_use]
    pub fn organization(&self, id: &OrganizationId) -> Option<&Organization> {
        self.organizations.iter().find(|organization| organization.id == *id)
    }

    /// The organization, where there is only one: then every page is its own, also one that is about nobody in particular.
    #[must_use]
    pub fn only_organization(&self) -> Option<&Organization> {
        match self.organizations.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// The organization of a client; `None` when it is gone.
    #[must_use]
    pub fn organization_of(&self, client: &Client) -> Option<&Organization> {
        self.organization(&client.organization)
    }
}

/// Whether a page may use the browser SDK's endpoints.
#[derive(Debug)]
pub enum OriginVerdict<'a> {
    /// Yes, from this domain.
    Domain(&'a Domain),
    /// Yes, from no page at all: a native app or a server, which the organization allows.
    NoPage,
    /// No.
    Refused,
}

impl Organization {
    /// The names that people know it by: on pages, and as the sender of mails.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let of_domains = self.domains.iter().map(|domain| domain.sender.name.as_str());
        [self.name.as_str(), self.sender.name.as_str()].into_iter().chain(of_domains)
    }

    /// Judges an `Origin` header, or its absence.
    #[must_use]
    pub fn judge(&self, origin: Option<&Origin>) -> OriginVerdict<'_> {
        match origin {
            None if self.allow_missing_origin => OriginVerdict::NoPage,
            None => OriginVerdict::Refused,
            Some(origin) => self
                .domains
                .iter()
                .find(|domain| domain.origin.allows(origin))
                .map_or(OriginVerdict::Refused, OriginVerdict::Domain),
        }
    }

    /// Whether the operator blocked this address.
    #[must_use]
    pub fn blocks(&self, address: &EmailAddress) -> bool {
        self.blocked.iter().any(|blocked| blocked.normalized() == address.normalized())
    }
}
