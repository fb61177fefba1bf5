//! The browser SDK's endpoints for sign-in, session and logout.

use actix_web::HttpResponse;
use serde::Serialize;

use super::client_api::{CustomerBody, TokenPairBody, UserBody};
use crate::flow::sign_in::send::{self, SendRequest};
use crate::flow::sign_in::verify::{self, VerifyRequest};
use crate::flow::{logout as end, session as current};
use crate::http::bearer::authenticate;
use crate::http::body::JsonBody;
use crate::http::dpop::proof;
use crate::http::envelope::success;
use crate::http::error::Result;
use crate::http::paths::OTP_VERIFY;
use crate::http::request::{RequestContext, origin};
use crate::protocol::locale::Locale;
use crate::protocol::secret::Secret;
use crate::protocol::time::seconds_up;

#[derive(Serialize)]
struct CodeSentBody {
    challenge_id: String,
    reference: String,
    code_length: usize,
    expires_in: u64,
    resend_in: u64,
}

#[derive(Serialize)]
struct SignedInBody<'a> {
    #[serde(flatten)]
    tokens: TokenPairBody<'a>,
    user: UserBody<'a>,
    device: &'a str,
}

#[derive(Serialize)]
struct SessionBody<'a> {
    user: UserBody<'a>,
    customer: Option<CustomerBody<'a>>,
}

#[derive(Serialize)]
struct EmptyBody {}

pub async fn send(context: RequestContext, body: JsonBody) -> Result<HttpResponse> {
    let fields = body.fields()?;
    let asked = SendRequest {
        public_key: fields.required("public_key")?.to_owned(),
        email: fields.typed("email")?.to_owned(),
        locale: fields.optional("locale")?.and_then(Locale::from_tag).unwrap_or_default(),
        challenge_id: fields.optional("challenge_id")?.map(ToOwned::to_owned),
        device: fields.optional("device")?.map(ToOwned::to_owned),
        origin: origin(context.request.headers()),
    };
    let sent = send::send(context.cx(), &context.caller, &asked).await?;
    success(CodeSentBody {
        challenge_id: sent.challenge_id.encode(),
        reference: sent.reference.as_str().to_owned(),
        code_length: sent.form.length(),
        expires_in: sent.expires_in.as_secs(),
        resend_in: seconds_up(sent.resend_in),
    })
}

pub async fn verify(context: RequestContext, body: JsonBody) -> Result<HttpResponse> {
    let fields = body.fields()?;
    let typed = VerifyRequest {
        public_key: fields.required("public_key")?.to_owned(),
        challenge_id: fields.required("challenge_id")?.to_owned(),
        code: Secret::new(fields.typed("code")?.to_owned()),
        reference: fields.optional("reference")?.map(ToOwned::to_owned),
        origin: origin(context.request.headers()),
        proof: proof(&context, OTP_VERIFY)?,
    };
    let signed_in = verify::verify(context.cx(), &context.caller, &typed).await?;
    success(SignedInBody {
        tokens: TokenPairBody::of(&signed_in.tokens),
        user: UserBody::of(&signed_in.end_user),
        device: signed_in.device.expose(),
    })
}

pub async fn session(context: RequestContext) -> Result<HttpResponse> {
    let bearer = authenticate(&context).await?;
    let origin = origin(context.request.headers());
    let current::Session { end_user, currency } =
        current::session(context.cx(), &bearer, origin.as_ref()).await?;
    success(SessionBody { user: UserBody::of(&end_user), customer: CustomerBody::of(&end_user, currency) })
}

pub async fn logout(context: RequestContext, body: JsonBody) -> Result<HttpResponse> {
    let fields = body.fields()?;
    let token = Secret::new(fields.required("refresh_token")?.to_owned());
    let origin = origin(context.request.headers());
    end::logout(context.cx(), &context.caller, &token, origin.as_ref()).await?;
    success(EmptyBody {})
}
