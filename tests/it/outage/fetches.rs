//! A fetch that a setting of ours forbids is told to the operator, with that setting.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tiquo_auth::flow::client_keys::ClientKeys;
use tiquo_auth::ports::clock::Clock;
use tiquo_auth::ports::fetcher::FetchError;
use tiquo_auth::protocol::client_keys::KeySource;
use tiquo_auth::protocol::id::ClientId;
use tiquo_auth::protocol::outbound::target::TargetError;
use tiquo_auth::telemetry::{Format, subscriber};

use crate::support::app::fetcher;
use crate::support::client_key::Signer;
use crate::support::clock::ManualClock;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn keys_that_may_not_be_fetched_name_the_setting_that_allows_it() {
    let lines = Lines::default();
    let writer = lines.clone();
    let log = subscriber(Format::Json, "info", false, move || writer.clone()).unwrap();
    let _logging = tracing::subscriber::set_default(log);
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::fixed());
    let keys = ClientKeys::new(fetcher(&clock), clock);
    let source = KeySource::Url("https://10.0.0.7/keys?secret=1".to_owned());
    keys.verify(&ClientId::new("app"), &source, &Signer::new(Some("one")).jws()).await.unwrap_err();
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let line: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!((&line["level"], &line["setting"]), (&json!("WARN"), &json!("outbound.allowed_hosts")));
    assert_eq!(line["url"], "https://10.0.0.7/keys");
    assert!(!text.contains("secret"), "{text}");
}

#[test]
fn each_failure_names_the_setting_that_would_help_or_none() {
    for (error, setting) in [
        (FetchError::Target(TargetError::Scheme), Some("outbound.allowed_hosts")),
        (FetchError::Target(TargetError::Port), Some("outbound.allowed_hosts")),
        (FetchError::Address("it leads to 10.0.0.1".to_owned()), Some("outbound.allowed_hosts")),
        (FetchError::TimedOut, Some("outbound.timeout_seconds")),
        (FetchError::TooLarge, Some("outbound.max_kib")),
        (FetchError::Busy, Some("outbound.concurrent")),
        (FetchError::Limited { retry_after: Duration::from_secs(9) }, None),
        (FetchError::Target(TargetError::Credentials), None),
        (FetchError::Status(404), None),
    ] {
        assert_eq!(error.setting(), setting, "{error}");
        let told = error.for_operator();
        assert!(setting.is_none_or(|setting| told.contains(setting)), "{told}");
    }
}
