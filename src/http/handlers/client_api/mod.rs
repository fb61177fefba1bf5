//! `/refresh`, the Client API, and the JSON of tokens, end-users and customers.

pub(in crate::http) mod profile;
pub(in crate::http) mod records;

use actix_web::HttpResponse;
use serde::Serialize;

use crate::flow::refresh::{self as exchange, RefreshRequest};
use crate::flow::tokens::TokenPair;
use crate::http::body::JsonBody;
use crate::http::dpop::proof;
use crate::http::envelope::success;
use crate::http::error::Result;
use crate::http::openapi::answers::{RefreshRefusals, RefreshRequestBody, Success, TokenPairAnswer};
use crate::http::paths::REFRESH;
use crate::http::request::RequestContext;
use crate::protocol::end_user::{CustomerStatus, EndUser};
use crate::protocol::id::ClientId;
use crate::protocol::policy::ACCESS_TOKEN_LIFETIME;
use crate::protocol::record::{Amount, Currency};
use crate::protocol::secret::Secret;

#[derive(Serialize)]
pub(super) struct TokenPairBody<'a> {
    access_token: &'a str,
    refresh_token: &'a str,
    expires_in: u64,
    expires_at: u64,
}

impl<'a> TokenPairBody<'a> {
    pub(super) fn of(tokens: &'a TokenPair) -> Self {
        Self {
            access_token: tokens.access_token.expose(),
            refresh_token: tokens.refresh_token.expose(),
            expires_in: ACCESS_TOKEN_LIFETIME.as_secs(),
            expires_at: tokens.expires_at.as_millis(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct UserBody<'a> {
    id: &'a str,
    email: &'a str,
}

impl<'a> UserBody<'a> {
    pub(super) fn of(end_user: &'a EndUser) -> Self {
        Self { id: end_user.id.as_str(), email: end_user.email.as_typed() }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CustomerBody<'a> {
    id: &'a str,
    first_name: Option<&'a str>,
    last_name: Option<&'a str>,
    display_name: Option<&'a str>,
    customer_number: String,
    email: &'a str,
    phone: Option<&'a str>,
    profile_photo: Option<&'a str>,
    status: CustomerStatus,
    total_orders: u64,
    total_spent: Amount,
    lifetime_value: Amount,
    currency: Currency,
}

impl<'a> CustomerBody<'a> {
    /// The linked customer of an end-user, with totals in the organization's currency.
    pub(super) fn of(end_user: &'a EndUser, currency: Currency) -> Option<Self> {
        let customer = end_user.customer.as_ref()?;
        Some(Self {
            id: customer.id.as_str(),
            first_name: customer.profile.first_name.as_deref(),
            last_name: customer.profile.last_name.as_deref(),
            display_name: customer.profile.display_name.as_deref(),
            customer_number: format!("CUST-{:06}", customer.number),
            email: end_user.email.as_typed(),
            phone: customer.profile.phone.as_deref(),
            profile_photo: customer.profile.profile_photo.as_deref(),
            status: customer.standing.status,
            total_orders: customer.standing.total_orders,
            total_spent: customer.standing.total_spent,
            lifetime_value: customer.standing.lifetime_value,
            currency,
        })
    }
}

/// `POST refresh`.
#[utoipa::path(
    post,
    path = REFRESH,
    tag = "tokens",
    operation_id = "refresh",
    summary = "A new token pair",
    description = "Exchanges a refresh token of the browser SDK or of a public client. For 30 seconds the same token \
                   may come again and gets the same successor, so that tabs that race do no harm.",
    params(("DPoP" = Option<String>, Header, description = "A proof of the key that the token is bound to (RFC 9449 §4)")),
    request_body(content = RefreshRequestBody, example = json!({"refresh_token": "rt_AQIDBAUGBwgK"})),
    responses((status = 200, description = "The new pair", body = Success<TokenPairAnswer>), RefreshRefusals),
)]
pub async fn refresh(context: RequestContext, body: JsonBody) -> Result<HttpResponse> {
    let fields = body.fields()?;
    let request = RefreshRequest {
        refresh_token: Secret::new(fields.required("refresh_token")?.to_owned()),
        client: fields.optional("client_id")?.map(ClientId::new),
        proof: proof(&context, REFRESH)?,
    };
    let tokens = exchange::refresh(context.cx(), &context.caller, request).await?;
    success(TokenPairBody::of(&tokens))
}
