//! Fetches of documents of others.
