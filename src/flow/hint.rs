//! `id_token_hint`: one of our ID tokens, which may have expired (OpenID Connect Core §3.1.2.1).

use super::Context;
use crate::protocol::id::ClientId;
use crate::protocol::id_token_hint::{self, Hint, HintError};

impl Context {
    /// Reads a hint. Its signature and issuer are checked; its time is not.
    pub(super) fn read_hint(&self, text: &str) -> Result<Hint, HintError> {
        id_token_hint::read(text, &self.policy.issuer, &self.signer.hint_keys())
    }

    /// Reads a hint that must have been issued to this client.
    pub(super) fn read_hint_of(&self, text: &str, client: &ClientId) -> Result<Hint, HintError> {
        let hint = self.read_hint(text)?;
        if hint.client == *client { Ok(hint) } else { Err(HintError::OtherClient) }
    }
}
