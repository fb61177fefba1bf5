//! Verifies the access token of a request.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;

use super::error::{ApiError, Result};
use super::error_reason::{BearerReason, CommonReason, ErrorReason};
use super::request::RequestContext;
use crate::flow::presence::Bearer;
use crate::protocol::parameters::Parameters;
use crate::resource::{Subject, TokenError, Verifier, bearer};

const REALM: &str = "client-api";

/// Authenticates a request to the Client API (RFC 6750 §2.1).
///
/// # Errors
/// [`ApiError`] with a `WWW-Authenticate` header.
pub async fn authenticate(context: &RequestContext) -> Result<Bearer> {
    authenticate_by(&context.state.verifier, &context.request, None).await
}

/// Authenticates a request to userinfo, where a form may carry the token instead (RFC 6750 §2.2). Using more
/// than one method is malformed (§2).
///
/// # Errors
/// [`ApiError`] with a `WWW-Authenticate` header.
pub async fn authenticate_at_userinfo(context: &RequestContext, form: Option<&Parameters>) -> Result<Bearer> {
    authenticate_by(&context.state.at_userinfo, &context.request, form).await
}

async fn authenticate_by(
    verifier: &Verifier,
    request: &HttpRequest,
    form: Option<&Parameters>,
) -> Result<Bearer> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let first = headers.next();
    let in_form = form.map_or(Ok(None), |form| form.get("access_token"));
    let in_form = in_form.map_err(|_| refusal(&TokenError::Malformed))?;
    if headers.next().is_some() || (first.is_some() && in_form.is_some()) {
        return Err(refusal(&TokenError::Malformed));
    }
    let checked = async {
        let token = match in_form {
            Some(token) => token,
            None => bearer(first.map(actix_web::http::header::HeaderValue::as_bytes))?,
        };
        verifier.verify(token).await
    };
    let token = checked.await.map_err(|error| refusal(&error))?;
    match token.subject {
        Subject::EndUser { user, sid } => Ok(Bearer {
            user,
            organization: token.organization,
            client: token.client,
            sid,
            generation: token.generation,
            scope: token.scope,
            source: token.source,
        }),
        // A token of `client_credentials` has no end-user whose data it could open.
        Subject::Client => {
            Err(refusal(&TokenError::Invalid(crate::resource::InvalidToken::NotAnAccessToken)))
        }
    }
}

fn refusal(error: &TokenError) -> ApiError {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::UNAUTHORIZED);
    let (reason, text): (ErrorReason, _) = match error {
        TokenError::Missing => {
            (BearerReason::Missing.into(), "Send an access token: Authorization: Bearer …".to_owned())
        }
        TokenError::Malformed => {
            (CommonReason::InvalidRequest.into(), "The Authorization header is malformed.".to_owned())
        }
        TokenError::Invalid(_) => (
            BearerReason::Invalid.into(),
            "This access token is not valid. Please refresh it or sign in again.".to_owned(),
        ),
        TokenError::InsufficientScope { scope } => (
            BearerReason::InsufficientScope.into(),
            format!("This token may not do that: it needs the scope {scope}."),
        ),
        TokenError::KeysUnavailable(cause) => return ApiError::unavailable(cause.clone()),
    };
    let refusal = ApiError::new(status, reason, text).because(error.to_string());
    ApiError { challenge: error.www_authenticate(REALM).map(Into::into), ..refusal }
}
