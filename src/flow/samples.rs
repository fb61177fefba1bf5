//! Sample records for the demo customer in development.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::client_api::ClientApiError;
use super::presence::Bearer;
use super::{Context, InternalError};
use crate::ports::store::{CustomerPutOutcome, ImportedCustomer, RecordsPutOutcome};
use crate::protocol::end_user::{Account, Customer, CustomerSeed, CustomerStanding, CustomerStatus, EndUser};
use crate::protocol::profile::ProfileChange;
use crate::protocol::record::{Amount, Booking, CustomerKey, Enquiry, ListedRecord, Order, OrderStatus};
use crate::protocol::time::Timestamp;

const DAY: u64 = 86_400_000;

/// The demo shop's goods, with prices in hundredths of the currency.
const GOODS: [(&str, i64); 10] = [
    ("House blend, 250 g", 950),
    ("Ethiopia Guji, 250 g", 1_240),
    ("Stoneware cup, celadon", 2_400),
    ("Espresso cup, iron glaze", 1_850),
    ("Serving bowl, ash white", 5_800),
    ("Pour-over dripper", 3_600),
    ("Filter papers, 100", 690),
    ("Side plate, speckled", 2_950),
    ("Teapot, black slip", 8_900),
    ("Gift card", 5_000),
];

/// The demo's classes: name, place and duration in hours.
const CLASSES: [(&str, &str, u64); 5] = [
    ("Wheel throwing for beginners", "Studio 2", 3),
    ("Glazing workshop", "Studio 1", 2),
    ("Hand building", "Studio 2", 3),
    ("Coffee tasting", "Bar", 1),
    ("Open studio", "Studio 1", 4),
];

/// The demo's enquiries: subject, message, category and type.
const QUESTIONS: [(&str, &str, &str, &str); 5] = [
    (
        "Is the celadon cup dishwasher safe?",
        "I would like to give four of them away.\nCan they go into a dishwasher?",
        "products",
        "question",
    ),
    ("Moving my class", "Could I come on the Thursday after instead?", "bookings", "request"),
    (
        "One plate arrived with a chip",
        "The parcel looked fine from outside. I can send a picture.",
        "orders",
        "complaint",
    ),
    ("Decaf", "Will you have a decaf again this winter?", "products", "question"),
    ("An invoice for my company", "Please add our VAT number to the last order.", "orders", "request"),
];

/// Gives a token's customer sample records, which are the same on every call.
///
/// # Errors
/// [`ClientApiError`].
pub async fn give(cx: &Context, bearer: &Bearer) -> Result<(), ClientApiError> {
    let end_user = cx.end_user_of_access_token(bearer).await?;
    let customer = end_user.customer.clone().ok_or(ClientApiError::NoCustomer)?;
    let key = CustomerKey { organization: end_user.organization.clone(), customer: customer.id.clone() };
    let mut dice = SampleNumbers::of(key.customer.as_str());
    let begin = end_user.created_at;
    let orders = (0..60).filter_map(|number| read(order(&mut dice, begin, number))).collect::<Vec<Order>>();
    put(cx, &key, &orders).await?;
    let bookings = (0..8).filter_map(|number| read(booking(&mut dice, begin, number)));
    put(cx, &key, &bookings.collect::<Vec<Booking>>()).await?;
    let enquiries = (0..5).filter_map(|number| read(enquiry(&mut dice, begin, number)));
    put(cx, &key, &enquiries.collect::<Vec<Enquiry>>()).await?;
    put_standing(cx, &end_user, &customer, &orders).await
}

async fn put<T: ListedRecord>(cx: &Context, key: &CustomerKey, records: &[T]) -> Result<(), ClientApiError> {
    let records = records.iter().filter_map(ListedRecord::record).collect::<Vec<_>>();
    match cx.stores.put_records(key, T::KIND, &records).await.map_err(InternalError::from)? {
        RecordsPutOutcome::Written(_) => Ok(()),
        RecordsPutOutcome::UnknownCustomer => Err(ClientApiError::NoCustomer),
    }
}

/// Writes totals that match the orders, as an import would.
async fn put_standing(
    cx: &Context,
    end_user: &EndUser,
    customer: &Customer,
    orders: &[Order],
) -> Result<(), ClientApiError> {
    let seed = CustomerSeed { id: customer.id.clone(), number: customer.number };
    let account = Account {
        user: end_user.id.clone(),
        organization: end_user.organization.clone(),
        email: end_user.email.clone(),
        customer: Some(seed.clone()),
        created_at: end_user.created_at,
    };
    let standing = standing(customer.standing.status, orders);
    let imported = ImportedCustomer { seed, standing, profile: ProfileChange::default() };
    let bucket = cx.subject_bucket(&end_user.id);
    match cx
        .stores
        .put_customer(bucket, &account, &imported, cx.clock.now())
        .await
        .map_err(InternalError::from)?
    {
        CustomerPutOutcome::Other => Err(ClientApiError::NoCustomer),
        CustomerPutOutcome::Created | CustomerPutOutcome::Updated | CustomerPutOutcome::Unchanged => Ok(()),
    }
}

/// The totals of completed orders. The others cost nothing, or were refunded.
fn standing(status: CustomerStatus, orders: &[Order]) -> CustomerStanding {
    let completed = || orders.iter().filter(|order| order.status == OrderStatus::Completed);
    let spent = completed().fold(0_i64, |sum, order| sum.saturating_add(order.total.hundredths()));
    let spent = Amount::from_hundredths(spent);
    let total_orders = u64::try_from(completed().count()).unwrap_or_default();
    CustomerStanding { status, total_orders, total_spent: spent, lifetime_value: spent }
}

fn read<T: DeserializeOwned>(value: Value) -> Option<T> {
    serde_json::from_value(value).ok()
}

