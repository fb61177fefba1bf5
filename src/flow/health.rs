//! Whether this process can serve: asked by `/readyz`.

use super::Context;

/// A part that the issuer needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name: `store`, `mail`.
    pub name: &'static str,
    /// What is wrong, for the log; `None` when nothing is.
    pub trouble: Option<String>,
}

/// Asks every part.
pub async fn ready(cx: &Context) -> Vec<Part> {
    let store = cx.stores.check().await.err().map(|error| error.to_string());
    // Reserving a place and giving it back is the one question that the mailer answers truly.
    let mail = cx.mailer.reserve().err().map(|error| error.to_string());
    vec![Part { name: "store", trouble: store }, Part { name: "mail", trouble: mail }]
}
