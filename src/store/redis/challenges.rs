//! The verbs of challenges and accounts.

use std::time::Duration;

use async_trait::async_trait;
use redis::Value;

use super::RedisStore;
use super::challenge_row::{CHALLENGE_FIELDS, form_of, new_fields, read_challenge, reference};
use super::row::{RowReader, corrupt, read_account, span, write_account};
use super::script::RedisCall;
use crate::ports::store::{AddressLookup, AttemptOutcome, ChallengeStore, ResendCode, Result, SendOutcome};
use crate::protocol::budget::Limit;
use crate::protocol::challenge::{Challenge, CodeDelivery, CodePolicy, NewChallenge, TryCode, TryVerdict};
use crate::protocol::code::Reference;
use crate::protocol::end_user::{Account, CustomerSeed};
use crate::protocol::id::{AddressKey, ChallengeId};
use crate::protocol::network::ClientNetwork;
use crate::protocol::policy::SendPolicy;

/// How long a challenge is kept after its last code expired, so that a late attempt is told why it fails.
const AFTER_DEATH: Duration = Duration::from_secs(60 * 60);

#[async_trait]
impl ChallengeStore for RedisStore {
    async fn open_challenge(
        &self,
        new: &NewChallenge,
        network: &ClientNetwork,
        codes: &CodePolicy,
        sends: &SendPolicy,
    ) -> Result<SendOutcome> {
        let address = &new.address_key;
        let budget = new.device.map_or_else(
            || self.keys.of_address('b', address),
            |device| self.keys.with_device('b', address, &device),
        );
        let budget_limit =
            if new.device.is_some() { codes.known_device_failures } else { codes.address_failures };
        let logs = new.device.map_or_else(
            || {
                vec![
                    (self.keys.with_network(address, network), sends.per_address_and_network),
                    (self.keys.of_address('l', address), sends.per_address),
                ]
            },
            |device| vec![(self.keys.with_device('d', address, &device), sends.per_known_device)],
        );
        let [first_wait, ..] = codes.resend_waits;
        let [first, _] = &new.candidates.references;
        let (challenge, account) = (self.challenge_key(&new.id), self.keys.of_address('a', address));
        let mut keys = vec![challenge.as_str(), &budget, &account];
        keys.extend(logs.iter().map(|(key, _)| key.as_str()));
        let limits = logs.iter().flat_map(|(_, limit)| limit_args(*limit)).collect::<Vec<_>>();
        let call = RedisCall::script(&self.scripts.open_challenge, &keys)
            .arg(self.offset.to_store(new.now))
            .arg(self.offset.to_store(new.now.plus(first_wait)))
            .arg(challenge_life(codes))
            .arg(&limit_args(budget_limit))
            .arg(new.candidates.digits.encode())
            .arg(new.candidates.letters.encode())
            .arg(first.as_str())
            .arg(limits.len())
            .arg(limits)
            .arg(new.attempt.encode())
            .arg(new_fields(new).into_row(self.format.get()));
        read_sending(RowReader::new(self.client.call(call).await?, &self.offset)?)
    }

    async fn resend_code(
        &self,
        resend: &ResendCode,
        network: &ClientNetwork,
        codes: &CodePolicy,
        sends: &SendPolicy,
    ) -> Result<SendOutcome> {
        let address = &resend.address_key;
        if resend.id.bucket() != address.bucket() {
            // The challenge belongs to another address, whose keys have another hash tag.
            return Ok(SendOutcome::Expired);
        }
        let keys = [
            &*self.challenge_key(&resend.id),
            &*self.keys.of_address('a', address),
            &*self.keys.with_network(address, network),
            &*self.keys.of_address('l', address),
        ];
        let [_, second_wait, later_wait] = codes.resend_waits;
        let [first, second] = &resend.candidates.references;
        let call = RedisCall::script(&self.scripts.resend_code, &keys)
            .arg(self.offset.to_store(resend.now))
            .arg(resend.organization.as_str())
            .arg(address.encode())
            .arg(resend.attempt.encode())
            .arg(resend.candidates.digits.encode())
            .arg(resend.candidates.letters.encode())
            .arg(first.as_str())
            .arg(second.as_str())
            .arg(span(codes.lifetime))
            .arg(codes.attempts)
            .arg(span(second_wait))
            .arg(span(later_wait))
            .arg(challenge_life(codes))
            .arg(self.keys.of_address('b', address))
            .arg(format!("{}:", self.keys.of_address('d', address)))
            .arg(&limit_args(codes.address_failures))
            .arg(&limit_args(codes.known_device_failures))
            .arg(&limit_args(sends.per_address_and_network))
            .arg(&limit_args(sends.per_address))
            .arg(&limit_args(sends.per_known_device));
        read_sending(RowReader::new(self.client.call(call).await?, &self.offset)?)
    }

