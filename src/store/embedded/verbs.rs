//! The verbs that write, and their effect on the size of the file: this decides which of them are refused
//! when the disk has less room than the reserve. [`super::EmbeddedStore::write`] takes a [`Verb`], so that
//! none is forgotten, and `tests/it/architecture/storing.rs` compares the list with the ports.

/// A verb's lasting effect on the file. Every write also needs pages for a moment, for which the reserve is
/// kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Growth {
    /// Adds rows or enlarges them lastingly. Refused below the reserve.
    Grows,
    /// Changes or removes rows, or adds small ones that expire within minutes. Always carried out.
    Holds,
}

macro_rules! verbs {
    ($($(#[$doc:meta])* $verb:ident = $name:literal: $growth:ident,)+) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Verb {
            $($(#[$doc])* $verb,)+
        }

        impl Verb {
            pub const ALL: &'static [Self] = &[$(Self::$verb),+];

            /// The name of its method in the ports.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$verb => $name,)+
                }
            }

            pub const fn growth(self) -> Growth {
                match self {
                    $(Self::$verb => Growth::$growth,)+
                }
            }
        }
    };
}

verbs! {
    /// A commit without a change, to check that the file takes one.
    Check = "check": Holds,
    /// One row of the store itself; without it no process could start on a full disk.
    RecordOpening = "record_opening": Holds,
    /// One row of the store itself.
    SwitchFormat = "switch_format": Holds,
    /// Needed by clients that authenticate with assertions, also to refresh and revoke; the row ends with the
    /// assertion.
    RememberAssertion = "remember_assertion": Holds,

    /// Adds a challenge, and entries to the logs of sent codes.
    OpenChallenge = "open_challenge": Grows,
    /// Enlarges a challenge, and the logs of sent codes.
    ResendCode = "resend_code": Grows,
    /// The right code leads to a grant, so it is refused before the code is used up in vain.
    TryCode = "try_code": Grows,
    EnsureAccount = "ensure_account": Grows,
    LinkCustomer = "link_customer": Grows,

    AdmitRegistration = "admit_registration": Grows,
    RegisterClient = "register_client": Grows,
    /// The new registration may be larger.
    ReplaceClient = "replace_client": Grows,
    TouchClient = "touch_client": Holds,
    RemoveClient = "remove_client": Holds,

    IssueCode = "issue_code": Grows,
    /// Adds a grant. When it is refused the code stays usable.
    RedeemCode = "redeem_code": Grows,

    AdmitStranger = "admit_stranger": Grows,
    GivePlaceBack = "give_place_back": Holds,
    /// Adds an entry to the log of a mailbox.
    AdmitMail = "admit_mail": Grows,
    /// Removes an entry from the log of a mailbox.
    TakeMailBack = "take_mail_back": Holds,
    /// One row for each organization.
    CountOrganization = "count_organization": Holds,
    /// One row for each organization, but a new customer follows.
    NextCustomerNumber = "next_customer_number": Grows,

    /// Windows of an end-user, which expire.
    Admit = "admit": Holds,
    /// The new profile may be larger.
    ChangeProfile = "change_profile": Grows,
    PutCustomer = "put_customer": Grows,

    OpenDevice = "open_device": Grows,
    /// Approval leads to a grant.
    DecideDevice = "decide_device": Grows,
    /// The first poll after approval leads to a grant.
    PollDevice = "poll_device": Grows,

    PutClaims = "put_claims": Grows,

    OpenGrant = "open_grant": Grows,
    /// Changes a grant's row and the used proofs of its key, which are at most eight.
    RotateRefresh = "rotate_refresh": Holds,
    RevokeGrant = "revoke_grant": Holds,
    PresentAccess = "present_access": Holds,

    OpenInteraction = "open_interaction": Grows,
    /// The first advance adds the interaction's row.
    AdvanceInteraction = "advance_interaction": Grows,
    OpenLogout = "open_logout": Grows,

    AssignCustomer = "assign_customer": Grows,
    PutRecords = "put_records": Grows,

    OpenSsoSession = "open_sso_session": Grows,
    TouchSsoSession = "touch_sso_session": Holds,
    /// Sets marks in the rows of a session and its grants.
    EndSsoSession = "end_sso_session": Holds,

    Sweep = "sweep": Holds,
    /// Returns unneeded room of the file to the disk.
    Trim = "trim": Holds,
}
