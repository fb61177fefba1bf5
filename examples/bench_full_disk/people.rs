//! Those who use the server meanwhile, and what was acknowledged to them.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::{Instant, sleep};

use crate::Outcome;
use crate::connection::Connection;
use crate::tally::Tally;

const SESSIONS: usize = 50;
const NEWCOMERS: usize = 4;
const PAUSE: Duration = Duration::from_millis(100);
/// One newcomer of so many logs out again.
const LEAVES: u64 = 4;

/// What everybody shares.
pub(crate) struct World {
    address: String,
    pub(crate) tally: Tally,
    is_over: Cell<bool>,
    next: Cell<u64>,
    /// The newest refresh token that each session was given.
    signed_in: RefCell<Vec<String>>,
    /// Tokens of sessions that were told that they are logged out.
    logged_out: RefCell<Vec<String>>,
    refreshes: Cell<u64>,
}

/// Somebody with a connection, which is opened again when it broke.
struct Caller {
    world: Rc<World>,
    connection: Option<Connection>,
}

impl Caller {
    const fn new(world: Rc<World>) -> Self {
        Self { world, connection: None }
    }

    /// Asks and counts; status and body, 0 without an answer.
    async fn ask(
        &mut self,
        what: &'static str,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> (u16, Value) {
        let answer = async {
            let mut connection = match self.connection.take() {
                Some(connection) => connection,
                None => Connection::open(&self.world.address).await?,
            };
            let headers =
                format!("{headers}Origin: http://localhost:3000\r\nContent-Type: application/json\r\n");
            let answer = connection.ask(method, path, &headers, body).await?;
            let says_when = answer.headers("retry-after").next().is_some();
            let (status, body) = (answer.status, serde_json::from_slice(answer.body).unwrap_or_default());
            self.connection = Some(connection);
            Outcome::Ok((status, says_when, body))
        };
        if let Ok((status, says_when, body)) = answer.await {
            self.world.tally.count(what, status, says_when);
            return (status, body);
        }
        self.world.tally.count_lost(what);
        (0, Value::Null)
    }

    async fn post(&mut self, what: &'static str, path: &str, body: &Value) -> (u16, Value) {
        self.ask(what, "POST", path, "", &body.to_string()).await
    }

    /// A new pair; `Err` with the status of a refusal.
    async fn refresh(&mut self, token: &str) -> Result<(String, String), u16> {
        let (status, body) =
            self.post("refresh", "/api/client/v1/refresh", &json!({"refresh_token": token})).await;
        pair(&body).ok_or(status)
    }

    /// Somebody who was never here signs in.
    async fn sign_in(&mut self) -> Option<(String, String)> {
        let number = self.world.next.replace(self.world.next.get().saturating_add(1));
        let email = format!("person-{number}@example.com");
        let asked = json!({"public_key": "pk_dom_demo", "email": email});
        let (_, sent) = self.post("otp/send", "/api/auth/dom/otp/send", &asked).await;
        let challenge = text(&sent, "/data/challenge_id")?;
        let (_, mails) = self.ask("(outbox)", "GET", &format!("/dev/outbox.json?to={email}"), "", "").await;
        let code = text(&mails, "/0/code")?;
        let typed = json!({"public_key": "pk_dom_demo", "challenge_id": challenge, "code": code});
        // Whoever is told to come again types the same code again.
        for _ in 0..3 {
            let (status, body) = self.post("otp/verify", "/api/auth/dom/otp/verify", &typed).await;
            if status != 503 {
                return pair(&body);
            }
            sleep(PAUSE).await;
        }
        None
    }
}

fn text(body: &Value, pointer: &str) -> Option<String> {
    body.pointer(pointer).and_then(Value::as_str).map(ToOwned::to_owned)
}

fn pair(body: &Value) -> Option<(String, String)> {
    Some((text(body, "/data/access_token")?, text(body, "/data/refresh_token")?))
}

impl World {
    pub(crate) fn new(address: String) -> Rc<Self> {
        Rc::new(Self {
            address,
            tally: Tally::default(),
            is_over: Cell::new(false),
            next: Cell::new(0),
            signed_in: RefCell::default(),
            logged_out: RefCell::default(),
            refreshes: Cell::new(0),
        })
    }

    pub(crate) fn end(&self) {
        self.is_over.set(true);
    }

