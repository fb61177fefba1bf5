//! Which refusal of the OAuth use cases becomes which answer: exhaustive, with the section that says so.

use actix_web::http::StatusCode;

use super::error::ApiError;
use super::error_reason::{CommonReason, ErrorReason, OAuthReason, PageReason};
use crate::flow::authorize::begin::BeginError;
use crate::flow::authorize::{OriginApplication, StepError};
use crate::flow::clients::ClientAuthenticationFailure;
use crate::flow::end_session::EndSessionError;
use crate::flow::introspection::IntrospectionError;
use crate::flow::refresh::RefreshError;
use crate::flow::revocation::RevocationError;
use crate::flow::token::TokenError;
use crate::flow::userinfo::UserInfoError;
use crate::flow::users::SetClaimsError;
use crate::protocol::authorization::UnredirectableError;
use crate::protocol::client::AuthenticationMethod;
use crate::protocol::client_authentication::ClientAuthenticationError;
use crate::protocol::logout::LogoutRequestError;
use crate::protocol::parameters::TooManyParameters;

const BAD_REQUEST: StatusCode = StatusCode::BAD_REQUEST;

impl From<TooManyParameters> for ApiError {
    fn from(error: TooManyParameters) -> Self {
        Self::bad_request("There are more than 64 parameters: send only those that count.")
            .because(error.to_string())
    }
}

impl From<UnredirectableError> for ApiError {
    fn from(error: UnredirectableError) -> Self {
        let reason: ErrorReason = match error {
            UnredirectableError::TwoPlaces => PageReason::TwoPlaces.into(),
            UnredirectableError::NoClient | UnredirectableError::UnknownClient => {
                PageReason::ClientUnknown.into()
            }
            UnredirectableError::NoRedirectUri | UnredirectableError::UnregisteredRedirectUri => {
                PageReason::RedirectUriRefused.into()
            }
            UnredirectableError::State => CommonReason::InvalidRequest.into(),
        };
        Self::new(BAD_REQUEST, reason, error.to_string())
    }
}

impl From<BeginError> for ApiError {
    fn from(error: BeginError) -> Self {
        match error {
            BeginError::Unredirectable(error) => error.into(),
            BeginError::Internal(fault) => fault.into(),
        }
    }
}

impl From<StepError> for ApiError {
    fn from(error: StepError) -> Self {
        let refused = |status, reason| Self::new(status, reason, error.to_string());
        match error {
            StepError::Expired(ref application) => {
                let application = application.clone().map(Box::new);
                Self { application, ..refused(StatusCode::GONE, PageReason::InteractionExpired) }
            }
            StepError::DeviceExpired => refused(StatusCode::GONE, PageReason::DeviceExpired),
            StepError::Finished(ref application) => {
                let application = Some(Box::new(application.clone()));
                Self { application, ..refused(StatusCode::GONE, PageReason::InteractionFinished) }
            }
            StepError::OtherBrowser => refused(StatusCode::FORBIDDEN, PageReason::OtherBrowser),
            StepError::BadForm => refused(StatusCode::FORBIDDEN, PageReason::FormRefused),
            StepError::Internal(fault) => fault.into(),
        }
    }
}

impl From<EndSessionError> for ApiError {
    fn from(error: EndSessionError) -> Self {
        let text = error.to_string();
        match error {
            EndSessionError::Refused { because, client } => {
                let reason: ErrorReason = match because {
                    LogoutRequestError::Repeated(_)
                    | LogoutRequestError::State
                    | LogoutRequestError::OtherClient => CommonReason::InvalidRequest.into(),
                    LogoutRequestError::UnknownClient => PageReason::ClientUnknown.into(),
                    LogoutRequestError::RedirectUri => PageReason::PostLogoutRedirectUriRefused.into(),
                };
                let application =
                    client.map(|client| Box::new(OriginApplication { client, redirect_uri: None }));
                Self { application, ..Self::new(BAD_REQUEST, reason, text) }
            }
            EndSessionError::Expired => Self::new(StatusCode::GONE, PageReason::LogoutExpired, text),
            EndSessionError::BadForm => Self::new(StatusCode::FORBIDDEN, PageReason::FormRefused, text),
            EndSessionError::Internal(fault) => fault.into(),
        }
    }
}

