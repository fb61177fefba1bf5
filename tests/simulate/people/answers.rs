//! What whoever asked keeps of what they were answered.

use tiquo_auth::flow::refresh::RefreshError;
use tiquo_auth::protocol::grant::Generation;
use tiquo_auth::protocol::id::Sid;

use super::asked::PageAnswer;
use super::{ClientRequest, Outcome, People, PhoneState, Refusal, Tokens, Who};
use crate::history::Phone;

impl People {
    /// Whoever asked hears the answer.
    pub(crate) fn hear(&mut self, asked: &ClientRequest, outcome: &Outcome) {
        match (asked, outcome) {
            (ClientRequest::Code { who, .. }, Outcome::Code(Ok(sent))) => match who {
                Who::Phone(phone) => self.phone(*phone).challenge = Some(sent.challenge_id),
                Who::Thief => self.thief.challenge = Some(sent.challenge_id),
            },
            (ClientRequest::Verify { who, .. }, Outcome::Verified(Ok((tokens, _, device)))) => match who {
                Who::Phone(phone) => {
                    let state = self.phone(*phone);
                    state.tokens = Some(tokens.clone());
                    state.device = Some(device.clone());
                    state.challenge = None;
                }
                Who::Thief => self.thief.refresh_tokens.push(tokens.clone()),
            },
            (ClientRequest::Refresh { who, sid, generation, proof }, Outcome::Refreshed(answer)) => {
                // A proof is good at one place only (RFC 9449 §4.3), so the thief can try one of a refresh. One that was
                // not used yet is as good for a thief as for its owner.
                if let (Who::Phone(phone), Some(proof), Ok(_)) = (*who, proof, answer) {
                    self.phone(phone).proof = Some(proof.clone());
                }
                self.hear_refresh(*who, *sid, *generation, answer);
            }
            (
                ClientRequest::Look { who: Who::Phone(phone), sid, .. },
                Outcome::Look(Err(Refusal::Ended(_))),
            )
            | (
                ClientRequest::Profile { who: Who::Phone(phone), sid, .. }
                | ClientRequest::ChangeProfile { who: Who::Phone(phone), sid, .. },
                Outcome::Profile(Err(Refusal::Ended(_))),
            )
            | (
                ClientRequest::End { who: Who::Phone(phone), sid },
                Outcome::Ended(Ok(()) | Err(Refusal::Ended(_))),
            ) => {
                self.phone(*phone).signed_out(*sid);
            }
            (ClientRequest::Page { phone, life, .. }, Outcome::Page(answer)) => {
                let state = self.phone(*phone);
                if let Ok((step, keep)) = &**answer
                    && state.life == *life
                {
                    state.keep(keep);
                    state.goes_to(step);
                }
            }
            (ClientRequest::SignOutAtIssuer { phone, life }, Outcome::SignedOutAtIssuer(Ok((_, keep)))) => {
                let state = self.phone(*phone);
                if state.life == *life {
                    state.keep(keep);
                }
            }
            (ClientRequest::Redeem { who: Who::Phone(phone), code }, Outcome::Redeemed(Ok(tokens))) => {
                let state = self.phone(*phone);
                if state.authorization_code.as_ref() == Some(code) {
                    state.app_tokens = Some(tokens.clone());
                }
            }
            (ClientRequest::Redeem { who: Who::Thief, .. }, Outcome::Redeemed(Ok(tokens))) => {
                self.thief.refresh_tokens.push(tokens.clone());
            }
            _ => {}
        }
    }

    fn hear_refresh(
        &mut self,
        who: Who,
        sid: Sid,
        generation: Generation,
        answer: &Result<Tokens, RefreshError>,
    ) {
        match (who, answer) {
            (Who::Phone(phone), Ok(new)) => {
                let state: &mut PhoneState = self.phone(phone);
                // Another tab may have brought a newer one, or signed in anew.
                for kept in [&mut state.tokens, &mut state.app_tokens] {
                    if kept.as_ref().is_some_and(|kept| kept.sid == sid && kept.generation <= new.generation)
                    {
                        *kept = Some(new.clone());
                    }
                }
            }
            (Who::Thief, Ok(new)) => {
                self.thief.access_token = Some(new.access.clone());
                self.thief.refresh_tokens.push(new.clone());
            }
            (
                Who::Phone(phone),
                Err(
                    RefreshError::Invalid
                    | RefreshError::Expired
                    | RefreshError::Revoked
                    | RefreshError::Reused,
                ),
            ) => self.is_refused(phone, sid, generation),
            _ => {}
        }
    }

    /// A token was refused for good: whoever has no newer one is signed out.
    fn is_refused(&mut self, phone: Phone, sid: Sid, generation: Generation) {
        let state = self.phone(phone);
        let kept = [&state.tokens, &state.app_tokens].into_iter().flatten().find(|kept| kept.sid == sid);
        if kept.is_some_and(|kept| kept.generation <= generation) {
            state.signed_out(sid);
        }
    }
}

impl PhoneState {
    fn signed_out(&mut self, sid: Sid) {
        for kept in [&mut self.tokens, &mut self.app_tokens] {
            if kept.as_ref().is_some_and(|kept| kept.sid == sid) {
                *kept = None;
            }
        }
    }

    fn goes_to(&mut self, step: &PageAnswer) {
        match step {
            PageAnswer::Shown(page) => self.page = Some(page.clone()),
            PageAnswer::Code(code) => {
                self.page = None;
                self.authorization_code = Some(code.clone());
            }
            PageAnswer::Error(_) => self.page = None,
        }
    }
}
