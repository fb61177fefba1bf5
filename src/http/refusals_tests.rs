use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::*;
use crate::http::body::{too_slow, wrong_type};
use crate::http::error_reason::AddressFault;
use crate::ports::mailer::MailUnavailable;
use crate::protocol::address::AddressError;
use crate::protocol::code::CodeForm;
use crate::protocol::locale::Locale;
use crate::protocol::profile::{ProfileError, ProfileField};
use crate::protocol::record::RecordKind;

const MESSAGES: &str = include_str!("../../sdk/MESSAGES.md");
const README: &str = include_str!("../../sdk/README.md");
const TYPINGS: &str = include_str!("../../sdk/src/reason.ts");

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// Every refusal of the browser SDK's paths, `/refresh` and the Client API.
fn every_refusal() -> Vec<ApiError> {
    let mut all = of_a_sign_in();
    all.extend(of_a_session());
    all.extend(of_the_customers_own_data());
    all.extend(of_any_request());
    all
}

fn of_a_sign_in() -> Vec<ApiError> {
    let not_sent = [
        CodeSendError::TooSoon(seconds(30)),
        CodeSendError::Limited(seconds(3360)),
        CodeSendError::Full(seconds(3360)),
        CodeSendError::Unwritable,
        CodeSendError::Mail(MailUnavailable { retry_after: seconds(10) }),
    ];
    let send = [
        SendError::PublicKeyUnknown,
        SendError::OriginRefused,
        SendError::Address(AddressError::Malformed),
        SendError::Address(AddressError::TooLong),
    ];
    let not_proven = [
        CodeProofError::CodeMalformed(CodeForm::Digits),
        CodeProofError::CodeMalformed(CodeForm::Letters),
        CodeProofError::ReferenceMalformed,
        CodeProofError::CodeWrong { left: 4 },
        CodeProofError::CodeWrong { left: 1 },
        CodeProofError::ChallengeExpired,
        CodeProofError::ChallengeSpent,
        CodeProofError::CodeRetired,
    ];
    let verify = [
        VerifyError::PublicKeyUnknown,
        VerifyError::OriginRefused,
        VerifyError::ProofRefused(ProofRefusal::Replayed),
        VerifyError::ProofRefused(ProofRefusal::TooMany),
    ];
    let mut all = not_sent.map(|error| ApiError::from(SendError::from(error))).to_vec();
    all.extend(send.map(ApiError::from));
    all.extend(not_proven.map(|error| ApiError::from(VerifyError::from(error))));
    all.extend(verify.map(ApiError::from));
    all
}

fn of_a_session() -> Vec<ApiError> {
    let refresh = [
        RefreshError::Invalid,
        RefreshError::Expired,
        RefreshError::Revoked,
        RefreshError::Superseded,
        RefreshError::Reused,
        RefreshError::ClientAuthenticationRequired,
        RefreshError::KeyNotProven,
    ];
    let mut all = refresh.map(ApiError::from).to_vec();
    all.push(DpopError::Signature.into());
    all.extend([LogoutError::Invalid, LogoutError::OriginRefused].map(ApiError::from));
    all.extend([SessionError::OriginRefused, SessionError::NotDom].map(ApiError::from));
    all
}

fn of_the_customers_own_data() -> Vec<ApiError> {
    let own = [
        ClientApiError::InsufficientScope("orders:read"),
        ClientApiError::Limited { retry_after: seconds(30), standings: vec![] },
        ClientApiError::NoCustomer,
        ClientApiError::UnknownCursor,
        ClientApiError::Absent(AbsentError::Revoked),
        ClientApiError::Absent(AbsentError::Gone),
    ];
    let mut all = own.map(ApiError::from).to_vec();
    all.extend([QueryError::Limit, QueryError::Status(RecordKind::Order)].map(ApiError::from));
    let values = [
        (ProfileField::FirstName, ProfileError::Empty),
        (ProfileField::LastName, ProfileError::TooLong(100)),
        (ProfileField::DisplayName, ProfileError::Control),
        (ProfileField::Phone, ProfileError::Phone),
        (ProfileField::ProfilePhoto, ProfileError::Url),
    ];
    all.extend(values.map(|(field, error)| ApiError {
        reason: EnvelopeReason::ProfileRefused(field, error).into(),
        ..ApiError::bad_field(field.name(), "")
    }));
    let bad_tokens = [BearerReason::Missing, BearerReason::Invalid];
    all.extend(bad_tokens.map(|reason| ApiError::plain(UNAUTHORIZED, reason)));
    all
}

