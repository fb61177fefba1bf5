//! Assertions that clients authenticated with.

use super::rows::{A_LITTLE, Kind, Rows, Transaction};
use super::{EmbeddedStore, Verb};
use crate::ports::store::{Answer, AssertionStore, Remembered, StoreError};
use crate::protocol::client_assertion::Once;
use crate::protocol::id::AttemptId;
use crate::protocol::time::Timestamp;

/// [`AssertionStore::remember_assertion`].
///
/// # Errors
/// As any verb: [`StoreError`].
pub fn remember_assertion(
    transaction: &mut Transaction<'_>,
    once: &Once,
    attempt: AttemptId,
) -> Result<Remembered, StoreError> {
    let key = once.id.as_bytes();
    match transaction.get::<AttemptId>(Kind::Assertions, key)? {
        Some(known) if known == attempt => Ok(Remembered::First),
        Some(_) => Ok(Remembered::Replayed),
        None => {
            transaction.put(Kind::Assertions, key.as_slice(), &attempt, once.until.plus(A_LITTLE))?;
            Ok(Remembered::First)
        }
    }
}

impl AssertionStore for EmbeddedStore {
    fn remember_assertion<'a>(
        &'a self,
        once: &'a Once,
        _: Timestamp,
        attempt: AttemptId,
    ) -> Answer<'a, Remembered> {
        let once = *once;
        self.write(Verb::RememberAssertion, move |transaction| {
            remember_assertion(transaction, &once, attempt)
        })
    }
}
