//! Secrets of clients: when one is needed, what is good enough, and that none is ever shown.

use super::*;

/// The text of a secret that everybody can read, as the file of development has it.
fn published() -> String {
    let text = std::fs::read_to_string("config/development.toml").unwrap();
    let development: toml::Table = toml::from_str(&text).unwrap();
    let clients = development["clients"].as_array().unwrap();
    let mut secrets = clients.iter().filter_map(|client| client.get("secret")?.as_str());
    secrets.next().unwrap().to_owned()
}

#[test]
fn a_secret_is_needed_exactly_when_a_method_uses_one() {
    let mistake =
        "clients[0].secret: is missing. Name its file in clients[0].secret_file, or write authentication";
    for methods in ["\"client_secret_basic\"", "[\"client_secret_post\"]"] {
        refused(&with(&[("authentication", methods), ("secret", "")]), mistake);
    }
    let text = public(&[("secret", "\"k3q9x7r2m8v4t6w1z5p0n3b7c2d9f4g8\"")]);
    refused(&text, "clients[0].secret: is given, but a public client has no secret. Leave it out, or write");
    let text = public(&[("secret_file", "\"/nonexistent\"")]);
    refused(&text, "clients[0].secret_file: is given, but a public client has no secret");
    let text = with(&[("secret_file", "\"/nonexistent\"")]);
    refused(&text, "clients[0].secret_file: is given beside clients[0].secret. Keep one of the two");
    refused(
        &with(&[("secret", "\"\"")]),
        "clients[0].secret: is empty. Write the secret, or name its file in",
    );
}

#[test]
fn a_secret_from_a_file_is_read_without_its_line_break() {
    let file = File::new(&with(&[("secret", "")]));
    let load =
        |secret_file: &str| Settings::load(&file.path(), env(&[("CLIENTS__0__SECRET_FILE", secret_file)]));
    let settings = load(&file.secret("good", &format!("{SECRET}\n"), 0o600)).unwrap();
    assert!(settings.warnings.is_empty(), "{:?}", settings.warnings);
    let Credentials::Secret { digest, .. } = one(&settings.policy.clients).credentials else {
        panic!("public")
    };
    assert!(digest.is_of(SECRET));
    let open = load(&file.secret("open", SECRET, 0o644)).unwrap();
    assert!(open.warnings[0].to_string().contains("every user of this machine can read"));
    let short = load(&file.secret("short", "hunter2\n", 0o600)).unwrap_err().to_string();
    assert!(short.contains("clients[0].secret_file: is shorter than 32 characters"), "{short}");
    let absent = load("/nonexistent").unwrap_err().to_string();
    assert!(absent.contains("clients[0].secret_file: /nonexistent cannot be read"), "{absent}");
}

#[test]
fn rfc6749_10_10_a_secret_in_production_cannot_be_guessed() {
    let with_secret = |secret: &str| with(&[("secret", &format!("\"{secret}\""))]);
    let mistake =
        "clients[0].secret: is shorter than 32 characters and could be guessed (RFC 6749 §10.10). Write 32";
    refused(&with_secret(&SECRET[1..]), mistake);
    assert!(!sound(&with_secret(SECRET), &[]).is_public());
    let development =
        Settings::development(9000, Path::new("/tmp/dev"), env(&[("CLIENTS__1__SECRET", "short")]));
    assert!(development.is_ok(), "development may have any");
}

#[test]
fn rfc6749_a_2_a_secret_is_printable_ascii() {
    for secret in ["\"k3q9x7r2m8v4t6w1z5p0n3b7c2d9f4gé\"", "\"k3q9x7r2m8v4t6w1z5p0n3b7c2d9\\tf4g\""] {
        let mistake =
            "clients[0].secret: has characters that a client secret cannot have (RFC 6749 appendix A.2)";
        refused(&with(&[("secret", secret)]), mistake);
    }
    sound(&with(&[("secret", "'k3q9 x7r2:m8v4+t6w1%z5p0&n3b7=\"~'")]), &[]);
}

#[test]
fn production_refuses_the_secret_of_development() {
    let published = published();
    let mistake =
        "clients[0].secret: is the secret of development, which everybody can read. Write 32 random";
    refused(&with(&[("secret", &format!("\"{published}\""))]), mistake);
    let file = File::new(&with(&[("secret", "")]));
    let secret_file = file.secret("published", &format!("{published} \n"), 0o600);
    let report = Settings::load(&file.path(), env(&[("CLIENTS__0__SECRET_FILE", &secret_file)])).unwrap_err();
    assert!(report.to_string().contains("clients[0].secret_file: is the secret of development"), "{report}");
    // The file of development as a whole, for production.
    let report = check(Path::new("config/development.toml"), ReferencedFiles::Here, env(&[]));
    assert!(report.to_string().contains("clients[1].secret: is the secret of development"), "{report}");
}

#[test]
fn no_client_secret_is_in_a_report_or_a_debug() {
    let settings = load(&with(&[]), &[]).unwrap();
    let debug = format!("{settings:?}");
    assert!(debug.contains("SecretDigest(…)") && !debug.contains(SECRET), "{debug}");
    let wrong = [
        with(&[("secret", "\"hunter2\"")]),
        with(&[("secret", "\"hunter2é\"")]),
        with(&[("secret", "77445566")]),
        with(&[("secret", "[\"hunter2\"]")]),
        with(&[("secret", "\"hunter2")]),
        with(&[("secret", "\"hunter2\""), ("secret_file", "\"/nonexistent\"")]),
        public(&[("secret", "\"hunter2\"")]),
        with(&[("redirect_uris", "[\"https://me:hunter2@app.example/\"]")]),
        with(&[("redirect_uris", "[\"https://me:hunter2@app.example/#x\"]")]),
        with(&[("redirect_uris", "[\"https://me:hunter2@\"]")]),
    ];
    for text in wrong {
        let report = load(&text, &[]).unwrap_err();
        assert!(!report.is_ok());
        for shown in [report.to_string(), format!("{report:?}")] {
            assert!(!shown.contains("hunter2") && !shown.contains("77445566"), "{shown}");
        }
    }
}
