//! Refusals of pages: a page for a person, that says what to do and names the request.

use actix_web::HttpRequest;

use super::error::{ApiError, Reason};
use super::handlers::sign_in_view::locale;
use super::pages::{MessageKind, MessagePage};
use crate::protocol::time::seconds_up;

/// The page of a refusal.
#[must_use]
pub fn page(error: &ApiError, request: &HttpRequest, nonce: &str, request_id: &str) -> String {
    let page = MessagePage {
        locale: locale(request, None),
        nonce,
        brand: None,
        kind: kind(error),
        request_id,
        back: None,
        client_name: None,
    };
    page.render().unwrap_or_default()
}

fn kind(error: &ApiError) -> MessageKind {
    match error.reason {
        Reason::ClientUnknown => MessageKind::UnknownClient,
        Reason::RedirectUriRefused => MessageKind::BadRedirectUri,
        Reason::InteractionExpired => MessageKind::InteractionExpired,
        Reason::InteractionFinished => MessageKind::InteractionFinished,
        Reason::OtherBrowser => MessageKind::OtherBrowser,
        Reason::FormRefused => MessageKind::FormExpired,
        Reason::NotFound => MessageKind::NotFound,
        Reason::MethodNotAllowed => MessageKind::MethodNotAllowed,
        Reason::MisdirectedRequest => MessageKind::Misdirected,
        Reason::SendLimit | Reason::ResendTooSoon => {
            MessageKind::TooManyRequests { seconds: error.retry_after.map_or(0, seconds_up) }
        }
        Reason::Unavailable | Reason::MailUnavailable => MessageKind::Unavailable,
        Reason::ServerError => MessageKind::ServerError,
        _ => MessageKind::BadRequest,
    }
}
