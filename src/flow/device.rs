//! The device authorization endpoint (RFC 8628). A device gets a code, which an end-user types in a browser.
//! That begins an interaction like any other, except that the answer is recorded for the device.

use std::sync::Arc;
use std::time::Duration;

use super::authorize::begin;
use super::authorize::view::PageView;
use super::browser::{Browser, CookieChanges};
use super::clients::ClientCredentialsRequest;
use super::token::TokenError;
use super::{Caller, Context, InternalError, Result};
use crate::ports::store::DeviceOpening;
use crate::protocol::authorization::{AuthorizationRequest, Prompts, ResponseMode};
use crate::protocol::budget::Limit;
use crate::protocol::client::{Client, GrantType};
use crate::protocol::device_grant::{DeviceRequest, DeviceTerms, INTERVAL, LIFETIME, PollState, UserCode};
use crate::protocol::grant_extensions::ClaimsRequest;
use crate::protocol::id::{ClientId, DeviceCodeId};
use crate::protocol::interaction::WaitingDevice;
use crate::protocol::opaque::Opaque;
use crate::protocol::policy::Organization;
use crate::protocol::requested_scope::grantable;
use crate::protocol::resource_indicator::{of_client, requested};
use crate::protocol::secret::Secret;
use crate::protocol::strangers::{
    DEVICE_REQUEST_WEIGHT, StrangerAdmission, StrangerClass, StrangerRequest, USER_CODE_WEIGHT,
};
use crate::protocol::time::Timestamp;

/// How many wrong user codes may be typed from one network (RFC 8628 §5.1), which is negligible against 20^8
/// codes. One address has a share of these, 60 with the default settings.
const GUESSES: Limit = Limit { count: 80, window: Duration::from_secs(3600) };
/// How many requests of devices are stored for one network, because anybody can make them for a public
/// client. One address has a share of these, 600 with the default settings.
const REQUESTS: Limit = Limit { count: 800, window: Duration::from_secs(3600) };
/// How many user codes are drawn until one is free.
const DRAWS: usize = 8;

/// The device authorization response (RFC 8628 §3.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceAuthorization {
    pub device_code: Secret<String>,
    pub user_code: UserCode,
    /// The lifetime of both codes.
    pub expires_in: Duration,
    /// The minimum time between two polls.
    pub interval: Duration,
}

/// Answers a device authorization request (RFC 8628 §3.1).
///
/// # Errors
/// [`TokenError`], because the errors are those of the token endpoint (RFC 8628 §3.2).
pub async fn authorize(
    cx: &Context,
    caller: &Caller,
    sent: ClientCredentialsRequest<'_>,
) -> Result<DeviceAuthorization, TokenError> {
    let parameters = sent.parameters;
    let client = cx.authenticate_client(caller, sent).await?;
    if !client.may(GrantType::DeviceCode) {
        return Err(TokenError::UnauthorizedClient);
    }
    let scope = grantable(parameters, &client, cx.policy.resources.writes())?;
    let resources = requested(parameters, &of_client(&client, cx.default_audience_for(&client)))?;
    let now = cx.clock.now();
    let asked_for = resources.iter().fold(scope.to_string().len(), |sum, one| sum.saturating_add(one.len()));
    let weight = DEVICE_REQUEST_WEIGHT.saturating_add(u64::try_from(asked_for).unwrap_or(u64::MAX));
    let request = of_stranger(cx, caller, StrangerClass::DeviceRequests, weight, now);
    let limits = cx.policy.strangers.limits(request.class, REQUESTS);
    match cx.stores.admit_stranger(&request, limits).await.map_err(InternalError::from)? {
        StrangerAdmission::Admitted => {}
        StrangerAdmission::Limited { retry_after } => return Err(TokenError::Limited(retry_after)),
        StrangerAdmission::Full { retry_after } => return Err(TokenError::Full(retry_after)),
    }
    for _ in 0..DRAWS {
        let Some(user_code) = UserCode::from_random(&cx.random()) else { continue };
        let device_code = Opaque::new(user_code.bucket(), cx.random());
        let terms = DeviceTerms {
            user_code: user_code.clone(),
            client: client.id.clone(),
            organization: client.organization.clone(),
            scope: scope.clone(),
            resources: resources.clone(),
            subject_type: Some(client.extras.subject_type.clone()),
        };
        let request = DeviceRequest {
            id: DeviceCodeId::of(&device_code),
            terms,
            opened_at: now,
            expires_at: now.plus(LIFETIME),
            polling: PollState::default(),
            decision: None,
            used: None,
        };
        if cx.stores.open_device(&request).await.map_err(InternalError::from)? == DeviceOpening::Opened {
            let device_code = Secret::new(device_code.encode());
            return Ok(DeviceAuthorization {
                device_code,
                user_code,
                expires_in: LIFETIME,
                interval: INTERVAL,
            });
        }
    }
    Err(InternalError::Unexpected("no unused user code could be drawn").into())
}

