//! The pages that end here: they name what happened and what to do now.

use askama::Template;

use super::PageError;
use super::frame::{Brand, PageFrame, PageHead};
use super::text::{link, one_line};
use super::words::{EndPageText, MessageWords, PageWords};
use crate::protocol::locale::Locale;

/// A page without a way on but back.
#[derive(Debug, Clone, Copy)]
pub struct MessagePage<'a> {
    /// The language.
    pub locale: Locale,
    /// As in [`Chrome`](super::Chrome).
    pub head: PageHead<'a>,
    /// Whose page it is, when that is known; otherwise it looks neutral.
    pub brand: Option<Brand<'a>>,
    /// What happened.
    pub kind: MessageKind,
    /// The request's id, for the end-user to quote.
    pub request_id: &'a str,
    /// Where it goes on: where the application is at home, or to another code. An http or https URL; any other is left out.
    pub back: Option<&'a str>,
    /// The application's name, when it is known.
    pub client_name: Option<&'a str>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKind {
    /// `client_id` names no client (RFC 6749 §4.1.2.1: no redirect).
    UnknownClient,
    /// `redirect_uri` is not one of the client's (RFC 6749 §4.1.2.1: no redirect).
    BadRedirectUri,
    /// `post_logout_redirect_uri` is not one of the client's (RP-Initiated Logout §3: no redirect).
    BadPostLogoutRedirectUri,
    /// A logout request is forgotten.
    LogoutExpired,
    /// The request cannot be understood.
    BadRequest,
    /// The interaction took too long.
    InteractionExpired,
    /// The interaction was completed or given up.
    InteractionFinished,
    /// The interaction belongs to another browser, or this one keeps no cookies.
    OtherBrowser,
    /// The token of a form is missing, old or forged.
    FormExpired,
    /// There is no such page.
    NotFound,
    /// There is such a page, but not for this method.
    MethodNotAllowed,
    /// Too much from one network.
    TooManyRequests {
        /// Until the next is answered.
        seconds: u64,
    },
    /// Something of ours does not answer.
    Unavailable,
    /// A mistake of ours.
    ServerError,
    /// A device was allowed what it asked for (RFC 8628 §3.3).
    DeviceAllowed,
    /// A device was not.
    DeviceDenied,
    /// What was decided for a device comes too late.
    DeviceExpired,
    /// The host name is not ours (RFC 9110 §15.5.20).
    Misdirected,
}

#[derive(Template)]
#[template(path = "signin/message.html")]
struct MessageTemplate<'a> {
    frame: PageFrame<'a>,
    words: &'static PageWords,
    told: &'static EndPageText,
    /// Whether it went as wished.
    done: bool,
    what: String,
    now: String,
    developer: Option<&'static str>,
    back: Option<(String, String)>,
    request_id: Option<&'a str>,
}

impl MessagePage<'_> {
    /// The page.
    ///
    /// # Errors
    /// [`PageError`], which does not happen.
    pub fn render(&self) -> Result<String, PageError> {
        let words = PageWords::of(self.locale);
        let texts = &words.message;
        let told = self.kind.told(texts);
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
            // What went as it should is nothing to report.
            request_id: self.kind.is_error().then_some(self.request_id),
        };
        Ok(view.render()?)
    }
}

impl MessageKind {
    const fn told(self, texts: &MessageWords) -> &EndPageText {
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
