//! Lines of an import: what the organization's own systems know of customers, as newline-delimited JSON.
//!
//! `{"kind":"customer","organization":"org_…","data":{"email":…}}`, or a record whose customer is named by
//! `customer` or `email`: `{"kind":"order","organization":"org_…","email":"ana@example.com","data":{…}}`.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::address::EmailAddress;
use super::end_user::{CustomerStanding, CustomerStatus};
use super::id::{CustomerId, OrganizationId};
use super::profile::{ProfileChange, ProfileField};
use super::record::{Amount, Booking, Enquiry, ListedRecord, Order, Record, RecordKind};

/// The longest line, in bytes.
pub const MAX_LINE: usize = 256 * 1024;

/// A line that was read without error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportLine {
    Customer { organization: OrganizationId, customer: CustomerLine },
    Record { organization: OrganizationId, owner: RecordOwner, kind: RecordKind, record: Record },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerLine {
    /// The customer's id; without one an existing customer keeps theirs, and a new one gets a random one.
    pub id: Option<CustomerId>,
    pub email: EmailAddress,
    pub standing: CustomerStanding,
    /// The profile fields to change; absent ones stay.
    pub profile: ProfileChange,
}

/// The owner of a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordOwner {
    Customer(CustomerId),
    /// The customer with this address, lower-cased.
    Address(String),
}

/// Why a line is refused, in words and with the name of the field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LineError(pub String);

impl LineError {
    fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum ImportLineKind {
    Customer,
    Order,
    Booking,
    Enquiry,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ImportEnvelope<'a> {
    kind: ImportLineKind,
    organization: String,
    #[serde(default)]
    customer: Option<String>,
    #[serde(default)]
    email: Option<String>,
    #[serde(borrow)]
    data: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CustomerData {
    #[serde(default)]
    id: Option<String>,
    email: String,
    #[serde(default)]
    first_name: Option<String>,
    #[serde(default)]
    last_name: Option<String>,
    #[serde(default)]
    display_name: Option<String>,
    #[serde(default)]
    phone: Option<String>,
    #[serde(default)]
    profile_photo: Option<String>,
    #[serde(default)]
    status: CustomerStatus,
    #[serde(default)]
    total_orders: u64,
    #[serde(default)]
    total_spent: Amount,
    #[serde(default)]
    lifetime_value: Amount,
}

/// # Errors
/// [`LineError`] names the wrong field.
pub fn parse(line: &[u8]) -> Result<ImportLine, LineError> {
    if line.len() > MAX_LINE {
        return Err(LineError(format!("the line is longer than {MAX_LINE} bytes")));
    }
    let text = std::str::from_utf8(line).map_err(|_| LineError::new("the line is not UTF-8"))?;
    let envelope = read::<ImportEnvelope<'_>>(text, "")?;
    let organization = OrganizationId::new(envelope.organization);
    if let ImportLineKind::Customer = envelope.kind {
        if envelope.customer.is_some() || envelope.email.is_some() {
            return Err(LineError::new("a customer's id and email belong in \"data\""));
        }
        let customer = customer(read(envelope.data.get(), "data.")?)?;
        return Ok(ImportLine::Customer { organization, customer });
    }
    let owner = owner(envelope.customer, envelope.email)?;
    let data = envelope.data.get();
    let (kind, record) = match envelope.kind {
        ImportLineKind::Booking => (RecordKind::Booking, record::<Booking>(data)?),
        ImportLineKind::Enquiry => (RecordKind::Enquiry, record::<Enquiry>(data)?),
        ImportLineKind::Order | ImportLineKind::Customer => (RecordKind::Order, record::<Order>(data)?),
    };
    Ok(ImportLine::Record { organization, owner, kind, record })
}

/// Reads JSON; the error names the wrong field.
fn read<'a, T: Deserialize<'a>>(text: &'a str, before: &str) -> Result<T, LineError> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = serde_path_to_error::deserialize::<_, T>(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        let because = inner.to_string();
        let because = because.split(" at line ").next().unwrap_or_default();
        match (inner.is_data(), path.as_str()) {
            (false, _) => LineError(format!("not valid JSON: {because}")),
            (true, ".") => LineError(because.to_owned()),
            (true, path) => LineError(format!("\"{before}{path}\" {because}")),
        }
    })?;
    deserializer.end().map_err(|_| LineError::new("there is more than one value in the line"))?;
    Ok(read)
}

fn record<T: ListedRecord + DeserializeOwned>(data: &str) -> Result<Record, LineError> {
    read::<T>(data, "data.")?.record().ok_or_else(|| LineError::new("the record cannot be written"))
}

fn owner(customer: Option<String>, email: Option<String>) -> Result<RecordOwner, LineError> {
    match (customer, email) {
        (Some(id), None) => customer_id(&id, "customer").map(RecordOwner::Customer),
        (None, Some(email)) => Ok(RecordOwner::Address(address(&email, "email")?.uncomposed())),
        _ => Err(LineError::new("one of \"customer\" and \"email\" must say whose it is")),
    }
}

fn address(text: &str, field: &str) -> Result<EmailAddress, LineError> {
    EmailAddress::parse(text).map_err(|error| LineError(format!("\"{field}\" was refused: {error}")))
}

/// `cust_` and 1 to 64 letters, digits, dashes or underscores, because other characters have a meaning in
/// store keys.
fn customer_id(text: &str, field: &str) -> Result<CustomerId, LineError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let rest = text.strip_prefix("cust_").unwrap_or_default();
    if (1..=64).contains(&rest.len()) && rest.bytes().all(allowed) {
        Ok(CustomerId::new(text))
    } else {
        let rule = "must be cust_ and 1 to 64 letters, digits, dashes or underscores";
        Err(LineError(format!("\"{field}\" {rule}")))
    }
}

fn customer(data: CustomerData) -> Result<CustomerLine, LineError> {
    let fields = [
        (ProfileField::FirstName, data.first_name),
        (ProfileField::LastName, data.last_name),
        (ProfileField::DisplayName, data.display_name),
        (ProfileField::Phone, data.phone),
        (ProfileField::ProfilePhoto, data.profile_photo),
    ];
    let mut profile = ProfileChange::default();
    for (field, value) in fields {
        if let Some(value) = value {
            let refused = |error| LineError(format!("\"data.{}\" {error}", field.name()));
            profile.set(field, Some(&value)).map_err(refused)?;
        }
    }
    Ok(CustomerLine {
        id: data.id.map(|id| customer_id(&id, "data.id")).transpose()?,
        email: address(&data.email, "data.email")?,
        standing: CustomerStanding {
            status: data.status,
            total_orders: data.total_orders,
            total_spent: data.total_spent,
            lifetime_value: data.lifetime_value,
        },
        profile,
    })
}

#[cfg(test)]
#[path = "import_tests.rs"]
mod tests;
