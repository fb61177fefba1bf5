//! The life of a grant: what one sign-in gave one client, and what a refresh token does to it.
//!
//! [`rotate`] is the rule; the embedded store calls it and the Redis script is held to it by tests.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::claims::TokenSource;
use super::dpop::{Proof, ProofRefusal, UsedProofs};
use super::grant_extensions::GrantExtensions;
use super::id::{AttemptId, ClientId, OrganizationId, Sid, UserId};
use super::mac::MacKeyId;
use super::network::ClientNetwork;
use super::scope::{OFFLINE_ACCESS, Scope};
use super::time::Timestamp;

/// Which refresh token of a grant: the first is 0, each rotation adds one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Generation(u32);

impl Generation {
    /// The generation that a sign-in issues.
    pub const FIRST: Self = Self(0);

    /// A generation by its number.
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The one after; `None` past the last there can be.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        self.0.checked_add(1).map(Self)
    }

    /// How many generations `self` is behind `current`; `None` when it is ahead.
    const fn behind(self, current: Self) -> Option<u32> {
        current.0.checked_sub(self.0)
    }
}

/// How a grant came to be, which decides where and with what authentication it may be refreshed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantChannel {
    /// The browser SDK: refreshes at `/refresh` only.
    Dom,
    /// A public OAuth client: `/refresh` or the token endpoint.
    Public,
    /// A confidential OAuth client: the token endpoint, with its authentication (RFC 6749 §6).
    Confidential,
}

impl GrantChannel {
    /// Which way of signing in its tokens say that they come from.
    #[must_use]
    pub const fn source(self) -> TokenSource {
        match self {
            Self::Dom => TokenSource::Dom,
            Self::Public | Self::Confidential => TokenSource::Oauth,
        }
    }
}

/// The row of a grant. It holds no token and nothing that a token can be made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Its public id.
    pub sid: Sid,
    /// The tenant.
    pub organization: OrganizationId,
    /// Whose it is.
    pub user: UserId,
    /// Who holds it.
    pub client: ClientId,
    /// How it came to be.
    pub channel: GrantChannel,
    /// What was granted.
    pub scope: Scope,
    /// When the end-user really signed in; a refresh never renews it.
    pub auth_time: Timestamp,
    /// The generation that is current.
    pub generation: Generation,
    /// When the current generation came to be, which is when the one before was replaced.
    pub rotated_at: Timestamp,
    /// When the generation before the current one came to be.
    pub previous_rotated_at: Timestamp,
    /// The MAC key that the current generation's token was made with.
    pub mac_key: MacKeyId,
    /// Whether anything of the current generation was presented to us.
    pub seen: bool,
    /// The attempt that made the last change.
    pub last_attempt: AttemptId,
    /// Where the last rotation came from.
    pub last_network: ClientNetwork,
    /// When the current refresh token ends.
    pub expires_at: Timestamp,
    /// When the session ends, and every token with it.
    pub session_end: Timestamp,
    /// When it was revoked. A revoked grant stays as a tombstone until its end.
    pub revoked_at: Option<Timestamp>,
    /// Thumbprint of the key its refresh tokens are bound to (RFC 9449 §6), when they are.
    pub jkt: Option<String>,
    /// What only some grants have.
    #[serde(default, skip_serializing_if = "GrantExtensions::is_empty")]
    pub particulars: GrantExtensions,
    /// The last time that a lost answer was repeated to another network, on nothing but the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late_repeat: Option<LateRepeat>,
}

/// A repeat past the leeway that came from another network than the rotation, and proved neither key nor client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateRepeat {
    /// When it came.
    pub at: Timestamp,
    /// Where it came from.
    pub network: ClientNetwork,
}

impl Grant {
    /// Whether it goes on when the session ends that it was made in: it was made in none, or the end-user gave it for
    /// longer (OpenID Connect Core §11, Back-Channel Logout §2.7).
    #[must_use]
    pub fn outlives_session(&self) -> bool {
        self.particulars.sso.is_none() || self.scope.contains(OFFLINE_ACCESS)
    }

