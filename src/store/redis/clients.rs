//! The verbs of clients that registered themselves. A row is JSON; its times are the reference node's.

use redis::Value;

use super::RedisStore;
use super::row::{A_LITTLE, Reader, span, to_json};
use super::script::Call;
use super::settings::ClockOffset;
use crate::ports::store::{Answer, ClientStore, StoreError};
use crate::protocol::id::ClientId;
use crate::protocol::registered_client::RegisteredClient;

impl ClientStore for RedisStore {
    fn register_client<'a>(&'a self, client: &'a RegisteredClient) -> Answer<'a, ()> {
        Box::pin(async move {
            let mut call = Call::plain("SET", &self.keys.client(&client.client.id))
                .arg(write(client, &self.offset)?)
                .arg("NX");
            if let Some(until) = client.unused_until {
                let life = until.since(client.issued_at).saturating_add(A_LITTLE);
                call = call.arg("PX").arg(span(life));
            }
            self.client.call(call).await.map(|_| ())
        })
    }

    fn peek_client<'a>(&'a self, id: &'a ClientId) -> Answer<'a, Option<RegisteredClient>> {
        Box::pin(async move {
            let answer = self.client.call(Call::plain("GET", &self.keys.client(id))).await?;
            let row = Value::Array(vec![answer]);
            let known = Reader::new(row, &self.offset)?.optional_json::<RegisteredClient>()?;
            Ok(known.map(|client| RegisteredClient {
                issued_at: self.offset.to_host(client.issued_at.as_millis()),
                unused_until: client.unused_until.map(|until| self.offset.to_host(until.as_millis())),
                ..client
            }))
        })
    }
}

fn write(client: &RegisteredClient, offset: &ClockOffset) -> Result<String, StoreError> {
    to_json(&RegisteredClient {
        issued_at: crate::protocol::time::Timestamp::from_millis(offset.to_store(client.issued_at)),
        unused_until: client
            .unused_until
            .map(|until| crate::protocol::time::Timestamp::from_millis(offset.to_store(until))),
        ..client.clone()
    })
}
