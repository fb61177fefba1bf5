//! Redis servers of our own.
