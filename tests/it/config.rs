//! The configuration, from file to policy.

mod causes;
mod clients;
mod examples;
mod outbound;
mod registration;
mod resources;
mod strangers;
mod without_secrets;

use std::path::{Path, PathBuf};
use std::time::Duration;

use tiquo_auth::config::{
    ConfigReport, Mail, RedisMode, ReferencedFiles, Settings, SettingsKind, SmtpSecurity, Store, check,
};
use tiquo_auth::protocol::origin::Origin;
use tiquo_auth::protocol::policy::OriginVerdict;

/// The shortest file that is right: line numbers of the tests count on it.
const LEAST: &str = r#"[tokens]
issuer = "https://id.example"
[listen]
trusted_proxies = ["10.0.0.0/8"]
[mail.smtp]
host = "relay.example"
[[organizations]]
id = "org_one"
name = "One"
public_key = "pk_dom_one"
sender_address = "hello@one.example"
[[organizations.domains]]
origin = "https://one.example"
"#;

struct File {
    folder: tempfile::TempDir,
}

impl File {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.toml"), text).unwrap();
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("config.toml")
    }

    fn secret(&self, name: &str, content: &str, mode: u32) -> String {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path.display().to_string()
    }
}

fn env(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| (format!("TIQUO_AUTH__{name}"), (*value).to_owned())).collect()
}

fn load(text: &str, pairs: &[(&str, &str)]) -> Result<Settings, ConfigReport> {
    Settings::load(&File::new(text).path(), env(pairs))
}

