//! The validated settings that the rules depend on. `config` makes them; `flow` reads them.

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

/// The lifetime of an access token, fixed at one hour because clients depend on it.
pub const ACCESS_TOKEN_LIFETIME: Duration = Duration::from_secs(3600);

/// All settings that the use cases need.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Claim `iss`: the issuer's URL without a slash at the end.
    pub issuer: String,
    /// Claim `aud` of tokens for the Client API.
    pub audience: String,
    /// Header `typ` of access tokens, unless their resource server has its own setting.
    pub access_token_type: AccessTokenType,
    pub codes: CodePolicy,
    pub sends: SendPolicy,
    /// Limits on what strangers make the store keep.
    pub strangers: StrangerPolicy,
    /// How long a known device is recognised after its sign-in.
    pub known_device_lifetime: Duration,
    pub rotation: RotationPolicy,
    /// The request limits of the Client API for one end-user.
    pub client_api_limits: Vec<Limit>,
    pub jwks_max_age: Duration,
    pub organizations: Vec<Organization>,
    /// Which clients may send unsigned request objects.
    pub unsigned_request_objects: UnsignedRequestObjects,
    /// Who may register clients.
    pub registration: RegistrationPolicy,
    pub resources: ResourceServers,
    pub clients: Clients,
}

/// Limits on sending codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendPolicy {
    /// Per address and client network.
    pub per_address_and_network: Limit,
    pub per_address: Limit,
    pub per_network: Limit,
    /// Per mailbox, which is the address without the `+tag` of its local part.
    pub per_mailbox: MailboxLimits,
    /// Per known device, which is exempt from the other limits.
    pub per_known_device: Limit,
    /// Per organization; beyond it an alarm is raised but nothing is refused.
    pub organization_alarm: Limit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailboxLimits {
    pub in_organization: Limit,
    pub over_all: Limit,
}

/// Limits on what strangers make the store keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StrangerPolicy {
    /// The part of its network's budget that one address may use.
    pub share: AddressShare,
    pub codes: ClassCeiling,
    /// Pending device authorization requests (RFC 8628 §3.1).
    pub device_requests: ClassCeiling,
    /// Counters of entered user codes (RFC 8628 §5.1).
    pub user_codes: ClassCeiling,
    /// Authorization and logout requests that wait on their first page, while these are stored.
    pub page_requests: ClassCeiling,
    /// Client assertions of clients that registered themselves.
    pub assertions: ClassCeiling,
}

impl StrangerPolicy {
    /// The limits of a class; the use case supplies the limit per network.
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

#[derive(Debug, Clone)]
pub struct Organization {
    pub id: OrganizationId,
    /// The name that people see.
    pub name: String,
    /// The public key of the browser SDK, `pk_dom_…`.
    pub public_key: String,
    /// The browser SDK's client, `dom_…`.
    pub dom_client: ClientId,
    /// The domains where the browser SDK may run.
    pub domains: Vec<Domain>,
    /// Whether `send`, `verify` and `logout` accept requests without an `Origin` header, as native apps and
    /// servers send them.
    pub allow_missing_origin: bool,
    /// The lifetime of a session from its sign-in.
    pub session_duration: Duration,
    /// An SSO session ends after so long without use; `None` when only its lifetime counts.
    pub sso_idle: Option<Duration>,
    /// The currency of customers' totals, and of orders that name none.
    pub currency: Currency,
    /// Whether the first sign-in makes a customer record.
    pub create_customer: bool,
    /// The sender of mails that belong to no domain.
    pub sender: MailSender,
    /// The theme of mails that belong to no domain.
    pub theme: MailTheme,
    /// Addresses that get no mail.
    pub blocked: Vec<EmailAddress>,
}

/// An origin where the browser SDK may run, with the sender and theme of its mails.
#[derive(Debug, Clone)]
pub struct Domain {
    pub origin: OriginPattern,
    pub sender: MailSender,
    pub theme: MailTheme,
}

impl Policy {
    /// The organization of a public key; needs no constant time, because the key is public.
    pub fn by_public_key(&self, public_key: &str) -> Option<&Organization> {
        self.organizations.iter().find(|organization| organization.public_key == public_key)
    }

    pub fn organization(&self, id: &OrganizationId) -> Option<&Organization> {
        self.organizations.iter().find(|organization| organization.id == *id)
    }

    /// The organization if there is only one, which then brands every page.
    pub fn only_organization(&self) -> Option<&Organization> {
        match self.organizations.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// The organization of a client; `None` when it was removed from the configuration.
    pub fn organization_of(&self, client: &Client) -> Option<&Organization> {
        self.organization(&client.organization)
    }
}

#[must_use]
#[derive(Debug)]
pub enum OriginVerdict<'a> {
    /// The origin is allowed; it belongs to this domain.
    Domain(&'a Domain),
    /// There is no origin, which the organization allows: a native app or a server asks.
    NoPage,
    Refused,
}

impl Organization {
    /// All names by which people know the organization, on pages and as the sender of mails.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let of_domains = self.domains.iter().map(|domain| domain.sender.name.as_str());
        [self.name.as_str(), self.sender.name.as_str()].into_iter().chain(of_domains)
    }

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

    pub fn blocks(&self, address: &EmailAddress) -> bool {
        self.blocked.iter().any(|blocked| blocked.normalized() == address.normalized())
    }
}
