//! Grants, accounts and challenges to store.

use std::time::Duration;

use tiquo_auth::ports::store::{GrantStore as _, Rotation, StoreError};
use tiquo_auth::protocol::address::EmailAddress;
use tiquo_auth::protocol::budget::Limit;
use tiquo_auth::protocol::challenge::{CandidateDigests, CodePolicy};
use tiquo_auth::protocol::code::{CodeDigest, Reference};
use tiquo_auth::protocol::end_user::{Account, CustomerSeed};
use tiquo_auth::protocol::grant::{
    Generation, Grant, GrantChannel, PresentedToken, Presenter, RotationPolicy, RotationVerdict,
};
use tiquo_auth::protocol::grant_extensions::GrantExtensions;
use tiquo_auth::protocol::id::{
    AddressKey, AttemptId, Bucket, ClientId, CustomerId, OrganizationId, Sid, UserId,
};
use tiquo_auth::protocol::mac::MacKeyId;
use tiquo_auth::protocol::network::ClientNetwork;
use tiquo_auth::protocol::policy::{MailboxLimits, SendPolicy};
use tiquo_auth::protocol::scope::Scope;
use tiquo_auth::protocol::time::Timestamp;
use tiquo_auth::store::redis::{RedisSettings, RedisStore};

pub(super) const START: Timestamp = Timestamp::from_secs(1_795_392_000);
pub(super) const HOUR: Duration = Duration::from_secs(3600);

pub(super) const ROTATION: RotationPolicy = RotationPolicy {
    leeway: Duration::from_secs(30),
    recovery: Duration::from_secs(24 * 3600),
    lifetime: Duration::from_secs(30 * 24 * 3600),
};

pub(super) fn code_policy() -> CodePolicy {
    CodePolicy {
        lifetime: Duration::from_secs(600),
        attempts: 5,
        address_failures: Limit { count: 10, window: 24 * HOUR },
        known_device_failures: Limit { count: 10, window: 24 * HOUR },
        resend_waits: [30, 60, 120].map(Duration::from_secs),
    }
}

pub(super) fn send_policy() -> SendPolicy {
    SendPolicy {
        per_address_and_network: Limit { count: 5, window: HOUR },
        per_address: Limit { count: 20, window: HOUR },
        per_network: Limit { count: 200, window: HOUR },
        per_mailbox: MailboxLimits {
            in_organization: Limit { count: 20, window: HOUR },
            over_all: Limit { count: 100, window: HOUR },
        },
        per_known_device: Limit { count: 30, window: HOUR },
        organization_alarm: Limit { count: 1000, window: HOUR },
    }
}

pub(super) async fn store(url: &str) -> RedisStore {
    RedisStore::connect(&RedisSettings::standalone(url)).await.unwrap()
}

pub(super) fn organization() -> OrganizationId {
    OrganizationId::new("org_demo")
}

pub(super) fn network(number: u8) -> ClientNetwork {
    ClientNetwork::of([192, 0, number, 1].into())
}

pub(super) fn attempt(number: u32) -> AttemptId {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    AttemptId::new(bytes)
}

pub(super) fn sid(number: u32) -> Sid {
    let mut hash = [0; 16];
    hash[..4].copy_from_slice(&number.to_be_bytes());
    let bucket = Bucket::from_bytes(u16::try_from(number * 977 % 16_384).unwrap().to_be_bytes()).unwrap();
    Sid::new(bucket, &hash)
}

pub(super) fn account(number: u32) -> Account {
    Account {
        user: UserId::new(format!("user_{number}")),
        organization: organization(),
        email: EmailAddress::parse(&format!("Ana{number}@Example.com")).unwrap(),
        customer: Some(CustomerSeed { id: CustomerId::new(format!("cust_{number}")), number: 7 }),
        created_at: START,
    }
}

pub(super) fn grant(number: u32) -> Grant {
    Grant {
        sid: sid(number),
        organization: organization(),
        user: account(number).user,
        client: ClientId::new("dom_demo"),
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
        session_end: START.plus(ROTATION.lifetime),
        revoked_at: None,
        jkt: None,
        extensions: GrantExtensions {
            resources: vec!["https://api.example".to_owned()],
            ..GrantExtensions::default()
        },
        late_repeat: None,
    }
}

pub(super) fn presented(generation: u32, attempt_number: u32, now: Timestamp) -> PresentedToken {
    PresentedToken {
        generation: Generation::new(generation),
        presenter: Presenter::RefreshPath { client: None },
        network: network(1),
        attempt: attempt(attempt_number),
        now,
        mac_key: MacKeyId::new(1),
        proof: None,
    }
}

/// Rotates and answers the verdict; `None` when the grant is unknown.
pub(super) async fn rotate(
    store: &RedisStore,
    sid: &Sid,
    presented: &PresentedToken,
) -> Result<Option<RotationVerdict>, StoreError> {
    Ok(match store.rotate_refresh(sid, presented, &ROTATION).await? {
        Rotation::Judged { verdict, .. } => Some(verdict),
        Rotation::Unknown => None,
    })
}

pub(super) fn address(number: u32) -> AddressKey {
    let mut hash = [7; 32];
    hash[..4].copy_from_slice(&(number * 977).rotate_left(16).to_be_bytes());
    hash[28..].copy_from_slice(&number.to_be_bytes());
    AddressKey::of_hash(&hash)
}

/// The code that `number` stands for: other numbers are other codes.
pub(super) fn digest(number: u8) -> CodeDigest {
    CodeDigest::new([number; 32])
}

/// Codes `number` (digits) and `number + 100` (letters).
pub(super) fn candidates(number: u8) -> CandidateDigests {
    CandidateDigests {
        digits: digest(number),
        letters: digest(number + 100),
        references: [Reference::from_random(u16::from(number % 3)), Reference::from_random(100)],
    }
}
