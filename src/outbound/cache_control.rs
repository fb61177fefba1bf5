//! How long a response may be kept (RFC 9111).

use std::time::Duration;

/// Freshness lifetime that is left: `max-age` less `Age` (RFC 9111 §4.2.1), zero for `no-store` and
/// `no-cache`. `None` when the header field names none of these.
pub(super) fn freshness<'a>(
    cache_control: impl Iterator<Item = &'a str>,
    age: Option<&str>,
) -> Option<Duration> {
    let mut max_age = None;
    for directive in cache_control.flat_map(|header| header.split(',')) {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        let name = name.trim();
        if name.eq_ignore_ascii_case("no-store") || name.eq_ignore_ascii_case("no-cache") {
            return Some(Duration::ZERO);
        }
        if name.eq_ignore_ascii_case("max-age") && max_age.is_none() {
            // Both the token and the quoted form are accepted (RFC 9111 §5.2); an invalid number counts as
            // stale (§4.2.1).
            max_age = Some(seconds(value.trim().trim_matches('"')).unwrap_or(0));
        }
    }
    let age = age.and_then(|age| seconds(age.trim())).unwrap_or(0);
    max_age.map(|max_age| Duration::from_secs(max_age.saturating_sub(age)))
}

/// Parses `delta-seconds` (RFC 9111 §1.2.2). A number that overflows is replaced by `u32::MAX`.
fn seconds(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::from(u32::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn freshness_of(cache_control: &[&str], age: Option<&str>) -> Option<u64> {
        freshness(cache_control.iter().copied(), age).map(|span| span.as_secs())
    }

    #[test]
    fn rfc9111_4_2_1_max_age_less_age() {
        assert_eq!(freshness_of(&["public, Max-Age=300"], None), Some(300));
        assert_eq!(freshness_of(&["public", "max-age=\"300\""], Some("100")), Some(200));
        assert_eq!(freshness_of(&["max-age=300"], Some("400")), Some(0));
        assert_eq!(freshness_of(&["max-age=300, max-age=5"], None), Some(300));
        assert_eq!(freshness_of(&["max-age=99999999999999999999"], None), Some(u64::from(u32::MAX)));
    }

    #[test]
    fn rfc9111_5_2_2_no_store_and_no_cache_outweigh_max_age() {
        assert_eq!(freshness_of(&["max-age=300, no-store"], None), Some(0));
        assert_eq!(freshness_of(&["no-cache=\"a, b\", max-age=300"], None), Some(0));
    }

    #[test]
    fn a_missing_max_age_is_not_zero() {
        assert_eq!(freshness_of(&[], Some("5")), None);
        assert_eq!(freshness_of(&["public, s-maxage=5"], None), None);
        assert_eq!(freshness_of(&["max-age=-5"], None), Some(0));
        assert_eq!(freshness_of(&["max-age=300"], Some("-5")), Some(300));
    }
}
