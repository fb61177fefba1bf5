//! Schemas of the responses, used for the OpenAPI document alone; tests keep them equal to what the handlers
//! write.

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
    #[schema(
        example = "This page made a mistake in its request (\"limit\"). It is not your fault: tell whoever runs the page."
    )]
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
    #[schema(example = "5Zk0r3QmT1yWcX8b")]
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
    #[schema(example = "user_kx0v3b7d1f5h")]
    id: String,
    #[schema(example = "ana@example.com")]
    email: String,
}

/// Whether a customer is served.
#[derive(ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(example = "active")]
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
    #[schema(example = "cust_8s1p2m4q6r9t")]
    id: String,
    #[schema(required, example = "Ana")]
    first_name: Option<String>,
    #[schema(required, example = "Lopez")]
    last_name: Option<String>,
    /// What the customer likes to be called.
    #[schema(required, example = "Ana L.")]
    display_name: Option<String>,
    /// What people call the customer's record.
    #[schema(pattern = "^CUST-[0-9]{6,}$", example = "CUST-000001")]
    customer_number: String,
    #[schema(example = "ana@example.com")]
    email: String,
    #[schema(required, example = "+34 600 123 456")]
    phone: Option<String>,
    #[schema(required, format = "uri", example = "https://cdn.example.com/ana.png")]
    profile_photo: Option<String>,
    status: Status,
    /// How many orders the organization counts. Like the other totals it is the organization's own figure, imported with
    /// the customer: it is not added up from the orders here.
    #[schema(example = 3)]
    total_orders: u64,
    /// What the customer spent, in the currency's whole unit (124.95 is 124 euros and 95 cents) with at most two decimals.
    /// Orders in other currencies are in it as the organization converted them.
    #[schema(example = 124.95)]
    total_spent: f64,
    /// What the customer is worth to the organization over the whole time, as it says.
    #[schema(example = 124.95)]
    lifetime_value: f64,
    /// The currency of the totals (ISO 4217): that of the organization, whatever the orders are in.
    #[schema(pattern = "^[A-Z]{3}$", example = "EUR")]
    currency: String,
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
    ($(#[$doc:meta])* $name:ident { $list:ident : $record:ty, such as $cursor:literal }) => {
        $(#[$doc])*
        #[derive(ToSchema)]
        #[schema(rename_all = "camelCase")]
        #[expect(dead_code, reason = "only its schema is used")]
        pub struct $name {
            /// Newest first.
            $list: Vec<$record>,
            /// Whether there are more.
            #[schema(example = true)]
            has_more: bool,
            /// The `cursor` of the page after this one; null at the end.
            #[schema(required, example = $cursor)]
            next_cursor: Option<String>,
        }
    };
}

page! {
    /// A page of orders.
    OrdersPage { orders: Order, such as "ord_8f2a" }
}
page! {
    /// A page of bookings.
    BookingsPage { bookings: Booking, such as "bkg_51c0" }
}
page! {
    /// A page of enquiries.
    EnquiriesPage { enquiries: Enquiry, such as "enq_77d1" }
}

/// A refresh token to exchange.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct RefreshRequestBody {
    /// The refresh token.
    #[schema(min_length = 1, max_length = 8192, example = "rt_AQIDBAUGBwgK")]
    refresh_token: String,
    /// The client that it was issued to; must then be the one.
    #[schema(max_length = 8192)]
    client_id: Option<String>,
}

/// A new token pair.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used")]
pub struct TokenPairAnswer {
    /// For the header Authorization of the next requests.
    #[schema(example = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiJ1c2VyX2t4MHYifQ.c2lnbmF0dXJl")]
    access_token: String,
    /// For the next refresh, in the place of the one that was sent.
    #[schema(example = "rt_AQIDBAUGBwgJ")]
    refresh_token: String,
    /// How long the access token lives, in seconds.
    #[schema(example = 3600)]
    expires_in: u64,
    /// When it ends, in milliseconds since 1970.
    #[schema(example = 1_777_631_400_000_u64)]
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