    /// The same for these resources: what one access token is made of (RFC 8707 §2.2).
    #[must_use]
    pub fn at_resources(&self, resources: Vec<String>) -> Self {
        Self { particulars: GrantExtensions { resources, ..self.particulars.clone() }, ..self.clone() }
    }
}

/// The end of a refresh token issued at `now`: its life, but never past the end of the session.
#[must_use]
pub fn refresh_expiry(now: Timestamp, lifetime: Duration, session_end: Timestamp) -> Timestamp {
    now.plus(lifetime).min(session_end)
}

/// Who presents a refresh token, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presenter {
    /// `/refresh`, without authentication; a `client_id` that was sent must match.
    RefreshPath {
        /// The `client_id` of the body.
        client: Option<ClientId>,
    },
    /// The token endpoint, as this client, authenticated in the way it is registered for.
    TokenEndpoint { client: ClientId },
}

/// A genuine refresh token (its MAC was verified) that is presented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresentedToken {
    pub generation: Generation,
    /// Who presents it.
    pub presenter: Presenter,
    /// From where.
    pub network: ClientNetwork,
    /// This attempt: a repeat of a store call whose answer was lost carries the same one.
    pub attempt: AttemptId,
    /// When.
    pub now: Timestamp,
    /// The MAC key that a successor would be made with.
    pub mac_key: MacKeyId,
    /// The proof of a key that came with it (RFC 9449 §5), when one did.
    pub proof: Option<Proof>,
}

/// How lenient a repeat is judged, and how long a refresh token lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RotationPolicy {
    /// For how long after a rotation the replaced token gets the same successor again. Zero: never.
    pub leeway: Duration,
    /// For how long it does while nothing of the successor's generation was presented. Zero: never.
    pub recovery: Duration,
    /// The life of a refresh token.
    pub lifetime: Duration,
}

/// Why a presenter is refused without any change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ForeignReason {
    /// The grant is another client's, or of another channel than this endpoint serves.
    OtherClient,
    /// A confidential client's grant at `/refresh` (RFC 6749 §6, RFC 9700 §4.14).
    NeedsClientAuthentication,
    /// The grant is bound to a key that was not proven (RFC 9449 §5): a copied token, most likely.
    NotTheKey,
    /// The key was proven with a proof that cannot count (RFC 9449 §11.1): a recorded request, most likely.
    Proof(ProofRefusal),
}

/// Which rule of the contract's table repeats a successor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepeatWindow {
    /// The token was replaced a moment ago: tabs that race.
    Leeway,
    /// It was replaced longer ago, but nothing of its successor was presented: a lost answer.
    Recovery,
}

/// What a presented refresh token leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RotationVerdict {
    /// It was the current one; the grant is now at the next generation.
    Rotated,
    /// It was replaced before: the same successor again. The grant stays at its generation.
    Repeated {
        /// Why it may be repeated.
        window: RepeatWindow,
        /// It came from another network than the rotation.
        other_network: bool,
    },
    /// Two generations old, but replaced within the leeway: refused, nothing revoked.
    Superseded,
    /// Used before and too late to be a repeat: the grant is revoked.
    Reused,
    /// Newer than the row: the store lost an acknowledged write. Accepted; the row caught up.
    Regressed,
    /// Presented by somebody it does not belong to: refused, nothing changed.
    Foreign(ForeignReason),
    /// The grant is revoked.
    Revoked,
    /// The refresh token or its session is over.
    Expired,
}

/// A verdict and what to write; `None` is what stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RotationDecision {
    /// What is answered.
    pub verdict: RotationVerdict,
    /// The changed row.
    pub write: Option<Grant>,
    /// The proofs that are remembered from now on.
    pub proofs: Option<UsedProofs>,
}

impl RotationDecision {
    const fn unchanged(verdict: RotationVerdict) -> Self {
        Self { verdict, write: None, proofs: None }
    }

