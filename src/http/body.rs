//! Bodies, read with care: size, time and type, how many parameters or fields; of JSON also UTF-8, depth and repeated
//! fields. Refusals name the field.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use actix_web::web::{BytesMut, Data, Payload};
use actix_web::{FromRequest, HttpRequest, dev};
use serde_json::Value;

use super::error::ApiError;
use super::error_reason::CommonReason;
use super::language::ask_for;
use super::paths;
use super::state::WorkerState;
use crate::protocol::json::{self, JsonError};
use crate::protocol::locale::Locale;
use crate::protocol::parameters::{Parameters, TooManyParameters};

/// The largest body, in bytes.
pub const MAX_BODY: usize = 64 * 1024;
/// The largest form of a page that carries a sealed request, in bytes: twice written in JSON and then in base64url, the
/// largest `state` alone is 64 KiB.
const MAX_SEALED_FORM: usize = 128 * 1024;
/// The longest field, in bytes.
pub const MAX_FIELD: usize = 8 * 1024;

/// The fields of a JSON object, none of them twice.
pub struct Fields(Vec<(String, Value)>);

impl Fields {
    /// All of them, in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// A field that must be there: a string, not empty, not over-long.
    ///
    /// # Errors
    /// [`ApiError`] that names the field.
    pub fn required(&self, name: &str) -> Result<&str, ApiError> {
        match self.typed(name)? {
            "" => Err(ApiError::bad_field(name, format!("The field \"{name}\" is empty."))),
            text => Ok(text),
        }
    }

    /// The same for what a person types: nothing is a mistake of theirs then, and is judged with what they type.
    ///
    /// # Errors
    /// [`ApiError`] that names the field.
    pub fn typed(&self, name: &str) -> Result<&str, ApiError> {
        match self.optional(name)? {
            Some(text) => Ok(text),
            None => Err(ApiError::bad_field(name, format!("The field \"{name}\" is missing."))),
        }
    }

    /// A field that may be there; `null` counts as absent.
    ///
    /// # Errors
    /// [`ApiError`] that names the field.
    pub fn optional(&self, name: &str) -> Result<Option<&str>, ApiError> {
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

/// A JSON body that was read whole.
pub struct JsonBody(Result<Fields, ApiError>);

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

    /// Its fields.
    ///
    /// # Errors
    /// [`ApiError`] when it is not a JSON object, is nested too deeply, names a field twice, or has more of them than
    /// [`json::MAX_MEMBERS`].
    pub fn fields(&self) -> Result<&Fields, ApiError> {
        self.0.as_ref().map_err(Clone::clone)
    }

    /// The language that the body asks for; `None` when it does not.
    fn locale(&self) -> Option<Locale> {
        let sent = self.0.as_ref().ok()?.optional("locale").ok()??;
        (!sent.trim().is_empty()).then(|| Locale::from_tag(sent).unwrap_or_default())
    }
}

impl FromRequest for JsonBody {
    type Error = ApiError;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

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

/// A form: `application/x-www-form-urlencoded`.
pub struct FormBody(pub Parameters);

impl FromRequest for FormBody {
    type Error = ApiError;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let form = PartialForm::from_request(request, payload);
        Box::pin(async move { Ok(Self(form.await?.0?)) })
    }
}

/// A form of which also the first of too many parameters tell something: where an error may go (RFC 6749 §4.1.2.1).
pub struct PartialForm(pub Result<Parameters, TooManyParameters>);

impl FromRequest for PartialForm {
    type Error = ApiError;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

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

/// The parameters of a request's query.
///
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

/// The whole body, within the limits of size and time.
fn body(
    request: &HttpRequest,
    payload: &mut dev::Payload,
) -> impl Future<Output = Result<Vec<u8>, ApiError>> + 'static {
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

/// A client that holds a connection open without sending what it announced (RFC 9110 §15.5.9).
pub(super) fn too_slow() -> ApiError {
    ApiError::new(StatusCode::REQUEST_TIMEOUT, CommonReason::BodyTooSlow, "The body did not arrive in time.")
}

/// Whether the body is as it was: nothing here unpacks one (RFC 9110 §15.5.16), so that what is small on the wire is small.
///
/// # Errors
/// [`ApiError`] that says what may be sent.
pub(super) fn readable_encoding(request: &HttpRequest) -> Result<(), ApiError> {
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

/// Whether the body is said to be of a media type, with any parameters.
pub(super) fn has_type(request: &HttpRequest, wanted: &str) -> bool {
    let mut values = request.headers().get_all(CONTENT_TYPE);
    let value = values.next().and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim();
    values.next().is_none() && essence.eq_ignore_ascii_case(wanted)
}

async fn read(payload: &mut Payload, most: usize) -> Result<Vec<u8>, ApiError> {
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
