//! The store: whole atomic verbs that answer with a closed enum. There is no `find` then `delete`.
//!
//! A verb that consumes something takes an attempt id: the same attempt, repeated after a lost answer, gets
//! the same answer; another attempt is a replay. Every call has a deadline of its own. Rows are judged against
//! the time that is handed in; a store's own expiry only collects garbage.

use std::time::Duration;

use super::BoxFuture;
use crate::protocol::authorization_code::{AuthorizationCode, CodeVerdict, Redemption};
use crate::protocol::budget::Limit;
use crate::protocol::challenge::{
    CandidateDigests, Challenge, CodePolicy, NewChallenge, Sent, TryCode, TryVerdict,
};
use crate::protocol::end_user::{Account, EndUser};
use crate::protocol::grant::{Generation, Grant, Liveness, Presented, RotationPolicy, Verdict};
use crate::protocol::id::{
    AddressKey, AttemptId, ChallengeId, ClientId, CodeId, InteractionId, OrganizationId, Sid, SsoId, UserId,
};
use crate::protocol::interaction::{Interaction, Stage};
use crate::protocol::network::ClientNetwork;
use crate::protocol::policy::SendPolicy;
use crate::protocol::sso::{Consent, SsoSession};
use crate::protocol::time::Timestamp;

/// Why a verb has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The store is away or too slow. The verb may or may not have been carried out.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// The store holds something that cannot be read.
    #[error("the store holds something unreadable: {0}")]
    Corrupt(String),
}

/// What a verb answers.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

/// Everything that is stored.
pub trait Stores:
    GrantStore + ChallengeStore + InteractionStore + SsoStore + CodeStore + CounterStore + StoreAdmin
{
}

impl<T> Stores for T where
    T: GrantStore + ChallengeStore + InteractionStore + SsoStore + CodeStore + CounterStore + StoreAdmin
{
}

/// Grants and the end-users they belong to. All keys are in the end-user's bucket.
pub trait GrantStore: Send + Sync {
    /// Creates a grant, and the end-user's record from its account when there is none yet. Creating a grant
    /// whose `sid` exists changes nothing: it is the same attempt. Answers the end-user's record.
    fn open_grant<'a>(&'a self, account: &'a Account, grant: &'a Grant) -> Answer<'a, EndUser>;

    /// Judges a genuine refresh token ([`crate::protocol::grant::rotate`]) and writes what follows, atomically.
    fn rotate_refresh<'a>(
        &'a self,
        sid: &'a Sid,
        presented: &'a Presented,
        policy: &'a RotationPolicy,
    ) -> Answer<'a, Rotation>;

    /// The grant as it stands; `None` when nobody knows it. Changes nothing.
    fn peek_grant<'a>(&'a self, sid: &'a Sid) -> Answer<'a, Option<Grant>>;

    /// Revokes a grant at once. Its row stays as a tombstone until its end.
    fn revoke_grant<'a>(&'a self, sid: &'a Sid, now: Timestamp) -> Answer<'a, Revocation>;

    /// Judges an access token against its grant ([`crate::protocol::grant::present_access`]), marks it seen, and
    /// answers the end-user's record when the grant lives.
    fn present_access<'a>(
        &'a self,
        sid: &'a Sid,
        generation: Generation,
        now: Timestamp,
    ) -> Answer<'a, Presence>;
}

/// What a presented refresh token led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotation {
    /// The grant is known.
    Judged {
        /// The verdict.
        verdict: Verdict,
        /// The row as it stands after it.
        grant: Box<Grant>,
        /// Whose it is: what a new access token says of the end-user. `None` when the verdict gives none out.
        holder: Option<Holder>,
    },
    /// Nobody knows the grant.
    Unknown,
}

/// What an access token says of the end-user beside the grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The verified address, as first typed.
    pub email: String,
    /// The linked customer's id.
    pub customer: Option<crate::protocol::id::CustomerId>,
}

impl Holder {
    /// What tokens say of an end-user.
    #[must_use]
    pub fn of(end_user: &EndUser) -> Self {
        Self {
            email: end_user.email.as_typed().to_owned(),
            customer: end_user.customer.as_ref().map(|customer| customer.id.clone()),
        }
    }
}

/// What a revocation found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    /// It lived and is revoked now.
    Revoked,
    /// It was revoked before.
    AlreadyRevoked,
    /// Nobody knows it.
    Unknown,
}

