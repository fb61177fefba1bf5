//! The refusals of pages and of OAuth endpoints, one of each kind.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use tiquo_auth::config::Settings;
use tiquo_auth::flow::authorize::{OriginApplication, StepError};
use tiquo_auth::flow::clients::ClientAuthenticationFailure;
use tiquo_auth::flow::end_session::EndSessionError;
use tiquo_auth::flow::introspection::IntrospectionError;
use tiquo_auth::flow::presence::AbsentError;
use tiquo_auth::flow::refresh::RefreshError;
use tiquo_auth::flow::registration::manage::ManagementError;
use tiquo_auth::flow::registration::{PostponedFetch, RegistrationError};
use tiquo_auth::flow::revocation::RevocationError;
use tiquo_auth::flow::token::TokenError;
use tiquo_auth::flow::userinfo::UserInfoError;
use tiquo_auth::http::error::ApiError;
use tiquo_auth::http::error_reason::{BearerReason, CommonReason};
use tiquo_auth::protocol::authorization::UnredirectableError;
use tiquo_auth::protocol::client_assertion::ClientAssertionError;
use tiquo_auth::protocol::client_authentication::ClientAuthenticationError;
use tiquo_auth::protocol::id::ClientId;
use tiquo_auth::protocol::logout::LogoutRequestError;
use tiquo_auth::protocol::parameters::RepeatedParameter;
use tiquo_auth::protocol::registration::policy::RegistrationRefusal;
use tiquo_auth::protocol::registration::{MetadataError, MetadataErrorCode};
use tiquo_auth::protocol::requested_scope::ScopeError;
use tiquo_auth::protocol::resource_indicator::InvalidTarget;

const WAIT: Duration = Duration::from_secs(30);

/// What a person sees as a page.
pub(super) fn pages() -> Vec<ApiError> {
    use UnredirectableError as U;
    let requests =
        [U::TwoPlaces, U::NoClient, U::UnknownClient, U::NoRedirectUri, U::UnregisteredRedirectUri, U::State];
    let steps = [
        StepError::Expired(None),
        StepError::DeviceExpired,
        StepError::Finished(application()),
        StepError::OtherBrowser,
        StepError::BadForm,
    ];
    let logouts = [
        LogoutRequestError::Repeated(RepeatedParameter("state")),
        LogoutRequestError::State,
        LogoutRequestError::UnknownClient,
        LogoutRequestError::OtherClient,
        LogoutRequestError::RedirectUri,
    ];
    let refused = |because| EndSessionError::Refused { because, client: None };
    let mut all = requests.map(ApiError::from).to_vec();
    all.extend(steps.map(ApiError::from));
    all.extend(logouts.map(refused).map(ApiError::from));
    all.extend([EndSessionError::Expired, EndSessionError::BadForm].map(ApiError::from));
    all
}

fn application() -> OriginApplication {
    let settings = Settings::development(8080, Path::new("unused"), Vec::new()).unwrap();
    let client = Arc::clone(settings.policy.clients.get(&ClientId::new("demo-web")).unwrap());
    OriginApplication { client, redirect_uri: None }
}

/// What a program is told at the token, revocation, introspection, device authorization, userinfo and registration endpoint.
pub(super) fn oauth() -> Vec<ApiError> {
    let mut all = of_tokens();
    all.extend(of_clients());
    all.extend(of_registrations());
    all.extend(of_any_request());
    all
}

fn of_tokens() -> Vec<ApiError> {
    let tokens = [
        TokenError::InvalidRequest("grant_type is missing"),
        TokenError::Repeated(RepeatedParameter("code")),
        TokenError::UnauthorizedClient,
        TokenError::UnsupportedGrantType,
        TokenError::NotGranted,
        TokenError::Scope(ScopeError::NothingOfIt),
        TokenError::UnknownScope("fly".to_owned()),
        TokenError::UnregisteredScope("fly".to_owned()),
        TokenError::InvalidTarget(InvalidTarget),
        TokenError::CodeInvalid,
        TokenError::CodeReplayed,
        TokenError::AuthorizationPending,
        TokenError::SlowDown,
        TokenError::AccessDenied,
        TokenError::ExpiredToken,
        TokenError::DeviceCodeInvalid,
        TokenError::Refresh(RefreshError::Invalid),
        TokenError::Limited(WAIT),
        TokenError::Full(WAIT),
    ];
    let mut all = tokens.map(ApiError::from).to_vec();
    all.extend([RevocationError::OtherClient, RevocationError::UnsupportedTokenType].map(ApiError::from));
    all.extend([AbsentError::Revoked, AbsentError::Gone].map(UserInfoError::from).map(ApiError::from));
    all.push(UserInfoError::InsufficientScope.into());
    all.push(ApiError::plain(StatusCode::UNAUTHORIZED, BearerReason::Invalid));
    all
}

fn of_clients() -> Vec<ApiError> {
    use ClientAuthenticationError as E;
    let wrong = [
        E::Repeated(RepeatedParameter("client_id")),
        E::TwoMethods,
        E::TwoClients,
        E::NoClient,
        E::BadHeader,
        E::UnknownClient,
        E::WrongSecret,
        E::Assertion(ClientAssertionError::Claims),
    ];
    let mut all = wrong.map(ClientAuthenticationFailure::from).map(ApiError::from).to_vec();
    all.push(ClientAuthenticationFailure::Limited(WAIT).into());
    all.push(IntrospectionError::PublicClient.into());
    all
}

fn of_registrations() -> Vec<ApiError> {
    let wrong = [
        MetadataError::redirect_uri("is wrong"),
        MetadataError::metadata("scope", "is wrong"),
        MetadataError {
            code: MetadataErrorCode::UnapprovedSoftwareStatement,
            member: "software_statement",
            text: "is not approved".into(),
        },
    ];
    let mut all = wrong.map(RegistrationError::from).map(ApiError::from).to_vec();
    all.extend(
        [RegistrationRefusal::Off, RegistrationRefusal::TokenMissing, RegistrationRefusal::TokenInvalid]
            .map(ApiError::from),
    );
    let limits = [
        RegistrationError::Limited { retry_after: WAIT },
        RegistrationError::Postponed(PostponedFetch { retry_after: WAIT }),
        RegistrationError::Full,
    ];
    all.extend(limits.map(ApiError::from));
    all.push(ManagementError::TokenInvalid.into());
    all
}

/// What the handlers, the reading of bodies and the gate say.
fn of_any_request() -> Vec<ApiError> {
    vec![
        ApiError::bad_request(""),
        ApiError::not_found(),
        ApiError::wrong_method("POST"),
        ApiError::plain(StatusCode::REQUEST_TIMEOUT, CommonReason::BodyTooSlow),
        ApiError::plain(StatusCode::PAYLOAD_TOO_LARGE, CommonReason::BodyTooLarge),
        ApiError::plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, CommonReason::UnsupportedMediaType),
        ApiError::plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, CommonReason::UnsupportedContentEncoding),
        ApiError::plain(StatusCode::MISDIRECTED_REQUEST, CommonReason::MisdirectedRequest),
        ApiError::server(""),
        ApiError::unavailable(""),
    ]
}
