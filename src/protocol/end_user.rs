//! End-users and their customer records.

use serde::{Deserialize, Serialize};

use super::address::EmailAddress;
use super::id::{CustomerId, OrganizationId, UserId};
use super::profile::Profile;
use super::record::Amount;
use super::standard_claims::StandardClaims;
use super::time::Timestamp;

/// The account of an address: enough to recreate the end-user's record after a crash between the two writes
/// of a first sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub user: UserId,
    pub organization: OrganizationId,
    /// The address as it was first typed; mail goes there.
    pub email: EmailAddress,
    /// The customer made at the first sign-in, when the organization wants one.
    pub customer: Option<CustomerSeed>,
    /// The time of the first sign-in.
    pub created_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerSeed {
    pub id: CustomerId,
    /// The number within the organization, written `CUST-000001`.
    pub number: u64,
}

/// An end-user: one address in one organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndUser {
    pub id: UserId,
    pub organization: OrganizationId,
    /// The verified address, as first typed.
    pub email: EmailAddress,
    /// The time of the first sign-in.
    pub created_at: Timestamp,
    pub customer: Option<Customer>,
    /// The standard claims that the operator states to OpenID Connect clients.
    #[serde(default, skip_serializing_if = "StandardClaims::is_empty")]
    pub claims: StandardClaims,
    /// When the claims or the customer's profile last changed; `None` before the first change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims_changed_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerStatus {
    #[default]
    Active,
    Inactive,
    /// The customer is kept for bookkeeping only.
    Archived,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    pub id: CustomerId,
    /// The number within the organization.
    pub number: u64,
    /// What customers state of themselves.
    #[serde(flatten)]
    pub profile: Profile,
    #[serde(flatten)]
    pub standing: CustomerStanding,
}

/// What the organization records of a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CustomerStanding {
    pub status: CustomerStatus,
    pub total_orders: u64,
    pub total_spent: Amount,
    /// Expected value over the whole relationship.
    pub lifetime_value: Amount,
}

impl Customer {
    /// Makes a customer without any data.
    pub fn new(seed: &CustomerSeed) -> Self {
        Self {
            id: seed.id.clone(),
            number: seed.number,
            profile: Profile::default(),
            standing: CustomerStanding::default(),
        }
    }
}

impl EndUser {
    /// Sets the time of change when a claim may have changed since `before` (`updated_at`, OpenID Connect
    /// Core §5.1).
    #[must_use]
    pub fn changed_from(self, before: &Self, now: Timestamp) -> Self {
        let said = |end_user: &Self| end_user.customer.as_ref().map(|customer| customer.profile.clone());
        let same = self.claims == before.claims
            && said(&self).unwrap_or_default() == said(before).unwrap_or_default();
        if same { self } else { Self { claims_changed_at: Some(now), ..self } }
    }

    pub fn new(account: &Account) -> Self {
        Self {
            id: account.user.clone(),
            organization: account.organization.clone(),
            email: account.email.clone(),
            created_at: account.created_at,
            claims: StandardClaims::default(),
            claims_changed_at: None,
            customer: account.customer.as_ref().map(Customer::new),
        }
    }
}
