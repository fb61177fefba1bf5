//! Mail: SMTP, the development outbox, templates.
