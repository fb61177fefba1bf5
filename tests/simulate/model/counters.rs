//! What is counted for strangers and mailboxes: `protocol::strangers`, `protocol::budget`.

use std::collections::BTreeMap;

use tiquo_auth::ports::store::{Admission, StoreError};
use tiquo_auth::protocol::budget::{EventLog, Limit};
use tiquo_auth::protocol::strangers::{Ledger, StrangerAdmission, StrangerLimits, StrangerRequest};
use tiquo_auth::protocol::time::Timestamp;

use super::State;
use crate::facts::Violation;

/// Counters that a crash of the embedded store may lose.
#[derive(Clone, Default, PartialEq)]
pub(super) struct Counters {
    ledgers: BTreeMap<&'static str, Ledger>,
    pub(super) logs: BTreeMap<String, EventLog>,
}

impl State {
    pub(super) fn admit_stranger(
        &mut self,
        request: &StrangerRequest,
        limits: &StrangerLimits,
        answer: &Result<StrangerAdmission, StoreError>,
    ) -> Result<(), Violation> {
        let logs = stranger_logs(request, limits);
        let admit = |state: &mut Counters| {
            let ledger = state.ledgers.entry(request.class.name()).or_default();
            if let Some(weight) = request.weight
                && let Some(retry_after) = ledger.wait(&limits.ceiling, weight, request.now)
            {
                return StrangerAdmission::Full { retry_after };
            }
            if let Admission::Limited { retry_after } = admit_all(&mut state.logs, &logs, request.now) {
                return StrangerAdmission::Limited { retry_after };
            }
            if let Some(weight) = request.weight {
                ledger.add(&limits.ceiling, weight, request.now);
            }
            StrangerAdmission::Admitted
        };
        self.counters.follow("admit_stranger", answer, admit, PartialEq::eq)
    }

    pub(super) fn give_back(
        &mut self,
        request: &StrangerRequest,
        limits: &StrangerLimits,
        answer: &Result<(), StoreError>,
    ) -> Result<(), Violation> {
        let logs = stranger_logs(request, limits);
        let give_back = |state: &mut Counters| {
            let mut from_each = true;
            for (key, _) in &logs {
                from_each &= state.logs.entry(key.clone()).or_default().take_back(request.now);
            }
            if let Some(weight) = request.weight.filter(|_| from_each) {
                let ledger = state.ledgers.entry(request.class.name()).or_default();
                ledger.take_back(&limits.ceiling, weight, request.now);
            }
        };
        self.counters.follow("give_place_back", answer, give_back, |(), ()| true)
    }
}

/// Counts one event in each of these logs, if all of them admit one more.
pub(super) fn admit_all(
    logs: &mut BTreeMap<String, EventLog>,
    limits: &[(String, Limit)],
    now: Timestamp,
) -> Admission {
    let wait =
        limits.iter().filter_map(|(key, limit)| logs.entry(key.clone()).or_default().wait(*limit, now));
    if let Some(retry_after) = wait.max() {
        return Admission::Limited { retry_after };
    }
    for (key, limit) in limits {
        logs.entry(key.clone()).or_default().add(*limit, now);
    }
    Admission::Admitted
}

fn stranger_logs(request: &StrangerRequest, limits: &StrangerLimits) -> Vec<(String, Limit)> {
    let organization = request.organization.as_ref().map_or("", |organization| organization.as_str());
    let network = format!("{} {organization} {}", request.class.name(), request.from.network.as_str());
    let address = format!("{network} {}", request.from.key.encode());
    vec![(address, limits.per_address), (network, limits.per_network)]
}
