//! Counters that belong to no end-user and no address.

use tiquo_auth::ports::store::Admission;
use tiquo_auth::protocol::budget::Limit;
use tiquo_auth::protocol::id::OrganizationId;
use tiquo_auth::protocol::time::Timestamp;

use super::make::{HOUR, after, network, organization, secs};
use crate::support::stores::{TestStore, on_every_store};

on_every_store! {
    a_network_is_admitted_up_to_its_limit_in_any_window,
    networks_and_organizations_are_counted_apart,
    a_limit_of_zero_admits_nothing,
    an_organizations_ceiling_is_passed_once_a_window,
    organizations_have_ceilings_of_their_own,
    customer_numbers_begin_at_one_and_never_come_twice,
}

const LIMIT: Limit = Limit { count: 2, window: secs(100) };

async fn a_network_is_admitted_up_to_its_limit_in_any_window(store: TestStore) {
    let admit = async |seconds| {
        store.admit_network(&organization(), &network(1), LIMIT, after(seconds)).await.unwrap()
    };
    assert_eq!(admit(0).await, Admission::Admitted);
    assert_eq!(admit(40).await, Admission::Admitted);
    assert_eq!(admit(60).await, Admission::Limited { retry_after: secs(40) });
    assert_eq!(admit(99).await, Admission::Limited { retry_after: secs(1) });
    assert_eq!(admit(100).await, Admission::Admitted, "the first no longer counts");
    assert_eq!(admit(101).await, Admission::Limited { retry_after: secs(39) });
}

async fn networks_and_organizations_are_counted_apart(store: TestStore) {
    let one = Limit { count: 1, ..LIMIT };
    let other = OrganizationId::new("org_b");
    for (organization, network) in
        [(organization(), network(1)), (organization(), network(2)), (other, network(1))]
    {
        let first = store.admit_network(&organization, &network, one, after(0)).await.unwrap();
        assert_eq!(first, Admission::Admitted);
        let second = store.admit_network(&organization, &network, one, after(0)).await.unwrap();
        assert_eq!(second, Admission::Limited { retry_after: secs(100) });
    }
}

async fn a_limit_of_zero_admits_nothing(store: TestStore) {
    let none = Limit { count: 0, ..LIMIT };
    let answer = store.admit_network(&organization(), &network(1), none, after(0)).await.unwrap();
    assert_eq!(answer, Admission::Limited { retry_after: secs(100) });
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
