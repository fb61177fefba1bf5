//! Logout: a client's request (OpenID Connect RP-Initiated Logout 1.0 §2), its consequences, and the notices
//! to the clients of a session (Front-Channel Logout 1.0, Back-Channel Logout 1.0).

use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::client::Client;
use super::id::{ClientId, InteractionId};
use super::id_token_hint::Hint;
use super::locale::Locale;
use super::parameters::{MAX_STATE, Parameters, RepeatedParameter};
use super::redirect_uri::with_parameters;
use super::sso::{SsoRoot, SsoSession};
use super::time::Timestamp;

/// The header `typ` of logout tokens (Back-Channel Logout §2.4).
pub const TYP: &str = "logout+jwt";
/// How long a logout token is valid (Back-Channel Logout §2.4 recommends two minutes at most).
pub const TOKEN_LIFETIME: Duration = Duration::from_secs(120);
/// How long a logout request waits for the end-user's answer.
pub const LIFETIME: Duration = Duration::from_secs(3600);
/// The member of `events` that makes a token a logout token (Back-Channel Logout §2.4).
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// The session id for one client (Front-Channel Logout §3, Back-Channel Logout §2.1). It differs per session
/// and client, so that two clients cannot recognise a common end-user, and does not open the session.
pub fn session_sid(root: &SsoRoot, client: &ClientId) -> String {
    let mut hash = Context::new(&SHA256);
    hash.update(b"tiquo-auth sid of a session v1\0");
    hash.update(root.as_bytes());
    hash.update(client.as_str().as_bytes());
    URL_SAFE_NO_PAD.encode(hash.finish().as_ref().first_chunk::<16>().unwrap_or(&[0; 16]))
}

/// The parameters of a logout request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutParameters<'a> {
    pub hint: Option<&'a str>,
    pub client: Option<ClientId>,
    pub redirect_uri: Option<&'a str>,
    pub state: Option<&'a str>,
    /// The first supported language of `ui_locales`.
    pub ui_locale: Option<Locale>,
}

/// Why a logout request is refused (RP-Initiated Logout §4); the browser is not redirected then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LogoutRequestError {
    #[error(transparent)]
    Repeated(#[from] RepeatedParameter),
    #[error("state is longer than {MAX_STATE} bytes")]
    State,
    #[error("client_id names no registered client")]
    UnknownClient,
    /// `client_id` and `id_token_hint` name different clients (RP-Initiated Logout §2).
    #[error("client_id is not the client that id_token_hint was issued to")]
    OtherClient,
    /// The URI is not registered for the client (RP-Initiated Logout §3.1).
    #[error("post_logout_redirect_uri is not registered for the client")]
    RedirectUri,
}

impl<'a> LogoutParameters<'a> {
    /// # Errors
    /// [`LogoutRequestError`] when a parameter is repeated or `state` is too long.
    pub fn read(parameters: &'a Parameters) -> Result<Self, LogoutRequestError> {
        // `logout_hint` is not needed: the page itself shows who is signed in (§2).
        parameters.get("logout_hint")?;
        let state = parameters.get_as_sent("state")?;
        if state.is_some_and(|state| state.len() > MAX_STATE) {
            return Err(LogoutRequestError::State);
        }
        Ok(Self {
            hint: parameters.get("id_token_hint")?,
            client: parameters.get("client_id")?.map(ClientId::new),
            redirect_uri: parameters.get("post_logout_redirect_uri")?,
            state,
            ui_locale: parameters.get("ui_locales")?.and_then(Locale::from_ui_locales),
        })
    }
}

/// A logout request whose parameters were judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutRequest {
    /// The client that the request or its hint names.
    pub client: Option<ClientId>,
    /// The contents of a genuine `id_token_hint`.
    pub hint: Option<LogoutHint>,
    /// `post_logout_redirect_uri`, when a client is named and registered it.
    pub redirect_uri: Option<String>,
    /// Whether the request has a `post_logout_redirect_uri` but names no client.
    pub not_back: bool,
    /// Whether a genuine hint proves that the request is the client's.
    #[serde(default)]
    pub is_proven: bool,
    pub state: Option<String>,
    pub ui_locale: Option<Locale>,
}

/// The end-user and session of a genuine hint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutHint {
    /// The end-user's `sub` for the client.
    pub sub: String,
    /// The session id for the client.
    pub sid: Option<String>,
}

