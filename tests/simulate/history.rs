//! What a history is made of: steps, which follow from a seed and stand for themselves, so that any of them can be left
//! out when a failing history is shrunk.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::gate::Passage;
use crate::surroundings::Relay;

/// A phone or computer with the shop's page on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Phone {
    AnasPhone,
    AnasLaptop,
    BeasPhone,
}

impl Phone {
    pub(crate) const ALL: [Self; 3] = [Self::AnasPhone, Self::AnasLaptop, Self::BeasPhone];

    /// Whose it is.
    pub(crate) const fn address(self) -> &'static str {
        match self {
            Self::AnasPhone | Self::AnasLaptop => "ana@example.com",
            Self::BeasPhone => "bea@example.com",
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::AnasPhone => "Ana's phone",
            Self::AnasLaptop => "Ana's laptop",
            Self::BeasPhone => "Bea's phone",
        }
    }

    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

/// What is asked of the issuer, and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Act {
    /// A phone asks for a code for its owner's address; `again` with the challenge that it has.
    AskForCode { phone: Phone, again: bool },
    /// It types the code of a mail that came: the newest, or one `older`.
    TypeCode { phone: Phone, older: u8, with_reference: bool },
    /// It types a code that no mail had.
    TypeWrongCode { phone: Phone },
    /// It refreshes with the newest token that it has.
    Refresh { phone: Phone },
    /// It asks who is signed in.
    LookAtSession { phone: Phone },
    /// It reads its owner's profile.
    ReadProfile { phone: Phone },
    /// It changes its owner's display name.
    ChangeProfile { phone: Phone, name: u8 },
    /// Its owner signs out.
    SignOut { phone: Phone },
    /// The thief asks for a code for somebody's address.
    ThiefAsksForCode { victim: Phone },
    /// The thief guesses at the code that they asked for.
    ThiefGuesses,
    /// The thief types a code that they read over somebody's shoulder into their own page.
    ThiefTypesCode,
    /// The thief types that code as if they had the victim's page.
    ThiefTypesIntoPage { victim: Phone },
    /// The thief refreshes with a token that they copied, or got for it.
    ThiefRefreshes { token: u8 },
    /// The thief presents an access token that they copied.
    ThiefLooks,
}

/// What the thief copies without anybody noticing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Loot {
    RefreshToken,
    AccessToken,
    DeviceValue,
    Mail,
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

/// The generator of a seed's steps (SplitMix64). It is our own so that a seed means the same history whatever a library does.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub(crate) const fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub(crate) const fn one_in(&mut self, number: u64) -> bool {
        self.below(number) == 0
    }

    pub(crate) fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.below(choices.len() as u64)).unwrap()]
    }

    /// One of them, each as often as the number before it says.
    pub(crate) fn weighted<T: Copy>(&mut self, choices: &[(u64, T)]) -> T {
        let sum = choices.iter().map(|(weight, _)| weight).sum();
        let mut place = self.below(sum);
        for (weight, choice) in choices {
            match place.checked_sub(*weight) {
                None => return *choice,
                Some(rest) => place = rest,
            }
        }
        unreachable!("the place is below the sum of the weights")
    }

    fn byte(&mut self, end: u64) -> u8 {
        u8::try_from(self.below(end)).unwrap()
    }
}

/// Which store a history is played on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
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

/// How much trouble there is in a history: some are calm, so that long successes are played too.
#[derive(Debug, Clone, Copy)]
struct Mood {
    /// One verb in so many meets a fault; 0 for none.
    faults: u64,
    /// One request in so many lets others go before its end; 0 for none.
    races: u64,
    /// Whether there is a thief.
    thief: bool,
}

/// The steps that follow from a seed.
pub(crate) fn steps_of(seed: u64, store: StoreKind) -> Vec<Step> {
    let mut random = Random::new(seed);
    let mood = Mood {
        faults: random.of(&[0, 0, 4, 8, 20]),
        races: random.of(&[0, 2, 3, 6]),
        thief: random.one_in(2),
    };
    let length = 12 + random.below(50);
    let mut steps = beginning(&mut random);
    steps.extend((0..length).map(|_| step(&mut random, store, mood)));
    steps
}

/// Nearly always somebody signs in first: without it little can happen.
fn beginning(random: &mut Random) -> Vec<Step> {
    let mut steps = Vec::new();
    for phone in Phone::ALL {
        if random.one_in(4) {
            continue;
        }
        for act in [
            Act::AskForCode { phone, again: false },
            Act::TypeCode { phone, older: 0, with_reference: false },
        ] {
            steps.push(Step::Request { act, process: random.byte(2), pace: Pace::WHOLE });
        }
    }
    steps
}

