//! The store as the use cases see it: every verb of the ports goes through the gate, and what it did is recorded.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tiquo_auth::ports::store::{
    AddressLookup, Admission, AssertionMemory, AssertionStore, AttemptOutcome, ChallengeStore,
    ClientApiEntry, ClientStore, CodeStore, CounterStore, CustomerPutOutcome, CustomerStore,
    DeviceDecisionOutcome, DeviceOpening, DeviceStore, EndUserStore, FormatState, GrantOpening, GrantStore,
    ImportedCustomer, InteractionAdvance, InteractionStore, LogoutStore, PollOutcome, Presence,
    RecordListing, RecordStore, RecordsPutOutcome, RedemptionOutcome, RegistrationLimits,
    RegistrationOutcome, ReplacementOutcome, ResendCode, Result, Revocation, Rotation, SendOutcome,
    SessionStanding, SsoSessionEnd, SsoStore, StoreAdmin, StoreCompatibility, StoreOpening, StoreState,
    Stores,
};
use tiquo_auth::protocol::authorization_code::{AuthorizationCode, Redemption};
use tiquo_auth::protocol::budget::Limit;
use tiquo_auth::protocol::challenge::{Challenge, CodePolicy, NewChallenge, TryCode};
use tiquo_auth::protocol::client_assertion::OneTimeAssertion;
use tiquo_auth::protocol::device_grant::{DeviceDecision, DeviceRequest, UserCode};
use tiquo_auth::protocol::dpop::Proof;
use tiquo_auth::protocol::end_user::{Account, CustomerSeed, EndUser};
use tiquo_auth::protocol::grant::{Generation, Grant, PresentedToken, RotationPolicy};
use tiquo_auth::protocol::id::{
    AddressKey, AttemptId, Bucket, ChallengeId, ClientId, CodeId, DeviceCodeId, InteractionId, MailboxKey,
    OrganizationId, Sid, SsoId, UserId,
};
use tiquo_auth::protocol::interaction::{Interaction, Stage};
use tiquo_auth::protocol::logout::PendingLogout;
use tiquo_auth::protocol::network::{CallerAddress, ClientNetwork};
use tiquo_auth::protocol::policy::{MailboxLimits, SendPolicy};
use tiquo_auth::protocol::profile::ProfileChange;
use tiquo_auth::protocol::record::{CustomerKey, Record, RecordKind, RecordQuery};
use tiquo_auth::protocol::registered_client::RegisteredClient;
use tiquo_auth::protocol::row_format::RowFormat;
use tiquo_auth::protocol::sso::{Consent, SsoSession};
use tiquo_auth::protocol::standard_claims::StandardClaims;
use tiquo_auth::protocol::strangers::{StrangerAdmission, StrangerLimits, StrangerRequest};
use tiquo_auth::protocol::time::Timestamp;

use crate::gate::Gate;

/// A verb that was carried out: what it was asked, and what it answered.
#[derive(Debug, Clone)]
pub(crate) enum VerbCall {
    OpenGrant((Account, Grant, Option<Proof>), Result<GrantOpening>),
    RotateRefresh((Sid, PresentedToken, RotationPolicy), Result<Rotation>),
    RevokeGrant((Sid, Timestamp), Result<Revocation>),
    PresentAccess((Sid, Generation, Timestamp), Result<Presence>),
    Admit((Sid, UserId, Generation, Vec<Limit>, Timestamp), Result<ClientApiEntry>),
    IssueCode((AuthorizationCode, Option<Consent>), Result<()>),
    RedeemCode((CodeId, UserId, Redemption), Result<RedemptionOutcome>),
    EndSsoSession((SsoId, AttemptId, Timestamp), Result<SsoSessionEnd>),
    OpenChallenge((NewChallenge, ClientNetwork, CodePolicy, SendPolicy), Result<SendOutcome>),
    ResendCode((ResendCode, ClientNetwork, CodePolicy, SendPolicy), Result<SendOutcome>),
    TryCode((ChallengeId, TryCode, CodePolicy), Result<AttemptOutcome>),
    AdmitStranger((StrangerRequest, StrangerLimits), Result<StrangerAdmission>),
    GivePlaceBack((StrangerRequest, StrangerLimits), Result<()>),
    AdmitMail((OrganizationId, MailboxKey, MailboxLimits, Timestamp), Result<Admission>),
    TakeMailBack((OrganizationId, MailboxKey, MailboxLimits, Timestamp), Result<()>),
}

/// What was carried out, in its order. Clones are the same record.
#[derive(Clone, Default)]
pub(crate) struct VerbLog(Arc<Mutex<Vec<VerbCall>>>);

impl VerbLog {
    fn push(&self, call: VerbCall) {
        self.0.lock().unwrap().push(call);
    }

