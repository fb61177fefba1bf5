//! `otp/verify` of the browser SDK: opens a session for the right code.

use super::prove::{CodeProofError, ProvenAddress, TypedCode, prove};
use crate::flow::tokens::{NewGrant, TokenPair};
use crate::flow::{Caller, Context, InternalError};
use crate::ports::audit::AuditKind;
use crate::ports::store::{GrantOpening, Holder};
use crate::protocol::dpop::{Proof, ProofRefusal};
use crate::protocol::end_user::EndUser;
use crate::protocol::grant::GrantChannel;
use crate::protocol::grant_extensions::GrantExtensions;
use crate::protocol::id::ChallengeId;
use crate::protocol::origin::Origin;
use crate::protocol::policy::{Organization, OriginVerdict};
use crate::protocol::scope::Scope;
use crate::protocol::secret::Secret;

#[derive(Debug, Clone)]
pub struct VerifyRequest {
    pub public_key: String,
    /// The challenge that [`CodeSent`](super::code::CodeSent) named.
    pub challenge_id: String,
    /// The code as typed.
    pub code: Secret<String>,
    /// The reference of the mail with the code, if the page asks for it.
    pub reference: Option<String>,
    pub origin: Option<Origin>,
    /// The DPoP proof of the page's key, which the session's refresh tokens are bound to (RFC 9449 §5).
    pub proof: Option<Proof>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedInCustomer {
    pub tokens: TokenPair,
    pub end_user: EndUser,
    /// The known-device value to keep for the next sign-in.
    pub device: Secret<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// No organization has this public key now.
    #[error("unknown public key")]
    PublicKeyUnknown,
    /// The page's origin is not one of the organization's.
    #[error("the origin is not allowed")]
    OriginRefused,
    /// The DPoP proof of the page's key was refused (RFC 9449 §11.1).
    #[error("the DPoP proof of the page's key was refused: {0:?}")]
    ProofRefused(ProofRefusal),
    #[error(transparent)]
    NotProven(#[from] CodeProofError),
}

/// # Errors
/// [`VerifyError`].
pub async fn verify(
    cx: &Context,
    caller: &Caller,
    request: &VerifyRequest,
) -> Result<SignedInCustomer, VerifyError> {
    let organization = cx.policy.by_public_key(&request.public_key).ok_or(VerifyError::PublicKeyUnknown)?;
    if matches!(organization.judge(request.origin.as_ref()), OriginVerdict::Refused) {
        return Err(VerifyError::OriginRefused);
    }
    let typed = TypedCode {
        challenge: ChallengeId::parse(&request.challenge_id),
        code: &request.code,
        reference: request.reference.as_deref(),
        attempt: None,
    };
    let proven = prove(cx, caller, organization, &typed).await?;
    open_session(cx, caller, organization, proven, request.proof.as_ref()).await
}

async fn open_session(
    cx: &Context,
    caller: &Caller,
    organization: &Organization,
    proven: ProvenAddress,
    proof: Option<&Proof>,
) -> Result<SignedInCustomer, VerifyError> {
    let ProvenAddress { account, attempt, now, device, .. } = proven;
    let (token, grant) = cx.new_grant(
        caller,
        attempt,
        now,
        NewGrant {
            organization,
            user: &account.user,
            client: &organization.dom_client,
            channel: GrantChannel::Dom,
            scope: Scope::client_api(),
            auth_time: now,
            session_end: now.plus(organization.session_duration),
            jkt: proof.map(|proof| &proof.jkt),
            extensions: GrantExtensions::default(),
        },
    );
    let opening = cx.stores.open_grant(&account, &grant, proof).await.map_err(fault)?;
    let (end_user, displaced) = match opening {
        GrantOpening::Opened { end_user, displaced } => (*end_user, displaced),
        GrantOpening::ProofRefused(refusal) => return Err(VerifyError::ProofRefused(refusal)),
    };
    cx.record_grant_event(AuditKind::SignedIn, caller, &grant);
    cx.record_displaced_grants(caller, &grant, &displaced);
    let tokens = cx.mint_token_pair(&token, &grant, &Holder::of(&end_user), now).map_err(fault)?;
    Ok(SignedInCustomer { tokens, end_user, device })
}

fn fault(fault: impl Into<InternalError>) -> VerifyError {
    VerifyError::NotProven(CodeProofError::Internal(fault.into()))
}