/// Refusals of the handlers, of reading bodies and of the gate.
fn of_any_request() -> Vec<ApiError> {
    let coding = CommonReason::UnsupportedContentEncoding;
    vec![
        ApiError::bad_request(""),
        wrong_type("application/json"),
        ApiError::plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, coding),
        ApiError::plain(StatusCode::PAYLOAD_TOO_LARGE, CommonReason::BodyTooLarge),
        too_slow(),
        ApiError::not_found(),
        ApiError::wrong_method("POST"),
        ApiError::plain(StatusCode::MISDIRECTED_REQUEST, CommonReason::MisdirectedRequest),
        ApiError::server(""),
        ApiError::unavailable(""),
    ]
}

fn words() -> BTreeSet<&'static str> {
    every_refusal().iter().map(|error| error.reason.word()).collect()
}

fn quoted(text: &str, quote: char) -> BTreeSet<&str> {
    text.split(quote).skip(1).step_by(2).collect()
}

#[test]
fn every_reason_is_documented_and_typed_and_no_other() {
    let union = TYPINGS.split("ServerReason =").nth(1).unwrap().split(';').next().unwrap();
    assert_eq!(quoted(union, '"'), words(), "sdk/src/reason.ts");
    let own = TYPINGS.split("OwnReason =").nth(1).unwrap().split(';').next().unwrap();
    let every = words().into_iter().chain(quoted(own, '"')).collect::<BTreeSet<_>>();
    let errors = README.split("\n## ").find(|part| part.starts_with("Errors\n")).unwrap();
    let rows = errors.lines().filter(|line| line.starts_with("| `")).skip(1);
    let cells = rows.filter_map(|line| line.split('|').nth(1)).collect::<String>();
    assert_eq!(quoted(&cells, '`'), every, "the table of sdk/README.md");
}

#[test]
fn every_sentence_is_documented_in_three_languages() {
    let mut rows = BTreeSet::new();
    for error in every_refusal() {
        let [en, fr, es] = Locale::ALL.map(|locale| error.sentence(locale));
        rows.insert(format!(
            "| `{}` | {} | {en} | {fr} | {es} |",
            error.reason.word(),
            error.status.as_u16()
        ));
    }
    let table = rows.iter().fold(String::new(), |mut table, row| {
        let _ = writeln!(table, "{row}");
        table
    });
    assert!(MESSAGES.contains(&table), "sdk/MESSAGES.md has to have these rows:\n{table}");
    let issuer = MESSAGES.split("\n## ").find(|part| part.starts_with("From the issuer")).unwrap();
    assert_eq!(issuer.matches("\n| `").count(), rows.len() + 1, "and no others");
}

/// A customer knows no parameters, headers, statuses or specifications.
#[test]
fn no_sentence_speaks_to_a_developer_and_each_is_in_its_own_language() {
    for error in every_refusal() {
        let sentences = Locale::ALL.map(|locale| error.sentence(locale));
        for (place, sentence) in sentences.iter().enumerate() {
            assert!(sentence.ends_with('.') && sentence.len() > 20, "{sentence}");
            for word in [
                "token",
                "DPoP",
                "JSON",
                "origin",
                "public_key",
                "header",
                "scope",
                "client",
                "null",
                "seconds.",
            ] {
                let allowed = word == "client" && place > 0 || word == "seconds." && place == 0;
                assert!(allowed || !sentence.contains(word), "{word}: {sentence}");
            }
        }
        let distinct = sentences.iter().collect::<BTreeSet<_>>();
        assert_eq!(distinct.len(), 3, "{sentences:?}");
    }
}

#[test]
fn waiting_times_are_in_words() {
    let soon = ApiError::from(CodeSendError::TooSoon(seconds(30)));
    let later = ApiError::from(CodeSendError::Limited(seconds(3360)));
    for (error, texts) in [
        (soon, ["in 30 seconds", "dans 30 secondes", "dentro de 30 segundos"]),
        (later, ["in 56 minutes", "dans 56 minutes", "dentro de 56 minutos"]),
    ] {
        for (locale, text) in Locale::ALL.into_iter().zip(texts) {
            assert!(error.sentence(locale).contains(text), "{}", error.sentence(locale));
        }
    }
}

#[test]
fn what_a_developer_has_to_mend_is_not_lost() {
    let refused = ApiError::from(SendError::Address(AddressError::Malformed));
    assert_eq!(
        refused.reason,
        EnvelopeReason::EmailInvalid(AddressFault::Judged(AddressError::Malformed)).into()
    );
    assert!(refused.detail().is_some_and(|detail| detail.contains("\"email\"")));
    for error in every_refusal() {
        if error.field().is_some() {
            assert!(error.detail().is_some(), "{error:?}");
        }
    }
}
