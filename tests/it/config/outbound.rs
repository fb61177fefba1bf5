//! `[outbound]`.

use tiquo_auth::config::Settings;
use url::Url;

use super::{File, LEAST, assert_one, load, mistakes};

fn with(lines: &str) -> String {
    format!("{LEAST}[outbound]\n{lines}\n")
}

fn allows(settings: &Settings, url: &str) -> bool {
    settings.outbound.allowed_hosts.contains(&Url::parse(url).unwrap())
}

#[test]
fn in_production_nothing_of_ours_is_asked_unless_it_is_named() {
    let settings = load(LEAST, &[]).unwrap();
    for url in ["http://localhost/", "https://127.0.0.1/", "https://idp.internal/"] {
        assert!(!allows(&settings, url), "{url}");
    }
    assert_eq!((settings.outbound.max_bytes, settings.outbound.concurrent), (256 * 1024, 64));
    let named = load(&with(r#"allowed_hosts = ["idp.internal", "http://app.internal:8080"]"#), &[]).unwrap();
    assert!(allows(&named, "https://idp.internal/") && allows(&named, "http://app.internal:8080/"));
    assert!(!allows(&named, "http://localhost/"));
    let by_environment = load(LEAST, &[("OUTBOUND__ALLOWED_HOSTS", "a.internal,b.internal:1")]).unwrap();
    assert!(
        allows(&by_environment, "https://b.internal:1/") && allows(&by_environment, "https://a.internal/")
    );
}

#[test]
fn in_development_this_machine_may_be_asked() {
    let settings = Settings::development(8080, std::path::Path::new("unused"), []).unwrap();
    for url in ["http://localhost:3000/", "http://127.0.0.1:3000/", "http://[::1]:3000/"] {
        assert!(allows(&settings, url), "{url}");
    }
    assert!(!allows(&settings, "http://10.0.0.1/"));
}

#[test]
fn mistakes_name_their_place() {
    assert_one(
        &with(r#"allowed_hosts = ["idp.internal", "https://x/"]"#),
        &[],
        "line 15: outbound.allowed_hosts[1]",
    );
    assert_one(&with("connect_timeout_seconds = 6"), &[], "line 15: outbound.connect_timeout_seconds");
    assert_one(&with("timeout_seconds = 61"), &[], "line 15: outbound.timeout_seconds");
    assert_one(&with("max_kib = 0"), &[], "line 15: outbound.max_kib");
    assert_one(&with("concurrent = 7"), &[], "line 15: outbound.concurrent");
    assert_one(&with("extra_ca_file = \"/nowhere.pem\""), &[], "line 15: outbound.extra_ca_file");
    assert_eq!(mistakes(&with("max_kib = 9999\nconcurrent = 9999"), &[]).len(), 2);
    let file = File::new("");
    let path = file.secret("ca.pem", "anything", 0o644);
    let settings = load(&with(&format!("extra_ca_file = \"{path}\"")), &[]).unwrap();
    assert_eq!(settings.outbound.extra_ca_file, Some(path.into()));
}
