//! Devices that cannot show our pages (RFC 8628): they ask for a code, and an end-user types it in a browser, where it
//! becomes an interaction like any other, whose answer is recorded for the device.

use std::sync::Arc;
use std::time::Duration;

use super::authorize::begin;
use super::authorize::view::PageView;
use super::browser::{Browser, CookieChanges};
use super::clients::ClientCredentialsRequest;
use super::token::TokenError;
use super::{Caller, Context, InternalError};
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

/// How many wrong user codes may be typed from one network (RFC 8628 §5.1): of 20^8 codes, that finds none. One address
/// has its share of them, 60 with the defaults.
const GUESSES: Limit = Limit { count: 80, window: Duration::from_secs(3600) };
/// How many devices of one network may ask for a code: anybody can for a public client, and each request is stored. One
/// address has its share of them, 600 with the defaults.
const REQUESTS: Limit = Limit { count: 800, window: Duration::from_secs(3600) };
/// How often another user code is drawn when one is taken.
const DRAWS: usize = 8;

/// What a device gets (RFC 8628 §3.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceAuthorization {
    /// What the device polls with.
    pub device_code: Secret<String>,
    /// What the device shows.
    pub user_code: UserCode,
    /// How long they live.
    pub expires_in: Duration,
    /// How long to wait between two polls.
    pub interval: Duration,
}

/// Takes a device's request in (RFC 8628 §3.1).
///
/// # Errors
/// [`TokenError`]: the errors are those of the token endpoint (§3.2).
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
    Err(InternalError::Unexpected("no user code is free").into())
}

/// What a device or somebody who types a user code makes the store keep. Whose a code is, is known only when it is
/// found: no organization is named.
fn of_stranger(
    cx: &Context,
    caller: &Caller,
    class: StrangerClass,
    weight: u64,
    now: Timestamp,
) -> StrangerRequest {
    let from = cx.caller_address(caller);
    StrangerRequest { class, organization: None, from, weight: Some(weight), attempt: cx.attempt(), now }
}

/// Why a typed user code leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UserCodeError {
    /// It cannot be a user code; nothing was counted.
    #[error("not formed like a user code")]
    Malformed,
    /// No device shows it, or no longer.
    #[error("the user code is unknown or over")]
    UnknownCode,
    /// Too many were typed from this network.
    #[error("too many user codes from this network")]
    Limited(Duration),
    /// Too many were typed in all networks together.
    #[error("the ceiling of what is stored for strangers is reached: strangers.user_codes")]
    Full(Duration),
    /// Our own fault.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

/// Goes on with the code that an end-user typed: it becomes an interaction of this browser. `done` is the URL where the
/// browser goes at its end.
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
    // What cannot be a code is no guess.
    let user_code = UserCode::parse(typed).ok_or(UserCodeError::Malformed)?;
    // Counted before it is looked up, the right ones too: guesses at once cannot pass the limit. A right one gives its
    // place back, so that people of one network do not use up each other's, nor one who owns a device everybody's.
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
    Ok(begin::for_device(cx, caller, browser, found, asked(request.terms, done), device).await?)
}

/// The client that an id names, with its organization.
///
/// # Errors
/// [`InternalError`].
pub async fn whose<'a>(
    cx: &'a Context,
    client: &ClientId,
) -> Result<Option<(Arc<Client>, &'a Organization)>, InternalError> {
    cx.find_client(client).await
}

fn asked(terms: DeviceTerms, done: String) -> AuthorizationRequest {
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
