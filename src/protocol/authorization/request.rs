//! Reads an authorization request: first the client and redirect URI, which are needed to return an error,
//! then the other parameters.

use serde::{Deserialize, Serialize};

use super::claims;
use super::error::{AuthorizationError, ErrorCode, RefusedAuthorization, RequestError, UnredirectableError};
use super::response::ResponseMode;
use crate::protocol::client::{Client, GrantType};
use crate::protocol::grant_extensions::ClaimsRequest;
use crate::protocol::id::ClientId;
use crate::protocol::locale::Locale;
use crate::protocol::parameters::{MAX_STATE, Parameters};
use crate::protocol::pkce::{CodeChallenge, S256};
use crate::protocol::requested_scope::{ScopeError, grantable};
use crate::protocol::resource_indicator::{of_client, requested};
use crate::protocol::scope::Scope;
use crate::protocol::standard_claims;

/// The longest value of most parameters, in bytes.
const MAX_VALUE: usize = 1024;

/// Defaults for parameters that a request omits.
#[derive(Debug, Clone, Copy)]
pub struct RequestDefaults<'a> {
    /// The audience of the access tokens when the request names no resource (RFC 8707 §2).
    pub audience: &'a str,
    /// The scopes of resource servers that change data and so are granted only on request.
    pub writes: &'a Scope,
}

/// A valid authorization request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    pub client: ClientId,
    pub redirect_uri: String,
    /// Whether the request had `redirect_uri`; then the token request needs it too (RFC 6749 §4.1.3).
    pub redirect_uri_sent: bool,
    /// The client's `state`, returned unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The part of the requested scope that the client may have.
    pub scope: Scope,
    /// The `nonce` for the ID token (OpenID Connect Core §3.1.2.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// The PKCE challenge (RFC 7636 §4.3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_challenge: Option<CodeChallenge>,
    #[serde(default)]
    pub prompts: Prompts,
    /// The greatest age of the sign-in, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<u64>,
    /// The address that the page for the address shows at first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_hint: Option<String>,
    #[serde(default)]
    pub response_mode: ResponseMode,
    /// Claims requested by name.
    #[serde(default, skip_serializing_if = "ClaimsRequest::is_empty")]
    pub claims: ClaimsRequest,
    /// Resource indicators (RFC 8707 §2).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// The `sub`, for this client, of the required end-user: from `id_token_hint`, which the caller adds, or
    /// from the `claims` parameter (OpenID Connect Core §3.1.2.1, §5.5.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<String>,
    /// The `sid` of the `id_token_hint`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted_sid: Option<String>,
    /// The first supported language of `ui_locales`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ui_locale: Option<Locale>,
}

/// The values of `prompt` (OpenID Connect Core §3.1.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "four values that combine, as the specification has them")]
pub struct Prompts {
    pub none: bool,
    /// The end-user has to sign in again.
    pub login: bool,
    /// The end-user has to be asked for consent.
    pub consent: bool,
    /// The end-user has to choose an account.
    pub select_account: bool,
}

impl AuthorizationRequest {
    /// The client, which has to be looked up before [`AuthorizationRequest::read`].
    ///
    /// # Errors
    /// [`UnredirectableError::NoClient`] when `client_id` is missing or repeated.
    pub fn client_id(parameters: &Parameters) -> Result<ClientId, UnredirectableError> {
        parameters.get("client_id").ok().flatten().map(ClientId::new).ok_or(UnredirectableError::NoClient)
    }

    /// Reads a request of the client that [`AuthorizationRequest::client_id`] named.
    ///
    /// # Errors
    /// [`RefusedAuthorization`] tells whether the error is redirected.
    pub fn read(
        parameters: &Parameters,
        client: &Client,
        unsaid: RequestDefaults<'_>,
    ) -> Result<Self, RefusedAuthorization> {
        let target = target(parameters, client).map_err(RefusedAuthorization::Page)?;
        let state = state(parameters).map_err(RefusedAuthorization::Page)?;
        authorization_request(parameters, client, &target, unsaid, state.clone()).map_err(
            |RequestError(code, description)| {
                let (redirect_uri, mode) = (target.uri, mode(parameters).unwrap_or_default());
                let is_silent = is_silent(parameters);
                RefusedAuthorization::Redirect(AuthorizationError {
                    redirect_uri,
                    mode,
                    state,
                    is_silent,
                    code,
                    description,
                })
            },
        )
    }

