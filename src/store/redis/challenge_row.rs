//! The row of a challenge.
//!
//! Fields: `o` organization, `k` address key, `m` address, `d` known device, `f` form of the codes, `l` valid
//! codes (`reference,digest,time;` each), `s` number of sends, `a` last attempt to send, `n` time of the
//! earliest next send, `z` failed attempts (`attempt,left,0|1;` each), `x` the attempt that succeeded, `w`
//! the caller that began it (`network,address`).

use super::row::{RowFields, RowReader, corrupt, parse};
use super::settings::ClockOffset;
use crate::ports::store::Result;
use crate::protocol::challenge::{Challenge, FailedAttempt, LiveCode, NewChallenge};
use crate::protocol::code::{CodeDigest, CodeForm, Reference};
use crate::protocol::id::{AddressKey, AttemptId, CallerKey, ChallengeId, KnownDeviceId, OrganizationId};
use crate::protocol::network::{CallerAddress, ClientNetwork};

/// The fields in the order of [`read_challenge`].
pub(super) const CHALLENGE_FIELDS: [&str; 12] = ["f", "l", "n", "s", "z", "o", "k", "m", "d", "a", "x", "w"];

/// The fields that `open_challenge.lua` writes in addition to its own.
pub(super) fn new_fields(new: &NewChallenge) -> RowFields {
    RowFields::default()
        .set("o", &new.organization)
        .set("k", &new.address_key.encode())
        .set("m", &new.email.as_typed())
        .set_some("d", new.device.map(|device| device.encode()))
        .set_some(
            "w",
            new.from.as_ref().map(|from| format!("{},{}", from.network.as_str(), from.key.encode())),
        )
}

/// `None` when the row does not exist.
pub(super) fn read_challenge(row: &mut RowReader<'_>, id: &ChallengeId) -> Result<Option<Challenge>> {
    let Some(form) = row.optional()? else { return Ok(None) };
    let form = form_of(&form)?;
    let offset = row.offset();
    let live = each(&row.text()?, |parts| live_code(parts, offset))?;
    let (next_send_at, sends) = (row.time()?, row.number()?);
    let failures = each(&row.text()?, failure)?;
    Ok(Some(Challenge {
        id: *id,
        form,
        live,
        next_send_at,
        sends,
        failures,
        organization: OrganizationId::new(row.text()?),
        address_key: AddressKey::parse(&row.text()?)
            .ok_or_else(|| corrupt("an address key cannot be read"))?,
        email: row.email()?,
        device: row
            .optional()?
            .map(|text| KnownDeviceId::parse(&text).ok_or_else(|| corrupt("a device id cannot be read")))
            .transpose()?,
        last_send: attempt(&row.text()?)?,
        spent_by: row.optional()?.map(|text| attempt(&text)).transpose()?,
        from: row.optional()?.map(|text| caller_address(&text)).transpose()?,
    }))
}

fn caller_address(text: &str) -> Result<CallerAddress> {
    let read = |(network, key)| {
        Some(CallerAddress { network: ClientNetwork::from_stored(network), key: CallerKey::parse(key)? })
    };
    text.split_once(',')
        .and_then(read)
        .ok_or_else(|| corrupt("the caller that began a challenge cannot be read"))
}

pub(super) fn form_of(word: &str) -> Result<CodeForm> {
    match word {
        "digits" => Ok(CodeForm::Digits),
        "letters" => Ok(CodeForm::Letters),
        _ => Err(corrupt("the form of a code cannot be read")),
    }
}

pub(super) fn reference(text: &str) -> Result<Reference> {
    Reference::parse(text).ok_or_else(|| corrupt("a reference cannot be read"))
}

fn attempt(text: &str) -> Result<AttemptId> {
    AttemptId::parse(text).ok_or_else(|| corrupt("an attempt id cannot be read"))
}

/// Reads a list of entries `a,b,c;`.
fn each<T>(text: &str, read: impl Fn([&str; 3]) -> Result<T>) -> Result<Vec<T>> {
    let entry = |entry: &str| {
        let parts: Vec<&str> = entry.split(',').collect();
        read(parts.try_into().map_err(|_| corrupt("a list cannot be read"))?)
    };
    text.split_terminator(';').map(entry).collect()
}

fn live_code([name, digest, sent_at]: [&str; 3], offset: &ClockOffset) -> Result<LiveCode> {
    let digest = CodeDigest::try_from(digest.to_owned()).map_err(|_| corrupt("a digest cannot be read"))?;
    Ok(LiveCode { reference: reference(name)?, digest, sent_at: offset.to_host(parse(sent_at)?) })
}

fn failure([id, left, retired]: [&str; 3]) -> Result<FailedAttempt> {
    Ok(FailedAttempt { attempt: attempt(id)?, left: parse(left)?, retired: retired == "1" })
}
