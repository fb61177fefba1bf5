//! Imports customers and their records from the organization's own systems. Every line is idempotent, so an
//! interrupted import is simply repeated.

mod lines;

pub use lines::{BatchPosition, LineReader};

use std::collections::{BTreeMap, BTreeSet};

use tokio::task::JoinSet;

use super::{Context, InternalError, Result};
use crate::ports::store::{CustomerPutOutcome, ImportedCustomer, RecordsPutOutcome, WriteCounts};
use crate::protocol::address::EmailAddress;
use crate::protocol::end_user::{Account, CustomerSeed};
use crate::protocol::id::{CustomerId, OrganizationId, UserId};
use crate::protocol::import::{self, CustomerLine, ImportLine, RecordOwner};
use crate::protocol::record::{CustomerKey, Record, RecordKind};

/// The maximum number of concurrent store calls.
const ABREAST: usize = 128;
/// The maximum number of records in one call.
const TOGETHER: usize = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct LineCounts {
    /// Lines that were read, without empty ones.
    pub lines: u64,
    /// Customers and records that were new.
    pub created: u64,
    /// Customers and records that changed.
    pub updated: u64,
    /// Customers and records that were stored already with the same contents.
    pub unchanged: u64,
    pub refused: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RefusedLine {
    /// The line's number, beginning with 1.
    pub line: u64,
    pub because: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BatchOutcome {
    pub tally: LineCounts,
    /// The refused lines, sorted by number.
    pub refusals: Vec<RefusedLine>,
}

impl LineCounts {
    pub fn add(&mut self, other: &Self) {
        let pairs = [
            (&mut self.lines, other.lines),
            (&mut self.created, other.created),
            (&mut self.updated, other.updated),
            (&mut self.unchanged, other.unchanged),
            (&mut self.refused, other.refused),
        ];
        for (sum, more) in pairs {
            *sum = sum.saturating_add(more);
        }
    }

    fn add_writes(&mut self, written: &WriteCounts) {
        let WriteCounts { created, updated, unchanged } = *written;
        self.add(&Self { created, updated, unchanged, ..Self::default() });
    }
}

impl BatchOutcome {
    fn refuse(&mut self, line: u64, because: impl Into<String>) {
        self.tally.refused = self.tally.refused.saturating_add(1);
        self.refusals.push(RefusedLine { line, because: because.into() });
    }

    fn add(&mut self, other: Self) {
        self.tally.add(&other.tally);
        self.refusals.extend(other.refusals);
    }
}

type RecordGroup = (OrganizationId, RecordOwner, RecordKind);

/// Imports a batch of numbered lines. Customers are written first, so that a record may come before its
/// customer.
///
/// # Errors
/// [`InternalError`] when the store fails: the batch may be imported in part, and can be repeated.
pub async fn import(cx: &Context, lines: impl IntoIterator<Item = (u64, &[u8])>) -> Result<BatchOutcome> {
    let mut outcome = BatchOutcome::default();
    // Lines of the same customer keep their order.
    let mut customers = BTreeMap::<(OrganizationId, String), Vec<(u64, CustomerLine)>>::new();
    let mut records = BTreeMap::<RecordGroup, Vec<(u64, Record)>>::new();
    for (number, line) in lines {
        outcome.tally.lines = outcome.tally.lines.saturating_add(1);
        let known =
            import::parse(line).map_err(|error| error.0).and_then(|line| of_known_organization(cx, line));
        match known {
            Err(because) => outcome.refuse(number, because),
            Ok(ImportLine::Customer { organization, customer }) => {
                let key = (organization, customer.email.normalized().to_owned());
                customers.entry(key).or_default().push((number, customer));
            }
            Ok(ImportLine::Record { organization, owner, kind, record }) => {
                records.entry((organization, owner, kind)).or_default().push((number, record));
            }
        }
    }
    let put = |((organization, _), lines): ((OrganizationId, String), Vec<_>)| {
        let cx = cx.clone();
        async move { put_customers(&cx, &organization, &lines).await }
    };
    outcome.add(abreast(customers.into_iter().map(put)).await?);
    let put = |(group, lines): (RecordGroup, Vec<_>)| {
        let cx = cx.clone();
        async move { put_group(&cx, group, lines).await }
    };
    outcome.add(abreast(records.into_iter().map(put)).await?);
    outcome.refusals.sort_by_key(|refusal| refusal.line);
    Ok(outcome)
}

/// Runs tasks with bounded concurrency and adds up their outcomes.
async fn abreast(
    tasks: impl Iterator<Item = impl Future<Output = Result<BatchOutcome>> + Send + 'static>,
) -> Result<BatchOutcome> {
    let (mut running, mut sum) = (JoinSet::new(), BatchOutcome::default());
    let mut take = |done: Option<Result<Result<BatchOutcome>, tokio::task::JoinError>>| {
        match done {
            Some(Ok(outcome)) => sum.add(outcome?),
            Some(Err(_)) => {
                return Err(InternalError::Unexpected("a task of the import panicked or was cancelled"));
            }
            None => {}
        }
        Ok(())
    };
    for task in tasks {
        if running.len() >= ABREAST {
            take(running.join_next().await)?;
        }
        running.spawn(task);
    }
    while !running.is_empty() {
        take(running.join_next().await)?;
    }
    Ok(sum)
}

fn of_known_organization(cx: &Context, line: ImportLine) -> Result<ImportLine, String> {
    let (ImportLine::Customer { organization, .. } | ImportLine::Record { organization, .. }) = &line;
    if cx.policy.organization(organization).is_some() {
        Ok(line)
    } else {
        Err("\"organization\" is not one of the configuration".to_owned())
    }
}

async fn put_customers(
    cx: &Context,
    organization: &OrganizationId,
    lines: &[(u64, CustomerLine)],
) -> Result<BatchOutcome> {
    let mut outcome = BatchOutcome::default();
    for (number, line) in lines {
        match put_customer(cx, organization, line).await {
            Err(PutCustomerError::Internal(error)) => return Err(error),
            Err(PutCustomerError::Refused(because)) => outcome.refuse(*number, because),
            Ok(put) => {
                let one = match put {
                    CustomerPutOutcome::Created => WriteCounts { created: 1, ..WriteCounts::default() },
                    CustomerPutOutcome::Updated => WriteCounts { updated: 1, ..WriteCounts::default() },
                    CustomerPutOutcome::Unchanged | CustomerPutOutcome::Other => {
                        WriteCounts { unchanged: 1, ..WriteCounts::default() }
                    }
                };
                outcome.tally.add_writes(&one);
            }
        }
    }
    Ok(outcome)
}

/// Why a customer is not written.
enum PutCustomerError {
    /// The line does not fit what is stored.
    Refused(&'static str),
    Internal(InternalError),
}

impl<E: Into<InternalError>> From<E> for PutCustomerError {
    fn from(error: E) -> Self {
        Self::Internal(error.into())
    }
}

const OTHER_CUSTOMER: &str = "another customer is linked to this address";

/// Creates or finds the account of the address, the customer's place, the link between them and the record.
/// Each step can be repeated.
async fn put_customer(
    cx: &Context,
    organization: &OrganizationId,
    line: &CustomerLine,
) -> Result<CustomerPutOutcome, PutCustomerError> {
    let address = cx.account_key(organization, &line.email).await?;
    let proposed = Account {
        user: UserId::from_random(&cx.random()),
        organization: organization.clone(),
        email: line.email.clone(),
        customer: None,
        created_at: cx.clock.now(),
    };
    let account = cx.stores.ensure_account(&address, &proposed).await?.into_account();
    let seed = match &account.customer {
        Some(seed) if line.id.as_ref().is_some_and(|id| *id != seed.id) => {
            return Err(PutCustomerError::Refused(OTHER_CUSTOMER));
        }
        Some(seed) => seed.clone(),
        None => CustomerSeed {
            id: line.id.clone().unwrap_or_else(|| CustomerId::from_random(&cx.random())),
            number: cx.stores.next_customer_number(organization).await?,
        },
    };
    let key = CustomerKey { organization: organization.clone(), customer: seed.id.clone() };
    if !cx.stores.assign_customer(&key, &account.user).await? {
        return Err(PutCustomerError::Refused("this customer is linked to another address"));
    }
    let account = match account.customer {
        Some(_) => account,
        None => match cx.stores.link_customer(&address, &seed).await? {
            Some(linked) if linked.customer.as_ref() == Some(&seed) => linked,
            _ => return Err(PutCustomerError::Refused(OTHER_CUSTOMER)),
        },
    };
    let imported = ImportedCustomer { seed, standing: line.standing, profile: line.profile.clone() };
    let bucket = cx.subject_bucket(&account.user);
    match cx.stores.put_customer(bucket, &account, &imported, cx.clock.now()).await? {
        CustomerPutOutcome::Other => Err(PutCustomerError::Refused(OTHER_CUSTOMER)),
        put => Ok(put),
    }
}

const UNKNOWN_CUSTOMER: &str = "nobody knows this customer: import them first";

async fn put_group(
    cx: &Context,
    (organization, owner, kind): RecordGroup,
    lines: Vec<(u64, Record)>,
) -> Result<BatchOutcome> {
    let mut outcome = BatchOutcome::default();
    let Some(key) = find(cx, organization, owner).await? else {
        for (number, _) in lines {
            outcome.refuse(number, UNKNOWN_CUSTOMER);
        }
        return Ok(outcome);
    };
    for batch in batches(lines) {
        let (numbers, records): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        match cx.stores.put_records(&key, kind, &records).await? {
            RecordsPutOutcome::Written(written) => outcome.tally.add_writes(&written),
            RecordsPutOutcome::UnknownCustomer => {
                for number in numbers {
                    outcome.refuse(number, UNKNOWN_CUSTOMER);
                }
            }
        }
    }
    Ok(outcome)
}

/// The customer who owns the records. For an address with an account, a missing place for records is created.
async fn find(cx: &Context, organization: OrganizationId, owner: RecordOwner) -> Result<Option<CustomerKey>> {
    let address = match owner {
        RecordOwner::Customer(customer) => return Ok(Some(CustomerKey { organization, customer })),
        RecordOwner::Address(compared) => {
            cx.account_key(&organization, &EmailAddress::stored(compared)).await?
        }
    };
    let Some(account) = cx.stores.peek_account(&address).await? else { return Ok(None) };
    let Some(seed) = account.customer else { return Ok(None) };
    let key = CustomerKey { organization, customer: seed.id };
    Ok(cx.stores.assign_customer(&key, &account.user).await?.then_some(key))
}

/// Batches of records for one call each, in order and with unique ids.
fn batches(lines: Vec<(u64, Record)>) -> Vec<Vec<(u64, Record)>> {
    let (mut batches, mut batch, mut ids) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (number, record) in lines {
        if batch.len() >= TOGETHER || ids.contains(&record.id) {
            batches.push(std::mem::take(&mut batch));
            ids.clear();
        }
        ids.insert(record.id.clone());
        batch.push((number, record));
    }
    batches.push(batch);
    batches
}
