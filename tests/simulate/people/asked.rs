//! What a request asks and how it is answered, as far as anybody outside can know.

use std::fmt;

use tiquo_auth::flow::browser::CookieChanges;
use tiquo_auth::flow::presence::AbsentError;
use tiquo_auth::flow::refresh::RefreshError;
use tiquo_auth::flow::sign_in::code::{CodeSendError, CodeSent};
use tiquo_auth::flow::sign_in::prove::CodeProofError;
use tiquo_auth::flow::sign_in::send::SendError;
use tiquo_auth::flow::sign_in::verify::VerifyError;
use tiquo_auth::protocol::dpop::Proof;
use tiquo_auth::protocol::grant::Generation;
use tiquo_auth::protocol::id::{ChallengeId, Sid};

use super::{PageState, Tokens, Who};
use crate::history::Phone;

/// What a request asks.
#[derive(Debug, Clone)]
pub(crate) enum ClientRequest {
    Code {
        who: Who,
        address: &'static str,
        again: Option<ChallengeId>,
        with_device: bool,
    },
    Verify {
        who: Who,
        challenge: ChallengeId,
        code: String,
        reference: Option<String>,
    },
    Refresh {
        who: Who,
        sid: Sid,
        generation: Generation,
        proof: Option<Proof>,
    },
    Look {
        who: Who,
        sid: Sid,
        generation: Generation,
        address: &'static str,
    },
    Profile {
        who: Who,
        sid: Sid,
        generation: Generation,
        address: &'static str,
    },
    ChangeProfile {
        who: Who,
        sid: Sid,
        generation: Generation,
        address: &'static str,
        name: String,
    },
    /// The shop's page ends its session, or an application revokes its grant.
    End {
        who: Who,
        sid: Sid,
    },
    Page {
        phone: Phone,
        life: u32,
        step: PageStep,
    },
    SignOutAtIssuer {
        phone: Phone,
        life: u32,
    },
    Redeem {
        who: Who,
        code: String,
    },
}

/// A step on the pages of the issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PageStep {
    Start {
        offline: bool,
    },
    Address {
        address: &'static str,
    },
    /// The code, as who it signs in.
    Code {
        code: String,
        email: String,
    },
    AnotherCode,
    Decide {
        allow: bool,
        email: String,
    },
}

impl fmt::Display for ClientRequest {
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
            Self::Look { who, .. } => write!(f, "{who} asks who is signed in"),
            Self::Profile { who, .. } => write!(f, "{who} reads the profile"),
            Self::ChangeProfile { who, name, .. } => write!(f, "{who} changes the display name to {name}"),
            Self::End { who, .. } => write!(f, "{who} signs out"),
            Self::Page { phone, step, .. } => write!(f, "the browser of {} {step}", phone.name()),
            Self::SignOutAtIssuer { phone, .. } => {
                write!(f, "the browser of {} signs out at the issuer", phone.name())
            }
            Self::Redeem { who, .. } => write!(f, "the application of {who} redeems its code"),
        }
    }
}

impl fmt::Display for PageStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start { offline: false } => f.write_str("comes from the application"),
            Self::Start { offline: true } => f.write_str("comes from the application, for offline access"),
            Self::Address { address } => write!(f, "types the address {address}"),
            Self::Code { code, .. } => write!(f, "types the code {code}"),
            Self::AnotherCode => f.write_str("asks for another code"),
            Self::Decide { allow: true, .. } => f.write_str("allows the application what it asks for"),
            Self::Decide { allow: false, .. } => f.write_str("refuses the application"),
        }
    }
}

/// Why somebody is told that their session is no more, or something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is no more.
    Ended(String),
    /// Something of ours is away.
    OurFault(String),
    /// Something else, which says nothing of the session.
    Other(String),
}

impl From<AbsentError> for Refusal {
    fn from(error: AbsentError) -> Self {
        match &error {
            AbsentError::Revoked | AbsentError::Gone => Self::Ended(error.to_string()),
            AbsentError::Internal(_) => Self::OurFault(error.to_string()),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Ended(text) | Self::OurFault(text) | Self::Other(text)) = self;
        write!(f, "refused: {text}")
    }
}

