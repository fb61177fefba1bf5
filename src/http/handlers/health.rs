//! `/healthz` and `/readyz`, for load balancers and the person on call.
//!
//! `/readyz` answers 200 when requests should come here, 503 when not:
//!
//! ```json
//! {"success": true, "data": {
//!   "status": "degraded",
//!   "parts": {"store": "ready", "mail": "away", "keys": "ready"},
//!   "degraded": [{"part": "mail", "state": "away", "since": "2026-01-31T12:00:00Z"}]}}
//! ```
//!
//! A part is `ready`, `not_tried` (mail that nobody needed yet), `away`, `credentials_refused`, `full` (a store that
//! takes nothing that makes it larger) or `unavailable`.
//! `status` is `ready`, `degraded` (200 both) or `not ready` (503). `degraded` lists parts that only some requests need,
//! `unavailable` those that all do, `waiting_for` is what a start waits for; each is left out when there is nothing.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, RETRY_AFTER};
use actix_web::web::Data;
use chrono::{DateTime, SecondsFormat};
use serde_json::{Map, Value, json};

use crate::flow::health::{Health, HealthPart, ProcessStatus, broken, health};
use crate::http::state::WorkerState;
use crate::protocol::time::Timestamp;

/// When a load balancer may ask again, in seconds.
const ASK_AGAIN: &str = "2";

/// The process is alive, and recovers by itself from whatever is wrong. 503 when a restart may help: when it could not
/// open its own store again though the disk has room. Why is in the log.
pub async fn healthz(state: Data<WorkerState>) -> HttpResponse {
    let is_broken = broken(&state.cx).await.is_some();
    let mut answer = if is_broken { HttpResponse::ServiceUnavailable() } else { HttpResponse::Ok() };
    if is_broken {
        answer.insert_header((RETRY_AFTER, ASK_AGAIN));
    }
    let status = if is_broken { "broken" } else { "alive" };
    answer
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(json!({"success": !is_broken, "data": {"status": status}}))
}

/// Whether requests should come here; names the parts that are in trouble. Why is in the log.
pub async fn readyz(state: Data<WorkerState>) -> HttpResponse {
    let health = health(&state.cx, &state.readiness).await;
    let is_served = health.status != ProcessStatus::NotReady;
    let mut answer = if is_served { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    if !is_served {
        answer.insert_header((RETRY_AFTER, ASK_AGAIN));
    }
    answer
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(json!({"success": is_served, "data": shown(&health)}))
}

fn shown(health: &Health) -> Value {
    let (status, list) = match health.status {
        ProcessStatus::Ready => ("ready", "degraded"),
        ProcessStatus::Degraded => ("degraded", "degraded"),
        ProcessStatus::NotReady => ("not ready", "unavailable"),
    };
    let by_part: Map<_, _> =
        health.parts.iter().map(|part| (part.name.to_owned(), json!(part.state.word()))).collect();
    let mut data = Map::new();
    data.insert("status".to_owned(), json!(status));
    data.insert("parts".to_owned(), json!(by_part));
    let troubled: Vec<_> = health.parts.iter().filter(|part| part.state.is_trouble()).map(trouble).collect();
    if !troubled.is_empty() {
        data.insert(list.to_owned(), json!(troubled));
    }
    if let Some(wait) = &health.waits_for {
        let wait = json!({"what": wait.what, "since": utc(wait.since)});
        data.insert("waiting_for".to_owned(), wait);
    }
    data.into()
}

fn trouble(part: &HealthPart) -> Value {
    json!({"part": part.name, "state": part.state.word(), "since": part.since.map(utc)})
}

/// UTC, to the second (RFC 3339).
fn utc(time: Timestamp) -> String {
    let millis = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    let time = DateTime::from_timestamp_millis(millis).unwrap_or_default();
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
