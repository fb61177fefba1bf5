use super::*;
use crate::protocol::id::Bucket;
use crate::protocol::mac::MacKeyId;

const START: Timestamp = Timestamp::from_secs(1_800_000_000);
const DAY: Duration = Duration::from_secs(86_400);
const RIGHT: u8 = 10;
const WRONG: u8 = 99;

pub(super) const fn secs(number: u64) -> Duration {
    Duration::from_secs(number)
}

const POLICY: CodePolicy = CodePolicy {
    lifetime: secs(600),
    attempts: 5,
    address_failures: Limit { count: 10, window: DAY },
    known_device_failures: Limit { count: 3, window: DAY },
    resend_waits: [secs(30), secs(60), secs(120)],
};

pub(super) fn after(seconds: u64) -> Timestamp {
    START.plus(secs(seconds))
}

pub(super) fn attempt(number: u8) -> AttemptId {
    AttemptId::new([number; 16])
}

pub(super) fn digest(byte: u8) -> CodeDigest {
    CodeDigest::new([byte; 32])
}

fn reference(text: &str) -> Reference {
    Reference::parse(text).unwrap()
}

/// The digest of digits is `byte`, which is even, that of letters the odd number after it.
pub(super) fn candidates(byte: u8, references: [&str; 2]) -> CandidateDigests {
    CandidateDigests {
        digits: digest(byte),
        letters: digest(byte | 1),
        references: references.map(reference),
    }
}

pub(super) fn new(device: Option<KnownDeviceId>) -> NewChallenge {
    NewChallenge {
        id: ChallengeId::new(MacKeyId::new(1), Bucket::from_bytes([0, 7]).unwrap(), &[1; 16]),
        organization: OrganizationId::new("org_a"),
        address_key: AddressKey::of_hash(&[4; 32]),
        email: EmailAddress::parse("ana@example.com").unwrap(),
        device,
        from: None,
        candidates: candidates(RIGHT, ["A2", "B3"]),
        attempt: attempt(1),
        now: START,
    }
}

pub(in crate::protocol) fn opened() -> Challenge {
    open(&new(None), &FailureBudget::default(), &POLICY)
}

pub(in crate::protocol) fn failed(times: u64) -> FailureBudget {
    FailureBudget { failures: EventLog::new((0..times).map(after).collect()), used_up_at: None }
}

fn typed(byte: u8, number: u8, seconds: u64) -> TryCode {
    TryCode { digest: digest(byte), reference: None, attempt: attempt(number), now: after(seconds) }
}

fn again(challenge: &Challenge, number: u8, budget: &FailureBudget, seconds: u64) -> ResendDecision {
    resend(challenge, &candidates(20, ["A2", "B3"]), attempt(number), budget, &POLICY, after(seconds))
}

fn sent_again(challenge: &Challenge, number: u8, budget: &FailureBudget, seconds: u64) -> Challenge {
    match again(challenge, number, budget, seconds) {
        ResendDecision::Send(next) => *next,
        other => panic!("{other:?}"),
    }
}

fn judge(challenge: &Challenge, try_: &TryCode, budget: &FailureBudget) -> TryDecision {
    try_code(challenge, try_, budget, &POLICY)
}

fn unchanged(challenge: &Challenge, try_: &TryCode, budget: &FailureBudget) -> TryVerdict {
    let decision = judge(challenge, try_, budget);
    assert_eq!((decision.challenge, decision.budget), (None, None), "{:?}", decision.verdict);
    decision.verdict
}

fn after_failures(times: u8) -> Challenge {
    let fail = |challenge: Challenge, number: u8| {
        judge(&challenge, &typed(WRONG, number, 5), &FailureBudget::default()).challenge.unwrap()
    };
    (50..).take(usize::from(times)).fold(opened(), fail)
}

#[test]
fn a_challenge_opens_with_six_digits_and_the_first_wait() {
    let sent = opened().last_sent().unwrap();
    let expected = CodeDelivery {
        form: CodeForm::Digits,
        reference: reference("A2"),
        next_send_at: after(30),
        sent_at: START,
    };
    assert_eq!(sent, expected);
    assert_eq!(opened().expires_at(&POLICY), after(600));
}

