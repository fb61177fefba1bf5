//! The use cases: each asks the world through `ports`, decides by the rules in `protocol`, and answers with a
//! typed result. None of them knows of HTTP, of a database or of files.

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

/// Everything a use case may ask for.
#[derive(Clone)]
pub struct Context {
    /// The settings.
    pub policy: Arc<Policy>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    pub mac_keys: Arc<dyn MacKeys>,
    /// The signer of tokens.
    pub signer: Arc<dyn Signer>,
    pub stores: Arc<dyn Stores>,
    /// Mail.
    pub mailer: Arc<dyn Mailer>,
    /// Fetches what clients name.
    pub fetcher: Arc<dyn Fetcher>,
    pub client_keys: Arc<ClientKeys>,
    /// Tells clients that a session is over.
    pub notices: Arc<dyn LogoutNotices>,
    /// Audit events.
    pub audit: Arc<dyn Audit>,
}

/// Who asks: what a use case knows of the request beside its parameters.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The request's id, for the log.
    pub request_id: String,
    /// The network that it comes from.
    pub network: ClientNetwork,
    /// The address there. It is in no log, and in the store only as a keyed hash.
    pub address: ClientAddress,
}

impl Caller {
    /// Whoever asks, without a client.
    const fn asker(&self) -> Requester<'_> {
        Requester { client: None, from: Some((self.address, &self.network)) }
    }
}

/// An error that the caller did not cause and cannot mend. Its text is for the log; the caller hears 500 or 503.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InternalError {
    /// The store has no answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key that another process made is not loaded yet.
    #[error("a MAC key is not loaded yet")]
    KeyNotLoadedYet,
    /// Something happened that the program relies on never to happen.
    #[error("internal error: {0}")]
    Unexpected(&'static str),
}

impl Context {
    fn attempt(&self) -> AttemptId {
        AttemptId::new(self.random())
    }

    fn random<const N: usize>(&self) -> [u8; N] {
        crate::ports::entropy::random(self.entropy.as_ref())
    }

    /// What an organization's amounts are in that do not say otherwise; `None` when there is no such organization any more.
    fn currency(&self, organization: &OrganizationId) -> Option<Currency> {
        self.policy.organization(organization).map(|organization| organization.currency)
    }

    /// The end-user's bucket: it picks the hash tag under which everything of theirs is stored.
    fn subject_bucket(&self, user: &UserId) -> Bucket {
        Bucket::of_hash(&self.mac_keys.index(IndexPurpose::Subject, user.as_str().as_bytes()))
    }

    /// What the store knows an address by.
    fn address_key(&self, organization: &OrganizationId, normalized: &str) -> AddressKey {
        let data = [organization.as_str(), "\0", normalized].concat();
        AddressKey::of_hash(&self.mac_keys.index(IndexPurpose::Address, data.as_bytes()))
    }

    /// What the store knows the account of an address by: the key that it was stored by, when there is one already.
    async fn key_of(
        &self,
        organization: &OrganizationId,
        email: &EmailAddress,
    ) -> Result<AddressKey, StoreError> {
        let composed = self.address_key(organization, email.normalized());
        let spellings = email.spellings();
        // Of nearly all addresses there is one spelling, and nothing to ask.
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

    /// What the store knows a mailbox by, over all organizations.
    fn mailbox_key(&self, email: &EmailAddress) -> MailboxKey {
        MailboxKey::of_hash(&self.mac_keys.index(IndexPurpose::Mailbox, email.mailbox().as_bytes()))
    }

    /// Where a caller is, as the store knows it.
    fn caller_address(&self, caller: &Caller) -> CallerAddress {
        let key = CallerKey::of_hash(&self.mac_keys.index(IndexPurpose::Caller, caller.address.as_bytes()));
        CallerAddress { network: caller.network.clone(), key }
    }

    fn record(&self, kind: AuditKind, caller: &Caller, grant: &Grant) {
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

    /// The same of the grants that ended to make room for this one, which are of its end-user and its client.
    fn record_displaced(&self, caller: &Caller, grant: &Grant, displaced: &[Sid]) {
        for sid in displaced {
            self.record(AuditKind::GrantDisplaced, caller, &Grant { sid: *sid, ..grant.clone() });
        }
    }
}
