//! Who bounds what is stored: every verb of every store port, and what somebody who proved nothing can do with it.
//! A verb that is not on the list fails, and so does a call of a bounded verb from a place where nothing admits it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use tiquo_auth::store::embedded::{Growth, Verb};

use super::{files, read};

/// What a stranger can make the store keep with a verb.
#[derive(Debug, Clone, Copy)]
enum Bound {
    /// It writes nothing.
    Reads,
    /// Whoever reaches it proved something first: this.
    Proven(&'static str),
    /// It changes a row that is there, and makes it no larger than it may be when it is made.
    InPlace(&'static str),
    /// It stores for a stranger, who was admitted or who sent what this says: by the use cases of these files alone.
    Admitted(&'static str, &'static [&'static str]),
    /// It is itself what counts: it writes nothing for what it refuses.
    Counts(&'static str, &'static [&'static str]),
}

use Bound::{Admitted, Counts, InPlace, Proven, Reads};

const SIGNED_IN: &str = "a code that was sent to an address, or a session at the issuer";
const OPERATOR: &str = "the operator's key, or the operator's machine";
const CHALLENGE: &str =
    "the challenge was admitted; attempts and sends of one are bounded (contract: failed attempts)";
const CODES: &[&str] = &["src/flow/sign_in/code.rs"];
const COUNTED: &str = "src/flow/sign_in/counted.rs";
const DEVICES: &[&str] = &["src/flow/device.rs"];
const INTERACTIONS: &[&str] = &["src/flow/authorize/mod.rs"];
const ASSERTIONS: &str = "src/flow/client_assertion.rs";
const BEGIN: &str = "src/flow/authorize/begin.rs";
const END_SESSION: &str = "src/flow/end_session/mod.rs";
const PAGE_REQUESTS: &str = "src/flow/page_request.rs";
const REGISTRATION: &[&str] = &["src/flow/registration/mod.rs"];

/// Every verb of every port of the store.
const VERBS: &[(&str, Bound)] = &[
    // StoreAdmin
    ("check", InPlace("one row of the store itself")),
    ("record_opening", Proven(OPERATOR)),
    ("broken", Reads),
    ("earlier_opening", Reads),
    ("learn_format", Reads),
    ("switch_format", Proven(OPERATOR)),
    ("written_format", Reads),
    // AssertionStore
    (
        "remember_assertion",
        Admitted(
            "the signature of a client of the operator's (RFC 7523 §3), or StrangerClass::Assertions",
            &[ASSERTIONS],
        ),
    ),
    // ChallengeStore
    (
        "open_challenge",
        Admitted("StrangerClass::Codes, or a device that signed in before and its own budget", CODES),
    ),
    ("resend_code", Admitted("the challenge was admitted, and goes on for MOST_SENDS codes", CODES)),
    ("peek_challenge", Reads),
    ("try_code", InPlace(CHALLENGE)),
    ("ensure_account", Proven("the right code of a challenge, or an import by the operator")),
    ("peek_account", Reads),
    ("link_customer", Proven(OPERATOR)),
    // ClientStore
    ("admit_registration", Counts("an address, its network and its organization", REGISTRATION)),
    (
        "register_client",
        Admitted("admit_registration, and a ceiling of clients for each organization", REGISTRATION),
    ),
    ("peek_client", Reads),
    ("clients_of", Reads),
    ("replace_client", InPlace("the registration access token of the client (RFC 7592 §2.2)")),
    ("touch_client", InPlace("the client is registered")),
    ("remove_client", InPlace("it only removes rows")),
    // CodeStore
    ("issue_code", Proven(SIGNED_IN)),
    ("peek_code", Reads),
    ("redeem_code", Proven("the code, which was issued to somebody who signed in")),
    // CounterStore
    (
        "admit_stranger",
        Counts(
            "an address, its network and all networks together",
            &[COUNTED, DEVICES[0], PAGE_REQUESTS, ASSERTIONS],
        ),
    ),
    ("give_place_back", InPlace("it only removes rows")),
    ("take_mail_back", InPlace("it only removes rows")),
    ("admit_mail", Counts("a mailbox, after admit_stranger", &[COUNTED])),
    ("count_organization", InPlace("one row for each organization of the configuration")),
    ("next_customer_number", InPlace("one row for each organization of the configuration")),
    // CustomerStore
    ("admit", Proven("an access token")),
    ("change_profile", Proven("an access token")),
    ("put_customer", Proven(OPERATOR)),
    // DeviceStore
    ("open_device", Admitted("StrangerClass::DeviceRequests", DEVICES)),
    ("peek_device", Reads),
    ("decide_device", Proven(SIGNED_IN)),
    ("poll_device", InPlace("the device's request was admitted")),
    // EndUserStore
    ("peek_end_user", Reads),
    ("put_claims", Proven(OPERATOR)),
    // GrantStore
    ("open_grant", Proven(SIGNED_IN)),
    ("rotate_refresh", Proven("a refresh token: its MAC is verified before the store is asked")),
    ("peek_grant", Reads),
    ("revoke_grant", Proven("a token of the grant")),
    ("present_access", Proven("an access token")),
    // InteractionStore
    (
        "open_interaction",
        Admitted("StrangerClass::PageRequests, in format 1 alone: else a request is sealed", &[BEGIN]),
    ),
    ("peek_interaction", Reads),
    (
        "advance_interaction",
        Admitted(
            "a code that was sent (Ask::kept_beside of StrangerClass::Codes), or a sign-in",
            INTERACTIONS,
        ),
    ),
    // LogoutStore
    (
        "open_logout",
        Admitted("StrangerClass::PageRequests, in format 1 alone: else a request is sealed", &[END_SESSION]),
    ),
    ("peek_logout", Reads),
    // RecordStore
    ("assign_customer", Proven(OPERATOR)),
    ("put_records", Proven(OPERATOR)),
    ("list_records", Reads),
    // SsoStore
    ("open_sso_session", Proven(SIGNED_IN)),
    ("peek_sso_session", Reads),
    ("touch_sso_session", Proven(SIGNED_IN)),
    ("end_sso_session", Proven(SIGNED_IN)),
];

/// The methods of the traits of a file, by trait.
fn verbs(text: &str) -> Vec<(String, String)> {
    let tokens = text.parse::<TokenStream>().unwrap().into_iter().collect::<Vec<_>>();
    let mut found = Vec::new();
    for (place, token) in tokens.iter().enumerate() {
        let TokenTree::Ident(word) = token else { continue };
        let Some(TokenTree::Ident(name)) = tokens.get(place + 1).filter(|_| word == "trait") else {
            continue;
        };
        let body = tokens[place..].iter().find_map(|token| match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group.stream()),
            _ => None,
        });
        let body = body.unwrap().into_iter().collect::<Vec<_>>();
        for pair in body.windows(2) {
            if let [TokenTree::Ident(word), TokenTree::Ident(verb)] = pair
                && word == "fn"
            {
                found.push((name.to_string(), verb.to_string()));
            }
        }
    }
    found
}

/// The files of the use cases that call a verb.
fn callers(of: &str, flow: &[(String, String)]) -> BTreeSet<String> {
    let call = format!(".{of}(");
    let calls = flow.iter().filter(|(_, text)| text.contains(&call));
    calls.map(|(path, _)| path.clone()).collect()
}

#[test]
fn every_storing_verb_names_who_bounds_it() {
    let mut ports = BTreeMap::new();
    for path in files(Path::new("src/ports/store")) {
        for (port, verb) in verbs(&read(&path)) {
            assert!(ports.insert(verb.clone(), port).is_none(), "two ports have a verb {verb}");
        }
    }
    assert!(ports.len() > 40, "the ports of the store are not where they are looked for");
    let listed = VERBS.iter().map(|(verb, _)| (*verb).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(listed.len(), VERBS.len(), "a verb stands on the list twice");
    let there = ports.keys().cloned().collect::<BTreeSet<_>>();
    let missing =
        there.difference(&listed).map(|verb| format!("{}::{verb}", ports[verb])).collect::<Vec<_>>();
    assert!(missing.is_empty(), "who bounds what these store for somebody who proved nothing? {missing:?}");
    let gone = listed.difference(&there).collect::<Vec<_>>();
    assert!(gone.is_empty(), "no port has {gone:?}");
    for (verb, bound) in VERBS {
        let (Proven(why) | InPlace(why) | Admitted(why, _) | Counts(why, _)) = bound else { continue };
        assert!(why.len() > 10, "{verb}: bounded by what?");
    }
}

#[test]
fn every_storing_verb_says_what_it_does_to_the_file() {
    let of_ports = VERBS.iter().filter(|(_, bound)| !matches!(bound, Reads)).map(|(verb, _)| *verb);
    // What no port asks for, but the store itself.
    let own = ["sweep", "trim"];
    let expected = of_ports.chain(own).collect::<BTreeSet<_>>();
    let classified = Verb::ALL.iter().map(|verb| verb.name()).collect::<BTreeSet<_>>();
    assert_eq!(classified, expected, "store/embedded/verbs.rs");
    assert_eq!(classified.len(), Verb::ALL.len(), "a verb stands there twice");
    for verb in Verb::ALL {
        let variant = verb.name().split('_').map(|word| word[..1].to_uppercase() + &word[1..]);
        assert_eq!(format!("{verb:?}"), variant.collect::<String>());
    }
}

#[test]
fn each_verb_of_the_embedded_store_writes_under_its_own_name() {
    for path in files(Path::new("src/store/embedded")) {
        let text = read(&path);
        let mut current = String::new();
        for line in text.lines() {
            if let Some(named) = line
                .trim_start()
                .strip_prefix("fn ")
                .or_else(|| line.split_once("async fn ").map(|(_, named)| named))
            {
                current = named.split(['(', '<']).next().unwrap().to_owned();
            }
            if let Some((_, call)) = line.split_once(".write(Verb::") {
                let verb = call.split(',').next().unwrap();
                let verb = Verb::ALL.iter().find(|known| format!("{known:?}") == verb).unwrap();
                let is_own = verb.name() == current || (*verb == Verb::Trim && current == "sweep");
                assert!(is_own, "{}: {current} writes as {verb:?}", path.display());
            }
        }
    }
}

#[test]
fn on_a_full_disk_whoever_is_signed_in_goes_on() {
    let holds =
        |name: &str| Verb::ALL.iter().any(|verb| verb.name() == name && verb.growth() == Growth::Holds);
    for goes_on in
        ["rotate_refresh", "revoke_grant", "end_sso_session", "admit", "present_access", "sweep", "trim"]
    {
        assert!(holds(goes_on), "{goes_on}");
    }
    for (verb, bound) in VERBS {
        // Of strangers' clients `admit_stranger` comes first, and is refused there.
        let is_admitted_before = *verb == "remember_assertion";
        if matches!(bound, Admitted(..) | Counts(..)) && !is_admitted_before {
            assert!(!holds(verb), "{verb} stores for strangers");
        }
    }
}

#[test]
fn what_strangers_store_is_stored_only_where_they_are_admitted() {
    let flow = files(Path::new("src/flow"));
    let flow = flow.iter().map(|path| (path.display().to_string(), read(path))).collect::<Vec<_>>();
    for (verb, bound) in VERBS {
        let (Admitted(why, places) | Counts(why, places)) = bound else { continue };
        let places = places.iter().map(|place| (*place).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(callers(verb, &flow), places, "{verb} is bounded by {why}: there and nowhere else");
    }
}

#[test]
fn a_verb_is_found_whatever_it_looks_like() {
    let text = "/// Doc: fn not_this(&self).
        pub trait One: Send { fn a<'a>(&'a self) -> X; /// fn nor_this
            fn b(&self); }
        trait Two { async fn c(&self) {} } struct S; impl S { fn d() {} }";
    let found = verbs(text);
    let found = found.iter().map(|(port, verb)| (port.as_str(), verb.as_str())).collect::<Vec<_>>();
    assert_eq!(found, [("One", "a"), ("One", "b"), ("Two", "c")]);
}