fn step(random: &mut Random, store: StoreKind, mood: Mood) -> Step {
    #[derive(Clone, Copy)]
    enum Sort {
        Request,
        GoOn,
        HangUp,
        Late,
        Wait,
        Skew,
        Move,
        Forget,
        Copy,
        Relay,
        Key,
        Crash,
        Disk,
        Sweep,
        Replica,
    }
    let sort = random.weighted(&[
        (40, Sort::Request),
        (if mood.races > 0 { 16 } else { 0 }, Sort::GoOn),
        (1, Sort::HangUp),
        (if mood.faults > 0 { 2 } else { 0 }, Sort::Late),
        (12, Sort::Wait),
        (1, Sort::Skew),
        (3, Sort::Move),
        (1, Sort::Forget),
        (if mood.thief { 5 } else { 0 }, Sort::Copy),
        (1, Sort::Relay),
        (1, Sort::Key),
        (2, Sort::Crash),
        (if mood.faults > 0 && store == StoreKind::Embedded { 3 } else { 0 }, Sort::Disk),
        (2, Sort::Sweep),
        (if mood.faults > 0 && store == StoreKind::Redis { 3 } else { 0 }, Sort::Replica),
    ]);
    match sort {
        Sort::Request => {
            Step::Request { act: act(random, mood.thief), process: random.byte(2), pace: pace(random, mood) }
        }
        Sort::GoOn => Step::GoOn { request: random.byte(8), pace: pace(random, mood) },
        Sort::HangUp => Step::HangUp { request: random.byte(8) },
        Sort::Late => Step::LateVerbs,
        Sort::Wait => Step::Wait { millis: wait(random) },
        Sort::Skew => Step::Skew { process: random.byte(2), millis: random.of(&[-900, -200, 0, 300, 1500]) },
        Sort::Move => Step::Move { phone: random.of(&Phone::ALL), network: random.byte(3) },
        Sort::Forget => Step::Forget { phone: random.of(&Phone::ALL) },
        Sort::Copy => Step::Copy {
            from: random.of(&Phone::ALL),
            loot: random.of(&[
                Loot::RefreshToken,
                Loot::RefreshToken,
                Loot::AccessToken,
                Loot::DeviceValue,
                Loot::Mail,
            ]),
        },
        Sort::Relay => Step::Relay(random.of(&[
            Relay::Delivers,
            Relay::Delivers,
            Relay::Loses,
            Relay::Repeats,
            Relay::Away,
        ])),
        Sort::Key => Step::NewMacKey { process: random.byte(2) },
        Sort::Crash => Step::Crash { process: random.byte(2), power_lost: random.one_in(2) },
        Sort::Disk => Step::Disk(match random.below(4) {
            0 => DiskFault::IsFull,
            1 => DiskFault::HasRoom,
            _ => DiskFault::FailsOnce { after: random.byte(12) },
        }),
        Sort::Sweep => Step::Sweep,
        Sort::Replica => random.of(&[Step::Replicate, Step::Replicate, Step::FailOver]),
    }
}

fn act(random: &mut Random, thief: bool) -> Act {
    #[derive(Clone, Copy)]
    enum Sort {
        Ask,
        Type,
        TypeWrong,
        Refresh,
        Look,
        Read,
        Change,
        SignOut,
        ThiefAsks,
        ThiefGuesses,
        ThiefTypes,
        ThiefTypesIntoPage,
        ThiefRefreshes,
        ThiefLooks,
    }
    let of_thief = |weight| if thief { weight } else { 0 };
    let sort = random.weighted(&[
        (10, Sort::Ask),
        (12, Sort::Type),
        (5, Sort::TypeWrong),
        (26, Sort::Refresh),
        (6, Sort::Look),
        (4, Sort::Read),
        (4, Sort::Change),
        (3, Sort::SignOut),
        (of_thief(3), Sort::ThiefAsks),
        (of_thief(6), Sort::ThiefGuesses),
        (of_thief(2), Sort::ThiefTypes),
        (of_thief(3), Sort::ThiefTypesIntoPage),
        (of_thief(8), Sort::ThiefRefreshes),
        (of_thief(2), Sort::ThiefLooks),
    ]);
    let phone = random.of(&Phone::ALL);
    match sort {
        Sort::Ask => Act::AskForCode { phone, again: random.one_in(2) },
        Sort::Type => {
            Act::TypeCode { phone, older: random.of(&[0, 0, 0, 1, 2]), with_reference: random.one_in(3) }
        }
        Sort::TypeWrong => Act::TypeWrongCode { phone },
        Sort::Refresh => Act::Refresh { phone },
        Sort::Look => Act::LookAtSession { phone },
        Sort::Read => Act::ReadProfile { phone },
        Sort::Change => Act::ChangeProfile { phone, name: random.byte(200) },
        Sort::SignOut => Act::SignOut { phone },
        Sort::ThiefAsks => Act::ThiefAsksForCode { victim: phone },
        Sort::ThiefGuesses => Act::ThiefGuesses,
        Sort::ThiefTypes => Act::ThiefTypesCode,
        Sort::ThiefTypesIntoPage => Act::ThiefTypesIntoPage { victim: phone },
        Sort::ThiefRefreshes => Act::ThiefRefreshes { token: random.byte(4) },
        Sort::ThiefLooks => Act::ThiefLooks,
    }
}

fn pace(random: &mut Random, mood: Mood) -> Pace {
    let verbs = if mood.races > 0 && random.one_in(mood.races) { random.byte(5) } else { u8::MAX };
    let fault = (mood.faults > 0 && random.one_in(mood.faults)).then(|| {
        let passage = random.of(&[
            Passage::Refused,
            Passage::AnswerLost,
            Passage::AnswerLost,
            Passage::AnswerHeld,
            Passage::CarriedOutLate,
            Passage::CarriedOutTwice,
        ]);
        (random.byte(6), passage)
    });
    Pace { verbs, fault }
}

fn wait(random: &mut Random) -> u64 {
    const SECOND: u64 = 1000;
    const MINUTE: u64 = 60 * SECOND;
    const HOUR: u64 = 60 * MINUTE;
    let about = random.weighted(&[
        (6, SECOND),
        (4, 9 * SECOND),
        (5, 29 * SECOND),
        (5, 31 * SECOND),
        (4, 2 * MINUTE),
        (3, 11 * MINUTE),
        (4, HOUR),
        (2, 23 * HOUR),
        (2, 25 * HOUR),
        (1, 30 * 24 * HOUR),
    ]);
    about + random.below(SECOND)
}
