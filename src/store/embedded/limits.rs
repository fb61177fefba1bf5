//! Limits of codes sent to an address, and the logs that a sending counts in.

use std::time::Duration;

use super::rows::{RowKind, Rows, Transaction};
use crate::ports::store::Result;
use crate::protocol::budget::{EventLog, Limit};
use crate::protocol::id::{AddressKey, KnownDeviceId};
use crate::protocol::network::ClientNetwork;
use crate::protocol::policy::SendPolicy;
use crate::protocol::time::Timestamp;

/// The limits for one sending, with the events counted so far.
pub(super) struct SendLimits(Vec<LimitCounts>);

struct LimitCounts {
    key: Vec<u8>,
    limit: Limit,
    log: EventLog,
}

impl SendLimits {
    /// Reads the logs. A known device has its own log; all other callers share those of the address.
    pub(super) fn read(
        rows: &impl Rows,
        address: &AddressKey,
        device: Option<&KnownDeviceId>,
        network: &ClientNetwork,
        policy: &SendPolicy,
    ) -> Result<Self> {
        let key = |tag: &[u8], rest: &[u8]| [address.as_bytes().as_slice(), tag, rest].concat();
        let limits = device.map_or_else(
            || {
                vec![
                    (key(b"n", network.as_str().as_bytes()), policy.per_address_and_network),
                    (key(b"a", b""), policy.per_address),
                ]
            },
            |device| vec![(key(b"d", device.as_bytes()), policy.per_known_device)],
        );
        let counted = |(key, limit): (Vec<u8>, Limit)| {
            let log = rows.get::<EventLog>(RowKind::Sends, &key)?.unwrap_or_default();
            Ok(LimitCounts { key, limit, log })
        };
        limits.into_iter().map(counted).collect::<Result<_, _>>().map(Self)
    }

    /// The longest wait of all limits; `None` when each of them has room for one more.
    pub(super) fn wait(&self, now: Timestamp) -> Option<Duration> {
        self.0.iter().filter_map(|counted| counted.log.wait(counted.limit, now)).max()
    }

    pub(super) fn count(self, transaction: &mut Transaction<'_>, now: Timestamp) -> Result<()> {
        for LimitCounts { key, limit, mut log } in self.0 {
            log.add(limit, now);
            transaction.put(RowKind::Sends, key, &log, now.plus(limit.window))?;
        }
        Ok(())
    }
}