    const fn changed(verdict: RotationVerdict, grant: Grant) -> Self {
        Self { verdict, write: Some(grant), proofs: None }
    }
}

/// Judges a presented refresh token against its grant. `proofs` are those that refreshed the end-user's grants of the same
/// key before.
#[must_use]
pub fn rotate(
    grant: &Grant,
    proofs: &UsedProofs,
    presented: &PresentedToken,
    policy: &RotationPolicy,
) -> RotationDecision {
    if let Err(because) = admits(grant, presented) {
        return RotationDecision::unchanged(RotationVerdict::Foreign(because));
    }
    if grant.revoked_at.is_some() {
        return RotationDecision::unchanged(if found_reuse(grant, presented) {
            RotationVerdict::Reused
        } else {
            RotationVerdict::Revoked
        });
    }
    if presented.now >= grant.expires_at {
        return RotationDecision::unchanged(RotationVerdict::Expired);
    }
    // Before the generation: a recorded request that is sent again must not look like a reused token (RFC 9449 §11.1).
    let used = match presented.proof.as_ref().filter(|_| grant.jkt.is_some()) {
        None => None,
        Some(proof) => match proofs.remember(proof, Some(grant.sid), presented.attempt, presented.now) {
            Ok(used) => Some(used),
            Err(refusal) => {
                return RotationDecision::unchanged(RotationVerdict::Foreign(ForeignReason::Proof(refusal)));
            }
        },
    };
    RotationDecision { proofs: used, ..judge_generation(grant, presented, policy) }
}

/// Whether it was this very attempt that revoked the grant: reuse writes its attempt and its time, so that its own retry
/// hears the same. A rotation, after which somebody else revoked the grant, wrote its attempt only; within one millisecond
/// the two are not told apart.
fn found_reuse(grant: &Grant, presented: &PresentedToken) -> bool {
    grant.last_attempt == presented.attempt && grant.revoked_at == Some(presented.now)
}

/// The table of verdicts, for a grant that lives and a presenter who may have it.
fn judge_generation(grant: &Grant, presented: &PresentedToken, policy: &RotationPolicy) -> RotationDecision {
    match presented.generation.behind(grant.generation) {
        Some(0) => advance(grant, presented, policy, RotationVerdict::Rotated),
        Some(1) if grant.last_attempt == presented.attempt => {
            RotationDecision::unchanged(RotationVerdict::Rotated)
        }
        Some(1) => repeat(grant, presented, policy).unwrap_or_else(|| reuse(grant, presented)),
        Some(2) if within(presented.now.since(grant.previous_rotated_at), policy.leeway) => {
            RotationDecision::unchanged(RotationVerdict::Superseded)
        }
        Some(_) => reuse(grant, presented),
        None => advance(grant, presented, policy, RotationVerdict::Regressed),
    }
}

/// The same successor once more, if the replaced token may still have it.
fn repeat(grant: &Grant, presented: &PresentedToken, policy: &RotationPolicy) -> Option<RotationDecision> {
    let age = presented.now.since(grant.rotated_at);
    let other_network = grant.last_network != presented.network;
    let repeated = |window| RotationVerdict::Repeated { window, other_network };
    if within(age, policy.leeway) {
        return Some(RotationDecision::unchanged(repeated(RepeatWindow::Leeway)));
    }
    if grant.seen || !within(age, policy.recovery) {
        return None;
    }
    let verdict = repeated(RepeatWindow::Recovery);
    // A bound grant got past `admits` with its key, a confidential client's with its authentication.
    if !other_network || grant.jkt.is_some() || grant.channel == GrantChannel::Confidential {
        return Some(RotationDecision::unchanged(verdict));
    }
    match &grant.late_repeat {
        // At the same moment it is our own retry of this very repeat, also when the leeway is nothing.
        Some(before)
            if before.network == presented.network && presented.now.since(before.at) <= policy.leeway =>
        {
            Some(RotationDecision::unchanged(verdict))
        }
        Some(before) if within(presented.now.since(before.at), policy.recovery) => None,
        Some(_) | None => {
            let late_repeat = Some(LateRepeat { at: presented.now, network: presented.network.clone() });
            Some(RotationDecision::changed(verdict, Grant { late_repeat, ..grant.clone() }))
        }
    }
}

