//! Whoever asks the issuer: customers with their phones, and a thief. What they know, what they ask, what they keep.

mod answers;
pub(crate) mod applications;
mod asked;
mod pages;
mod shop;
mod thief;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tiquo_auth::flow::browser::{Browser, CookieChanges};
use tiquo_auth::flow::{Caller, Context};
use tiquo_auth::protocol::dpop::{Jkt, Proof, WINDOW};
use tiquo_auth::protocol::grant::Generation;
use tiquo_auth::protocol::id::{ChallengeId, ProofId, Sid};
use tiquo_auth::protocol::mail::OtpMail;
use tiquo_auth::protocol::refresh_token::RefreshToken;

use crate::history::{Act, Loot, Phone};
use crate::surroundings::Post;

pub(crate) use asked::{ClientRequest, Outcome, PageAnswer, PageStep, RedeemRefused, Refusal};
use shop::Typed;

pub(crate) use pages::{PageKind, PageState};

/// Who makes a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    Phone(Phone),
    Thief,
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
#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    pub(crate) sid: Sid,
    pub(crate) generation: Generation,
    pub(crate) refresh: String,
    pub(crate) access: String,
}

impl Tokens {
    /// What a pair says of itself.
    pub(crate) fn new(refresh: &str, access: &str) -> Self {
        let parsed = RefreshToken::parse(refresh).expect("a token of ours").verified();
        Self {
            sid: parsed.sid(),
            generation: parsed.generation,
            refresh: refresh.to_owned(),
            access: access.to_owned(),
        }
    }
}

/// What a phone keeps.
#[derive(Default)]
pub(crate) struct PhoneState {
    pub(crate) network: u8,
    /// How often it lost everything: what came before has nothing to do with what comes after.
    pub(crate) life: u32,
    challenge: Option<ChallengeId>,
    device: Option<String>,
    /// The tokens of the shop's page.
    tokens: Option<Tokens>,
    /// The proof that the last refresh of the shop's page used.
    proof: Option<Proof>,
    browser: Browser,
    page: Option<PageState>,
    authorization_code: Option<String>,
    /// The tokens of the application.
    app_tokens: Option<Tokens>,
}

impl PhoneState {
    pub(crate) fn forget(&mut self) {
        *self = Self { network: self.network, life: self.life + 1, ..Self::default() };
    }

    /// The browser keeps what it is told to.
    fn keep(&mut self, keep: &CookieChanges) {
        if let Some(secret) = &keep.secret {
            self.browser.secret = Some(secret.clone());
        }
        if let Some(sso) = &keep.sso {
            self.browser.sso.insert(sso.organization.clone(), sso.value.clone());
        }
        if let Some(device) = &keep.device {
            self.browser.devices.insert(device.organization.clone(), device.value.clone());
        }
        for organization in &keep.forget {
            self.browser.sso.remove(organization);
        }
    }
}

#[derive(Default)]
struct Thief {
    challenge: Option<ChallengeId>,
    refresh_tokens: Vec<Tokens>,
    access_token: Option<String>,
    device: Option<(String, &'static str)>,
    code: Option<String>,
    authorization_code: Option<String>,
    proof: Option<Proof>,
    guesses: u32,
}

/// Everybody.
#[derive(Default)]
pub(crate) struct People {
    phones: [PhoneState; 3],
    thief: Thief,
    /// How many proofs were made of keys.
    proofs: u64,
}

pub(crate) type RequestFuture = Pin<Box<dyn Future<Output = Outcome>>>;

/// A request: what it asks, and how it is answered.
type Request = (ClientRequest, RequestFuture);

impl People {
    pub(crate) const fn phone(&mut self, phone: Phone) -> &mut PhoneState {
        &mut self.phones[phone.index()]
    }

    const fn of(&self, phone: Phone) -> &PhoneState {
        &self.phones[phone.index()]
    }

    pub(crate) const fn network_of(&self, who: Who) -> u8 {
        match who {
            Who::Phone(phone) => self.of(phone).network,
            Who::Thief => 0,
        }
    }

    /// The thief copies something; answers whether there was something to copy.
    pub(crate) fn copy(&mut self, from: Phone, loot: Loot, post: &Post) -> bool {
        let (phone, thief) = (&self.phones[from.index()], &mut self.thief);
        let tokens = phone.tokens.as_ref();
        match loot {
            Loot::RefreshToken => thief.refresh_tokens.extend(tokens.cloned()),
            Loot::AppToken => thief.refresh_tokens.extend(phone.app_tokens.clone()),
            Loot::AccessToken => thief.access_token = tokens.map(|tokens| tokens.access.clone()),
            Loot::DeviceValue => {
                thief.device = phone.device.as_ref().map(|device| (device.clone(), from.address()));
            }
            Loot::Mail => {
                thief.code = post.mails(from.address()).pop().map(|mail| mail.code.expose().clone());
            }
            Loot::Proof => thief.proof.clone_from(&phone.proof),
            Loot::AuthorizationCode => thief.authorization_code.clone_from(&phone.authorization_code),
        }
        match loot {
            Loot::RefreshToken | Loot::AccessToken => tokens.is_some(),
            Loot::AppToken => phone.app_tokens.is_some(),
            Loot::DeviceValue => phone.device.is_some(),
            Loot::Mail => thief.code.is_some(),
            Loot::Proof => phone.proof.is_some(),
            Loot::AuthorizationCode => phone.authorization_code.is_some(),
        }
    }

