//! Browsers that are signed in at the issuer.

use super::Answer;
use crate::protocol::end_user::{Account, EndUser};
use crate::protocol::id::{ClientId, SsoId};
use crate::protocol::sso::{Consent, SsoSession};

/// Browsers that are signed in at the issuer. All keys are in the end-user's bucket.
pub trait SsoStore: Send + Sync {
    /// Opens a session, and creates the end-user's record from its account when there is none yet. Opening one
    /// whose id exists changes nothing: it is the same attempt.
    fn open_sso_session<'a>(
        &'a self,
        account: &'a Account,
        session: &'a SsoSession,
        client: &'a ClientId,
    ) -> Answer<'a, Standing>;

    /// The session as it stands, with what its end-user allowed `client`; `None` when nobody knows it. Changes
    /// nothing.
    fn peek_sso_session<'a>(&'a self, id: &'a SsoId, client: &'a ClientId) -> Answer<'a, Option<Standing>>;

    /// Ends a session at once. Answers whether there was one.
    fn end_sso_session<'a>(&'a self, id: &'a SsoId) -> Answer<'a, bool>;
}

/// A browser's end-user, and how they stand to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The session.
    pub session: SsoSession,
    /// The end-user's record.
    pub end_user: EndUser,
    /// What they allowed the client.
    pub consent: Option<Consent>,
}
