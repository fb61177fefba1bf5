//! Rows and requests of tests: those of one number belong together, those of two share nothing.

use std::future::Future;
use std::time::Duration;

use tiquo_auth::ports::store::{AttemptOutcome, ResendCode, SendOutcome};
use tiquo_auth::protocol::address::EmailAddress;
use tiquo_auth::protocol::budget::Limit;
use tiquo_auth::protocol::challenge::{
    CandidateDigests, CodeDelivery, CodePolicy, NewChallenge, TryCode, TryVerdict,
};
use tiquo_auth::protocol::code::{CodeDigest, Reference};
use tiquo_auth::protocol::dpop::{Jkt, Proof, WINDOW};
use tiquo_auth::protocol::end_user::{Account, CustomerSeed};
use tiquo_auth::protocol::grant::{
    Generation, Grant, GrantChannel, PresentedToken, Presenter, RotationPolicy,
};
use tiquo_auth::protocol::grant_extensions::GrantExtensions;
use tiquo_auth::protocol::id::{
    AddressKey, AttemptId, Bucket, CallerKey, ChallengeId, ClientId, CustomerId, KnownDeviceId,
    OrganizationId, ProofId, Sid, UserId,
};
use tiquo_auth::protocol::mac::MacKeyId;
use tiquo_auth::protocol::network::{CallerAddress, ClientNetwork};
use tiquo_auth::protocol::policy::{MailboxLimits, SendPolicy};
use tiquo_auth::protocol::scope::Scope;
use tiquo_auth::protocol::strangers::{ClassCeiling, StrangerClass, StrangerLimits, StrangerRequest};
use tiquo_auth::protocol::time::Timestamp;
use tokio::task::JoinSet;

pub(crate) const START: Timestamp = Timestamp::from_secs(1_795_392_000);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);
pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

pub(crate) const ROTATION: RotationPolicy =
    RotationPolicy { leeway: secs(30), recovery: DAY, lifetime: secs(30 * 86_400) };

pub(crate) const CODES: CodePolicy = CodePolicy {
    lifetime: secs(600),
    attempts: 5,
    address_failures: Limit { count: 10, window: DAY },
    known_device_failures: Limit { count: 10, window: DAY },
    resend_waits: [secs(30), secs(60), secs(120)],
};

/// Limits that no test reaches by sending alone.
pub(crate) const MANY_SENDS: SendPolicy = SendPolicy {
    per_address_and_network: Limit { count: 10_000, window: HOUR },
    per_address: Limit { count: 10_000, window: HOUR },
    per_network: Limit { count: 10_000, window: HOUR },
    per_mailbox: MailboxLimits {
        in_organization: Limit { count: 10_000, window: HOUR },
        over_all: Limit { count: 10_000, window: HOUR },
    },
    per_known_device: Limit { count: 10_000, window: HOUR },
    organization_alarm: Limit { count: 10_000, window: HOUR },
};

pub(crate) const fn secs(number: u64) -> Duration {
    Duration::from_secs(number)
}

pub(crate) fn after(seconds: u64) -> Timestamp {
    START.plus(secs(seconds))
}

pub(super) fn bytes<const N: usize>(tag: u8, number: u64) -> [u8; N] {
    let mut bytes = [tag; N];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    bytes
}

pub(crate) fn bucket(number: u64) -> Bucket {
    Bucket::of_hash(&bytes(0, number << 48))
}

pub(crate) fn attempt(number: u64) -> AttemptId {
    AttemptId::new(bytes(b'a', number))
}

pub(crate) fn device(number: u64) -> KnownDeviceId {
    KnownDeviceId::new(bytes(b'd', number))
}

pub(crate) fn network(third: u8) -> ClientNetwork {
    ClientNetwork::of([192, 0, third, 1].into())
}

/// An address of [`network`].
pub(crate) fn caller(third: u8, number: u8) -> CallerAddress {
    CallerAddress { network: network(third), key: CallerKey::of_hash(&[number; 32]) }
}

/// A request of a stranger for a code, from the first address of a network.
pub(crate) fn stranger(third: u8, seconds: u64) -> StrangerRequest {
    StrangerRequest {
        class: StrangerClass::Codes,
        organization: Some(organization()),
        from: caller(third, 1),
        weight: Some(100),
        attempt: attempt(seconds),
        now: after(seconds),
    }
}

/// One limit for an address and for its network, and a ceiling that no test reaches.
pub(crate) const fn stranger_limits(limit: Limit) -> StrangerLimits {
    let ceiling = ClassCeiling { admissions: 1_000_000, bytes: 1 << 40, window: HOUR };
    StrangerLimits { per_address: limit, per_network: limit, ceiling }
}

pub(crate) fn organization() -> OrganizationId {
    OrganizationId::new("org_a")
}

