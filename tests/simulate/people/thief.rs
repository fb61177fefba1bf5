//! The requests of a thief, who has what they copied and guesses the rest.

use std::sync::Arc;

use tiquo_auth::flow::{Caller, Context};

use super::shop::Typed;
use super::{People, Request, Who, applications, shop, wrong_code};
use crate::history::ThiefAct;
use crate::surroundings::Post;

impl People {
    pub(super) fn ask_as_thief(
        &mut self,
        act: ThiefAct,
        cx: Arc<Context>,
        caller: Caller,
        post: &Post,
    ) -> Option<Request> {
        let who = Who::Thief;
        match act {
            ThiefAct::AsksForCode { victim } => {
                let device = self.thief.device.as_ref().filter(|(_, address)| *address == victim.address());
                let device = device.map(|(device, _)| device.clone());
                Some(shop::ask_for_code(cx, caller, who, victim.address(), None, device))
            }
            ThiefAct::Guesses => {
                let challenge = self.thief.challenge?;
                self.thief.guesses += 1;
                let code = wrong_code(post, "", self.thief.guesses);
                Some(shop::type_code(cx, caller, who, challenge, typed(code)))
            }
            ThiefAct::TypesCode => {
                let (challenge, code) = (self.thief.challenge?, self.thief.code.clone()?);
                Some(shop::type_code(cx, caller, who, challenge, typed(code)))
            }
            ThiefAct::TypesIntoPage { victim } => {
                let challenge = self.of(victim).challenge?;
                let code = self.thief.code.clone()?;
                Some(shop::type_code(cx, caller, who, challenge, typed(code)))
            }
            ThiefAct::Refreshes { token } => {
                let place = usize::from(token).checked_rem(self.thief.refresh_tokens.len())?;
                let tokens = self.thief.refresh_tokens.iter().rev().nth(place)?;
                // One that is too old comes no further than `protocol::dpop::verify`.
                let proof = self.thief.proof.clone().filter(|proof| cx.clock.now() <= proof.good_until);
                Some(shop::refresh_tokens(cx, caller, who, tokens, proof))
            }
            ThiefAct::Looks => shop::look(cx, who, self.thief.access_token.as_ref()?),
            ThiefAct::Redeems => {
                Some(applications::redeem(cx, caller, who, self.thief.authorization_code.clone()?))
            }
        }
    }
}

/// A code without what would bind a session to a key.
const fn typed(code: String) -> Typed {
    Typed { code, reference: None, proof: None }
}
