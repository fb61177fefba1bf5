//! `/healthz` and `/readyz`, for load balancers and operators.
//!
//! `/readyz` answers 200 when the process should get requests, otherwise 503:
//!
//! ```json
//! {"success": true, "data": {
//!   "status": "degraded",
//!   "parts": {"store": "ready", "mail": "away", "keys": "ready"},
//!   "degraded": [{"part": "mail", "state": "away", "since": "2026-01-31T12:00:00Z"}]}}
//! ```
//!
//! A part is `ready`, `not_tried` (mail before its first use), `away`, `credentials_refused`, `full` (a store
//! that accepts nothing that makes it larger) or `unavailable`. `status` is `ready`, `degraded` (200 both) or
//! `not ready` (503). `degraded` lists parts that only some requests need, `unavailable` those that all need,
//! and `waiting_for` is what a start waits for; empty ones are left out.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, RETRY_AFTER};
use actix_web::web::Data;
use chrono::{DateTime, SecondsFormat};
use serde_json::{Map, Value, json};

use crate::flow::health::{Health, HealthPart, ProcessStatus, broken, health};
use crate::http::state::WorkerState;
use crate::protocol::time::Timestamp;

/// `Retry-After` for load balancers, in seconds.
const ASK_AGAIN: &str = "2";

/// Answers 200 while the process recovers by itself, and 503 when a restart may help: when it could not
/// reopen its own store although the disk has room. The log has the cause.
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

/// Answers whether the process should get requests, and which parts are in trouble. The log has the cause.
pub async fn readyz(state: Data<WorkerState>) -> HttpResponse {
    let health = health(&state.cx, &state.readiness).await;
    let is_served = health.status != ProcessStatus::NotReady;
    let mut answer = if is_served { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    if !is_served {
        answer.insert_header((RETRY_AFTER, ASK_AGAIN));
    }
    answer
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(json!({"success": is_served, "data": health_json(&health)}))
}

fn health_json(health: &Health) -> Value {
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
    let problems: Vec<_> =
        health.parts.iter().filter(|part| part.state.is_trouble()).map(problem_json).collect();
    if !problems.is_empty() {
        data.insert(list.to_owned(), json!(problems));
    }
    if let Some(wait) = &health.waits_for {
        let wait = json!({"what": wait.what, "since": utc(wait.since)});
        data.insert("waiting_for".to_owned(), wait);
    }
    data.into()
}

fn problem_json(part: &HealthPart) -> Value {
    json!({"part": part.name, "state": part.state.word(), "since": part.since.map(utc)})
}

/// RFC 3339 in UTC, to the second.
fn utc(time: Timestamp) -> String {
    let millis = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    let time = DateTime::from_timestamp_millis(millis).unwrap_or_default();
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