/// What a presented access token found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    /// Whether the grant lives; [`Liveness::Gone`] also when nobody knows it.
    pub liveness: Liveness,
    /// The end-user's record, when it does.
    pub end_user: Option<EndUser>,
}

/// Challenges and what belongs to an address. All keys are in the address's bucket.
pub trait ChallengeStore: Send + Sync {
    /// Opens a challenge ([`crate::protocol::challenge::open`]) if the limits of its address (or device) admit
    /// one more sending, and counts it. Opening one whose id exists answers as the first time did.
    fn open_challenge<'a>(
        &'a self,
        new: &'a NewChallenge,
        network: &'a ClientNetwork,
        codes: &'a CodePolicy,
        sends: &'a SendPolicy,
    ) -> Answer<'a, Sending>;

    /// Sends another code of a challenge ([`crate::protocol::challenge::resend`]) if the limits admit it, and
    /// counts it.
    fn resend_code<'a>(
        &'a self,
        resend: &'a ResendCode,
        network: &'a ClientNetwork,
        codes: &'a CodePolicy,
        sends: &'a SendPolicy,
    ) -> Answer<'a, Sending>;

    /// The challenge as it stands; `None` when nobody knows it. Changes nothing.
    fn peek_challenge<'a>(&'a self, id: &'a ChallengeId) -> Answer<'a, Option<Challenge>>;

    /// Judges an attempt at a code ([`crate::protocol::challenge::try_code`]) and writes what follows,
    /// atomically: there are never more failed attempts than the budgets allow.
    fn try_code<'a>(
        &'a self,
        id: &'a ChallengeId,
        try_: &'a TryCode,
        codes: &'a CodePolicy,
    ) -> Answer<'a, Attempt>;

    /// The account of an address, made from `proposed` when there is none: of any number of first sign-ins one
    /// creates, the others find what it made.
    fn claim_address<'a>(&'a self, address: &'a AddressKey, proposed: &'a Account) -> Answer<'a, Claim>;
}

/// A request to send another code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResendCode {
    /// Of this challenge.
    pub id: ChallengeId,
    /// The tenant that the page belongs to; another's challenge is [`Sending::Expired`].
    pub organization: OrganizationId,
    /// The address that the page asks for; another's challenge is [`Sending::Expired`].
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
pub enum Sending {
    /// The code is stored and counted.
    Sent {
        /// What was sent.
        sent: Sent,
        /// The account of the address, when it has one: mail goes to the address stored there.
        account: Option<Account>,
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
pub enum Attempt {
    /// The challenge is known.
    Judged {
        /// The verdict.
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
pub enum Claim {
    /// There was none: it is the proposed one.
    Created(Account),
    /// There was this one.
    Existing(Account),
}

impl Claim {
    /// The account that stands.
    #[must_use]
    pub fn into_account(self) -> Account {
        match self {
            Self::Created(account) | Self::Existing(account) => account,
        }
    }
}

/// Authorization requests on their way through the pages. Each has a bucket of its own.
pub trait InteractionStore: Send + Sync {
    /// Stores an interaction. One whose id exists stays as it is: it is the same attempt.
    fn open_interaction<'a>(&'a self, interaction: &'a Interaction) -> Answer<'a, ()>;

    /// The interaction as it stands; `None` when nobody knows it. Changes nothing.
    fn peek_interaction<'a>(&'a self, id: &'a InteractionId) -> Answer<'a, Option<Interaction>>;

    /// Moves an interaction on from the revision that was seen, and gives it the next one. Of any number of
    /// changes of one revision, one wins.
    fn advance_interaction<'a>(
        &'a self,
        id: &'a InteractionId,
        revision: u32,
        stage: &'a Stage,
        attempt: AttemptId,
    ) -> Answer<'a, Advance>;
}

/// What moving an interaction on led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advance {
    /// It is at the stage that was asked for.
    Advanced,
    /// Somebody else moved it on before; nothing changed.
    Moved,
    /// Nobody knows it.
    Unknown,
}

/// Browsers that are signed in at the issuer. All keys are in the end-user's bucket.
pub trait SsoStore: Send + Sync {
    /// Opens a session, and creates the end-user's record from its account when there is none yet. Opening one
    /// whose id exists changes nothing: it is the same attempt.
    fn open_sso_session<'a>(
        &'a self,
        account: &'a Account,
        session: &'a SsoSession,
        client: &'a ClientId,
    ) -> Answer<'a, Standing>;

    /// The session as it stands, with what its end-user allowed `client`; `None` when nobody knows it. Changes
    /// nothing.
    fn peek_sso_session<'a>(&'a self, id: &'a SsoId, client: &'a ClientId) -> Answer<'a, Option<Standing>>;

