//! What only follows from another mistake is not told; its cause is.

use super::*;

/// Mistakes and warnings as they are shown, one a line.
fn told(text: &str) -> Vec<String> {
    let report = check(&File::new(text).path(), ReferencedFiles::Here, env(&[]));
    let warnings = report.warnings.iter().map(|warning| format!("warning: {warning}"));
    report.mistakes.iter().map(ToString::to_string).chain(warnings).collect()
}

const CLIENT: &str = r#"[[clients]]
id = "app"
organization = "org_one"
name = "App"
authentication = "none"
redirect_uris = ["https://app.example/callback"]
"#;

/// Each is a file with one thing wrong, which others hang on: the place of that one thing, and nothing else.
#[test]
fn what_follows_from_a_mistake_is_not_listed_beside_it() {
    let base = format!("{LEAST}{CLIENT}");
    let with = |from: &str, to: &str| {
        assert!(base.contains(from), "{from}");
        base.replace(from, to)
    };
    let organization = |line: &str| with("name = \"One\"", &format!("name = \"One\"\n{line}"));
    let client = |line: &str| format!("{base}{line}\n");
    let section = |text: &str| format!("{base}{text}\n");
    let (least, long) = ("id = \"org_one\"", "x".repeat(101));
    let cases = [
        // An organization that is refused takes neither its clients nor its other names with it.
        (base.replace("[[organizations", "[[organisations"), "organisations"),
        (with(least, "id = \"one\""), "organizations[0].id"),
        (with(least, "id = 1"), "organizations[0].id"),
        (with(least, ""), "organizations[0].id"),
        (with("name = \"One\"", &format!("name = \"{long}\"")), "organizations[0].name"),
        (organization("session_days = 4000\nsso_idle_hours = 24"), "organizations[0].session_days"),
        (organization("session_days = 1\nsso_idle_hours = 0"), "organizations[0].sso_idle_hours"),
        (
            with("origin = \"https://one.example\"", "origin = \"one.example\""),
            "organizations[0].domains[0].origin",
        ),
        (
            with("[[organizations.domains]]\norigin = \"https://one.example\"", "[organizations.domain]"),
            "organizations[0].domain",
        ),
        // A word that was meant is not missing.
        (with("issuer =", "isuer ="), "tokens.isuer"),
        (with("host =", "hots ="), "mail.smtp.hots"),
        (with("[mail.smtp]\nhost = \"relay.example\"", "[mail]\nkind = \"outbxo\""), "mail.kind"),
        // A number that is refused is not judged by what stands in for it.
        (
            with("[tokens]", "[tokens]\nrefresh_lifetime_days = 0\nrecovery_hours = 48"),
            "tokens.refresh_lifetime_days",
        ),
        (section("[codes]\nlifetime_seconds = 5"), "codes.lifetime_seconds"),
        (section("[codes]\nsends_per_hour_per_address = 0"), "codes.sends_per_hour_per_address"),
        (section("[codes]\nsends_per_hour_per_mailbox = 0"), "codes.sends_per_hour_per_mailbox"),
        (
            section("[outbound]\nconnect_timeout_seconds = 5\ntimeout_seconds = \"3\""),
            "outbound.timeout_seconds",
        ),
        // A network that is refused is not one that nobody named.
        (with("[\"10.0.0.0/8\"]", "[\"everywhere\"]"), "listen.trusted_proxies[0]"),
        (with("[\"10.0.0.0/8\"]", "\"10.0.0.0/8\""), "listen.trusted_proxies"),
        (
            with("trusted_proxies = [\"10.0.0.0/8\"]", "[listen.tls]\ncertificate_file = \"/x.crt\""),
            "listen.tls.key_file",
        ),
        // Which Redis it is is not known.
        (
            section(
                "[store]\nkind = \"redis\"\n[store.redis]\nmode = \"sentinal\"\nurls = [\"redis://a\", \"redis://b\"]\nmaster = \"m\"",
            ),
            "store.redis.mode",
        ),
        (section("[store]\nkind = \"redis\"\n[store.redis]\nurls_fiel = \"/x\""), "store.redis.urls_fiel"),
        (section("[registration]\nmode = \"opne\"\norganization = \"org_one\""), "registration.mode"),
        (section("[registration]\nmode = \"token\"\ntokens = 3"), "registration.tokens"),
        // Of a client.
        (client("grant_types = [\"authorisation_code\", \"refresh_token\"]"), "clients[0].grant_types[0]"),
        (
            client("frontchannel_logout_uri = \"https://app.example/out\"")
                .replace("\"https://app.example/callback\"", "\"http://app.example/callback\""),
            "clients[0].redirect_uris[0]",
        ),
        (
            client("subject_type = \"pairwize\"\nsector_identifier = \"app.example\""),
            "clients[0].subject_type",
        ),
        (
            client("require_signed_request_object = true\njwks_file = \"/nonexistent\""),
            "clients[0].jwks_file",
        ),
        (
            client("").replace(
                "authentication = \"none\"",
                "authentication = \"client_secret_basic\"\nsecret_file = 5",
            ),
            "clients[0].secret_file",
        ),
        (
            client("").replace(
                "authentication = \"none\"",
                "authentication = \"private_key_jwt\"\njwks_fil = \"/x\"",
            ),
            "clients[0].jwks_fil",
        ),
        (
            section(
                "scopes = [\"openid\", \"a:read\"]\ndefault_scopes = [\"a:read\"]\nresources = [\"https://api.example\"]\n[[resources]]\nid = \"no URI\"\nscopes = [\"a:read\"]",
            ),
            "resources[0].id",
        ),
        (
            section("[[resources]]\nid = \"https://api.example\"\nscopes = [\"a b\"]\nwrites = [\"a:b\"]"),
            "resources[0].scopes[0]",
        ),
    ];
    for (text, place) in cases {
        let told = told(&text);
        assert_eq!(told.len(), 1, "{place}: {told:#?}\n{text}");
        assert!(told[0].contains(&format!("{place}: ")), "{place}: {told:#?}");
    }
}