/// Why a code was not redeemed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RedeemRefused {
    /// It was used before, and what that made has ended.
    Replayed,
    OurFault(String),
    Other(String),
}

/// Where a step on the pages leads.
#[derive(Clone)]
pub(crate) enum PageAnswer {
    /// A page.
    Shown(PageState),
    /// Back to the application, with a code.
    Code(String),
    /// Back to the application, with an error.
    Error(String),
}

/// How a request was answered.
pub(crate) enum Outcome {
    Code(Result<CodeSent, SendError>),
    /// The tokens, whose they are, and the device value.
    Verified(Result<(Tokens, String, String), VerifyError>),
    Refreshed(Result<Tokens, RefreshError>),
    /// Whose session it is.
    Look(Result<String, Refusal>),
    /// Whose profile it is, and their display name.
    Profile(Result<(String, Option<String>), Refusal>),
    Ended(Result<(), Refusal>),
    /// Where the step leads, and what the browser is to keep.
    Page(Box<Result<(PageAnswer, CookieChanges), Refusal>>),
    /// Whether somebody was signed out, and what the browser is to keep.
    SignedOutAtIssuer(Result<(bool, CookieChanges), Refusal>),
    Redeemed(Result<Tokens, RedeemRefused>),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(Ok(sent)) => write!(f, "a code is on its way, reference {}", sent.reference.as_str()),
            Self::Code(Err(error)) => write!(f, "refused: {error}"),
            Self::Verified(Ok((_, email, _))) => write!(f, "signed in as {email}"),
            Self::Verified(Err(error)) => write!(f, "refused: {error}"),
            Self::Refreshed(Ok(tokens)) => write!(f, "a token of generation {}", tokens.generation.number()),
            Self::Refreshed(Err(error)) => write!(f, "refused: {error}"),
            Self::Look(Ok(email)) => write!(f, "{email} is signed in"),
            Self::Profile(Ok((email, name))) => {
                write!(f, "the profile of {email}, called {}", name.as_deref().unwrap_or("nothing"))
            }
            Self::Ended(Ok(())) => f.write_str("signed out"),
            Self::Page(answer) => match &**answer {
                Ok((PageAnswer::Shown(page), _)) => write!(f, "{}", page.kind),
                Ok((PageAnswer::Code(_), _)) => f.write_str("back to the application, with a code"),
                Ok((PageAnswer::Error(error), _)) => write!(f, "back to the application: {error}"),
                Err(error) => error.fmt(f),
            },
            Self::SignedOutAtIssuer(Ok((true, _))) => f.write_str("signed out at the issuer"),
            Self::SignedOutAtIssuer(Ok((false, _))) => f.write_str("nobody was signed in at the issuer"),
            Self::Redeemed(Ok(_)) => f.write_str("tokens for the application"),
            Self::Redeemed(Err(RedeemRefused::Replayed)) => f.write_str("refused: the code was used before"),
            Self::Redeemed(Err(RedeemRefused::OurFault(text) | RedeemRefused::Other(text))) => {
                write!(f, "refused: {text}")
            }
            Self::Look(Err(error))
            | Self::Profile(Err(error))
            | Self::Ended(Err(error))
            | Self::SignedOutAtIssuer(Err(error)) => error.fmt(f),
        }
    }
}

impl Outcome {
    /// Whether it says nothing but that something of ours was away.
    pub(crate) fn is_our_fault(&self) -> bool {
        match self {
            Self::Code(Err(SendError::NotSent(CodeSendError::Internal(_) | CodeSendError::Mail(_))))
            | Self::Verified(Err(VerifyError::NotProven(CodeProofError::Internal(_))))
            | Self::Refreshed(Err(RefreshError::Internal(_)))
            | Self::Look(Err(Refusal::OurFault(_)))
            | Self::Profile(Err(Refusal::OurFault(_)))
            | Self::Ended(Err(Refusal::OurFault(_)))
            | Self::SignedOutAtIssuer(Err(Refusal::OurFault(_)))
            | Self::Redeemed(Err(RedeemRefused::OurFault(_))) => true,
            Self::Page(answer) => matches!(&**answer, Err(Refusal::OurFault(_))),
            _ => false,
        }
    }
}
