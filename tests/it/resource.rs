//! The verifier, over HTTP.
