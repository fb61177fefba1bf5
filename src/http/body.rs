//! Reads request bodies within limits of size, time, type and number of parameters; JSON also of encoding,
//! depth and repeated members. Refusals name the field.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use actix_web::web::{BytesMut, Data, Payload};
use actix_web::{FromRequest, HttpRequest, dev};
use serde_json::Value;

use super::error::{ApiError, Result};
use super::error_reason::CommonReason;
use super::language::ask_for;
use super::paths;
use super::state::WorkerState;
use crate::protocol::json::{self, JsonError};
use crate::protocol::locale::Locale;
use crate::protocol::parameters::{Parameters, TooManyParameters};

/// Largest body, in bytes.
pub const MAX_BODY: usize = 64 * 1024;
/// Largest form with a sealed request, in bytes. The largest `state`, written in JSON and then in base64url,
/// is 64 KiB alone.
const MAX_SEALED_FORM: usize = 128 * 1024;
/// Longest field, in bytes.
pub const MAX_FIELD: usize = 8 * 1024;

/// The members of a JSON object; no name is repeated.
pub struct Fields(Vec<(String, Value)>);

impl Fields {
    /// All fields in the order in which they were sent.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// A required, non-empty string of at most [`MAX_FIELD`] bytes.
    ///
    /// # Errors
    /// [`ApiError`] that names the field.
    pub fn required(&self, name: &str) -> Result<&str> {
        match self.typed(name)? {
            "" => Err(ApiError::bad_field(name, format!("The field \"{name}\" is empty."))),
            text => Ok(text),
        }
    }

    /// A required string that a person types. It may be empty, because the use case then tells the person
    /// what is wrong.
    ///
    /// # Errors
    /// [`ApiError`] that names the field.
    pub fn typed(&self, name: &str) -> Result<&str> {
        match self.optional(name)? {
            Some(text) => Ok(text),
            None => Err(ApiError::bad_field(name, format!("The field \"{name}\" is missing."))),
        }
    }

    /// An optional string; `null` counts as absent.
    ///
    /// # Errors
    /// [`ApiError`] that names the field.
    pub fn optional(&self, name: &str) -> Result<Option<&str>> {
        match self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.len() <= MAX_FIELD => Ok(Some(text)),
            Some(Value::String(_)) => {
                let text = format!("The field \"{name}\" is longer than {MAX_FIELD} bytes.");
                Err(ApiError::bad_field(name, text))
            }
            Some(_) => Err(ApiError::bad_field(name, format!("The field \"{name}\" must be a string."))),
        }
    }
}

/// A JSON body, or why it is not a valid one.
pub struct JsonBody(Result<Fields>);

impl JsonBody {
    fn parse(body: &[u8]) -> Self {
        Self(json::members(json::without_byte_order_mark(body)).map(Fields).map_err(|error| {
            let text = match error {
                JsonError::Repeated => "A field is there twice in the body: send each once.",
                JsonError::TooManyMembers => "The body has an object with more than 64 fields.",
                JsonError::TooManyEntries => "The body has a list with more than 64 entries.",
                JsonError::TooManyParts => "The body has more than 1024 objects and lists.",
                JsonError::NotAnObject | JsonError::Type => "The body must be one JSON object.",
                JsonError::Malformed { .. } => "The body is not valid JSON in UTF-8.",
            };
            ApiError::bad_request(text).because(error.to_string())
        }))
    }

    /// # Errors
    /// [`ApiError`] when the body is not a JSON object, is nested too deeply, repeats a name, or has more
    /// members than [`json::MAX_MEMBERS`].
    pub fn fields(&self) -> Result<&Fields> {
        self.0.as_ref().map_err(Clone::clone)
    }

    fn locale(&self) -> Option<Locale> {
        let sent = self.0.as_ref().ok()?.optional("locale").ok()??;
        (!sent.trim().is_empty()).then(|| Locale::from_tag(sent).unwrap_or_default())
    }
}

impl FromRequest for JsonBody {
    type Error = ApiError;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let has_type = has_type(request, "application/json");
        let body = body(request, payload);
        let request = request.clone();
        Box::pin(async move {
            if !has_type {
                return Err(wrong_type("application/json"));
            }
            let body = Self::parse(&body.await?);
            if let Some(locale) = body.locale() {
                ask_for(&request, locale);
            }
            Ok(body)
        })
    }
}

