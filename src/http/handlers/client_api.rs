//! `/refresh` and the Client API.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use crate::flow::client_api::profile as own_profile;
use crate::flow::refresh::{self as exchange, RefreshRequest};
use crate::flow::tokens::TokenPair;
use crate::http::bearer::authenticate;
use crate::http::body::JsonBody;
use crate::http::dpop::proven_key;
use crate::http::envelope::success;
use crate::http::error::ApiError;
use crate::http::request::RequestContext;
use crate::http::routes::REFRESH;
use crate::http::state::State;
use crate::protocol::end_user::{Customer, CustomerStatus, EndUser};
use crate::protocol::id::ClientId;
use crate::protocol::policy::ACCESS_TOKEN_LIFETIME;
use crate::protocol::secret::Secret;

/// A token pair on the wire.
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

/// An end-user on the wire.
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

/// A customer on the wire.
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
    total_spent: serde_json::Number,
    lifetime_value: serde_json::Number,
}

impl<'a> CustomerBody<'a> {
    pub(super) fn of(customer: &'a Customer, end_user: &'a EndUser) -> Self {
        Self {
            id: customer.id.as_str(),
            first_name: customer.first_name.as_deref(),
            last_name: customer.last_name.as_deref(),
            display_name: customer.display_name.as_deref(),
            customer_number: format!("CUST-{:06}", customer.number),
            email: end_user.email.as_typed(),
            phone: customer.phone.as_deref(),
            profile_photo: customer.profile_photo.as_deref(),
            status: customer.status,
            total_orders: customer.total_orders,
            total_spent: amount(customer.total_spent),
            lifetime_value: amount(customer.lifetime_value),
        }
    }
}

/// Hundredths as a JSON number of the whole unit.
fn amount(hundredths: i64) -> serde_json::Number {
    if hundredths % 100 == 0 {
        return serde_json::Number::from(hundredths / 100);
    }
    let text = format!(
        "{}{}.{:02}",
        sign(hundredths),
        hundredths.unsigned_abs() / 100,
        hundredths.unsigned_abs() % 100
    );
    text.parse::<f64>().ok().and_then(serde_json::Number::from_f64).unwrap_or_else(|| 0.into())
}

const fn sign(number: i64) -> &'static str {
    if number < 0 { "-" } else { "" }
}

#[derive(Serialize)]
struct ProfileBody<'a> {
    user: UserBody<'a>,
    customer: CustomerBody<'a>,
}

/// `POST refresh`.
///
/// # Errors
/// [`ApiError`].
pub async fn refresh(
    state: Data<State>,
    context: RequestContext,
    asked: HttpRequest,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let fields = body.fields()?;
    let request = RefreshRequest {
        refresh_token: Secret::new(fields.required("refresh_token")?.to_owned()),
        client: fields.optional("client_id")?.map(ClientId::new),
        jkt: proven_key(&state, &asked, REFRESH)?,
    };
    let tokens = exchange::refresh(&state.cx, &context.0, request).await?;
    success(TokenPairBody::of(&tokens))
}

/// `GET profile`.
///
/// # Errors
/// [`ApiError`].
pub async fn profile(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let bearer = authenticate(&state, &request).await?;
    let (end_user, customer) = own_profile::read(&state.cx, &bearer).await?;
    success(ProfileBody { user: UserBody::of(&end_user), customer: CustomerBody::of(&customer, &end_user) })
}

#[cfg(test)]
mod tests {
    use super::amount;

    #[test]
    fn amounts_are_numbers_of_the_whole_unit() {
        let text = |hundredths| amount(hundredths).to_string();
        assert_eq!([text(0), text(12_300), text(1_999), text(-5)], ["0", "123", "19.99", "-0.05"]);
    }
}
