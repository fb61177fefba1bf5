//! `urn:ietf:params:oauth:grant-type:device_code` (RFC 8628 §3.4): the poll consumes the approval, then
//! tokens are made. The approval becomes a hidden authorization code, so that the same verb makes the grant.

use super::{TokenError, TokenResponse, code};
use crate::flow::{Caller, Context, InternalError};
use crate::ports::store::PollOutcome;
use crate::protocol::authorization_code::{AuthorizationCode, CodeTerms, LIFETIME};
use crate::protocol::client::Client;
use crate::protocol::device_grant::{DeviceApproval, DeviceTerms, PollVerdict};
use crate::protocol::grant_extensions::GrantExtensions;
use crate::protocol::id::{CodeId, DeviceCodeId};
use crate::protocol::opaque::Opaque;
use crate::protocol::parameters::Parameters;
use crate::protocol::resource_indicator::{of_client, requested};
use crate::protocol::time::Timestamp;

pub(super) async fn exchange(
    cx: &Context,
    caller: &Caller,
    client: &Client,
    parameters: &Parameters,
) -> Result<TokenResponse, TokenError> {
    let text = parameters.get("device_code")?.ok_or(TokenError::InvalidRequest("device_code is missing"))?;
    let id = DeviceCodeId::of(&Opaque::parse(text).ok_or(TokenError::DeviceCodeInvalid)?);
    // A resource that this client can never have is refused before the poll consumes the approval.
    requested(parameters, &of_client(client, cx.default_audience_for(client)))?;
    let now = cx.clock.now();
    let polled =
        cx.stores.poll_device(&id, &client.id, cx.new_attempt(), now).await.map_err(InternalError::from)?;
    let (terms, allowed) = match polled {
        PollOutcome::Granted(granted) => *granted,
        PollOutcome::Unknown => return Err(TokenError::DeviceCodeInvalid),
        PollOutcome::Refused(verdict) => return Err(refused(verdict)),
    };
    let code = hidden_code(cx, terms, allowed, now);
    cx.stores.issue_code(&code, None).await.map_err(InternalError::from)?;
    code::take(cx, caller, client, &code, parameters, now).await
}

/// The error for a poll without an approval (RFC 8628 §3.5).
const fn refused(verdict: PollVerdict) -> TokenError {
    match verdict {
        PollVerdict::Pending => TokenError::AuthorizationPending,
        PollVerdict::SlowDown => TokenError::SlowDown,
        PollVerdict::Denied => TokenError::AccessDenied,
        PollVerdict::Expired => TokenError::ExpiredToken,
        PollVerdict::Used | PollVerdict::OtherClient | PollVerdict::Granted => TokenError::DeviceCodeInvalid,
    }
}

fn hidden_code(
    cx: &Context,
    terms: DeviceTerms,
    allowed: DeviceApproval,
    now: Timestamp,
) -> AuthorizationCode {
    let value = Opaque::new(cx.subject_bucket(&allowed.user), cx.random());
    AuthorizationCode {
        id: CodeId::of(&value),
        terms: CodeTerms {
            client: terms.client,
            organization: terms.organization,
            user: allowed.user,
            redirect_uri: String::new(),
            redirect_uri_sent: false,
            code_challenge: None,
            nonce: None,
            scope: terms.scope,
            extensions: GrantExtensions {
                sso: Some(allowed.sso),
                resources: terms.resources,
                ..GrantExtensions::default()
            },
            subject_type: terms.subject_type,
        },
        auth_time: allowed.auth_time,
        expires_at: now.plus(LIFETIME),
        used: None,
    }
}
