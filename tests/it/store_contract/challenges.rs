//! Opening challenges, sending their codes again, and trying them.

use tiquo_auth::ports::store::{AttemptOutcome, ResendCode, SendOutcome};
use tiquo_auth::protocol::budget::Limit;
use tiquo_auth::protocol::challenge::{CodeDelivery, CodePolicy, NewChallenge, TryCode, TryVerdict};
use tiquo_auth::protocol::code::{CodeForm, Reference};
use tiquo_auth::protocol::id::OrganizationId;

use super::make::{
    CODE, CODES, DAY, MANY_SENDS, START, WRONG, address, after, attempt, challenge_id, device, email,
    network, new_challenge, organization, resend_code, secs, sent, typed, verdict,
};
use crate::support::stores::{TestStore, on_every_store};

on_every_store! {
    an_opened_challenge_is_stored_with_its_first_code,
    opening_the_same_challenge_again_answers_the_same,
    an_unknown_challenge_is_unknown_to_every_verb,
    a_resend_replaces_nothing_until_the_third_code,
    a_resend_too_soon_says_how_long_to_wait,
    the_same_resend_repeated_answers_the_same,
    another_pages_challenge_is_expired_to_a_resend,
    a_dead_or_used_challenge_is_not_sent_again,
    the_right_code_is_accepted_once,
    wrong_codes_count_down_and_end_the_challenge,
    a_wrong_attempt_repeated_counts_once,
    a_dead_code_is_expired,
    a_reference_selects_the_code,
    the_failure_that_uses_up_the_budget_says_so_once,
    a_retired_challenge_resends_eight_characters_at_once,
    a_device_has_a_budget_of_its_own,
    the_budget_frees_itself_after_its_window,
    failures_of_other_addresses_do_not_count,
}

const TIGHT: CodePolicy = CodePolicy {
    address_failures: Limit { count: 2, window: DAY },
    known_device_failures: Limit { count: 3, window: DAY },
    ..CODES
};

async fn open(store: &TestStore, new: &NewChallenge, codes: &CodePolicy) -> CodeDelivery {
    sent(store.open_challenge(new, &network(1), codes, &MANY_SENDS).await.unwrap())
}

async fn resend(store: &TestStore, resend: &ResendCode, codes: &CodePolicy) -> SendOutcome {
    store.resend_code(resend, &network(1), codes, &MANY_SENDS).await.unwrap()
}

async fn try_(store: &TestStore, new: &NewChallenge, try_: &TryCode, codes: &CodePolicy) -> TryVerdict {
    verdict(&store.try_code(&new.id, try_, codes).await.unwrap())
}

fn reference(text: &str) -> Reference {
    Reference::parse(text).unwrap()
}

async fn an_opened_challenge_is_stored_with_its_first_code(store: TestStore) {
    let new = NewChallenge { device: Some(device(3)), ..new_challenge(1, 1, 0) };
    let expected = CodeDelivery {
        form: CodeForm::Digits,
        reference: reference("A2"),
        next_send_at: after(30),
        sent_at: START,
    };
    assert_eq!(open(&store, &new, &CODES).await, expected);
    let row = store.peek_challenge(&new.id).await.unwrap().unwrap();
    assert_eq!((row.id, row.organization, row.address_key), (new.id, organization(), address(1)));
    assert_eq!((row.email, row.device, row.sends), (email(1), Some(device(3)), 1));
    assert_eq!((row.live.len(), row.failures.len(), row.spent_by), (1, 0, None));
}

async fn opening_the_same_challenge_again_answers_the_same(store: TestStore) {
    let new = new_challenge(1, 1, 0);
    let first = open(&store, &new, &CODES).await;
    assert_eq!(open(&store, &new, &CODES).await, first);
    let _ = try_(&store, &new, &typed(WRONG, 9, 1), &CODES).await;
    open(&store, &new, &CODES).await;
    let row = store.peek_challenge(&new.id).await.unwrap().unwrap();
    assert_eq!(row.failures.len(), 1, "it gives no attempts back");
}

