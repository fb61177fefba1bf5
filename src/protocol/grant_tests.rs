use super::*;
use crate::protocol::grant_extensions::GrantExtensions;
use crate::protocol::id::{Bucket, SsoId};
use crate::protocol::opaque::Opaque;
use crate::protocol::sso::SsoRoot;

const START: Timestamp = Timestamp::from_secs(1_800_000_000);
pub(in crate::protocol) const DAY: Duration = Duration::from_secs(24 * 3600);
pub(in crate::protocol) const POLICY: RotationPolicy = RotationPolicy {
    leeway: Duration::from_secs(30),
    recovery: DAY,
    lifetime: Duration::from_secs(30 * 86_400),
};
pub(in crate::protocol) const STRICT: RotationPolicy =
    RotationPolicy { leeway: Duration::ZERO, recovery: Duration::ZERO, lifetime: POLICY.lifetime };

pub(in crate::protocol) const PROMPT: RotationVerdict =
    RotationVerdict::Repeated { window: RepeatWindow::Leeway, other_network: false };
pub(in crate::protocol) const PROMPT_ELSEWHERE: RotationVerdict =
    RotationVerdict::Repeated { window: RepeatWindow::Leeway, other_network: true };

pub(in crate::protocol) fn after(secs: u64) -> Timestamp {
    START.plus(Duration::from_secs(secs))
}

fn client(name: &str) -> ClientId {
    ClientId::new(name)
}

pub(in crate::protocol) fn network(third: u8) -> ClientNetwork {
    ClientNetwork::of([192, 0, third, 1].into())
}

pub(in crate::protocol) fn attempt(number: u8) -> AttemptId {
    AttemptId::new([number; 16])
}

/// A grant at generation 5, rotated 10 s ago, and before that 20 s earlier.
pub(in crate::protocol) fn grant() -> Grant {
    Grant {
        sid: Sid::new(Bucket::from_bytes([1, 2]).unwrap(), &[3; 16]),
        organization: OrganizationId::new("org_a"),
        user: UserId::new("user_a"),
        client: client("dom_a"),
        channel: GrantChannel::Dom,
        scope: Scope::client_api(),
        auth_time: START,
        generation: Generation::new(5),
        rotated_at: after(90),
        previous_rotated_at: after(70),
        mac_key: MacKeyId::new(1),
        seen: false,
        last_attempt: attempt(1),
        last_network: network(1),
        expires_at: after(1_000_000),
        session_end: after(2_000_000),
        revoked_at: None,
        jkt: None,
        extensions: GrantExtensions::default(),
        late_repeat: None,
    }
}

pub(in crate::protocol) fn presented(generation: u32, secs: u64) -> PresentedToken {
    PresentedToken {
        generation: Generation::new(generation),
        presenter: Presenter::RefreshPath { client: None },
        network: network(2),
        attempt: attempt(2),
        now: after(secs),
        mac_key: MacKeyId::new(2),
        proof: None,
    }
}

/// Judges a token of a grant whose key has no used proofs.
pub(in crate::protocol) fn rotate(
    grant: &Grant,
    presented: &PresentedToken,
    policy: &RotationPolicy,
) -> RotationDecision {
    super::rotate(grant, &UsedProofs::default(), presented, policy)
}

pub(in crate::protocol) fn unchanged(
    grant: &Grant,
    presented: &PresentedToken,
    policy: &RotationPolicy,
) -> RotationVerdict {
    let decision = rotate(grant, presented, policy);
    assert_eq!(decision.write, None, "{:?} changes nothing", decision.verdict);
    decision.verdict
}

#[test]
fn the_current_generation_is_rotated_to_the_next() {
    let before = Grant { seen: true, ..grant() };
    let decision = rotate(&before, &presented(5, 100), &POLICY);
    assert_eq!(decision.verdict, RotationVerdict::Rotated);
    let expected = Grant {
        generation: Generation::new(6),
        rotated_at: after(100),
        previous_rotated_at: before.rotated_at,
        mac_key: MacKeyId::new(2),
        seen: false,
        last_attempt: attempt(2),
        last_network: network(2),
        expires_at: after(2_000_000).min(after(100).plus(POLICY.lifetime)),
        ..before
    };
    assert_eq!(decision.write, Some(expected));
}

#[test]
fn a_refresh_token_lives_thirty_days_but_never_past_its_session() {
    assert_eq!(refresh_expiry(START, DAY, START.plus(2 * DAY)), START.plus(DAY));
    assert_eq!(refresh_expiry(START, DAY, after(5)), after(5));
}

#[test]
fn a_refresh_never_renews_auth_time_or_the_session() {
    let after = rotate(&grant(), &presented(5, 100), &POLICY).write.unwrap();
    assert_eq!((after.auth_time, after.session_end), (grant().auth_time, grant().session_end));
}

