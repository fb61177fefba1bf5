//! `[registration]`: every rule, by its place and its mend.

use tiquo_auth::protocol::client::{GrantType, InitialAccess};
use tiquo_auth::protocol::registration::policy::RegistrationMode;

use super::*;

const TOKEN: &str = "k3q9x7r2m8v4t6w1z5p0n3b7c2d9f4g8";

fn with(text: &str) -> String {
    format!("{LEAST}\n{text}")
}

#[track_caller]
fn refused(text: &str, begin: &str) {
    let mistakes = mistakes(&with(text), &[]);
    assert_eq!(mistakes.len(), 1, "{mistakes:#?}");
    let (_, said) = mistakes[0].split_once(": ").unwrap();
    assert!(said.starts_with(begin), "{said}\n  does not begin with\n{begin}");
}

#[test]
fn it_is_off_by_default() {
    let policy = load(LEAST, &[]).unwrap().policy.registration;
    assert_eq!((policy.mode, policy.tokens.len()), (RegistrationMode::Off, 0));
    assert!(!policy.require_pkce_for_confidential);
    assert_eq!((policy.unused, policy.ceiling), (Duration::from_secs(30 * 86_400), 1000));
    assert_eq!((policy.per_network.count, policy.per_network.window), (20, Duration::from_secs(3600)));
    assert_eq!(
        (policy.per_organization.count, policy.per_organization.window),
        (500, Duration::from_secs(86_400))
    );
}

#[test]
fn open_names_the_organization() {
    let open = load(&with("[registration]\nmode = \"open\"\norganization = \"org_one\""), &[]).unwrap();
    assert!(matches!(open.policy.registration.mode, RegistrationMode::Open(id) if id.as_str() == "org_one"));
    refused("[registration]\nmode = \"open\"", "registration.organization: is missing");
    let unknown = "registration.organization: there is no organization \"org_two\"";
    refused("[registration]\nmode = \"open\"\norganization = \"org_two\"", unknown);
    refused("[registration]\norganization = \"org_one\"", "registration.organization: is given");
}

#[test]
fn rfc7591_3_1_initial_access_tokens_are_kept_as_digests() {
    let section = |token: &str| {
        format!(
            "[registration]\nmode = \"token\"\n[[registration.tokens]]\norganization = \"org_one\"\n{token}"
        )
    };
    let settings = load(&with(&section(&format!("token = \"{TOKEN}\""))), &[]).unwrap();
    assert_eq!(settings.policy.registration.admits(Some(TOKEN)).unwrap().organization.as_str(), "org_one");
    assert!(!format!("{:?}", settings.policy.registration).contains(TOKEN));
    let file = File::new("");
    let path = file.secret("token", &format!("{TOKEN}\n"), 0o600);
    let settings = load(&with(&section(&format!("token_file = \"{path}\""))), &[]).unwrap();
    assert!(settings.policy.registration.admits(Some(TOKEN)).is_ok());
    for short in ["token = \"short\"", "token = \"with spaces, which no bearer token can have\""] {
        let mistakes = mistakes(&with(&section(short)), &[]);
        assert!(
            mistakes.iter().any(|one| one.contains("registration.tokens[0].token: is shorter")),
            "{mistakes:?}"
        );
    }
    refused(&section(""), "registration.tokens[0].token: is missing");
    refused("[registration]\nmode = \"token\"", "registration.mode: is \"token\", but there is no token");
}

#[test]
fn tokens_are_of_no_use_when_it_is_off() {
    let text = format!("[[registration.tokens]]\norganization = \"org_one\"\ntoken = \"{TOKEN}\"");
    let warnings = load(&with(&text), &[]).unwrap().warnings;
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].to_string().contains("registration.mode"), "{warnings:?}");
}

#[test]
fn numbers_have_bounds() {
    for key in [
        "unused_days",
        "registrations_per_hour_per_network",
        "registrations_per_day_per_organization",
        "clients_per_organization",
    ] {
        refused(&format!("[registration]\n{key} = 0"), &format!("registration.{key}: 0 is out of bounds"));
    }
}

#[test]
fn what_clients_may_have_that_registered_themselves() {
    let read = "bookings:read enquiries:read orders:read profile:read";
    let of = |text: &str| load(&with(text), &[]).unwrap().policy.registration;
    assert_eq!(of("").client_api_scopes.to_string(), read);
    assert_eq!(of("[registration]\nclient_api_scopes = []").client_api_scopes.to_string(), "");
    let one = of("[registration]\nclient_api_scopes = [\"profile:write\"]");
    assert_eq!(one.client_api_scopes.to_string(), "profile:write");
    let place = "registration.client_api_scopes[0]: \"openid\" is not known";
    refused("[registration]\nclient_api_scopes = [\"openid\"]", place);
}

#[test]
fn rfc7591_3_an_initial_access_token_may_say_more() {
    let section = |more: &str| {
        let token =
            format!("[[registration.tokens]]\norganization = \"org_one\"\ntoken = \"{TOKEN}\"\n{more}");
        format!("[registration]\nmode = \"token\"\n{token}")
    };
    let of = |more: &str| load(&with(&section(more)), &[]).unwrap().policy.registration.tokens.remove(0);
    let plain = of("");
    assert_eq!((plain.access, plain.unused), (InitialAccess::default(), None));
    let more = of("grants = [\"client_credentials\"]\nscopes = [\"profile:write\"]\nunused_days = 400");
    assert_eq!(more.access.grants, [GrantType::ClientCredentials]);
    assert_eq!(more.access.scopes.to_string(), "profile:write");
    assert_eq!(more.unused, Some(Duration::from_secs(400 * 86_400)));
    refused(
        &section("grants = [\"password\"]"),
        "registration.tokens[0].grants[0]: \"password\" is not known",
    );
    refused(&section("scopes = [\"email\"]"), "registration.tokens[0].scopes[0]: \"email\" is not known");
    let published = section("").replace(TOKEN, "initial-access-token-for-development-only");
    refused(&published, "registration.tokens[0].token: is the token of development");
    refused(&section("unused_days = 0"), "registration.tokens[0].unused_days: ");
}
