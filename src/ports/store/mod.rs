//! The store: atomic verbs that each answer with a closed enum, so that no use case reads and then writes in
//! two steps.
//!
//! A verb that consumes something takes an attempt id. The same attempt, repeated after a lost answer, gets
//! the same answer; another attempt is a replay. Every call has its own deadline. Rows are judged against the
//! time in the call; a store's own expiry only removes garbage.

mod admin;
mod assertions;
mod challenges;
mod clients;
mod codes;
mod counters;
mod customers;
mod devices;
mod end_users;
mod grants;
mod interactions;
mod logouts;
mod records;
mod sso;

pub use admin::{FormatState, StoreAdmin, StoreCompatibility, StoreOpening, StoreStamp, StoreState};
pub use assertions::{AssertionMemory, AssertionStore};
pub use challenges::{AddressLookup, AttemptOutcome, ChallengeStore, ResendCode, SendOutcome};
pub use clients::{ClientStore, RegistrationLimits, RegistrationOutcome, ReplacementOutcome};
pub use codes::{CodeStore, RedemptionOutcome};
pub use counters::{Admission, CounterStore};
pub use customers::{ClientApiEntry, CustomerPutOutcome, CustomerStore, ImportedCustomer};
pub use devices::{DeviceDecisionOutcome, DeviceOpening, DeviceStore, PollOutcome};
pub use end_users::EndUserStore;
pub use grants::{GrantOpening, GrantStore, Holder, Presence, Revocation, Rotation};
pub use interactions::{InteractionAdvance, InteractionStore};
pub use logouts::LogoutStore;
pub use records::{RecordListing, RecordStore, RecordsPutOutcome, WriteCounts};
pub use sso::{EndedSsoSession, Participant, SessionStanding, SsoSessionEnd, SsoStore};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The store is unreachable or too slow. The verb may or may not have been carried out.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    #[error("the store holds a row that cannot be read: {0}")]
    Corrupt(String),
}

/// The answer of a verb; `E` is another error only beside the verbs.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

pub trait Stores:
    GrantStore
    + EndUserStore
    + CustomerStore
    + RecordStore
    + ChallengeStore
    + InteractionStore
    + LogoutStore
    + SsoStore
    + CodeStore
    + ClientStore
    + AssertionStore
    + DeviceStore
    + CounterStore
    + StoreAdmin
{
}

impl<T> Stores for T where
    T: GrantStore
        + EndUserStore
        + CustomerStore
        + RecordStore
        + ChallengeStore
        + InteractionStore
        + LogoutStore
        + SsoStore
        + CodeStore
        + ClientStore
        + AssertionStore
        + DeviceStore
        + CounterStore
        + StoreAdmin
{
}
