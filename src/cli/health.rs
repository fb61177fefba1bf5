//! `tiquo-auth health`: a health check for container images without another HTTP client.

use std::fmt::Write as _;
use std::time::Duration;

use clap::Args;
use serde_json::Value;

use crate::http::paths::READYZ;

/// Timeout of the request: the server itself waits up to two seconds for each of its parts.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Args)]
pub(super) struct Health {
    /// Where the server is.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    url: String,
}

impl Health {
    /// Succeeds when the server is ready, even if degraded, and prints its state.
    pub(super) fn run(&self) -> Result<(), String> {
        let url = format!("{}{READYZ}", self.url.trim_end_matches('/'));
        let (status, body) = super::signals::run(ask(&url)).map_err(|error| format!("{url} {error}"))?;
        let data = body.get("data").cloned().unwrap_or_default();
        let what = describe(&data).unwrap_or_else(|| format!("answered with status {status}"));
        if status == 200 {
            println!("{what}");
            return Ok(());
        }
        Err(format!("{url} {what}"))
    }
}

async fn ask(url: &str) -> Result<(u16, Value), String> {
    let client = reqwest::Client::builder()
        .timeout(PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| error.to_string())?;
    let answer = client.get(url).send().await.map_err(|error| {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
        format!("could not be reached{}", cause.unwrap_or_default())
    })?;
    let status = answer.status().as_u16();
    let body = answer.bytes().await.map_err(|error| error.to_string())?;
    Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
}

/// An answer of `/readyz` as one line; `None` if it is not such an answer.
fn describe(data: &Value) -> Option<String> {
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let mut line = text(data, "status")?;
    for list in ["unavailable", "degraded"] {
        for part in data.get(list).and_then(Value::as_array).into_iter().flatten() {
            let words = ["part", "state", "since"].map(|name| text(part, name).unwrap_or_default());
            let [part, state, since] = words;
            let _ = write!(line, "; {part} is {state} since {since}");
        }
    }
    if let Some(wait) = data.get("waiting_for") {
        let words = ["what", "since"].map(|name| text(wait, name).unwrap_or_default());
        let [what, since] = words;
        let _ = write!(line, "; it waits for {what} since {since}");
    }
    Some(line)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_of_readyz_becomes_one_line() {
        let mail = json!([{"part": "mail", "state": "unavailable", "since": "2026-01-31T12:00:00Z"}]);
        for (data, line) in [
            (json!({"status": "ready", "parts": {}}), Some("ready")),
            (
                json!({"status": "degraded", "degraded": mail}),
                Some("degraded; mail is unavailable since 2026-01-31T12:00:00Z"),
            ),
            (
                json!({"status": "not ready", "waiting_for": {"what": "Redis at r:1", "since": "T"}}),
                Some("not ready; it waits for Redis at r:1 since T"),
            ),
            (json!("nonsense"), None),
        ] {
            assert_eq!(describe(&data).as_deref(), line);
        }
    }
}
