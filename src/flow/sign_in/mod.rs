//! Sign-in with a code by mail.

pub mod code;
mod counted;
pub mod prove;
pub mod send;
pub mod verify;

use super::Context;
use crate::protocol::code::{Code, CodeDigest};
use crate::protocol::id::{AddressKey, ChallengeId};
use crate::protocol::mac::{MacError, MacPurpose};

impl Context {
    /// The stored form of a code, bound to its challenge and address.
    fn code_digest(
        &self,
        id: &ChallengeId,
        address: &AddressKey,
        code: &Code,
    ) -> Result<CodeDigest, MacError> {
        let data = [id.as_bytes().as_slice(), address.as_bytes(), code.expose().as_bytes()].concat();
        self.mac_keys.mac(id.mac_key(), MacPurpose::Otp, &data).map(CodeDigest::new)
    }
}
