//! Which mailer the settings name.

use std::sync::Arc;
use std::time::Duration;

use super::StartError;
use crate::config;
use crate::mail::outbox::MemoryOutbox;
use crate::ports::clock::Clock;
use crate::ports::entropy::Entropy;
use crate::ports::mailer::{Mailer, Outbox};
