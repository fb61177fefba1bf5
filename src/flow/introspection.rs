//! Introspection (RFC 7662): a client asks what becomes of its own token, or of one that is for a resource that it serves.

use serde::Serialize;

use super::clients::{ClientAuthenticationFailure, ClientCredentialsRequest};
use super::introspected_token::IntrospectedToken;
use super::{Caller, Context, InternalError};
use crate::protocol::audience::Audience;
use crate::protocol::claims::AccessTokenClaims;
use crate::protocol::grant::{Generation, Grant};
use crate::protocol::parameters::RepeatedParameter;
use crate::protocol::time::Timestamp;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IntrospectionError {
    /// A parameter is missing.
    #[error("{0}")]
    InvalidRequest(&'static str),
    /// A parameter is there more than once.
    #[error(transparent)]
    Repeated(#[from] RepeatedParameter),
    /// The client is not believed.
    #[error(transparent)]
    Client(#[from] ClientAuthenticationFailure),
    /// RFC 7662 §2.1: whoever asks must prove who they are.
    #[error("a public client cannot introspect")]
    PublicClient,
    /// Our own fault.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

/// RFC 7662 §2.2. Of a token that is not active, or not the caller's, nothing else is said.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[expect(missing_docs, reason = "the members are the specification's own")]
pub struct Introspection {
    pub active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exp: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iat: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aud: Option<Audience<'static>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<u64>,
}

/// What becomes of a token. To look is not to present it: nothing changes.
///
/// # Errors
/// [`IntrospectionError`].
pub async fn introspect(
    cx: &Context,
    caller: &Caller,
    sent: ClientCredentialsRequest<'_>,
) -> Result<Introspection, IntrospectionError> {
    let client = cx.authenticate_client(caller, sent).await?;
    if client.is_public() {
        return Err(IntrospectionError::PublicClient);
    }
    let parameters = sent.parameters;
    let text = parameters.get("token")?.ok_or(IntrospectionError::InvalidRequest("token is missing"))?;
    parameters.get("token_type_hint")?;
    let now = cx.clock.now();
    Ok(match cx.hold(text).await? {
        Some(held) if held.is_of(&client.id) => of(cx, held, now),
        // §1: the resource server that the token is for. Whom it was given to may be gone since.
        Some(held) if held.is_for(&client) && cx.is_still_given(&held).await? => of(cx, held, now),
        _ => Introspection::default(),
    })
}

fn of(cx: &Context, held: IntrospectedToken, now: Timestamp) -> Introspection {
    match held {
        IntrospectedToken::Refresh { generation, grant } => of_refresh_token(cx, generation, &grant, now),
        IntrospectedToken::Access { claims, grant } => of_access_token(&claims, grant.as_deref(), now),
    }
}

/// Active while it is the one that a refresh would take as the newest.
fn of_refresh_token(cx: &Context, generation: Generation, grant: &Grant, now: Timestamp) -> Introspection {
    let active = grant.revoked_at.is_none() && now < grant.expires_at && generation >= grant.generation;
    if !active {
        return Introspection::default();
    }
    Introspection {
        active,
        scope: Some(grant.scope.to_string()),
        client_id: Some(grant.client.as_str().to_owned()),
        token_type: None,
        exp: Some(grant.expires_at.as_secs()),
        iat: Some(grant.rotated_at.as_secs()),
        sub: Some(cx.subject_of(grant)),
        iss: Some(cx.policy.issuer.clone()),
        sid: Some(grant.sid.encode()),
        auth_time: Some(grant.auth_time.as_secs()),
        ..Introspection::default()
    }
}

fn of_access_token(claims: &AccessTokenClaims<'_>, grant: Option<&Grant>, now: Timestamp) -> Introspection {
    let lives = grant.is_none_or(|grant| grant.revoked_at.is_none() && now < grant.session_end);
    let active = lives && now.as_secs() < claims.exp;
    if !active {
        return Introspection::default();
    }
    Introspection {
        active,
        scope: Some(claims.scope.to_string()),
        client_id: Some(claims.client_id.to_string()),
        token_type: Some("Bearer"),
        exp: Some(claims.exp),
        iat: Some(claims.iat),
        sub: Some(claims.sub.to_string()),
        aud: Some(claims.aud.clone().into_owned()),
        iss: Some(claims.iss.to_string()),
        jti: Some(claims.jti.to_string()),
        sid: claims.sid.as_ref().map(ToString::to_string),
        auth_time: claims.auth_time,
    }
}
