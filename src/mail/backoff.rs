//! How long to wait before the next attempt: of a mail, and at a relay that is away.

use std::time::Duration;

/// After the given number of failures, at least one: 1, 2, 5, 10 and then always 20 seconds. A code lives for
/// minutes: a longer wait would lose it.
pub(super) const fn after(failures: u32) -> Duration {
    Duration::from_secs(match failures {
        0 | 1 => 1,
        2 => 2,
        3 => 5,
        4 => 10,
        _ => 20,
    })
}
