//! The browser SDK's way: a code, a session, refreshes.

use std::time::Duration;

use serde_json::{Value, json};

use crate::Outcome;
use crate::connection::{Connection, good};
use crate::measure::{Watch, load};

/// A signed-in customer on a connection of their own.
struct Session {
    connection: Connection,
    refresh_token: String,
}

impl Session {
    async fn sign_in(address: &str, number: usize) -> Outcome<Self> {
        let mut connection = Connection::open(address).await?;
        let tokens = sign_in(&mut connection, &format!("bench-{number}@example.com")).await?;
        Ok(Self { connection, refresh_token: token(&tokens, "refresh_token")? })
    }

    async fn refresh(&mut self) -> Outcome<()> {
        let body = json!({"refresh_token": self.refresh_token});
        let tokens =
            serde_json::from_slice(good(self.connection.post("/api/client/v1/refresh", "", &body).await?)?)?;
        self.refresh_token = token(&tokens, "refresh_token")?;
        Ok(())
    }
}

/// Signs in as a page does; the code is in the development outbox.
pub(crate) async fn sign_in(connection: &mut Connection, email: &str) -> Outcome<Value> {
    let asked = json!({"public_key": "pk_dom_demo", "email": email});
    let sent: Value =
        serde_json::from_slice(good(connection.post("/api/auth/dom/otp/send", "", &asked).await?)?)?;
    let outbox = connection.get(&format!("/dev/outbox.json?to={email}")).await?;
    let mails: Value = serde_json::from_slice(outbox)?;
    let code = mails.pointer("/0/code").ok_or("no mail in the outbox")?;
    let challenge = sent.pointer("/data/challenge_id").ok_or("no challenge")?;
    let typed = json!({"public_key": "pk_dom_demo", "challenge_id": challenge, "code": code});
    Ok(serde_json::from_slice(good(connection.post("/api/auth/dom/otp/verify", "", &typed).await?)?)?)
}

/// A token of an answer, by its name.
pub(crate) fn token(answer: &Value, name: &str) -> Outcome<String> {
    let token = answer.pointer("/data").and_then(|data| data.get(name)).and_then(Value::as_str);
    Ok(token.ok_or("no token")?.to_owned())
}

pub(crate) async fn refresh(address: &str, levels: &str, span: Duration, watch: &Watch) -> Outcome<()> {
    let levels = levels.split(',').map(str::parse).collect::<Result<Vec<usize>, _>>()?;
    let mut idle = Vec::new();
    for number in 0..levels.iter().copied().max().unwrap_or_default() {
        idle.push(Session::sign_in(address, number).await?);
    }
    for level in levels {
        let taken = idle.split_off(idle.len().saturating_sub(level));
        let label = format!("refresh, {level} at once");
        idle.extend(load(&label, taken, span, watch, async |session| session.refresh().await).await?);
    }
    Ok(())
}
