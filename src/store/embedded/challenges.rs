//! The verbs of challenges and accounts.

use std::time::Duration;

use async_trait::async_trait;

use super::limits::SendLimits;
use super::rows::{NEVER, RowKind, Rows, Transaction};
use super::{EmbeddedStore, Verb};
use crate::ports::store::{
    AddressLookup, AttemptOutcome, ChallengeStore, ResendCode, Result, SendOutcome, StoreError,
};
use crate::protocol::challenge::{
    self, Challenge, CodeDelivery, CodePolicy, FailureBudget, NewChallenge, ResendDecision, TryCode,
    TryVerdict,
};
use crate::protocol::end_user::{Account, CustomerSeed};
use crate::protocol::id::{AddressKey, ChallengeId, KnownDeviceId};
use crate::protocol::network::ClientNetwork;
use crate::protocol::policy::SendPolicy;

/// How long a challenge is kept after its last code expired, so that it is told from an unknown one.
const KEPT: Duration = Duration::from_secs(3600);

/// # Errors
/// [`StoreError`], as specified by [`ChallengeStore::open_challenge`].
fn open_challenge(
    transaction: &mut Transaction<'_>,
    new: &NewChallenge,
    network: &ClientNetwork,
    codes: &CodePolicy,
    sends: &SendPolicy,
) -> Result<SendOutcome> {
    if let Some(known) = peek_challenge(transaction, &new.id)? {
        if known.last_send == new.attempt {
            return sent_outcome(transaction, &known);
        }
        return Ok(SendOutcome::Repeated { sent: last_sent(&known)? });
    }
    let limits = SendLimits::read(transaction, &new.address_key, new.device.as_ref(), network, sends)?;
    if let Some(retry_after) = limits.wait(new.now) {
        return Ok(SendOutcome::Limited { retry_after });
    }
    let budget = budget(transaction, &new.address_key, new.device.as_ref())?;
    let opened = challenge::open(new, &budget, codes);
    limits.count(transaction, new.now)?;
    put_challenge(transaction, &opened, codes)?;
    sent_outcome(transaction, &opened)
}

/// # Errors
/// [`StoreError`], as specified by [`ChallengeStore::resend_code`].
fn resend_code(
    transaction: &mut Transaction<'_>,
    resend: &ResendCode,
    network: &ClientNetwork,
    codes: &CodePolicy,
    sends: &SendPolicy,
) -> Result<SendOutcome> {
    let known = peek_challenge(transaction, &resend.id)?;
    let ours = |known: &Challenge| {
        (&known.organization, known.address_key) == (&resend.organization, resend.address_key)
    };
    let Some(known) = known.filter(ours) else { return Ok(SendOutcome::Expired) };
    let budget = budget(transaction, &known.address_key, known.device.as_ref())?;
    let next = match challenge::resend(&known, &resend.candidates, resend.attempt, &budget, codes, resend.now)
    {
        ResendDecision::Send(next) => next,
        ResendDecision::Again => return sent_outcome(transaction, &known),
        ResendDecision::TooSoon { retry_after } => return Ok(SendOutcome::TooSoon { retry_after }),
        ResendDecision::Expired => return Ok(SendOutcome::Expired),
        ResendDecision::Spent => return Ok(SendOutcome::Spent),
    };
    let limits = SendLimits::read(transaction, &known.address_key, known.device.as_ref(), network, sends)?;
    if let Some(retry_after) = limits.wait(resend.now) {
        return Ok(SendOutcome::Limited { retry_after });
    }
    limits.count(transaction, resend.now)?;
    put_challenge(transaction, &next, codes)?;
    sent_outcome(transaction, &next)
}

/// # Errors
/// [`StoreError`], as specified by [`ChallengeStore::peek_challenge`].
fn peek_challenge(rows: &impl Rows, id: &ChallengeId) -> Result<Option<Challenge>> {
    rows.get(RowKind::Challenges, &challenge_key(id))
}

/// # Errors
/// [`StoreError`], as specified by [`ChallengeStore::try_code`].
fn try_code(
    transaction: &mut Transaction<'_>,
    id: &ChallengeId,
    try_: &TryCode,
    codes: &CodePolicy,
) -> Result<AttemptOutcome> {
    let Some(known) = peek_challenge(transaction, id)? else { return Ok(AttemptOutcome::Unknown) };
    let budget = budget(transaction, &known.address_key, known.device.as_ref())?;
    let decision = challenge::try_code(&known, try_, &budget, codes);
    let account = match decision.verdict {
        TryVerdict::Accepted => account(transaction, &known.address_key)?,
        TryVerdict::Wrong { .. } | TryVerdict::Expired | TryVerdict::Spent | TryVerdict::Retired => None,
    };
    if let Some(after) = &decision.challenge {
        put_challenge(transaction, after, codes)?;
    }
    if let Some(after) = &decision.budget {
        // The row counts failures and also tells which codes were retired when the budget was used up, so it
        // outlives both.
        let garbage_at = try_.now.plus(known.failure_limit(codes).window.max(codes.lifetime));
        let key = budget_key(&known.address_key, known.device.as_ref());
        transaction.put(RowKind::FailureBudgets, key, after, garbage_at)?;
    }
    let budget_used_up = decision.verdict == TryVerdict::Retired && decision.budget.is_some();
    Ok(AttemptOutcome::Judged { verdict: decision.verdict, account, budget_used_up })
}

