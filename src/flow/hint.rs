//! `id_token_hint`: an ID token of ours, also one that has expired (OpenID Connect Core §3.1.2.1).

use super::Context;
use crate::protocol::id::ClientId;
use crate::protocol::id_token_hint::{self, Hint, HintError};

impl Context {
    /// Reads a hint. Only that it is ours is checked: when it was issued does not matter.
    pub(super) fn read_hint(&self, text: &str) -> Result<Hint, HintError> {
        id_token_hint::read(text, &self.policy.issuer, &self.signer.hint_keys())
    }

    /// Reads a hint that a client sends of its own end-user.
    pub(super) fn read_hint_of(&self, text: &str, client: &ClientId) -> Result<Hint, HintError> {
        let hint = self.read_hint(text)?;
        if hint.client == *client { Ok(hint) } else { Err(HintError::OtherClient) }
    }
}
