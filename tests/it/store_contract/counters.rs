//! Counters that belong to no end-user and no address.

use tiquo_auth::ports::store::Admission;
use tiquo_auth::protocol::budget::Limit;
use tiquo_auth::protocol::id::{MailboxKey, OrganizationId};
use tiquo_auth::protocol::policy::MailboxLimits;
use tiquo_auth::protocol::strangers::{
    ClassCeiling, Ledger, StrangerAdmission, StrangerClass, StrangerLimits, StrangerRequest,
};
use tiquo_auth::protocol::time::Timestamp;

use super::make::{HOUR, START, after, attempt, caller, organization, secs, stranger, stranger_limits};
use crate::support::stores::{TestStore, on_every_store};

on_every_store! {
    a_network_is_admitted_up_to_its_limit_in_any_window,
    networks_organizations_and_classes_are_counted_apart,
    a_limit_of_zero_admits_nothing,
    one_address_uses_up_its_share_and_leaves_the_rest_to_its_neighbours,
    a_place_that_is_given_back_is_free_once_however_often_that_is_asked,
    a_place_that_is_given_back_is_free_for_all_networks,
    all_networks_together_have_a_ceiling_in_number_and_in_bytes,
    the_ledger_is_kept_as_the_rule_says,
    a_mailbox_has_a_limit_in_its_organization_and_one_over_all,
    a_mail_that_was_not_sent_counts_no_longer,
    an_organizations_ceiling_is_passed_once_a_window,
    organizations_have_ceilings_of_their_own,
    customer_numbers_begin_at_one_and_never_come_twice,
}

const LIMIT: Limit = Limit { count: 2, window: secs(100) };

async fn a_network_is_admitted_up_to_its_limit_in_any_window(store: TestStore) {
    let admit =
        async |seconds| store.admit_stranger(&stranger(1, seconds), stranger_limits(LIMIT)).await.unwrap();
    assert_eq!(admit(0).await, StrangerAdmission::Admitted);
    assert_eq!(admit(40).await, StrangerAdmission::Admitted);
    assert_eq!(admit(60).await, StrangerAdmission::Limited { retry_after: secs(40) });
    assert_eq!(admit(99).await, StrangerAdmission::Limited { retry_after: secs(1) });
    assert_eq!(admit(100).await, StrangerAdmission::Admitted, "the first no longer counts");
    assert_eq!(admit(101).await, StrangerAdmission::Limited { retry_after: secs(39) });
}

async fn networks_organizations_and_classes_are_counted_apart(store: TestStore) {
    let limits = stranger_limits(Limit { count: 1, ..LIMIT });
    let other = Some(OrganizationId::new("org_b"));
    for request in [
        stranger(1, 0),
        stranger(2, 0),
        StrangerRequest { organization: other, ..stranger(1, 0) },
        StrangerRequest { organization: None, ..stranger(1, 0) },
        StrangerRequest { class: StrangerClass::DeviceRequests, ..stranger(1, 0) },
        StrangerRequest { class: StrangerClass::UserCodes, ..stranger(1, 0) },
    ] {
        let first = store.admit_stranger(&request, limits).await.unwrap();
        assert_eq!(first, StrangerAdmission::Admitted, "{request:?}");
        let second = store.admit_stranger(&request, limits).await.unwrap();
        assert_eq!(second, StrangerAdmission::Limited { retry_after: secs(100) });
    }
}

async fn a_limit_of_zero_admits_nothing(store: TestStore) {
    let none = stranger_limits(Limit { count: 0, ..LIMIT });
    let answer = store.admit_stranger(&stranger(1, 0), none).await.unwrap();
    assert_eq!(answer, StrangerAdmission::Limited { retry_after: secs(100) });
}

async fn one_address_uses_up_its_share_and_leaves_the_rest_to_its_neighbours(store: TestStore) {
    let limits = StrangerLimits {
        per_address: Limit { count: 2, ..LIMIT },
        per_network: Limit { count: 3, ..LIMIT },
        ..stranger_limits(LIMIT)
    };
    let admit = async |number, seconds| {
        let request = StrangerRequest { from: caller(1, number), ..stranger(1, seconds) };
        store.admit_stranger(&request, limits).await.unwrap()
    };
    for seconds in [0, 1] {
        assert_eq!(admit(1, seconds).await, StrangerAdmission::Admitted);
    }
    for seconds in 2..10 {
        let refused = admit(1, seconds).await;
        assert_eq!(refused, StrangerAdmission::Limited { retry_after: secs(100 - seconds) });
    }
    assert_eq!(admit(2, 10).await, StrangerAdmission::Admitted, "what was refused did not count");
    assert_eq!(admit(2, 11).await, StrangerAdmission::Limited { retry_after: secs(89) }, "their network");
    assert_eq!(admit(3, 100).await, StrangerAdmission::Admitted);
}

