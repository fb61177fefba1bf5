//! For resource servers: verifies the issuer's access tokens offline with its JWK Set.
//!
//! Usable alone, in another process than the issuer:
//!
//! ```no_run
//! use std::sync::Arc;
//! use tiquo_auth::outbound::{FetchSettings, HttpFetcher};
//! use tiquo_auth::resource::{TokenError, Verifier, bearer};
//! use tiquo_auth::system::SystemClock;
//!
//! # async fn serve(authorization: Option<&[u8]>) -> Result<(), Box<dyn std::error::Error>> {
//! let fetcher = Arc::new(HttpFetcher::new(FetchSettings::default())?);
//! let verifier = Verifier::builder("https://id.example", "tiquo-client-api", Arc::new(SystemClock))
//!     .discover(fetcher);
//!
//! let checked = async {
//!     let token = verifier.verify(bearer(authorization)?).await?;
//!     token.require("orders:read")?;
//!     Ok::<_, TokenError>(token)
//! };
//! if let Err(refusal) = checked.await {
//!     println!("{} {:?}", refusal.status(), refusal.www_authenticate("orders"));
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What is accepted
//! A JWS that is signed with RS256 by a key of the issuer's JWK Set that has at least 2048 bits and is named
//! by `kid`; `typ` `JWT` or `at+jwt`; the claims of RFC 9068 §2.2 and the issuer's own; `iss` and `aud` as
//! configured; until `exp`, to the second. ID tokens and logout tokens are refused although the same key
//! signs them. Because verification is offline, a revoked grant goes unnoticed until the token expires; a
//! resource server that must know at once asks the issuer.
//!
//! # How keys are kept
//! Keys are kept as long as `Cache-Control` says, within 30 seconds and 24 hours, or for 5 minutes without
//! it. Then they are requested again, with `ETag`. An unknown `kid` also causes a fetch, at most one per
//! back-off, and concurrent requests share one fetch. While the issuer is unreachable the old keys stay in
//! use for a configurable time; after that, and for a `kid` that cannot be looked up, the answer is 503,
//! never 401.

#![deny(missing_docs)]

mod access_token;
mod bearer;
mod discovery;
mod error;
mod key_set;
mod local_keys;
mod remote_keys;
mod verifier;

pub use access_token::{AccessToken, Subject};
pub use bearer::bearer;
pub use error::{InvalidToken, TokenError};
pub use verifier::{Verifier, VerifierBuilder};