impl From<TokenError> for ApiError {
    fn from(error: TokenError) -> Self {
        let cause = error.to_string();
        let refused = |reason, text: &str| Self::new(BAD_REQUEST, reason, text).because(cause.as_str());
        match error {
            TokenError::InvalidRequest(text) => Self::bad_request(text),
            TokenError::Repeated(repeated) => Self::bad_request(repeated.to_string()),
            TokenError::Client(error) => error.into(),
            TokenError::UnauthorizedClient => {
                refused(OAuthReason::UnauthorizedClient, "The client is not registered for this grant type.")
            }
            TokenError::UnsupportedGrantType => {
                refused(OAuthReason::UnsupportedGrantType, "Use one of the grant types of the metadata.")
            }
            TokenError::NotGranted => {
                refused(OAuthReason::InvalidScope, "The scope must be within what was granted.")
            }
            TokenError::Scope(error) => refused(OAuthReason::InvalidScope, &format!("{error}.")),
            // Their texts are for whoever sent the request: they name a word of it.
            TokenError::UnknownScope(_) | TokenError::UnregisteredScope(_) => {
                refused(OAuthReason::InvalidScope, &format!("{cause}."))
            }
            TokenError::InvalidTarget(_) => {
                refused(OAuthReason::InvalidTarget, "The resource must be one that this client was granted.")
            }
            // RFC 6749 §5.2 has one code for all of them, and the caller is told no more.
            TokenError::CodeInvalid | TokenError::CodeReplayed | TokenError::NotAdmitted(_) => refused(
                OAuthReason::InvalidGrant,
                "The code is not valid: it may be over, used, or another client's.",
            ),
            TokenError::AuthorizationPending => {
                refused(OAuthReason::AuthorizationPending, "The end-user has not decided yet.")
            }
            TokenError::SlowDown => {
                refused(OAuthReason::SlowDown, "Wait 5 seconds more between two polls from now on.")
            }
            TokenError::AccessDenied => refused(OAuthReason::AccessDenied, "The end-user did not allow it."),
            TokenError::ExpiredToken => {
                refused(OAuthReason::ExpiredToken, "The device code has expired. Ask for a new one.")
            }
            TokenError::DeviceCodeInvalid => refused(
                OAuthReason::InvalidGrant,
                "The device code is not valid: it may be used or another client's.",
            ),
            TokenError::Refresh(error) => match error {
                RefreshError::Internal(fault) => fault.into(),
                RefreshError::Invalid
                | RefreshError::Expired
                | RefreshError::Revoked
                | RefreshError::Superseded
                | RefreshError::Reused
                | RefreshError::ClientAuthenticationRequired
                | RefreshError::KeyNotProven
                | RefreshError::ProofRefused(_) => {
                    refused(OAuthReason::InvalidGrant, "The refresh token is not valid.")
                }
            },
            TokenError::Limited(wait) => {
                let text = "Too many devices of this network asked for a code. Try again later.";
                Self::new(StatusCode::TOO_MANY_REQUESTS, CommonReason::RateLimited, text).retry_after(wait)
            }
            TokenError::Full(wait) => {
                let text = "Too many devices are asking for a code. Try again later.";
                let refusal = Self::new(StatusCode::TOO_MANY_REQUESTS, CommonReason::RateLimited, text);
                refusal.because(cause.as_str()).retry_after(wait)
            }
            TokenError::Internal(fault) => fault.into(),
        }
    }
}

/// A client's assertion is not believed (RFC 7521 §4.2.1). Without a challenge: Basic is nothing that this client could try,
/// and libraries tell of a challenge in the place of the error.
fn unproven(text: String) -> ApiError {
    ApiError { challenge: None, ..invalid_client(text) }
}

