//! What the use cases need from the world, as traits in the words of `protocol`.
//!
//! All are object-safe: `Arc<dyn …>` and boxed futures. A boxed future is nothing beside a signature.

use std::future::Future;
use std::pin::Pin;

pub mod audit;
pub mod clock;
pub mod entropy;
pub mod fetcher;
pub mod logout_notices;
pub mod mac_keys;
pub mod mailer;
pub mod signer;
pub mod store;

/// A boxed future of a port's verb.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
