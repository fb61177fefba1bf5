//! The accounts that are signed in in a browser.

use crate::flow::browser::Browser;
use crate::flow::{Context, Result};
use crate::ports::store::SessionStanding;
use crate::protocol::id::{OrganizationId, SsoId};
use crate::protocol::logout::LogoutRequest;
use crate::protocol::policy::Organization;
use crate::protocol::sso::SsoSession;

/// The browser's SSO sessions that a logout concerns.
pub(super) struct BrowserSignIns<'a> {
    pub(super) living: Vec<(&'a Organization, SessionStanding)>,
    /// Sessions in the browser's cookies that are unknown to the store or have ended.
    pub(super) unknown: Vec<SsoId>,
}

impl<'a> BrowserSignIns<'a> {
    pub(super) fn sessions(&self) -> Vec<&SsoSession> {
        self.living.iter().map(|(_, standing)| &standing.session).collect()
    }

    pub(super) fn ids(&self) -> Vec<SsoId> {
        self.living.iter().map(|(_, standing)| standing.session.id).collect()
    }

    pub(super) fn accounts(&self) -> Vec<(&'a Organization, String)> {
        let email = |standing: &SessionStanding| standing.end_user.email.as_typed().to_owned();
        self.living.iter().map(|(organization, standing)| (*organization, email(standing))).collect()
    }
}

impl Context {
    pub(super) async fn signed_in_accounts<'a>(
        &'a self,
        request: &LogoutRequest,
        browser: &Browser,
    ) -> Result<BrowserSignIns<'a>> {
        let of_client = match &request.client {
            Some(id) => self.find_client(id).await?.map(|(_, organization)| organization),
            None => None,
        };
        let mut signed_in = BrowserSignIns { living: Vec::new(), unknown: Vec::new() };
        for id in concerned_organizations(request, browser, of_client) {
            let (Some(organization), Some(sso)) = (self.policy.organization(&id), browser.sso_id(&id)) else {
                continue;
            };
            let Some(standing) = self.stores.peek_sso_session(&sso, request.client.as_ref()).await? else {
                signed_in.unknown.push(sso);
                continue;
            };
            let is_over = self.clock.now() >= standing.session.expires_at;
            if standing.session.organization == id && !is_over {
                signed_in.living.push((organization, standing));
            }
        }
        Ok(signed_in)
    }
}

/// The organizations whose session in this browser a request concerns: its client's, or all if it names no
/// client.
pub(super) fn concerned_organizations(
    request: &LogoutRequest,
    browser: &Browser,
    of_client: Option<&Organization>,
) -> Vec<OrganizationId> {
    let all = browser.sso.keys().filter(|id| match (&request.client, of_client) {
        (Some(_), Some(of_client)) => **id == of_client.id,
        (Some(_), None) => false,
        (None, _) => true,
    });
    all.cloned().collect()
}