/// # Errors
/// [`StoreError`], as specified by [`ChallengeStore::ensure_account`].
fn ensure_account(
    transaction: &mut Transaction<'_>,
    address: &AddressKey,
    proposed: &Account,
) -> Result<AddressLookup> {
    if let Some(known) = account(transaction, address)? {
        return Ok(AddressLookup::Existing(known));
    }
    transaction.put(RowKind::Accounts, address.as_bytes(), proposed, NEVER)?;
    Ok(AddressLookup::Created(proposed.clone()))
}

/// # Errors
/// [`StoreError`], as specified by [`ChallengeStore::link_customer`].
fn link_customer(
    transaction: &mut Transaction<'_>,
    address: &AddressKey,
    seed: &CustomerSeed,
) -> Result<Option<Account>> {
    let Some(mut known) = account(transaction, address)? else { return Ok(None) };
    if known.customer.is_none() {
        known.customer = Some(seed.clone());
        transaction.put(RowKind::Accounts, address.as_bytes(), &known, NEVER)?;
    }
    Ok(Some(known))
}

fn sent_outcome(rows: &impl Rows, challenge: &Challenge) -> Result<SendOutcome> {
    Ok(SendOutcome::Sent { sent: last_sent(challenge)?, account: account(rows, &challenge.address_key)? })
}

fn last_sent(challenge: &Challenge) -> Result<CodeDelivery> {
    challenge.last_sent().ok_or_else(|| StoreError::Corrupt("a challenge without a code".to_owned()))
}

fn account(rows: &impl Rows, address: &AddressKey) -> Result<Option<Account>> {
    rows.get(RowKind::Accounts, address.as_bytes())
}

fn budget(rows: &impl Rows, address: &AddressKey, device: Option<&KnownDeviceId>) -> Result<FailureBudget> {
    Ok(rows.get(RowKind::FailureBudgets, &budget_key(address, device))?.unwrap_or_default())
}

fn put_challenge(transaction: &mut Transaction<'_>, challenge: &Challenge, codes: &CodePolicy) -> Result<()> {
    let garbage_at = challenge.expires_at(codes).plus(KEPT);
    transaction.put(RowKind::Challenges, challenge_key(&challenge.id), challenge, garbage_at)
}

/// The bucket comes first, because an id begins with the number of its MAC key.
fn challenge_key(id: &ChallengeId) -> Vec<u8> {
    [id.bucket().to_bytes().as_slice(), id.as_bytes()].concat()
}

fn budget_key(address: &AddressKey, device: Option<&KnownDeviceId>) -> Vec<u8> {
    let device = device.map_or([].as_slice(), |device| device.as_bytes());
    [address.as_bytes().as_slice(), device].concat()
}

#[async_trait]
impl ChallengeStore for EmbeddedStore {
    async fn open_challenge(
        &self,
        new: &NewChallenge,
        network: &ClientNetwork,
        codes: &CodePolicy,
        sends: &SendPolicy,
    ) -> Result<SendOutcome> {
        let (new, network, codes, sends) = (new.clone(), network.clone(), *codes, *sends);
        self.write(Verb::OpenChallenge, move |transaction| {
            open_challenge(transaction, &new, &network, &codes, &sends)
        })
        .await
    }

    async fn resend_code(
        &self,
        resend: &ResendCode,
        network: &ClientNetwork,
        codes: &CodePolicy,
        sends: &SendPolicy,
    ) -> Result<SendOutcome> {
        let (resend, network, codes, sends) = (resend.clone(), network.clone(), *codes, *sends);
        self.write(Verb::ResendCode, move |transaction| {
            resend_code(transaction, &resend, &network, &codes, &sends)
        })
        .await
    }

    async fn peek_challenge(&self, id: &ChallengeId) -> Result<Option<Challenge>> {
        self.read(move |rows| peek_challenge(rows, id)).await
    }

    async fn try_code(&self, id: &ChallengeId, try_: &TryCode, codes: &CodePolicy) -> Result<AttemptOutcome> {
        let (id, try_, codes) = (*id, try_.clone(), *codes);
        self.write(Verb::TryCode, move |transaction| try_code(transaction, &id, &try_, &codes)).await
    }

    async fn ensure_account(&self, address: &AddressKey, proposed: &Account) -> Result<AddressLookup> {
        let (address, proposed) = (*address, proposed.clone());
        self.write(Verb::EnsureAccount, move |transaction| ensure_account(transaction, &address, &proposed))
            .await
    }

    async fn peek_account(&self, address: &AddressKey) -> Result<Option<Account>> {
        self.read(move |rows| account(rows, address)).await
    }

    async fn link_customer(&self, address: &AddressKey, seed: &CustomerSeed) -> Result<Option<Account>> {
        let (address, seed) = (*address, seed.clone());
        self.write(Verb::LinkCustomer, move |transaction| link_customer(transaction, &address, &seed)).await
    }
}
