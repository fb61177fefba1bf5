//! Development only: the outbox with the mails that were not sent, and sample records.

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Query};
use askama::Template;
use chrono::{DateTime, SecondsFormat};
use serde::Deserialize;
use serde_json::json;

use crate::flow::samples::give;
use crate::http::assets;
use crate::http::bearer::authenticate;
use crate::http::envelope::success;
use crate::http::error::{ApiError, Result};
use crate::http::request::RequestContext;
use crate::http::state::WorkerState;
use crate::ports::mailer::OutboxMail;
use crate::protocol::time::Timestamp;

/// `to` filters by recipient, `mail` opens one mail.
#[derive(Deserialize)]
pub struct OutboxQuery {
    to: Option<String>,
    mail: Option<String>,
}

/// `GET /dev/outbox.json?to=ADDRESS`: the mails, newest first.
pub async fn outbox_json(state: Data<WorkerState>, which: Query<OutboxQuery>) -> HttpResponse {
    let mails = mails(&state, which.to.as_deref());
    let rows = mails.iter().map(|mail| {
        json!({
            "to": mail.to, "from": mail.from, "subject": mail.subject, "text": mail.text, "html": mail.html,
            "code": mail.code, "reference": mail.reference, "sent_at": iso(mail.sent_at),
        })
    });
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(rows.collect::<Vec<_>>())
}

/// `POST /dev/samples`: adds sample records for the customer of the access token.
pub async fn samples(context: RequestContext) -> Result<HttpResponse> {
    let bearer = authenticate(&context).await?;
    give(context.cx(), &bearer).await?;
    success(json!({}))
}

const STYLE: &str = include_str!("../../../templates/dev/outbox.css");
const SCRIPT: &str = include_str!("../../../templates/dev/outbox.js");

#[derive(Template)]
#[template(path = "dev/outbox.html")]
struct OutboxPage<'a> {
    style: &'static str,
    script: &'static str,
    to: Option<&'a str>,
    mails: &'a [OutboxRow],
    open: Option<&'a OutboxRow>,
}

struct OutboxRow {
    key: String,
    mail: OutboxMail,
    time: String,
    clock: String,
}

/// `GET /dev/outbox`: a page with the mails as they arrive; `mail=KEY` opens one.
///
/// # Errors
/// [`ApiError`] when the page cannot be rendered.
pub async fn outbox(state: Data<WorkerState>, which: Query<OutboxQuery>) -> Result<HttpResponse> {
    let rows = mails(&state, which.to.as_deref())
        .into_iter()
        .map(|mail| OutboxRow {
            key: format!("{}-{}", mail.sent_at.as_millis(), mail.reference),
            time: iso(mail.sent_at),
            clock: iso(mail.sent_at).get(11..19).unwrap_or_default().to_owned(),
            mail,
        })
        .collect::<Vec<_>>();
    let open = which.mail.as_deref().and_then(|key| rows.iter().find(|row| row.key == key));
    let to = which.to.as_deref();
    let page = OutboxPage { style: STYLE, script: SCRIPT, to, mails: &rows, open }.render();
    let page =
        page.map_err(|error| ApiError::server(format!("the outbox page cannot be rendered: {error}")))?;
    Ok(assets::page(page, &policy(open.is_some())))
}

/// The page may run its own script, which reloads it. A mail that is shown has inline styles and pictures;
/// its frame runs no scripts.
fn policy(shows_a_mail: bool) -> String {
    let style = if shows_a_mail { "'unsafe-inline'".to_owned() } else { assets::source(STYLE) };
    let pictures = if shows_a_mail { "https: data:" } else { "'none'" };
    let script = assets::source(SCRIPT);
    format!(
        "default-src 'none'; script-src {script}; style-src {style}; img-src {pictures}; connect-src 'self'; \
         form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    )
}

fn mails(state: &WorkerState, to: Option<&str>) -> Vec<OutboxMail> {
    state.outbox.as_ref().map(|outbox| outbox.mails(to)).unwrap_or_default()
}

fn iso(time: Timestamp) -> String {
    let millis = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    DateTime::from_timestamp_millis(millis)
        .map(|time| time.to_rfc3339_opts(SecondsFormat::Millis, true))
        .unwrap_or_default()
}
