//! Maps refusals of client registration to responses (RFC 7591 §3.2.2, RFC 7592 §2).

use actix_web::http::StatusCode;

use super::error::ApiError;
use super::error_reason::{BearerReason, CommonReason, OAuthReason};
use crate::flow::registered_clients::RemoveClientError;
use crate::flow::registration::manage::ManagementError;
use crate::flow::registration::{PostponedFetch, RegistrationError};
use crate::protocol::registration::policy::RegistrationRefusal;
use crate::protocol::registration::{MetadataError, MetadataErrorCode};

impl ApiError {
    /// The request has no token (RFC 6750 §3.1: the challenge has no error code).
    pub fn registration_token_missing() -> Self {
        let text = "Send a token for this: Authorization: Bearer …";
        let refusal = Self::new(StatusCode::UNAUTHORIZED, BearerReason::Missing, text);
        Self { challenge: Some(r#"Bearer realm="registration""#.into()), ..refusal }
    }

    fn registration_token_invalid(because: &str) -> Self {
        let text = "This token is not valid here.";
        let challenge = r#"Bearer realm="registration", error="invalid_token""#;
        let refusal = Self::new(StatusCode::UNAUTHORIZED, BearerReason::Invalid, text);
        Self { challenge: Some(challenge.into()), ..refusal }.because(because)
    }
}

impl From<RegistrationRefusal> for ApiError {
    fn from(error: RegistrationRefusal) -> Self {
        match error {
            RegistrationRefusal::Off => Self::not_found(),
            RegistrationRefusal::TokenMissing => Self::registration_token_missing(),
            RegistrationRefusal::TokenInvalid => Self::registration_token_invalid(&error.to_string()),
        }
    }
}

impl From<MetadataError> for ApiError {
    fn from(error: MetadataError) -> Self {
        let reason = match error.code {
            MetadataErrorCode::InvalidRedirectUri => OAuthReason::InvalidRedirectUri,
            MetadataErrorCode::InvalidClientMetadata => OAuthReason::InvalidClientMetadata,
            MetadataErrorCode::UnapprovedSoftwareStatement => OAuthReason::UnapprovedSoftwareStatement,
        };
        Self::new(StatusCode::BAD_REQUEST, reason, format!("{error}."))
    }
}

impl From<PostponedFetch> for ApiError {
    fn from(postponed: PostponedFetch) -> Self {
        let text = "Too many documents were fetched for registrations lately. Please try again later.";
        Self::new(StatusCode::TOO_MANY_REQUESTS, CommonReason::RateLimited, text)
            .because(postponed.to_string())
            .retry_after(postponed.retry_after)
    }
}

impl From<RegistrationError> for ApiError {
    fn from(error: RegistrationError) -> Self {
        match error {
            RegistrationError::NotAdmitted(because) => because.into(),
            RegistrationError::Metadata(wrong) => wrong.into(),
            RegistrationError::Limited { retry_after } => {
                let text = "Too many clients were registered lately. Please try again later.";
                Self::new(StatusCode::TOO_MANY_REQUESTS, CommonReason::RateLimited, text)
                    .retry_after(retry_after)
            }
            RegistrationError::Postponed(postponed) => postponed.into(),
            RegistrationError::Full => {
                let text = "There are as many registered clients as there may be. Please ask the operator.";
                Self::new(StatusCode::FORBIDDEN, OAuthReason::RegistrationFull, text)
            }
            RegistrationError::Internal(fault) => fault.into(),
        }
    }
}

impl From<RemoveClientError> for ApiError {
    fn from(error: RemoveClientError) -> Self {
        match error {
            RemoveClientError::Unknown => {
                let text =
                    "No client of that id registered itself; one of the configuration is removed there.";
                Self::new(StatusCode::NOT_FOUND, CommonReason::NotFound, text)
            }
            RemoveClientError::Internal(fault) => fault.into(),
        }
    }
}

impl From<ManagementError> for ApiError {
    fn from(error: ManagementError) -> Self {
        match error {
            ManagementError::TokenInvalid => {
                Self::registration_token_invalid("it is not the registration access token of this client")
            }
            ManagementError::Metadata(wrong) => wrong.into(),
            ManagementError::Postponed(postponed) => postponed.into(),
            ManagementError::Internal(fault) => fault.into(),
        }
    }
}
