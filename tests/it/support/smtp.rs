//! An SMTP server of our own: Debian's `python3-aiosmtpd`, a program that we did not write.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// How long a test waits for something that must happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A running server; it ends with this value.
pub(crate) struct SmtpServer {
    pub(crate) port: u16,
    child: Child,
    commands: Option<ChildStdin>,
    events: UnboundedReceiver<Value>,
    /// What arrived while the test waited for something else.
    put_aside: Vec<Value>,
}

/// A mail that the server took.
pub(crate) struct Received {
    pub(crate) sender: String,
    pub(crate) to: Vec<String>,
    pub(crate) hello: String,
    pub(crate) encrypted: bool,
    pub(crate) user: Option<String>,
    pub(crate) data: Vec<u8>,
}

impl SmtpServer {
    /// Starts a server that behaves as the script's `DEFAULTS` and `behaviour` say.
    pub(crate) async fn start(behaviour: Value) -> Self {
        // The system's interpreter: it is the one that has aiosmtpd.
        let mut child = Command::new("/usr/bin/python3")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/smtp_server.py"))
            .arg(behaviour.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the tests need /usr/bin/python3 with aiosmtpd (Debian: python3-aiosmtpd)");
        let commands = child.stdin.take();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, events) = unbounded_channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = sender.send(serde_json::from_str(&line).unwrap());
            }
        });
        let mut server = Self { port: 0, child, commands, events, put_aside: Vec::new() };
        let ready = server.event("ready").await;
        server.port = u16::try_from(ready["port"].as_u64().unwrap()).unwrap();
        server
    }

    /// Closes the port and all connections.
    pub(crate) async fn go_away(&mut self) {
        self.command("away").await;
    }

    /// Opens the port again.
    pub(crate) async fn come_back(&mut self) {
        self.command("back").await;
    }

    /// Behaves differently from now on.
    pub(crate) async fn behave(&mut self, behaviour: Value) {
        self.command(&behaviour.to_string()).await;
    }

    async fn command(&mut self, line: &str) {
        let commands = self.commands.as_mut().unwrap();
        writeln!(commands, "{line}").unwrap();
        commands.flush().unwrap();
        self.event("done").await;
    }

    /// The next event of this kind.
    pub(crate) async fn event(&mut self, kind: &str) -> Value {
        if let Some(place) = self.put_aside.iter().position(|event| event["event"] == kind) {
            return self.put_aside.remove(place);
        }
        loop {
            let event = tokio::time::timeout(PATIENCE, self.events.recv())
                .await
                .unwrap_or_else(|_| panic!("no {kind} within {PATIENCE:?}"))
                .unwrap_or_else(|| panic!("the SMTP server ended before {kind}"));
            if event["event"] == kind {
                return event;
            }
            self.put_aside.push(event);
        }
    }

    /// The next mail that it took.
    pub(crate) async fn mail(&mut self) -> Received {
        let mail = self.event("mail").await;
        let text = |key: &str| mail[key].as_str().map(str::to_owned);
        let data = base64::engine::general_purpose::STANDARD.decode(mail["data"].as_str().unwrap()).unwrap();
        Received {
            sender: text("sender").unwrap(),
            to: serde_json::from_value(mail["to"].clone()).unwrap(),
            hello: text("hello").unwrap(),
            encrypted: mail["encrypted"].as_bool().unwrap(),
            user: text("user"),
            data,
        }
    }

    /// How many events of this kind there were that no test waited for. A round trip to the server comes first,
    /// so that everything that was written before is counted.
    pub(crate) async fn unseen(&mut self, kind: &str) -> usize {
        self.behave(json!({})).await;
        self.put_aside.iter().filter(|event| event["event"] == kind).count()
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.commands.take();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
