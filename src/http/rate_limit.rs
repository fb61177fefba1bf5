//! `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10), which tell a caller its
//! quota before it is exhausted.

use std::fmt::Write as _;

use actix_web::HttpResponseBuilder;

use crate::protocol::time::seconds_up;
use crate::protocol::window::LimitStanding;

/// Writes both header fields for an end-user's limits. Each limit is named by its window.
pub fn insert(answer: &mut HttpResponseBuilder, standings: &[LimitStanding]) {
    if standings.is_empty() {
        return;
    }
    let (mut policy, mut limit) = (String::new(), String::new());
    for (place, standing) in standings.iter().enumerate() {
        let window = standing.limit.window.as_secs();
        let comma = if place > 0 { ", " } else { "" };
        let _ = write!(policy, "{comma}\"{window}s\";q={};w={window}", standing.limit.count);
        let resets_in = seconds_up(standing.resets_in);
        let _ = write!(limit, "{comma}\"{window}s\";r={};t={resets_in}", standing.left);
    }
    answer.insert_header(("RateLimit-Policy", policy)).insert_header(("RateLimit", limit));
}
