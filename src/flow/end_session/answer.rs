//! What a logout request is answered with.

use std::sync::Arc;

use crate::flow::browser::CookieChanges;
use crate::protocol::client::Client;
use crate::protocol::id::InteractionId;
use crate::protocol::locale::Locale;
use crate::protocol::logout::LogoutRedirect;
use crate::protocol::policy::Organization;
use crate::protocol::secret::Secret;

#[derive(Debug)]
pub enum LogoutAnswer<'a> {
    /// A form of ours has to send the request again, with the browser's cookies.
    Relay(Box<RelayedLogoutForm<'a>>),
    /// The end-user has to confirm the logout.
    Ask(Box<LogoutQuestion<'a>>),
    Done(Box<Farewell<'a>>),
}

/// A request that came as another site's form and is sent again by a form of ours.
#[derive(Debug)]
pub struct RelayedLogoutForm<'a> {
    pub id: InteractionId,
    /// The sealed request, which is not bound to a browser yet.
    pub sealed: String,
    pub asking: LogoutClient<'a>,
}

/// The page that asks the end-user to confirm.
#[derive(Debug)]
pub struct LogoutQuestion<'a> {
    pub id: InteractionId,
    pub asking: LogoutClient<'a>,
    /// The addresses that are signed in, by organization.
    pub accounts: Vec<(&'a Organization, String)>,
    /// Whether a redirect was requested without proof that it may be followed.
    pub not_back: bool,
    /// The form's token, which proves that it was sent from this page.
    pub token: String,
    /// The sealed request for the form, unless it is stored.
    pub sealed: Option<String>,
    pub cookies: CookieChanges,
}

/// The client that requested the logout.
#[derive(Debug, Clone)]
pub struct LogoutClient<'a> {
    /// The client and its organization, if they are known.
    pub client: Option<(Arc<Client>, &'a Organization)>,
    /// The language from `ui_locales`.
    pub locale: Option<Locale>,
}

/// The last page of a logout.
#[derive(Debug)]
pub struct Farewell<'a> {
    pub asking: LogoutClient<'a>,
    pub outcome: LogoutOutcome,
    /// The front-channel logout URLs of the session's clients (Front-Channel Logout §2).
    pub frames: Vec<String>,
    /// How the browser returns to the client.
    pub way_back: Secret<LogoutRedirect>,
    pub cookies: CookieChanges,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogoutOutcome {
    SignedOut,
    /// The end-user chose to stay signed in.
    StaysSignedIn,
    /// Nobody was signed in in this browser, so nothing was ended.
    NobodySignedIn,
}
