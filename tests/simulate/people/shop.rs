//! The requests of the shop's page, which has the browser SDK.

use std::sync::Arc;

use tiquo_auth::flow::client_api::{self, AdmittedRequest, ClientApiError};
use tiquo_auth::flow::logout::{LogoutError, logout};
use tiquo_auth::flow::presence::Bearer;
use tiquo_auth::flow::refresh::{RefreshRequest, refresh};
use tiquo_auth::flow::session::{SessionError, session};
use tiquo_auth::flow::sign_in::send::{SendRequest, send};
use tiquo_auth::flow::sign_in::verify::{SignedInCustomer, VerifyRequest, verify};
use tiquo_auth::flow::tokens::TokenPair;
use tiquo_auth::flow::{Caller, Context};
use tiquo_auth::protocol::claims::{TokenSource, jti_generation};
use tiquo_auth::protocol::dpop::Proof;
use tiquo_auth::protocol::id::{ChallengeId, ClientId, OrganizationId, Sid, UserId};
use tiquo_auth::protocol::locale::Locale;
use tiquo_auth::protocol::origin::Origin;
use tiquo_auth::protocol::profile::{ProfileChange, ProfileField};
use tiquo_auth::protocol::scope::Scope;
use tiquo_auth::protocol::secret::Secret;

use super::{ClientRequest, Outcome, Refusal, Request, Tokens, Who};
use crate::history::Phone;
use crate::surroundings::claims_of;

/// The key of the shop's page, and where the page is.
const PUBLIC_KEY: &str = "pk_dom_demo";
const ORIGIN: &str = "http://localhost:3000";

