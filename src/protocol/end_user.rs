//! End-users and their customer records.

use serde::{Deserialize, Serialize};

use super::address::EmailAddress;
use super::id::{CustomerId, OrganizationId, UserId};
use super::profile::Profile;
use super::record::Amount;
use super::standard_claims::StandardClaims;
use super::time::Timestamp;

/// What an address stands for: enough to make the end-user's record again, should a crash have come
/// between the two writes of a first sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The end-user.
    pub user: UserId,
    /// The tenant.
    pub organization: OrganizationId,
    /// The address as it was first typed; mail goes there.
    pub email: EmailAddress,
    /// The customer made at the first sign-in, when the organization wants one.
    pub customer: Option<CustomerSeed>,
    /// When the first sign-in was.
    pub created_at: Timestamp,
}

/// A new customer's id and number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerSeed {
    pub id: CustomerId,
    /// Its number within the organization; written `CUST-000001`.
    pub number: u64,
}

/// An end-user: one address in one organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndUser {
    /// Claim `sub`.
    pub id: UserId,
    /// The tenant.
    pub organization: OrganizationId,
    /// The verified address, as first typed.
    pub email: EmailAddress,
    /// When the first sign-in was.
    pub created_at: Timestamp,
    /// The customer record that is linked to it.
    pub customer: Option<Customer>,
    /// What the operator says of them to OpenID Connect clients.
    #[serde(default, skip_serializing_if = "StandardClaims::is_empty")]
    pub claims: StandardClaims,
    /// When that, or what the customer says of themselves, last changed; `None` before it ever did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims_changed_at: Option<Timestamp>,
}

/// Whether a customer is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerStatus {
    /// As usual.
    #[default]
    Active,
    /// Not at present.
    Inactive,
    /// Kept for the books only.
    Archived,
}

/// A customer record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    pub id: CustomerId,
    /// Its number within the organization.
    pub number: u64,
    /// What they say of themselves.
    #[serde(flatten)]
    pub profile: Profile,
    /// How they stand with the organization.
    #[serde(flatten)]
    pub standing: CustomerStanding,
}

/// How a customer stands with the organization, which says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CustomerStanding {
    /// Whether they are served.
    pub status: CustomerStatus,
    /// How many orders they have.
    pub total_orders: u64,
    /// What they paid.
    pub total_spent: Amount,
    /// What they are worth over the whole time.
    pub lifetime_value: Amount,
}

impl Customer {
    /// A customer of whom nothing is known yet.
    #[must_use]
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
    /// The same after a change, with its time when a claim may have changed by it (`updated_at`, OpenID Connect Core §5.1).
    #[must_use]
    pub fn changed_from(self, before: &Self, now: Timestamp) -> Self {
        let said = |end_user: &Self| end_user.customer.as_ref().map(|customer| customer.profile.clone());
        let same = self.claims == before.claims
            && said(&self).unwrap_or_default() == said(before).unwrap_or_default();
        if same { self } else { Self { claims_changed_at: Some(now), ..self } }
    }

    /// The end-user that a first sign-in makes.
    #[must_use]
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
