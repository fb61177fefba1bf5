//! Challenges, and the account of an address.

use std::time::Duration;

use async_trait::async_trait;

use super::Result;
use crate::protocol::challenge::{
    CandidateDigests, Challenge, CodeDelivery, CodePolicy, NewChallenge, TryCode, TryVerdict,
};
use crate::protocol::end_user::{Account, CustomerSeed};
use crate::protocol::id::{AddressKey, AttemptId, ChallengeId, OrganizationId};
use crate::protocol::network::ClientNetwork;
use crate::protocol::policy::SendPolicy;
use crate::protocol::time::Timestamp;

/// Challenges, and the account of an address. All keys are in the address's bucket.
#[async_trait]
pub trait ChallengeStore: Send + Sync {
    /// Opens a challenge ([`crate::protocol::challenge::open`]) and counts the sending, if the limits of its
    /// address (or known device) admit it. When a challenge of that id exists, nothing changes: the same
    /// attempt gets the same answer, another attempt gets [`SendOutcome::Repeated`].
    async fn open_challenge(
        &self,
        new: &NewChallenge,
        network: &ClientNetwork,
        codes: &CodePolicy,
        sends: &SendPolicy,
    ) -> Result<SendOutcome>;

    /// Sends another code of a challenge ([`crate::protocol::challenge::resend`]) and counts it, if the
    /// limits admit it.
    async fn resend_code(
        &self,
        resend: &ResendCode,
        network: &ClientNetwork,
        codes: &CodePolicy,
        sends: &SendPolicy,
    ) -> Result<SendOutcome>;

    /// The challenge as stored; `None` when it is unknown. Changes nothing.
    async fn peek_challenge(&self, id: &ChallengeId) -> Result<Option<Challenge>>;

    /// Judges an attempt at a code ([`crate::protocol::challenge::try_code`]) and stores the result
    /// atomically, so that concurrent attempts cannot exceed the budgets of failed attempts.
    async fn try_code(&self, id: &ChallengeId, try_: &TryCode, codes: &CodePolicy) -> Result<AttemptOutcome>;

    /// The account of an address, created from `proposed` when there is none. Of concurrent first sign-ins
    /// one creates the account and the others get it.
    async fn ensure_account(&self, address: &AddressKey, proposed: &Account) -> Result<AddressLookup>;

    /// The account of an address; `None` when nobody signed in with it or was imported. Changes nothing.
    async fn peek_account(&self, address: &AddressKey) -> Result<Option<Account>>;

    /// Links a customer to the account of an address, unless one is linked already. Answers the resulting
    /// account; `None` when there is no account.
    async fn link_customer(&self, address: &AddressKey, seed: &CustomerSeed) -> Result<Option<Account>>;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResendCode {
    pub id: ChallengeId,
    /// The organization of the page; a challenge of another one is [`SendOutcome::Expired`].
    pub organization: OrganizationId,
    /// The address on the page; a challenge for another one is [`SendOutcome::Expired`].
    pub address_key: AddressKey,
    /// MACs of the new code, as digits and as letters.
    pub candidates: CandidateDigests,
    pub attempt: AttemptId,
    pub now: Timestamp,
}

#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendOutcome {
    /// The code is stored and counted, and has to be mailed.
    Sent {
        sent: CodeDelivery,
        /// The account of the address, if there is one: the mail goes to the address stored there.
        account: Option<Account>,
    },
    /// Another attempt opened the challenge of this id, so a code is on its way and no other is sent.
    Repeated {
        /// The delivery of the first attempt.
        sent: CodeDelivery,
    },
    /// The next resend is not due yet.
    TooSoon { retry_after: Duration },
    /// A limit of the address, or of the known device, is reached.
    Limited { retry_after: Duration },
    /// The challenge expired, is unknown, or belongs to another page: a new one is needed.
    Expired,
    /// The challenge was used, or its attempts are used up: a new one is needed.
    Spent,
}

#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttemptOutcome {
    Judged {
        verdict: TryVerdict,
        /// The account of the address, if the code was right and there is one.
        account: Option<Account>,
        /// Whether this attempt used up the failure budget of the address or known device.
        budget_used_up: bool,
    },
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressLookup {
    /// The address had no account; this is the proposed one.
    Created(Account),
    /// The address had this account already.
    Existing(Account),
}

impl AddressLookup {
    pub fn into_account(self) -> Account {
        match self {
            Self::Created(account) | Self::Existing(account) => account,
        }
    }
}
