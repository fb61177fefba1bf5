//! Challenges and what belongs to an address.

use std::time::Duration;

use super::Answer;
use crate::protocol::challenge::{
    CandidateDigests, Challenge, CodeDelivery, CodePolicy, NewChallenge, TryCode, TryVerdict,
};
use crate::protocol::end_user::{Account, CustomerSeed};
use crate::protocol::id::{AddressKey, AttemptId, ChallengeId, OrganizationId};
use crate::protocol::network::ClientNetwork;
use crate::protocol::policy::SendPolicy;
use crate::protocol::time::Timestamp;

/// Challenges and what belongs to an address. All keys are in the address's bucket.
pub trait ChallengeStore: Send + Sync {
    /// Opens a challenge ([`crate::protocol::challenge::open`]) if the limits of its address (or device) admit
    /// one more sending, and counts it. Opening one whose id exists changes nothing: the same attempt hears the same,
    /// another one that it is a repeat.
    fn open_challenge<'a>(
        &'a self,
        new: &'a NewChallenge,
        network: &'a ClientNetwork,
        codes: &'a CodePolicy,
        sends: &'a SendPolicy,
    ) -> Answer<'a, SendOutcome>;

    /// Sends another code of a challenge ([`crate::protocol::challenge::resend`]) if the limits admit it, and
    /// counts it.
    fn resend_code<'a>(
        &'a self,
        resend: &'a ResendCode,
        network: &'a ClientNetwork,
        codes: &'a CodePolicy,
        sends: &'a SendPolicy,
    ) -> Answer<'a, SendOutcome>;

    /// The challenge as it stands; `None` when nobody knows it. Changes nothing.
    fn peek_challenge<'a>(&'a self, id: &'a ChallengeId) -> Answer<'a, Option<Challenge>>;

    /// Judges an attempt at a code ([`crate::protocol::challenge::try_code`]) and writes what follows,
    /// atomically: there are never more failed attempts than the budgets allow.
    fn try_code<'a>(
        &'a self,
        id: &'a ChallengeId,
        try_: &'a TryCode,
        codes: &'a CodePolicy,
    ) -> Answer<'a, AttemptOutcome>;

    /// The account of an address, made from `proposed` when there is none: of any number of first sign-ins one
    /// creates, the others find what it made.
    fn claim_address<'a>(
        &'a self,
        address: &'a AddressKey,
        proposed: &'a Account,
    ) -> Answer<'a, AddressLookup>;

    /// The account of an address; `None` when nobody signed in with it and nobody was imported. Changes nothing.
    fn peek_account<'a>(&'a self, address: &'a AddressKey) -> Answer<'a, Option<Account>>;

    /// Links a customer to the account of an address that has none yet. Answers the account as it then is; `None`
    /// when there is no account.
    fn link_customer<'a>(
        &'a self,
        address: &'a AddressKey,
        seed: &'a CustomerSeed,
    ) -> Answer<'a, Option<Account>>;
}

/// A request to send another code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResendCode {
    /// Of this challenge.
    pub id: ChallengeId,
    /// The tenant that the page belongs to; another's challenge is [`SendOutcome::Expired`].
    pub organization: OrganizationId,
    /// The address that the page asks for; another's challenge is [`SendOutcome::Expired`].
    pub address_key: AddressKey,
    /// The new code, keyed, in both forms.
    pub candidates: CandidateDigests,
    /// This attempt.
    pub attempt: AttemptId,
    /// When.
    pub now: Timestamp,
}

/// What a request to send led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendOutcome {
    /// The code is stored and counted.
    Sent {
        /// What was sent.
        sent: CodeDelivery,
        /// The account of the address, when it has one: mail goes to the address stored there.
        account: Option<Account>,
    },
    /// Another attempt opened the challenge of this id before: its code is on its way, and nothing was sent now.
    Repeated {
        /// What was sent then.
        sent: CodeDelivery,
    },
    /// The next resend is not due yet.
    TooSoon {
        /// How long to wait.
        retry_after: Duration,
    },
    /// A limit of the address, or of the device, is reached.
    Limited {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The challenge died, is another's, or is unknown: a new one is needed.
    Expired,
    /// The challenge was used, or its attempts were: a new one is needed.
    Spent,
}

/// What an attempt at a code led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// The challenge is known.
    Judged {
        verdict: TryVerdict,
        /// The account of the address, when the code was right and there is one.
        account: Option<Account>,
        /// Whether this attempt used up the failure budget of the address or device.
        budget_used_up: bool,
    },
    /// Nobody knows the challenge.
    Unknown,
}

/// What claiming an address found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressLookup {
    /// There was none: it is the proposed one.
    Created(Account),
    /// There was this one.
    Existing(Account),
}

impl AddressLookup {
    /// The account that stands.
    #[must_use]
    pub fn into_account(self) -> Account {
        match self {
            Self::Created(account) | Self::Existing(account) => account,
        }
    }
}