#[test]
fn the_previous_generation_is_repeated_within_the_leeway_even_when_the_successor_was_seen() {
    let seen = Grant { seen: true, ..grant() };
    assert_eq!(unchanged(&seen, &presented(4, 120), &POLICY), PROMPT_ELSEWHERE);
    assert_eq!(
        rotate(&seen, &presented(4, 121), &POLICY).verdict,
        RotationVerdict::Reused,
        "a second too late"
    );
}

#[test]
fn the_generation_before_the_previous_is_superseded_when_its_replacement_is_within_the_leeway() {
    assert_eq!(unchanged(&grant(), &presented(3, 100), &POLICY), RotationVerdict::Superseded);
    assert_eq!(rotate(&grant(), &presented(3, 101), &POLICY).verdict, RotationVerdict::Reused);
}

#[test]
fn an_older_generation_is_reused_and_ends_the_grant() {
    let decision = rotate(&grant(), &presented(2, 91), &POLICY);
    assert_eq!(decision.verdict, RotationVerdict::Reused);
    let expected = Grant { revoked_at: Some(after(91)), last_attempt: attempt(2), ..grant() };
    assert_eq!(decision.write, Some(expected));
}

#[test]
fn the_attempt_that_found_reuse_hears_it_again_and_others_hear_revoked() {
    let revoked = rotate(&grant(), &presented(2, 91), &POLICY).write.unwrap();
    assert_eq!(unchanged(&revoked, &presented(2, 91), &POLICY), RotationVerdict::Reused);
    let other = PresentedToken { attempt: attempt(3), ..presented(2, 92) };
    assert_eq!(unchanged(&revoked, &other, &POLICY), RotationVerdict::Revoked);
    let current = PresentedToken { attempt: attempt(3), ..presented(5, 92) };
    assert_eq!(unchanged(&revoked, &current, &POLICY), RotationVerdict::Revoked);
}

#[test]
fn the_retry_of_a_rotation_whose_grant_was_revoked_meanwhile_is_no_reuse() {
    let rotated = rotate(&grant(), &presented(5, 100), &POLICY).write.unwrap();
    let revoked = Grant { revoked_at: Some(after(101)), ..rotated };
    assert_eq!(unchanged(&revoked, &presented(5, 100), &POLICY), RotationVerdict::Revoked);
}

#[test]
fn a_generation_newer_than_the_row_is_regressed_and_the_row_catches_up() {
    let decision = rotate(&grant(), &presented(9, 100), &POLICY);
    assert_eq!(decision.verdict, RotationVerdict::Regressed);
    let write = decision.write.unwrap();
    assert_eq!(write.generation, Generation::new(10));
    assert_eq!((write.rotated_at, write.previous_rotated_at), (after(100), after(100)));
    let racing = PresentedToken { attempt: attempt(3), ..presented(9, 101) };
    assert_eq!(unchanged(&write, &racing, &POLICY), PROMPT);
    let slow = PresentedToken { attempt: attempt(4), ..presented(8, 101) };
    assert_eq!(unchanged(&write, &slow, &POLICY), RotationVerdict::Superseded, "a slow tab ends nothing");
}

#[test]
fn without_a_leeway_only_a_repeated_store_call_is_repeated() {
    let decision = rotate(&grant(), &presented(5, 100), &STRICT);
    let write = decision.write.unwrap();
    assert_eq!(unchanged(&write, &presented(5, 100), &STRICT), RotationVerdict::Rotated);
    let other = PresentedToken { attempt: attempt(3), ..presented(5, 100) };
    assert_eq!(rotate(&write, &other, &STRICT).verdict, RotationVerdict::Reused);
    let two_before = PresentedToken { attempt: attempt(3), ..presented(4, 100) };
    assert_eq!(rotate(&write, &two_before, &STRICT).verdict, RotationVerdict::Reused);
}

#[test]
fn a_refresh_token_is_expired_from_its_last_moment_on_and_nothing_changes() {
    let end = Grant { expires_at: after(100), ..grant() };
    for generation in [2, 4, 5, 9] {
        assert_eq!(unchanged(&end, &presented(generation, 100), &POLICY), RotationVerdict::Expired);
    }
    assert_eq!(rotate(&end, &presented(5, 99), &POLICY).verdict, RotationVerdict::Rotated);
}

#[test]
fn revoked_is_told_before_expired() {
    let both = Grant { expires_at: after(1), revoked_at: Some(after(2)), ..grant() };
    assert_eq!(unchanged(&both, &presented(5, 100), &POLICY), RotationVerdict::Revoked);
}

#[test]
fn after_the_last_generation_no_token_is_made() {
    let last = Grant { generation: Generation::new(u32::MAX), ..grant() };
    assert_eq!(unchanged(&last, &presented(u32::MAX, 100), &POLICY), RotationVerdict::Expired);
    assert_eq!(unchanged(&grant(), &presented(u32::MAX, 100), &POLICY), RotationVerdict::Expired);
}

