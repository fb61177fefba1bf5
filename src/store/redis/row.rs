//! Conversion between types and Redis fields. Stored times are those of the reference node, all others those
//! of the host.

use std::str::FromStr;
use std::time::Duration;

use redis::Value;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::script::MARK;
use super::settings::ClockOffset;
use crate::ports::store::{Result, StoreError};
use crate::protocol::address::EmailAddress;
use crate::protocol::end_user::{Account, Customer, CustomerSeed, EndUser};
use crate::protocol::grant::{Generation, Grant, GrantChannel, LateRepeat};
use crate::protocol::id::{AttemptId, ClientId, CustomerId, OrganizationId, Sid, UserId};
use crate::protocol::mac::MacKeyId;
use crate::protocol::network::ClientNetwork;
use crate::protocol::row_format::RowFormat;
use crate::protocol::scope::Scope;
use crate::protocol::time::{Timestamp, millis};
use crate::store::format::unknown;

/// How long rows with a short life are kept after their expiry, so that differing clocks do not lose them too
/// early.
pub(super) const A_LITTLE: Duration = Duration::from_secs(60);

/// The longest span passed to a script, over 35,000 years: numbers in scripts are exact only up to 2^53.
const LONGEST: u64 = 1 << 50;

/// Whole milliseconds, in the range that scripts can count.
pub(super) fn span(span: Duration) -> u64 {
    millis(span).min(LONGEST)
}

/// The error for data that this program did not write.
pub(super) fn corrupt(what: &str) -> StoreError {
    StoreError::Corrupt(format!("Redis: {what}"))
}

/// A value without times as JSON.
pub(super) fn to_json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|_| corrupt("a value cannot be written"))
}

/// JSON that is a row of its own, with its format mark.
pub(super) fn marked(json: &str, format: RowFormat) -> String {
    format.mark().map(char::from).into_iter().chain(json.chars()).collect()
}

/// JSON without its format mark, if it has one.
pub(super) fn without_mark(text: &str) -> Result<&str> {
    let (format, _) = RowFormat::split(text.as_bytes()).map_err(|format| unknown("Redis", format))?;
    let mark = usize::from(format.mark().is_some());
    text.get(mark..).ok_or_else(|| corrupt("a value cannot be read"))
}

/// The fields and values of a row to write.
#[derive(Default)]
pub(super) struct RowFields(Vec<String>);

impl RowFields {
    pub(super) fn set(mut self, field: &str, value: &(impl ToString + ?Sized)) -> Self {
        self.0.push(field.to_owned());
        self.0.push(value.to_string());
        self
    }

    pub(super) fn set_some(self, field: &str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.set(field, &value),
            None => self,
        }
    }

    /// All fields, with the format mark of the row.
    pub(super) fn into_row(mut self, format: RowFormat) -> Vec<String> {
        if let Some(mark) = format.mark() {
            self = self.set(MARK, &mark);
        }
        self.0
    }
}

/// Reads the values of an answer in order.
pub(super) struct RowReader<'a> {
    values: std::vec::IntoIter<Value>,
    offset: &'a ClockOffset,
}

impl<'a> RowReader<'a> {
    pub(super) fn new(value: Value, offset: &'a ClockOffset) -> Result<Self> {
        match value {
            Value::Array(values) => Ok(Self { values: values.into_iter(), offset }),
            _ => Err(corrupt("an answer is not a list")),
        }
    }

    pub(super) fn next(&mut self) -> Result<Value> {
        self.values.next().ok_or_else(|| corrupt("an answer is too short"))
    }

    pub(super) fn is_over(&self) -> bool {
        self.values.len() == 0
    }

    pub(super) fn row(&mut self) -> Result<Self> {
        Self::new(self.next()?, self.offset)
    }

    pub(super) fn optional(&mut self) -> Result<Option<String>> {
        match self.next()? {
            Value::Nil => Ok(None),
            Value::BulkString(bytes) => {
                String::from_utf8(bytes).map(Some).map_err(|_| corrupt("a value is not UTF-8"))
            }
            Value::SimpleString(text) => Ok(Some(text)),
            Value::Int(number) => Ok(Some(number.to_string())),
            _ => Err(corrupt("a value is of another kind")),
        }
    }

    pub(super) fn text(&mut self) -> Result<String> {
        self.optional()?.ok_or_else(|| corrupt("a value is missing"))
    }

    pub(super) fn number<T: FromStr>(&mut self) -> Result<T> {
        parse(&self.text()?)
    }

    pub(super) fn time(&mut self) -> Result<Timestamp> {
        Ok(self.offset.to_host(self.number()?))
    }