    /// Waits until refreshes, sign-ins and `/readyz` are well, and says how long that took.
    pub(crate) async fn until_well(self: &Rc<Self>, freed: Instant) -> Outcome<String> {
        let mut caller = Caller::new(Rc::clone(self));
        let (mut refreshed, mut signed_in, mut ready) = (None, None, None);
        let before = self.refreshes.get();
        for _ in 0..6000 {
            if refreshed.is_none() && self.refreshes.get() > before {
                refreshed = Some(freed.elapsed());
            }
            if signed_in.is_none()
                && let Some((_, token)) = caller.sign_in().await
            {
                signed_in = Some(freed.elapsed());
                self.signed_in.borrow_mut().push(token);
            }
            let (_, body) = caller.ask("readyz", "GET", "/readyz", "", "").await;
            if ready.is_none() && text(&body, "/data/status").as_deref() == Some("ready") {
                ready = Some(freed.elapsed());
            }
            if let (Some(refreshed), Some(signed_in), Some(ready)) = (refreshed, signed_in, ready) {
                let [refreshed, signed_in, ready] =
                    [refreshed, signed_in, ready].map(|span| span.as_millis());
                return Ok(format!(
                    "a refresh after {refreshed} ms, a sign-in after {signed_in} ms, ready after {ready} ms"
                ));
            }
            sleep(Duration::from_millis(10)).await;
        }
        Err("it was not well within a minute".into())
    }

    /// Whether everything that was acknowledged holds.
    pub(crate) async fn judge(self: &Rc<Self>) -> Outcome<String> {
        self.tally.begin("at the end");
        let mut caller = Caller::new(Rc::clone(self));
        let (mut held, mut lost) = (0_u64, Vec::new());
        let tokens = self.signed_in.borrow().clone();
        for token in tokens {
            match caller.refresh(&token).await {
                Ok(_) => held = held.saturating_add(1),
                Err(status) => lost.push(status),
            }
        }
        let (mut ended, mut back) = (0_u64, Vec::new());
        let tokens = self.logged_out.borrow().clone();
        for token in tokens {
            match caller.refresh(&token).await {
                Err(401) => ended = ended.saturating_add(1),
                Err(status) => back.push(status),
                Ok(_) => back.push(200),
            }
        }
        Ok(format!(
            "acknowledged refreshes: {}; sessions that hold: {held}, LOST: {} {lost:?}; logouts that hold: {ended}, \
             UNDONE: {} {back:?}",
            self.refreshes.get(),
            lost.len(),
            back.len(),
        ))
    }
}

/// Everybody begins: sessions that refresh and read, people who sign in (and some out again), and the health checks.
pub(crate) async fn start(world: &Rc<World>) -> Outcome<Vec<JoinHandle<()>>> {
    world.tally.begin("at the start");
    let mut tasks = Vec::new();
    for _ in 0..SESSIONS {
        let mut caller = Caller::new(Rc::clone(world));
        let (_, token) = caller.sign_in().await.ok_or("nobody can sign in")?;
        let place = world.signed_in.borrow().len();
        world.signed_in.borrow_mut().push(token);
        tasks.push(spawn_local(goes_on(caller, place)));
    }
    tasks.extend((0..NEWCOMERS).map(|_| spawn_local(come(Caller::new(Rc::clone(world))))));
    tasks.push(spawn_local(watch(Caller::new(Rc::clone(world)))));
    Ok(tasks)
}

async fn goes_on(mut caller: Caller, place: usize) {
    let world = Rc::clone(&caller.world);
    while !world.is_over.get() {
        let token = world.signed_in.borrow().get(place).cloned().unwrap_or_default();
        if let Ok((access, next)) = caller.refresh(&token).await {
            world.refreshes.set(world.refreshes.get().saturating_add(1));
            if let Some(kept) = world.signed_in.borrow_mut().get_mut(place) {
                *kept = next;
            }
            let bearer = format!("Authorization: Bearer {access}\r\n");
            caller.ask("profile", "GET", "/api/client/v1/profile", &bearer, "").await;
        }
        sleep(PAUSE).await;
    }
}

async fn come(mut caller: Caller) {
    let world = Rc::clone(&caller.world);
    let mut waiting = Vec::new();
    let mut came = 0_u64;
    for round in 1_u64.. {
        if world.is_over.get() {
            break;
        }
        if let Some((_, token)) = caller.sign_in().await {
            came = came.saturating_add(1);
            if came.is_multiple_of(LEAVES) {
                waiting.push((token, false));
            } else {
                world.signed_in.borrow_mut().push(token);
            }
        }
        // Fewer leave than come, so that some are left to leave while the disk is full.
        if round.is_multiple_of(LEAVES.saturating_mul(3))
            && let Some((token, _)) = waiting.pop()
        {
            let logout = json!({"refresh_token": token});
            let (status, _) = caller.post("logout", "/api/auth/dom/logout", &logout).await;
            if status == 200 {
                world.logged_out.borrow_mut().push(token);
            } else {
                // It may have been carried out all the same.
                waiting.push((token, true));
            }
        }
        sleep(PAUSE).await;
    }
    let stayed = waiting.into_iter().filter(|(_, has_tried)| !has_tried);
    world.signed_in.borrow_mut().extend(stayed.map(|(token, _)| token));
}

async fn watch(mut caller: Caller) {
    while !caller.world.is_over.get() {
        for (what, path) in [("healthz", "/healthz"), ("readyz", "/readyz")] {
            caller.ask(what, "GET", path, "", "").await;
        }
        sleep(PAUSE).await;
    }
}
