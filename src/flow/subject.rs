//! The subject identifier by which a client knows an end-user, claim `sub` (OpenID Connect Core §8).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Context;
use crate::protocol::client::Client;
use crate::protocol::grant::Grant;
use crate::protocol::id::UserId;
use crate::protocol::logout::session_sid;
use crate::protocol::mac::IndexPurpose;
use crate::protocol::sso::SsoSession;

impl Context {
    /// The subject of an end-user for a client as it is registered now. Existing grants keep their subject.
    pub(super) fn subject_for(&self, client: &Client, user: &UserId) -> String {
        self.compute_subject(client.extras.subject_type.sector(), user)
    }

    /// Whether an ID token of a client with these claims `sub` and `sid` is of a session's end-user. The
    /// `sid` is compared too, because the subject differs if the client has changed its sector.
    pub(super) fn is_subject_of_session(
        &self,
        client: &Client,
        session: &SsoSession,
        sub: &str,
        sid: Option<&str>,
    ) -> bool {
        self.subject_for(client, &session.user) == sub
            || sid.is_some_and(|sid| session_sid(&session.root, &client.id) == sid)
    }

    /// The subject of a grant's end-user. It stays that of the grant's first ID token, even if the client's
    /// registration changes (OpenID Connect Core §12.2).
    pub(super) fn subject_of(&self, grant: &Grant) -> String {
        self.compute_subject(grant.extensions.sector.as_deref(), &grant.user)
    }

    /// The subject of an end-user: public without a sector, otherwise pairwise. A pairwise one is a hash of
    /// sector and end-user with a key that never changes. Sectors cannot find out that they share an
    /// end-user, and nobody without the key can compute it (OpenID Connect Core §8.1).
    pub(super) fn compute_subject(&self, sector: Option<&str>, user: &UserId) -> String {
        match sector {
            None => user.as_str().to_owned(),
            Some(sector) => {
                let data = [sector, "\0", user.as_str()].concat();
                URL_SAFE_NO_PAD.encode(self.mac_keys.index(IndexPurpose::Pairwise, data.as_bytes()))
            }
        }
    }
}
