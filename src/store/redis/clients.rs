//! The verbs of registered clients (RFC 7591, RFC 7592).
//!
//! Fields: `d` the document as JSON, `i` issued at, `e` until when the client may stay unused, `n` revision,
//! `a` its initial access as JSON. A replacement never changes `a`, not even by a version that does not know
//! it. A sorted set of the organization also holds its clients by expiry, infinite for used ones. A place in
//! the set is taken before the client is stored and given up before it is removed: a place left by a failure
//! expires with the client's first span, and a failed removal can be repeated.

use async_trait::async_trait;
use redis::Value;

use super::RedisStore;
use super::challenges::limit_args;
use super::grants::{is_empty_row, word};
use super::row::{A_LITTLE, RowFields, RowReader, corrupt, span, to_json};
use super::script::RedisCall;
use crate::ports::store::{
    Admission, ClientStore, RegistrationLimits, RegistrationOutcome, ReplacementOutcome, Result,
};
use crate::protocol::id::{ClientId, OrganizationId};
use crate::protocol::network::CallerAddress;
use crate::protocol::registered_client::RegisteredClient;
use crate::protocol::time::Timestamp;

#[async_trait]
impl ClientStore for RedisStore {
    async fn admit_registration(
        &self,
        organization: &OrganizationId,
        from: &CallerAddress,
        limits: RegistrationLimits,
        now: Timestamp,
    ) -> Result<Admission> {
        let of = |what: &str| self.keys.organization(organization, format_args!("r:{what}"));
        let network = from.network.as_str();
        let address = of(&format!("{network}:{}", from.key.encode()));
        let call = RedisCall::script(&self.scripts.admit_events, &[&address, &of(network), &of("")])
            .arg(self.offset.to_store(now))
            .arg(&limit_args(limits.per_address))
            .arg(&limit_args(limits.per_network))
            .arg(&limit_args(limits.per_organization));
        super::counters::admission(self.client.call(call).await?)
    }

    async fn register_client(
        &self,
        client: &RegisteredClient,
        ceiling: u32,
        now: Timestamp,
    ) -> Result<RegistrationOutcome> {
        let RegisteredClient { client: inner, unused_until, .. } = client;
        let ends = unused_until.map_or("+inf".to_owned(), |until| self.offset.to_store(until).to_string());
        let place = RedisCall::script(&self.scripts.register_client, &[&self.places(&inner.organization)])
            .arg(self.offset.to_store(now))
            .arg(ceiling)
            .arg(inner.id.as_str())
            .arg(ends);
        if self.client.call(place).await? == Value::Int(0) {
            return Ok(RegistrationOutcome::Full);
        }
        let life = unused_until.map_or(0, |until| span(until.since(now).saturating_add(A_LITTLE)));
        let fields = RowFields::default()
            .set("d", &document(client)?)
            .set("i", &self.offset.to_store(client.issued_at))
            .set_some("e", unused_until.map(|until| self.offset.to_store(until)))
            .set("n", &client.revision)
            .set_some("a", inner.extras.initial_access.as_ref().map(to_json).transpose()?);
        let put = RedisCall::script(&self.scripts.put_client, &[&self.keys.client(&inner.id)])
            .arg(life)
            .arg(fields.into_row(self.format.get()));
        self.client.call(put).await.map(|_| RegistrationOutcome::Registered)
    }

    async fn peek_client(&self, id: &ClientId) -> Result<Option<RegisteredClient>> {
        let call = RedisCall::row(&self.keys.client(id), &["d", "i", "e", "n", "a"]);
        let answer = self.client.call(call).await?;
        if is_empty_row(&answer) {
            return Ok(None);
        }
        let mut row = RowReader::new(answer, &self.offset)?;
        let mut client = row.json::<RegisteredClient>()?;
        (client.issued_at, client.unused_until) = (row.time()?, row.optional_time()?);
        client.revision = row.number()?;
        client.client.extras.initial_access = row.optional_json()?;
        Ok(Some(client))
    }

    async fn replace_client(&self, client: &RegisteredClient, now: Timestamp) -> Result<ReplacementOutcome> {
        let Some(seen) = client.revision.checked_sub(1) else { return Ok(ReplacementOutcome::Moved) };
        let call = RedisCall::script(&self.scripts.replace_client, &[&self.keys.client(&client.client.id)])
            .arg(self.offset.to_store(now))
            .arg(seen)
            .arg(client.revision)
            .arg(document(client)?);
        match word(&self.client.call(call).await?) {
            b"replaced" => Ok(ReplacementOutcome::Replaced),
            b"moved" => Ok(ReplacementOutcome::Moved),
            b"unknown" => Ok(ReplacementOutcome::Unknown),
            _ => Err(corrupt("a replacement cannot be read")),
        }
    }

    async fn touch_client(&self, organization: &OrganizationId, id: &ClientId, now: Timestamp) -> Result<()> {
        let touch = RedisCall::script(&self.scripts.touch_client, &[&self.keys.client(id)])
            .arg(self.offset.to_store(now));
        if self.client.call(touch).await? == Value::Int(1) {
            // XX adds no entry if the client was removed in the meantime.
            let keep =
                RedisCall::plain("ZADD", &self.places(organization)).arg(&["XX", "+inf"]).arg(id.as_str());
            self.client.call(keep).await?;
        }
        Ok(())
    }

    async fn clients_of(&self, organization: &OrganizationId) -> Result<Vec<ClientId>> {
        let call = RedisCall::plain("ZRANGE", &self.places(organization)).arg(&["0", "-1"]);
        let Value::Array(places) = self.client.call(call).await? else {
            return Err(corrupt("the clients of an organization cannot be read"));
        };
        let id = |place: &Value| ClientId::new(String::from_utf8_lossy(word(place)));
        let mut ids = places.iter().map(id).collect::<Vec<_>>();
        ids.sort();
        Ok(ids)
    }

    async fn remove_client(&self, organization: &OrganizationId, id: &ClientId) -> Result<()> {
        let give_up = RedisCall::plain("ZREM", &self.places(organization)).arg(id.as_str());
        self.client.call(give_up).await?;
        self.client.call(RedisCall::plain("DEL", &self.keys.client(id))).await.map(|_| ())
    }
}

impl RedisStore {
    /// Key of the set that counts an organization's clients.
    fn places(&self, organization: &OrganizationId) -> String {
        self.keys.organization(organization, "clients")
    }
}

/// The client as JSON without the parts that have fields of their own.
fn document(client: &RegisteredClient) -> Result<String> {
    let mut document = RegisteredClient {
        issued_at: Timestamp::from_millis(0),
        unused_until: None,
        revision: 0,
        ..client.clone()
    };
    document.client.extras.initial_access = None;
    to_json(&document)
}
