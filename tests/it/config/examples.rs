//! The settings that come with the program: of development, of the compose file, and the example for production.

use serde_json::{Value, json};
use tiquo_auth::config::demo_app_callback;
use tiquo_auth::protocol::client::{Client, ClientParty, Credentials};
use tiquo_auth::protocol::id::ClientId;
use tiquo_auth::protocol::redirect_uri::RedirectUri;

use super::*;

#[test]
fn development_is_complete_and_stays_on_this_machine() {
    let settings = Settings::development(9000, Path::new("/tmp/dev"), env(&[])).unwrap();
    assert!(settings.warnings.is_empty(), "{:?}", settings.warnings);
    assert_eq!(settings.kind, SettingsKind::Development);
    assert_eq!(settings.policy.issuer, "http://localhost:9000");
    assert!(settings.listen.address.ip().is_loopback());
    assert!(matches!(settings.mail, Mail::Outbox));
    assert_eq!(settings.keys.dir, Path::new("/tmp/dev/keys"));
    let organization = settings.policy.by_public_key("pk_dom_demo").unwrap();
    assert_eq!((organization.id.as_str(), organization.name.as_str()), ("org_demo", "Second Firing"));
    assert_eq!(organization.dom_client.as_str(), "dom_demo");
    assert!(organization.create_customer && !organization.allow_missing_origin);
    for origin in ["http://localhost:5173", "http://127.0.0.1:3000", "http://[::1]:3000", "http://localhost"]
    {
        assert!(
            matches!(organization.judge(Some(&Origin::parse(origin))), OriginVerdict::Domain(_)),
            "{origin}"
        );
    }
    let over = env(&[("TOKENS__LEEWAY_SECONDS", "0")]);
    let strict = Settings::development(9000, Path::new("/tmp/dev"), over).unwrap();
    assert_eq!(strict.policy.rotation.leeway, Duration::ZERO);
}

#[test]
fn the_example_for_production_is_right() {
    let file = File::new(&std::fs::read_to_string("config/production.toml").unwrap());
    let urls = file.secret("urls", "rediss://tiquo-auth:hunter2@redis.internal:6380\n", 0o600);
    let password = file.secret("password", "hunter2\n", 0o600);
    let client = file.secret("client", "6f1b0d1c5f0e4a0d9c3a7e2b8d4f6a1c\n", 0o600);
    let pairs = [
        ("STORE__REDIS__URLS_FILE", urls.as_str()),
        ("MAIL__SMTP__PASSWORD_FILE", password.as_str()),
        ("CLIENTS__0__SECRET_FILE", client.as_str()),
    ];
    let settings = Settings::load(&file.path(), env(&pairs)).unwrap();
    assert!(settings.warnings.is_empty(), "{:?}", settings.warnings);
    assert_eq!(settings.policy.organizations.len(), 2);
    assert_eq!(settings.policy.clients.iter().count(), 2);
    assert!(matches!(settings.store, Store::Redis(redis) if redis.urls.len() == 1));
}

#[test]
fn the_settings_of_the_compose_file_are_right() {
    let report = check(Path::new("config/compose.toml"), ReferencedFiles::Elsewhere, env(&[]));
    assert!(report.is_ok() && report.warnings.is_empty(), "{report}");
    let left_out = report.left_out.iter().map(|problem| problem.place.as_str()).collect::<Vec<_>>();
    assert_eq!(left_out, ["mail.smtp.extra_ca_file"], "which the compose file makes");
}

/// Text behind `key` on the lines that begin with it.
fn values<'a>(text: &'a str, key: &str) -> Vec<&'a str> {
    text.lines().filter_map(|line| line.trim_start().strip_prefix(key)).map(str::trim).collect()
}

#[test]
fn every_image_has_a_version_and_a_digest() {
    let compose = std::fs::read_to_string("docker-compose.yml").unwrap();
    let docker = std::fs::read_to_string("Dockerfile").unwrap();
    let images = values(&compose, "image:").into_iter().filter(|image| *image != "tiquo-auth");
    let images = images.chain(values(&docker, "FROM")).collect::<Vec<_>>();
    assert_eq!(images.len(), 4, "{images:?}");
    for image in images {
        let (version, digest) = image.split_once("@sha256:").unwrap_or((image, ""));
        let digest = digest.split(' ').next().unwrap();
        assert!(version.split_once(':').is_some_and(|(_, version)| version.len() > 4), "{image}");
        assert!(digest.len() == 64 && digest.chars().all(|c| c.is_ascii_hexdigit()), "{image}");
    }
}

