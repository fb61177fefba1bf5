//! Which refusal of a use case becomes which answer: the one place, and exhaustive.

use std::time::Duration;

use actix_web::http::StatusCode;

use super::error::ApiError;
use super::error_reason::{AddressFault, BearerReason, CommonReason, EnvelopeReason};
use crate::flow::InternalError;
use crate::flow::client_api::ClientApiError;
use crate::flow::logout::LogoutError;
use crate::flow::presence::AbsentError;
use crate::flow::refresh::RefreshError;
use crate::flow::session::SessionError;
use crate::flow::sign_in::code::CodeSendError;
use crate::flow::sign_in::prove::CodeProofError;
use crate::flow::sign_in::send::SendError;
use crate::flow::sign_in::verify::VerifyError;
use crate::protocol::dpop::{DpopError, ProofRefusal};
use crate::protocol::record::QueryError;

const UNAUTHORIZED: StatusCode = StatusCode::UNAUTHORIZED;
const FORBIDDEN: StatusCode = StatusCode::FORBIDDEN;

impl From<InternalError> for ApiError {
    fn from(fault: InternalError) -> Self {
        match &fault {
            InternalError::Store(_) | InternalError::KeyNotLoadedYet => Self::unavailable(fault.to_string()),
            InternalError::Unexpected(_) => Self::server(fault.to_string()),
        }
    }
}

fn public_key_unknown() -> ApiError {
    let text =
        "This public key is not known. Check the key in your page's settings; a replaced key stops at once.";
    ApiError::new(FORBIDDEN, EnvelopeReason::PublicKeyUnknown, text)
}

fn origin_refused() -> ApiError {
    let text = "This page may not use this service: add its origin to the organization's allowed domains.";
    ApiError::new(FORBIDDEN, EnvelopeReason::OriginNotAllowed, text)
}

fn email_invalid(fault: AddressFault, detail: String) -> ApiError {
    ApiError::of_field(EnvelopeReason::EmailInvalid(fault), "email", detail)
}

fn refresh_refused(reason: EnvelopeReason, text: &str) -> ApiError {
    ApiError::new(UNAUTHORIZED, reason, text)
}

fn too_many(reason: EnvelopeReason, wait: Duration) -> ApiError {
    ApiError::plain(StatusCode::TOO_MANY_REQUESTS, reason).retry_after(wait)
}

impl From<SendError> for ApiError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::PublicKeyUnknown => public_key_unknown(),
            SendError::OriginRefused => origin_refused(),
            SendError::Address(address) => {
                let text = format!("The field \"email\" was refused: {address}.");
                email_invalid(AddressFault::Judged(address), text)
            }
            SendError::NotSent(because) => because.into(),
        }
    }
}

impl From<CodeSendError> for ApiError {
    fn from(error: CodeSendError) -> Self {
        match error {
            CodeSendError::TooSoon(wait) => too_many(EnvelopeReason::ResendTooSoon, wait),
            CodeSendError::Limited(wait) | CodeSendError::Full(wait) => {
                too_many(EnvelopeReason::SendLimit, wait).because(error.to_string())
            }
            CodeSendError::Unwritable => {
                let text = "The field \"email\" was refused: our mail server sends only to addresses whose part before \
                            the @ is of letters a to z, digits and signs.";
                email_invalid(AddressFault::Unwritable, text.to_owned()).because(error.to_string())
            }
            CodeSendError::Mail(away) => {
                Self::plain(StatusCode::SERVICE_UNAVAILABLE, EnvelopeReason::MailUnavailable)
                    .because("no mail can be taken")
                    .retry_after(away.retry_after)
            }
            CodeSendError::Internal(fault) => fault.into(),
        }
    }
}

impl From<VerifyError> for ApiError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::PublicKeyUnknown => public_key_unknown(),
            VerifyError::OriginRefused => origin_refused(),
            VerifyError::ProofRefused(refusal) => refusal.into(),
            VerifyError::NotProven(because) => because.into(),
        }
    }
}

impl From<CodeProofError> for ApiError {
    fn from(error: CodeProofError) -> Self {
        let unauthorized = |reason| Self::plain(UNAUTHORIZED, reason);
        match error {
            CodeProofError::CodeMalformed(form) => {
                Self::plain(StatusCode::BAD_REQUEST, EnvelopeReason::CodeMalformed(form))
            }
            CodeProofError::ReferenceMalformed => Self::bad_field(
                "reference",
                "The field \"reference\" must be a letter and a digit, such as K7.",
            ),
            CodeProofError::CodeWrong { left } => unauthorized(EnvelopeReason::CodeWrong { left }),
            CodeProofError::ChallengeExpired => unauthorized(EnvelopeReason::ChallengeExpired),
            CodeProofError::ChallengeSpent => unauthorized(EnvelopeReason::ChallengeSpent),
            CodeProofError::CodeRetired => unauthorized(EnvelopeReason::CodeRetired),
            CodeProofError::Internal(fault) => fault.into(),
        }
    }
}

