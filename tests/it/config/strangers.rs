//! `[strangers]`, and the budgets of mailboxes.

use tiquo_auth::protocol::budget::Limit;

use super::*;

fn with(text: &str) -> String {
    format!("{LEAST}\n{text}")
}

#[test]
fn everything_that_strangers_make_us_keep_has_a_ceiling_by_default() {
    let policy = load(LEAST, &[]).unwrap().policy;
    let strangers = policy.strangers;
    assert_eq!(strangers.share.of(policy.sends.per_network).count, 150);
    assert_eq!((strangers.codes.admissions, strangers.codes.bytes), (20_000, 96 << 20));
    assert_eq!((strangers.device_requests.admissions, strangers.device_requests.bytes), (10_000, 24 << 20));
    assert_eq!((strangers.user_codes.admissions, strangers.user_codes.bytes), (50_000, 50_000 << 10));
    let hour = Duration::from_secs(3600);
    assert_eq!(policy.sends.per_mailbox.in_organization, Limit { count: 20, window: hour });
    assert_eq!(policy.sends.per_mailbox.over_all, Limit { count: 100, window: hour });
}

#[test]
fn what_was_admitted_counts_as_long_as_it_is_kept() {
    let window = |seconds: u64| {
        let text = with(&format!("[codes]\nlifetime_seconds = {seconds}"));
        load(&text, &[]).unwrap().policy.strangers.codes.window
    };
    // Eight codes one after the other, the hour for which a dead challenge is kept, and what stores add to it.
    assert_eq!(window(600), Duration::from_secs(8 * 600 + 3600 + 120));
    assert_eq!(window(3600), Duration::from_secs(8 * 3600 + 3600 + 120));
}

#[test]
fn numbers_have_bounds() {
    for key in [
        "percent_of_network_per_address",
        "codes",
        "codes_mib",
        "device_requests",
        "device_requests_mib",
        "user_codes",
    ] {
        let found = mistakes(&with(&format!("[strangers]\n{key} = 0")), &[]);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(found[0].contains(&format!("strangers.{key}: 0 is out of bounds")), "{found:#?}");
    }
    let found = mistakes(&with("[strangers]\npercent_of_network_per_address = 101"), &[]);
    assert!(found[0].contains("101 is out of bounds"), "{found:#?}");
}

#[test]
fn a_budget_in_an_organization_that_the_one_over_all_never_lets_be_reached_is_told() {
    let warnings = load(&with("[codes]\nsends_per_hour_per_mailbox = 10"), &[]).unwrap().warnings;
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    let told = warnings[0].to_string();
    assert!(told.contains("codes.sends_per_hour_per_mailbox_in_organization: 20 is never reached"), "{told}");
}
