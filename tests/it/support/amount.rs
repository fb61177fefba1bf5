//! Amounts as they are shown.

use serde_json::Value;

/// In hundredths, without the rounding of numbers with a fraction.
pub(crate) fn hundredths(amount: &Value) -> i64 {
    let text = amount.to_string();
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    format!("{whole}{decimals:0<2}").parse().unwrap_or_else(|_| panic!("{text} has more than two decimals"))
}
