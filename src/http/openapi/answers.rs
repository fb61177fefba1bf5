//! How answers look, for the document alone: the handlers write them, and tests hold the two together.

use serde::{Deserialize, Serialize};
use utoipa::{IntoResponses, ToSchema};

use crate::protocol::record::{Booking, Enquiry, Order};

/// A success.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used")]
pub struct Success<T> {
    /// Always true.
    #[schema(example = true)]
    success: bool,
    /// What was asked for.
    data: T,
}

/// A refusal.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used")]
pub struct Failure {
    /// Always false.
    #[schema(example = false)]
    success: bool,
    /// For the customer, to be shown as it is, in the language of Accept-Language: English, French or Spanish.
    error: String,
    /// A stable word for a program.
    #[schema(example = "invalid_request")]
    reason: String,
    /// For whoever writes the program, in English: what is wrong and how to mend it, where `error` cannot say.
    #[schema(example = "The parameter \"limit\" must be a whole number from 1 to 100.")]
    detail: Option<String>,
    /// The field or parameter that was refused.
    #[schema(example = "limit")]
    field: Option<String>,
    /// To be told when asking for help; also in the header X-Request-Id.
    request_id: String,
}

/// The end-user and their customer record.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used")]
pub struct ProfileAnswer {
    user: User,
    customer: Customer,
}

/// The customer as they then are.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used")]
pub struct CustomerAnswer {
    customer: Customer,
}

/// An end-user: one address in one organization.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct User {
    #[schema(example = "user_kx0v…")]
    id: String,
    #[schema(example = "ana@example.com")]
    email: String,
}

/// Whether a customer is served.
#[derive(ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema is used")]
enum Status {
    Active,
    Inactive,
    Archived,
}

/// A customer.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(
    dead_code,
    clippy::struct_field_names,
    reason = "only its schema is used; the names are the contract's"
)]
struct Customer {
    #[schema(example = "cust_8s1p…")]
    id: String,
    #[schema(required)]
    first_name: Option<String>,
    #[schema(required)]
    last_name: Option<String>,
    #[schema(required)]
    display_name: Option<String>,
    #[schema(pattern = "^CUST-[0-9]{6,}$", example = "CUST-000001")]
    customer_number: String,
    email: String,
    #[schema(required)]
    phone: Option<String>,
    #[schema(required, format = "uri")]
    profile_photo: Option<String>,
    status: Status,
    total_orders: u64,
    total_spent: f64,
    lifetime_value: f64,
}

/// What is to be changed: null clears a field, what is left out stays.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProfilePatch {
    #[schema(min_length = 1, max_length = 100, example = "Ana")]
    first_name: Option<String>,
    #[schema(min_length = 1, max_length = 100, example = "Lopez")]
    last_name: Option<String>,
    #[schema(min_length = 1, max_length = 200, example = "Ana L.")]
    display_name: Option<String>,
    /// 3 to 20 digits, with spaces and any of + - . ( ) / between them.
    #[schema(max_length = 32, example = "+34 600 123 456")]
    phone: Option<String>,
    /// An https URL.
    #[schema(max_length = 2048, format = "uri", example = "https://cdn.example.com/ana.png")]
    profile_photo: Option<String>,
}

macro_rules! page {
    ($(#[$doc:meta])* $name:ident { $list:ident : $record:ty }) => {
        $(#[$doc])*
        #[derive(ToSchema)]
        #[schema(rename_all = "camelCase")]
        #[expect(dead_code, reason = "only its schema is used")]
        pub struct $name {
            /// Newest first.
            $list: Vec<$record>,
            /// Whether there are more.
            has_more: bool,
            /// The `cursor` of the page after this one.
            #[schema(required)]
            next_cursor: Option<String>,
        }
    };
}

page! {
    /// A page of orders.
    OrdersPage { orders: Order }
}
page! {
    /// A page of bookings.
    BookingsPage { bookings: Booking }
}
page! {
    /// A page of enquiries.
    EnquiriesPage { enquiries: Enquiry }
}

/// A refresh token to exchange.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct RefreshRequestBody {
    /// The refresh token.
    #[schema(min_length = 1, max_length = 8192, example = "rt_…")]
    refresh_token: String,
    /// The client that it was issued to; must then be the one.
    #[schema(max_length = 8192)]
    client_id: Option<String>,
}

/// A new token pair.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used")]
pub struct TokenPairAnswer {
    access_token: String,
    refresh_token: String,
    /// Seconds.
    #[schema(example = 3600)]
    expires_in: u64,
    /// Milliseconds since 1970.
    expires_at: u64,
}

/// What can go wrong with a request for a customer's own data.
#[derive(IntoResponses)]
pub enum Refusals {
    /// A parameter or a field is wrong and named, or no customer is linked to this account.
    #[response(status = 400)]
    BadRequest(Failure),
    /// The access token is missing, over, or its session was ended.
    #[response(status = 401, headers(("WWW-Authenticate" = String, description = "RFC 6750 §3")))]
    Unauthorized(Failure),
    /// The token lacks a scope.
    #[response(status = 403, headers(("WWW-Authenticate" = String, description = "RFC 6750 §3")))]
    Forbidden(Failure),
    /// The path does not have this method.
    #[response(status = 405)]
    MethodNotAllowed(Failure),
    /// The body did not arrive in time.
    #[response(status = 408)]
    RequestTimeout(Failure),
    /// The body is larger than 64 KiB.
    #[response(status = 413)]
    ContentTooLarge(Failure),
    /// The body is not application/json.
    #[response(status = 415)]
    UnsupportedMediaType(Failure),
    /// There were too many requests for this account.
    #[response(status = 429, headers(
        ("Retry-After" = u64, description = "Seconds"),
        ("RateLimit" = String, description = "What is left of each limit"),
        ("RateLimit-Policy" = String, description = "The limits"),
    ))]
    TooManyRequests(Failure),
    /// Our fault.
    #[response(status = 500)]
    InternalServerError(Failure),
    /// A part of us is away.
    #[response(status = 503, headers(("Retry-After" = u64, description = "Seconds")))]
    ServiceUnavailable(Failure),
}

/// What can go wrong with a refresh.
#[derive(IntoResponses)]
pub enum RefreshRefusals {
    /// The body is wrong; the field is named.
    #[response(status = 400)]
    BadRequest(Failure),
    /// The refresh token gives nothing: `invalid`, `expired`, `revoked`, `superseded`, `reused`,
    /// `client_authentication_required` or `invalid_dpop_proof`.
    #[response(status = 401)]
    Unauthorized(Failure),
    /// The path does not have this method.
    #[response(status = 405)]
    MethodNotAllowed(Failure),
    /// The body did not arrive in time.
    #[response(status = 408)]
    RequestTimeout(Failure),
    /// The body is larger than 64 KiB.
    #[response(status = 413)]
    ContentTooLarge(Failure),
    /// The body is not application/json.
    #[response(status = 415)]
    UnsupportedMediaType(Failure),
    /// Our fault.
    #[response(status = 500)]
    InternalServerError(Failure),
    /// A part of us is away.
    #[response(status = 503, headers(("Retry-After" = u64, description = "Seconds")))]
    ServiceUnavailable(Failure),
}
