//! The verb for assertions that clients authenticated with (RFC 7523).

use super::rows::{A_LITTLE, RowKind, Rows, Transaction};
use super::{EmbeddedStore, Verb};
use crate::ports::store::{Answer, AssertionMemory, AssertionStore, StoreError};
use crate::protocol::client_assertion::OneTimeAssertion;
use crate::protocol::id::AttemptId;
use crate::protocol::time::Timestamp;

/// # Errors
/// [`StoreError`], as specified by [`AssertionStore::remember_assertion`].
pub fn remember_assertion(
    transaction: &mut Transaction<'_>,
    once: &OneTimeAssertion,
    attempt: AttemptId,
) -> Result<AssertionMemory, StoreError> {
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

impl AssertionStore for EmbeddedStore {
    fn remember_assertion<'a>(
        &'a self,
        once: &'a OneTimeAssertion,
        _: Timestamp,
        attempt: AttemptId,
    ) -> Answer<'a, AssertionMemory> {
        let once = *once;
        self.write(Verb::RememberAssertion, move |transaction| {
            remember_assertion(transaction, &once, attempt)
        })
    }
}
