//! What each verb that writes does to the size of the file: the one place that says which of them are refused when the
//! disk has less room than the reserve. [`super::EmbeddedStore::write`] asks for a [`Verb`], so none can be forgotten,
//! and `tests/it/architecture/storing.rs` holds the list to the ports.

/// What a verb does to the file in the long run. Every write also needs pages for a moment, the old ones and the new;
/// the reserve is for that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Growth {
    /// It makes rows, or makes them larger, and they stay. Refused below the reserve.
    Grows,
    /// It changes rows that are there, removes them, or makes small ones that end within minutes. Goes on.
    Holds,
}

macro_rules! verbs {
    ($($(#[$doc:meta])* $verb:ident = $name:literal: $growth:ident,)+) => {
        /// A verb that writes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Verb {
            $($(#[$doc])* $verb,)+
        }

        impl Verb {
            pub const ALL: &'static [Self] = &[$(Self::$verb),+];

            /// What the ports call it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$verb => $name,)+
                }
            }

            /// What it does to the file.
            #[must_use]
            pub const fn growth(self) -> Growth {
                match self {
                    $(Self::$verb => Growth::$growth,)+
                }
            }
        }
    };
}

verbs! {
    /// A commit without a change, to find out whether the file takes one.
    Check = "check": Holds,
    /// One row of the store itself; without it no process could start on a full disk.
    ClaimStore = "claim_store": Holds,
    /// One row of the store itself.
    SwitchFormat = "switch_format": Holds,
    /// A client that signs its requests could not refresh or revoke without it; the row ends with the assertion.
    RememberAssertion = "remember_assertion": Holds,

    /// A challenge, and the logs of what was sent.
    OpenChallenge = "open_challenge": Grows,
    /// A larger challenge, and the logs of what was sent.
    ResendCode = "resend_code": Grows,
    /// The right code leads to a grant: refused before it is used up for nothing.
    TryCode = "try_code": Grows,
    /// An account.
    ClaimAddress = "claim_address": Grows,
    /// A larger account.
    LinkCustomer = "link_customer": Grows,

    /// Logs of who registers.
    AdmitRegistration = "admit_registration": Grows,
    RegisterClient = "register_client": Grows,
    /// A client that may be larger than before.
    ReplaceClient = "replace_client": Grows,
    /// A time in a client's row.
    TouchClient = "touch_client": Holds,
    RemoveClient = "remove_client": Holds,

    /// A code, and a consent.
    IssueCode = "issue_code": Grows,
    /// A grant. The code is as good as before when this is refused.
    RedeemCode = "redeem_code": Grows,

    /// Logs of strangers.
    AdmitStranger = "admit_stranger": Grows,
    /// Takes an entry out of a log.
    GivePlaceBack = "give_place_back": Holds,
    /// The log of a mailbox.
    AdmitMail = "admit_mail": Grows,
    /// A mail that was not sent counts no longer.
    TakeMailBack = "take_mail_back": Holds,
    /// One row for each organization.
    CountOrganization = "count_organization": Holds,
    /// One row for each organization, but a customer follows it.
    NextCustomerNumber = "next_customer_number": Grows,

    /// Windows of an end-user, which end.
    Admit = "admit": Holds,
    /// A profile may be larger than before.
    ChangeProfile = "change_profile": Grows,
    PutCustomer = "put_customer": Grows,

    /// A device that waits.
    OpenDevice = "open_device": Grows,
    /// Yes leads to a grant.
    DecideDevice = "decide_device": Grows,
    /// The poll after a yes takes it and leads to a grant.
    PollDevice = "poll_device": Grows,

    /// Claims of an end-user.
    PutClaims = "put_claims": Grows,

    OpenGrant = "open_grant": Grows,
    /// A grant's row, and the proofs of its key, of which eight live.
    RotateRefresh = "rotate_refresh": Holds,
    /// A mark in a grant's row.
    RevokeGrant = "revoke_grant": Holds,
    /// A mark in a grant's row.
    PresentAccess = "present_access": Holds,

    OpenInteraction = "open_interaction": Grows,
    /// An interaction: the first advance makes its row.
    AdvanceInteraction = "advance_interaction": Grows,
    /// A logout request.
    OpenLogout = "open_logout": Grows,

    /// A customer's owner.
    ClaimCustomer = "claim_customer": Grows,
    PutRecords = "put_records": Grows,

    OpenSsoSession = "open_sso_session": Grows,
    /// A time in a session's row.
    TouchSsoSession = "touch_sso_session": Holds,
    /// Marks in rows of a session and of its grants.
    EndSsoSession = "end_sso_session": Holds,

    /// Removes what is garbage.
    Sweep = "sweep": Holds,
    /// Gives the disk back what the file was sized to and does not need.
    Trim = "trim": Holds,
}
