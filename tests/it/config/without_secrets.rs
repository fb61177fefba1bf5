//! `config check --without-secrets`: a file is judged where it is written, not where it will be used.

use std::process::Command;

use super::*;

fn left_out(text: &str) -> (Vec<String>, ConfigReport) {
    let report = check(&File::new(text).path(), ReferencedFiles::Elsewhere, env(&[]));
    (report.left_out.iter().map(|problem| problem.place.clone()).collect(), report)
}

#[test]
fn the_example_for_production_is_right_without_its_secrets() {
    let report = check(Path::new("config/production.toml"), ReferencedFiles::Elsewhere, env(&[]));
    assert!(report.is_ok() && report.warnings.is_empty(), "{report}");
    let text = report.to_string();
    for (place, file) in [
        ("store.redis.urls_file", "/run/secrets/redis-urls"),
        ("mail.smtp.password_file", "/run/secrets/smtp-password"),
        ("clients[0].secret_file", "/run/secrets/bakery-till"),
    ] {
        assert!(text.contains(&format!("{place}: {file} was not read")), "{text}");
    }
    assert!(
        !check(Path::new("config/production.toml"), ReferencedFiles::Here, env(&[])).is_ok(),
        "they are not here"
    );
}

#[test]
fn files_are_not_read_and_secrets_that_the_file_does_not_hold_are_not_missing() {
    let text = format!(
        "{LEAST}[listen.tls]\ncertificate_file = \"/no/crt\"\nkey_file = \"/no/key\"\n\
         [outbound]\nextra_ca_file = \"/no/ca\"\n[store]\nkind = \"redis\"\n\
         [[registration.tokens]]\norganization = \"org_one\"\n[registration]\nmode = \"token\"\n\
         [[clients]]\nid = \"app\"\norganization = \"org_one\"\nname = \"App\"\n\
         authentication = \"client_secret_basic\"\nredirect_uris = [\"https://app.example/callback\"]\n\
         jwks_file = \"/no/jwks\"\nrequire_signed_request_object = true\n"
    )
    .replace(
        "host = \"relay.example\"",
        "host = \"relay.example\"\nusername = \"me\"\nextra_ca_file = \"/no/ca\"",
    );
    let (mut places, report) = left_out(&text);
    places.sort();
    assert!(report.is_ok() && report.warnings.is_empty(), "{report}");
    let expected = [
        "clients[0].jwks_file",
        "clients[0].secret",
        "listen.tls.certificate_file",
        "listen.tls.key_file",
        "mail.smtp.extra_ca_file",
        "mail.smtp.password_file",
        "outbound.extra_ca_file",
        "registration.tokens[0].token",
        "store.redis.urls",
    ];
    assert_eq!(places, expected);
}

#[test]
fn everything_else_is_judged_and_so_are_secrets_that_the_file_holds() {
    let client = "[[clients]]\nid = \"app\"\norganization = \"org_one\"\nname = \"App\"\n\
                  authentication = \"client_secret_basic\"\nsecret = \"short\"\n\
                  redirect_uris = [\"https://app.example/callback\"]\n";
    let text = format!("{LEAST}{client}").replace("https://id.example", "http://id.example");
    let (places, report) = left_out(&text);
    assert!(places.is_empty());
    let mistakes = report.mistakes.iter().map(|mistake| mistake.place.as_str()).collect::<Vec<_>>();
    assert_eq!(mistakes, ["tokens.issuer", "clients[0].secret"]);
    let (_, empty) = left_out(
        &LEAST.replace("host = \"relay.example\"", "host = \"relay.example\"\nextra_ca_file = \" \""),
    );
    assert!(!empty.is_ok(), "no file is named");
}

#[test]
fn the_program_says_what_it_left_out_and_that_all_else_is_right() {
    let run = |flags: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_tiquo-auth"))
            .args(["config", "check", "--config", "config/production.toml"])
            .args(flags)
            .output()
            .unwrap()
    };
    let without = run(&["--without-secrets"]);
    let told = String::from_utf8(without.stdout).unwrap();
    assert!(without.status.success(), "{told}");
    assert!(told.starts_with("config/production.toml: no mistakes\n  left out: line "), "{told}");
    assert!(!run(&[]).status.success(), "the secrets are not here");
}

/// The configuration of the README is a whole one, and right on a machine where nothing else is.
#[test]
fn the_configuration_of_the_readme_passes_on_a_fresh_machine() {
    let readme = std::fs::read_to_string("README.md").unwrap();
    let (_, rest) = readme.split_once("\n```toml\n").unwrap();
    let (text, _) = rest.split_once("\n```\n").unwrap();
    let lines = text.lines().filter(|line| !line.trim().is_empty()).count();
    assert!((15..=22).contains(&lines), "{lines} lines");
    let file = File::new(text);
    let output = Command::new(env!("CARGO_BIN_EXE_tiquo-auth"))
        .args(["config", "check", "--config"])
        .arg(file.path())
        .output()
        .unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!((output.status.success(), told), (true, format!("{}: no mistakes\n", file.path().display())));
}
