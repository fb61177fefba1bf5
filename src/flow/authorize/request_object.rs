//! Authorization requests in a JWT, passed by value or by reference (OpenID Connect Core §6).

use crate::flow::{Caller, Context, fetch_failure};
use crate::ports::fetcher::{FetchRequest, FetchResponse};
use crate::protocol::authorization::request_object::{
    REQUIRED, RequestObjectProtection, effective, of_refused, read,
};
use crate::protocol::authorization::{AuthorizationRequest, ErrorCode, RefusedAuthorization};
use crate::protocol::client::{Client, ClientKeys};
use crate::protocol::outbound::rates::Requester;
use crate::protocol::parameters::Parameters;

type ObjectFailure = (ErrorCode, &'static str);

/// The effective parameters of a request with a request object; `None` when there is none and none is
/// required.
pub(super) async fn resolve(
    cx: &Context,
    caller: &Caller,
    client: &Client,
    parameters: &Parameters,
) -> Result<Option<Parameters>, RefusedAuthorization> {
    let refuse = |text: Option<&str>, (code, description)| {
        let heard = of_refused(parameters, text, client);
        AuthorizationRequest::refuse(&heard, client, code, description)
    };
    let text = match (parameters.get("request"), parameters.get("request_uri")) {
        (Ok(None), Ok(None)) if client.extras.require_signed_request_object => {
            return Err(AuthorizationRequest::refuse(parameters, client, REQUIRED.0, REQUIRED.1));
        }
        (Ok(None), Ok(None)) => return Ok(None),
        (Ok(Some(text)), Ok(None)) => text.to_owned(),
        (Ok(None), Ok(Some(uri))) => match fetch(cx, caller, client, uri).await {
            Ok(text) => text,
            Err(wrong) => return Err(refuse(None, wrong)),
        },
        _ => {
            let description = "request and request_uri go one at a time, and once";
            return Err(refuse(None, (ErrorCode::InvalidRequest, description)));
        }
    };
    opened(cx, client, parameters, &text).await.map(Some).map_err(|wrong| refuse(Some(&text), wrong))
}

/// Fetches only URIs that the client registered (OpenID Connect Core §6.2). The fragment, a hash of the
/// content, is not sent.
async fn fetch(cx: &Context, caller: &Caller, client: &Client, uri: &str) -> Result<String, ObjectFailure> {
    let registered = &client.extras.request_uris;
    if registered.is_empty() {
        return Err((ErrorCode::RequestUriNotSupported, "the client registered no request_uris"));
    }
    let asked = bare(uri);
    let is_known = registered.iter().any(|known| bare(known) == asked);
    if !is_known {
        return Err((ErrorCode::InvalidRequestUri, "request_uri is none that the client registered"));
    }
    let by = Requester { client: Some(&client.id), ..caller.asker() };
    match cx.fetcher.get(FetchRequest::request_object(asked).by(by)).await {
        Ok(FetchResponse::Document { body, .. }) => String::from_utf8(body)
            .map(|text| text.trim().to_owned())
            .map_err(|_| (ErrorCode::InvalidRequestUri, "what request_uri holds is no request object")),
        Ok(FetchResponse::NotModified { .. }) => {
            Err((ErrorCode::InvalidRequestUri, "request_uri could not be fetched"))
        }
        Err(error) => {
            fetch_failure::log("request_uri", uri, &error);
            // The URI was not requested from its server, so the failure is temporary (RFC 6749 §4.1.2.1).
            if error.retry_after().is_some() {
                let description = "too many requests are fetched just now, please try again later";
                return Err((ErrorCode::TemporarilyUnavailable, description));
            }
            Err((ErrorCode::InvalidRequestUri, "request_uri could not be fetched"))
        }
    }
}

/// The URI without its fragment.
fn bare(uri: &str) -> &str {
    uri.split_once('#').map_or(uri, |(bare, _)| bare)
}

async fn opened(
    cx: &Context,
    client: &Client,
    parameters: &Parameters,
    text: &str,
) -> Result<Parameters, ObjectFailure> {
    let claims = match read(text, client, cx.policy.unsigned_request_objects)? {
        RequestObjectProtection::Unsecured(claims) => claims,
        RequestObjectProtection::Signed(jws) => {
            let invalid = |description| (ErrorCode::InvalidRequestObject, description);
            let keys = client.extras.keys.as_ref().and_then(ClientKeys::source);
            let keys = keys.ok_or(invalid("the client registered no keys to verify it with"))?;
            cx.client_keys.verify(&client.id, &keys, &jws).await.map_err(|error| {
                tracing::info!(client = client.id.as_str(), %error, "the signature of a client's request object could not be verified");
                if error.retry_after().is_some() {
                    let description = "the client's keys cannot be fetched just now, please try again later";
                    return (ErrorCode::TemporarilyUnavailable, description);
                }
                invalid("the request object's signature is not the client's")
            })?;
            jws.payload
        }
    };
    let now = cx.clock.now().as_secs();
    effective(parameters, &claims, client, &cx.policy.issuer, now)
}
