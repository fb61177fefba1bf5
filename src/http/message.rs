//! The page that shows a refusal to a person, with what to do next and the request id.

use std::time::Duration;

use actix_web::HttpRequest;

use super::error::ApiError;
use super::error_reason::{CommonReason, EnvelopeReason, ErrorReason, PageReason};
use super::pages::{Brand, MessageKind, MessagePage};
use super::paths::DEVICE;
use super::state::WorkerState;
use crate::flow::authorize::OriginApplication;
use crate::http::page_context::{brand, locale};
use crate::protocol::time::seconds_up;

/// Renders a refusal. When the client is known, the page has its organization's look and a link back to the
/// client.
pub fn page(error: &ApiError, request: &HttpRequest, state: &WorkerState, nonce: &str, id: &str) -> String {
    let policy = &state.cx.policy;
    let application = error.application.as_deref();
    let client = application.map(|application| &*application.client);
    let organization =
        client.and_then(|client| policy.organization_of(client)).or(policy.only_organization());
    let locale = locale(request, None);
    let seen = client.and_then(|client| client.seen_unmarked(locale));
    let kind = kind(error.reason, error.retry_after);
    let back = application.and_then(|OriginApplication { client, redirect_uri }| {
        client.way_back(redirect_uri.as_deref(), locale)
    });
    let again = (kind == MessageKind::DeviceExpired).then(|| format!("{}{DEVICE}", policy.issuer));
    let back = again.or(back);
    let page = MessagePage {
        locale,
        head: state.head(nonce),
        // The Content-Security-Policy of this page admits no logo.
        brand: organization.map(|organization| Brand { logo: None, ..brand(organization) }),
        kind,
        request_id: id,
        back: back.as_deref(),
        client_name: seen.map(|seen| seen.name),
    };
    page.render().unwrap_or_default()
}

/// The page of a refusal. `wait` is how long the person has to wait, when there is something to wait for.
fn kind(reason: ErrorReason, wait: Option<Duration>) -> MessageKind {
    match reason {
        ErrorReason::Common(reason) => of_common(reason),
        ErrorReason::Envelope(reason) => of_envelope(reason, wait),
        ErrorReason::Page(reason) => of_page(reason),
        ErrorReason::Bearer(_) | ErrorReason::OAuth(_) => MessageKind::BadRequest,
    }
}

const fn of_common(reason: CommonReason) -> MessageKind {
    match reason {
        CommonReason::NotFound => MessageKind::NotFound,
        CommonReason::MethodNotAllowed => MessageKind::MethodNotAllowed,
        CommonReason::MisdirectedRequest => MessageKind::Misdirected,
        CommonReason::Unavailable => MessageKind::Unavailable,
        CommonReason::ServerError => MessageKind::ServerError,
        CommonReason::InvalidRequest
        | CommonReason::UnsupportedMediaType
        | CommonReason::UnsupportedContentEncoding
        | CommonReason::BodyTooLarge
        | CommonReason::BodyTooSlow
        | CommonReason::RateLimited => MessageKind::BadRequest,
    }
}

fn of_envelope(reason: EnvelopeReason, wait: Option<Duration>) -> MessageKind {
    match reason {
        EnvelopeReason::SendLimit | EnvelopeReason::ResendTooSoon => {
            MessageKind::TooManyRequests { seconds: wait.map_or(0, seconds_up) }
        }
        EnvelopeReason::MailUnavailable => MessageKind::Unavailable,
        EnvelopeReason::ProfileRefused(..)
        | EnvelopeReason::PublicKeyUnknown
        | EnvelopeReason::OriginNotAllowed
        | EnvelopeReason::EmailInvalid(_)
        | EnvelopeReason::CodeMalformed(_)
        | EnvelopeReason::CodeWrong { .. }
        | EnvelopeReason::CodeRetired
        | EnvelopeReason::ChallengeExpired
        | EnvelopeReason::ChallengeSpent
        | EnvelopeReason::Invalid
        | EnvelopeReason::Expired
        | EnvelopeReason::Revoked
        | EnvelopeReason::Superseded
        | EnvelopeReason::Reused
        | EnvelopeReason::ClientAuthenticationRequired
        | EnvelopeReason::InvalidDpopProof
        | EnvelopeReason::NoCustomer => MessageKind::BadRequest,
    }
}

const fn of_page(reason: PageReason) -> MessageKind {
    match reason {
        PageReason::TwoPlaces => MessageKind::BadRequest,
        PageReason::ClientUnknown => MessageKind::UnknownClient,
        PageReason::RedirectUriRefused => MessageKind::BadRedirectUri,
        PageReason::PostLogoutRedirectUriRefused => MessageKind::BadPostLogoutRedirectUri,
        PageReason::LogoutExpired => MessageKind::LogoutExpired,
        PageReason::InteractionExpired => MessageKind::InteractionExpired,
        PageReason::DeviceExpired => MessageKind::DeviceExpired,
        PageReason::InteractionFinished => MessageKind::InteractionFinished,
        PageReason::OtherBrowser => MessageKind::OtherBrowser,
        PageReason::FormRefused => MessageKind::FormExpired,
    }
}