/// RFC 8628 §5.1: a right user code does not count against the neighbours; guesses do.
async fn a_place_that_is_given_back_is_free_once_however_often_that_is_asked(store: TestStore) {
    let limits = stranger_limits(LIMIT);
    let of = |number, seconds| StrangerRequest {
        class: StrangerClass::UserCodes,
        attempt: attempt(number),
        ..stranger(1, seconds)
    };
    let admit = async |request: StrangerRequest| store.admit_stranger(&request, limits).await.unwrap();
    // Both at one time: only the attempt tells them apart.
    assert_eq!(admit(of(1 << 40, 0)).await, StrangerAdmission::Admitted);
    assert_eq!(admit(of(2 << 40, 0)).await, StrangerAdmission::Admitted);
    assert_eq!(admit(of(3 << 40, 1)).await, StrangerAdmission::Limited { retry_after: secs(99) });
    store.give_place_back(&of(1 << 40, 0), limits).await.unwrap();
    assert_eq!(admit(of(4 << 40, 1)).await, StrangerAdmission::Admitted);
    assert_eq!(admit(of(5 << 40, 1)).await, StrangerAdmission::Limited { retry_after: secs(99) });
    assert_eq!(
        admit(of(6 << 40, 100)).await,
        StrangerAdmission::Admitted,
        "whole windows, to the millisecond"
    );
    // Nothing that was never admitted is taken back.
    store.give_place_back(&of(7 << 40, 50), limits).await.unwrap();
    assert_eq!(admit(of(8 << 40, 100)).await, StrangerAdmission::Limited { retry_after: secs(1) });
}

/// RFC 8628 §5.1: whoever has a right user code can type it for ever, and others still find a place.
async fn a_place_that_is_given_back_is_free_for_all_networks(store: TestStore) {
    let ceiling = ClassCeiling { admissions: 2, bytes: 200, window: HOUR };
    let limits = StrangerLimits { ceiling, ..stranger_limits(Limit { count: 100, window: HOUR }) };
    let of = |third, number: u64, weight| StrangerRequest {
        class: StrangerClass::UserCodes,
        attempt: attempt(number << 40),
        weight,
        ..stranger(third, 0)
    };
    for number in 1..20_u64 {
        let request = of(1, number, Some(150));
        let admission = store.admit_stranger(&request, limits).await.unwrap();
        assert_eq!(admission, StrangerAdmission::Admitted, "{number}");
        store.give_place_back(&request, limits).await.unwrap();
        store.give_place_back(&request, limits).await.unwrap();
    }
    let admit = async |request: StrangerRequest| store.admit_stranger(&request, limits).await.unwrap();
    assert_eq!(admit(of(2, 30, Some(100))).await, StrangerAdmission::Admitted);
    assert_eq!(admit(of(3, 31, None)).await, StrangerAdmission::Admitted);
    store.give_place_back(&of(3, 31, None), limits).await.unwrap();
    assert_eq!(admit(of(4, 32, Some(101))).await, StrangerAdmission::Full { retry_after: secs(3900) });
    assert_eq!(admit(of(4, 33, Some(100))).await, StrangerAdmission::Admitted);
    assert_eq!(
        admit(of(5, 34, Some(0))).await,
        StrangerAdmission::Full { retry_after: secs(3900) },
        "what was given back twice, or weighed nothing, freed one place of its own"
    );
}

async fn all_networks_together_have_a_ceiling_in_number_and_in_bytes(store: TestStore) {
    let ceiling = ClassCeiling { admissions: 3, bytes: 1000, window: secs(120) };
    let limits = StrangerLimits { ceiling, ..stranger_limits(Limit { count: 100, window: HOUR }) };
    let admit = async |third, seconds, weight| {
        let request = StrangerRequest { weight, ..stranger(third, seconds) };
        store.admit_stranger(&request, limits).await.unwrap()
    };
    for third in 1..=3 {
        assert_eq!(admit(third, 0, Some(200)).await, StrangerAdmission::Admitted);
    }
    for third in 4..200 {
        let full = admit(third, 60, Some(1)).await;
        assert_eq!(full, StrangerAdmission::Full { retry_after: secs(70) }, "their number");
    }
    assert_eq!(admit(1, 60, None).await, StrangerAdmission::Admitted, "who goes on is not refused by it");
    assert_eq!(admit(4, 130, Some(900)).await, StrangerAdmission::Admitted);
    assert_eq!(
        admit(5, 130, Some(101)).await,
        StrangerAdmission::Full { retry_after: secs(130) },
        "their weight"
    );
    assert_eq!(admit(5, 130, Some(100)).await, StrangerAdmission::Admitted);
    let other = StrangerRequest { class: StrangerClass::DeviceRequests, ..stranger(9, 130) };
    let other = store.admit_stranger(&other, limits).await.unwrap();
    assert_eq!(other, StrangerAdmission::Admitted, "each class has a ceiling of its own");
}