async fn an_unknown_challenge_is_unknown_to_every_verb(store: TestStore) {
    let new = new_challenge(1, 1, 0);
    assert_eq!(store.peek_challenge(&challenge_id(1, 2)).await.unwrap(), None);
    assert_eq!(store.try_code(&new.id, &typed(CODE, 1, 0), &CODES).await.unwrap(), AttemptOutcome::Unknown);
    assert_eq!(resend(&store, &resend_code(&new, 2, 40), &CODES).await, SendOutcome::Expired);
}

async fn a_resend_replaces_nothing_until_the_third_code(store: TestStore) {
    let new = new_challenge(1, 1, 0);
    open(&store, &new, &CODES).await;
    let second = sent(resend(&store, &resend_code(&new, 2, 30), &CODES).await);
    let expected = CodeDelivery {
        form: CodeForm::Digits,
        reference: reference("B3"),
        next_send_at: after(90),
        sent_at: after(30),
    };
    assert_eq!(second, expected);
    let third = sent(resend(&store, &resend_code(&new, 3, 90), &CODES).await);
    assert_eq!((third.reference, third.next_send_at), (reference("A2"), after(210)));
    let row = store.peek_challenge(&new.id).await.unwrap().unwrap();
    assert_eq!((row.live.len(), row.sends, row.last_send), (2, 3, attempt(3)));
    assert_eq!(try_(&store, &new, &typed(CODE, 8, 91), &CODES).await, TryVerdict::Wrong { left: 4 });
    assert_eq!(try_(&store, &new, &typed(CODE + 100, 9, 92), &CODES).await, TryVerdict::Accepted);
}

async fn a_resend_too_soon_says_how_long_to_wait(store: TestStore) {
    let new = new_challenge(1, 1, 0);
    open(&store, &new, &CODES).await;
    let too_soon = |seconds| SendOutcome::TooSoon { retry_after: secs(seconds) };
    assert_eq!(resend(&store, &resend_code(&new, 2, 10), &CODES).await, too_soon(20));
    sent(resend(&store, &resend_code(&new, 3, 30), &CODES).await);
    assert_eq!(resend(&store, &resend_code(&new, 4, 89), &CODES).await, too_soon(1));
}

async fn the_same_resend_repeated_answers_the_same(store: TestStore) {
    let new = new_challenge(1, 1, 0);
    open(&store, &new, &CODES).await;
    let first = resend(&store, &resend_code(&new, 2, 30), &CODES).await;
    assert_eq!(resend(&store, &resend_code(&new, 2, 30), &CODES).await, first);
    assert_eq!(store.peek_challenge(&new.id).await.unwrap().unwrap().sends, 2);
}

async fn another_pages_challenge_is_expired_to_a_resend(store: TestStore) {
    let new = new_challenge(1, 1, 0);
    open(&store, &new, &CODES).await;
    let ours = resend_code(&new, 2, 40);
    let other_organization = ResendCode { organization: OrganizationId::new("org_b"), ..ours.clone() };
    assert_eq!(resend(&store, &other_organization, &CODES).await, SendOutcome::Expired);
    // Another address of the same bucket, so that a store that shards by bucket is asked the same.
    let mut bytes = *address(1).as_bytes();
    bytes[17] ^= 1;
    let mut hash = [0; 32];
    hash[..2].copy_from_slice(&bytes[..2]);
    hash[16..].copy_from_slice(&bytes[2..]);
    let address_key = tiquo_auth::protocol::id::AddressKey::of_hash(&hash);
    assert_eq!(address_key.bucket(), address(1).bucket());
    let other_address = ResendCode { address_key, ..ours.clone() };
    assert_eq!(resend(&store, &other_address, &CODES).await, SendOutcome::Expired);
    sent(resend(&store, &ours, &CODES).await);
}

async fn a_dead_or_used_challenge_is_not_sent_again(store: TestStore) {
    let dead = new_challenge(1, 1, 0);
    open(&store, &dead, &CODES).await;
    assert_eq!(resend(&store, &resend_code(&dead, 2, 600), &CODES).await, SendOutcome::Expired);
    let used = new_challenge(1, 3, 0);
    open(&store, &used, &CODES).await;
    let _ = try_(&store, &used, &typed(CODE, 9, 1), &CODES).await;
    assert_eq!(resend(&store, &resend_code(&used, 4, 40), &CODES).await, SendOutcome::Spent);
}

