//! Validates `[strangers]`.

use std::time::Duration;

use crate::protocol::challenge::MOST_SENDS;
use crate::protocol::policy::StrangerPolicy;
use crate::protocol::strangers::{ASSERTION_WEIGHT, AddressShare, ClassCeiling, USER_CODE_WEIGHT};

use super::Findings;
use super::findings::HOUR;
use crate::config::raw;

const MIB: u64 = 1024 * 1024;
/// Life of the longest counter, including the time that a store keeps its row longer than it counts.
const COUNTERS: Duration = Duration::from_secs(HOUR + 120);

/// `code_lifetime` is how long a code is valid after it was sent.
pub(super) fn strangers(
    raw: &raw::Strangers,
    code_lifetime: Duration,
    findings: &mut Findings,
) -> StrangerPolicy {
    let mut number = |key: &str, value, least, most| -> u32 {
        findings.number(&format!("strangers.{key}"), value, least..=most)
    };
    let percent = number("percent_of_network_per_address", raw.percent_of_network_per_address, 1, 100);
    let codes = number("codes", raw.codes, 1, 100_000_000);
    let codes_mib = number("codes_mib", raw.codes_mib, 1, 1_000_000);
    let device_requests = number("device_requests", raw.device_requests, 1, 100_000_000);
    let device_requests_mib = number("device_requests_mib", raw.device_requests_mib, 1, 1_000_000);
    let user_codes = number("user_codes", raw.user_codes, 1, 100_000_000);
    let page_requests_mib = number("page_requests_mib", raw.page_requests_mib, 1, 1_000_000);
    let assertions = number("assertions", raw.assertions, 1, 100_000_000);
    let bytes = |mib: u32| u64::from(mib).saturating_mul(MIB);
    // Every code that is sent prolongs a challenge, whose row is kept for an hour after its last code
    // expired.
    let challenge = code_lifetime.saturating_mul(MOST_SENDS).saturating_add(COUNTERS);
    StrangerPolicy {
        share: AddressShare::percent(u8::try_from(percent).unwrap_or(100)),
        codes: ClassCeiling { admissions: codes, bytes: bytes(codes_mib), window: challenge },
        device_requests: ClassCeiling {
            admissions: device_requests,
            bytes: bytes(device_requests_mib),
            window: COUNTERS,
        },
        user_codes: ClassCeiling {
            admissions: user_codes,
            bytes: u64::from(user_codes).saturating_mul(USER_CODE_WEIGHT),
            window: COUNTERS,
        },
        assertions: ClassCeiling {
            admissions: assertions,
            bytes: u64::from(assertions).saturating_mul(ASSERTION_WEIGHT),
            window: COUNTERS,
        },
        page_requests: ClassCeiling {
            admissions: page_requests_mib.saturating_mul(1024),
            bytes: bytes(page_requests_mib),
            window: COUNTERS,
        },
    }
}
