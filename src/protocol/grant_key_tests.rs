//! Grants that are bound to a key (RFC 9449 §5), and their proofs.

use super::tests::{POLICY, after, attempt, grant, network, presented, rotate, unchanged};
use super::*;
use crate::protocol::dpop::{Jkt, WINDOW};
use crate::protocol::id::ProofId;

fn proof(key: &str, number: u8, secs: u64) -> Proof {
    let good_until = after(secs).plus(WINDOW);
    Proof { jkt: Jkt::new(key), id: ProofId::of_hash(&[number; 32]), good_until }
}

fn bound() -> Grant {
    Grant { jkt: Some("mine".to_owned()), ..grant() }
}

#[test]
fn rfc9449_5_a_bound_token_needs_its_key_and_any_other_needs_none() {
    for generation in [2, 4, 5, 9] {
        for proof in [None, Some(proof("other", 1, 100))] {
            let copied = PresentedToken { proof, ..presented(generation, 100) };
            let refused = RotationVerdict::Foreign(ForeignReason::NotTheKey);
            assert_eq!(unchanged(&bound(), &copied, &POLICY), refused, "{generation}");
            let decision = rotate(&bound(), &copied, &POLICY);
            assert_eq!(decision.proofs, None, "nothing of another key is remembered");
        }
    }
    let own = PresentedToken { proof: Some(proof("mine", 1, 100)), ..presented(5, 100) };
    let decision = rotate(&bound(), &own, &POLICY);
    assert_eq!(decision.verdict, RotationVerdict::Rotated);
    assert_eq!(decision.write.unwrap().jkt, bound().jkt, "it stays bound");
    let needless = rotate(&grant(), &own, &POLICY);
    assert_eq!((needless.verdict, needless.proofs), (RotationVerdict::Rotated, None));
    assert_eq!(needless.write.unwrap().jkt, None, "nothing is bound later");
}

#[test]
fn a_proven_key_may_come_from_anywhere_as_often_as_it_takes() {
    let window = RepeatWindow::Recovery;
    for (from, number) in [(2, 1), (3, 2), (2, 3)] {
        let proof = Some(proof("mine", number, 200));
        let late = PresentedToken { network: network(from), proof, ..presented(4, 200) };
        let repeated = RotationVerdict::Repeated { window, other_network: true };
        assert_eq!(unchanged(&bound(), &late, &POLICY), repeated);
    }
}

#[test]
fn rfc9449_11_1_a_replayed_proof_rotates_nothing_and_revokes_nothing() {
    let first = PresentedToken { proof: Some(proof("mine", 1, 100)), ..presented(5, 100) };
    let decision = rotate(&bound(), &first, &POLICY);
    let (row, used) = (decision.write.unwrap(), decision.proofs.unwrap());
    for generation in [2, 5, 6, 9] {
        let replay = PresentedToken { attempt: attempt(3), ..first.clone() };
        let replay = PresentedToken { generation: Generation::new(generation), ..replay };
        let decision = super::rotate(&row, &used, &replay, &POLICY);
        let refused = RotationVerdict::Foreign(ForeignReason::Proof(ProofRefusal::Replayed));
        assert_eq!(decision, RotationDecision::unchanged(refused), "{generation}");
    }
    let again = super::rotate(&row, &used, &first, &POLICY);
    assert_eq!((again.verdict, again.write), (RotationVerdict::Rotated, None), "our own retry");
    let unbound = super::rotate(&grant(), &used, &first, &POLICY);
    assert_eq!(unbound.verdict, RotationVerdict::Rotated, "what is not asked for cannot be replayed");
}

#[test]
fn rfc9449_11_1_the_proof_of_every_answer_to_a_living_grant_is_remembered() {
    for (generation, expected) in
        [(5, "Rotated"), (4, "Repeated"), (3, "Superseded"), (2, "Reused"), (9, "Regressed")]
    {
        let one = PresentedToken { proof: Some(proof("mine", 1, 95)), ..presented(generation, 95) };
        let decision = rotate(&bound(), &one, &POLICY);
        assert!(format!("{:?}", decision.verdict).starts_with(expected));
        let remembered = UsedProofs::default().remember(
            one.proof.as_ref().unwrap(),
            Some(grant().sid),
            attempt(2),
            after(95),
        );
        assert_eq!(decision.proofs, remembered.ok(), "{expected}");
    }
    let one = PresentedToken { proof: Some(proof("mine", 1, 95)), ..presented(5, 95) };
    for over in [Grant { revoked_at: Some(after(1)), ..bound() }, Grant { expires_at: after(95), ..bound() }]
    {
        assert_eq!(rotate(&over, &one, &POLICY).proofs, None, "nothing can be had of it any more");
    }
}