async fn the_right_code_is_accepted_once(store: TestStore) {
    let new = new_challenge(1, 1, 0);
    open(&store, &new, &CODES).await;
    for _ in 0..2 {
        assert_eq!(try_(&store, &new, &typed(CODE, 9, 1), &CODES).await, TryVerdict::Accepted);
    }
    assert_eq!(try_(&store, &new, &typed(CODE, 10, 1), &CODES).await, TryVerdict::Spent);
    let row = store.peek_challenge(&new.id).await.unwrap().unwrap();
    assert_eq!(row.spent_by, Some(attempt(9)));
}

async fn wrong_codes_count_down_and_end_the_challenge(store: TestStore) {
    let new = new_challenge(1, 1, 0);
    open(&store, &new, &CODES).await;
    for left in (1..5).rev() {
        let wrong = typed(WRONG, 50 + u64::from(left), 1);
        assert_eq!(try_(&store, &new, &wrong, &CODES).await, TryVerdict::Wrong { left });
    }
    for _ in 0..2 {
        let last = typed(WRONG, 50, 1);
        assert_eq!(
            try_(&store, &new, &last, &CODES).await,
            TryVerdict::Spent,
            "the last one, and its repeat"
        );
    }
    assert_eq!(store.peek_challenge(&new.id).await.unwrap().unwrap().failures.len(), 5);
    assert_eq!(try_(&store, &new, &typed(CODE, 9, 2), &CODES).await, TryVerdict::Spent);
}

async fn a_wrong_attempt_repeated_counts_once(store: TestStore) {
    let new = new_challenge(1, 1, 0);
    open(&store, &new, &CODES).await;
    for _ in 0..20 {
        assert_eq!(try_(&store, &new, &typed(WRONG, 50, 1), &CODES).await, TryVerdict::Wrong { left: 4 });
    }
    assert_eq!(try_(&store, &new, &typed(WRONG, 51, 1), &CODES).await, TryVerdict::Wrong { left: 3 });
}

async fn a_dead_code_is_expired(store: TestStore) {
    let new = new_challenge(1, 1, 0);
    open(&store, &new, &CODES).await;
    assert_eq!(try_(&store, &new, &typed(CODE, 9, 600), &CODES).await, TryVerdict::Expired);
    assert_eq!(try_(&store, &new, &typed(CODE, 9, 599), &CODES).await, TryVerdict::Accepted);
}

async fn a_reference_selects_the_code(store: TestStore) {
    let new = new_challenge(1, 1, 0);
    open(&store, &new, &CODES).await;
    sent(resend(&store, &resend_code(&new, 2, 30), &CODES).await);
    let with = |name, number| TryCode { reference: Some(reference(name)), ..typed(CODE, number, 40) };
    assert_eq!(try_(&store, &new, &with("B3", 8), &CODES).await, TryVerdict::Wrong { left: 4 });
    assert_eq!(try_(&store, &new, &with("A2", 9), &CODES).await, TryVerdict::Accepted);
}

async fn the_failure_that_uses_up_the_budget_says_so_once(store: TestStore) {
    let (one, two) = (new_challenge(1, 1, 0), new_challenge(1, 2, 0));
    open(&store, &one, &TIGHT).await;
    open(&store, &two, &TIGHT).await;
    let judged = |verdict, budget_used_up| AttemptOutcome::Judged { verdict, account: None, budget_used_up };
    let first = store.try_code(&one.id, &typed(WRONG, 50, 1), &TIGHT).await.unwrap();
    assert_eq!(first, judged(TryVerdict::Wrong { left: 4 }, false));
    let last = store.try_code(&two.id, &typed(WRONG, 51, 2), &TIGHT).await.unwrap();
    assert_eq!(last, judged(TryVerdict::Retired, true));
    let repeat = store.try_code(&two.id, &typed(WRONG, 51, 2), &TIGHT).await.unwrap();
    assert_eq!(repeat, judged(TryVerdict::Retired, false), "its repeat raises no second alarm");
    for challenge in [&one, &two] {
        let right = store.try_code(&challenge.id, &typed(CODE, 52, 3), &TIGHT).await.unwrap();
        assert_eq!(right, judged(TryVerdict::Retired, false), "six digits sent before are over");
    }
}