    /// The answer to an unreadable request object: the parameters outside tell where the error goes.
    pub fn refuse(
        parameters: &Parameters,
        client: &Client,
        code: ErrorCode,
        description: &'static str,
    ) -> RefusedAuthorization {
        match (target(parameters, client), state(parameters)) {
            (Err(because), _) | (_, Err(because)) => RefusedAuthorization::Page(because),
            (Ok(target), Ok(state)) => RefusedAuthorization::Redirect(AuthorizationError {
                redirect_uri: target.uri,
                mode: mode(parameters).unwrap_or_default(),
                state,
                is_silent: is_silent(parameters),
                code,
                description,
            }),
        }
    }

    /// The requested scope, extended by the scopes of claims that are requested by name.
    pub fn asks(&self) -> Scope {
        let names = self.claims.userinfo.keys().chain(self.claims.id_token.keys());
        let by_name = names.filter_map(|name| standard_claims::scope_of(name)).collect::<Vec<_>>();
        self.scope.union(&Scope::parse(&by_name.join(" ")).unwrap_or_default())
    }
}

#[derive(Clone)]
struct RedirectTarget {
    uri: String,
    sent: bool,
}

fn target(parameters: &Parameters, client: &Client) -> Result<RedirectTarget, UnredirectableError> {
    let requested = parameters.get("redirect_uri").map_err(|_| UnredirectableError::NoRedirectUri)?;
    match (requested, client.redirect_uris.as_slice()) {
        (Some(uri), _) if client.redirect_uri(uri).is_some() => {
            Ok(RedirectTarget { uri: uri.to_owned(), sent: true })
        }
        (Some(_), _) => Err(UnredirectableError::UnregisteredRedirectUri),
        // RFC 6749 §3.1.2.3: may be omitted with a single registered URI; required by OpenID Connect Core
        // §3.1.2.1.
        (None, [only]) if !only.is_pattern() && !asks_for_openid(parameters) => {
            Ok(RedirectTarget { uri: only.as_str().to_owned(), sent: false })
        }
        (None, _) => Err(UnredirectableError::NoRedirectUri),
    }
}

/// The `state`. Every answer has to return it unchanged (RFC 6749 §4.1.2, §4.1.2.1), so an unusable one
/// prevents a redirect.
fn state(parameters: &Parameters) -> Result<Option<String>, UnredirectableError> {
    match parameters.get("state") {
        Ok(state) if state.is_none_or(|state| state.len() <= MAX_STATE) => Ok(state.map(ToOwned::to_owned)),
        _ => Err(UnredirectableError::State),
    }
}

fn asks_for_openid(parameters: &Parameters) -> bool {
    let scope = parameters.get("scope").ok().flatten().unwrap_or_default();
    scope.split(' ').any(|token| token == "openid")
}

fn authorization_request(
    parameters: &Parameters,
    client: &Client,
    target: &RedirectTarget,
    unsaid: RequestDefaults<'_>,
    state: Option<String>,
) -> Result<AuthorizationRequest, RequestError> {
    not_supported(parameters)?;
    response_type(parameters, client)?;
    let prompts = prompts(parameters)?;
    let claims = match parameters.get("claims")? {
        Some(text) => claims::read(text, &client.scope)?,
        None => ClaimsRequest::default(),
    };
    Ok(AuthorizationRequest {
        client: client.id.clone(),
        redirect_uri: target.uri.clone(),
        redirect_uri_sent: target.sent,
        state,
        scope: scope(parameters, client, unsaid.writes)?,
        nonce: short(parameters, "nonce")?,
        code_challenge: code_challenge(parameters, client.needs_pkce_at(&target.uri))?,
        prompts,
        max_age: max_age(parameters)?.or(client.extras.default_max_age),
        login_hint: short(parameters, "login_hint")?,
        response_mode: mode(parameters)?,
        resources: requested(parameters, &of_client(client, unsaid.audience))?,
        wanted: wanted_subject(&claims),
        wanted_sid: None,
        claims,
        ui_locale: parameters.get("ui_locales")?.and_then(Locale::from_ui_locales),
    })
}

/// OpenID Connect Core §7.2.1: an unsupported parameter is refused with its own error code.
fn not_supported(parameters: &Parameters) -> Result<(), RequestError> {
    if parameters.get("registration")?.is_some() {
        return Err(RequestError(ErrorCode::RegistrationNotSupported, "registration is not supported"));
    }
    Ok(())
}

