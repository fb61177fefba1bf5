//! The requested scope, and the default when a request has none (RFC 6749 §3.3).

use super::client::Client;
use super::parameters::{Parameters, RepeatedParameter};
use super::scope::{OFFLINE_ACCESS, PROFILE_WRITE, Scope};

/// Why no scope can be granted (`invalid_scope`, RFC 6749 §4.1.2.1, §5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.text())]
pub enum ScopeError {
    /// The parameter is repeated (`invalid_request`).
    Repeated(#[from] RepeatedParameter),
    /// The syntax is wrong (RFC 6749 §3.3).
    Malformed,
    /// No scope was requested, and the client has no default.
    NoDefault,
    /// No requested scope is available to the client.
    NothingOfIt,
}

impl ScopeError {
    /// The error text without the text of [`RepeatedParameter`].
    pub const fn text(self) -> &'static str {
        match self {
            Self::Repeated(_) => "the parameter scope is there more than once",
            Self::Malformed => "scope has a forbidden character, or over 64 tokens",
            Self::NoDefault => {
                "scope is missing, and this client is registered for nothing that it gets unasked: send one"
            }
            Self::NothingOfIt => "no scope that this client may have was asked for",
        }
    }
}

/// The scope that a request asks for; `None` when it asks for none. Empty counts as none (RFC 6749 §3.1), and
/// so do unknown words that the client registered: it got the default scopes instead (RFC 7591 §2) but keeps
/// requesting its own words.
///
/// # Errors
/// [`ScopeError::Repeated`], [`ScopeError::Malformed`].
pub fn requested(parameters: &Parameters, client: &Client) -> Result<Option<Scope>, ScopeError> {
    let Some(text) = parameters.get("scope")? else { return Ok(None) };
    let asked = Scope::parse(text).ok_or(ScopeError::Malformed)?;
    let is_none = match &client.extras.unknown_scope {
        Some(unknown) => asked.is_within(unknown),
        None => asked.is_empty(),
    };
    Ok(if is_none { None } else { Some(asked) })
}

/// The part of the requested scope that the client may have; the rest is dropped (RFC 6749 §3.3; OpenID
/// Connect Core §3.1.2.1: a scope that is not understood should be ignored), and the answer says so (RFC 6749
/// §5.1). `writes` are the scopes of resource servers that change data.
///
/// # Errors
/// [`ScopeError`] when nothing remains.
pub fn grantable(parameters: &Parameters, client: &Client, writes: &Scope) -> Result<Scope, ScopeError> {
    let (scope, none) = match requested(parameters, client)? {
        Some(asked) => (asked.intersection(&client.scope), ScopeError::NothingOfIt),
        None => (unasked(client, writes), ScopeError::NoDefault),
    };
    if scope.is_empty() { Err(none) } else { Ok(scope) }
}

/// The default scope (RFC 6749 §3.3): as the operator set it, or the registered scope without what has to be
/// requested explicitly: `openid` (OpenID Connect Core §3.1.2.1), offline access (§11) and scopes that change
/// data.
fn unasked(client: &Client, writes: &Scope) -> Scope {
    if let Some(default) = &client.extras.default_scope {
        return default.intersection(&client.scope);
    }
    let by_name =
        |token: &str| ["openid", OFFLINE_ACCESS, PROFILE_WRITE].contains(&token) || writes.contains(token);
    client.scope.filter(|token| !by_name(token))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::client::{ClientDisplay, ClientExtensions, ClientParty, Credentials};
    use crate::protocol::id::{ClientId, OrganizationId};

    fn scope(text: &str) -> Scope {
        Scope::parse(text).unwrap()
    }

    fn client(registered: &str, extras: ClientExtensions) -> Client {
        Client {
            id: ClientId::new("app"),
            organization: OrganizationId::new("org_demo"),
            credentials: Credentials::Public,
            redirect_uris: Vec::new(),
            grant_types: Vec::new(),
            scope: scope(registered),
            party: ClientParty::Third,
            require_pkce: true,
            shown: ClientDisplay::default(),
            extras,
        }
    }

    fn asks(text: Option<&str>, client: &Client) -> Result<String, ScopeError> {
        let pairs = text.map(|text| ("scope".to_owned(), text.to_owned()));
        grantable(&pairs.into_iter().collect(), client, &scope("stock:write")).map(|scope| scope.to_string())
    }

    #[test]
    fn rfc6749_3_3_without_a_scope_it_is_what_is_registered_but_for_what_is_asked_for_by_name() {
        let all = "openid email offline_access profile:read profile:write stock:read stock:write";
        let client = client(all, ClientExtensions::default());
        for none in [None, Some(""), Some(" ")] {
            assert_eq!(asks(none, &client), Ok("email profile:read stock:read".to_owned()), "{none:?}");
        }
        assert_eq!(asks(Some("openid no:such"), &client), Ok("openid".to_owned()));
        assert_eq!(asks(Some("stock:write"), &client), Ok("stock:write".to_owned()));
        assert_eq!(asks(Some("no:such"), &client), Err(ScopeError::NothingOfIt));
        assert_eq!(asks(Some("a\"b"), &client), Err(ScopeError::Malformed));
    }

    #[test]
    fn rfc6749_3_3_the_operator_says_what_a_client_gets_that_asks_for_nothing() {
        let extras = ClientExtensions {
            default_scope: Some(scope("openid stock:write gone")),
            ..ClientExtensions::default()
        };
        let client = client("openid email stock:write", extras);
        assert_eq!(asks(None, &client), Ok("openid stock:write".to_owned()), "what it may have of it");
        assert_eq!(asks(Some("email"), &client), Ok("email".to_owned()));
    }

    #[test]
    fn rfc6749_3_3_a_client_without_a_default_is_told() {
        let client = client("openid offline_access profile:write stock:write", ClientExtensions::default());
        assert_eq!(asks(None, &client), Err(ScopeError::NoDefault));
    }

    #[test]
    fn rfc7591_2_words_that_a_client_registered_in_vain_count_as_left_out() {
        let extras =
            ClientExtensions { unknown_scope: Some(scope("assistant tools")), ..ClientExtensions::default() };
        let client = client("openid email", extras);
        for own in ["assistant", "tools assistant"] {
            assert_eq!(asks(Some(own), &client), Ok("email".to_owned()), "{own}");
        }
        assert_eq!(asks(Some("assistant other"), &client), Err(ScopeError::NothingOfIt));
        assert_eq!(asks(Some("assistant openid"), &client), Ok("openid".to_owned()));
    }

    #[test]
    fn rfc6749_3_1_a_scope_is_there_once() {
        let pair = || ("scope".to_owned(), "email".to_owned());
        let twice = [pair(), pair()].into_iter().collect();
        let refused = requested(&twice, &client("email", ClientExtensions::default()));
        assert_eq!(refused, Err(ScopeError::Repeated(RepeatedParameter("scope"))));
    }
}
