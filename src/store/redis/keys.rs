//! The names of the keys. All keys of a verb share one hash tag, so that the same scripts run on a cluster.
//!
//! | key | kind | what |
//! | --- | --- | --- |
//! | `{bucket}:g:sid` | hash | a grant |
//! | `{bucket}:f:12 digits of SHA-1(user id:client id)` | sorted set | the end-user's grants at the client, by the end of their session; short, because most hold one |
//! | `{bucket}:y:user id:thumbprint` | hash | the proofs that the end-user signed in with by that key |
//! | `{bucket}:y:user id:thumbprint:refresh` | hash | the proofs that refreshed the end-user's grants of that key |
//! | `{bucket}:u:user id` | hash | the end-user, in the bucket of its grants |
//! | `{bucket}:s:sso id` | hash | a browser signed in at the issuer, in the end-user's bucket |
//! | `{bucket}:j:sso id` | hash | of the root of a session: an empty field while it lives, and by grant who took part |
//! | `{bucket}:p:user id:client id` | JSON | what the end-user allowed the client |
//! | `{bucket}:k:code id` | hash | an authorization code, in the end-user's bucket |
//! | `{bucket}:i:interaction id` | hash | an authorization request on its way, in a bucket of its own |
//! | `{bucket}:j:assertion id` | string | an assertion that a client authenticated with, in the client's bucket |
//! | `{bucket}:v:device code id` | hash | a device that waits for an end-user, in the bucket of its user code |
//! | `{bucket}:n:user code` | string | the device code id of a user code |
//! | `{bucket}:o:logout id` | hash | a logout request that waits, in a bucket of its own |
//! | `{bucket}:c:challenge id` | hash | a challenge |
//! | `{bucket}:a:address key` | hash | the account of an address |
//! | `{bucket}:b:address key[:device]` | hash | a failure budget |
//! | `{bucket}:l:address key[:network]`, `{bucket}:d:address key:device` | list | times of sendings |
//! | `{bucket}:m:mailbox:[organization]` | list | times of mails to a mailbox |
//! | `{strangers:class}:a:[organization]:network:address`, `{strangers:class}:n:[organization]:network` | list | times of what strangers asked for |
//! | `{strangers:class}:all` | string | how much that is, from all networks together |
//! | `{org:organization}:w:window:number` | number | sendings in a window |
//! | `{bucket}:q:user id` | hash | the windows of the end-user's limits at the Client API |
//! | `{cust:organization:customer}:user` | string | the end-user that a customer is linked to |
//! | `{cust:organization:customer}:list` | hash | orders, bookings or enquiries |
//! | `{cust:organization:customer}:list:order[:status]` | sorted set | their order |
//! | `{client:client id}:r` | hash | a client that registered itself |
//! | `{org:organization}:clients` | sorted set | those of an organization |
//! | `{org:organization}:r:[network[:address]]` | list | times of registrations |
//! | `{org:organization}:customers` | number | the last customer number |
//! | `{store}:claim`, `{store}:check` | hash, string | whose store it is; whether it takes writes |
//! | `{store}:format` | number | the format that rows are written in |
//!
//! A hash that is one row has the mark of its format in the field `#`; what is JSON begins with it. The others are indexes
//! and counters, which have none: in another format they would have another name.

use std::fmt::Display;

use super::script::sha1_hex;
use crate::protocol::dpop::Jkt;
use crate::protocol::grant::Grant;
use crate::protocol::id::{AddressKey, Bucket, ClientId, DeviceId, OrganizationId, UserId};
use crate::protocol::network::ClientNetwork;
use crate::protocol::record::CustomerKey;
use crate::protocol::strangers::{StrangerClass, StrangerRequest};

/// Makes key names under a prefix.
pub(super) struct KeyNames {
    prefix: String,
}

impl KeyNames {
    pub(super) const fn new(prefix: String) -> Self {
        Self { prefix }
    }

    /// What names of a kind begin with in a bucket.
    pub(super) fn kind(&self, bucket: Bucket, kind: char) -> String {
        format!("{}{{{}}}:{kind}:", self.prefix, bucket.number())
    }

    pub(super) fn named(&self, bucket: Bucket, kind: char, name: impl Display) -> String {
        format!("{}{{{}}}:{kind}:{name}", self.prefix, bucket.number())
    }

    pub(super) fn of_address(&self, kind: char, address: &AddressKey) -> String {
        self.named(address.bucket(), kind, address.encode())
    }

    pub(super) fn with_device(&self, kind: char, address: &AddressKey, device: &DeviceId) -> String {
        self.named(address.bucket(), kind, format_args!("{}:{}", address.encode(), device.encode()))
    }

    pub(super) fn with_network(&self, address: &AddressKey, network: &ClientNetwork) -> String {
        self.named(address.bucket(), 'l', format_args!("{}:{}", address.encode(), network.as_str()))
    }

    /// A user id has no colon in it.
    pub(super) fn consent(&self, bucket: Bucket, user: &UserId, client: &ClientId) -> String {
        self.named(bucket, 'p', format_args!("{user}:{client}"))
    }

    /// All keys of a class have one tag: they are judged together, and the ceiling bounds how many there are.
    fn of_class(&self, class: StrangerClass, what: impl Display) -> String {
        format!("{}{{strangers:{}}}:{what}", self.prefix, class.name())
    }

    pub(super) fn ledger(&self, class: StrangerClass) -> String {
        self.of_class(class, "all")
    }

    /// Where a request is counted for its address and for its network.
    pub(super) fn of_stranger(&self, request: &StrangerRequest) -> [String; 2] {
        let organization = request.organization.as_ref().map_or("", OrganizationId::as_str);
        let (network, key) = (request.from.network.as_str(), request.from.key.encode());
        [
            self.of_class(request.class, format_args!("a:{organization}:{network}:{key}")),
            self.of_class(request.class, format_args!("n:{organization}:{network}")),
        ]
    }

    /// A user id has no colon in it. `index_of.lua` makes the same. Were two pairs of a bucket ever to share a name, they would
    /// share their hundred places.
    pub(super) fn grants_of(&self, grant: &Grant) -> String {
        let mut name = sha1_hex(&format!("{}:{}", grant.user, grant.client));
        name.truncate(12);
        self.named(grant.sid.bucket(), 'f', name)
    }

    /// The proofs of sign-ins. A user id has no colon in it. Of the proofs of refreshes, `rotate_refresh.lua` makes the name.
    pub(super) fn proofs_of_sign_ins(&self, grant: &Grant, key: &Jkt) -> String {
        self.named(grant.sid.bucket(), 'y', format_args!("{}:{}", grant.user, key.as_str()))
    }

    /// Neither of the ids has a colon or a brace in it.
    pub(super) fn of_customer(&self, key: &CustomerKey, what: impl Display) -> String {
        format!("{}{{cust:{}:{}}}:{what}", self.prefix, key.organization, key.customer)
    }

    pub(super) fn organization(&self, organization: &OrganizationId, what: impl Display) -> String {
        format!("{}{{org:{organization}}}:{what}", self.prefix)
    }

    /// A client's id has neither colon nor brace in it.
    pub(super) fn client(&self, id: &ClientId) -> String {
        format!("{}{{client:{id}}}:r", self.prefix)
    }

    pub(super) fn store(&self, what: &str) -> String {
        format!("{}{{store}}:{what}", self.prefix)
    }
}