#[test]
fn another_clients_token_is_foreign_and_nothing_changes() {
    let other = ForeignReason::OtherClient;
    let needs = ForeignReason::NeedsClientAuthentication;
    let refresh_path = |name: Option<&str>| Presenter::RefreshPath { client: name.map(client) };
    let token_endpoint = |name| Presenter::TokenEndpoint { client: client(name) };
    let cases = [
        (GrantChannel::Dom, refresh_path(None), None),
        (GrantChannel::Dom, refresh_path(Some("dom_a")), None),
        (GrantChannel::Dom, refresh_path(Some("dom_b")), Some(other)),
        (GrantChannel::Dom, token_endpoint("dom_a"), Some(other)),
        (GrantChannel::Public, refresh_path(None), None),
        (GrantChannel::Public, refresh_path(Some("dom_a")), None),
        (GrantChannel::Public, refresh_path(Some("dom_b")), Some(other)),
        (GrantChannel::Public, token_endpoint("dom_a"), None),
        (GrantChannel::Public, token_endpoint("dom_b"), Some(other)),
        (GrantChannel::Confidential, refresh_path(None), Some(needs)),
        (GrantChannel::Confidential, refresh_path(Some("dom_a")), Some(needs)),
        (GrantChannel::Confidential, refresh_path(Some("dom_b")), Some(needs)),
        (GrantChannel::Confidential, token_endpoint("dom_a"), None),
        (GrantChannel::Confidential, token_endpoint("dom_b"), Some(other)),
    ];
    for (channel, presenter, refused) in cases {
        let grant = Grant { channel, ..grant() };
        let shown = format!("{channel:?} {presenter:?}");
        let current = PresentedToken { presenter: presenter.clone(), ..presented(5, 100) };
        match refused {
            None => {
                assert_eq!(rotate(&grant, &current, &POLICY).verdict, RotationVerdict::Rotated, "{shown}");
            }
            Some(because) => {
                for generation in [2, 5, 9] {
                    let shown_again =
                        PresentedToken { presenter: presenter.clone(), ..presented(generation, 100) };
                    assert_eq!(
                        unchanged(&grant, &shown_again, &POLICY),
                        RotationVerdict::Foreign(because),
                        "{shown}"
                    );
                }
            }
        }
    }
}

#[test]
fn an_access_token_counts_as_seen_only_when_its_generation_is_the_rows_own() {
    let judge = |grant: &Grant, generation| present_access(grant, Generation::new(generation), after(100));
    assert_eq!(judge(&grant(), 5), (Liveness::Alive, true));
    assert_eq!(judge(&grant(), 4), (Liveness::Alive, false));
    assert_eq!(judge(&grant(), 6), (Liveness::Alive, false));
    let seen = Grant { seen: true, ..grant() };
    assert_eq!(judge(&seen, 5), (Liveness::Alive, false), "it was before");
}

#[test]
fn an_access_token_of_a_revoked_or_ended_grant_is_refused() {
    let revoked = Grant { revoked_at: Some(after(1)), ..grant() };
    assert_eq!(present_access(&revoked, Generation::new(5), after(100)), (Liveness::Revoked, false));
    let ended = Grant { session_end: after(100), ..grant() };
    assert_eq!(present_access(&ended, Generation::new(5), after(100)), (Liveness::Gone, false));
    assert_eq!(present_access(&ended, Generation::new(5), after(99)), (Liveness::Alive, true));
}

#[test]
fn an_access_token_outlives_the_refresh_token_but_not_the_session() {
    let idle = Grant { expires_at: after(1), ..grant() };
    assert_eq!(present_access(&idle, Generation::new(5), after(100)).0, Liveness::Alive);
}

#[test]
fn openid_core_11_a_grant_outlives_the_session_that_it_was_made_in_only_with_offline_access() {
    let in_session = GrantExtensions {
        sso: Some(SsoRoot::of_first_sign_in(SsoId::of(&Opaque::new(Bucket::of_hash(&[1; 32]), [4; 32])))),
        ..GrantExtensions::default()
    };
    let offline = Scope::parse("openid offline_access").unwrap();
    assert!(grant().outlives_session(), "it was made in none");
    let made = Grant { extensions: in_session, ..grant() };
    assert!(!made.outlives_session());
    assert!(Grant { scope: offline, ..made }.outlives_session());
}

#[test]
fn rfc8707_2_2_a_grant_at_some_resources_is_otherwise_the_same() {
    let extensions = GrantExtensions { sector: Some("a.example".to_owned()), ..GrantExtensions::default() };
    let all = Grant { extensions, ..grant() };
    let resources = vec!["https://api.example/".to_owned()];
    let some = all.at_resources(resources.clone());
    assert_eq!(some.extensions.resources, resources);
    let extensions = GrantExtensions { resources: Vec::new(), ..some.extensions.clone() };
    assert_eq!(Grant { extensions, ..some }, all);
}
