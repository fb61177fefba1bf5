//! The strangers.

use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use tokio::task::{JoinHandle, spawn_local};

use crate::Run;
use crate::connection::Connection;

/// What strangers ask for.
#[derive(Clone)]
pub(crate) enum Target {
    Sends,
    Devices,
    Registrations,
    UserCodes,
    Path { method: String, path: String },
}

impl Target {
    pub(crate) fn parse(text: &str) -> crate::Outcome<Self> {
        Ok(match text {
            "sends" => Self::Sends,
            "devices" => Self::Devices,
            "registrations" => Self::Registrations,
            "user-codes" => Self::UserCodes,
            other => match other.split_once(':') {
                Some((method @ ("GET" | "POST"), path)) => {
                    Self::Path { method: method.to_owned(), path: path.to_owned() }
                }
                _ => return Err("TARGET is none of those at the head of this program".into()),
            },
        })
    }

    pub(crate) fn name(&self) -> String {
        match self {
            Self::Sends => "sends".to_owned(),
            Self::Devices => "devices".to_owned(),
            Self::Registrations => "registrations".to_owned(),
            Self::UserCodes => "user codes".to_owned(),
            Self::Path { method, path } => {
                format!("{method} {}", path.split('?').next().unwrap_or_default())
            }
        }
    }

    /// Method, path, content type and body of the request of a number.
    fn request(&self, number: u64, address: &str) -> (&str, String, String, String) {
        let form = "Content-Type: application/x-www-form-urlencoded\r\n";
        let json = "Content-Type: application/json\r\n";
        let post = |path: &str, headers: String, body: String| ("POST", path.to_owned(), headers, body);
        match self {
            Self::Sends => {
                let headers = format!("Origin: http://localhost:3000\r\n{json}");
                let body =
                    format!(r#"{{"public_key":"pk_dom_demo","email":"stranger-{number}@example.com"}}"#);
                post("/api/auth/dom/otp/send", headers, body)
            }
            Self::Devices => {
                let body = "client_id=demo-device&scope=openid%20email".to_owned();
                post("/api/auth/oauth2/device_authorization", form.to_owned(), body)
            }
            Self::Registrations => {
                let body = format!(r#"{{"redirect_uris":["https://stranger-{number}.example/callback"]}}"#);
                post("/api/auth/oauth2/register", json.to_owned(), body)
            }
            Self::UserCodes => {
                let headers = format!("Origin: http://{address}\r\n{form}");
                post("/device", headers, "user_code=BBBB-BBBB".to_owned())
            }
            Self::Path { method, path } => {
                let path = path.replace("{n}", &number.to_string());
                match (method.as_str(), path.split_once('?')) {
                    ("POST", Some((path, body))) => post(path, form.to_owned(), body.to_owned()),
                    _ => (method, path, String::new(), String::new()),
                }
            }
        }
    }
}

/// What strangers were answered.
#[derive(Default)]
pub(crate) struct Answers {
    by_status: BTreeMap<u16, u64>,
    without_retry_after: u64,
    failed: u64,
}

impl Answers {
    pub(crate) fn add(&mut self, other: &Self) {
        for (status, count) in &other.by_status {
            let sum = self.by_status.entry(*status).or_default();
            *sum = sum.saturating_add(*count);
        }
        self.without_retry_after = self.without_retry_after.saturating_add(other.without_retry_after);
        self.failed = self.failed.saturating_add(other.failed);
    }
}

impl fmt::Display for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (status, count) in &self.by_status {
            write!(f, "{count} times {status}, ")?;
        }
        write!(f, "{} of 429 without Retry-After, {} unanswered", self.without_retry_after, self.failed)
    }
}

/// Starts as many strangers as there are to be at once. Request `n` comes from network `n` modulo their number.
pub(crate) fn start(
    address: &str,
    networks: u64,
    target: &Target,
    run: &Rc<Run>,
    at_once: usize,
) -> Vec<JoinHandle<Answers>> {
    let one = |_| {
        let (address, target, run) = (address.to_owned(), target.clone(), Rc::clone(run));
        spawn_local(async move {
            let mut answers = Answers::default();
            let mut connection = None;
            while let Some(number) = run.next() {
                if connection.is_none() {
                    connection = Connection::open(&address).await.ok();
                }
                let Some(open) = &mut connection else {
                    answers.failed = answers.failed.saturating_add(1);
                    continue;
                };
                let (method, path, headers, body) = target.request(number, &address);
                let from = network(number.checked_rem(networks).unwrap_or_default());
                let headers = format!("X-Forwarded-For: {from}\r\n{headers}");
                if let Ok(answer) = open.ask(method, &path, &headers, &body).await {
                    let sum = answers.by_status.entry(answer.status).or_default();
                    *sum = sum.saturating_add(1);
                    if answer.status == 429 && answer.headers("retry-after").next().is_none() {
                        answers.without_retry_after = answers.without_retry_after.saturating_add(1);
                    }
                } else {
                    answers.failed = answers.failed.saturating_add(1);
                    connection = None;
                }
            }
            answers
        })
    };
    (0..at_once).map(one).collect()
}

/// An address of the network of a number: none of those where the people are.
fn network(number: u64) -> String {
    let byte = |shift: u32| number.checked_shr(shift).unwrap_or_default() & 0xff;
    format!("{}.{}.{}.7", byte(16).saturating_add(20), byte(8), byte(0))
}