/// Two mistakes that are both true are both told, though one hangs on a place like the other's.
#[test]
fn what_is_wrong_by_itself_is_listed_beside_other_mistakes() {
    let text = format!("{LEAST}{CLIENT}")
        .replace("organization = \"org_one\"", "organization = \"org_onne\"")
        .replace("sender_address = \"hello@one.example\"", "sender_address = \"hello\"");
    let told = told(&text);
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(
        told[1].ends_with("there is no organization \"org_onne\". Did you mean \"org_one\"?"),
        "{told:#?}"
    );
}

/// A section whose name does not end, a list that does not end: what hangs on them is not judged, the rest is.
#[test]
fn lines_that_hang_on_one_that_cannot_be_read_are_not_judged() {
    let broken = [
        (
            LEAST.replace("[listen]", "[listen"),
            "line 3: this is not TOML: the name of a section does not end",
        ),
        (LEAST.replace("[[organizations]]", "[[organizations]"), "line 7: this is not TOML: "),
        (
            LEAST.replace("[\"10.0.0.0/8\"]", "[\"10.0.0.0/8\""),
            "line 4: listen.trusted_proxies: this is not TOML: a list",
        ),
        (
            format!("{LEAST}{CLIENT}").replace("id = \"org_one\"", "id = org_one"),
            "line 8: organizations[0].id: this is not TOML: ",
        ),
    ];
    for (text, begin) in broken {
        let told = told(&text);
        assert_eq!(told.len(), 1, "{told:#?}\n{text}");
        assert!(told[0].starts_with(begin), "{told:#?}");
    }
}

proptest::proptest! {
    /// Nothing of serde's or the parser's own sentences is told, whatever the file says.
    #[test]
    fn no_sentence_of_a_parser_is_told(
        text in "(\\[?\\[?(listen|tokens|mail.smtp|clients|organizations)?\\]?\\]?\n|(address|issuer|leeway_seconds|security|id|x) ?=? ?([\\[\\]{}\"'a-z0-9, #=_.\\\\-]{0,12}|true|5)\n){0,10}"
    ) {
        let report = check(&File::new(&text).path(), ReferencedFiles::Here, env(&[])).to_string();
        for raw in ["invalid type", "invalid value", "expected", "unknown", "u64", "struct", "`", "TOML parse"] {
            proptest::prop_assert!(!report.contains(raw), "{raw}: {report}\n{text}");
        }
    }
}