    /// Makes the request of an act; `None` when there is nothing to ask with.
    pub(crate) fn ask(&mut self, act: Act, cx: Arc<Context>, caller: Caller, post: &Post) -> Option<Request> {
        match act {
            Act::AskForCode { phone, again } => {
                let state = self.of(phone);
                let challenge = state.challenge.filter(|_| again);
                let device = state.device.clone();
                Some(shop::ask_for_code(cx, caller, Who::Phone(phone), phone.address(), challenge, device))
            }
            Act::TypeCode { phone, older, with_reference } => {
                let challenge = self.of(phone).challenge?;
                let mail = mail_to(post, phone.address(), older)?;
                let reference = with_reference.then(|| mail.reference.as_str().to_owned());
                let code = mail.code.expose().clone();
                let proof = self.prove(phone, &cx);
                Some(shop::type_code(
                    cx,
                    caller,
                    Who::Phone(phone),
                    challenge,
                    Typed { code, reference, proof },
                ))
            }
            Act::TypeWrongCode { phone } => {
                let challenge = self.of(phone).challenge?;
                let typed =
                    Typed { code: wrong_code(post, phone.address(), 1), reference: None, proof: None };
                Some(shop::type_code(cx, caller, Who::Phone(phone), challenge, typed))
            }
            Act::Refresh { phone } => {
                let tokens = self.of(phone).tokens.clone()?;
                let proof = self.prove(phone, &cx);
                Some(shop::refresh_tokens(cx, caller, Who::Phone(phone), &tokens, proof))
            }
            Act::LookAtSession { phone } => {
                shop::look(cx, Who::Phone(phone), &self.of(phone).tokens.as_ref()?.access)
            }
            Act::ReadProfile { phone } => {
                shop::read_profile(cx, Who::Phone(phone), &self.of(phone).tokens.as_ref()?.access)
            }
            Act::ChangeProfile { phone, name } => {
                let access_token = &self.of(phone).tokens.as_ref()?.access;
                shop::change_profile(cx, Who::Phone(phone), access_token, format!("Name {name}"))
            }
            Act::SignOut { phone } => {
                Some(shop::sign_out(cx, caller, Who::Phone(phone), self.of(phone).tokens.as_ref()?))
            }
            Act::OfThief(act) => self.ask_as_thief(act, cx, caller, post),
            Act::StartApp { .. }
            | Act::TypeAddress { .. }
            | Act::TypePageCode { .. }
            | Act::TypeWrongPageCode { .. }
            | Act::AnotherPageCode { .. }
            | Act::Decide { .. }
            | Act::SignOutAtIssuer { .. } => self.ask_on_pages(act, cx, caller, post),
            Act::RedeemCode { phone } => {
                let code = self.of(phone).authorization_code.clone()?;
                Some(applications::redeem(cx, caller, Who::Phone(phone), code))
            }
            Act::RefreshApp { phone, at_token_endpoint } => {
                let tokens = self.of(phone).app_tokens.as_ref()?;
                Some(if at_token_endpoint {
                    applications::refresh_tokens(cx, caller, Who::Phone(phone), tokens)
                } else {
                    shop::refresh_tokens(cx, caller, Who::Phone(phone), tokens, None)
                })
            }
            Act::AppLooks { phone } => {
                applications::look(cx, Who::Phone(phone), &self.of(phone).app_tokens.as_ref()?.access)
            }
            Act::RevokeApp { phone } => {
                let tokens = self.of(phone).app_tokens.as_ref()?;
                Some(applications::revoke(cx, caller, Who::Phone(phone), tokens))
            }
        }
    }
}

impl People {
    /// A new proof of a phone's key, when it has one.
    fn prove(&mut self, phone: Phone, cx: &Context) -> Option<Proof> {
        if !phone.has_key() {
            return None;
        }
        self.proofs += 1;
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&self.proofs.to_be_bytes());
        let good_until = cx.clock.now().plus(WINDOW);
        let proof = Proof { jkt: Jkt::new(phone.name()), id: ProofId::of_hash(&hash), good_until };
        Some(proof)
    }
}

/// A mail to an address: the newest, or an older one.
fn mail_to(post: &Post, address: &str, older: u8) -> Option<OtpMail> {
    post.mails(address).into_iter().rev().nth(older.into())
}

/// A code that no mail to the address had, of the form that the last one had.
fn wrong_code(post: &Post, address: &str, number: u32) -> String {
    let mails = post.mails(address);
    let length = mails.last().map_or(6, |mail| mail.code.expose().len());
    let guess = |further: u32| {
        let place = number + further;
        if length == 8 {
            let letters = "ABCDEFGH".chars().cycle().skip(place as usize % 8);
            letters.take(8).collect::<String>()
        } else {
            format!("{:06}", place * 7 % 1_000_000)
        }
    };
    (0..1000).map(guess).find(|guess| mails.iter().all(|mail| mail.code.expose() != guess)).unwrap()
}