    /// What was carried out since it was last asked for.
    pub(crate) fn take(&self) -> Vec<VerbCall> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// A store behind the gate.
pub(crate) struct GatedStore {
    pub(crate) stores: Arc<dyn Stores>,
    pub(crate) gate: Gate,
    pub(crate) log: VerbLog,
}

/// An argument that outlives its caller.
macro_rules! owned {
    (by_ref $arg:ident) => {
        $arg.clone()
    };
    (by_value $arg:ident) => {
        $arg
    };
    (slice $arg:ident) => {
        $arg.to_vec()
    };
    (optional $arg:ident) => {
        $arg.cloned()
    };
}

/// An owned argument as the verb takes it.
macro_rules! passed {
    (by_ref $arg:ident) => {
        &$arg
    };
    (by_value $arg:ident) => {
        $arg.clone()
    };
    (slice $arg:ident) => {
        &$arg
    };
    (optional $arg:ident) => {
        $arg.as_ref()
    };
}

/// Leads every verb through the gate. One that says `as` is recorded.
macro_rules! gated {
    ($($port:ident {
        $($name:ident($($kind:ident $arg:ident: $ty:ty),*) -> $answer:ty $(, as $call:ident)?;)*
    })*) => { $(
        #[async_trait]
        impl $port for GatedStore { $(
            async fn $name(&self, $($arg: $ty),*) -> Result<$answer> {
                let (stores, log) = (Arc::clone(&self.stores), self.log.clone());
                $(let $arg = owned!($kind $arg);)*
                self.gate.verb(stringify!($name), move || {
                    let (stores, _log) = (Arc::clone(&stores), log.clone());
                    $(let $arg = $arg.clone();)*
                    Box::pin(async move {
                        let answer = stores.$name($(passed!($kind $arg)),*).await;
                        let _arguments = ($($arg,)*);
                        $(_log.push(VerbCall::$call(_arguments, answer.clone()));)?
                        answer
                    })
                }).await
            }
        )* }
    )* };
}

gated! {
    GrantStore {
        open_grant(by_ref account: &Account, by_ref grant: &Grant, optional proof: Option<&Proof>) -> GrantOpening, as OpenGrant;
        rotate_refresh(by_ref sid: &Sid, by_ref presented: &PresentedToken, by_ref policy: &RotationPolicy) -> Rotation, as RotateRefresh;
        peek_grant(by_ref sid: &Sid) -> Option<Grant>;
        revoke_grant(by_ref sid: &Sid, by_value now: Timestamp) -> Revocation, as RevokeGrant;
        present_access(by_ref sid: &Sid, by_value generation: Generation, by_value now: Timestamp) -> Presence, as PresentAccess;
    }
    EndUserStore {
        peek_end_user(by_value bucket: Bucket, by_ref user: &UserId) -> Option<EndUser>;
        put_claims(by_value bucket: Bucket, by_ref account: &Account, by_ref claims: &StandardClaims, by_value now: Timestamp) -> ();
    }
    CustomerStore {
        admit(by_ref sid: &Sid, by_ref user: &UserId, by_value generation: Generation, slice limits: &[Limit], by_value now: Timestamp) -> ClientApiEntry, as Admit;
        change_profile(by_value bucket: Bucket, by_ref user: &UserId, by_ref change: &ProfileChange, by_value now: Timestamp) -> Option<EndUser>;
        put_customer(by_value bucket: Bucket, by_ref account: &Account, by_ref customer: &ImportedCustomer, by_value now: Timestamp) -> CustomerPutOutcome;
    }
    RecordStore {
        assign_customer(by_ref key: &CustomerKey, by_ref user: &UserId) -> bool;
        put_records(by_ref key: &CustomerKey, by_value kind: RecordKind, slice records: &[Record]) -> RecordsPutOutcome;
        list_records(by_ref key: &CustomerKey, by_value kind: RecordKind, by_ref query: &RecordQuery) -> RecordListing;
    }
    ChallengeStore {
        open_challenge(by_ref new: &NewChallenge, by_ref network: &ClientNetwork, by_ref codes: &CodePolicy, by_ref sends: &SendPolicy) -> SendOutcome, as OpenChallenge;
        resend_code(by_ref resend: &ResendCode, by_ref network: &ClientNetwork, by_ref codes: &CodePolicy, by_ref sends: &SendPolicy) -> SendOutcome, as ResendCode;
        peek_challenge(by_ref id: &ChallengeId) -> Option<Challenge>;
        try_code(by_ref id: &ChallengeId, by_ref try_: &TryCode, by_ref codes: &CodePolicy) -> AttemptOutcome, as TryCode;
        ensure_account(by_ref address: &AddressKey, by_ref proposed: &Account) -> AddressLookup;
        peek_account(by_ref address: &AddressKey) -> Option<Account>;
        link_customer(by_ref address: &AddressKey, by_ref seed: &CustomerSeed) -> Option<Account>;
    }
    InteractionStore {
        open_interaction(by_ref interaction: &Interaction) -> ();
        peek_interaction(by_ref id: &InteractionId) -> Option<Interaction>;
        advance_interaction(by_ref seen: &Interaction, by_ref stage: &Stage, by_value attempt: AttemptId) -> InteractionAdvance;
    }
    LogoutStore {
        open_logout(by_ref logout: &PendingLogout) -> ();
        peek_logout(by_ref id: &InteractionId) -> Option<PendingLogout>;
    }
    SsoStore {
        open_sso_session(by_ref account: &Account, by_ref session: &SsoSession, by_ref client: &ClientId, optional before: Option<&SsoId>) -> SessionStanding;
        peek_sso_session(by_ref id: &SsoId, optional client: Option<&ClientId>) -> Option<SessionStanding>;
        touch_sso_session(by_ref id: &SsoId, by_value now: Timestamp) -> ();
        end_sso_session(by_ref id: &SsoId, by_value attempt: AttemptId, by_value now: Timestamp) -> SsoSessionEnd, as EndSsoSession;
    }
    CodeStore {
        issue_code(by_ref code: &AuthorizationCode, optional consent: Option<&Consent>) -> (), as IssueCode;
        peek_code(by_ref id: &CodeId) -> Option<AuthorizationCode>;
        redeem_code(by_ref id: &CodeId, by_ref user: &UserId, by_ref redemption: &Redemption) -> RedemptionOutcome, as RedeemCode;
    }
    ClientStore {
        admit_registration(by_ref organization: &OrganizationId, by_ref from: &CallerAddress, by_value limits: RegistrationLimits, by_value now: Timestamp) -> Admission;
        register_client(by_ref client: &RegisteredClient, by_value ceiling: u32, by_value now: Timestamp) -> RegistrationOutcome;
        peek_client(by_ref id: &ClientId) -> Option<RegisteredClient>;
        replace_client(by_ref client: &RegisteredClient, by_value now: Timestamp) -> ReplacementOutcome;
        touch_client(by_ref organization: &OrganizationId, by_ref id: &ClientId, by_value now: Timestamp) -> ();
        clients_of(by_ref organization: &OrganizationId) -> Vec<ClientId>;
        remove_client(by_ref organization: &OrganizationId, by_ref id: &ClientId) -> ();
    }
    AssertionStore {
        remember_assertion(by_ref once: &OneTimeAssertion, by_value now: Timestamp, by_value attempt: AttemptId) -> AssertionMemory;
    }
    DeviceStore {
        open_device(by_ref request: &DeviceRequest) -> DeviceOpening;
        peek_device(by_ref user_code: &UserCode) -> Option<DeviceRequest>;
        decide_device(by_ref id: &DeviceCodeId, by_ref decision: &DeviceDecision, by_value now: Timestamp) -> DeviceDecisionOutcome;
        poll_device(by_ref id: &DeviceCodeId, by_ref client: &ClientId, by_value attempt: AttemptId, by_value now: Timestamp) -> PollOutcome;
    }
    CounterStore {
        admit_stranger(by_ref request: &StrangerRequest, by_value limits: StrangerLimits) -> StrangerAdmission, as AdmitStranger;
        give_place_back(by_ref request: &StrangerRequest, by_value limits: StrangerLimits) -> (), as GivePlaceBack;
        admit_mail(by_ref organization: &OrganizationId, by_ref mailbox: &MailboxKey, by_value limits: MailboxLimits, by_value now: Timestamp) -> Admission, as AdmitMail;
        take_mail_back(by_ref organization: &OrganizationId, by_ref mailbox: &MailboxKey, by_value limits: MailboxLimits, by_value admitted_at: Timestamp) -> (), as TakeMailBack;
        count_organization(by_ref organization: &OrganizationId, by_value ceiling: Limit, by_value now: Timestamp) -> bool;
        next_customer_number(by_ref organization: &OrganizationId) -> u64;
    }
}

#[async_trait]
impl StoreAdmin for GatedStore {
    async fn check(&self) -> Result<StoreState> {
        self.stores.check().await
    }

    fn broken(&self) -> Option<String> {
        self.stores.broken()
    }

    async fn earlier_opening(&self) -> Result<Option<StoreOpening>> {
        self.stores.earlier_opening().await
    }

    async fn record_opening(&self, opening: &StoreOpening) -> Result<StoreCompatibility> {
        self.stores.record_opening(opening).await
    }

    async fn learn_format(&self) -> Result<FormatState> {
        self.stores.learn_format().await
    }

    async fn switch_format(&self, to: RowFormat) -> Result<()> {
        self.stores.switch_format(to).await
    }

    fn written_format(&self) -> RowFormat {
        self.stores.written_format()
    }
}