    pub(super) fn optional_time(&mut self) -> Result<Option<Timestamp>> {
        self.optional()?.map(|text| Ok(self.offset.to_host(parse(&text)?))).transpose()
    }

    pub(super) fn json<T: DeserializeOwned>(&mut self) -> Result<T> {
        self.optional_json()?.ok_or_else(|| corrupt("a value is missing"))
    }

    pub(super) fn optional_json<T: DeserializeOwned>(&mut self) -> Result<Option<T>> {
        let read = |text: String| {
            serde_json::from_str(without_mark(&text)?).map_err(|_| corrupt("a value cannot be read"))
        };
        self.optional()?.map(read).transpose()
    }

    pub(super) fn wait(&mut self) -> Result<Duration> {
        Ok(Duration::from_millis(self.number()?))
    }

    pub(super) fn email(&mut self) -> Result<EmailAddress> {
        self.text().map(EmailAddress::stored)
    }

    pub(super) const fn offset(&self) -> &'a ClockOffset {
        self.offset
    }
}

pub(super) fn parse<T: FromStr>(text: &str) -> Result<T> {
    text.parse().map_err(|_| corrupt("a number cannot be read"))
}

/// The fields of a grant in the order of `rotate_refresh.lua`.
pub(super) const GRANT_FIELDS: [&str; 20] =
    ["g", "r", "p", "k", "n", "t", "w", "e", "x", "v", "j", "o", "u", "c", "h", "s", "a", "m", "l", "q"];

/// Writes a grant. From format 2 on the scope has two fields, so that Redis keeps the hash compact.
pub(super) fn write_grant(grant: &Grant, offset: &ClockOffset, format: RowFormat) -> Vec<String> {
    let scope = grant.scope.to_string();
    let (scope, rest) = if format < RowFormat::MARKED { (scope.as_str(), None) } else { in_two(&scope) };
    RowFields::default()
        .set("g", &grant.generation.number())
        .set("r", &offset.to_store(grant.rotated_at))
        .set("p", &offset.to_store(grant.previous_rotated_at))
        .set("k", &grant.mac_key.number())
        .set("n", &u8::from(grant.seen))
        .set("t", &grant.last_attempt.encode())
        .set("w", &grant.last_network.as_str())
        .set("e", &offset.to_store(grant.expires_at))
        .set("x", &offset.to_store(grant.session_end))
        .set_some("v", grant.revoked_at.map(|at| offset.to_store(at)))
        .set_some("j", grant.jkt.as_ref())
        .set("o", &grant.organization)
        .set("u", &grant.user)
        .set("c", &grant.client)
        .set("h", &channel_word(grant.channel))
        .set("s", scope)
        .set("a", &offset.to_store(grant.auth_time))
        .set_some("m", extensions(grant))
        .set_some("l", grant.late_repeat.as_ref().map(|late| late_repeat(late, offset)))
        .set_some("q", rest)
        .into_row(format)
}

/// The longest value that keeps a Redis hash compact, in bytes (`hash-max-listpack-value`).
const COMPACT: usize = 64;

/// Splits a scope at a token boundary into a compact value and the rest.
fn in_two(scope: &str) -> (&str, Option<&str>) {
    if scope.len() <= COMPACT {
        return (scope, None);
    }
    let first = scope.get(..=COMPACT).and_then(|first| first.rfind(' '));
    match first.and_then(|at| scope.split_at_checked(at)) {
        Some((first, rest)) => (first, Some(rest.trim_start())),
        None => (scope, None),
    }
}

/// Time and network of a late repeat. Not JSON, so that scripts can read it, and far below 64 bytes
/// ([`COMPACT`]).
fn late_repeat(late: &LateRepeat, offset: &ClockOffset) -> String {
    format!("{} {}", offset.to_store(late.at), late.network.as_str())
}

fn read_late_repeat(text: &str, offset: &ClockOffset) -> Result<LateRepeat> {
    let (at, network) = text.split_once(' ').ok_or_else(|| corrupt("a late repeat cannot be read"))?;
    Ok(LateRepeat { at: offset.to_host(parse(at)?), network: ClientNetwork::from_stored(network) })
}

/// The extensions as JSON; serializing them cannot fail.
fn extensions(grant: &Grant) -> Option<String> {
    if grant.extensions.is_empty() { None } else { serde_json::to_string(&grant.extensions).ok() }
}