impl LogoutRequest {
    /// Judges a request. `hint` is the verified hint; `client` is the client that the hint or the request
    /// names.
    ///
    /// # Errors
    /// [`LogoutRequestError`] when client and hint contradict each other or the redirect URI is not
    /// registered.
    pub fn judge(
        asked: &LogoutParameters<'_>,
        hint: Option<Hint>,
        client: Option<&Client>,
    ) -> Result<Self, LogoutRequestError> {
        if let (Some(hint), Some(named)) = (&hint, &asked.client)
            && hint.client != *named
        {
            return Err(LogoutRequestError::OtherClient);
        }
        if let (Some(uri), Some(client)) = (asked.redirect_uri, client)
            && !client.has_post_logout_redirect_uri(uri)
        {
            return Err(LogoutRequestError::RedirectUri);
        }
        let proven = client.is_some() && hint.is_some();
        let redirect_uri = asked.redirect_uri.filter(|_| client.is_some()).map(ToOwned::to_owned);
        Ok(Self {
            client: client.map(|client| client.id.clone()),
            hint: hint.filter(|_| proven).map(|hint| LogoutHint { sub: hint.sub, sid: hint.sid }),
            not_back: asked.redirect_uri.is_some() && redirect_uri.is_none(),
            redirect_uri,
            is_proven: proven,
            state: asked.state.map(ToOwned::to_owned),
            ui_locale: asked.ui_locale,
        })
    }

    /// What to do in a browser with these SSO sessions.
    pub fn next(&self, sessions: &[&SsoSession]) -> LogoutStep {
        let fits = |session: &&SsoSession| self.fit(session);
        match sessions.iter().map(fits).max() {
            None => LogoutStep::Nobody,
            Some(HintMatch::Session) => LogoutStep::AtOnce,
            Some(HintMatch::EndUser | HintMatch::Other) => LogoutStep::Ask,
        }
    }

    /// How the browser returns to the client after a logout (§3), once the end-user agreed or nobody was
    /// signed in. Anyone can register a client dynamically, so without a genuine hint such a client gets a
    /// link instead of a redirect (RFC 9700 §4.11.2).
    pub fn way_back(&self) -> LogoutRedirect {
        let Some(uri) = &self.redirect_uri else { return LogoutRedirect::None };
        let uri = match &self.state {
            Some(state) => with_parameters(uri, &[("state", state)]),
            None => uri.clone(),
        };
        let chosen = !self.is_proven && self.client.as_ref().is_some_and(ClientId::is_dynamic);
        if chosen { LogoutRedirect::Link(uri) } else { LogoutRedirect::Redirect(uri) }
    }

    fn fit(&self, session: &SsoSession) -> HintMatch {
        let (Some(hint), Some(client)) = (&self.hint, &self.client) else { return HintMatch::Other };
        if hint.sub != session.user.as_str() {
            return HintMatch::Other;
        }
        let same = hint.sid.as_ref() == Some(&session_sid(&session.root, client));
        if same { HintMatch::Session } else { HintMatch::EndUser }
    }
}

/// How a hint fits an SSO session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum HintMatch {
    /// The hint names another end-user, or there is no hint.
    Other,
    /// The hint names another session of the same end-user.
    EndUser,
    /// The hint names this session.
    Session,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogoutRedirect {
    /// Without a redirect URI or client the browser does not return.
    None,
    Redirect(String),
    /// The end-user may follow a link.
    Link(String),
}

/// The next step of a logout request (RP-Initiated Logout §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogoutStep {
    /// Nobody is signed in, which is no error (§4): the logout is done.
    Nobody,
    /// The hint names this session, so the client may end it without asking.
    AtOnce,
    /// The end-user has to confirm.
    Ask,
}

/// A logout request that awaits the end-user's confirmation, sealed or stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingLogout {
    /// Has the form of an interaction's id.
    pub id: InteractionId,
    pub request: LogoutRequest,
    pub expires_at: Timestamp,
}

/// The URL that notifies a client in the browser (Front-Channel Logout §2). `iss` and `sid` are always added.
pub fn frontchannel_url(uri: &str, issuer: &str, sid: &str) -> String {
    with_parameters(uri, &[("iss", issuer), ("sid", sid)])
}

/// The claims of a logout token (Back-Channel Logout §2.4). It never has a `nonce`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogoutTokenClaims<'a> {
    pub iss: &'a str,
    pub sub: &'a str,
    pub aud: &'a str,
    /// The time of issue, never ahead of the server's clock.
    pub iat: u64,
    pub exp: u64,
    pub jti: &'a str,
    /// The session id for the client.
    pub sid: &'a str,
    /// The member that marks a logout token.
    pub events: serde_json::Value,
}

impl<'a> LogoutTokenClaims<'a> {
    pub fn new(
        iss: &'a str,
        sub: &'a str,
        client: &'a ClientId,
        sid: &'a str,
        jti: &'a str,
        now: Timestamp,
    ) -> Self {
        let iat = now.as_secs();
        let exp = Timestamp::from_secs(iat).plus(TOKEN_LIFETIME).as_secs();
        Self { iss, sub, aud: client.as_str(), iat, exp, jti, sid, events: json!({ EVENT: {} }) }
    }
}

#[cfg(test)]
#[path = "logout_tests.rs"]
mod tests;
