//! Requests that wait on their first page. They are sealed in it, and stored only while processes of an older
//! version share the store: those cannot read seals, and the page's form may reach any process.

use std::time::Duration;

use serde::Serialize;

use super::{Caller, Context, Result};
use crate::protocol::budget::Limit;
use crate::protocol::row_format::RowFormat;
use crate::protocol::strangers::{PAGE_REQUEST_WEIGHT, StrangerAdmission, StrangerClass, StrangerRequest};

/// How many requests of one client network are stored; further ones are sealed.
const PER_NETWORK: Limit = Limit { count: 300, window: Duration::from_secs(3600) };

impl Context {
    /// Whether to store a request. When there is no room left for it, it is sealed, as it would be without
    /// older processes.
    pub(super) async fn stores_page_request(
        &self,
        caller: &Caller,
        request: &impl Serialize,
    ) -> Result<bool> {
        if self.stores.written_format() >= RowFormat::MARKED {
            return Ok(false);
        }
        let length = serde_json::to_vec(request).map_or(usize::MAX, |text| text.len());
        let weight = u64::try_from(length).unwrap_or(u64::MAX).saturating_add(PAGE_REQUEST_WEIGHT);
        let request = StrangerRequest {
            class: StrangerClass::PageRequests,
            organization: None,
            from: self.caller_address(caller),
            weight: Some(weight),
            attempt: self.new_attempt(),
            now: self.clock.now(),
        };
        let limits = self.policy.strangers.limits(request.class, PER_NETWORK);
        Ok(self.stores.admit_stranger(&request, limits).await? == StrangerAdmission::Admitted)
    }
}