pub struct FormBody(pub Parameters);

impl FromRequest for FormBody {
    type Error = ApiError;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let form = PartialForm::from_request(request, payload);
        Box::pin(async move { Ok(Self(form.await?.0?)) })
    }
}

/// A form with its first parameters even when there are too many: they say where the error response goes (RFC
/// 6749 §4.1.2.1).
pub struct PartialForm(pub Result<Parameters, TooManyParameters>);

impl FromRequest for PartialForm {
    type Error = ApiError;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let has_type = has_type(request, FORM);
        let body = body(request, payload);
        Box::pin(async move {
            if !has_type {
                return Err(wrong_type(FORM));
            }
            body.await.map(|body| Self(Parameters::parse(&body)))
        })
    }
}

/// # Errors
/// [`TooManyParameters`].
pub fn sent_in_query(request: &HttpRequest) -> Result<Parameters, TooManyParameters> {
    Parameters::parse(request.query_string().as_bytes())
}

const FORM: &str = "application/x-www-form-urlencoded";

pub(super) fn wrong_type(wanted: &str) -> ApiError {
    let text = format!("Send the body with the header Content-Type: {wanted}.");
    ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, CommonReason::UnsupportedMediaType, text)
}

/// Reads the whole body within the limits of size and time.
fn body(
    request: &HttpRequest,
    payload: &mut dev::Payload,
) -> impl Future<Output = Result<Vec<u8>>> + 'static {
    let state = request.app_data::<Data<WorkerState>>();
    let deadline = state.map_or(Duration::from_secs(10), |state| state.web.body_timeout);
    let base = state.map_or("", |state| state.base.as_str());
    let payload = Payload::from_request(request, payload);
    let encoding = readable_encoding(request);
    let most = if paths::carries_sealed_request(base, request.path()) { MAX_SEALED_FORM } else { MAX_BODY };
    async move {
        encoding?;
        let mut payload = payload.await.map_err(|_| ApiError::bad_request("The body cannot be read."))?;
        let read = tokio::time::timeout(deadline, read(&mut payload, most)).await;
        read.unwrap_or_else(|_| Err(too_slow()))
    }
}

/// The client did not send the announced body in time (RFC 9110 §15.5.9).
pub(super) fn too_slow() -> ApiError {
    ApiError::new(StatusCode::REQUEST_TIMEOUT, CommonReason::BodyTooSlow, "The body did not arrive in time.")
}

/// Refuses content codings: nothing is decompressed here (RFC 9110 §15.5.16), so that a small request cannot
/// become a large body.
///
/// # Errors
/// [`ApiError`] that says what may be sent.
pub(super) fn readable_encoding(request: &HttpRequest) -> Result<()> {
    let codings = request
        .headers()
        .get_all(CONTENT_ENCODING)
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let is_plain = |coding: &[u8]| coding.is_empty() || coding.eq_ignore_ascii_case(b"identity");
    if codings.map(<[u8]>::trim_ascii).all(is_plain) {
        return Ok(());
    }
    let text = "Send the body as it is: the header Content-Encoding names a coding that is not read here.";
    Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, CommonReason::UnsupportedContentEncoding, text))
}

/// Whether `Content-Type` is a media type, with any parameters.
pub(super) fn has_type(request: &HttpRequest, wanted: &str) -> bool {
    let mut values = request.headers().get_all(CONTENT_TYPE);
    let value = values.next().and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim();
    values.next().is_none() && essence.eq_ignore_ascii_case(wanted)
}

async fn read(payload: &mut Payload, most: usize) -> Result<Vec<u8>> {
    let mut body = BytesMut::new();
    while let Some(chunk) = next(payload).await {
        let chunk = chunk
            .map_err(|error| ApiError::bad_request("The body cannot be read.").because(error.to_string()))?;
        if body.len().saturating_add(chunk.len()) > most {
            let text = format!("The body is larger than {most} bytes.");
            return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, CommonReason::BodyTooLarge, text));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.into())
}

pub(super) async fn next(
    payload: &mut Payload,
) -> Option<Result<actix_web::web::Bytes, actix_web::error::PayloadError>> {
    std::future::poll_fn(|context| {
        let stream: std::pin::Pin<&mut Payload> = std::pin::Pin::new(payload);
        futures_core::Stream::poll_next(stream, context)
    })
    .await
}
