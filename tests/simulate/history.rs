//! What a history is made of: steps, which follow from a seed and stand for themselves, so that any of them can be left
//! out when a failing history is shrunk.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::gate::Passage;
use crate::surroundings::Relay;

/// A phone or computer with the shop's page on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Phone {
    AnaMobile,
    AnaLaptop,
    BeaMobile,
}

impl Phone {
    pub(crate) const ALL: [Self; 3] = [Self::AnaMobile, Self::AnaLaptop, Self::BeaMobile];

    /// The address of the customer who owns it.
    pub(crate) const fn address(self) -> &'static str {
        match self {
            Self::AnaMobile | Self::AnaLaptop => "ana@example.com",
            Self::BeaMobile => "bea@example.com",
        }
    }

    /// Who borrows it now and then.
    pub(crate) const fn guest(self) -> &'static str {
        match self {
            Self::AnaMobile | Self::AnaLaptop => "bea@example.com",
            Self::BeaMobile => "ana@example.com",
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::AnaMobile => "Ana's phone",
            Self::AnaLaptop => "Ana's laptop",
            Self::BeaMobile => "Bea's phone",
        }
    }

    /// Whether its page binds refresh tokens to a key of its own (RFC 9449).
    pub(crate) const fn has_key(self) -> bool {
        matches!(self, Self::BeaMobile)
    }

    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

/// What is asked of the issuer, and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Act {
    /// The shop's page asks for a code for its owner's address; `again` with the challenge that it has.
    AskForCode { phone: Phone, again: bool },
    /// It sends the code of a mail that came: the newest, or one `older`.
    TypeCode { phone: Phone, older: u8, with_reference: bool },
    /// It sends a code that no mail had.
    TypeWrongCode { phone: Phone },
    /// It refreshes with the newest token that it has.
    Refresh { phone: Phone },
    /// It asks who is signed in.
    LookAtSession { phone: Phone },
    /// It reads its owner's profile.
    ReadProfile { phone: Phone },
    /// It changes its owner's display name.
    ChangeProfile { phone: Phone, name: u8 },
    /// Its owner signs out of the shop.
    SignOut { phone: Phone },
    /// The browser comes to the issuer from an application, which may ask for offline access or for a new sign-in.
    StartApp { phone: Phone, offline: bool, afresh: bool },
    /// An address is typed on the issuer's page: the owner's, or that of a guest who borrows the phone.
    TypeAddress { phone: Phone, guest: bool },
    /// The code of a mail is typed there.
    TypePageCode { phone: Phone, older: u8 },
    /// A code is typed there that no mail had.
    TypeWrongPageCode { phone: Phone },
    /// Another code is asked for there.
    AnotherPageCode { phone: Phone },
    /// The owner allows the application what it asks for, or does not.
    Decide { phone: Phone, allow: bool },
    /// The browser signs out at the issuer.
    SignOutAtIssuer { phone: Phone },
    /// The application redeems its code.
    RedeemCode { phone: Phone },
    /// The application refreshes, at one of the two places.
    RefreshApp { phone: Phone, at_token_endpoint: bool },
    /// The application asks who is signed in.
    AppLooks { phone: Phone },
    /// The application gives its refresh token back.
    RevokeApp { phone: Phone },
    /// The thief does something.
    OfThief(ThiefAct),
}

/// What the thief asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ThiefAct {
    /// They ask for a code for somebody's address.
    AsksForCode { victim: Phone },
    /// They guess at the code that they asked for.
    Guesses,
    /// They type a code that they read over somebody's shoulder into their own page.
    TypesCode,
    /// They type that code as if they had the victim's page.
    TypesIntoPage { victim: Phone },
    /// They refresh with a token that they copied, or got for one.
    Refreshes { token: u8 },
    /// They present an access token.
    Looks,
    /// They redeem an authorization code that they saw, without what proves that they asked for it.
    Redeems,
}

impl Act {
    /// Whose phone it is of; `None` for the thief's.
    pub(crate) const fn phone(self) -> Option<Phone> {
        match self {
            Self::AskForCode { phone, .. }
            | Self::TypeCode { phone, .. }
            | Self::TypeWrongCode { phone }
            | Self::Refresh { phone }
            | Self::LookAtSession { phone }
            | Self::ReadProfile { phone }
            | Self::ChangeProfile { phone, .. }
            | Self::SignOut { phone }
            | Self::StartApp { phone, .. }
            | Self::TypeAddress { phone, .. }
            | Self::TypePageCode { phone, .. }
            | Self::TypeWrongPageCode { phone }
            | Self::AnotherPageCode { phone }
            | Self::Decide { phone, .. }
            | Self::SignOutAtIssuer { phone }
            | Self::RedeemCode { phone }
            | Self::RefreshApp { phone, .. }
            | Self::AppLooks { phone }
            | Self::RevokeApp { phone } => Some(phone),
            Self::OfThief(_) => None,
        }
    }
}

/// What the thief copies without anybody noticing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Loot {
    RefreshToken,
    AppToken,
    AccessToken,
    DeviceValue,
    Mail,
    /// The proof of the key that came with the last request.
    Proof,
    AuthorizationCode,
}

/// How far a request goes before others get their turn, and what befalls it on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pace {
    /// How many verbs of the store are let through.
    pub(crate) verbs: u8,
    /// How one of them goes through: its place, counted from nought.
    pub(crate) fault: Option<(u8, Passage)>,
}

impl Pace {
    /// To its end, and nothing befalls it.
    pub(crate) const WHOLE: Self = Self { verbs: u8::MAX, fault: None };
}

/// What befalls the disk of the embedded store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum DiskFault {
    /// After so many further writes and syncs one fails.
    FailsOnce { after: u8 },
    /// No room is left.
    IsFull,
    /// There is room again.
    HasRoom,
}

/// A step of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Step {
    /// A request comes in at a process.
    Request { act: Act, process: u8, pace: Pace },
    /// A request that waits goes on.
    GoOn { request: u8, pace: Pace },
    /// Whoever waits for a request hangs up.
    HangUp { request: u8 },
    /// Verbs that the store seemed too slow for are carried out.
    LateVerbs,
    /// Time passes.
    Wait { millis: u64 },
    /// The clock of a process is ahead of the world's, or behind.
    Skew { process: u8, millis: i64 },
    /// A phone is in another network.
    Move { phone: Phone, network: u8 },
    /// A phone loses what it kept.
    Forget { phone: Phone },
    /// The thief copies something.
    Copy { from: Phone, loot: Loot },
    /// The mail relay behaves otherwise.
    Relay(Relay),
    /// A process makes a MAC key and uses it; the others know it when they meet it.
    NewMacKey { process: u8 },
    /// A process dies and starts again; with the power, when it is lost.
    Crash { process: u8, power_lost: bool },
    /// Something befalls the disk of the embedded store.
    Disk(DiskFault),
    /// What is garbage is removed.
    Sweep,
    /// A replica of Redis has copied everything.
    Replicate,
    /// Redis fails over to its replica.
    FailOver,
}

/// A history: its steps, and the seed of the randomness inside the use cases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct History {
    pub(crate) seed: u64,
    pub(crate) steps: Vec<Step>,
}

/// Which store a history is played on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoreKind {
    Embedded,
    Redis,
}

impl fmt::Display for StoreKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Embedded => "embedded",
            Self::Redis => "redis",
        })
    }
}
