//! The end of an SSO session and of its grants, and the notices to its participants.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::flow::{Caller, Context, InternalError, Result};
use crate::ports::audit::{AuditEvent, AuditKind};
use crate::ports::logout_notices::LogoutNotice;
use crate::ports::store::{EndedSsoSession, SsoSessionEnd};
use crate::protocol::client::Client;
use crate::protocol::id::{ClientId, Sid, SsoId};
use crate::protocol::logout::{LogoutTokenClaims, TOKEN_LIFETIME, TYP, frontchannel_url, session_sid};
use crate::protocol::secret::Secret;
use crate::protocol::sso::SsoSession;

#[derive(Debug)]
pub(in crate::flow) struct SessionSignOut {
    /// Whether the session has ended, now or earlier. An unknown session may have been replaced by a later
    /// sign-in.
    pub has_ended: bool,
    /// The front-channel logout URLs of the session's clients (Front-Channel Logout §2).
    pub frames: Vec<String>,
}

impl Context {
    /// Ends a session and notifies its clients over the back channel. Does nothing for a session that ended
    /// before.
    pub(in crate::flow) async fn sign_out_session(
        &self,
        caller: &Caller,
        session: &SsoId,
    ) -> Result<SessionSignOut> {
        let now = self.clock.now();
        let ended = match self.stores.end_sso_session(session, self.new_attempt(), now).await? {
            SsoSessionEnd::Ended(ended) => ended,
            end @ (SsoSessionEnd::EndedBefore | SsoSessionEnd::NotFound) => {
                return Ok(SessionSignOut {
                    has_ended: end == SsoSessionEnd::EndedBefore,
                    frames: Vec::new(),
                });
            }
        };
        let EndedSsoSession { session, participants } = ended;
        self.audit.record(&AuditEvent {
            kind: AuditKind::SignedOutAtIssuer,
            request_id: &caller.request_id,
            organization: &session.organization,
            user: Some(&session.user),
            client: None,
            sid: None,
            network: Some(&caller.network),
        });
        let mut clients = BTreeMap::<ClientId, Vec<Sid>>::new();
        for participant in participants {
            clients.entry(participant.client).or_default().push(participant.sid);
        }
        let mut frames = Vec::new();
        for (id, grants) in clients {
            // The session has ended, so after an error the other clients still have to be notified.
            match self.notify_client(caller, &session, &id, &grants).await {
                Ok(frame) => frames.extend(frame),
                Err(error) => {
                    let (request_id, client) = (caller.request_id.as_str(), id.as_str());
                    tracing::error!(request_id, client, %error, "a client could not be notified of a logout");
                }
            }
        }
        Ok(SessionSignOut { has_ended: true, frames })
    }

    /// Notifies a client as it registered; answers its front-channel logout URL. A client that was removed is
    /// skipped.
    async fn notify_client(
        &self,
        caller: &Caller,
        session: &SsoSession,
        client: &ClientId,
        grants: &[Sid],
    ) -> Result<Option<String>> {
        let found = self.find_client(client).await?;
        let Some((client, _)) = found.filter(|(_, owner)| owner.id == session.organization) else {
            return Ok(None);
        };
        let sid = session_sid(&session.root, &client.id);
        if let Some(logout) = &client.extras.backchannel_logout {
            for sub in self.subjects_of_session(&client, session, grants).await? {
                self.send_logout_notice(caller, session, &client, &sid, &sub, &logout.uri)?;
            }
        }
        let front = client.extras.frontchannel_logout.as_ref();
        Ok(front.map(|logout| frontchannel_url(&logout.uri, &self.policy.issuer, &sid)))
    }

    /// The `sub` values by which a client knows a session's end-user: those of its grants, which keep the
    /// sector that they began with (OpenID Connect Core §8.1). There is more than one only if the client
    /// changed its sector in the meantime.
    async fn subjects_of_session(
        &self,
        client: &Client,
        session: &SsoSession,
        grants: &[Sid],
    ) -> Result<BTreeSet<String>> {
        let mut subjects = BTreeSet::new();
        for sid in grants {
            let grant = self.stores.peek_grant(sid).await?;
            subjects.extend(grant.map(|grant| self.subject_of(&grant)));
        }
        if subjects.is_empty() {
            subjects.insert(self.subject_for(client, &session.user));
        }
        Ok(subjects)
    }

    /// Sends a logout token (Back-Channel Logout §2.5).
    fn send_logout_notice(
        &self,
        caller: &Caller,
        session: &SsoSession,
        client: &Client,
        sid: &str,
        sub: &str,
        uri: &str,
    ) -> Result<()> {
        let now = self.clock.now();
        let jti = URL_SAFE_NO_PAD.encode(self.random::<16>());
        let claims = LogoutTokenClaims::new(&self.policy.issuer, sub, &client.id, sid, &jti, now);
        let payload = serde_json::to_vec(&claims)
            .map_err(|_| InternalError::Unexpected("the claims could not be serialized"))?;
        let token = self
            .signer
            .sign(TYP, &payload)
            .map_err(|_| InternalError::Unexpected("a token could not be signed"))?;
        self.notices.send(LogoutNotice {
            organization: session.organization.clone(),
            user: session.user.clone(),
            client: client.id.clone(),
            uri: uri.to_owned(),
            token: Secret::new(token),
            expires_at: now.plus(TOKEN_LIFETIME),
            request_id: caller.request_id.clone(),
        });
        Ok(())
    }
}