#[test]
fn past_the_budget_codes_are_eight_characters_until_a_failure_is_a_day_old() {
    assert_eq!(open(&new(None), &failed(9), &POLICY).form, CodeForm::Digits);
    let letters = open(&new(None), &failed(10), &POLICY);
    assert_eq!((letters.form, letters.live[0].digest), (CodeForm::Letters, digest(RIGHT + 1)));
    let later = NewChallenge { now: START.plus(DAY), ..new(None) };
    assert_eq!(open(&later, &failed(10), &POLICY).form, CodeForm::Digits);
}

#[test]
fn a_known_device_has_a_limit_of_its_own() {
    let device = Some(KnownDeviceId::new([8; 16]));
    assert_eq!(open(&new(device), &failed(2), &POLICY).form, CodeForm::Digits);
    let challenge = open(&new(device), &failed(3), &POLICY);
    assert_eq!(challenge.form, CodeForm::Letters);
    assert_eq!(challenge.failure_limit(&POLICY), POLICY.known_device_failures);
    assert_eq!(opened().failure_limit(&POLICY), POLICY.address_failures);
}

#[test]
fn resends_wait_thirty_seconds_then_sixty_then_hundred_and_twenty() {
    let none = FailureBudget::default();
    assert_eq!(again(&opened(), 2, &none, 29), ResendDecision::TooSoon { retry_after: secs(1) });
    let second = sent_again(&opened(), 2, &none, 30);
    assert_eq!(again(&second, 3, &none, 89), ResendDecision::TooSoon { retry_after: secs(1) });
    let third = sent_again(&second, 3, &none, 90);
    assert_eq!(again(&third, 4, &none, 209), ResendDecision::TooSoon { retry_after: secs(1) });
    let fourth = sent_again(&third, 4, &none, 210);
    assert_eq!(fourth.next_send_at, after(330));
    assert_eq!(fourth.sends, 4);
}

#[test]
fn the_last_two_codes_stay_valid_under_different_references() {
    let none = FailureBudget::default();
    let second = sent_again(&opened(), 2, &none, 30);
    let references: Vec<_> = second.live.iter().map(|code| code.reference.as_str()).collect();
    assert_eq!(references, ["A2", "B3"]);
    let third = sent_again(&second, 3, &none, 90);
    let references: Vec<_> = third.live.iter().map(|code| code.reference.as_str()).collect();
    assert_eq!(references, ["B3", "A2"], "the reference of the code before last is free again");
    assert_eq!(judge(&second, &typed(RIGHT, 9, 100), &none).verdict, TryVerdict::Accepted);
    assert_eq!(judge(&second, &typed(20, 9, 100), &none).verdict, TryVerdict::Accepted);
    assert_eq!(judge(&third, &typed(RIGHT, 9, 100), &none).verdict, TryVerdict::Wrong { left: 4 });
}

#[test]
fn the_same_resend_repeated_sends_nothing() {
    let second = sent_again(&opened(), 2, &FailureBudget::default(), 30);
    assert_eq!(again(&second, 2, &FailureBudget::default(), 30), ResendDecision::Again);
    assert_eq!(
        again(&opened(), 1, &FailureBudget::default(), 0),
        ResendDecision::Again,
        "nor does the opening"
    );
}

#[test]
fn a_dead_or_used_challenge_is_not_sent_again() {
    let none = FailureBudget::default();
    assert_eq!(again(&opened(), 2, &none, 600), ResendDecision::Expired);
    assert!(matches!(again(&opened(), 2, &none, 599), ResendDecision::Send(_)));
    let used = judge(&opened(), &typed(RIGHT, 9, 5), &none).challenge.unwrap();
    assert_eq!(again(&used, 2, &none, 40), ResendDecision::Spent);
    assert_eq!(again(&after_failures(5), 2, &none, 40), ResendDecision::Spent);
}

