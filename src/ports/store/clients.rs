//! Clients that registered themselves.

use super::{Admission, Answer};
use crate::protocol::budget::Limit;
use crate::protocol::id::{ClientId, OrganizationId};
use crate::protocol::network::CallerAddress;
use crate::protocol::registered_client::RegisteredClient;
use crate::protocol::time::Timestamp;

/// Clients that registered themselves (RFC 7591). Each has a hash tag of its own, and each organization one where its
/// clients are counted: on a cluster the two do not share a node, so a verb that changes both does so in an order in
/// which what a failure leaves behind is mended by its repeat or by time.
pub trait ClientStore: Send + Sync {
    /// Counts a registration for its address, its network and its organization, if all limits admit one more; when one
    /// does not, nothing is written. A repeat after a lost answer may count twice, never too little.
    fn admit_registration<'a>(
        &'a self,
        organization: &'a OrganizationId,
        from: &'a CallerAddress,
        limits: RegistrationLimits,
        now: Timestamp,
    ) -> Answer<'a, Admission>;

    /// Stores a new one, if its organization has fewer than `ceiling` that live at `now`. One whose id exists stays
    /// as it is: it is the same attempt.
    fn register_client<'a>(
        &'a self,
        client: &'a RegisteredClient,
        ceiling: u32,
        now: Timestamp,
    ) -> Answer<'a, RegistrationOutcome>;

    /// The client as it stands; `None` when nobody knows it. Changes nothing.
    fn peek_client<'a>(&'a self, id: &'a ClientId) -> Answer<'a, Option<RegisteredClient>>;

    /// Puts this in the place of the client of its id, when that is at the revision before this one's. When it was
    /// registered, with what initial access, and until when it may be unused, stays as it stands. The same again answers
    /// the same.
    fn replace_client<'a>(
        &'a self,
        client: &'a RegisteredClient,
        now: Timestamp,
    ) -> Answer<'a, ReplacementOutcome>;

    /// Notes that an end-user granted a client something: it ends no more by itself. Changes nothing for one that had a
    /// grant before, is over or unknown.
    fn touch_client<'a>(
        &'a self,
        organization: &'a OrganizationId,
        id: &'a ClientId,
        now: Timestamp,
    ) -> Answer<'a, ()>;

    /// The clients of an organization, by id, in the order of their ids: at most as many as its ceiling was. Some of them
    /// may be over. Changes nothing.
    fn clients_of<'a>(&'a self, organization: &'a OrganizationId) -> Answer<'a, Vec<ClientId>>;

    /// Removes a client. One that nobody knows is removed already.
    fn remove_client<'a>(&'a self, organization: &'a OrganizationId, id: &'a ClientId) -> Answer<'a, ()>;
}

/// How often clients may register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegistrationLimits {
    /// From one address, in one organization.
    pub per_address: Limit,
    /// From one client network, in one organization.
    pub per_network: Limit,
    /// In one organization, from anywhere.
    pub per_organization: Limit,
}

/// What becomes of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistrationOutcome {
    /// The client is there.
    Registered,
    /// Its organization has as many as it may.
    Full,
}

/// What becomes of a replacement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplacementOutcome {
    /// It stands.
    Replaced,
    /// The client changed meanwhile.
    Moved,
    /// Nobody knows the client, or it is over.
    Unknown,
}
