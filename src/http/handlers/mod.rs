//! The handlers of all endpoints, one file per group. A handler that fails answers the `ApiError` of its refusal.

#![expect(clippy::missing_errors_doc, reason = "every handler has the same error, which the file says")]

pub mod admin;
pub mod admin_clients;
pub mod admin_store;
pub mod authorize;
pub mod client_api;
pub mod client_error;
pub mod demo;
pub mod demo_app;
pub mod dev;
pub mod device;
pub mod dom;
pub mod end_session;
pub mod favicon;
pub mod health;
pub mod home;
pub mod oauth;
mod page_form;
pub mod registration;
pub mod sdk;
pub mod sign_in;
pub mod sign_in_view;
pub mod well_known;
