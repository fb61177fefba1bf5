//! The browser SDK's way: a code, a session, refreshes.

use std::time::Duration;

use serde_json::{Value, json};

use crate::Outcome;
use crate::connection::Connection;
use crate::measure::{Watch, load};

/// A signed-in customer on a connection of their own.
struct Session {
    connection: Connection,
    refresh_token: String,
}

impl Session {
    /// Signs in as a page does; the code is in the development outbox.
    async fn sign_in(address: &str, number: usize) -> Outcome<Self> {
        let mut connection = Connection::open(address).await?;
        let email = format!("bench-{number}@example.com");
        let asked = json!({"public_key": "pk_dom_demo", "email": email});
        let sent: Value = serde_json::from_slice(connection.post("/api/auth/dom/otp/send", &asked).await?)?;
        let outbox = connection.get(&format!("/dev/outbox.json?to={email}")).await?;
        let mails: Value = serde_json::from_slice(outbox)?;
        let code = mails.pointer("/0/code").ok_or("no mail in the outbox")?;
        let challenge = sent.pointer("/data/challenge_id").ok_or("no challenge")?;
        let typed = json!({"public_key": "pk_dom_demo", "challenge_id": challenge, "code": code});
        let refresh_token = token(connection.post("/api/auth/dom/otp/verify", &typed).await?)?;
        Ok(Self { connection, refresh_token })
    }

    async fn refresh(&mut self) -> Outcome<()> {
        let body = json!({"refresh_token": self.refresh_token});
        self.refresh_token = token(self.connection.post("/api/client/v1/refresh", &body).await?)?;
        Ok(())
    }
}

fn token(body: &[u8]) -> Outcome<String> {
    let answer: Value = serde_json::from_slice(body)?;
    Ok(answer.pointer("/data/refresh_token").and_then(Value::as_str).ok_or("no refresh token")?.to_owned())
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