async fn a_retired_challenge_resends_eight_characters_at_once(store: TestStore) {
    let new = new_challenge(1, 1, 0);
    open(&store, &new, &TIGHT).await;
    for number in [50, 51] {
        let _ = try_(&store, &new, &typed(WRONG, number, 1), &TIGHT).await;
    }
    let letters = sent(resend(&store, &resend_code(&new, 2, 2), &TIGHT).await);
    assert_eq!((letters.form, letters.next_send_at), (CodeForm::Letters, after(62)));
    let too_soon = SendOutcome::TooSoon { retry_after: secs(59) };
    assert_eq!(resend(&store, &resend_code(&new, 3, 3), &TIGHT).await, too_soon);
    assert_eq!(try_(&store, &new, &typed(CODE + 100, 52, 4), &TIGHT).await, TryVerdict::Wrong { left: 4 });
    assert_eq!(try_(&store, &new, &typed(CODE + 101, 53, 4), &TIGHT).await, TryVerdict::Accepted);
    let next = open(&store, &new_challenge(1, 2, 5), &TIGHT).await;
    assert_eq!(next.form, CodeForm::Letters, "and so are those of the next challenge");
}

async fn a_device_has_a_budget_of_its_own(store: TestStore) {
    let with = |number, of| NewChallenge { device: Some(device(of)), ..new_challenge(1, number, 0) };
    let (plain, mine, theirs) = (new_challenge(1, 1, 0), with(2, 1), with(3, 2));
    for new in [&plain, &mine, &theirs] {
        open(&store, new, &TIGHT).await;
    }
    for number in [50, 51] {
        let _ = try_(&store, &plain, &typed(WRONG, number, 1), &TIGHT).await;
    }
    assert_eq!(try_(&store, &plain, &typed(CODE, 60, 2), &TIGHT).await, TryVerdict::Retired);
    let wrong = |number| typed(WRONG, number, 3);
    assert_eq!(try_(&store, &mine, &wrong(61), &TIGHT).await, TryVerdict::Wrong { left: 4 });
    assert_eq!(try_(&store, &mine, &wrong(62), &TIGHT).await, TryVerdict::Wrong { left: 3 });
    assert_eq!(try_(&store, &mine, &wrong(63), &TIGHT).await, TryVerdict::Retired);
    assert_eq!(try_(&store, &theirs, &typed(CODE, 64, 4), &TIGHT).await, TryVerdict::Accepted);
    assert_eq!(open(&store, &with(4, 2), &TIGHT).await.form, CodeForm::Digits);
    assert_eq!(open(&store, &with(5, 1), &TIGHT).await.form, CodeForm::Letters);
}

async fn the_budget_frees_itself_after_its_window(store: TestStore) {
    let new = new_challenge(1, 1, 0);
    open(&store, &new, &TIGHT).await;
    for number in [50, 51] {
        let _ = try_(&store, &new, &typed(WRONG, number, 1), &TIGHT).await;
    }
    let day = DAY.as_secs();
    assert_eq!(open(&store, &new_challenge(1, 2, day), &TIGHT).await.form, CodeForm::Letters);
    let next = new_challenge(1, 3, day + 1);
    assert_eq!(open(&store, &next, &TIGHT).await.form, CodeForm::Digits);
    assert_eq!(try_(&store, &next, &typed(CODE, 52, day + 2), &TIGHT).await, TryVerdict::Accepted);
}

async fn failures_of_other_addresses_do_not_count(store: TestStore) {
    let (one, two) = (new_challenge(1, 1, 0), new_challenge(2, 2, 0));
    open(&store, &one, &TIGHT).await;
    open(&store, &two, &TIGHT).await;
    for number in [50, 51] {
        let _ = try_(&store, &one, &typed(WRONG, number, 1), &TIGHT).await;
    }
    assert_eq!(try_(&store, &two, &typed(CODE, 52, 2), &TIGHT).await, TryVerdict::Accepted);
}
