//! Events that an operator may have to explain later.

use strum::{IntoStaticStr, VariantArray};

use crate::protocol::id::{ClientId, OrganizationId, Sid, UserId};
use crate::protocol::network::ClientNetwork;

/// Records audit events. Never blocks, never fails.
pub trait Audit: Send + Sync {
    fn record(&self, event: &AuditEvent<'_>);
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum AuditKind {
    /// A customer signed in through the browser SDK.
    SignedIn,
    /// A grant ended because its client or the browser SDK signed out.
    SignedOut,
    /// A used refresh token was presented too late to be a repeat, so its grant was revoked.
    RefreshTokenReused,
    /// A refresh was repeated from another network than the first time, and got the same successor again.
    RefreshRepeatedElsewhere,
    /// A refresh was repeated past the leeway from the network of the first time, because the first answer
    /// was lost.
    RefreshRepeatedLate,
    /// A refresh token came without a proof of the key that it is bound to; it was probably copied. Nothing
    /// changed.
    RefreshKeyMissing,
    /// A refresh token came with a proof that was used before, or when too many proofs were recorded already.
    /// The request was probably recorded. Nothing changed.
    RefreshProofReplayed,
    /// A grant ended because its end-user reached the limit of grants at its client.
    GrantDisplaced,
    /// A genuine refresh token was newer than its row: the store lost an acknowledged write.
    StoreRegressed,
    /// Too many failed attempts were made at one address, so its codes now have eight characters.
    FailureBudgetUsedUp,
    /// An organization sent more codes in a window than its ceiling. Nothing is refused.
    SendCeilingPassed,
    /// A customer signed in at the issuer's own pages.
    SignedInAtIssuer,
    /// A customer allowed a client what it requested.
    ConsentGiven,
    /// A customer refused a client what it requested.
    ConsentRefused,
    /// A client redeemed an authorization code, and its grant began.
    CodeRedeemed,
    /// A client registered itself (RFC 7591).
    ClientRegistered,
    /// A client replaced its registration (RFC 7592 §2.2).
    ClientReplaced,
    /// A client was deleted, by itself (RFC 7592 §2.3) or by the operator.
    ClientRemoved,
    /// An authorization code was used a second time, so the grant of the first use was revoked.
    CodeReplayed,
    /// A customer signed out at the issuer's own pages, or another customer signed in there instead.
    SignedOutAtIssuer,
    /// A client could not be told that a session is over (Back-Channel Logout §2.5).
    LogoutNotDelivered,
}

impl AuditKind {
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The event's stable name in logs.
    pub const fn name(self) -> &'static str {
        self.into_str()
    }
}

#[derive(Debug, Clone, Copy)]
pub struct AuditEvent<'a> {
    pub kind: AuditKind,
    pub request_id: &'a str,
    pub organization: &'a OrganizationId,
    pub user: Option<&'a UserId>,
    pub client: Option<&'a ClientId>,
    pub sid: Option<&'a Sid>,
    pub network: Option<&'a ClientNetwork>,
}
