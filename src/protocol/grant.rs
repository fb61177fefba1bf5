//! A grant: what one sign-in gave one client, and refresh token rotation.
//!
//! The embedded store calls [`rotate`]; tests compare the Redis script with it.

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
    /// The generation of the refresh token that a sign-in issues.
    pub const FIRST: Self = Self(0);

    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    pub const fn number(self) -> u32 {
        self.0
    }

    /// The following generation; `None` after the last number.
    pub fn next(self) -> Option<Self> {
        self.0.checked_add(1).map(Self)
    }

    /// How many generations `self` is older than `current`; `None` when it is newer.
    const fn behind(self, current: Self) -> Option<u32> {
        current.0.checked_sub(self.0)
    }
}

/// How a grant was made, which decides at which endpoint and with what client authentication it is refreshed.
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
    /// The claim `token_source` of its access tokens.
    pub const fn source(self) -> TokenSource {
        match self {
            Self::Dom => TokenSource::Dom,
            Self::Public | Self::Confidential => TokenSource::Oauth,
        }
    }
}

/// A stored grant. It contains no token and nothing that a token could be made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The grant's public id.
    pub sid: Sid,
    pub organization: OrganizationId,
    pub user: UserId,
    pub client: ClientId,
    pub channel: GrantChannel,
    pub scope: Scope,
    /// When the end-user entered the one-time code; a refresh never changes it.
    pub auth_time: Timestamp,
    pub generation: Generation,
    /// When the current generation was made and the previous one replaced.
    pub rotated_at: Timestamp,
    /// When the previous generation was made.
    pub previous_rotated_at: Timestamp,
    /// The MAC key of the current refresh token.
    pub mac_key: MacKeyId,
    /// Whether the current refresh token, or an access token of its generation, was presented.
    pub seen: bool,
    pub last_attempt: AttemptId,
    /// The network of the last rotation.
    pub last_network: ClientNetwork,
    pub expires_at: Timestamp,
    /// When the session ends, with all its tokens.
    pub session_end: Timestamp,
    /// When the grant was revoked. A revoked grant is kept as a tombstone until its end.
    pub revoked_at: Option<Timestamp>,
    /// Thumbprint of the key that the refresh tokens are bound to (RFC 9449 §6).
    pub jkt: Option<String>,
    #[serde(rename = "particulars", default, skip_serializing_if = "GrantExtensions::is_empty")]
    pub extensions: GrantExtensions,
    /// The last repeat of a lost answer to another network that was admitted by the refresh token alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late_repeat: Option<LateRepeat>,
}

/// A repeat after the leeway from another network than the rotation's, without proof of key or client
/// authentication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateRepeat {
    pub at: Timestamp,
    pub network: ClientNetwork,
}

impl Grant {
    /// Whether the grant outlives its SSO session: it was made outside any, or with `offline_access` (OpenID
    /// Connect Core §11, Back-Channel Logout §2.7).
    pub fn outlives_session(&self) -> bool {
        self.extensions.sso.is_none() || self.scope.contains(OFFLINE_ACCESS)
    }

    /// The grant restricted to these resources, from which one access token is made (RFC 8707 §2.2).
    #[must_use]
    pub fn at_resources(&self, resources: Vec<String>) -> Self {
        Self { extensions: GrantExtensions { resources, ..self.extensions.clone() }, ..self.clone() }
    }
}

/// When a refresh token that is issued at `now` expires: never after the session.
pub fn refresh_expiry(now: Timestamp, lifetime: Duration, session_end: Timestamp) -> Timestamp {
    now.plus(lifetime).min(session_end)
}

/// Who presents a refresh token, and at which endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presenter {
    /// `/refresh`, without client authentication; if a `client_id` is sent, it has to match.
    RefreshPath { client: Option<ClientId> },
    /// The token endpoint, by this client, which was authenticated by its registered method.
    TokenEndpoint { client: ClientId },
}

/// A presented refresh token whose MAC was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresentedToken {
    pub generation: Generation,
    pub presenter: Presenter,
    pub network: ClientNetwork,
    /// A repeated store call after a lost answer carries the same attempt id.
    pub attempt: AttemptId,
    pub now: Timestamp,
    /// The MAC key for the next refresh token.
    pub mac_key: MacKeyId,
    /// The proof of possession that came with the token (RFC 9449 §5).
    pub proof: Option<Proof>,
}