/// Whether `age` is inside a window; a window of zero length holds nothing.
const fn within(age: Duration, window: Duration) -> bool {
    !window.is_zero() && age.as_nanos() <= window.as_nanos()
}

/// Whether a grant may be refreshed by this presenter at all.
fn admits(grant: &Grant, presented: &PresentedToken) -> Result<(), ForeignReason> {
    match (&presented.presenter, grant.channel) {
        (Presenter::RefreshPath { .. }, GrantChannel::Confidential) => {
            Err(ForeignReason::NeedsClientAuthentication)
        }
        (Presenter::RefreshPath { client: Some(client) }, _) if *client != grant.client => {
            Err(ForeignReason::OtherClient)
        }
        (Presenter::TokenEndpoint { client }, channel)
            if channel == GrantChannel::Dom || *client != grant.client =>
        {
            Err(ForeignReason::OtherClient)
        }
        // A key that was proven without need does no harm.
        _ => match (grant.jkt.as_deref(), &presented.proof) {
            (Some(jkt), Some(proof)) if proof.jkt.as_str() == jkt => Ok(()),
            (Some(_), _) => Err(ForeignReason::NotTheKey),
            (None, _) => Ok(()),
        },
    }
}

/// The presented token is replaced by the generation after its own.
fn advance(
    grant: &Grant,
    presented: &PresentedToken,
    policy: &RotationPolicy,
    verdict: RotationVerdict,
) -> RotationDecision {
    let Some(generation) = presented.generation.next() else {
        return RotationDecision::unchanged(RotationVerdict::Expired);
    };
    // After a lost write the time at which the presented generation came to be is unknown; taking now
    // lets a tab that raced that rotation hear `Superseded` instead of ending the session.
    let previous_rotated_at =
        if matches!(verdict, RotationVerdict::Regressed) { presented.now } else { grant.rotated_at };
    let write = Grant {
        generation,
        previous_rotated_at,
        rotated_at: presented.now,
        mac_key: presented.mac_key,
        seen: false,
        last_attempt: presented.attempt,
        last_network: presented.network.clone(),
        expires_at: refresh_expiry(presented.now, policy.lifetime, grant.session_end),
        ..grant.clone()
    };
    RotationDecision::changed(verdict, write)
}

fn reuse(grant: &Grant, presented: &PresentedToken) -> RotationDecision {
    let write = Grant { revoked_at: Some(presented.now), last_attempt: presented.attempt, ..grant.clone() };
    RotationDecision::changed(RotationVerdict::Reused, write)
}

/// Whether a grant lives, asked by something that presents an access token of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liveness {
    /// It does.
    Alive,
    /// It was revoked.
    Revoked,
    /// Its session is over, or nobody knows it.
    Gone,
}

/// Judges an access token of `generation` against its grant. When the second value is true, the row's
/// `seen` must become true: it was the row's own generation, presented for the first time.
#[must_use]
pub fn present_access(grant: &Grant, generation: Generation, now: Timestamp) -> (Liveness, bool) {
    if grant.revoked_at.is_some() {
        return (Liveness::Revoked, false);
    }
    if now >= grant.session_end {
        return (Liveness::Gone, false);
    }
    (Liveness::Alive, generation == grant.generation && !grant.seen)
}

#[cfg(test)]
#[path = "grant_tests.rs"]
pub(super) mod tests;

#[cfg(test)]
#[path = "grant_repeat_tests.rs"]
mod repeat_tests;

#[cfg(test)]
#[path = "grant_key_tests.rs"]
mod key_tests;

#[cfg(test)]
#[path = "grant_history_tests.rs"]
mod history_tests;
