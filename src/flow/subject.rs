//! How a client knows an end-user: claim `sub` (OpenID Connect Core §8).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Context;
use crate::protocol::client::Client;
use crate::protocol::grant::Grant;
use crate::protocol::id::UserId;
use crate::protocol::mac::IndexPurpose;

impl Context {
    /// The subject of an end-user for a client.
    pub(super) fn subject_for(&self, client: &Client, user: &UserId) -> String {
        self.subject(client.extras.subject_type.sector(), user)
    }

    /// The subject of a grant's end-user: for the grant's whole life the one that its first ID token had, whatever
    /// becomes of the client's registration (§12.2).
    pub(super) fn subject_of(&self, grant: &Grant) -> String {
        self.subject(grant.particulars.sector.as_deref(), &grant.user)
    }

    /// The subject of an end-user in a sector; without one, for everybody. A pairwise one is a keyed hash of both: two
    /// sectors cannot tell that they have the same end-user, and nobody without the key can compute it (§8.1). The key
    /// never changes.
    pub(super) fn subject(&self, sector: Option<&str>, user: &UserId) -> String {
        match sector {
            None => user.as_str().to_owned(),
            Some(sector) => {
                let data = [sector, "\0", user.as_str()].concat();
                URL_SAFE_NO_PAD.encode(self.mac_keys.index(IndexPurpose::Pairwise, data.as_bytes()))
            }
        }
    }
}
