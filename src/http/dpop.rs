//! The `DPoP` header of a request (RFC 9449 §4.1).

use actix_web::HttpRequest;

use super::state::WorkerState;
use crate::protocol::dpop::{self, DpopError, Proof};

/// Verifies the request's DPoP proof for the endpoint at `path`; `None` when there is no `DPoP` header.
///
/// # Errors
/// [`DpopError`].
pub fn proof(state: &WorkerState, request: &HttpRequest, path: &str) -> Result<Option<Proof>, DpopError> {
    let mut values = request.headers().get_all("dpop");
    let Some(proof) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(DpopError::Repeated);
    }
    let proof = proof.to_str().map_err(|_| DpopError::Malformed)?;
    let url = format!("{}{path}", state.cx.policy.issuer);
    dpop::verify(proof, request.method().as_str(), &url, state.cx.clock.now()).map(Some)
}