#[test]
fn a_resend_does_not_reset_the_failed_attempts() {
    let second = sent_again(&after_failures(4), 2, &FailureBudget::default(), 30);
    let verdict = judge(&second, &typed(WRONG, 9, 31), &FailureBudget::default()).verdict;
    assert_eq!(verdict, TryVerdict::Spent, "it was the last");
}

#[test]
fn a_retired_challenge_may_resend_once_at_once_with_eight_characters() {
    let next = sent_again(&after_failures(3), 2, &failed(10), 12);
    assert_eq!(next.form, CodeForm::Letters);
    assert_eq!(next.live.len(), 1, "the six digits ended");
    assert!(next.failures.is_empty(), "the eight characters have attempts of their own");
    assert_eq!(next.live[0].digest, digest(21));
    assert_eq!(again(&next, 3, &failed(10), 13), ResendDecision::TooSoon { retry_after: secs(59) });
    assert_eq!(judge(&next, &typed(21, 9, 14), &failed(10)).verdict, TryVerdict::Accepted);
}

#[test]
fn eight_characters_stay_eight_characters() {
    let letters = open(&new(None), &failed(10), &POLICY);
    let next = sent_again(&letters, 2, &FailureBudget::default(), 30);
    assert_eq!((next.form, next.live.len()), (CodeForm::Letters, 2));
}

#[test]
fn the_right_code_is_accepted_once() {
    let none = FailureBudget::default();
    let decision = judge(&opened(), &typed(RIGHT, 9, 5), &none);
    assert_eq!((decision.verdict, decision.budget), (TryVerdict::Accepted, None));
    let used = decision.challenge.unwrap();
    assert_eq!(used.spent_by, Some(attempt(9)));
    assert_eq!(used.ended(&POLICY, after(5)), Some(ChallengeEnd::Spent));
    assert_eq!(unchanged(&used, &typed(RIGHT, 9, 5), &none), TryVerdict::Accepted, "the same attempt");
    assert_eq!(unchanged(&used, &typed(RIGHT, 8, 6), &none), TryVerdict::Spent, "another one");
}

#[test]
fn five_failed_attempts_end_a_challenge() {
    let mut challenge = opened();
    let wrong = |left| TryVerdict::Wrong { left };
    let verdicts = [wrong(4), wrong(3), wrong(2), wrong(1), TryVerdict::Spent];
    for (number, verdict) in verdicts.into_iter().enumerate() {
        let number = u8::try_from(number).unwrap();
        assert_eq!(challenge.ended(&POLICY, after(5)), None);
        let decision = judge(&challenge, &typed(WRONG, 50 + number, 5), &FailureBudget::default());
        assert_eq!(decision.verdict, verdict);
        assert_eq!(decision.budget.unwrap().failures, EventLog::new(vec![after(5)]));
        challenge = decision.challenge.unwrap();
    }
    let none = FailureBudget::default();
    assert_eq!(challenge.ended(&POLICY, after(5)), Some(ChallengeEnd::Spent));
    assert_eq!(
        unchanged(&challenge, &typed(WRONG, 54, 6), &none),
        TryVerdict::Spent,
        "the last one repeated"
    );
    assert_eq!(unchanged(&challenge, &typed(RIGHT, 9, 6), &none), TryVerdict::Spent);
    assert_eq!(unchanged(&challenge, &typed(WRONG, 51, 6), &none), TryVerdict::Wrong { left: 3 }, "a repeat");
}

#[test]
fn a_code_dies_ten_minutes_after_its_own_sending() {
    let none = FailureBudget::default();
    assert_eq!(judge(&opened(), &typed(RIGHT, 9, 599), &none).verdict, TryVerdict::Accepted);
    assert_eq!(unchanged(&opened(), &typed(RIGHT, 9, 600), &none), TryVerdict::Expired);
    assert_eq!(
        (opened().ended(&POLICY, after(599)), opened().ended(&POLICY, after(600))),
        (None, Some(ChallengeEnd::Expired))
    );
    let second = sent_again(&opened(), 2, &none, 300);
    assert_eq!(judge(&second, &typed(RIGHT, 9, 600), &none).verdict, TryVerdict::Wrong { left: 4 });
    assert_eq!(judge(&second, &typed(20, 9, 899), &none).verdict, TryVerdict::Accepted);
}