pub(super) fn read_grant(row: &mut RowReader<'_>, sid: &Sid) -> Result<Grant> {
    let mut grant = Grant {
        sid: *sid,
        generation: Generation::new(row.number()?),
        rotated_at: row.time()?,
        previous_rotated_at: row.time()?,
        mac_key: MacKeyId::new(row.number()?),
        seen: row.text()? == "1",
        last_attempt: AttemptId::parse(&row.text()?)
            .ok_or_else(|| corrupt("an attempt id cannot be read"))?,
        last_network: ClientNetwork::from_stored(&row.text()?),
        expires_at: row.time()?,
        session_end: row.time()?,
        revoked_at: row.optional_time()?,
        jkt: row.optional()?,
        organization: OrganizationId::new(row.text()?),
        user: UserId::new(row.text()?),
        client: ClientId::new(row.text()?),
        channel: channel_of(&row.text()?)?,
        scope: scope(&row.text()?)?,
        auth_time: row.time()?,
        extensions: row.optional_json()?.unwrap_or_default(),
        late_repeat: {
            let offset = row.offset();
            row.optional()?.map(|text| read_late_repeat(&text, offset)).transpose()?
        },
    };
    if let Some(rest) = row.optional()? {
        grant.scope = scope(&format!("{} {rest}", grant.scope))?;
    }
    Ok(grant)
}

fn scope(text: &str) -> Result<Scope> {
    Scope::parse(text).ok_or_else(|| corrupt("a scope cannot be read"))
}

const fn channel_word(channel: GrantChannel) -> &'static str {
    match channel {
        GrantChannel::Dom => "dom",
        GrantChannel::Public => "public",
        GrantChannel::Confidential => "confidential",
    }
}

fn channel_of(word: &str) -> Result<GrantChannel> {
    match word {
        "dom" => Ok(GrantChannel::Dom),
        "public" => Ok(GrantChannel::Public),
        "confidential" => Ok(GrantChannel::Confidential),
        _ => Err(corrupt("a channel cannot be read")),
    }
}

/// Fields: `o` organization, `e` address, `c` created at, `d` the customer as JSON, `f` the profile that the
/// customer changed, `k` claims set by the operator, `t` when profile or claims last changed, `i` the
/// customer's id again, which a refresh reads alone.
pub(super) fn write_end_user(user: &EndUser, offset: &ClockOffset) -> Result<RowFields> {
    let customer = user.customer.as_ref().map(to_json).transpose()?;
    Ok(RowFields::default()
        .set("o", &user.organization)
        .set("e", &user.email.as_typed())
        .set("c", &offset.to_store(user.created_at))
        .set_some("d", customer)
        .set_some("i", user.customer.as_ref().map(|customer| &customer.id)))
}

/// The fields of an end-user in the order of [`read_end_user`].
pub(super) const END_USER_FIELDS: [&str; 7] = ["o", "e", "c", "d", "f", "k", "t"];

pub(super) fn read_end_user(row: &mut RowReader<'_>, id: UserId) -> Result<EndUser> {
    let (organization, email) = (OrganizationId::new(row.text()?), row.email()?);
    let created_at = row.time()?;
    let mut customer = row.optional_json::<Customer>()?;
    if let (Some(customer), Some(profile)) = (&mut customer, row.optional_json()?) {
        customer.profile = profile;
    }
    let claims = row.optional_json()?.unwrap_or_default();
    let claims_changed_at = row.optional_time()?;
    Ok(EndUser { id, organization, email, created_at, customer, claims, claims_changed_at })
}

/// Fields: `u` user, `o` organization, `e` address, `c` created at, `i` and `n` id and number of the
/// customer.
pub(super) fn write_account(account: &Account, offset: &ClockOffset) -> RowFields {
    RowFields::default()
        .set("u", &account.user)
        .set("o", &account.organization)
        .set("e", &account.email.as_typed())
        .set("c", &offset.to_store(account.created_at))
        .set_some("i", account.customer.as_ref().map(|customer| &customer.id))
        .set_some("n", account.customer.as_ref().map(|customer| customer.number))
}

/// Reads `u`, `o`, `e`, `c`, `i`, `n`; `None` when the row does not exist.
pub(super) fn read_account(row: &mut RowReader<'_>) -> Result<Option<Account>> {
    let Some(user) = row.optional()? else { return Ok(None) };
    let organization = OrganizationId::new(row.text()?);
    let (email, created_at) = (row.email()?, row.time()?);
    let customer = match row.optional()? {
        Some(id) => Some(CustomerSeed { id: CustomerId::new(id), number: row.number()? }),
        None => None,
    };
    Ok(Some(Account { user: UserId::new(user), organization, email, customer, created_at }))
}