/// The mistakes of a text as they are shown, one a line.
fn mistakes(text: &str, pairs: &[(&str, &str)]) -> Vec<String> {
    load(text, pairs).unwrap_err().mistakes.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn assert_one(text: &str, pairs: &[(&str, &str)], begin: &str) {
    let mistakes = mistakes(text, pairs);
    assert_eq!(mistakes.len(), 1, "{mistakes:#?}");
    assert!(mistakes[0].starts_with(begin), "{}", mistakes[0]);
}

#[test]
fn the_shortest_right_file_gets_the_documented_defaults() {
    let settings = load(LEAST, &[]).unwrap();
    assert!(settings.warnings.is_empty(), "{:?}", settings.warnings);
    assert_eq!(settings.kind, SettingsKind::Production);
    assert_eq!(settings.policy.rotation.leeway, Duration::from_secs(30));
    assert_eq!(settings.policy.rotation.recovery, Duration::from_secs(86_400));
    assert_eq!(settings.policy.codes.resend_waits.map(|wait| wait.as_secs()), [30, 60, 120]);
    assert_eq!(settings.policy.sends.per_address.window, Duration::from_secs(3600));
    let organization = settings.policy.by_public_key("pk_dom_one").unwrap();
    assert_eq!(organization.dom_client.as_str(), "dom_one", "derived from the id");
    assert_eq!(organization.session_duration, Duration::from_secs(30 * 86_400));
    assert_eq!(organization.domains[0].sender.name, "One", "the organization's own name");
    let Mail::Smtp(smtp) = settings.mail else { panic!("not SMTP") };
    assert_eq!((smtp.port, smtp.security), (587, SmtpSecurity::Starttls));
}

#[test]
fn at_the_level_of_every_day_the_web_framework_does_not_tell_of_its_threads() {
    let directives = |pairs: &[(&str, &str)]| load(LEAST, pairs).unwrap().log.directives();
    assert_eq!(directives(&[]), "info,actix_server=warn");
    assert_eq!(directives(&[("LOG__LEVEL", "debug")]), "debug", "whoever looks for a fault sees all of it");
    assert_eq!(directives(&[("LOG__LEVEL", "error")]), "error", "no line more than was asked for");
    let own = directives(&[("LOG__FILTERS", "actix_server=info")]);
    assert!(own.ends_with(",actix_server=info"), "the last one counts: {own}");
}

#[test]
fn keys_rotate_by_days_or_by_command_only() {
    let keys = |text: &str| format!("{LEAST}[keys]\n{text}\n");
    let day = Duration::from_secs(86_400);
    let settings = load(LEAST, &[]).unwrap();
    assert_eq!((settings.keys.rotation, settings.keys.mac_rotation), (Some(30 * day), Some(30 * day)));
    assert_eq!(
        settings.key_policy().mac_life,
        180 * day,
        "of refresh tokens, sessions and devices the longest"
    );
    let by_command = load(&keys("rotation_days = 0\nmac_rotation_days = 0"), &[]).unwrap();
    assert_eq!((by_command.keys.rotation, by_command.keys.mac_rotation), (None, None));
    let longer = load(&LEAST.replace("name = \"One\"", "name = \"One\"\nsession_days = 365"), &[]).unwrap();
    assert_eq!(longer.key_policy().mac_life, 365 * day);
    assert_one(&keys("rotation_days = 366"), &[], "line 15: keys.rotation_days: 366 is out of bounds");
    assert_one(&keys("mac_rotation_days = 29"), &[], "line 15: keys.mac_rotation_days: 29 is out of bounds");
}

#[test]
fn sign_ins_at_the_issuer_end_unused_only_where_a_span_is_set() {
    let with = |line: &str| LEAST.replace("name = \"One\"", &format!("name = \"One\"\n{line}"));
    let idle = |text: &str| load(text, &[]).unwrap().policy.organizations[0].sso_idle;
    assert_eq!(idle(LEAST), None);
    assert_eq!(idle(&with("sso_idle_hours = 8")), Some(Duration::from_secs(8 * 3600)));
    for wrong in ["0", "87601"] {
        let found = mistakes(&with(&format!("sso_idle_hours = {wrong}")), &[]);
        assert!(found.len() == 1 && found[0].contains("organizations[0].sso_idle_hours"), "{found:?}");
    }
    let settings = load(&with("sso_idle_hours = 720"), &[]).unwrap();
    assert!(settings.warnings.iter().any(|one| one.to_string().contains("sso_idle_hours: is not shorter")));
}

#[test]
fn iso4217_an_organization_has_a_currency_and_a_wrong_one_is_told_what_is_meant() {
    let with =
        |code: &str| LEAST.replace("name = \"One\"", &format!("name = \"One\"\ncurrency = \"{code}\""));
    let currency = |text: &str| load(text, &[]).unwrap().policy.organizations[0].currency.code();
    assert_eq!((currency(LEAST), currency(&with("USD"))), ("EUR", "USD"));
    let place = "organizations[0].currency: ";
    for (code, mend) in
        [("usd", "Write USD"), ("€", "like EUR or USD"), ("XXX", "like EUR or USD"), ("", "like EUR")]
    {
        let found = mistakes(&with(code), &[]);
        assert!(found.len() == 1 && found[0].contains(place) && found[0].contains(mend), "{found:?}");
        assert!(found[0].contains(&format!("\"{code}\" is not a currency code of ISO 4217")), "{found:?}");
    }
}

#[test]
fn all_mistakes_are_reported_together_in_the_order_of_the_file() {
    let text = r#"[tokens]
issuer = "http://id.example/"
leeway_seconds = 301
recovery_hours = "a day"
[listen]
addres = "127.0.0.1:80"
trusted_proxies = ["10.0.0.0/8", 5, "everywhere"]
[mail.smtp]
host = "relay.example"
security = "plain"
[[organizations]]
id = "org_one"
name = "One"
public_key = "pk_dom_one"
sender_address = "one"
[[organizations]]
id = "org_two"
name = "Two"
public_key = "pk_dom_one"
session_days = 4000
sender_address = "two@example.com"
[[organizations.domains]]
origin = "shop.example"
[[organizations.domains]]
accent = "red"
"#;
    let mistakes = mistakes(text, &[]);
    let begins = [
        "line 2: tokens.issuer: \"http://id.example/\" is plain http",
        "line 3: tokens.leeway_seconds: 301 is out of bounds. Write a number from 0 to 300",
        "line 4: tokens.recovery_hours: text stands where a whole number, 0 or more belongs",
        "line 6: listen.addres: there is no such setting. Did you mean address?",
        "line 7: listen.trusted_proxies[1]: a whole number stands where text in quotes belongs",
        "line 7: listen.trusted_proxies[2]: \"everywhere\" is not a network",
        "line 10: mail.smtp.security: codes would cross the network to relay.example in the clear",
        "line 15: organizations[0].sender_address: this is not an e-mail address",
        "line 19: organizations[1].public_key: pk_dom_one is also organizations[0].public_key",
        "line 20: organizations[1].session_days: 4000 is out of bounds. Write a number from 1 to 3650",
        "line 23: organizations[1].domains[0].origin: \"shop.example\" is not an origin",
        "line 24: organizations[1].domains[1].origin: is missing. Write origin = ",
        "line 25: organizations[1].domains[1].accent: \"red\" is not a colour",
    ];
    assert_eq!(mistakes.len(), begins.len(), "{mistakes:#?}");
    for (mistake, begin) in mistakes.iter().zip(begins) {
        assert!(mistake.starts_with(begin), "{mistake}\n  does not begin with\n{begin}");
    }
}

#[test]
fn what_is_no_toml_is_reported_by_line_with_the_other_mistakes() {
    let text = LEAST.replace("name = \"One\"", "name = One").replace("https://one.example", "one.example");
    let mistakes = mistakes(&text, &[]);
    assert_eq!(mistakes.len(), 2, "{mistakes:#?}");
    assert!(mistakes[0].starts_with("line 9: organizations[0].name: this is not TOML: "), "{}", mistakes[0]);
    assert!(mistakes[1].starts_with("line 13: organizations[0].domains[0].origin: "), "{}", mistakes[1]);
}

#[test]
fn the_report_names_the_file_and_counts() {
    let file = File::new("[tokens]\n");
    let report = check(&file.path(), ReferencedFiles::Here, env(&[]));
    let text = report.to_string();
    assert!(!report.is_ok());
    assert!(text.starts_with(&format!("{}: 2 mistakes\n", file.path().display())), "{text}");
    assert!(text.contains("\n  line 1: tokens.issuer: is missing. Write issuer = "), "{text}");
    assert!(text.contains("\n  mail.smtp.host: is missing"), "{text}");
    assert!(text.contains("\n  warning: organizations: there is none"), "{text}");
    assert!(
        check(&File::new(LEAST).path(), ReferencedFiles::Here, env(&[])).to_string().ends_with("no mistakes")
    );
    let absent = check(Path::new("/nonexistent/config.toml"), ReferencedFiles::Here, env(&[])).to_string();
    assert!(absent.contains("the file: cannot be read"), "{absent}");
}

#[test]
fn the_environment_wins_over_the_file() {
    let pairs = [
        ("TOKENS__LEEWAY_SECONDS", "0"),
        ("ORGANIZATIONS__0__CREATE_CUSTOMER", "true"),
        ("ORGANIZATIONS__0__NAME", "12345"),
        ("LISTEN__TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.7"),
        ("CODES__RESEND_WAIT_SECONDS", "1,2,3"),
        ("ORGANIZATIONS__1__ID", "org_two"),
        ("ORGANIZATIONS__1__NAME", "Two"),
        ("ORGANIZATIONS__1__PUBLIC_KEY", "pk_dom_two"),
        ("ORGANIZATIONS__1__SENDER_ADDRESS", "two@example.com"),
        ("ORGANIZATIONS__1__DOMAINS__0__ORIGIN", "https://two.example"),
    ];
    let mut all = env(&pairs);
    all.push(("PATH".to_owned(), "/bin".to_owned()));
    let settings = Settings::load(&File::new(LEAST).path(), all).unwrap();
    assert_eq!(settings.policy.rotation.leeway, Duration::ZERO);
    assert_eq!(settings.listen.trusted_proxies.len(), 2);
    assert!(settings.listen.trusts("192.0.2.7".parse().unwrap()));
    assert!(settings.listen.trusts("::ffff:10.1.2.3".parse().unwrap()));
    assert!(!settings.listen.trusts("192.0.2.8".parse().unwrap()));
    assert_eq!(settings.policy.codes.resend_waits.map(|wait| wait.as_secs()), [1, 2, 3]);
    let [one, two] = settings.policy.organizations.as_slice() else { panic!("not two") };
    assert_eq!((one.name.as_str(), one.create_customer), ("12345", true));
    assert_eq!(two.domains.len(), 1);
}

#[test]
fn mistakes_of_the_environment_name_the_variable() {
    let pairs = [
        ("TOKENS__LEEWAY", "1"),
        ("TOKENS__LEEWAY_SECONDS", "soon"),
        ("TOKENS__RECOVERY_HOURS", "999"),
        ("NOSUCH", "1"),
        ("ORGANIZATIONS__7__NAME", "Seven"),
        ("TOKENS__ISSUER__DEEPER", "x"),
    ];
    let mistakes = mistakes(LEAST, &pairs);
    let begins = [
        "TIQUO_AUTH__NOSUCH: nosuch: there is no such setting",
        "TIQUO_AUTH__ORGANIZATIONS__7__NAME: organizations[7].name: there is no entry 7. Number the entries",
        "TIQUO_AUTH__TOKENS__ISSUER__DEEPER: tokens.issuer.deeper: there is no such setting",
        "TIQUO_AUTH__TOKENS__LEEWAY: tokens.leeway: there is no such setting",
        "TIQUO_AUTH__TOKENS__LEEWAY_SECONDS: tokens.leeway_seconds: text stands where a whole number",
        "TIQUO_AUTH__TOKENS__RECOVERY_HOURS: tokens.recovery_hours: 999 is out of bounds",
    ];
    assert_eq!(mistakes.len(), begins.len(), "{mistakes:#?}");
    for (mistake, begin) in mistakes.iter().zip(begins) {
        assert!(mistake.starts_with(begin), "{mistake}\n  does not begin with\n{begin}");
    }
}

#[test]
fn rfc8414_2_an_issuer_is_https_and_has_one_spelling() {
    let refused = [
        ("http://id.example", "is plain http"),
        ("https://id.example/", "ends with a slash"),
        ("https://id.example?x=1", "has a query"),
        ("https://id.example#x", "has a query or fragment"),
        ("https://ID.example", "has another canonical spelling. Write https://id.example"),
        ("https://id.example:443", "has another canonical spelling"),
        ("https://id.example/a/../b", "has another canonical spelling. Write https://id.example/b"),
        ("https://user:hunter2@id.example", "holds a user name or password"),
        ("ftp://id.example", "is not a web address"),
        ("id.example", "is not a URL"),
        ("", "is missing"),
    ];
    for (issuer, why) in refused {
        let mistakes = mistakes(LEAST, &[("TOKENS__ISSUER", issuer)]);
        assert_eq!(mistakes.len(), 1, "{issuer}: {mistakes:#?}");
        assert!(mistakes[0].contains(why), "{issuer}: {}", mistakes[0]);
        assert!(!mistakes[0].contains("hunter2"), "{}", mistakes[0]);
    }
    for issuer in
        ["https://id.example/tenant/a", "http://localhost:8080", "http://127.0.0.1", "http://[::1]:1"]
    {
        assert_eq!(load(LEAST, &[("TOKENS__ISSUER", issuer)]).unwrap().policy.issuer, issuer);
    }
}

#[test]
fn an_origin_may_serve_two_organizations_a_public_key_may_not() {
    let two = |key: &str| {
        format!(
            "{LEAST}[[organizations]]\nid = \"org_two\"\nname = \"Two\"\npublic_key = \"{key}\"\n\
             sender_address = \"two@example.com\"\n[[organizations.domains]]\norigin = \"https://one.example\"\n"
        )
    };
    let settings = load(&two("pk_dom_two"), &[]).unwrap();
    let origin = Origin::parse("https://one.example");
    for organization in &settings.policy.organizations {
        assert!(matches!(organization.judge(Some(&origin)), OriginVerdict::Domain(_)));
    }
    assert_one(&two("pk_dom_one"), &[], "line 17: organizations[1].public_key: pk_dom_one is also");
    assert_one(
        &two("pk_dom_two"),
        &[("ORGANIZATIONS__1__DOM_CLIENT", "dom_one")],
        "TIQUO_AUTH__ORGANIZATIONS__1__DOM_CLIENT: organizations[1].dom_client: dom_one is also",
    );
}

#[test]
fn codes_never_cross_the_network_in_the_clear() {
    let plain = ("MAIL__SMTP__SECURITY", "plain");
    assert_one(LEAST, &[plain], "TIQUO_AUTH__MAIL__SMTP__SECURITY: mail.smtp.security: codes would cross");
    for host in ["127.0.0.1", "localhost", "::1"] {
        assert!(load(LEAST, &[plain, ("MAIL__SMTP__HOST", host)]).is_ok(), "{host}");
    }
    assert_one(LEAST, &[("MAIL__KIND", "outbox")], "TIQUO_AUTH__MAIL__KIND: mail.kind: the outbox shows");
}

#[test]
fn secrets_from_files_are_read_trimmed_and_never_empty() {
    let file = File::new(LEAST);
    let load = |password_file: &str| {
        let pairs = [("MAIL__SMTP__USERNAME", "me"), ("MAIL__SMTP__PASSWORD_FILE", password_file)];
        Settings::load(&file.path(), env(&pairs))
    };
    let settings = load(&file.secret("good", "hunter2\n", 0o600)).unwrap();
    assert!(settings.warnings.is_empty());
    let Mail::Smtp(smtp) = settings.mail else { panic!("not SMTP") };
    assert_eq!(smtp.credentials.unwrap().password.expose(), "hunter2");

    let open = load(&file.secret("open", "hunter2", 0o644)).unwrap();
    assert!(open.warnings[0].to_string().contains("every user of this machine can read"));

    let empty = load(&file.secret("empty", "\n", 0o600)).unwrap_err();
    assert!(
        empty.to_string().contains("mail.smtp.password_file: ") && empty.to_string().contains("is empty")
    );
    let absent = load("/nonexistent").unwrap_err();
    assert!(absent.to_string().contains("/nonexistent cannot be read"));

    assert_one(
        LEAST,
        &[("MAIL__SMTP__PASSWORD", "")],
        "TIQUO_AUTH__MAIL__SMTP__PASSWORD: mail.smtp.password: is",
    );
}

#[test]
fn no_secret_is_in_a_report_or_a_debug() {
    let both = [
        ("MAIL__SMTP__USERNAME", "me"),
        ("MAIL__SMTP__PASSWORD", "hunter2"),
        ("STORE__KIND", "redis"),
        ("STORE__REDIS__URLS", "redis://:hunter2@one:6379"),
    ];
    let debug = format!("{:?}", load(LEAST, &both).unwrap());
    assert!(debug.contains("[secret]") && !debug.contains("hunter2"), "{debug}");
    let wrong = [
        "mail.smtp.password = 77445566",
        "mail.smtp = \"hunter2\"",
        "store = { kind = \"redis\", redis = \"redis://:hunter2@host\" }",
        "store = { kind = \"redis\", redis.urls = [\"http://:hunter2@host\", 77445566] }",
        "mail.smtp.password = \"hunter2",
    ];
    for line in wrong {
        let report = load(&format!("{line}\n"), &[]).unwrap_err();
        for text in [report.to_string(), format!("{report:?}")] {
            assert!(!text.contains("hunter2") && !text.contains("77445566"), "{text}");
        }
    }
}

#[test]
fn redis_modes_ask_for_what_they_need() {
    let redis = |mode: &str, urls: &str, rest: &[(&str, &str)]| {
        let mut pairs =
            vec![("STORE__KIND", "redis"), ("STORE__REDIS__MODE", mode), ("STORE__REDIS__URLS", urls)];
        pairs.extend_from_slice(rest);
        load(LEAST, &pairs).map(|settings| settings.store)
    };
    let nodes = "redis://a:1,rediss://b:2";
    let Ok(Store::Redis(cluster)) = redis("cluster", nodes, &[]) else { panic!("refused") };
    assert_eq!((cluster.mode, cluster.urls.len()), (RedisMode::Cluster, 2));
    let Ok(Store::Redis(sentinel)) = redis("sentinel", nodes, &[("STORE__REDIS__MASTER", "main")]) else {
        panic!("refused")
    };
    assert_eq!(sentinel.mode, RedisMode::Sentinel { master: "main".to_owned() });
    let wrong = [
        (redis("sentinel", nodes, &[]), "store.redis.master: is missing"),
        (redis("standalone", nodes, &[]), "2 URLs for one server"),
        (redis("cluster", "", &[]), "store.redis.urls: is missing"),
        (redis("standalone", "http://a", &[]), "store.redis.urls[0]: is not a Redis URL"),
        (redis("standalone", "redis://a", &[("STORE__REDIS__KEY_PREFIX", "a{b}")]), "is not a prefix"),
        (redis("standalone", "redis://a", &[("STORE__REDIS__MASTER", "x")]), "only known to sentinels"),
    ];
    for (result, why) in wrong {
        let text = result.unwrap_err().to_string();
        assert!(text.contains(why), "{why}: {text}");
    }
}

#[test]
fn a_proxy_that_nobody_named_is_a_warning() {
    let text = LEAST.replace("trusted_proxies = [\"10.0.0.0/8\"]", "");
    let warnings = load(&text, &[]).unwrap().warnings;
    assert!(warnings[0].to_string().contains("all customers count as one client network"));
    assert_one(LEAST, &[("LISTEN__TRUSTED_PROXIES", "::/0")], "TIQUO_AUTH__LISTEN__TRUSTED_PROXIES: ");
}

proptest::proptest! {
    #[test]
    fn no_text_panics(text in "(\\[?[a-z._]{0,12}\\]?( = [\\[\\]{}\"a-z0-9, ]{0,12})?\n){0,8}", value in "\\PC{0,20}") {
        let keys = ["TOKENS__ISSUER", "ORGANIZATIONS__0__NAME", "CLIENTS__0__REDIRECT_URIS__0", "CLIENTS__0__LOGO"];
        let _ = load(&text, &keys.map(|key| (key, value.as_str())));
    }
}
