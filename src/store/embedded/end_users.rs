//! The verbs of end-users' records outside of any grant.

use super::grants::{claim_end_user, put_end_user, user_key};
use super::rows::{RowKind, Rows, Transaction};
use super::{EmbeddedStore, Verb};
use crate::ports::store::{Answer, EndUserStore, StoreError};
use crate::protocol::end_user::{Account, EndUser};
use crate::protocol::id::{Bucket, UserId};
use crate::protocol::standard_claims::StandardClaims;
use crate::protocol::time::Timestamp;

/// # Errors
/// [`StoreError`], as specified by [`EndUserStore::put_claims`].
pub fn put_claims(
    transaction: &mut Transaction<'_>,
    account: &Account,
    claims: &StandardClaims,
    now: Timestamp,
) -> Result<(), StoreError> {
    let known = claim_end_user(transaction, account)?;
    put_end_user(transaction, &EndUser { claims: claims.clone(), ..known.clone() }.changed_from(&known, now))
}

impl EndUserStore for EmbeddedStore {
    fn peek_end_user<'a>(&'a self, _: Bucket, user: &'a UserId) -> Answer<'a, Option<EndUser>> {
        self.read(move |rows| rows.get(RowKind::EndUsers, user_key(user)))
    }

    fn put_claims<'a>(
        &'a self,
        _: Bucket,
        account: &'a Account,
        claims: &'a StandardClaims,
        now: Timestamp,
    ) -> Answer<'a, ()> {
        let (account, claims) = (account.clone(), claims.clone());
        self.write(Verb::PutClaims, move |transaction| put_claims(transaction, &account, &claims, now))
    }
}
