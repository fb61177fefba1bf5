//! The verbs of registered clients (RFC 7591, RFC 7592).

use async_trait::async_trait;

use super::counters::{admit, key};
use super::rows::{A_LITTLE, NEVER, RowKind, Rows, Transaction};
use super::{EmbeddedStore, Verb};
use crate::ports::store::{
    Admission, ClientStore, RegistrationLimits, RegistrationOutcome, ReplacementOutcome, Result,
};
use crate::protocol::id::{ClientId, OrganizationId};
use crate::protocol::network::CallerAddress;
use crate::protocol::registered_client::RegisteredClient;
use crate::protocol::time::Timestamp;

/// # Errors
/// [`StoreError`], as specified by [`ClientStore::register_client`].
fn register_client(
    transaction: &mut Transaction<'_>,
    client: &RegisteredClient,
    ceiling: u32,
    now: Timestamp,
) -> Result<RegistrationOutcome> {
    if peek_client(transaction, &client.client.id)?.is_some() {
        return Ok(RegistrationOutcome::Registered);
    }
    if live(transaction, &client.client.organization, now)? >= ceiling {
        return Ok(RegistrationOutcome::Full);
    }
    put_client(transaction, client)?;
    Ok(RegistrationOutcome::Registered)
}

/// # Errors
/// [`StoreError`], as specified by [`ClientStore::peek_client`].
fn peek_client(rows: &impl Rows, id: &ClientId) -> Result<Option<RegisteredClient>> {
    rows.get(RowKind::Clients, id.as_str().as_bytes())
}

/// # Errors
/// [`StoreError`], as specified by [`ClientStore::replace_client`].
fn replace_client(
    transaction: &mut Transaction<'_>,
    client: &RegisteredClient,
    now: Timestamp,
) -> Result<ReplacementOutcome> {
    let known = peek_client(transaction, &client.client.id)?.filter(|known| !known.is_over(now));
    let Some(known) = known else { return Ok(ReplacementOutcome::Unknown) };
    let mut new =
        RegisteredClient { issued_at: known.issued_at, unused_until: known.unused_until, ..client.clone() };
    new.client.extras.initial_access.clone_from(&known.client.extras.initial_access);
    if known == new {
        return Ok(ReplacementOutcome::Replaced);
    }
    if known.revision.checked_add(1) != Some(new.revision) {
        return Ok(ReplacementOutcome::Moved);
    }
    put_client(transaction, &new)?;
    Ok(ReplacementOutcome::Replaced)
}

/// # Errors
/// [`StoreError`], as specified by [`ClientStore::touch_client`].
fn touch_client(transaction: &mut Transaction<'_>, id: &ClientId, now: Timestamp) -> Result<()> {
    let unused = |known: &RegisteredClient| known.unused_until.is_some() && !known.is_over(now);
    match peek_client(transaction, id)?.filter(unused) {
        Some(known) => put_client(transaction, &RegisteredClient { unused_until: None, ..known }),
        None => Ok(()),
    }
}

/// # Errors
/// [`StoreError`], as specified by [`ClientStore::clients_of`].
fn clients_of(rows: &impl Rows, organization: &OrganizationId) -> Result<Vec<ClientId>> {
    let first = key(b'c', organization, "");
    let ids = places(rows, organization)?.into_iter().filter_map(|place| {
        let id = String::from_utf8(place.get(first.len()..)?.to_vec()).ok()?;
        Some(ClientId::new(id))
    });
    let mut ids = ids.collect::<Vec<_>>();
    ids.sort();
    Ok(ids)
}

/// The keys of all clients of an organization.
fn places(rows: &impl Rows, organization: &OrganizationId) -> Result<Vec<Vec<u8>>> {
    let first = key(b'c', organization, "");
    // Ids are ASCII, so that no id has a byte as high as this.
    let end = [first.as_slice(), &[u8::MAX]].concat();
    rows.keys_before(RowKind::ClientsOf, &first, &end, usize::MAX)
}

/// The number of an organization's clients that have not expired.
fn live(rows: &impl Rows, organization: &OrganizationId, now: Timestamp) -> Result<u32> {
    let mut count = 0_u32;
    for key in places(rows, organization)? {
        let until = rows.get::<Option<Timestamp>>(RowKind::ClientsOf, &key)?.flatten();
        if until.is_none_or(|until| now < until) {
            count = count.saturating_add(1);
        }
    }
    Ok(count)
}

fn put_client(transaction: &mut Transaction<'_>, client: &RegisteredClient) -> Result<()> {
    let RegisteredClient { client: inner, unused_until, .. } = client;
    let garbage_at = unused_until.map_or(NEVER, |until| until.plus(A_LITTLE));
    let of_organization = key(b'c', &inner.organization, inner.id.as_str());
    transaction.put(RowKind::ClientsOf, of_organization, unused_until, garbage_at)?;
    transaction.put(RowKind::Clients, inner.id.as_str(), client, garbage_at)
}

#[async_trait]
impl ClientStore for EmbeddedStore {
    async fn admit_registration(
        &self,
        organization: &OrganizationId,
        from: &CallerAddress,
        limits: RegistrationLimits,
        now: Timestamp,
    ) -> Result<Admission> {
        let of_network = key(b'r', organization, from.network.as_str());
        let of_address = [of_network.as_slice(), from.key.as_bytes()].concat();
        let logs = vec![
            (of_address, limits.per_address),
            (of_network, limits.per_network),
            (key(b'R', organization, ""), limits.per_organization),
        ];
        self.write(Verb::AdmitRegistration, move |transaction| admit(transaction, logs, now)).await
    }

    async fn register_client(
        &self,
        client: &RegisteredClient,
        ceiling: u32,
        now: Timestamp,
    ) -> Result<RegistrationOutcome> {
        let client = client.clone();
        self.write(Verb::RegisterClient, move |transaction| {
            register_client(transaction, &client, ceiling, now)
        })
        .await
    }

    async fn peek_client(&self, id: &ClientId) -> Result<Option<RegisteredClient>> {
        self.read(move |rows| peek_client(rows, id)).await
    }

    async fn replace_client(&self, client: &RegisteredClient, now: Timestamp) -> Result<ReplacementOutcome> {
        let client = client.clone();
        self.write(Verb::ReplaceClient, move |transaction| replace_client(transaction, &client, now)).await
    }

    async fn touch_client(&self, _: &OrganizationId, id: &ClientId, now: Timestamp) -> Result<()> {
        let id = id.clone();
        self.write(Verb::TouchClient, move |transaction| touch_client(transaction, &id, now)).await
    }

    async fn clients_of(&self, organization: &OrganizationId) -> Result<Vec<ClientId>> {
        self.read(move |rows| clients_of(rows, organization)).await
    }

    async fn remove_client(&self, organization: &OrganizationId, id: &ClientId) -> Result<()> {
        let (of_organization, id) = (key(b'c', organization, id.as_str()), id.clone());
        self.write(Verb::RemoveClient, move |transaction| {
            transaction.remove(RowKind::ClientsOf, of_organization);
            transaction.remove(RowKind::Clients, id.as_str().as_bytes().to_vec());
            Ok(())
        })
        .await
    }
}
