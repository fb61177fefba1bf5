//! Logout: what a client asks for (OpenID Connect RP-Initiated Logout 1.0 §2), what follows from it, and what the
//! clients of a session are told of its end (Front-Channel Logout 1.0, Back-Channel Logout 1.0).

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
/// How long a logout token is good (Back-Channel Logout §2.4 recommends two minutes at most).
pub const TOKEN_LIFETIME: Duration = Duration::from_secs(120);
/// How long a logout request waits for an end-user's word.
pub const LIFETIME: Duration = Duration::from_secs(3600);
/// The member of `events` that makes a token a logout token (Back-Channel Logout §2.4).
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// What a client knows a session by (Front-Channel Logout §3, Back-Channel Logout §2.1): one for each session and
/// client, so that two clients cannot tell that they have the same end-user, and nothing that opens the session.
#[must_use]
pub fn session_sid(root: &SsoRoot, client: &ClientId) -> String {
    let mut hash = Context::new(&SHA256);
    hash.update(b"tiquo-auth sid of a session v1\0");
    hash.update(root.as_bytes());
    hash.update(client.as_str().as_bytes());
    URL_SAFE_NO_PAD.encode(hash.finish().as_ref().first_chunk::<16>().unwrap_or(&[0; 16]))
}

/// What a logout request says by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutParameters<'a> {
    /// `id_token_hint`.
    pub hint: Option<&'a str>,
    /// `client_id`.
    pub client: Option<ClientId>,
    /// `post_logout_redirect_uri`.
    pub redirect_uri: Option<&'a str>,
    /// `state`.
    pub state: Option<&'a str>,
    /// The first of `ui_locales` that we have.
    pub ui_locale: Option<Locale>,
}

/// Why a logout request is not followed (RP-Initiated Logout §4): there is no redirect then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LogoutRequestError {
    /// A parameter is there more than once.
    #[error(transparent)]
    Repeated(#[from] RepeatedParameter),
    /// `state` is too long to be kept.
    #[error("state is longer than {MAX_STATE} bytes")]
    State,
    /// `client_id` names no client.
    #[error("client_id names no registered client")]
    UnknownClient,
    /// RP-Initiated Logout §2: both are there, and name two clients.
    #[error("client_id is not the client that id_token_hint was issued to")]
    OtherClient,
    /// RP-Initiated Logout §3.1: it is not one of the client's.
    #[error("post_logout_redirect_uri is not registered for the client")]
    RedirectUri,
}

impl<'a> LogoutParameters<'a> {
    /// Reads the parameters.
    ///
    /// # Errors
    /// [`LogoutRequestError`].
    pub fn read(parameters: &'a Parameters) -> Result<Self, LogoutRequestError> {
        // `logout_hint` says who is meant; the page says who is signed in, which is nobody else (§2).
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

/// A logout request, understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutRequest {
    /// The client that it is from, as far as that is said.
    pub client: Option<ClientId>,
    /// What a genuine `id_token_hint` says.
    pub hint: Option<LogoutHint>,
    /// `post_logout_redirect_uri`, when a client is named and it is the client's.
    pub redirect_uri: Option<String>,
    /// Whether the browser was to come back, but no client is named.
    pub not_back: bool,
    /// Whether a genuine hint came along, so that the request is surely the client's.
    #[serde(default)]
    pub is_proven: bool,
    /// `state`, whole.
    pub state: Option<String>,
    /// The language that the client asked for.
    pub ui_locale: Option<Locale>,
}

/// What a genuine hint says beside its client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutHint {
    /// Whose sign-in it was.
    pub sub: String,
    /// In which session.
    pub sid: Option<String>,
}

impl LogoutRequest {
    /// Judges a request. `hint` is its hint when that is genuine and of `client`; `client` is the one that the hint or
    /// the request names, when there is one.
    ///
    /// # Errors
    /// [`LogoutRequestError`].
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

    /// What it leads to in a browser with these sign-ins.
    #[must_use]
    pub fn next(&self, sessions: &[&SsoSession]) -> LogoutStep {
        let fits = |session: &&SsoSession| self.fit(session);
        match sessions.iter().map(fits).max() {
            None => LogoutStep::Nobody,
            Some(HintMatch::Session) => LogoutStep::AtOnce,
            Some(HintMatch::EndUser | HintMatch::Other) => LogoutStep::Ask,
        }
    }

    /// How the browser comes back to the client after a logout (§3): the person said yes, or nobody was signed in, and the
    /// URI is registered for the client. Anybody may have registered a client that registered itself, so without a
    /// genuine hint of it a person chooses to go there (RFC 9700 §4.11.2).
    #[must_use]
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

/// How a hint fits a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum HintMatch {
    /// It is somebody else's.
    Other,
    /// It is of another session of the same end-user.
    EndUser,
    /// It is of this very session.
    Session,
}

/// How the browser comes back to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogoutRedirect {
    /// It does not: no URI was named, or no client.
    None,
    /// It goes there by itself.
    Redirect(String),
    /// A person chooses to go there.
    Link(String),
}

/// What a logout request leads to (RP-Initiated Logout §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogoutStep {
    /// Nobody is signed in: it is done (§4: that is no error).
    Nobody,
    /// The hint is of this session: the client may end it.
    AtOnce,
    /// The end-user is asked.
    Ask,
}

/// A logout request that waits for an end-user's word, as it is sealed or stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingLogout {
    /// Its id: an id of its own, as interactions have them.
    pub id: InteractionId,
    pub request: LogoutRequest,
    /// When it is forgotten.
    pub expires_at: Timestamp,
}

/// The URL that tells a client in the browser (Front-Channel Logout §2): always with `iss` and `sid`, which every
/// client may have.
#[must_use]
pub fn frontchannel_url(uri: &str, issuer: &str, sid: &str) -> String {
    with_parameters(uri, &[("iss", issuer), ("sid", sid)])
}

/// The claims of a logout token (Back-Channel Logout §2.4). It never has a `nonce`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogoutTokenClaims<'a> {
    /// The issuer.
    pub iss: &'a str,
    /// The end-user.
    pub sub: &'a str,
    /// The client.
    pub aud: &'a str,
    /// When it was issued: never ahead of the clock.
    pub iat: u64,
    /// When it ends.
    pub exp: u64,
    /// Its id.
    pub jti: &'a str,
    /// The session, as the client knows it.
    pub sid: &'a str,
    /// That it is a logout.
    pub events: serde_json::Value,
}

impl<'a> LogoutTokenClaims<'a> {
    /// What a client is told of the end of a session.
    #[must_use]
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
