//! The steps that follow from a seed.

use crate::gate::Passage;
use crate::history::{Act, DiskFault, History, Loot, Pace, Phone, Step, StoreKind, ThiefAct};
use crate::surroundings::Relay;

/// The generator of a seed's steps (`SplitMix64`). It is our own so that a seed means the same history whatever a library does.
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

/// How much trouble there is in a history: some are calm, so that long successes are played too.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a trouble of its own, and they come together")]
struct Mood {
    /// One request in so many meets a fault; 0 for none.
    faults: u64,
    /// One request in so many lets others go before its end; 0 for none.
    races: u64,
    /// Whether there is a thief.
    thief: bool,
    /// Whether applications sign customers in, and whether the shop's page does.
    applications: bool,
    shop: bool,
    /// Whether most of it happens on one phone.
    one_phone: bool,
    /// Whether codes are asked for and guessed all the time, so that limits and budgets are reached.
    guessing: bool,
    /// Whether codes are asked for again and again, and older ones typed.
    resending: bool,
    /// How often time passes, among a hundred steps or so.
    waits: u64,
}

/// The history that follows from a seed.
pub(crate) fn history_of(seed: u64, store: StoreKind) -> History {
    let mut random = Random::new(seed);
    let (applications, shop) = random.of(&[(true, false), (false, true), (false, true), (true, true)]);
    let mood = Mood {
        faults: random.of(&[0, 0, 4, 8, 20]),
        races: random.of(&[0, 2, 3, 6]),
        thief: random.one_in(2),
        applications,
        shop,
        one_phone: random.one_in(3),
        guessing: random.one_in(3),
        resending: random.one_in(6),
        waits: random.of(&[2, 12, 12, 25]),
    };
    let length = 12 + random.below(50);
    let mut steps = beginning(&mut random, mood);
    steps.extend((0..length).map(|_| step(&mut random, store, mood)));
    History { seed, steps }
}

/// Nearly always somebody signs in first: without it little can happen.
fn beginning(random: &mut Random, mood: Mood) -> Vec<Step> {
    let mut of_phones = Vec::new();
    for phone in Phone::ALL {
        if random.one_in(4) {
            continue;
        }
        let at_shop = [
            Act::AskForCode { phone, again: false },
            Act::TypeCode { phone, older: 0, with_reference: false },
        ];
        let offline = random.one_in(2);
        let at_application = [
            Act::StartApp { phone, offline, afresh: false },
            Act::TypeAddress { phone, guest: false },
            Act::TypePageCode { phone, older: 0 },
            Act::Decide { phone, allow: true },
            Act::RedeemCode { phone },
        ];
        let acts = at_shop.into_iter().filter(|_| mood.shop);
        let acts = acts.chain(at_application.into_iter().filter(|_| mood.applications));
        of_phones.push(acts.collect::<Vec<_>>());
    }
    if mood.races > 0 && random.one_in(3) { at_once(random, &of_phones) } else { in_turn(random, &of_phones) }
}

fn in_turn(random: &mut Random, of_phones: &[Vec<Act>]) -> Vec<Step> {
    let acts = of_phones.iter().flatten();
    acts.map(|act| Step::Request { act: *act, process: random.byte(2), pace: Pace::WHOLE }).collect()
}

