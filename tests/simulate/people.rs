//! Whoever asks the issuer: customers with their phones, and a thief. What they know, what they ask, what they keep.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tiquo_auth::flow::client_api::{self, ClientApiError, Entered};
use tiquo_auth::flow::logout::{LogoutError, logout};
use tiquo_auth::flow::presence::{AbsentError, Bearer};
use tiquo_auth::flow::refresh::{RefreshError, RefreshRequest, refresh};
use tiquo_auth::flow::session::{SessionError, session};
use tiquo_auth::flow::sign_in::code::{CodeSent, NotSent};
use tiquo_auth::flow::sign_in::prove::NotProven;
use tiquo_auth::flow::sign_in::send::{SendError, SendRequest, send};
use tiquo_auth::flow::sign_in::verify::{SignedIn, VerifyError, VerifyRequest, verify};
use tiquo_auth::flow::tokens::TokenPair;
use tiquo_auth::flow::{Caller, Context};
use tiquo_auth::protocol::claims::{TokenSource, jti_generation};
use tiquo_auth::protocol::grant::Generation;
use tiquo_auth::protocol::id::{ChallengeId, ClientId, OrganizationId, Sid, UserId};
use tiquo_auth::protocol::locale::Locale;
use tiquo_auth::protocol::mail::OtpMail;
use tiquo_auth::protocol::origin::Origin;
use tiquo_auth::protocol::profile::{ProfileChange, ProfileField};
use tiquo_auth::protocol::refresh_token::RefreshToken;
use tiquo_auth::protocol::scope::Scope;
use tiquo_auth::protocol::secret::Secret;

use crate::history::{Act, Loot, Phone};
use crate::surroundings::{Post, claims_of};

/// The key of the shop's page, and where the page is.
const PUBLIC_KEY: &str = "pk_dom_demo";
const ORIGIN: &str = "http://localhost:3000";

/// Who makes a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    Phone(Phone),
    Thief,
}

impl Who {
    /// Whose act it is.
    pub(crate) const fn of(act: Act) -> Self {
        match act {
            Act::AskForCode { phone, .. }
            | Act::TypeCode { phone, .. }
            | Act::TypeWrongCode { phone }
            | Act::Refresh { phone }
            | Act::LookAtSession { phone }
            | Act::ReadProfile { phone }
            | Act::ChangeProfile { phone, .. }
            | Act::SignOut { phone } => Self::Phone(phone),
            Act::ThiefAsksForCode { .. }
            | Act::ThiefGuesses
            | Act::ThiefTypesCode
            | Act::ThiefTypesIntoPage { .. }
            | Act::ThiefRefreshes { .. }
            | Act::ThiefLooks => Self::Thief,
        }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Phone(phone) => phone.name(),
            Self::Thief => "the thief",
        })
    }
}

/// A refresh token and the access token that came with it.
#[derive(Clone)]
pub(crate) struct Tokens {
    pub(crate) sid: Sid,
    pub(crate) generation: Generation,
    pub(crate) refresh: String,
    pub(crate) access: String,
}

impl Tokens {
    /// What a pair says of itself.
    pub(crate) fn of(pair: &TokenPair) -> Self {
        let refresh = pair.refresh_token.expose().clone();
        let parsed = RefreshToken::parse(&refresh).expect("a token of ours").verified();
        Self {
            sid: parsed.sid(),
            generation: parsed.generation,
            refresh,
            access: pair.access_token.expose().clone(),
        }
    }
}

/// What a phone keeps.
#[derive(Default)]
pub(crate) struct PhoneState {
    pub(crate) network: u8,
    pub(crate) challenge: Option<ChallengeId>,
    device: Option<String>,
    pub(crate) tokens: Option<Tokens>,
}

impl PhoneState {
    pub(crate) fn forget(&mut self) {
        *self = Self { network: self.network, ..Self::default() };
    }
}

