//! An SMTP server of our own.
