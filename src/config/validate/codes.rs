//! Validates `[codes]`.

use std::time::Duration;

use crate::protocol::budget::Limit;
use crate::protocol::challenge::CodePolicy;
use crate::protocol::policy::{MailboxLimits, SendPolicy};

use super::Findings;
use super::findings::{DAY, HOUR, SECOND};
use crate::config::raw;

/// The parts of the policy that this section sets.
pub(super) struct CodeSettings {
    pub(super) policy: CodePolicy,
    pub(super) sends: SendPolicy,
    pub(super) known_device_lifetime: Duration,
}

pub(super) fn codes(raw: &raw::Codes, findings: &mut Findings) -> CodeSettings {
    let lifetime = findings.span("codes.lifetime_seconds", raw.lifetime_seconds, SECOND, 60..=3600);
    let mut count = |key: &str, value, most, window| Limit {
        count: findings.number(&format!("codes.{key}"), value, 1..=most),
        window: Duration::from_secs(window),
    };
    let address_failures = count("failures_per_day", raw.failures_per_day, 100, DAY);
    let known_device_failures = count("device_failures_per_day", raw.device_failures_per_day, 100, DAY);
    let sends = SendPolicy {
        per_address_and_network: count(
            "sends_per_hour_per_address_and_network",
            raw.sends_per_hour_per_address_and_network,
            1000,
            HOUR,
        ),
        per_address: count("sends_per_hour_per_address", raw.sends_per_hour_per_address, 1000, HOUR),
        per_network: count("sends_per_hour_per_network", raw.sends_per_hour_per_network, 1_000_000, HOUR),
        per_mailbox: MailboxLimits {
            in_organization: count(
                "sends_per_hour_per_mailbox_in_organization",
                raw.sends_per_hour_per_mailbox_in_organization,
                1000,
                HOUR,
            ),
            over_all: count("sends_per_hour_per_mailbox", raw.sends_per_hour_per_mailbox, 10_000, HOUR),
        },
        per_known_device: count("sends_per_hour_per_device", raw.sends_per_hour_per_device, 1000, HOUR),
        organization_alarm: count(
            "organization_alarm_per_hour",
            raw.organization_alarm_per_hour,
            1_000_000_000,
            HOUR,
        ),
    };
    warn_of_unreachable(&sends, findings);
    let attempts = findings.number("codes.attempts", raw.attempts, 1..=20);
    let resend_waits = resend_waits(&raw.resend_wait_seconds, lifetime, findings);
    let known_device_lifetime =
        findings.span("codes.device_lifetime_days", raw.device_lifetime_days, DAY, 1..=3650);
    let policy = CodePolicy { lifetime, attempts, address_failures, known_device_failures, resend_waits };
    CodeSettings { policy, sends, known_device_lifetime }
}

fn resend_waits(raw: &[u64], lifetime: Duration, findings: &mut Findings) -> [Duration; 3] {
    const PLACE: &str = "codes.resend_wait_seconds";
    if raw.len() != 3 {
        let message = format!("has {} entries", raw.len());
        let remedy = "Write three: before the first resend, the second, and every later one";
        findings.mistake(PLACE, message, remedy);
        return [Duration::ZERO; 3];
    }
    let mut waits = [Duration::ZERO; 3];
    for (index, (wait, seconds)) in waits.iter_mut().zip(raw).enumerate() {
        let place = format!("{PLACE}[{index}]");
        *wait = findings.span(&place, *seconds, SECOND, 1..=3600);
        if *wait >= lifetime {
            let remedy =
                "Write fewer seconds than codes.lifetime_seconds, or nobody can ask for another code";
            let message = "is not shorter than a code lives";
            findings.mistake_by(["codes.lifetime_seconds"], place, message, remedy);
        }
    }
    waits
}

/// Warns of limits that can never be reached because another limit is lower.
fn warn_of_unreachable(sends: &SendPolicy, findings: &mut Findings) {
    let narrow = sends.per_address_and_network.count;
    let wider = [
        ("sends_per_hour_per_address", sends.per_address.count),
        ("sends_per_hour_per_network", sends.per_network.count),
    ];
    let (mailbox, over_all) = (sends.per_mailbox.in_organization.count, sends.per_mailbox.over_all.count);
    if mailbox > over_all {
        findings.warning_by(
            ["codes.sends_per_hour_per_mailbox_in_organization", "codes.sends_per_hour_per_mailbox"],
            "codes.sends_per_hour_per_mailbox_in_organization",
            format!("{mailbox} is never reached, because codes.sends_per_hour_per_mailbox is {over_all}"),
            "Write a smaller number, or raise the other one",
        );
    }
    for (key, count) in wider {
        if narrow > count {
            let narrow_place = "codes.sends_per_hour_per_address_and_network";
            findings.warning_by(
                [narrow_place, &format!("codes.{key}")],
                narrow_place,
                format!("{narrow} is never reached, because codes.{key} is {count}"),
                "Write a smaller number, or raise the other one",
            );
        }
    }
}
