//! `otp/send` of the browser SDK: sends a code to an address.

use super::code::{CodeRequest, CodeSendError, CodeSent, send_code};
use crate::flow::{Caller, Context};
use crate::protocol::address::{AddressError, EmailAddress};
use crate::protocol::id::ChallengeId;
use crate::protocol::locale::Locale;
use crate::protocol::origin::Origin;
use crate::protocol::policy::OriginVerdict;

#[derive(Debug, Clone)]
pub struct SendRequest {
    pub public_key: String,
    /// The address as typed.
    pub email: String,
    pub locale: Locale,
    /// The page's existing challenge, for a resend.
    pub challenge_id: Option<String>,
    /// The known-device value from an earlier sign-in.
    pub device: Option<String>,
    pub origin: Option<Origin>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// No organization has this public key now.
    #[error("unknown public key")]
    PublicKeyUnknown,
    /// The page's origin is not one of the organization's.
    #[error("the origin is not allowed")]
    OriginRefused,
    #[error(transparent)]
    Address(#[from] AddressError),
    /// No code was sent to the valid address.
    #[error(transparent)]
    NotSent(#[from] CodeSendError),
}

/// Sends a code of a new challenge, or another one of an existing challenge.
///
/// # Errors
/// [`SendError`].
pub async fn send(cx: &Context, caller: &Caller, request: &SendRequest) -> Result<CodeSent, SendError> {
    let organization = cx.policy.by_public_key(&request.public_key).ok_or(SendError::PublicKeyUnknown)?;
    let (sender, theme) = match organization.judge(request.origin.as_ref()) {
        OriginVerdict::Domain(domain) => (&domain.sender, &domain.theme),
        OriginVerdict::NoPage => (&organization.sender, &organization.theme),
        OriginVerdict::Refused => return Err(SendError::OriginRefused),
    };
    let host = request.origin.as_ref().and_then(Origin::host);
    let ask = CodeRequest {
        organization,
        sender,
        theme,
        asked_from: host.unwrap_or(&organization.name).into(),
        email: EmailAddress::parse(&request.email)?,
        locale: request.locale,
        challenge: request.challenge_id.as_deref().and_then(ChallengeId::parse),
        form: None,
        device: request.device.as_deref(),
        kept_beside: 0,
    };
    Ok(send_code(cx, caller, ask).await?)
}
