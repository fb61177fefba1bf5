//! `otp/send`: a code goes to an address, asked for by the browser SDK.

use super::code::{CodeRequest, CodeSendError, CodeSent, send_code};
use crate::flow::{Caller, Context};
use crate::protocol::address::{AddressError, EmailAddress};
use crate::protocol::id::ChallengeId;
use crate::protocol::locale::Locale;
use crate::protocol::origin::Origin;
use crate::protocol::policy::OriginVerdict;

/// A code that is asked for.
#[derive(Debug, Clone)]
pub struct SendRequest {
    /// The organization's public key.
    pub public_key: String,
    /// The address, as typed.
    pub email: String,
    /// The language of the mail.
    pub locale: Locale,
    /// The challenge that the page has already: then this is a resend.
    pub challenge_id: Option<String>,
    /// The device value that the page keeps from a sign-in before.
    pub device: Option<String>,
    /// The page's origin.
    pub origin: Option<Origin>,
}

/// Why no code was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// No organization has this public key, or no longer.
    #[error("unknown public key")]
    PublicKeyUnknown,
    /// The page is not one of the organization's.
    #[error("the origin is not allowed")]
    OriginRefused,
    /// The address is not one.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// It is one, but no code was sent.
    #[error(transparent)]
    NotSent(#[from] CodeSendError),
}

/// Sends a code, or another one of the same challenge.
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