    async fn peek_challenge(&self, id: &ChallengeId) -> Result<Option<Challenge>> {
        let call = RedisCall::row(&self.challenge_key(id), &CHALLENGE_FIELDS);
        read_challenge(&mut RowReader::new(self.client.call(call).await?, &self.offset)?, id)
    }

    async fn try_code(&self, id: &ChallengeId, try_: &TryCode, codes: &CodePolicy) -> Result<AttemptOutcome> {
        // Longer than any failure counts, and than codes live that were retired when the budget was used
        // up.
        let windows = codes.address_failures.window.max(codes.known_device_failures.window);
        let budget_life = windows.max(codes.lifetime).saturating_add(AFTER_DEATH);
        let call = RedisCall::script(&self.scripts.try_code, &[&self.challenge_key(id)])
            .arg(self.offset.to_store(try_.now))
            .arg(try_.digest.encode())
            .arg(try_.reference.as_ref().map_or("", Reference::as_str))
            .arg(try_.attempt.encode())
            .arg(span(codes.lifetime))
            .arg(codes.attempts)
            .arg(&limit_args(codes.address_failures))
            .arg(&limit_args(codes.known_device_failures))
            .arg(span(budget_life))
            .arg(self.keys.kind(id.bucket(), 'b'))
            .arg(self.keys.kind(id.bucket(), 'a'));
        let answer = self.client.call(call).await?;
        if matches!(answer, Value::Nil) {
            return Ok(AttemptOutcome::Unknown);
        }
        let mut answer = RowReader::new(answer, &self.offset)?;
        let (word, left, used_up) = (answer.text()?, answer.number()?, answer.text()?);
        let verdict = match word.as_str() {
            "accepted" => TryVerdict::Accepted,
            "wrong" => TryVerdict::Wrong { left },
            "expired" => TryVerdict::Expired,
            "spent" => TryVerdict::Spent,
            "retired" => TryVerdict::Retired,
            _ => return Err(corrupt("a verdict cannot be read")),
        };
        let account = match verdict {
            TryVerdict::Accepted => read_account(&mut answer.row()?)?,
            _ => None,
        };
        Ok(AttemptOutcome::Judged { verdict, account, budget_used_up: used_up == "1" })
    }

    async fn ensure_account(&self, address: &AddressKey, proposed: &Account) -> Result<AddressLookup> {
        let call = RedisCall::script(&self.scripts.ensure_account, &[&self.keys.of_address('a', address)])
            .arg(write_account(proposed, &self.offset).into_row(self.format.get()));
        let mut answer = RowReader::new(self.client.call(call).await?, &self.offset)?;
        let word = answer.text()?;
        let account = read_account(&mut answer.row()?)?.ok_or_else(|| corrupt("an account is missing"))?;
        Ok(if word == "created" { AddressLookup::Created(account) } else { AddressLookup::Existing(account) })
    }

    async fn peek_account(&self, address: &AddressKey) -> Result<Option<Account>> {
        let key = self.keys.of_address('a', address);
        let call = RedisCall::row(&key, &["u", "o", "e", "c", "i", "n"]);
        read_account(&mut RowReader::new(self.client.call(call).await?, &self.offset)?)
    }

    async fn link_customer(&self, address: &AddressKey, seed: &CustomerSeed) -> Result<Option<Account>> {
        let call = RedisCall::script(&self.scripts.link_customer, &[&self.keys.of_address('a', address)])
            .arg(seed.id.as_str())
            .arg(seed.number);
        read_account(&mut RowReader::new(self.client.call(call).await?, &self.offset)?)
    }
}

impl RedisStore {
    fn challenge_key(&self, id: &ChallengeId) -> String {
        self.keys.named(id.bucket(), 'c', id.encode())
    }
}

fn challenge_life(codes: &CodePolicy) -> u64 {
    span(codes.lifetime.saturating_add(AFTER_DEATH))
}

pub(super) fn limit_args(limit: Limit) -> [u64; 2] {
    [u64::from(limit.count), span(limit.window)]
}

fn read_sending(mut answer: RowReader<'_>) -> Result<SendOutcome> {
    match answer.text()?.as_str() {
        word @ ("sent" | "repeated") => {
            let form = form_of(&answer.text()?)?;
            let reference = reference(&answer.text()?)?;
            let (next_send_at, sent_at) = (answer.time()?, answer.time()?);
            let sent = CodeDelivery { form, reference, next_send_at, sent_at };
            if word == "repeated" {
                return Ok(SendOutcome::Repeated { sent });
            }
            Ok(SendOutcome::Sent { sent, account: read_account(&mut answer.row()?)? })
        }
        "too_soon" => Ok(SendOutcome::TooSoon { retry_after: answer.wait()? }),
        "limited" => Ok(SendOutcome::Limited { retry_after: answer.wait()? }),
        "expired" => Ok(SendOutcome::Expired),
        "spent" => Ok(SendOutcome::Spent),
        _ => Err(corrupt("a sending cannot be read")),
    }
}
