//! Mail over a real SMTP server.

mod fixture;
mod golden;
mod outbox;
mod queue;
mod relay;
mod wire;
