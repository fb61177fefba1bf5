//! What the use cases need from the outside world, as traits on `protocol` types.
//!
//! All traits are object-safe (`Arc<dyn …>`) with boxed futures, whose cost is small beside that of a
//! signature.

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

pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
