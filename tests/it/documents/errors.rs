//! docs/errors.md has every word by which a refusal is told, with its statuses, and no other.

use std::collections::BTreeSet;

use strum::VariantNames as _;
use tiquo_auth::http::error::ApiError;
use tiquo_auth::http::error_reason::{BearerReason, CommonReason, EnvelopeReason, OAuthReason, PageReason};
use tiquo_auth::http::oauth_error;
use tiquo_auth::protocol::authorization::ErrorCode;

use super::refusals::{oauth, pages};
use super::words::{body, texts};
use crate::support::tables::{
    CODES, ENVELOPE, OF_OAUTH, PAGES, Pair, REDIRECTED, error_rows, pairs, read, rows, words,
};

fn reason(error: &ApiError) -> Pair {
    (error.reason.word().to_owned(), error.status.as_u16())
}

/// What a program is told of it.
fn code(error: &ApiError) -> Pair {
    let told: serde_json::Value = serde_json::from_slice(&oauth_error::body(error)).unwrap();
    (told["error"].as_str().unwrap().to_owned(), error.status.as_u16())
}

#[test]
fn every_reason_is_listed_and_no_other() {
    let listed = [ENVELOPE, PAGES, OF_OAUTH].map(words);
    let every = listed.iter().flatten().cloned().collect::<BTreeSet<_>>();
    let vocabularies = [
        CommonReason::VARIANTS,
        BearerReason::VARIANTS,
        EnvelopeReason::VARIANTS,
        OAuthReason::VARIANTS,
        PageReason::VARIANTS,
    ];
    assert_eq!(every, vocabularies.concat().into_iter().map(str::to_owned).collect());
    let twice: Vec<_> =
        listed[0].iter().filter(|word| listed[1..].iter().any(|other| other.contains(*word))).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

/// sdk/MESSAGES.md is held to the code by a test beside it.
#[test]
fn the_statuses_of_the_envelope_are_those_of_its_sentences() {
    let sentences = rows(&read("sdk/MESSAGES.md"), "From the issuer");
    let told = sentences.iter().map(|row| (row[0].trim_matches('`').to_owned(), row[1].parse().unwrap()));
    assert_eq!(pairs(ENVELOPE), told.collect::<BTreeSet<Pair>>());
}

#[test]
fn the_statuses_of_pages_are_those_of_the_refusals() {
    let own = words(PAGES);
    let refused = pages().iter().map(reason).filter(|(word, _)| own.contains(word)).collect();
    assert_eq!(pairs(PAGES), refused);
}

#[test]
fn the_statuses_of_oauth_endpoints_are_those_of_the_refusals() {
    let own = words(OF_OAUTH);
    let refused = oauth().iter().map(reason).filter(|(word, _)| own.contains(word)).collect();
    assert_eq!(pairs(OF_OAUTH), refused);
    assert_eq!(pairs(CODES), oauth().iter().map(code).collect());
    // Whoever reads a reason in the log finds the code that the caller was told.
    for (word, to_do) in error_rows(OF_OAUTH).into_iter().map(|row| (row[0].clone(), row[3].clone())) {
        let told = oauth().iter().find(|error| error.reason.word() == word).map(code).unwrap().0;
        assert!(to_do.contains(&format!("`{told}`")), "{word} is told as {told}");
    }
}

/// A code that no refusal of the list has would be missed: these are all that the code writes.
#[test]
fn every_oauth_code_is_listed() {
    let functions = ["code", "oauth_code"].map(|function| body("src/http/error_reason.rs", function));
    let of_oauth = OAuthReason::VARIANTS.iter().filter(|word| **word != "registration_full");
    let written = functions.into_iter().flat_map(texts).chain(of_oauth.map(|word| (*word).to_owned()));
    let written = written.collect::<BTreeSet<_>>();
    assert!(written.len() > 3 && written.is_subset(&words(CODES)), "{written:?}");
    let at_redirect_uris = ErrorCode::VARIANTS.iter().map(|code| (*code).to_owned()).collect();
    assert_eq!(words(REDIRECTED), at_redirect_uris);
    let in_challenges = texts(body("src/resource/error.rs", "code"));
    assert!(in_challenges.is_subset(&words(CODES)), "{in_challenges:?}");
}