/// A part in another one's network is cut off when that one is made anew, and what is in no volume is lost.
#[test]
fn no_part_of_the_compose_file_is_tied_to_another_ones_container() {
    let compose = std::fs::read_to_string("docker-compose.yml").unwrap();
    for tie in ["service:", "container:", "container_name:", "links:", "volumes_from:"] {
        assert!(!compose.contains(tie), "{tie}");
    }
    let conditions = values(&compose, "condition:");
    assert!(
        !conditions.is_empty() && conditions.iter().all(|one| *one != "service_started"),
        "{conditions:?}"
    );
    let (_, volumes) = compose.split_once("\nvolumes:\n").unwrap();
    assert_eq!(volumes.split_whitespace().collect::<Vec<_>>(), ["certificate:", "keys:", "mails:", "redis:"]);
    for volume in ["keys:/keys", "redis:/data", "mails:/data"] {
        assert!(compose.contains(&format!("- {volume}\n")), "{volume}");
    }
}

/// What a client was made of, in words.
fn summary(client: &Client) -> Value {
    let methods = match &client.credentials {
        Credentials::Public => vec!["none"],
        Credentials::PrivateKey => vec!["private_key_jwt"],
        Credentials::Secret { methods, .. } => methods.iter().map(|one| one.name()).collect(),
    };
    json!({
        "organization": client.organization.as_str(),
        "methods": methods,
        "redirect_uris": client.redirect_uris.iter().map(RedirectUri::as_str).collect::<Vec<_>>(),
        "grant_types": client.grant_types.iter().map(|one| one.name()).collect::<Vec<_>>(),
        "scope": client.scope.to_string(),
        "third_party": client.party == ClientParty::Third,
        "needs_pkce": client.needs_pkce(),
        "name": client.shown.name,
    })
}

#[test]
fn development_has_a_public_and_a_confidential_client() {
    let settings = Settings::development(9000, Path::new("/tmp/dev"), env(&[])).unwrap();
    let clients = &settings.policy.clients;
    let client = |id: &str| clients.get(&ClientId::new(id)).unwrap();
    let every_scope = "address bookings:read email enquiries:read offline_access openid orders:read phone profile profile:read \
                       profile:write";
    let expected = |methods: Value, redirect_uris: Value, name: &str| {
        json!({
            "organization": "org_demo",
            "methods": methods,
            "redirect_uris": redirect_uris,
            "grant_types": ["authorization_code", "refresh_token"],
            "scope": every_scope,
            "third_party": true,
            "needs_pkce": true,
            "name": name,
        })
    };
    let web = ["http://localhost:3000/callback", "http://127.0.0.1/callback", "http://[::1]/callback"];
    assert_eq!(summary(client("demo-web")), expected(json!(["none"]), json!(web), "Demo Web App"));
    let methods = json!(["client_secret_basic", "client_secret_post"]);
    let server = json!(["http://localhost:3001/callback"]);
    assert_eq!(summary(client("demo-server")), expected(methods, server, "Demo Server App"));
    let Credentials::Secret { digest, .. } = &client("demo-server").credentials else { panic!("no secret") };
    assert!(digest.is_of("demo-server-secret-for-development-only"));
    let app = client("demo-app");
    assert_eq!(summary(app)["methods"], json!(["none"]));
    assert_eq!(summary(app)["redirect_uris"], json!(["http://localhost:8090/callback"]));
    assert_eq!(summary(app)["third_party"], json!(true));
    assert_eq!(clients.iter().count(), 4);
}

#[test]
fn rfc6749_3_1_2_3_the_demo_application_is_sent_back_to_its_own_port_alone() {
    let over = demo_app_callback(8123, "/callback").unwrap();
    let settings = Settings::development(9000, Path::new("/tmp/dev"), over).unwrap();
    let app = settings.policy.clients.get(&ClientId::new("demo-app")).unwrap();
    assert!(app.redirect_uri("http://localhost:8123/callback").is_some());
    assert!(app.redirect_uri("http://localhost:8090/callback").is_none());
    assert_eq!(app.extras.post_logout_redirect_uris, ["http://localhost:8123/"], "also after a logout");
    let web = settings.policy.clients.get(&ClientId::new("demo-web")).unwrap();
    assert!(web.redirect_uri("http://localhost:3000/callback").is_some(), "no other client changed");
}

#[test]
fn rfc8252_7_3_the_public_client_of_development_may_listen_on_any_port() {
    let settings = Settings::development(9000, Path::new("/tmp/dev"), env(&[])).unwrap();
    let web = settings.policy.clients.get(&ClientId::new("demo-web")).unwrap();
    let may = |uri: &str| web.redirect_uri(uri).is_some();
    assert!(may("http://127.0.0.1:51004/callback") && may("http://[::1]:51004/callback"));
    assert!(may("http://localhost:3000/callback") && !may("http://localhost:51004/callback"));
}