/// Pseudo-random numbers that are the same for the same customer.
struct SampleNumbers(u64);

impl SampleNumbers {
    fn of(text: &str) -> Self {
        Self(text.bytes().fold(14_695_981_039_346_656_037, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(1_099_511_628_211)
        }))
    }

    /// A number from 0 up to, but not including, `below`.
    fn throw(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33).checked_rem(below).unwrap_or_default()
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        from.get(self.place(from.len())).copied()
    }

    /// Removes and returns a random element.
    fn take<T>(&mut self, from: &mut Vec<T>) -> Option<T> {
        let place = self.place(from.len());
        (place < from.len()).then(|| from.swap_remove(place))
    }

    fn place(&mut self, length: usize) -> usize {
        usize::try_from(self.throw(u64::try_from(length).unwrap_or_default())).unwrap_or_default()
    }
}

/// A time before the first sign-in, by `days` and up to one day more.
fn before(dice: &mut SampleNumbers, begin: Timestamp, days: u64) -> u64 {
    begin.as_millis().saturating_sub(days.saturating_mul(DAY)).saturating_sub(dice.throw(DAY))
}

#[expect(clippy::cast_precision_loss, reason = "amounts of a demo are small")]
fn amount(hundredths: i64) -> f64 {
    hundredths as f64 / 100.0
}

fn order(dice: &mut SampleNumbers, begin: Timestamp, number: u64) -> Value {
    let created_at = before(dice, begin, number.saturating_mul(11));
    let (mut goods, mut items, mut subtotal) = (GOODS.to_vec(), Vec::new(), 0_i64);
    for _ in 0..=dice.throw(3) {
        let Some((name, price)) = dice.take(&mut goods) else { continue };
        let quantity = i64::try_from(dice.throw(3)).unwrap_or_default().saturating_add(1);
        let total = price.saturating_mul(quantity);
        subtotal = subtotal.saturating_add(total);
        items.push(json!({
            "name": name, "quantity": quantity, "unitPrice": amount(price), "total": amount(total),
        }));
    }
    let discount = if dice.throw(5) == 0 { subtotal / 10 } else { 0 };
    let tax = subtotal.saturating_sub(discount).saturating_mul(19) / 100;
    let (status, payment) = match (number, dice.throw(12)) {
        (0, _) => ("pending", "pending"),
        (1, _) => ("processing", "paid"),
        (_, 0) => ("cancelled", "failed"),
        (_, 1) => ("refunded", "refunded"),
        _ => ("completed", "paid"),
    };
    let completed_at = (status == "completed").then(|| created_at.saturating_add(2 * DAY));
    json!({
        "id": format!("ord_sample_{number}"), "orderNumber": format!("ORD-{:06}", 2_000_u64.saturating_sub(number)),
        "status": status, "paymentStatus": payment, "items": items,
        "total": amount(subtotal.saturating_sub(discount).saturating_add(tax)), "subtotal": amount(subtotal),
        "taxTotal": amount(tax), "discountTotal": amount(discount),
        "createdAt": created_at, "completedAt": completed_at,
    })
}

fn booking(dice: &mut SampleNumbers, begin: Timestamp, number: u64) -> Value {
    let (service, location, hours) = dice.pick(&CLASSES).unwrap_or(("Open studio", "Studio 1", 4));
    let created_at = before(dice, begin, number.saturating_mul(23).saturating_add(3));
    // The first two bookings are in the future.
    let ahead = if number < 2 { number.saturating_mul(6).saturating_add(4).saturating_mul(DAY) } else { 0 };
    let day =
        if number < 2 { begin.as_millis().saturating_add(ahead) } else { created_at.saturating_add(5 * DAY) };
    let starts_at = day
        .saturating_sub(day % DAY)
        .saturating_add(dice.throw(9).saturating_add(9).saturating_mul(3_600_000));
    let status = match number {
        0 => "confirmed",
        1 => "pending",
        5 => "cancelled",
        _ => "completed",
    };
    json!({
        "id": format!("bkg_sample_{number}"), "bookingNumber": format!("BKG-{:06}", 800_u64.saturating_sub(number)),
        "status": status, "service": service, "location": location, "startsAt": starts_at,
        "endsAt": starts_at.saturating_add(hours.saturating_mul(3_600_000)),
        "partySize": if number == 0 { 2 } else { dice.throw(3).saturating_add(1) }, "createdAt": created_at,
        "notes": (number == 0).then_some("We are left-handed, both of us."),
    })
}

fn enquiry(dice: &mut SampleNumbers, begin: Timestamp, number: u64) -> Value {
    let place = usize::try_from(number).unwrap_or_default();
    let (subject, message, category, sort) = QUESTIONS.get(place).copied().unwrap_or(QUESTIONS[0]);
    let created_at = before(dice, begin, number.saturating_mul(17).saturating_add(1));
    let iso = |millis: u64| {
        let millis = i64::try_from(millis).unwrap_or_default();
        chrono::DateTime::from_timestamp_millis(millis).unwrap_or_default().to_rfc3339()
    };
    let status = match number {
        0 => "new",
        1 => "open",
        2 => "resolved",
        _ => "closed",
    };
    json!({
        "id": format!("enq_sample_{number}"), "enquiryNumber": format!("ENQ-{:06}", 300_u64.saturating_sub(number)),
        "type": sort, "subject": subject, "message": message, "category": category,
        "status": status, "source": "website",
        "priority": if sort == "complaint" { "high" } else { "medium" },
        "responseCount": if number == 0 { 0 } else { dice.throw(3).saturating_add(1) },
        "createdAt": iso(created_at), "updatedAt": iso(created_at.saturating_add(dice.throw(DAY))),
    })
}
