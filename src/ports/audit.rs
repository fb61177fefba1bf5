//! Events that an operator may have to explain later.

use crate::protocol::id::{ClientId, OrganizationId, Sid, UserId};
use crate::protocol::network::ClientNetwork;

/// Records audit events. Never blocks, never fails.
pub trait Audit: Send + Sync {
    fn record(&self, event: &AuditEvent<'_>);
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditKind {
    /// A customer signed in.
    SignedIn,
    /// A customer signed out, or was signed out.
    SignedOut,
    /// A refresh token that was used before was presented too late to be a repeat: the grant was revoked.
    RefreshTokenReused,
    /// The successor of a refresh token was handed out again, to another network than the first time.
    RefreshRepeatedElsewhere,
    /// The successor of a refresh token was handed out again to the network of the first time, past the leeway: its
    /// answer was lost.
    RefreshRepeatedLate,
    /// A refresh token was presented without the key that it is bound to: copied, most likely. Nothing changed.
    RefreshKeyMissing,
    /// A refresh token was presented with a proof of its key that was used before, or one too many: a recorded request,
    /// most likely. Nothing changed.
    RefreshProofReplayed,
    /// A grant ended because its end-user got one too many at its client.
    GrantDisplaced,
    /// A genuine refresh token was newer than its row: the store lost an acknowledged write.
    StoreRegressed,
    /// Too many failed attempts at one address: its codes are now eight characters.
    FailureBudgetUsedUp,
    /// An organization sends more codes than its ceiling.
    SendCeilingPassed,
    /// A customer signed in at the issuer's own pages.
    SignedInAtIssuer,
    /// A customer allowed a client what it asked for.
    ConsentGiven,
    /// A customer refused it.
    ConsentRefused,
    /// A client redeemed an authorization code: its grant begins.
    CodeRedeemed,
    /// A client registered itself.
    ClientRegistered,
    /// A client replaced its registration.
    ClientReplaced,
    /// A client removed itself.
    ClientRemoved,
    /// An authorization code was used a second time: the grant of the first use was revoked.
    CodeReplayed,
    /// A customer signed out of the issuer's own pages, or somebody else signed in there instead.
    SignedOutAtIssuer,
    /// A client could not be told that a session is over (Back-Channel Logout §2.5).
    LogoutNotDelivered,
}

impl AuditKind {
    /// Its stable name in logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::SignedOut => "signed_out",
            Self::RefreshTokenReused => "refresh_token_reused",
            Self::RefreshRepeatedElsewhere => "refresh_repeated_elsewhere",
            Self::RefreshRepeatedLate => "refresh_repeated_late",
            Self::RefreshProofReplayed => "refresh_proof_replayed",
            Self::GrantDisplaced => "grant_displaced",
            Self::RefreshKeyMissing => "refresh_key_missing",
            Self::StoreRegressed => "store_regressed",
            Self::FailureBudgetUsedUp => "failure_budget_used_up",
            Self::SendCeilingPassed => "send_ceiling_passed",
            Self::SignedInAtIssuer => "signed_in_at_issuer",
            Self::ConsentGiven => "consent_given",
            Self::ConsentRefused => "consent_refused",
            Self::CodeRedeemed => "code_redeemed",
            Self::ClientRegistered => "client_registered",
            Self::ClientReplaced => "client_replaced",
            Self::ClientRemoved => "client_removed",
            Self::CodeReplayed => "code_replayed",
            Self::SignedOutAtIssuer => "signed_out_at_issuer",
            Self::LogoutNotDelivered => "logout_not_delivered",
        }
    }
}

/// An event, with what is known of it.
#[derive(Debug, Clone, Copy)]
pub struct AuditEvent<'a> {
    /// What happened.
    pub kind: AuditKind,
    /// The request during which it happened.
    pub request_id: &'a str,
    /// In which organization.
    pub organization: &'a OrganizationId,
    /// To whom.
    pub user: Option<&'a UserId>,
    /// Through which client.
    pub client: Option<&'a ClientId>,
    /// To which grant.
    pub sid: Option<&'a Sid>,
    /// From where.
    pub network: Option<&'a ClientNetwork>,
}
