//! A call of [`rotate`], and rules for every decision.

use super::super::tests::{attempt, network};
use super::super::*;
use super::oracle::{By, Call, Key};
use crate::protocol::dpop::{Jkt, WINDOW};
use crate::protocol::id::ProofId;

pub(super) fn presented(row: &Grant, call: &Call) -> PresentedToken {
    let client = if call.by == By::Other { ClientId::new("other") } else { row.client.clone() };
    let at_the_token_endpoint = match row.channel {
        GrantChannel::Dom => call.by == By::WrongDoor,
        GrantChannel::Public | GrantChannel::Confidential => call.by != By::WrongDoor,
    };
    let presenter = if at_the_token_endpoint {
        Presenter::TokenEndpoint { client }
    } else {
        Presenter::RefreshPath { client: Some(client) }
    };
    let (jkt, number) = match call.key {
        Key::Own(number) => (Some("mine"), number),
        Key::Other => (Some("other"), 0),
        Key::Nothing => (None, 0),
    };
    let proof = jkt.map(|jkt| Proof {
        jkt: Jkt::new(jkt),
        id: ProofId::of_hash(&[number; 32]),
        good_until: call.at.plus(WINDOW),
    });
    PresentedToken {
        generation: Generation::new(call.generation),
        presenter,
        network: network(call.from),
        attempt: attempt(call.attempt),
        now: call.at,
        mac_key: MacKeyId::new(2),
        proof,
    }
}

/// Checks rules that hold in every history; the result names the first broken one.
pub(super) fn broken_rule(row: &Grant, call: &Call, decision: &RotationDecision) -> Option<&'static str> {
    let after = decision.write.as_ref().unwrap_or(row);
    let successor = after.generation.number() == call.generation + 1;
    let same = Grant {
        generation: row.generation,
        rotated_at: row.rotated_at,
        previous_rotated_at: row.previous_rotated_at,
        mac_key: row.mac_key,
        seen: row.seen,
        last_attempt: row.last_attempt,
        last_network: row.last_network.clone(),
        expires_at: row.expires_at,
        revoked_at: row.revoked_at,
        late_repeat: row.late_repeat.clone(),
        ..after.clone()
    };
    let (accepted, changes) = match decision.verdict {
        RotationVerdict::Rotated | RotationVerdict::Regressed => (true, true),
        RotationVerdict::Repeated { .. } => (true, row.late_repeat != after.late_repeat),
        RotationVerdict::Reused => (false, row.revoked_at.is_none()),
        RotationVerdict::Superseded
        | RotationVerdict::Foreign(_)
        | RotationVerdict::Revoked
        | RotationVerdict::Expired => (false, false),
    };
    let living =
        matches!(decision.verdict, RotationVerdict::Superseded | RotationVerdict::Reused) || accepted;
    [
        (same == *row, "only a rotation's own fields change"),
        (after.generation >= row.generation, "the generation never goes back"),
        (!accepted || successor, "each generation has one successor"),
        (!accepted || row.revoked_at.is_none(), "nothing is accepted after a revocation"),
        (!accepted || call.at < row.expires_at, "nothing is accepted past its end"),
        (after.expires_at <= row.session_end, "nothing outlives the session"),
        (changes || decision.write.is_none(), "what is refused changes nothing"),
        (decision.verdict != RotationVerdict::Reused || after.revoked_at.is_some(), "reuse revokes"),
        (living || decision.proofs.is_none(), "a proof is remembered where a grant lives"),
        (
            row.generation == after.generation || row.late_repeat == after.late_repeat,
            "a rotation keeps the late repeat",
        ),
    ]
    .into_iter()
    .find_map(|(holds, name)| (!holds).then_some(name))
}