/// A client is not believed (RFC 6749 §5.2). A 401 names a scheme (RFC 9110 §15.5.2).
fn invalid_client(text: impl Into<String>) -> ApiError {
    let challenge = Some(r#"Basic realm="token""#.into());
    ApiError { challenge, ..ApiError::new(StatusCode::UNAUTHORIZED, OAuthReason::InvalidClient, text.into()) }
}

impl From<ClientAuthenticationFailure> for ApiError {
    fn from(error: ClientAuthenticationFailure) -> Self {
        match error {
            ClientAuthenticationFailure::Refused(error) => error.into(),
            ClientAuthenticationFailure::Internal(fault) => fault.into(),
            ClientAuthenticationFailure::Limited(wait) => {
                let text =
                    "Too many clients that registered themselves are signing in. Please try again later.";
                Self::new(StatusCode::TOO_MANY_REQUESTS, CommonReason::RateLimited, text)
                    .because("strangers.assertions is reached, or what one network may have of it")
                    .retry_after(wait)
            }
            ClientAuthenticationFailure::Assertion(refused) if refused.retry_after().is_some() => {
                let wait = refused.retry_after().unwrap_or_default();
                Self::unavailable(refused.to_string()).retry_after(wait)
            }
            // Whoever made the assertion is told what to mend: there is nothing secret in it.
            ClientAuthenticationFailure::Assertion(refused) => {
                unproven(format!("{}.", refused.shown())).because(refused.to_string())
            }
        }
    }
}

impl From<ClientAuthenticationError> for ApiError {
    fn from(error: ClientAuthenticationError) -> Self {
        use ClientAuthenticationError as E;
        match error {
            E::Repeated(_) | E::TwoMethods | E::TwoClients => Self::bad_request(format!("{error}.")),
            // RFC 6749 §5.2: no client authentication included.
            E::NoClient => invalid_client(
                "Nothing says which client this is: authenticate in the way that it is registered for, or send client_id.",
            ),
            E::BadHeader | E::UnknownClient | E::WrongSecret | E::OtherMethod(_) => invalid_client(
                "The client is not known or not authenticated in the way it is registered for.",
            )
            .because(error.to_string()),
            E::Assertion(wrong) => unproven(format!("{wrong}.")),
        }
    }
}

impl From<UserInfoError> for ApiError {
    fn from(error: UserInfoError) -> Self {
        match error {
            UserInfoError::InsufficientScope => Self::insufficient_scope("openid"),
            UserInfoError::Absent(absent) => absent.into(),
        }
    }
}

impl From<SetClaimsError> for ApiError {
    fn from(error: SetClaimsError) -> Self {
        match error {
            SetClaimsError::UnknownOrganization => {
                Self::bad_request("The field \"organization\" names none of the configuration.")
            }
            SetClaimsError::Address(_) => Self::bad_request("The field \"email\" is no e-mail address."),
            SetClaimsError::Internal(fault) => fault.into(),
        }
    }
}

impl From<RevocationError> for ApiError {
    fn from(error: RevocationError) -> Self {
        match error {
            RevocationError::InvalidRequest(text) => Self::bad_request(text),
            RevocationError::Repeated(repeated) => Self::bad_request(repeated.to_string()),
            RevocationError::Client(error) => error.into(),
            // RFC 6749 §5.2 has the word for a token that was issued to another client.
            RevocationError::OtherClient => {
                Self::new(BAD_REQUEST, OAuthReason::InvalidGrant, "The token was issued to another client.")
            }
            RevocationError::UnsupportedTokenType => Self::new(
                BAD_REQUEST,
                OAuthReason::UnsupportedTokenType,
                "Access tokens of client_credentials cannot be revoked; they live for an hour at most.",
            ),
            RevocationError::Internal(fault) => fault.into(),
        }
    }
}

impl From<IntrospectionError> for ApiError {
    fn from(error: IntrospectionError) -> Self {
        match error {
            IntrospectionError::InvalidRequest(text) => Self::bad_request(text),
            IntrospectionError::Repeated(repeated) => Self::bad_request(repeated.to_string()),
            IntrospectionError::Client(error) => error.into(),
            IntrospectionError::PublicClient => {
                ClientAuthenticationError::OtherMethod(AuthenticationMethod::None).into()
            }
            IntrospectionError::Internal(fault) => fault.into(),
        }
    }
}
