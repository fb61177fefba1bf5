//! The verb for assertions that clients authenticated with (RFC 7523).

use async_trait::async_trait;

use super::rows::{A_LITTLE, RowKind, Rows, Transaction};
use super::{EmbeddedStore, Verb};
use crate::ports::store::{AssertionMemory, AssertionStore, Result};
use crate::protocol::client_assertion::OneTimeAssertion;
use crate::protocol::id::AttemptId;
use crate::protocol::time::Timestamp;

/// # Errors
/// [`StoreError`], as specified by [`AssertionStore::remember_assertion`].
fn remember_assertion(
    transaction: &mut Transaction<'_>,
    once: &OneTimeAssertion,
    attempt: AttemptId,
) -> Result<AssertionMemory> {
    let key = once.id.as_bytes();
    match transaction.get::<AttemptId>(RowKind::Assertions, key)? {
        Some(known) if known == attempt => Ok(AssertionMemory::First),
        Some(_) => Ok(AssertionMemory::Replayed),
        None => {
            transaction.put(RowKind::Assertions, key.as_slice(), &attempt, once.until.plus(A_LITTLE))?;
            Ok(AssertionMemory::First)
        }
    }
}

#[async_trait]
impl AssertionStore for EmbeddedStore {
    async fn remember_assertion(
        &self,
        once: &OneTimeAssertion,
        _: Timestamp,
        attempt: AttemptId,
    ) -> Result<AssertionMemory> {
        let once = *once;
        self.write(Verb::RememberAssertion, move |transaction| {
            remember_assertion(transaction, &once, attempt)
        })
        .await
    }
}
