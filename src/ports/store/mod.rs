//! The store: whole atomic verbs that answer with a closed enum. There is no `find` then `delete`.
//!
//! A verb that consumes something takes an attempt id: the same attempt, repeated after a lost answer, gets
//! the same answer; another attempt is a replay. Every call has a deadline of its own. Rows are judged against
//! the time that is handed in; a store's own expiry only collects garbage.

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

use super::BoxFuture;

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
