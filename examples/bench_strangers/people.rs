//! Those who are to notice nothing, and those who may be told to try again.

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::spawn_local;
use tokio::time::sleep;

use crate::connection::Connection;
use crate::{Outcome, Run};

const SESSIONS: u16 = 200;
const OTHERS: u16 = 10;
/// How long a session waits between two refreshes.
const PAUSE: Duration = Duration::from_millis(500);

/// Somebody with a connection and a network of their own.
struct Person {
    connection: Connection,
    from: String,
    email: String,
}

/// Everybody, ready.
pub(crate) struct People {
    sessions: Vec<(Person, String)>,
    began: Vec<(Person, String, String)>,
    known: Vec<(Person, String)>,
}

/// What everybody saw.
#[derive(Default)]
pub(crate) struct Told {
    refreshed: u64,
    not_refreshed: Vec<String>,
    began: Vec<String>,
    known: Vec<String>,
    new_signed_in: u64,
    new_told_to_wait: u64,
    new_failed: Vec<String>,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "refreshes: {}, failed: {}", self.refreshed, shown(&self.not_refreshed))?;
        writeln!(f, "{OTHERS} people who asked for a code before, failed: {}", shown(&self.began))?;
        writeln!(f, "{OTHERS} devices that signed in before, failed: {}", shown(&self.known))?;
        write!(
            f,
            "{OTHERS} people who were never here: {} signed in, {} were told to try again, failed: {}",
            self.new_signed_in,
            self.new_told_to_wait,
            shown(&self.new_failed)
        )
    }
}

fn shown(failures: &[String]) -> String {
    failures.first().map_or("0".to_owned(), |first| format!("{} ({first})", failures.len()))
}

impl Person {
    async fn new(address: &str, group: u8, number: u16) -> Outcome<Self> {
        let [high, low] = number.to_be_bytes();
        Ok(Self {
            connection: Connection::open(address).await?,
            from: format!("172.{}.{low}.9", group.saturating_add(16).saturating_add(high)),
            email: format!("person-{group}-{number}@example.com"),
        })
    }

    /// A request of the shop's page; status and `data`, or the whole body of a refusal.
    async fn post(&mut self, path: &str, body: &Value) -> Outcome<(u16, Value)> {
        let headers = format!("X-Forwarded-For: {}\r\n", self.from);
        let answer = self.connection.post(path, &headers, body).await?;
        let body = serde_json::from_slice::<Value>(answer.body)?;
        Ok((answer.status, body.get("data").cloned().unwrap_or(body)))
    }

    /// Asks for a code; status, challenge and code.
    async fn ask(&mut self, device: Option<&str>) -> Outcome<(u16, String, String)> {
        let asked = json!({"public_key": "pk_dom_demo", "email": self.email, "device": device});
        let (status, sent) = self.post("/api/auth/dom/otp/send", &asked).await?;
        if status != 200 {
            return Ok((status, String::new(), sent.to_string()));
        }
        let mails = self.connection.get(&format!("/dev/outbox.json?to={}", self.email)).await?;
        let mails = serde_json::from_slice::<Value>(mails)?;
        let code = mails.pointer("/0/code").and_then(Value::as_str).ok_or("no mail in the outbox")?;
        Ok((status, text(&sent, "challenge_id")?, code.to_owned()))
    }

    async fn prove(&mut self, challenge: &str, code: &str) -> Outcome<Value> {
        let typed = json!({"public_key": "pk_dom_demo", "challenge_id": challenge, "code": code});
        good(self.post("/api/auth/dom/otp/verify", &typed).await?)
    }

    async fn sign_in(&mut self, device: Option<&str>) -> Outcome<Value> {
        let (status, challenge, code) = self.ask(device).await?;
        if status != 200 {
            return Err(format!("{status}: {code}").into());
        }
        self.prove(&challenge, &code).await
    }
}

fn good((status, body): (u16, Value)) -> Outcome<Value> {
    if status == 200 { Ok(body) } else { Err(format!("{status}: {body}").into()) }
}

fn text(value: &Value, name: &str) -> Outcome<String> {
    Ok(value.get(name).and_then(Value::as_str).ok_or("something is missing in an answer")?.to_owned())
}

/// Everybody gets ready before the strangers come.
pub(crate) async fn begin(address: &str) -> Outcome<People> {
    let mut people = People { sessions: Vec::new(), began: Vec::new(), known: Vec::new() };
    for number in 0..SESSIONS {
        let mut person = Person::new(address, 0, number).await?;
        let token = text(&person.sign_in(None).await?, "refresh_token")?;
        people.sessions.push((person, token));
    }
    for number in 0..OTHERS {
        let mut person = Person::new(address, 1, number).await?;
        let device = text(&person.sign_in(None).await?, "device")?;
        people.known.push((person, device));
        let mut person = Person::new(address, 2, number).await?;
        let (status, challenge, code) = person.ask(None).await?;
        if status != 200 {
            return Err(format!("{status}: {code}").into());
        }
        people.began.push((person, challenge, code));
    }
    Ok(people)
}

/// Everybody goes on while the strangers are at it.
pub(crate) async fn go_on(address: &str, people: People, run: &Rc<Run>, span: Duration) -> Told {
    let sessions = people.sessions.into_iter().map(|(mut person, mut token)| {
        let run = Rc::clone(run);
        spawn_local(async move {
            let (mut good_ones, mut failures) = (0_u64, Vec::new());
            while !run.is_over() {
                let body = json!({"refresh_token": token});
                let answer = person.post("/api/client/v1/refresh", &body).await.and_then(good);
                match answer.and_then(|data| text(&data, "refresh_token")) {
                    Ok(next) => {
                        token = next;
                        good_ones = good_ones.saturating_add(1);
                    }
                    Err(error) => failures.push(error.to_string()),
                }
                sleep(PAUSE).await;
            }
            (good_ones, failures)
        })
    });
    let sessions = sessions.collect::<Vec<_>>();
    let mut told = Told::default();
    // By then the strangers have asked for all that they get.
    sleep(span.mul_f32(0.6)).await;
    for (mut person, challenge, code) in people.began {
        told.began.extend(person.prove(&challenge, &code).await.err().map(|error| error.to_string()));
    }
    for (mut person, device) in people.known {
        told.known.extend(person.sign_in(Some(&device)).await.err().map(|error| error.to_string()));
    }
    for number in 0..OTHERS {
        if let Err(error) = try_as_new(address, number, &mut told).await {
            told.new_failed.push(error.to_string());
        }
    }
    for session in sessions {
        match session.await {
            Ok((refreshed, failures)) => {
                told.refreshed = told.refreshed.saturating_add(refreshed);
                told.not_refreshed.extend(failures);
            }
            Err(error) => told.not_refreshed.push(error.to_string()),
        }
    }
    told
}

async fn try_as_new(address: &str, number: u16, told: &mut Told) -> Outcome<()> {
    let mut person = Person::new(address, 3, number).await?;
    let (status, challenge, code) = person.ask(None).await?;
    if status == 429 {
        told.new_told_to_wait = told.new_told_to_wait.saturating_add(1);
        return Ok(());
    }
    person.prove(&challenge, &code).await?;
    told.new_signed_in = told.new_signed_in.saturating_add(1);
    Ok(())
}