#[derive(Default)]
struct Thief {
    challenge: Option<ChallengeId>,
    refresh_tokens: Vec<Tokens>,
    access_token: Option<String>,
    device: Option<(String, &'static str)>,
    code: Option<(String, &'static str)>,
    guesses: u32,
}

/// Everybody.
#[derive(Default)]
pub(crate) struct People {
    phones: [PhoneState; 3],
    thief: Thief,
}

/// What a request asks, as far as anybody outside can know.
#[derive(Debug, Clone)]
pub(crate) enum Asked {
    Code { who: Who, address: &'static str, again: Option<ChallengeId>, with_device: bool },
    Verify { who: Who, challenge: ChallengeId, code: String, reference: Option<String> },
    Refresh { who: Who, sid: Sid, generation: Generation },
    Session { who: Who, sid: Sid, address: &'static str },
    Profile { who: Who, sid: Sid, address: &'static str },
    ChangeProfile { who: Who, sid: Sid, address: &'static str, name: String },
    SignOut { who: Who, sid: Sid },
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code { who, address, again: None, with_device } => {
                let device = if *with_device { ", with a device value" } else { "" };
                write!(f, "{who} asks for a code for {address}{device}")
            }
            Self::Code { who, address, again: Some(_), .. } => {
                write!(f, "{who} asks for another code for {address}")
            }
            Self::Verify { who, code, reference: None, .. } => write!(f, "{who} types the code {code}"),
            Self::Verify { who, code, reference: Some(reference), .. } => {
                write!(f, "{who} types the code {code} of the mail {reference}")
            }
            Self::Refresh { who, generation, .. } => {
                write!(f, "{who} refreshes with the token of generation {}", generation.number())
            }
            Self::Session { who, .. } => write!(f, "{who} asks who is signed in"),
            Self::Profile { who, .. } => write!(f, "{who} reads the profile"),
            Self::ChangeProfile { who, name, .. } => write!(f, "{who} changes the display name to {name}"),
            Self::SignOut { who, .. } => write!(f, "{who} signs out"),
        }
    }
}

/// How a request was answered.
pub(crate) enum Outcome {
    Code(Result<CodeSent, SendError>),
    Verified(Result<Box<SignedIn>, VerifyError>),
    Refreshed(Result<TokenPair, RefreshError>),
    Session(Result<String, SessionError>),
    /// The address of whose profile it is, and their display name.
    Profile(Result<(String, Option<String>), ClientApiError>),
    SignedOut(Result<(), LogoutError>),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(Ok(sent)) => write!(f, "a code is on its way, reference {}", sent.reference.as_str()),
            Self::Code(Err(error)) => write!(f, "refused: {error}"),
            Self::Verified(Ok(signed_in)) => {
                write!(f, "signed in as {}", signed_in.end_user.email.as_typed())
            }
            Self::Verified(Err(error)) => write!(f, "refused: {error}"),
            Self::Refreshed(Ok(pair)) => {
                write!(f, "a token of generation {}", Tokens::of(pair).generation.number())
            }
            Self::Refreshed(Err(error)) => write!(f, "refused: {error}"),
            Self::Session(Ok(email)) => write!(f, "{email} is signed in"),
            Self::Session(Err(error)) => write!(f, "refused: {error}"),
            Self::Profile(Ok((email, name))) => {
                write!(f, "the profile of {email}, called {}", name.as_deref().unwrap_or("nothing"))
            }
            Self::Profile(Err(error)) => write!(f, "refused: {error}"),
            Self::SignedOut(Ok(())) => f.write_str("signed out"),
            Self::SignedOut(Err(error)) => write!(f, "refused: {error}"),
        }
    }
}

pub(crate) type RequestFuture = Pin<Box<dyn Future<Output = Outcome>>>;

impl People {
    pub(crate) const fn phone(&mut self, phone: Phone) -> &mut PhoneState {
        &mut self.phones[phone.index()]
    }

    /// The tokens that a phone has.
    pub(crate) const fn tokens(&self, phone: Phone) -> Option<&Tokens> {
        self.phones[phone.index()].tokens.as_ref()
    }

    pub(crate) const fn network_of(&self, who: Who) -> u8 {
        match who {
            Who::Phone(phone) => self.phones[phone.index()].network,
            Who::Thief => 0,
        }
    }

    /// The thief copies something; answers whether there was something to copy.
    pub(crate) fn copy(&mut self, from: Phone, loot: Loot, post: &Post) -> bool {
        let (phone, thief) = (&self.phones[from.index()], &mut self.thief);
        match loot {
            Loot::RefreshToken => {
                let Some(tokens) = &phone.tokens else { return false };
                thief.refresh_tokens.push(tokens.clone());
            }
            Loot::AccessToken => {
                let Some(tokens) = &phone.tokens else { return false };
                thief.access_token = Some(tokens.access.clone());
            }
            Loot::DeviceValue => {
                let Some(device) = &phone.device else { return false };
                thief.device = Some((device.clone(), from.address()));
            }
            Loot::Mail => {
                let Some(mail) = post.mails(from.address()).pop() else { return false };
                thief.code = Some((mail.code.expose().clone(), from.address()));
            }
        }
        true
    }

    /// Makes the request of an act; `None` when there is nothing to ask with.
    pub(crate) fn ask(
        &mut self,
        act: Act,
        cx: Arc<Context>,
        caller: Caller,
        post: &Post,
    ) -> Option<(Asked, RequestFuture)> {
        let who = Who::of(act);
        match act {
            Act::AskForCode { phone, again } => {
                let state = &self.phones[phone.index()];
                let challenge = state.challenge.filter(|_| again);
                Some(ask_for_code(cx, caller, who, phone.address(), challenge, state.device.clone()))
            }
            Act::ThiefAsksForCode { victim } => {
                let device = self.thief.device.as_ref().filter(|(_, address)| *address == victim.address());
                let device = device.map(|(device, _)| device.clone());
                Some(ask_for_code(cx, caller, who, victim.address(), None, device))
            }
            Act::TypeCode { phone, older, with_reference } => {
                let challenge = self.phones[phone.index()].challenge?;
                let mail: OtpMail = post.mails(phone.address()).into_iter().rev().nth(older.into())?;
                let reference = with_reference.then(|| mail.reference.as_str().to_owned());
                Some(type_code(cx, caller, who, challenge, mail.code.expose().clone(), reference))
            }
            Act::TypeWrongCode { phone } => {
                let challenge = self.phones[phone.index()].challenge?;
                let code = wrong_code(post, phone.address(), 1);
                Some(type_code(cx, caller, who, challenge, code, None))
            }
            Act::ThiefGuesses => {
                let challenge = self.thief.challenge?;
                self.thief.guesses += 1;
                let code = wrong_code(post, "", self.thief.guesses);
                Some(type_code(cx, caller, who, challenge, code, None))
            }
            Act::ThiefTypesCode => {
                let (challenge, (code, _)) = (self.thief.challenge?, self.thief.code.clone()?);
                Some(type_code(cx, caller, who, challenge, code, None))
            }
            Act::ThiefTypesIntoPage { victim } => {
                let challenge = self.phones[victim.index()].challenge?;
                let (code, _) = self.thief.code.clone()?;
                Some(type_code(cx, caller, who, challenge, code, None))
            }
            Act::Refresh { phone } => {
                let tokens = self.phones[phone.index()].tokens.clone()?;
                Some(ask_refresh(cx, caller, who, &tokens))
            }
            Act::ThiefRefreshes { token } => {
                let count = self.thief.refresh_tokens.len();
                let place = usize::from(token).checked_rem(count)?;
                let tokens = self.thief.refresh_tokens.iter().rev().nth(place)?.clone();
                Some(ask_refresh(cx, caller, who, &tokens))
            }
            Act::LookAtSession { phone } => look(cx, who, &self.phones[phone.index()].tokens.clone()?.access),
            Act::ThiefLooks => look(cx, who, &self.thief.access_token.clone()?),
            Act::ReadProfile { phone } => {
                read_profile(cx, who, &self.phones[phone.index()].tokens.clone()?.access)
            }
            Act::ChangeProfile { phone, name } => {
                let tokens = self.phones[phone.index()].tokens.clone()?;
                change_profile(cx, who, &tokens.access, format!("Name {name}"))
            }
            Act::SignOut { phone } => {
                let tokens = self.phones[phone.index()].tokens.clone()?;
                let asked = Asked::SignOut { who, sid: tokens.sid };
                let token = Secret::new(tokens.refresh);
                let future = async move {
                    let origin = Origin::parse(ORIGIN);
                    Outcome::SignedOut(logout(&cx, &caller, &token, Some(&origin)).await)
                };
                Some((asked, Box::pin(future)))
            }
        }
    }

    /// Whoever asked keeps what they were answered.
    pub(crate) fn hear(&mut self, asked: &Asked, outcome: &Outcome) {
        match (asked, outcome) {
            (Asked::Code { who, .. }, Outcome::Code(Ok(sent))) => match who {
                Who::Phone(phone) => self.phones[phone.index()].challenge = Some(sent.challenge_id),
                Who::Thief => self.thief.challenge = Some(sent.challenge_id),
            },
            (Asked::Verify { who, .. }, Outcome::Verified(Ok(signed_in))) => {
                let tokens = Tokens::of(&signed_in.tokens);
                match who {
                    Who::Phone(phone) => {
                        let state = &mut self.phones[phone.index()];
                        state.tokens = Some(tokens);
                        state.device = Some(signed_in.device.expose().clone());
                        state.challenge = None;
                    }
                    Who::Thief => self.thief.refresh_tokens.push(tokens),
                }
            }
            (Asked::Refresh { who, sid, generation }, Outcome::Refreshed(answer)) => {
                self.hear_refresh(*who, *sid, *generation, answer);
            }
            (
                Asked::Session { who: Who::Phone(phone), sid, .. },
                Outcome::Session(Err(SessionError::Absent(AbsentError::Revoked | AbsentError::Gone))),
            )
            | (
                Asked::Profile { who: Who::Phone(phone), sid, .. }
                | Asked::ChangeProfile { who: Who::Phone(phone), sid, .. },
                Outcome::Profile(Err(ClientApiError::Absent(AbsentError::Revoked | AbsentError::Gone))),
            )
            | (
                Asked::SignOut { who: Who::Phone(phone), sid },
                Outcome::SignedOut(Ok(()) | Err(LogoutError::Invalid)),
            ) => self.signed_out(*phone, *sid),
            _ => {}
        }
    }

    fn hear_refresh(
        &mut self,
        who: Who,
        sid: Sid,
        generation: Generation,
        answer: &Result<TokenPair, RefreshError>,
    ) {
        match (who, answer) {
            (Who::Phone(phone), Ok(pair)) => {
                let new = Tokens::of(pair);
                let kept = &mut self.phones[phone.index()].tokens;
                // Another tab may have brought a newer one, or signed in anew.
                if kept.as_ref().is_some_and(|kept| kept.sid == sid && kept.generation <= new.generation) {
                    *kept = Some(new);
                }
            }
            (Who::Thief, Ok(pair)) => {
                let new = Tokens::of(pair);
                self.thief.access_token = Some(new.access.clone());
                self.thief.refresh_tokens.push(new);
            }
            (
                Who::Phone(phone),
                Err(
                    RefreshError::Invalid
                    | RefreshError::Expired
                    | RefreshError::Revoked
                    | RefreshError::Reused,
                ),
            ) => {
                let kept = self.phones[phone.index()].tokens.as_ref();
                if kept.is_some_and(|kept| kept.generation <= generation) {
                    self.signed_out(phone, sid);
                }
            }
            _ => {}
        }
    }

    fn signed_out(&mut self, phone: Phone, sid: Sid) {
        let tokens = &mut self.phones[phone.index()].tokens;
        if tokens.as_ref().is_some_and(|tokens| tokens.sid == sid) {
            *tokens = None;
        }
    }
}

fn ask_for_code(
    cx: Arc<Context>,
    caller: Caller,
    who: Who,
    address: &'static str,
    again: Option<ChallengeId>,
    device: Option<String>,
) -> (Asked, RequestFuture) {
    let asked = Asked::Code { who, address, again, with_device: device.is_some() };
    let request = SendRequest {
        public_key: PUBLIC_KEY.to_owned(),
        email: address.to_owned(),
        locale: Locale::default(),
        challenge_id: again.map(|id| id.encode()),
        device,
        origin: Some(Origin::parse(ORIGIN)),
    };
    (asked, Box::pin(async move { Outcome::Code(send(&cx, &caller, &request).await) }))
}

fn type_code(
    cx: Arc<Context>,
    caller: Caller,
    who: Who,
    challenge: ChallengeId,
    code: String,
    reference: Option<String>,
) -> (Asked, RequestFuture) {
    let request = VerifyRequest {
        public_key: PUBLIC_KEY.to_owned(),
        challenge_id: challenge.encode(),
        code: Secret::new(code.clone()),
        reference: reference.clone(),
        origin: Some(Origin::parse(ORIGIN)),
        proof: None,
    };
    let asked = Asked::Verify { who, challenge, code, reference };
    let future = async move { Outcome::Verified(verify(&cx, &caller, &request).await.map(Box::new)) };
    (asked, Box::pin(future))
}

fn ask_refresh(cx: Arc<Context>, caller: Caller, who: Who, tokens: &Tokens) -> (Asked, RequestFuture) {
    let asked = Asked::Refresh { who, sid: tokens.sid, generation: tokens.generation };
    let request =
        RefreshRequest { refresh_token: Secret::new(tokens.refresh.clone()), client: None, proof: None };
    (asked, Box::pin(async move { Outcome::Refreshed(refresh(&cx, &caller, request).await) }))
}

/// The bearer of an access token, unless it is over by the clock of the process: then no use case is asked.
fn bearer(cx: &Context, access_token: &str) -> Option<(Bearer, &'static str)> {
    let claims = claims_of(access_token);
    let text = |name: &str| claims[name].as_str().unwrap().to_owned();
    if cx.clock.now().as_secs() >= claims["exp"].as_u64().unwrap() {
        return None;
    }
    let email = text("email");
    let address = Phone::ALL.map(Phone::address).into_iter().find(|address| *address == email)?;
    let bearer = Bearer {
        user: UserId::new(&text("sub")),
        organization: OrganizationId::new(&text("organization_id")),
        client: ClientId::new(&text("client_id")),
        sid: Sid::parse(&text("sid")).unwrap(),
        generation: jti_generation(&text("jti")).unwrap(),
        scope: Scope::parse(&text("scope")).unwrap(),
        source: TokenSource::Dom,
    };
    Some((bearer, address))
}

fn look(cx: Arc<Context>, who: Who, access_token: &str) -> Option<(Asked, RequestFuture)> {
    let (bearer, address) = bearer(&cx, access_token)?;
    let asked = Asked::Session { who, sid: bearer.sid, address };
    let future = async move {
        let found = session(&cx, &bearer, None).await;
        Outcome::Session(found.map(|session| session.end_user.email.as_typed().to_owned()))
    };
    Some((asked, Box::pin(future)))
}

fn shown(entered: Entered) -> (String, Option<String>) {
    let name = entered.end_user.customer.and_then(|customer| customer.profile.display_name);
    (entered.end_user.email.as_typed().to_owned(), name)
}

fn read_profile(cx: Arc<Context>, who: Who, access_token: &str) -> Option<(Asked, RequestFuture)> {
    let (bearer, address) = bearer(&cx, access_token)?;
    let asked = Asked::Profile { who, sid: bearer.sid, address };
    let future = async move { Outcome::Profile(client_api::read(&cx, &bearer).await.map(shown)) };
    Some((asked, Box::pin(future)))
}

fn change_profile(
    cx: Arc<Context>,
    who: Who,
    access_token: &str,
    name: String,
) -> Option<(Asked, RequestFuture)> {
    let (bearer, address) = bearer(&cx, access_token)?;
    let asked = Asked::ChangeProfile { who, sid: bearer.sid, address, name: name.clone() };
    let future = async move {
        let mut change = ProfileChange::default();
        change.set(ProfileField::DisplayName, Some(&name)).unwrap();
        Outcome::Profile(client_api::change(&cx, &bearer, &change).await.map(shown))
    };
    Some((asked, Box::pin(future)))
}

/// A code that no mail to the address had, of the form that the last one had.
fn wrong_code(post: &Post, address: &str, number: u32) -> String {
    let mails = post.mails(address);
    let length = mails.last().map_or(6, |mail| mail.code.expose().len());
    let mut guess = (0..).map(|further| match length {
        8 => format!(
            "{:0>8}",
            "ABCDEFGH".chars().cycle().skip((number + further) as usize).take(8).collect::<String>()
        ),
        _ => format!("{:06}", (number + further) * 7 % 1_000_000),
    });
    guess.find(|guess| mails.iter().all(|mail| mail.code.expose() != guess)).unwrap()
}

/// Why a request for a code was refused, when that says more than that something of ours was away.
pub(crate) fn is_our_fault(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Code(Err(SendError::NotSent(NotSent::Fault(_) | NotSent::Mail(_))))
        | Outcome::Verified(Err(VerifyError::NotProven(NotProven::Fault(_))))
        | Outcome::Refreshed(Err(RefreshError::Fault(_)))
        | Outcome::Session(Err(SessionError::Absent(AbsentError::Fault(_))))
        | Outcome::Profile(Err(ClientApiError::Absent(AbsentError::Fault(_))))
        | Outcome::SignedOut(Err(LogoutError::Fault(_))) => true,
        Outcome::Code(_)
        | Outcome::Verified(_)
        | Outcome::Refreshed(_)
        | Outcome::Session(_)
        | Outcome::Profile(_)
        | Outcome::SignedOut(_) => false,
    }
}
