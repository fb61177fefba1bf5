use std::time::Duration;

use super::*;
use crate::protocol::grant::tests::{after, grant};
use crate::protocol::id::Bucket;

fn nth(number: u8) -> Grant {
    let sid = Sid::new(Bucket::from_bytes([1, 2]).unwrap(), &[number; 16]);
    Grant { sid, rotated_at: after(1000 + u64::from(number)), ..grant() }
}

#[test]
fn below_the_limit_nothing_ends() {
    assert_eq!(displaced((0..99).map(nth).collect()), []);
}

#[test]
fn at_the_limit_the_least_recently_refreshed_ends() {
    let mut grants = (0..100).map(nth).collect::<Vec<_>>();
    assert_eq!(displaced(grants.clone()), [nth(0).sid]);
    grants[0].rotated_at = after(5000);
    assert_eq!(displaced(grants.clone()), [nth(1).sid]);
    grants.extend((100..103).map(nth));
    assert_eq!(displaced(grants), [1, 2, 3, 4].map(|number| nth(number).sid));
}

#[test]
fn of_two_of_the_same_moment_the_one_whose_session_ends_first_ends() {
    let mut grants = (0..100).map(nth).collect::<Vec<_>>();
    grants[1].rotated_at = grants[0].rotated_at;
    assert_eq!(displaced(grants.clone()), [nth(0).sid], "the first by its id");
    grants[1].session_end = grants[0].session_end.minus(Duration::from_millis(1));
    assert_eq!(displaced(grants), [nth(1).sid]);
}

#[test]
fn what_is_revoked_or_has_expired_does_not_count() {
    assert!(counts(&grant(), after(100)));
    assert!(!counts(&Grant { revoked_at: Some(after(1)), ..grant() }, after(100)));
    let idle = Grant { expires_at: after(100), ..grant() };
    assert!(counts(&idle, after(99)));
    assert!(!counts(&idle, after(100)));
}