pub(crate) fn email(number: u64) -> EmailAddress {
    EmailAddress::parse(&format!("Ana.{number}@Example.com")).unwrap()
}

pub(crate) fn account(number: u64) -> Account {
    Account {
        user: UserId::new(format!("user_{number}")),
        organization: organization(),
        email: email(number),
        customer: Some(CustomerSeed { id: CustomerId::new(format!("cust_{number}")), number: number + 1 }),
        created_at: START,
    }
}

pub(crate) fn sid(number: u64) -> Sid {
    Sid::new(bucket(number), &bytes(b's', number))
}

/// A grant just opened at [`START`], generation 0.
pub(crate) fn grant(number: u64) -> Grant {
    Grant {
        sid: sid(number),
        organization: organization(),
        user: account(number).user,
        client: ClientId::new("dom_a"),
        channel: GrantChannel::Dom,
        scope: Scope::client_api(),
        auth_time: START,
        generation: Generation::FIRST,
        rotated_at: START,
        previous_rotated_at: START,
        mac_key: MacKeyId::new(1),
        seen: false,
        last_attempt: attempt(0),
        last_network: network(1),
        expires_at: START.plus(ROTATION.lifetime),
        session_end: START.plus(60 * DAY),
        revoked_at: None,
        jkt: None,
        extensions: GrantExtensions {
            resources: vec!["https://api.example".to_owned()],
            ..GrantExtensions::default()
        },
        late_repeat: None,
    }
}

/// The `number`th proof that a key made, at the start.
pub(crate) fn proof(key: &str, number: u64) -> Proof {
    let id = ProofId::of_hash(&bytes(b'p', number));
    Proof { jkt: Jkt::new(key), id, good_until: START.plus(WINDOW) }
}

/// The generation's token at `/refresh`, `seconds` after the start, from the network of the sign-in.
pub(crate) fn presented(generation: u32, seconds: u64, number: u64) -> PresentedToken {
    PresentedToken {
        generation: Generation::new(generation),
        presenter: Presenter::RefreshPath { client: None },
        network: network(1),
        attempt: attempt(number),
        now: after(seconds),
        mac_key: MacKeyId::new(2),
        proof: None,
    }
}

pub(crate) fn address(number: u64) -> AddressKey {
    let mut hash = bytes::<32>(b'k', number << 48);
    hash[16..24].copy_from_slice(&number.to_be_bytes());
    AddressKey::of_hash(&hash)
}

pub(crate) fn digest(code: u64) -> CodeDigest {
    CodeDigest::new(bytes(b'c', code))
}

/// Digits hash to `digest(code)`, letters to `digest(code + 1)`.
pub(crate) fn candidates(code: u64) -> CandidateDigests {
    let references = ["A2", "B3"].map(|text| Reference::parse(text).unwrap());
    CandidateDigests { digits: digest(code), letters: digest(code + 1), references }
}

pub(crate) const CODE: u64 = 100;
pub(crate) const WRONG: u64 = 900;

pub(crate) fn challenge_id(of_address: u64, number: u64) -> ChallengeId {
    ChallengeId::new(MacKeyId::new(1), address(of_address).bucket(), &bytes(b'h', number))
}

/// A challenge of an address, with the code [`CODE`]; its opening is the attempt of its number.
pub(crate) fn new_challenge(of_address: u64, number: u64, seconds: u64) -> NewChallenge {
    NewChallenge {
        id: challenge_id(of_address, number),
        organization: organization(),
        address_key: address(of_address),
        email: email(of_address),
        device: None,
        from: None,
        candidates: candidates(CODE),
        attempt: attempt(number),
        now: after(seconds),
    }
}

pub(crate) fn resend_code(new: &NewChallenge, attempt_number: u64, seconds: u64) -> ResendCode {
    ResendCode {
        id: new.id,
        organization: new.organization.clone(),
        address_key: new.address_key,
        candidates: candidates(CODE + 100),
        attempt: attempt(attempt_number),
        now: after(seconds),
    }
}

pub(crate) fn typed(code: u64, attempt_number: u64, seconds: u64) -> TryCode {
    TryCode { digest: digest(code), reference: None, attempt: attempt(attempt_number), now: after(seconds) }
}

pub(crate) fn sent(sending: SendOutcome) -> CodeDelivery {
    match sending {
        SendOutcome::Sent { sent, .. } => sent,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn verdict(judged: &AttemptOutcome) -> TryVerdict {
    match judged {
        AttemptOutcome::Judged { verdict, .. } => *verdict,
        AttemptOutcome::Unknown => panic!("unknown"),
    }
}

/// Runs all at once, and answers in no order.
pub(crate) async fn all_at_once<T: Send + 'static>(
    calls: impl Iterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    calls.collect::<JoinSet<_>>().join_all().await
}