/// Every store decides as the rule does, whatever comes.
async fn the_ledger_is_kept_as_the_rule_says(store: TestStore) {
    let ceiling = ClassCeiling { admissions: 7, bytes: 5000, window: secs(97) };
    let limits = StrangerLimits { ceiling, ..stranger_limits(Limit { count: 1_000_000, window: HOUR }) };
    let (mut rule, mut random, mut now) = (Ledger::default(), 12_345_u64, START);
    let (mut admitted, mut full, mut given_back) = (0, 0, 0);
    for number in 0..400_u64 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // Now and then a clock that is behind.
        now = if random >> 60 == 0 { now.minus(secs(9)) } else { now.plus(secs((random >> 33) % 17)) };
        let weight = (random >> 20) % 1500;
        let request = StrangerRequest { weight: Some(weight), now, ..stranger((number % 250) as u8, number) };
        let answer = store.admit_stranger(&request, limits).await.unwrap();
        if let Some(retry_after) = rule.wait(&ceiling, weight, now) {
            assert_eq!(answer, StrangerAdmission::Full { retry_after }, "{number}");
            full += 1;
        } else {
            assert_eq!(answer, StrangerAdmission::Admitted, "{number}");
            rule.add(&ceiling, weight, now);
            admitted += 1;
            if random.is_multiple_of(3) {
                store.give_place_back(&request, limits).await.unwrap();
                rule.take_back(&ceiling, weight, now);
                given_back += 1;
            }
        }
    }
    assert!(admitted > 50 && full > 50 && given_back > 20, "{admitted}, {full} and {given_back}");
}

async fn a_mailbox_has_a_limit_in_its_organization_and_one_over_all(store: TestStore) {
    let window = secs(100);
    let limits =
        MailboxLimits { in_organization: Limit { count: 2, window }, over_all: Limit { count: 3, window } };
    let mailbox = |number: u8| MailboxKey::of_hash(&[number; 32]);
    let admit = async |organization: &str, number, seconds| {
        let organization = OrganizationId::new(organization);
        store.admit_mail(&organization, &mailbox(number), limits, after(seconds)).await.unwrap()
    };
    let limited = |seconds| Admission::Limited { retry_after: secs(seconds) };
    assert_eq!(admit("org_a", 1, 0).await, Admission::Admitted);
    assert_eq!(admit("org_a", 1, 10).await, Admission::Admitted);
    assert_eq!(admit("org_a", 1, 20).await, limited(80), "in the organization");
    assert_eq!(admit("org_b", 1, 20).await, Admission::Admitted, "what was refused did not count");
    assert_eq!(admit("org_c", 1, 20).await, limited(80), "over all");
    assert_eq!(admit("org_a", 2, 20).await, Admission::Admitted, "another mailbox");
    assert_eq!(admit("org_c", 1, 100).await, Admission::Admitted);
}

async fn a_mail_that_was_not_sent_counts_no_longer(store: TestStore) {
    let window = secs(100);
    let limits =
        MailboxLimits { in_organization: Limit { count: 1, window }, over_all: Limit { count: 2, window } };
    let mailbox = MailboxKey::of_hash(&[1; 32]);
    let [a, b] = ["org_a", "org_b"].map(OrganizationId::new);
    let admit = async |organization, seconds| {
        store.admit_mail(organization, &mailbox, limits, after(seconds)).await.unwrap()
    };
    let take_back = async |organization, seconds| {
        store.take_mail_back(organization, &mailbox, limits, after(seconds)).await.unwrap();
    };
    let limited = |seconds| Admission::Limited { retry_after: secs(seconds) };
    assert_eq!([admit(&a, 0).await, admit(&b, 1).await], [Admission::Admitted; 2]);
    take_back(&a, 5).await;
    assert_eq!(admit(&a, 10).await, limited(90), "nothing was counted at that time");
    take_back(&a, 0).await;
    assert_eq!(admit(&b, 10).await, limited(91), "the other's stays counted");
    assert_eq!(admit(&a, 10).await, Admission::Admitted);
    assert_eq!(admit(&a, 11).await, limited(99));
}

async fn an_organizations_ceiling_is_passed_once_a_window(store: TestStore) {
    let ceiling = Limit { count: 2, window: HOUR };
    let window = Timestamp::from_secs(3600 * 500_000);
    for start in [window, window.plus(HOUR), window.plus(5 * HOUR)] {
        let mut passed = Vec::new();
        for seconds in [0, 1, 1800, 3598, 3599] {
            let now = start.plus(secs(seconds));
            passed.push(store.count_organization(&organization(), ceiling, now).await.unwrap());
        }
        assert_eq!(passed, [false, false, true, false, false]);
    }
}

async fn organizations_have_ceilings_of_their_own(store: TestStore) {
    let ceiling = Limit { count: 0, window: HOUR };
    for name in ["org_a", "org_b"] {
        let organization = OrganizationId::new(name);
        assert!(store.count_organization(&organization, ceiling, after(0)).await.unwrap());
        assert!(!store.count_organization(&organization, ceiling, after(0)).await.unwrap());
    }
}

async fn customer_numbers_begin_at_one_and_never_come_twice(store: TestStore) {
    for expected in 1..=5 {
        assert_eq!(store.next_customer_number(&organization()).await.unwrap(), expected);
    }
    assert_eq!(store.next_customer_number(&OrganizationId::new("org_b")).await.unwrap(), 1);
}