/// Each phone does the same at the same time, and in the middle of each request the others go on.
fn at_once(random: &mut Random, of_phones: &[Vec<Act>]) -> Vec<Step> {
    let longest = of_phones.iter().map(Vec::len).max().unwrap_or(0);
    let mut steps = Vec::new();
    for place in 0..longest {
        for act in of_phones.iter().filter_map(|acts| acts.get(place)) {
            let pace = Pace { verbs: random.byte(6), fault: None };
            // Two phones of one customer: the newest mail is for one of them.
            let older = random.byte(2);
            let act = match *act {
                Act::TypeCode { phone, with_reference, .. } => Act::TypeCode { phone, older, with_reference },
                Act::TypePageCode { phone, .. } => Act::TypePageCode { phone, older },
                act => act,
            };
            steps.push(Step::Request { act, process: random.byte(2), pace });
        }
        steps.extend(of_phones.iter().map(|_| Step::GoOn { request: 0, pace: Pace::WHOLE }));
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
    let on = |store_kind, weight| if mood.faults > 0 && store == store_kind { weight } else { 0 };
    let sort = random.weighted(&[
        (40, Sort::Request),
        (if mood.races > 0 { 16 } else { 0 }, Sort::GoOn),
        (1, Sort::HangUp),
        (if mood.faults > 0 { 2 } else { 0 }, Sort::Late),
        (mood.waits, Sort::Wait),
        (1, Sort::Skew),
        (3, Sort::Move),
        (1, Sort::Forget),
        (if mood.thief { 5 } else { 0 }, Sort::Copy),
        (1, Sort::Relay),
        (1, Sort::Key),
        (2, Sort::Crash),
        (on(StoreKind::Embedded, 3), Sort::Disk),
        (2, Sort::Sweep),
        (on(StoreKind::Redis, 3), Sort::Replica),
    ]);
    match sort {
        Sort::Request => {
            Step::Request { act: act(random, mood), process: random.byte(2), pace: pace(random, mood) }
        }
        Sort::GoOn => Step::GoOn { request: random.byte(8), pace: pace(random, mood) },
        Sort::HangUp => Step::HangUp { request: random.byte(8) },
        Sort::Late => Step::LateVerbs,
        Sort::Wait if mood.resending => Step::Wait { millis: random.of(&[31_000, 61_000, 121_000]) },
        Sort::Wait => Step::Wait { millis: wait(random) },
        Sort::Skew => Step::Skew { process: random.byte(2), millis: random.of(&[-900, -200, 0, 300, 1500]) },
        Sort::Move => Step::Move { phone: random.of(&Phone::ALL), network: random.byte(3) },
        Sort::Forget => Step::Forget { phone: random.of(&Phone::ALL) },
        Sort::Copy => Step::Copy { from: random.of(&Phone::ALL), loot: loot(random, mood) },
        Sort::Relay => {
            let relays = [Relay::Delivers, Relay::Delivers, Relay::Loses, Relay::Repeats, Relay::Away];
            Step::Relay(random.of(&relays))
        }
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

fn loot(random: &mut Random, mood: Mood) -> Loot {
    let (of_shop, of_application) = (u64::from(mood.shop), u64::from(mood.applications));
    random.weighted(&[
        (3 * of_shop, Loot::RefreshToken),
        (3 * of_application, Loot::AppToken),
        (of_shop, Loot::AccessToken),
        (of_shop, Loot::DeviceValue),
        (of_shop, Loot::Proof),
        (1, Loot::Mail),
        (2 * of_application, Loot::AuthorizationCode),
    ])
}

fn act(random: &mut Random, mood: Mood) -> Act {
    if mood.thief && random.one_in(if mood.guessing { 2 } else { 5 }) {
        return Act::OfThief(act_of_thief(random));
    }
    let phone = if mood.one_phone && !random.one_in(6) { Phone::AnaMobile } else { random.of(&Phone::ALL) };
    let at_application = mood.applications && (!mood.shop || random.one_in(2));
    if at_application { act_at_application(random, phone, mood) } else { act_at_shop(random, phone, mood) }
}

fn act_at_shop(random: &mut Random, phone: Phone, mood: Mood) -> Act {
    let often = if mood.guessing { 4 } else { 1 };
    let again = mood.resending || random.one_in(2);
    let resending = if mood.resending { 4 } else { 1 };
    let (older, with_reference) = (random.of(&[0, 0, 0, 1, 2]), random.one_in(3));
    let name = random.byte(200);
    random.weighted(&[
        (10 * often * resending, Act::AskForCode { phone, again }),
        (12, Act::TypeCode { phone, older, with_reference }),
        (5 * often * often, Act::TypeWrongCode { phone }),
        (26, Act::Refresh { phone }),
        (6, Act::LookAtSession { phone }),
        (4, Act::ReadProfile { phone }),
        (4, Act::ChangeProfile { phone, name }),
        (3, Act::SignOut { phone }),
    ])
}

fn act_at_application(random: &mut Random, phone: Phone, mood: Mood) -> Act {
    let often = if mood.guessing { 4 } else { 1 };
    let (offline, afresh) = (random.one_in(3), random.one_in(3));
    let (older, guest) = (random.of(&[0, 0, 0, 1]), random.one_in(6));
    let (allow, at_token_endpoint) = (!random.one_in(6), random.one_in(2));
    random.weighted(&[
        (6, Act::StartApp { phone, offline, afresh }),
        (8, Act::TypeAddress { phone, guest }),
        (9, Act::TypePageCode { phone, older }),
        (3 * often * often, Act::TypeWrongPageCode { phone }),
        (3 * often, Act::AnotherPageCode { phone }),
        (8, Act::Decide { phone, allow }),
        (3, Act::SignOutAtIssuer { phone }),
        (9, Act::RedeemCode { phone }),
        (16, Act::RefreshApp { phone, at_token_endpoint }),
        (5, Act::AppLooks { phone }),
        (2, Act::RevokeApp { phone }),
    ])
}

fn act_of_thief(random: &mut Random) -> ThiefAct {
    let victim = random.of(&Phone::ALL);
    let token = random.byte(4);
    random.weighted(&[
        (3, ThiefAct::AsksForCode { victim }),
        (6, ThiefAct::Guesses),
        (2, ThiefAct::TypesCode),
        (3, ThiefAct::TypesIntoPage { victim }),
        (8, ThiefAct::Refreshes { token }),
        (2, ThiefAct::Looks),
        (3, ThiefAct::Redeems),
    ])
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