#[test]
fn a_reference_selects_the_code_that_is_compared() {
    let none = FailureBudget::default();
    let second = sent_again(&opened(), 2, &none, 30);
    let with = |name: &str| TryCode { reference: Some(reference(name)), ..typed(RIGHT, 9, 40) };
    assert_eq!(judge(&second, &with("A2"), &none).verdict, TryVerdict::Accepted);
    assert_eq!(judge(&second, &with("B3"), &none).verdict, TryVerdict::Wrong { left: 4 });
    assert_eq!(judge(&second, &with("Z9"), &none).verdict, TryVerdict::Wrong { left: 4 });
}

#[test]
fn the_failure_that_uses_up_the_budget_retires_the_challenge() {
    let decision = judge(&opened(), &typed(WRONG, 9, 20), &failed(9));
    assert_eq!(decision.verdict, TryVerdict::Retired);
    let budget = decision.budget.unwrap();
    assert_eq!(budget.used_up_at, Some(after(20)));
    let challenge = decision.challenge.unwrap();
    assert_eq!(unchanged(&challenge, &typed(WRONG, 9, 21), &budget), TryVerdict::Retired, "its repeat");
    assert_eq!(
        unchanged(&challenge, &typed(RIGHT, 8, 21), &budget),
        TryVerdict::Retired,
        "the right one too"
    );
    assert_eq!(unchanged(&opened(), &typed(RIGHT, 8, 21), &budget), TryVerdict::Retired, "every open one");
}

#[test]
fn six_digits_sent_before_the_budget_was_used_up_stay_retired_when_failures_grow_old() {
    let freed = FailureBudget { failures: EventLog::default(), used_up_at: Some(after(10)) };
    assert_eq!(unchanged(&opened(), &typed(RIGHT, 9, 20), &freed), TryVerdict::Retired);
    let fresh = open(&NewChallenge { now: after(11), ..new(None) }, &freed, &POLICY);
    assert_eq!(judge(&fresh, &typed(RIGHT, 9, 20), &freed).verdict, TryVerdict::Accepted);
}

#[test]
fn eight_characters_never_retire_and_count_against_no_budget() {
    let letters = open(&new(None), &failed(10), &POLICY);
    let decision = judge(&letters, &typed(WRONG, 9, 20), &failed(10));
    assert_eq!((decision.verdict, decision.budget), (TryVerdict::Wrong { left: 4 }, None));
    assert_eq!(judge(&letters, &typed(RIGHT + 1, 8, 20), &failed(10)).verdict, TryVerdict::Accepted);
}

#[test]
fn a_dead_code_is_told_before_a_retired_one_and_a_spent_one_before_both() {
    assert_eq!(unchanged(&opened(), &typed(RIGHT, 9, 600), &failed(10)), TryVerdict::Expired);
    assert_eq!(unchanged(&after_failures(5), &typed(RIGHT, 9, 600), &failed(10)), TryVerdict::Spent);
}

#[test]
fn a_challenge_without_a_code_has_sent_nothing_and_is_over() {
    let empty = Challenge { live: Vec::new(), ..opened() };
    assert_eq!(empty.last_sent(), None);
    assert_eq!(unchanged(&empty, &typed(RIGHT, 9, 0), &FailureBudget::default()), TryVerdict::Expired);
}

#[test]
fn after_the_most_sends_a_challenge_ends_without_a_known_device() {
    let sent = |sends| Challenge { sends, ..opened() };
    assert!(sent(MOST_SENDS - 1).goes_on(&POLICY, after(599)));
    assert!(!sent(MOST_SENDS).goes_on(&POLICY, after(599)));
}

#[test]
fn two_codes_that_are_the_same_by_chance_are_right() {
    let none = FailureBudget::default();
    let mut twice = sent_again(&opened(), 2, &none, 30);
    twice.live[1].digest = twice.live[0].digest;
    assert_eq!(judge(&twice, &typed(RIGHT, 9, 40), &none).verdict, TryVerdict::Accepted);
}
