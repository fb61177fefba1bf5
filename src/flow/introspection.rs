//! Token introspection (RFC 7662), for a client's own tokens and for those that are for a resource it serves.

use serde::Serialize;

use super::clients::{ClientAuthenticationFailure, ClientCredentialsRequest};
use super::introspected_token::IntrospectedToken;
use super::{Caller, Context, InternalError};
use crate::protocol::audience::Audience;
use crate::protocol::claims::AccessTokenClaims;
use crate::protocol::grant::{Generation, Grant};
use crate::protocol::parameters::RepeatedParameter;
use crate::protocol::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IntrospectionError {
    #[error("{0}")]
    InvalidRequest(&'static str),
    #[error(transparent)]
    Repeated(#[from] RepeatedParameter),
    #[error(transparent)]
    Client(#[from] ClientAuthenticationFailure),
    /// The caller has to authenticate (RFC 7662 §2.1).
    #[error("a public client cannot use introspection, because it does not authenticate")]
    PublicClient,
    #[error(transparent)]
    Internal(#[from] InternalError),
}

/// The introspection response (RFC 7662 §2.2). It has only `active` for a token that is not active or not the
/// caller's.
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

/// Answers the state of a token, without changing it.
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
    Ok(match cx.read_presented_token(text).await? {
        Some(held) if held.is_of(&client.id) => of(cx, held, now),
        // A resource server may ask about tokens for it (RFC 7662 §1), unless the client that got the token
        // was removed.
        Some(held) if held.is_for(&client) && cx.access_token_client_exists(&held).await? => {
            of(cx, held, now)
        }
        _ => Introspection::default(),
    })
}

fn of(cx: &Context, held: IntrospectedToken, now: Timestamp) -> Introspection {
    match held {
        IntrospectedToken::Refresh { generation, grant } => of_refresh_token(cx, generation, &grant, now),
        IntrospectedToken::Access { claims, grant } => of_access_token(&claims, grant.as_deref(), now),
    }
}

/// A refresh token is active if it would be accepted as the newest of its grant.
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
