//! The verbs of end-users' records outside of any grant.

use async_trait::async_trait;

use super::grants::{ensure_end_user, put_end_user, user_key};
use super::rows::{RowKind, Rows, Transaction};
use super::{EmbeddedStore, Verb};
use crate::ports::store::{EndUserStore, Result};
use crate::protocol::end_user::{Account, EndUser};
use crate::protocol::id::{Bucket, UserId};
use crate::protocol::standard_claims::StandardClaims;
use crate::protocol::time::Timestamp;

/// # Errors
/// [`StoreError`], as specified by [`EndUserStore::put_claims`].
fn put_claims(
    transaction: &mut Transaction<'_>,
    account: &Account,
    claims: &StandardClaims,
    now: Timestamp,
) -> Result<()> {
    let known = ensure_end_user(transaction, account)?;
    put_end_user(transaction, &EndUser { claims: claims.clone(), ..known.clone() }.changed_from(&known, now))
}

#[async_trait]
impl EndUserStore for EmbeddedStore {
    async fn peek_end_user(&self, _: Bucket, user: &UserId) -> Result<Option<EndUser>> {
        self.read(move |rows| rows.get(RowKind::EndUsers, user_key(user))).await
    }

    async fn put_claims(
        &self,
        _: Bucket,
        account: &Account,
        claims: &StandardClaims,
        now: Timestamp,
    ) -> Result<()> {
        let (account, claims) = (account.clone(), claims.clone());
        self.write(Verb::PutClaims, move |transaction| put_claims(transaction, &account, &claims, now)).await
    }
}
