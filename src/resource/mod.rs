//! What a resource server needs: verification of the issuer's access tokens, offline, with its JWK Set.
//!
//! Usable alone, in another process than the issuer's:
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
//! A JWS signed with RS256 by a key of the issuer's JWK Set, of at least 2048 bits, named by `kid`; `typ` `JWT` or
//! `at+jwt`; the claims of RFC 9068 §2.2 and ours; `iss` and `aud` as configured; before `exp`, to the second.
//! ID tokens and logout tokens are never taken, though the same key signs them. Offline means that a revoked grant
//! is not noticed before the token ends: who must know at once asks the issuer.
//!
//! # How keys are kept
//! As long as `Cache-Control` says, but 30 seconds at least and 24 hours at most, 5 minutes when it says nothing.
//! Then they are asked for again, with `ETag`. An unknown `kid` asks too, at most once per back-off, and requests
//! that come together share one fetch. While the issuer is away the old keys serve on, for a time that is a
//! setting; after that, and for a `kid` that nobody can look up, the answer is 503, never 401.

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
