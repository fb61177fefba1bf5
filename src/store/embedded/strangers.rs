//! Limits of what strangers make the store keep: by address, by network, and for all networks together.

use super::counters::{admit, key, take_back};
use super::rows::{RowKind, Rows, Transaction};
use crate::ports::store::{Admission, Result};
use crate::protocol::id::OrganizationId;
use crate::protocol::strangers::{Ledger, StrangerAdmission, StrangerClass, StrangerLimits, StrangerRequest};

/// # Errors
/// [`StoreError`], as specified by [`crate::ports::store::CounterStore::admit_stranger`].
pub(super) fn admit_stranger(
    transaction: &mut Transaction<'_>,
    request: &StrangerRequest,
    limits: &StrangerLimits,
) -> Result<StrangerAdmission> {
    let now = request.now;
    let ledger_key = ledger_key(request.class);
    let mut ledger = transaction.get::<Ledger>(RowKind::RateCounters, &ledger_key)?.unwrap_or_default();
    if let Some(weight) = request.weight
        && let Some(retry_after) = ledger.wait(&limits.ceiling, weight, now)
    {
        return Ok(StrangerAdmission::Full { retry_after });
    }
    let [address, network] = log_keys(request);
    let logs = vec![(address, limits.per_address), (network, limits.per_network)];
    if let Admission::Limited { retry_after } = admit(transaction, logs, now)? {
        return Ok(StrangerAdmission::Limited { retry_after });
    }
    if let Some(weight) = request.weight {
        ledger.add(&limits.ceiling, weight, now);
        transaction.put(RowKind::RateCounters, ledger_key, &ledger, ledger.ends_at(&limits.ceiling, now))?;
    }
    Ok(StrangerAdmission::Admitted)
}

/// # Errors
/// [`StoreError`], as specified by [`crate::ports::store::CounterStore::give_place_back`].
pub(super) fn give_place_back(
    transaction: &mut Transaction<'_>,
    request: &StrangerRequest,
    limits: &StrangerLimits,
) -> Result<()> {
    let logs = log_keys(request).into_iter().zip([limits.per_address, limits.per_network]).collect();
    let was_counted = take_back(transaction, logs, request.now)?;
    let Some(weight) = request.weight.filter(|_| was_counted) else { return Ok(()) };
    let ledger_key = ledger_key(request.class);
    let mut ledger = transaction.get::<Ledger>(RowKind::RateCounters, &ledger_key)?.unwrap_or_default();
    ledger.take_back(&limits.ceiling, weight, request.now);
    if ledger.is_empty() {
        transaction.remove(RowKind::RateCounters, ledger_key);
        return Ok(());
    }
    transaction.put(RowKind::RateCounters, ledger_key, &ledger, ledger.ends_at(&limits.ceiling, request.now))
}

/// Key of the ledger for all networks together.
fn ledger_key(class: StrangerClass) -> Vec<u8> {
    [b"L".as_slice(), class.name().as_bytes()].concat()
}

/// Keys of the logs of a request's address and network; each class has its own tags.
fn log_keys(request: &StrangerRequest) -> [Vec<u8>; 2] {
    let (of_address, of_network) = match request.class {
        StrangerClass::Codes => (b'N', b'n'),
        StrangerClass::DeviceRequests => (b'D', b'd'),
        StrangerClass::UserCodes => (b'U', b'u'),
        StrangerClass::PageRequests => (b'P', b'p'),
        StrangerClass::Assertions => (b'J', b'j'),
    };
    let nowhere = OrganizationId::new("");
    let organization = request.organization.as_ref().unwrap_or(&nowhere);
    let network = request.from.network.as_str();
    let mut address = key(of_address, organization, network);
    address.extend_from_slice(request.from.key.as_bytes());
    [address, key(of_network, organization, network)]
}
