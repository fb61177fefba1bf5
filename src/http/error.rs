//! A refusal on its way out: what the caller is told, and what the log is told, apart.

use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};

use super::error_reason::{BearerReason, CommonReason, ErrorReason};
use super::pages::RefusalPage;
use crate::flow::authorize::OriginApplication;
use crate::protocol::locale::Locale;
use crate::protocol::time::seconds_up;
use crate::protocol::window::LimitStanding;

/// What whoever writes the program has to mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedy {
    /// What was wrong and how to mend it, in English.
    pub detail: Box<str>,
    /// The field or parameter that was refused.
    pub field: Option<Box<str>>,
}

/// What a handler and its parts answer; `E` is another error only beside them.
pub(in crate::http) type Result<T, E = ApiError> = std::result::Result<T, E>;

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    pub status: StatusCode,
    /// The word for a program.
    pub reason: ErrorReason,
    /// For whoever writes the program. Without it the customer's sentence says all there is to say.
    pub remedy: Option<Box<Remedy>>,
    /// Why, for the log only. Never a secret, never an address.
    pub cause: Option<Box<str>>,
    /// `Retry-After`.
    pub retry_after: Option<Duration>,
    /// `WWW-Authenticate` (RFC 6750 §3).
    pub challenge: Option<Box<str>>,
    /// `Allow` (RFC 9110 §10.2.1).
    pub allow: Option<&'static str>,
    /// `RateLimit` of a request to the Client API.
    pub standings: Option<Box<Vec<LimitStanding>>>,
    /// The application that it happened on the way to: its page leads back there.
    pub application: Option<Box<OriginApplication>>,
}

impl ApiError {
    /// A refusal that a program has caused: `detail` says how to mend it.
    pub fn new(status: StatusCode, reason: impl Into<ErrorReason>, detail: impl Into<String>) -> Self {
        let remedy = Remedy { detail: detail.into().into(), field: None };
        Self { remedy: Some(Box::new(remedy)), ..Self::plain(status, reason) }
    }

    /// A refusal of which the customer's sentence says all.
    pub fn plain(status: StatusCode, reason: impl Into<ErrorReason>) -> Self {
        Self {
            status,
            reason: reason.into(),
            remedy: None,
            cause: None,
            retry_after: None,
            challenge: None,
            allow: None,
            standings: None,
            application: None,
        }
    }

    /// A parameter or body that is not as it must be.
    pub fn bad_request(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, CommonReason::InvalidRequest, text)
    }

    /// A field or parameter that is not as it must be.
    pub fn bad_field(name: &str, text: impl Into<String>) -> Self {
        Self::of_field(CommonReason::InvalidRequest, name, text)
    }

    /// A field or parameter that is not as it must be, with another reason than `invalid_request`.
    pub fn of_field(reason: impl Into<ErrorReason>, name: &str, detail: impl Into<String>) -> Self {
        let remedy = Remedy { detail: detail.into().into(), field: Some(name.into()) };
        Self { remedy: Some(Box::new(remedy)), ..Self::plain(StatusCode::BAD_REQUEST, reason) }
    }

    /// A token that does not open this (RFC 6750 §3.1).
    pub fn insufficient_scope(scope: &str) -> Self {
        let text = format!("This token may not do that: it needs the scope {scope}.");
        let challenge = format!(r#"Bearer error="insufficient_scope", scope="{scope}""#);
        let refusal = Self::new(StatusCode::FORBIDDEN, BearerReason::InsufficientScope, text);
        Self { challenge: Some(challenge.into()), ..refusal }
    }

    /// A path that does not exist.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, CommonReason::NotFound, "There is nothing at this address.")
    }

    /// A method that the path does not have.
    pub fn wrong_method(allow: &'static str) -> Self {
        let text = format!("This address answers {allow} only.");
        let refusal = Self::new(StatusCode::METHOD_NOT_ALLOWED, CommonReason::MethodNotAllowed, text);
        Self { allow: Some(allow), ..refusal }
    }

    /// Our own fault; the cause is for the log.
    pub fn server(cause: impl Into<String>) -> Self {
        Self::plain(StatusCode::INTERNAL_SERVER_ERROR, CommonReason::ServerError).because(cause)
    }

    /// A part that we need is away; the cause is for the log.
    pub fn unavailable(cause: impl Into<String>) -> Self {
        Self::plain(StatusCode::SERVICE_UNAVAILABLE, CommonReason::Unavailable)
            .because(cause)
            .retry_after(Duration::from_secs(2))
    }

    /// The sentence for the customer.
    pub fn sentence(&self, locale: Locale) -> String {
        let wait = self.retry_after.map_or(0, seconds_up);
        RefusalPage { reason: self.reason, wait, field: self.field() }.sentence(locale)
    }

    /// For whoever writes the program, in English.
    pub fn description(&self) -> String {
        self.detail().map_or_else(|| self.sentence(Locale::En), str::to_owned)
    }

    /// What was wrong and how to mend it.
    pub fn detail(&self) -> Option<&str> {
        self.remedy.as_ref().map(|remedy| &*remedy.detail)
    }

    /// The field or parameter that was refused.
    pub fn field(&self) -> Option<&str> {
        self.remedy.as_ref()?.field.as_deref()
    }

    /// The same, with a cause for the log.
    #[must_use]
    pub fn because(self, cause: impl Into<String>) -> Self {
        Self { cause: Some(cause.into().into()), ..self }
    }

    /// The same, with `Retry-After`.
    #[must_use]
    pub fn retry_after(self, wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..self }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.detail().unwrap_or(self.reason.word()))
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    // The gate writes headers and body: it knows the request id.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status)
    }
}