/// A stranger's request of a device, or with a typed user code. It names no organization, because a user
/// code's organization is unknown until the code is found.
fn of_stranger(
    cx: &Context,
    caller: &Caller,
    class: StrangerClass,
    weight: u64,
    now: Timestamp,
) -> StrangerRequest {
    let from = cx.caller_address(caller);
    StrangerRequest { class, organization: None, from, weight: Some(weight), attempt: cx.new_attempt(), now }
}

/// Why a typed user code is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UserCodeError {
    /// The text cannot be a user code; nothing was counted.
    #[error("not formed like a user code")]
    Malformed,
    /// The user code is unknown, expired or decided.
    #[error("the user code is unknown or over")]
    UnknownCode,
    #[error("too many user codes from this network")]
    Limited(Duration),
    /// Too many wrong user codes were typed in all networks together.
    #[error("too many user codes were tried in all networks together (ceiling: strangers.user_codes)")]
    Full(Duration),
    #[error(transparent)]
    Internal(#[from] InternalError),
}

/// Begins an interaction of this browser for the user code that an end-user typed. `done` is the URL where
/// the browser goes at the end.
///
/// # Errors
/// [`UserCodeError`].
pub async fn enter<'a>(
    cx: &'a Context,
    caller: &Caller,
    browser: &Browser,
    typed: &str,
    done: String,
) -> Result<(Box<PageView<'a>>, CookieChanges), UserCodeError> {
    // Text that cannot be a code does not count as a guess.
    let user_code = UserCode::parse(typed).ok_or(UserCodeError::Malformed)?;
    // Every code is counted before the lookup, so that concurrent guesses cannot exceed the limit. A right
    // one gives its place back, so that people of one network do not use up each other's guesses, nor an
    // owner of devices everybody's.
    let now = cx.clock.now();
    let guess = of_stranger(cx, caller, StrangerClass::UserCodes, USER_CODE_WEIGHT, now);
    let limits = cx.policy.strangers.limits(guess.class, GUESSES);
    match cx.stores.admit_stranger(&guess, limits).await.map_err(InternalError::from)? {
        StrangerAdmission::Admitted => {}
        StrangerAdmission::Limited { retry_after } => return Err(UserCodeError::Limited(retry_after)),
        StrangerAdmission::Full { retry_after } => return Err(UserCodeError::Full(retry_after)),
    }
    let request = cx.stores.peek_device(&user_code).await.map_err(InternalError::from)?;
    let request = request.filter(|request| request.decision.is_none() && now < request.expires_at);
    let request = request.ok_or(UserCodeError::UnknownCode)?;
    cx.stores.give_place_back(&guess, limits).await.map_err(InternalError::from)?;
    let found = cx.find_client(&request.terms.client).await?.ok_or(UserCodeError::UnknownCode)?;
    let device = WaitingDevice { id: request.id, user_code };
    Ok(begin::for_device(cx, caller, browser, found, authorization_request(request.terms, done), device)
        .await?)
}

///
/// # Errors
/// [`InternalError`].
pub async fn whose<'a>(
    cx: &'a Context,
    client: &ClientId,
) -> Result<Option<(Arc<Client>, &'a Organization)>> {
    cx.find_client(client).await
}

fn authorization_request(terms: DeviceTerms, done: String) -> AuthorizationRequest {
    AuthorizationRequest {
        client: terms.client,
        redirect_uri: done,
        redirect_uri_sent: false,
        state: None,
        scope: terms.scope,
        nonce: None,
        code_challenge: None,
        prompts: Prompts::default(),
        max_age: None,
        login_hint: None,
        response_mode: ResponseMode::Query,
        claims: ClaimsRequest::default(),
        resources: terms.resources,
        wanted: None,
        wanted_sid: None,
        ui_locale: None,
    }
}
