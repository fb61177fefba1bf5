//! The verifier that a resource server needs.