impl From<RefreshError> for ApiError {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Invalid => {
                refresh_refused(EnvelopeReason::Invalid, "This refresh token is not one of ours.")
            }
            RefreshError::Expired => {
                refresh_refused(EnvelopeReason::Expired, "This refresh token's session is over.")
            }
            RefreshError::Revoked => {
                refresh_refused(EnvelopeReason::Revoked, "This refresh token's session was ended.")
            }
            RefreshError::Superseded => refresh_refused(
                EnvelopeReason::Superseded,
                "A newer refresh token was handed out a moment ago: use that one.",
            ),
            RefreshError::Reused => refresh_refused(
                EnvelopeReason::Reused,
                "This refresh token was used before, so its session was ended.",
            ),
            RefreshError::ClientAuthenticationRequired => refresh_refused(
                EnvelopeReason::ClientAuthenticationRequired,
                "This client refreshes at the token endpoint, with its client authentication.",
            ),
            RefreshError::KeyNotProven => refresh_refused(
                EnvelopeReason::InvalidDpopProof,
                "This refresh token is bound to a key: send a DPoP proof made with it.",
            ),
            RefreshError::ProofRefused(refusal) => refusal.into(),
            RefreshError::Internal(fault) => fault.into(),
        }
    }
}

impl From<ProofRefusal> for ApiError {
    fn from(refusal: ProofRefusal) -> Self {
        refresh_refused(
            EnvelopeReason::InvalidDpopProof,
            match refusal {
                ProofRefusal::Replayed => {
                    "This DPoP proof was used before: make a new one, with its own jti, for every request."
                }
                ProofRefusal::TooMany => {
                    "Too many DPoP proofs of this key were used within five minutes: try again later."
                }
            },
        )
    }
}

impl From<DpopError> for ApiError {
    fn from(error: DpopError) -> Self {
        refresh_refused(EnvelopeReason::InvalidDpopProof, &format!("The DPoP header was refused: {error}."))
    }
}

impl From<AbsentError> for ApiError {
    fn from(error: AbsentError) -> Self {
        let ended = |reason, text: &str| {
            let challenge = r#"Bearer error="invalid_token", error_description="the session has ended""#;
            Self { challenge: Some(challenge.into()), ..Self::new(UNAUTHORIZED, reason, text) }
        };
        match error {
            AbsentError::Revoked => ended(BearerReason::Revoked, "This access token's session was ended."),
            AbsentError::Gone => ended(BearerReason::Expired, "This access token's session is over."),
            AbsentError::Internal(fault) => fault.into(),
        }
    }
}

impl From<SessionError> for ApiError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::OriginRefused => origin_refused(),
            SessionError::NotDom => {
                let text = "This address is for the browser SDK. Other applications use the Client API.";
                Self::new(FORBIDDEN, BearerReason::InsufficientScope, text)
            }
            SessionError::Absent(absent) => absent.into(),
        }
    }
}

impl From<LogoutError> for ApiError {
    fn from(error: LogoutError) -> Self {
        match error {
            LogoutError::Invalid => {
                refresh_refused(EnvelopeReason::Invalid, "This refresh token is not valid.")
            }
            LogoutError::OriginRefused => origin_refused(),
            LogoutError::Internal(fault) => fault.into(),
        }
    }
}

impl From<ClientApiError> for ApiError {
    fn from(error: ClientApiError) -> Self {
        match error {
            ClientApiError::InsufficientScope(scope) => Self::insufficient_scope(scope),
            ClientApiError::Limited { retry_after, standings } => {
                let text = "There were too many requests for this account: the headers RateLimit tell how they stand.";
                let refusal = Self::new(StatusCode::TOO_MANY_REQUESTS, CommonReason::RateLimited, text);
                Self { standings: Some(Box::new(standings)), ..refusal.retry_after(retry_after) }
            }
            ClientApiError::NoCustomer => Self::new(
                StatusCode::BAD_REQUEST,
                EnvelopeReason::NoCustomer,
                "No customer is linked to this account.",
            ),
            ClientApiError::UnknownCursor => QueryError::Cursor.into(),
            ClientApiError::Absent(absent) => absent.into(),
        }
    }
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        Self::bad_field(error.parameter(), error.to_string())
    }
}

#[cfg(test)]
#[path = "refusals_tests.rs"]
mod tests;
