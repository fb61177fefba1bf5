//! The authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1): reading it, its errors, and the
//! steps before its answer.

mod claims;
pub mod delivery;
pub mod error;
pub mod next;
pub mod request;
pub mod request_object;
pub mod response;

pub use delivery::{ErrorDelivery, ErrorOrigin};
pub use error::{AuthorizationError, ErrorCode, RefusedAuthorization, UnredirectableError};
pub use next::{AuthorizationProgress, AuthorizationStep, next};
pub use request::{AuthorizationRequest, Prompts, RequestDefaults};
pub use response::ResponseMode;
