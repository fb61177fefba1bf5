//! Shows a listing of keys as a table or as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::keyring::{KeyKind, KeyListing, ListedKey, UpcomingStep, utc};
use crate::ports::store::StoreStamp;
use crate::protocol::key_life::KeyState;
use crate::protocol::time::Timestamp;

pub(super) fn table(listing: &KeyListing, now: Timestamp) -> String {
    let head = ["KIND", "KEY", "STATE", "CREATED", "IN USE SINCE", "RETIRED", "COMES NEXT"];
    let mut rows = vec![head.map(str::to_owned)];
    rows.extend(listing.keys.iter().map(|key| row(key, now)));
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(String::len).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let kind = match listing.stamp {
        StoreStamp::Development => "development",
        StoreStamp::Production => "production",
    };
    let _ = writeln!(text, "\nThese are {kind} keys.");
    for (kid, at) in &listing.past {
        let _ = writeln!(text, "{kid}: retired {}, public half kept for id_token_hint", utc(*at));
    }
    for (kid, at) in &listing.revoked {
        let _ = writeln!(text, "{kid}: revoked {}", utc(*at));
    }
    text
}

fn row(key: &ListedKey, now: Timestamp) -> [String; 7] {
    let optional = |at: Option<Timestamp>| at.map_or_else(|| "-".to_owned(), utc);
    let coming = match key.coming {
        UpcomingStep::Ready(at) if at <= now => "ready to be used".to_owned(),
        UpcomingStep::Ready(at) => format!("may be used from {}", utc(at)),
        UpcomingStep::Rotation(at) => format!("retires {}", utc(at)),
        UpcomingStep::Withdrawal(at) => format!("goes {}", utc(at)),
        UpcomingStep::Unknown => "-".to_owned(),
    };
    [
        kind(key).to_owned(),
        key.name.to_string(),
        state(key).to_owned(),
        utc(key.dates.created_at),
        optional(key.dates.activated_at),
        optional(key.dates.retired_at),
        coming,
    ]
}

pub(super) fn json(listing: &KeyListing) -> Value {
    let gone = |keys: &[(String, Timestamp)]| -> Vec<Value> {
        keys.iter().map(|(kid, at)| json!({ "key": kid, "at": at })).collect()
    };
    let keys: Vec<Value> = listing.keys.iter().map(one).collect();
    json!({
        "stamp": listing.stamp,
        "keys": keys,
        "kept_for_id_token_hint": gone(&listing.past),
        "revoked": gone(&listing.revoked),
    })
}

fn one(key: &ListedKey) -> Value {
    let (what, at) = match key.coming {
        UpcomingStep::Ready(at) => ("may_be_used", Some(at)),
        UpcomingStep::Rotation(at) => ("retires", Some(at)),
        UpcomingStep::Withdrawal(at) => ("goes", Some(at)),
        UpcomingStep::Unknown => ("unknown", None),
    };
    json!({
        "kind": kind(key),
        "key": key.name.to_string(),
        "state": state(key),
        "created_at": key.dates.created_at,
        "activated_at": key.dates.activated_at,
        "retired_at": key.dates.retired_at,
        "coming": { "what": what, "at": at },
    })
}

const fn kind(key: &ListedKey) -> &'static str {
    match key.name.kind() {
        KeyKind::Signing => "signing",
        KeyKind::Mac => "mac",
    }
}

const fn state(key: &ListedKey) -> &'static str {
    match key.dates.state {
        KeyState::Next => "next",
        KeyState::Active => "active",
        KeyState::Retired => "retired",
    }
}