fn response_type(parameters: &Parameters, client: &Client) -> Result<(), RequestError> {
    match parameters.get("response_type")? {
        None => return Err(RequestError(ErrorCode::InvalidRequest, "response_type is missing")),
        Some("code") => {}
        Some(_) => {
            return Err(RequestError(ErrorCode::UnsupportedResponseType, "only the response type code"));
        }
    }
    if client.may(GrantType::AuthorizationCode) {
        Ok(())
    } else {
        Err(RequestError(
            ErrorCode::UnauthorizedClient,
            "the client is not registered for authorization_code",
        ))
    }
}

/// OAuth 2.0 Multiple Response Types §2.1: the default for codes is the query.
fn mode(parameters: &Parameters) -> Result<ResponseMode, RequestError> {
    let wrong = RequestError(ErrorCode::InvalidRequest, "response_mode must be query or form_post");
    parameters
        .get("response_mode")?
        .map_or(Ok(ResponseMode::default()), |name| ResponseMode::from_name(name).ok_or(wrong))
}

/// OpenID Connect Core §5.5.1: `sub` with a value requires that end-user.
fn wanted_subject(claims: &ClaimsRequest) -> Option<String> {
    let asked = claims.id_token.get("sub").or_else(|| claims.userinfo.get("sub"))?;
    Some(asked.value.as_ref()?.as_str().unwrap_or_default().to_owned())
}

fn scope(parameters: &Parameters, client: &Client, writes: &Scope) -> Result<Scope, RequestError> {
    grantable(parameters, client, writes).map_err(|error| match error {
        ScopeError::Repeated(repeated) => repeated.into(),
        error => RequestError(ErrorCode::InvalidScope, error.text()),
    })
}

/// `needed` is whether PKCE is required.
fn code_challenge(parameters: &Parameters, needed: bool) -> Result<Option<CodeChallenge>, RequestError> {
    let invalid = |description| Err(RequestError(ErrorCode::InvalidRequest, description));
    match (parameters.get("code_challenge")?, parameters.get("code_challenge_method")?) {
        (None, Some(_)) => invalid("code_challenge_method without code_challenge"),
        (None, None) if needed => invalid("code_challenge is required (RFC 7636)"),
        (None, None) => Ok(None),
        // RFC 7636 §4.3: the default method is plain, which is not supported.
        (Some(text), Some(S256)) => match CodeChallenge::parse(text) {
            Some(challenge) => Ok(Some(challenge)),
            None => invalid("code_challenge is not the base64url of a SHA-256 (RFC 7636 section 4.2)"),
        },
        (Some(_), _) => invalid("code_challenge_method must be S256"),
    }
}

fn prompts(parameters: &Parameters) -> Result<Prompts, RequestError> {
    let mut prompts = Prompts::default();
    for value in short(parameters, "prompt")?.unwrap_or_default().split(' ') {
        match value {
            "none" => prompts.none = true,
            "login" => prompts.login = true,
            "consent" => prompts.consent = true,
            "select_account" => prompts.select_account = true,
            // Unknown values are ignored like unknown parameters.
            _ => {}
        }
    }
    if prompts.none && (prompts.login || prompts.consent || prompts.select_account) {
        return Err(RequestError(ErrorCode::InvalidRequest, "prompt none cannot be combined"));
    }
    Ok(prompts)
}

/// Whether `prompt` is `none`, even in an invalid request.
fn is_silent(parameters: &Parameters) -> bool {
    prompts(parameters).is_ok_and(|prompts| prompts.none)
}

fn max_age(parameters: &Parameters) -> Result<Option<u64>, RequestError> {
    let wrong = RequestError(ErrorCode::InvalidRequest, "max_age is not a number of seconds");
    parameters.get("max_age")?.map(|text| text.parse().map_err(|_| wrong)).transpose()
}

fn short(parameters: &Parameters, name: &'static str) -> Result<Option<String>, RequestError> {
    match parameters.get(name)? {
        Some(value) if value.len() > MAX_VALUE => {
            Err(RequestError(ErrorCode::InvalidRequest, "a parameter is longer than 1024 bytes"))
        }
        value => Ok(value.map(ToOwned::to_owned)),
    }
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
