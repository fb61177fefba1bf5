//! E-mail with codes: the rendering ([`render`](fn@render)), the queue that sends over SMTP ([`MailQueue`]),
//! and the development outbox ([`MemoryOutbox`]).

mod circuit;
mod connection;
mod domains;
mod lanes;
mod message;
mod outbox;
mod queue;
mod render;
mod smtp;
mod words;
mod worker;

pub use circuit::CircuitState;
pub use connection::{DeliveryFailure, FailureCause};
pub use outbox::MemoryOutbox;
pub use queue::{MailQueue, QueueSettings, QueueStats};
pub use render::{RenderError, RenderedMail, render};
pub use smtp::{Relay, SmtpCredentials, SmtpSecurity, SmtpSettings, SmtpSettingsError};
