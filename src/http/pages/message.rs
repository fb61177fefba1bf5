//! Pages that end a flow: they say what happened and what to do now.

use askama::Template;

use super::PageError;
use super::frame::{Brand, PageFrame, PageHead};
use super::text::{link, one_line};
use super::words::{EndPageText, MessageWords, PageWords};
use crate::protocol::locale::Locale;

#[derive(Debug, Clone, Copy)]
pub struct MessagePage<'a> {
    pub locale: Locale,
    pub head: PageHead<'a>,
    /// Organization whose look the page has; neutral when unknown.
    pub brand: Option<Brand<'a>>,
    pub kind: MessageKind,
    /// Shown so that the end-user can report it.
    pub request_id: &'a str,
    /// Link to the client's home page or to the start of a device sign-in. Only http and https URLs are
    /// shown.
    pub back: Option<&'a str>,
    pub client_name: Option<&'a str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKind {
    /// `client_id` names no client (RFC 6749 §4.1.2.1: no redirect).
    UnknownClient,
    /// `redirect_uri` is not one of the client's (RFC 6749 §4.1.2.1: no redirect).
    BadRedirectUri,
    /// `post_logout_redirect_uri` is not one of the client's (RP-Initiated Logout §3: no redirect).
    BadPostLogoutRedirectUri,
    /// The logout request has expired.
    LogoutExpired,
    /// The request is malformed.
    BadRequest,
    InteractionExpired,
    /// The interaction was completed or cancelled.
    InteractionFinished,
    /// The interaction belongs to another browser, or this one keeps no cookies.
    OtherBrowser,
    /// The token of a form is missing, expired or forged.
    FormExpired,
    NotFound,
    MethodNotAllowed,
    /// The network has exceeded a limit.
    TooManyRequests {
        /// Until the next request is answered.
        seconds: u64,
    },
    /// A part of this server is unavailable.
    Unavailable,
    ServerError,
    /// The end-user granted a device's request (RFC 8628 §3.3).
    DeviceAllowed,
    /// The end-user denied a device's request.
    DeviceDenied,
    /// The device's request expired before the end-user decided.
    DeviceExpired,
    /// The host name is not this server's (RFC 9110 §15.5.20).
    Misdirected,
}

#[derive(Template)]
#[template(path = "signin/message.html")]
struct MessageTemplate<'a> {
    frame: PageFrame<'a>,
    words: &'static PageWords,
    told: &'static EndPageText,
    /// Whether the page shows a success.
    done: bool,
    what: String,
    now: String,
    developer: Option<&'static str>,
    back: Option<(String, String)>,
    request_id: Option<&'a str>,
}

impl MessagePage<'_> {
    /// # Errors
    /// [`PageError`], which does not happen.
    pub fn render(&self) -> Result<String, PageError> {
        let words = PageWords::of(self.locale);
        let texts = &words.message;
        let told = self.kind.end_page_text(texts);
        let now = match self.kind {
            MessageKind::TooManyRequests { seconds } => (texts.wait)(&words.span(seconds)),
            _ => told.now.to_owned(),
        };
        let developer = match self.kind {
            MessageKind::UnknownClient => Some(texts.developer_client),
            MessageKind::BadRedirectUri => Some(texts.developer_redirect),
            MessageKind::BadPostLogoutRedirectUri => Some(texts.developer_post_logout),
            _ => None,
        };
        let client = self.client_name.map(one_line);
        let what = match (self.kind, &client) {
            (MessageKind::DeviceAllowed, Some(client)) => (words.device.allowed)(client),
            (MessageKind::DeviceDenied, Some(client)) => (words.device.denied)(client),
            _ => told.what.to_owned(),
        };
        let back_text = match (self.kind, client) {
            (MessageKind::DeviceExpired, _) => words.device.again.to_owned(),
            (_, Some(client)) => (texts.back_to)(&client),
            (_, None) => texts.back.to_owned(),
        };
        let view = MessageTemplate {
            frame: PageFrame::with(
                self.locale,
                self.head,
                self.brand.as_ref(),
                told.heading,
                self.kind.is_error(),
            ),
            words,
            told,
            done: self.kind == MessageKind::DeviceAllowed,
            what,
            now,
            developer,
            back: link(self.back).map(|url| (url, back_text)),
            // A success needs no request id.
            request_id: self.kind.is_error().then_some(self.request_id),
        };
        Ok(view.render()?)
    }
}

impl MessageKind {
    const fn end_page_text(self, texts: &MessageWords) -> &EndPageText {
        match self {
            Self::UnknownClient => &texts.unknown_client,
            Self::BadRedirectUri => &texts.bad_redirect_uri,
            Self::BadPostLogoutRedirectUri => &texts.bad_post_logout_redirect_uri,
            Self::LogoutExpired => &texts.logout_expired,
            Self::BadRequest => &texts.bad_request,
            Self::InteractionExpired => &texts.interaction_expired,
            Self::InteractionFinished => &texts.interaction_finished,
            Self::OtherBrowser => &texts.other_browser,
            Self::FormExpired => &texts.form_expired,
            Self::NotFound => &texts.not_found,
            Self::MethodNotAllowed => &texts.method_not_allowed,
            Self::TooManyRequests { .. } => &texts.too_many_requests,
            Self::Unavailable => &texts.unavailable,
            Self::ServerError => &texts.server_error,
            Self::Misdirected => &texts.misdirected,
            Self::DeviceAllowed => &texts.device_allowed,
            Self::DeviceExpired => &texts.device_expired,
            Self::DeviceDenied => &texts.device_denied,
        }
    }

    const fn is_error(self) -> bool {
        !matches!(self, Self::DeviceAllowed | Self::DeviceDenied)
    }
}
