//! The keys of a configuration file and their defaults.
//!
//! `config/default.toml` documents every key; a test compares the two. Numbers are unbounded here: bounds,
//! and rules over more than one key, are in `validate`.

mod values;

use serde::Deserialize;

use crate::protocol::authorization::request_object::UnsignedRequestObjects;
use crate::protocol::claims::AccessTokenType;
use crate::protocol::client::GrantType;
use crate::protocol::scope;

use super::settings::{LogFormat, LogLevel, LogRequests, SmtpSecurity};

pub(super) use values::{OneOrMany, SecretText};

/// Declares a section together with the defaults of its keys.
macro_rules! section {
    (
        $(#[$doc:meta])* $name:ident {
            $( $(#[$field_doc:meta])* $field:ident : $kind:ty = $default:expr ),* $(,)?
        }
    ) => {
        $(#[$doc])*
        #[derive(Deserialize)]
        #[cfg_attr(test, derive(serde::Serialize))]
        #[serde(default, deny_unknown_fields)]
        pub(super) struct $name {
            $( $(#[$field_doc])* pub(super) $field: $kind, )*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $( $field: $default, )* }
            }
        }
    };
}

section! {
    Raw {
        listen: Listen = Listen::default(),
        limits: Limits = Limits::default(),
        log: Log = Log::default(),
        tokens: Tokens = Tokens::default(),
        codes: Codes = Codes::default(),
        strangers: Strangers = Strangers::default(),
        request_objects: RequestObjects = RequestObjects::default(),
        client_api: ClientApi = ClientApi::default(),
        keys: Keys = Keys::default(),
        store: Store = Store::default(),
        mail: Mail = Mail::default(),
        admin: Admin = Admin::default(),
        outbound: Outbound = Outbound::default(),
        resource: Resource = Resource::default(),
        registration: Registration = Registration::default(),
        organizations: Vec<Organization> = Vec::new(),
        resources: Vec<ResourceServer> = Vec::new(),
        clients: Vec<Client> = Vec::new(),
    }
}

section! {
    Listen {
        address: String = "127.0.0.1:8080".to_owned(),
        trusted_proxies: Vec<String> = Vec::new(),
        header_timeout_seconds: u64 = 5,
        request_timeout_seconds: u64 = 10,
        keep_alive_seconds: u64 = 75,
        shutdown_deadline_seconds: u64 = 30,
        workers: Option<u64> = None,
        tls: Tls = Tls::default(),
    }
}

section! {
    Tls {
        certificate_file: Option<String> = None,
        key_file: Option<String> = None,
    }
}

section! {
    Limits {
        connections_per_worker: u64 = 25_000,
        connections_per_address: u64 = 256,
        handshakes_per_worker: u64 = 512,
    }
}

section! {
    Log {
        format: LogFormat = LogFormat::Json,
        level: LogLevel = LogLevel::Info,
        filters: Vec<String> = Vec::new(),
        requests: LogRequests = LogRequests::Refused,
    }
}

section! {
    Tokens {
        issuer: Option<String> = None,
        audience: String = "tiquo-client-api".to_owned(),
        #[cfg_attr(test, serde(serialize_with = "tests::typ"))]
        access_token_type: AccessTokenType = AccessTokenType::Jwt,
        refresh_lifetime_days: u64 = 30,
        leeway_seconds: u64 = 30,
        recovery_hours: u64 = 24,
        jwks_max_age_seconds: u64 = 3600,
    }
}

section! {
    RequestObjects {
        unsigned: UnsignedRequestObjects = UnsignedRequestObjects::Registered,
    }
}

section! {
    ClientApi {
        limits: Vec<String> = vec!["120/60".to_owned(), "3000/3600".to_owned()],
    }
}

section! {
    Admin {
        address: Option<String> = None,
        key_sha256: Option<String> = None,
    }
}

section! {
    Outbound {
        allowed_hosts: Vec<String> = Vec::new(),
        extra_ca_file: Option<String> = None,
        connect_timeout_seconds: u64 = 3,
        timeout_seconds: u64 = 5,
        max_kib: u64 = 256,
        concurrent: u64 = 64,
    }
}

section! {
    Resource {
        jwks_url: Option<String> = None,
    }
}

section! {
    Codes {
        lifetime_seconds: u64 = 600,
        attempts: u64 = 5,
        failures_per_day: u64 = 10,
        device_failures_per_day: u64 = 10,
        resend_wait_seconds: Vec<u64> = vec![30, 60, 120],
        sends_per_hour_per_address_and_network: u64 = 5,
        sends_per_hour_per_address: u64 = 20,
        sends_per_hour_per_network: u64 = 200,
        sends_per_hour_per_mailbox_in_organization: u64 = 20,
        sends_per_hour_per_mailbox: u64 = 100,
        sends_per_hour_per_device: u64 = 30,
        organization_alarm_per_hour: u64 = 10_000,
        device_lifetime_days: u64 = 180,
    }
}

section! {
    Strangers {
        percent_of_network_per_address: u64 = 75,
        codes: u64 = 20_000,
        codes_mib: u64 = 96,
        device_requests: u64 = 10_000,
        device_requests_mib: u64 = 24,
        user_codes: u64 = 50_000,
        page_requests_mib: u64 = 32,
        assertions: u64 = 100_000,
    }
}

section! {
    Keys {
        dir: String = "keys".to_owned(),
        rotation_days: u64 = 30,
        mac_rotation_days: u64 = 30,
    }
}

#[derive(Clone, Copy, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "lowercase")]
pub(super) enum RegistrationMode {
    Off,
    Token,
    Open,
}

/// Private-use URI schemes that clients may register.
#[derive(Clone, Copy, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "snake_case")]
pub(super) enum PrivateUse {
    Any,
    ReverseDomain,
}

section! {
    Registration {
        mode: RegistrationMode = RegistrationMode::Off,
        organization: Option<String> = None,
        require_pkce_for_confidential: bool = false,
        client_api_scopes: Vec<String> = scope::CLIENT_API_READ.map(str::to_owned).into(),
        private_use_schemes: PrivateUse = PrivateUse::Any,
        resources: Vec<String> = Vec::new(),
        unused_days: u64 = 30,
        registrations_per_hour_per_network: u64 = 20,
        registrations_per_day_per_organization: u64 = 500,
        clients_per_organization: u64 = 1000,
        tokens: Vec<RegistrationToken> = Vec::new(),
    }
}

section! {
    RegistrationToken {
        organization: Option<String> = None,
        token: Option<SecretText> = None,
        token_file: Option<String> = None,
        grants: Vec<String> = Vec::new(),
        scopes: Vec<String> = Vec::new(),
        unused_days: Option<u64> = None,
    }
}

#[derive(Clone, Copy, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "lowercase")]
pub(super) enum StoreKind {
    Embedded,
    Redis,
}

#[derive(Clone, Copy, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "lowercase")]
pub(super) enum RedisMode {
    Standalone,
    Sentinel,
    Cluster,
}

section! {
    Store {
        kind: StoreKind = StoreKind::Embedded,
        row_format: Option<u64> = None,
        embedded: Embedded = Embedded::default(),
        redis: Redis = Redis::default(),
    }
}

section! {
    Embedded {
        path: String = "data/tiquo-auth.redb".to_owned(),
        reserve_mb: u64 = 32,
    }
}

section! {
    Redis {
        mode: RedisMode = RedisMode::Standalone,
        urls: Vec<SecretText> = Vec::new(),
        urls_file: Option<String> = None,
        master: Option<String> = None,
        key_prefix: String = "tiquo-auth".to_owned(),
        deadline_ms: u64 = 1000,
    }
}

#[derive(Clone, Copy, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "lowercase")]
pub(super) enum MailKind {
    Smtp,
    Outbox,
}

section! {
    Mail {
        kind: MailKind = MailKind::Smtp,
        smtp: Smtp = Smtp::default(),
    }
}

section! {
    Smtp {
        host: Option<String> = None,
        port: Option<u64> = None,
        security: SmtpSecurity = SmtpSecurity::Starttls,
        username: Option<String> = None,
        password: Option<SecretText> = None,
        password_file: Option<String> = None,
        helo: Option<String> = None,
        timeout_seconds: u64 = 10,
        extra_ca_file: Option<String> = None,
        queue: u64 = 1000,
    }
}

section! {
    Organization {
        id: Option<String> = None,
        name: Option<String> = None,
        public_key: Option<String> = None,
        dom_client: Option<String> = None,
        allow_missing_origin: bool = false,
        session_days: u64 = 30,
        sso_idle_hours: Option<u64> = None,
        create_customer: bool = false,
        currency: String = "EUR".to_owned(),
        sender_name: Option<String> = None,
        sender_address: Option<String> = None,
        accent: String = "#2563eb".to_owned(),
        logo: Option<String> = None,
        blocked_addresses: Vec<String> = Vec::new(),
        domains: Vec<Domain> = Vec::new(),
    }
}

section! {
    Domain {
        origin: Option<String> = None,
        sender_name: Option<String> = None,
        sender_address: Option<String> = None,
        accent: Option<String> = None,
        logo: Option<String> = None,
    }
}

section! {
    ResourceServer {
        id: Option<String> = None,
        scopes: Vec<String> = Vec::new(),
        writes: Vec<String> = Vec::new(),
        #[cfg_attr(test, serde(serialize_with = "tests::some_typ"))]
        access_token_type: Option<AccessTokenType> = None,
        descriptions: Vec<ScopeDescription> = Vec::new(),
    }
}

section! {
    ScopeDescription {
        scope: Option<String> = None,
        en: Option<String> = None,
        fr: Option<String> = None,
        es: Option<String> = None,
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "lowercase")]
pub(super) enum ClientSubjectType {
    Public,
    Pairwise,
}

section! {
    Client {
        id: Option<String> = None,
        organization: Option<String> = None,
        authentication: Option<OneOrMany> = None,
        secret: Option<SecretText> = None,
        secret_file: Option<String> = None,
        jwks_uri: Option<String> = None,
        jwks_file: Option<String> = None,
        redirect_uris: Vec<String> = Vec::new(),
        subject_type: ClientSubjectType = ClientSubjectType::Public,
        sector_identifier: Option<String> = None,
        userinfo_signed_response_alg: Option<String> = None,
        request_object_signing_alg: Option<String> = None,
        require_signed_request_object: bool = false,
        request_uris: Vec<String> = Vec::new(),
        default_max_age: Option<u64> = None,
        id_token_claims: Vec<String> = Vec::new(),
        resources: Vec<String> = Vec::new(),
        grant_types: Vec<String> = GrantType::DEFAULT.map(|one| one.name().to_owned()).into(),
        scopes: Vec<String> = scope::OPENID.map(str::to_owned).into(),
        default_scopes: Vec<String> = Vec::new(),
        introspects: Vec<String> = Vec::new(),
        first_party: bool = false,
        require_pkce: bool = true,
        session_days: Option<u64> = None,
        post_logout_redirect_uris: Vec<String> = Vec::new(),
        frontchannel_logout_uri: Option<String> = None,
        frontchannel_logout_session_required: bool = false,
        backchannel_logout_uri: Option<String> = None,
        backchannel_logout_session_required: bool = false,
        name: Option<String> = None,
        logo: Option<String> = None,
        home: Option<String> = None,
        policy: Option<String> = None,
        terms: Option<String> = None,
    }
}

#[cfg(test)]
mod tests;
