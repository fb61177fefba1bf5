//! Waiting times before a mail is sent again and before an unreachable relay is probed again.

use std::time::Duration;

/// Waits 1, 2, 5, 10 and then always 20 seconds after the given number of failures (at least one). A code
/// lives for minutes, so a longer wait would lose it.
pub(super) const fn after(failures: u32) -> Duration {
    Duration::from_secs(match failures {
        0 | 1 => 1,
        2 => 2,
        3 => 5,
        4 => 10,
        _ => 20,
    })
}
