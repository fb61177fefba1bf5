//! Counting of sendings, before anything is stored for them. Those that led to no mail are taken back.

use super::code::{CodeRequest, CodeSendError};
use crate::flow::{Context, InternalError};
use crate::ports::store::Admission;
use crate::protocol::id::{MailboxKey, OrganizationId};
use crate::protocol::network::CallerAddress;
use crate::protocol::strangers::{StrangerAdmission, StrangerClass, StrangerRequest};
use crate::protocol::time::Timestamp;

/// A sending that was counted for its caller, network and mailbox.
pub(super) struct CountedSending {
    request: StrangerRequest,
    mailbox: MailboxKey,
}

impl CountedSending {
    /// Takes a sending back when nothing was sent or stored, so that a button pressed twice or too soon does
    /// not use up a code of the hour. If the store fails here the sending stays counted, which errs towards
    /// the limits.
    pub(super) async fn take_back(&self, cx: &Context, organization: &OrganizationId) {
        let Self { request, mailbox } = self;
        give_place_back(cx, request).await;
        let per_mailbox = cx.policy.sends.per_mailbox;
        let _ = cx.stores.take_mail_back(organization, mailbox, per_mailbox, request.now).await;
    }
}

/// Counts a sending for its caller, network and mailbox, unless a known device requests it. `weight` is the
/// size of what is stored for it; `None` for another code of an existing challenge, which no ceiling refuses.
pub(super) async fn admit(
    cx: &Context,
    ask: &CodeRequest<'_>,
    from: CallerAddress,
    weight: Option<u64>,
    now: Timestamp,
) -> Result<CountedSending, CodeSendError> {
    let (organization, policy) = (&ask.organization.id, &cx.policy);
    let request = StrangerRequest {
        class: StrangerClass::Codes,
        organization: Some(organization.clone()),
        from,
        weight,
        attempt: cx.new_attempt(),
        now,
    };
    let limits = policy.strangers.limits(request.class, policy.sends.per_network);
    match cx.stores.admit_stranger(&request, limits).await.map_err(InternalError::from)? {
        StrangerAdmission::Admitted => {}
        StrangerAdmission::Limited { retry_after } => return Err(CodeSendError::Limited(retry_after)),
        StrangerAdmission::Full { retry_after } => return Err(CodeSendError::Full(retry_after)),
    }
    let mailbox = cx.mailbox_key(&ask.email);
    let admission = cx.stores.admit_mail(organization, &mailbox, policy.sends.per_mailbox, now).await;
    match admission.map_err(InternalError::from)? {
        Admission::Admitted => Ok(CountedSending { request, mailbox }),
        Admission::Limited { retry_after } => {
            // The mailbox's limit refused, so nothing was counted there.
            give_place_back(cx, &request).await;
            Err(CodeSendError::Limited(retry_after))
        }
    }
}

/// Takes back what was counted for the caller, the network and all networks together.
async fn give_place_back(cx: &Context, request: &StrangerRequest) {
    let limits = cx.policy.strangers.limits(request.class, cx.policy.sends.per_network);
    let _ = cx.stores.give_place_back(request, limits).await;
}
