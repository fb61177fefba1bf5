//! The use cases. Each uses the outside world through `ports`, decides by the rules in `protocol`, and
//! answers with a typed result. None depends on HTTP, a database or files.

use std::sync::Arc;

use crate::ports::audit::{Audit, AuditEvent, AuditKind};
use crate::ports::clock::Clock;
use crate::ports::entropy::Entropy;
use crate::ports::fetcher::Fetcher;
use crate::ports::logout_notices::LogoutNotices;
use crate::ports::mac_keys::MacKeys;
use crate::ports::mailer::Mailer;
use crate::ports::signer::Signer;
use crate::ports::store::{StoreError, Stores};
use crate::protocol::address::EmailAddress;
use crate::protocol::grant::Grant;
use crate::protocol::id::{
    AddressKey, AttemptId, Bucket, CallerKey, MailboxKey, OrganizationId, Sid, UserId,
};
use crate::protocol::mac::IndexPurpose;
use crate::protocol::network::{CallerAddress, ClientAddress, ClientNetwork};
use crate::protocol::outbound::rates::Requester;
use crate::protocol::policy::Policy;
use crate::protocol::record::Currency;

pub mod authorize;
pub mod browser;
pub mod client_api;
pub mod client_assertion;
pub mod client_keys;
pub mod clients;
pub mod device;
pub mod end_session;
mod fetch_failure;
pub mod health;
mod hint;
pub mod import;
mod introspected_token;
pub mod introspection;
pub mod logout;
mod page_request;
pub mod presence;
pub mod refresh;
pub mod registered_clients;
pub mod registration;
pub mod revocation;
pub mod row_format;
pub mod samples;
mod seal;
pub mod session;
pub mod sign_in;
mod subject;
pub mod token;
pub mod tokens;
pub mod userinfo;
pub mod users;

use client_keys::ClientKeys;

/// What every use case works with.
#[derive(Clone)]
pub struct Context {
    pub policy: Arc<Policy>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub mac_keys: Arc<dyn MacKeys>,
    pub signer: Arc<dyn Signer>,
    pub stores: Arc<dyn Stores>,
    pub mailer: Arc<dyn Mailer>,
    /// Fetches documents at URLs that clients name.
    pub fetcher: Arc<dyn Fetcher>,
    pub client_keys: Arc<ClientKeys>,
    /// Notifies clients that a session is over.
    pub notices: Arc<dyn LogoutNotices>,
    pub audit: Arc<dyn Audit>,
}

/// A request's metadata, apart from its parameters.
#[derive(Debug, Clone)]
pub struct Caller {
    pub request_id: String,
    /// The network of the client address.
    pub network: ClientNetwork,
    /// The client address, which is never logged and is stored only as a keyed hash.
    pub address: ClientAddress,
}

impl Caller {
    /// The caller without a client, for limits on fetches.
    const fn asker(&self) -> Requester<'_> {
        Requester { client: None, from: Some((self.address, &self.network)) }
    }
}

/// What a use case answers; `E` is the error of one that can also refuse the request.
pub type Result<T, E = InternalError> = std::result::Result<T, E>;

/// An error that the caller neither caused nor can fix. The text is for the log; the caller gets 500 or 503.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InternalError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key that another process created is not loaded yet.
    #[error("a MAC key that another process created is not loaded yet")]
    KeyNotLoadedYet,
    /// A case that the program assumes to be impossible.
    #[error("internal error: {0}")]
    Unexpected(&'static str),
}

impl Context {
    fn new_attempt(&self) -> AttemptId {
        AttemptId::new(self.random())
    }

    fn random<const N: usize>(&self) -> [u8; N] {
        crate::ports::entropy::random(self.entropy.as_ref())
    }

    /// The currency of an organization's amounts that name none; `None` when the organization is not
    /// configured.
    fn currency(&self, organization: &OrganizationId) -> Option<Currency> {
        self.policy.organization(organization).map(|organization| organization.currency)
    }

    /// The end-user's bucket, which determines the Redis hash tag of everything that is stored about them.
    fn subject_bucket(&self, user: &UserId) -> Bucket {
        Bucket::of_hash(&self.mac_keys.index(IndexPurpose::Subject, user.as_str().as_bytes()))
    }

    /// The key of an address in the store.
    fn address_key(&self, organization: &OrganizationId, normalized: &str) -> AddressKey {
        let data = [organization.as_str(), "\0", normalized].concat();
        AddressKey::of_hash(&self.mac_keys.index(IndexPurpose::Address, data.as_bytes()))
    }

    /// The key of an address's account in the store: the key of the existing account, if there is one.
    async fn account_key(
        &self,
        organization: &OrganizationId,
        email: &EmailAddress,
    ) -> Result<AddressKey, StoreError> {
        let composed = self.address_key(organization, email.normalized());
        let spellings = email.spellings();
        // Nearly all addresses have only one spelling, so nothing has to be looked up.
        if spellings.len() > 1 {
            for spelling in spellings {
                let key = self.address_key(organization, &spelling);
                if self.stores.peek_account(&key).await?.is_some() {
                    return Ok(key);
                }
            }
        }
        Ok(composed)
    }

    /// The key of a mailbox in the store, the same for all organizations.
    fn mailbox_key(&self, email: &EmailAddress) -> MailboxKey {
        MailboxKey::of_hash(&self.mac_keys.index(IndexPurpose::Mailbox, email.mailbox().as_bytes()))
    }

    /// The caller's address as it is stored.
    fn caller_address(&self, caller: &Caller) -> CallerAddress {
        let key = CallerKey::of_hash(&self.mac_keys.index(IndexPurpose::Caller, caller.address.as_bytes()));
        CallerAddress { network: caller.network.clone(), key }
    }

    fn record_grant_event(&self, kind: AuditKind, caller: &Caller, grant: &Grant) {
        self.audit.record(&AuditEvent {
            kind,
            request_id: &caller.request_id,
            organization: &grant.organization,
            user: Some(&grant.user),
            client: Some(&grant.client),
            sid: Some(&grant.sid),
            network: Some(&caller.network),
        });
    }

    /// Records the grants that ended to make room for this one. They have the same end-user and client.
    fn record_displaced_grants(&self, caller: &Caller, grant: &Grant, displaced: &[Sid]) {
        for sid in displaced {
            self.record_grant_event(AuditKind::GrantDisplaced, caller, &Grant { sid: *sid, ..grant.clone() });
        }
    }
}