    /// Ends a session at once. Answers whether there was one.
    fn end_sso_session<'a>(&'a self, id: &'a SsoId) -> Answer<'a, bool>;
}

/// A browser's end-user, and how they stand to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The session.
    pub session: SsoSession,
    /// The end-user's record.
    pub end_user: EndUser,
    /// What they allowed the client.
    pub consent: Option<Consent>,
}

/// Authorization codes. All keys are in the end-user's bucket.
pub trait CodeStore: Send + Sync {
    /// Stores a code, and remembers what was allowed, in place of what was remembered for that client.
    fn issue_code<'a>(&'a self, code: &'a AuthorizationCode, consent: Option<&'a Consent>) -> Answer<'a, ()>;

    /// The code as it stands; `None` when nobody knows it. Changes nothing.
    fn peek_code<'a>(&'a self, id: &'a CodeId) -> Answer<'a, Option<AuthorizationCode>>;

    /// Judges a redemption ([`crate::protocol::authorization_code::redeem`]) and, atomically, makes the grant of
    /// the first use or revokes it at a replay. `user` is whose code it is, as a peek told.
    fn redeem_code<'a>(
        &'a self,
        id: &'a CodeId,
        user: &'a UserId,
        redemption: &'a Redemption,
    ) -> Answer<'a, Redeemed>;
}

/// What a redemption led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redeemed {
    /// The code is known.
    Judged {
        /// The verdict.
        verdict: CodeVerdict,
        /// Whose it is, when the grant is made.
        holder: Option<Holder>,
        /// The grant of the first use that this replay ended; `None` when nothing ended.
        ended: Option<Sid>,
    },
    /// Nobody knows the code.
    Unknown,
}

/// Counters that belong to no end-user and no address.
pub trait CounterStore: Send + Sync {
    /// Counts a sending for a client network, if its limit admits one more. A repeat after a lost answer may
    /// count twice, never too little.
    fn admit_network<'a>(
        &'a self,
        organization: &'a OrganizationId,
        network: &'a ClientNetwork,
        limit: Limit,
        now: Timestamp,
    ) -> Answer<'a, Admission>;

    /// Counts a sending for an organization in the fixed window that `now` falls into. Answers true exactly
    /// when this one passes the ceiling, so that the alarm is raised once a window.
    fn count_organization<'a>(
        &'a self,
        organization: &'a OrganizationId,
        ceiling: Limit,
        now: Timestamp,
    ) -> Answer<'a, bool>;

    /// The next customer number of an organization; the first is 1. A crash may skip one, none comes twice.
    fn next_customer_number<'a>(&'a self, organization: &'a OrganizationId) -> Answer<'a, u64>;
}

/// Whether one more is admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It is, and was counted.
    Admitted,
    /// It is not.
    Limited {
        /// How long to wait.
        retry_after: Duration,
    },
}

/// What a store is asked at start and by the person on call.
pub trait StoreAdmin: Send + Sync {
    /// Whether the store answers and takes writes.
    fn check(&self) -> Answer<'_, ()>;

    /// Compares the store with the keys of this process, and leaves their fingerprints in an empty one.
    fn claim_store<'a>(&'a self, claim: &'a StoreClaim) -> Answer<'a, StoreClaimed>;
}

/// What a process says of itself when it opens a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreClaim {
    /// Whether its data are made for development or are real.
    pub stamp: Stamp,
    /// Fingerprint of the index key.
    pub index_key: String,
    /// Fingerprints of the MAC keys, by id, those that are no longer used included.
    pub mac_keys: std::collections::BTreeMap<u8, String>,
}

/// What kind of data and keys these are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stamp {
    /// Made by `dev`; refused by `serve`.
    Development,
    /// Real.
    Production,
}

/// Whether a store and a process fit together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreClaimed {
    /// They do. The store now knows all keys of the process.
    Fits,
    /// The data are of the other kind.
    OtherStamp {
        /// What the store says it is.
        found: Stamp,
    },
    /// The store was made with keys that this process does not have.
    MissingKeys {
        /// Which, in words for a log: `index key`, `MAC key 3`.
        missing: Vec<String>,
    },
}