pub(super) fn ask_for_code(
    cx: Arc<Context>,
    caller: Caller,
    who: Who,
    address: &'static str,
    again: Option<ChallengeId>,
    device: Option<String>,
) -> Request {
    let asked = ClientRequest::Code { who, address, again, with_device: device.is_some() };
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

/// What a page sends to sign in with.
pub(super) struct Typed {
    pub(super) code: String,
    pub(super) reference: Option<String>,
    pub(super) proof: Option<Proof>,
}

pub(super) fn type_code(
    cx: Arc<Context>,
    caller: Caller,
    who: Who,
    challenge: ChallengeId,
    Typed { code, reference, proof }: Typed,
) -> Request {
    let request = VerifyRequest {
        public_key: PUBLIC_KEY.to_owned(),
        challenge_id: challenge.encode(),
        code: Secret::new(code.clone()),
        reference: reference.clone(),
        origin: Some(Origin::parse(ORIGIN)),
        proof,
    };
    let signed_in = |signed_in: SignedInCustomer| {
        let email = signed_in.end_user.email.as_typed().to_owned();
        (tokens_of(&signed_in.tokens), email, signed_in.device.expose().clone())
    };
    let asked = ClientRequest::Verify { who, challenge, code, reference };
    let future = async move { Outcome::Verified(verify(&cx, &caller, &request).await.map(signed_in)) };
    (asked, Box::pin(future))
}

fn tokens_of(pair: &TokenPair) -> Tokens {
    Tokens::new(pair.refresh_token.expose(), pair.access_token.expose())
}

/// Refreshes at `/refresh`, where public applications may come too.
pub(super) fn refresh_tokens(
    cx: Arc<Context>,
    caller: Caller,
    who: Who,
    tokens: &Tokens,
    proof: Option<Proof>,
) -> Request {
    let (sid, generation) = (tokens.sid, tokens.generation);
    let asked = ClientRequest::Refresh { who, sid, generation, proof: proof.clone() };
    let refresh_token = Secret::new(tokens.refresh.clone());
    let request = RefreshRequest { refresh_token, client: None, proof };
    let future = async move {
        let answer = refresh(&cx, &caller, request).await;
        Outcome::Refreshed(answer.map(|pair| tokens_of(&pair)))
    };
    (asked, Box::pin(future))
}

/// The bearer of an access token, and whose address it names, unless it is over by the clock of the process: then no use
/// case is asked.
pub(super) fn bearer(cx: &Context, access_token: &str) -> Option<(Bearer, &'static str)> {
    let claims = claims_of(access_token);
    let text = |name: &str| claims[name].as_str().unwrap().to_owned();
    if cx.clock.now().as_secs() >= claims["exp"].as_u64().unwrap() {
        return None;
    }
    let email = text("email");
    let address = Phone::ALL.map(Phone::address).into_iter().find(|address| *address == email)?;
    let bearer = Bearer {
        user: UserId::new(text("sub")),
        organization: OrganizationId::new(text("organization_id")),
        client: ClientId::new(text("client_id")),
        sid: Sid::parse(&text("sid")).unwrap(),
        generation: jti_generation(&text("jti")).unwrap(),
        scope: Scope::parse(&text("scope")).unwrap(),
        source: if text("token_source") == "dom" { TokenSource::Dom } else { TokenSource::Oauth },
    };
    Some((bearer, address))
}

pub(super) fn look(cx: Arc<Context>, who: Who, access_token: &str) -> Option<Request> {
    let (bearer, address) = bearer(&cx, access_token)?;
    let asked = ClientRequest::Look { who, sid: bearer.sid, generation: bearer.generation, address };
    let future = async move {
        let found = session(&cx, &bearer, None).await;
        let email = found.map(|session| session.end_user.email.as_typed().to_owned());
        Outcome::Look(email.map_err(|error| match error {
            SessionError::Absent(absent) => absent.into(),
            other => Refusal::Other(other.to_string()),
        }))
    };
    Some((asked, Box::pin(future)))
}

fn shown(answer: Result<AdmittedRequest, ClientApiError>) -> Outcome {
    Outcome::Profile(match answer {
        Ok(entered) => {
            let name = entered.end_user.customer.and_then(|customer| customer.profile.display_name);
            Ok((entered.end_user.email.as_typed().to_owned(), name))
        }
        Err(ClientApiError::Absent(absent)) => Err(absent.into()),
        Err(other) => Err(Refusal::Other(other.to_string())),
    })
}

pub(super) fn read_profile(cx: Arc<Context>, who: Who, access_token: &str) -> Option<Request> {
    let (bearer, address) = bearer(&cx, access_token)?;
    let asked = ClientRequest::Profile { who, sid: bearer.sid, generation: bearer.generation, address };
    Some((asked, Box::pin(async move { shown(client_api::read(&cx, &bearer).await) })))
}

pub(super) fn change_profile(
    cx: Arc<Context>,
    who: Who,
    access_token: &str,
    name: String,
) -> Option<Request> {
    let (bearer, address) = bearer(&cx, access_token)?;
    let asked = ClientRequest::ChangeProfile {
        who,
        sid: bearer.sid,
        generation: bearer.generation,
        address,
        name: name.clone(),
    };
    let future = async move {
        let mut change = ProfileChange::default();
        change.set(ProfileField::DisplayName, Some(&name)).unwrap();
        shown(client_api::change(&cx, &bearer, &change).await)
    };
    Some((asked, Box::pin(future)))
}

pub(super) fn sign_out(cx: Arc<Context>, caller: Caller, who: Who, tokens: &Tokens) -> Request {
    let asked = ClientRequest::End { who, sid: tokens.sid };
    let token = Secret::new(tokens.refresh.clone());
    let future = async move {
        let origin = Origin::parse(ORIGIN);
        let answer = logout(&cx, &caller, &token, Some(&origin)).await;
        Outcome::Ended(answer.map_err(|error| match error {
            LogoutError::Invalid => Refusal::Ended(error.to_string()),
            LogoutError::Internal(_) => Refusal::OurFault(error.to_string()),
            LogoutError::OriginRefused => Refusal::Other(error.to_string()),
        }))
    };
    (asked, Box::pin(future))
}
