//! The names of keys. All keys of a verb share a hash tag, so that the same scripts run on a cluster.
//!
//! | key | kind | what |
//! | --- | --- | --- |
//! | `{bucket}:g:sid` | hash | a grant |
//! | `{bucket}:f:12 digits of SHA-1(user id:client id)` | sorted set | the end-user's grants at the client, by the end of their session; the name is short because most sets have one member |
//! | `{bucket}:y:user id:thumbprint` | hash | the proofs of a key that the end-user signed in with |
//! | `{bucket}:y:user id:thumbprint:refresh` | hash | the proofs of a key that refreshed the end-user's grants |
//! | `{bucket}:u:user id` | hash | the end-user, in the bucket of its grants |
//! | `{bucket}:s:sso id` | hash | an SSO session, in the end-user's bucket |
//! | `{bucket}:j:sso id` | hash | a root: an empty field while its session lives, and the participants by grant |
//! | `{bucket}:p:user id:client id` | JSON | the end-user's consent for the client |
//! | `{bucket}:k:code id` | hash | an authorization code, in the end-user's bucket |
//! | `{bucket}:i:interaction id` | hash | an interaction, in a bucket of its own |
//! | `{bucket}:j:assertion id` | string | an assertion that a client authenticated with, in the client's bucket |
//! | `{bucket}:v:device code id` | hash | a device authorization request, in the bucket of its user code |
//! | `{bucket}:n:user code` | string | the device code id of a user code |
//! | `{bucket}:o:logout id` | hash | a logout request that waits for confirmation, in a bucket of its own |
//! | `{bucket}:c:challenge id` | hash | a challenge |
//! | `{bucket}:a:address key` | hash | the account of an address |
//! | `{bucket}:b:address key[:device]` | hash | a failure budget |
//! | `{bucket}:l:address key[:network]`, `{bucket}:d:address key:device` | list | times of sendings |
//! | `{bucket}:m:mailbox:[organization]` | list | times of mails to a mailbox |
//! | `{strangers:class}:a:[organization]:network:address`, `{strangers:class}:n:[organization]:network` | list | times of strangers' requests |
//! | `{strangers:class}:all` | string | the ledger of a class for all networks together |
//! | `{org:organization}:w:window:number` | number | sendings in a window |
//! | `{bucket}:q:user id` | hash | the windows of the end-user's limits at the Client API |
//! | `{cust:organization:customer}:user` | string | the end-user that a customer is linked to |
//! | `{cust:organization:customer}:list` | hash | orders, bookings or enquiries |
//! | `{cust:organization:customer}:list:order[:status]` | sorted set | the order of a list |
//! | `{client:client id}:r` | hash | a registered client |
//! | `{org:organization}:clients` | sorted set | the registered clients of an organization |
//! | `{org:organization}:r:[network[:address]]` | list | times of registrations |
//! | `{org:organization}:customers` | number | the last customer number |
//! | `{store}:claim`, `{store}:check` | hash, string | the keys that the store belongs to; a key written by health checks |
//! | `{store}:format` | number | the row format |
//!
//! A hash that is one row has its format mark in the field `#`, and JSON begins with it. The other keys are
//! indexes and counters and have no mark: another format of them would get another name.

use std::fmt::Display;

use super::script::sha1_hex;
use crate::protocol::dpop::Jkt;
use crate::protocol::grant::Grant;
use crate::protocol::id::{AddressKey, Bucket, ClientId, KnownDeviceId, OrganizationId, UserId};
use crate::protocol::network::ClientNetwork;
use crate::protocol::record::CustomerKey;
use crate::protocol::strangers::{StrangerClass, StrangerRequest};

/// Makes the names of keys, all with one prefix.
pub(super) struct KeyNames {
    prefix: String,
}

impl KeyNames {
    pub(super) const fn new(prefix: String) -> Self {
        Self { prefix }
    }

    /// Prefix of the names of one kind in a bucket.
    pub(super) fn kind(&self, bucket: Bucket, kind: char) -> String {
        format!("{}{{{}}}:{kind}:", self.prefix, bucket.number())
    }

    pub(super) fn named(&self, bucket: Bucket, kind: char, name: impl Display) -> String {
        format!("{}{{{}}}:{kind}:{name}", self.prefix, bucket.number())
    }

    pub(super) fn of_address(&self, kind: char, address: &AddressKey) -> String {
        self.named(address.bucket(), kind, address.encode())
    }

    pub(super) fn with_device(&self, kind: char, address: &AddressKey, device: &KnownDeviceId) -> String {
        self.named(address.bucket(), kind, format_args!("{}:{}", address.encode(), device.encode()))
    }

    pub(super) fn with_network(&self, address: &AddressKey, network: &ClientNetwork) -> String {
        self.named(address.bucket(), 'l', format_args!("{}:{}", address.encode(), network.as_str()))
    }

    /// User ids contain no colon.
    pub(super) fn consent(&self, bucket: Bucket, user: &UserId, client: &ClientId) -> String {
        self.named(bucket, 'p', format_args!("{user}:{client}"))
    }

    /// All keys of a class share a hash tag because they are judged together; the ceiling bounds their
    /// number.
    fn of_class(&self, class: StrangerClass, what: impl Display) -> String {
        format!("{}{{strangers:{}}}:{what}", self.prefix, class.name())
    }

    pub(super) fn ledger(&self, class: StrangerClass) -> String {
        self.of_class(class, "all")
    }

    /// Keys of the logs of a request's address and network.
    pub(super) fn of_stranger(&self, request: &StrangerRequest) -> [String; 2] {
        let organization = request.organization.as_ref().map_or("", OrganizationId::as_str);
        let (network, key) = (request.from.network.as_str(), request.from.key.encode());
        [
            self.of_class(request.class, format_args!("a:{organization}:{network}:{key}")),
            self.of_class(request.class, format_args!("n:{organization}:{network}")),
        ]
    }

    /// `index_of.lua` makes the same name. User ids contain no colon. If two pairs of a bucket had the same
    /// name, they would only share one limit.
    pub(super) fn grants_of(&self, grant: &Grant) -> String {
        let mut name = sha1_hex(&format!("{}:{}", grant.user, grant.client));
        name.truncate(12);
        self.named(grant.sid.bucket(), 'f', name)
    }

    /// Key of the proofs of sign-ins; `rotate_refresh.lua` makes that of refreshes. User ids contain no
    /// colon.
    pub(super) fn proofs_of_sign_ins(&self, grant: &Grant, key: &Jkt) -> String {
        self.named(grant.sid.bucket(), 'y', format_args!("{}:{}", grant.user, key.as_str()))
    }

    /// Neither id contains a colon or a brace.
    pub(super) fn of_customer(&self, key: &CustomerKey, what: impl Display) -> String {
        format!("{}{{cust:{}:{}}}:{what}", self.prefix, key.organization, key.customer)
    }

    pub(super) fn organization(&self, organization: &OrganizationId, what: impl Display) -> String {
        format!("{}{{org:{organization}}}:{what}", self.prefix)
    }

    /// Client ids contain neither colons nor braces.
    pub(super) fn client(&self, id: &ClientId) -> String {
        format!("{}{{client:{id}}}:r", self.prefix)
    }

    pub(super) fn store(&self, what: &str) -> String {
        format!("{}{{store}}:{what}", self.prefix)
    }
}