/// How tolerant rotation is of repeats, and how long a refresh token lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RotationPolicy {
    /// For how long after a rotation the replaced token gets the same successor again. Zero disables it.
    pub leeway: Duration,
    /// For how long a replaced token gets the same successor while nothing of the successor's generation was
    /// presented. Zero disables it.
    pub recovery: Duration,
    pub lifetime: Duration,
}

/// Why a presenter is refused while the grant stays unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ForeignReason {
    /// The grant belongs to another client, or its channel is not served at this endpoint.
    OtherClient,
    /// `/refresh` got the token of a confidential client, which has to authenticate (RFC 6749 §6, RFC 9700
    /// §4.14).
    NeedsClientAuthentication,
    /// The key that the grant is bound to was not proven (RFC 9449 §5): most likely the token was copied.
    NotTheKey,
    /// The proof of the key was refused (RFC 9449 §11.1): most likely a recorded request was sent again.
    Proof(ProofRefusal),
}

/// Why a replaced token gets its successor again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepeatWindow {
    /// The token was replaced a moment ago, as when tabs race.
    Leeway,
    /// The token was replaced longer ago, but nothing of its successor was presented, so the answer was
    /// probably lost.
    Recovery,
}

/// The outcome of presenting a refresh token.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RotationVerdict {
    /// The token was current; the grant is now at the next generation.
    Rotated,
    /// The token was replaced before and gets the same successor again. The grant stays at its generation.
    Repeated {
        window: RepeatWindow,
        /// Whether the repeat came from another network than the rotation.
        other_network: bool,
    },
    /// The token is two generations old but was replaced within the leeway: refused, nothing is revoked.
    Superseded,
    /// The token was replaced too long ago for a repeat: the grant is revoked.
    Reused,
    /// The token is newer than the stored generation, so the store lost an acknowledged write. It is accepted
    /// and the row is updated.
    Regressed,
    /// The presenter may not use the token: refused, nothing changes.
    Foreign(ForeignReason),
    Revoked,
    /// The refresh token or its session has expired.
    Expired,
}

/// A verdict and what to write; `None` means no change.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RotationDecision {
    pub verdict: RotationVerdict,
    pub write: Option<Grant>,
    /// The proofs to store from now on.
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

/// Judges a presented refresh token against its grant. `proofs` are those that already refreshed the
/// end-user's grants with the same key.
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
    // Proofs are judged before the generation: a recorded request that is sent again must not look like token
    // reuse (RFC 9449 §11.1).
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

/// Whether this same attempt revoked the grant for reuse, so that its repeat gets the same answer. Reuse
/// writes the attempt id and its time. A rotation writes only its attempt id, so a later revocation differs
/// in its time; within one millisecond the two cannot be told apart.
fn found_reuse(grant: &Grant, presented: &PresentedToken) -> bool {
    grant.last_attempt == presented.attempt && grant.revoked_at == Some(presented.now)
}

/// Judges the generation of an admitted token of a living grant.
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

/// Answers with the same successor if the replaced token may still get it.
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
    // `admits` verified the key of a bound grant and the authentication of a confidential client.
    if !other_network || grant.jkt.is_some() || grant.channel == GrantChannel::Confidential {
        return Some(RotationDecision::unchanged(verdict));
    }
    match &grant.late_repeat {
        // An equal time is a repeated store call for the same request; it counts even when the leeway is
        // zero.
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

/// Whether `age` is inside a window; a window of zero length contains nothing.
const fn within(age: Duration, window: Duration) -> bool {
    !window.is_zero() && age.as_nanos() <= window.as_nanos()
}

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
        // An unneeded proof of a key does no harm.
        _ => match (grant.jkt.as_deref(), &presented.proof) {
            (Some(jkt), Some(proof)) if proof.jkt.as_str() == jkt => Ok(()),
            (Some(_), _) => Err(ForeignReason::NotTheKey),
            (None, _) => Ok(()),
        },
    }
}

/// Replaces the presented token by the following generation.
fn advance(
    grant: &Grant,
    presented: &PresentedToken,
    policy: &RotationPolicy,
    verdict: RotationVerdict,
) -> RotationDecision {
    let Some(generation) = presented.generation.next() else {
        return RotationDecision::unchanged(RotationVerdict::Expired);
    };
    // After a lost write the time of the presented generation is unknown. Taking the present time lets a tab
    // that raced that rotation get `Superseded` instead of ending the session.
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

/// Whether a grant is alive when an access token of it is presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liveness {
    Alive,
    Revoked,
    /// The session ended, or the grant is unknown.
    Gone,
}

/// Judges an access token of `generation` against its grant. The second value is true when the caller has to
/// set `seen`: the grant's current generation was presented for the first time.
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
