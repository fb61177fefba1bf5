//! `/healthz` and `/readyz`, for load balancers and the person on call.

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Data;
use serde_json::json;

use crate::flow::health::ready;
use crate::http::state::State;

/// The process is alive.
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(json!({"success": true, "data": {"status": "alive"}}))
}

/// The process can serve; names the part that cannot. Why is in the log.
pub async fn readyz(state: Data<State>) -> HttpResponse {
    let parts = ready(&state.cx).await;
    let is_ready = parts.iter().all(|part| part.trouble.is_none());
    for part in &parts {
        if let Some(trouble) = &part.trouble {
            tracing::warn!(part = part.name, %trouble, "not ready");
        }
    }
    let by_part = parts
        .iter()
        .map(|part| {
            (part.name.to_owned(), json!(if part.trouble.is_none() { "ready" } else { "unavailable" }))
        })
        .collect::<serde_json::Map<_, _>>();
    let mut answer = if is_ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    let status = if is_ready { "ready" } else { "not ready" };
    answer
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(json!({"success": is_ready, "data": {"status": status, "parts": by_part}}))
}
