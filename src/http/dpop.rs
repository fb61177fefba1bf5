//! The `DPoP` header of a request (RFC 9449 §4.1).

use super::request::RequestContext;
use crate::protocol::dpop::{self, DpopError, Proof};

/// Verifies the request's DPoP proof for the endpoint at `path`; `None` when there is no `DPoP` header.
///
/// # Errors
/// [`DpopError`].
pub fn proof(context: &RequestContext, path: &str) -> Result<Option<Proof>, DpopError> {
    let mut values = context.request.headers().get_all("dpop");
    let Some(proof) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(DpopError::Repeated);
    }
    let proof = proof.to_str().map_err(|_| DpopError::Malformed)?;
    let url = format!("{}{path}", context.cx().policy.issuer);
    dpop::verify(proof, context.request.method().as_str(), &url, context.cx().clock.now()).map(Some)
}
