//! Clients that registered themselves (RFC 7591).

use async_trait::async_trait;

use super::{Admission, Result};
use crate::protocol::budget::Limit;
use crate::protocol::id::{ClientId, OrganizationId};
use crate::protocol::network::CallerAddress;
use crate::protocol::registered_client::RegisteredClient;
use crate::protocol::time::Timestamp;

/// Clients that registered themselves. Each has a Redis hash tag of its own, and each organization has one
/// where its clients are counted. In a cluster these may be on different nodes, so a verb that changes both
/// orders its writes such that a repeat, or expiry, repairs an interrupted change.
#[async_trait]
pub trait ClientStore: Send + Sync {
    /// Counts a registration for its address, network and organization if all limits admit it; otherwise
    /// writes nothing. A repeat after a lost answer may count twice, but a registration is never left
    /// uncounted.
    async fn admit_registration(
        &self,
        organization: &OrganizationId,
        from: &CallerAddress,
        limits: RegistrationLimits,
        now: Timestamp,
    ) -> Result<Admission>;

    /// Stores a new client if its organization has fewer than `ceiling` clients at `now`. If the id exists,
    /// the stored client is kept, because this is a repeat of the same attempt.
    async fn register_client(
        &self,
        client: &RegisteredClient,
        ceiling: u32,
        now: Timestamp,
    ) -> Result<RegistrationOutcome>;

    /// The client as stored; `None` when it is unknown. Changes nothing.
    async fn peek_client(&self, id: &ClientId) -> Result<Option<RegisteredClient>>;

    /// Replaces the client of the same id, if the stored revision is the one before. The time of
    /// registration, the initial access and `unused_until` are kept as stored. A repeat of the same
    /// replacement gets the same answer.
    async fn replace_client(&self, client: &RegisteredClient, now: Timestamp) -> Result<ReplacementOutcome>;

    /// Records that an end-user granted the client something, so that it no longer expires unused. Changes
    /// nothing for a client that had a grant before, has expired or is unknown.
    async fn touch_client(&self, organization: &OrganizationId, id: &ClientId, now: Timestamp) -> Result<()>;

    /// The ids of an organization's clients, sorted. Their number is bounded by the ceiling, and some may
    /// have expired. Changes nothing.
    async fn clients_of(&self, organization: &OrganizationId) -> Result<Vec<ClientId>>;

    /// Removes a client. Removing an unknown client succeeds.
    async fn remove_client(&self, organization: &OrganizationId, id: &ClientId) -> Result<()>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegistrationLimits {
    /// For one address in one organization.
    pub per_address: Limit,
    /// For one client network in one organization.
    pub per_network: Limit,
    /// For one organization, from all networks.
    pub per_organization: Limit,
}

#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistrationOutcome {
    Registered,
    /// The organization has reached its ceiling of clients.
    Full,
}

#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplacementOutcome {
    Replaced,
    /// Another request changed the client in the meantime.
    Moved,
    /// The client is unknown or has expired.
    Unknown,
}
