//! The requests.

#![expect(clippy::arithmetic_side_effects, reason = "sizes of requests that are written here")]

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::Outcome;
use crate::cases_json;
use crate::connection::Connection;

/// How large a request is, in bytes.
pub(crate) const SIZE: usize = 64 * 1024;
/// The longest query: the web server takes a target of so many bytes.
const QUERY: usize = 65_200;
const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";
const AUTHORIZE: &str = "/api/auth/oauth2/authorize";
const TOKEN: &str = "/api/auth/oauth2/token";
const REGISTER: &str = "/api/auth/oauth2/register";

/// A request.
pub(crate) struct Case {
    pub(crate) endpoint: &'static str,
    pub(crate) what: String,
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) headers: String,
    pub(crate) body: String,
}

/// Clients that registered themselves for these measurements.
pub(crate) struct Clients {
    /// One whose request objects are not signed.
    pub(crate) unsigned: String,
    /// One that proves itself with a key, and has as many of the largest keys as its document has room for.
    pub(crate) with_keys: String,
}

impl Clients {
    pub(crate) async fn register(connection: &mut Connection) -> Outcome<Self> {
        let unsigned = json!({
            "redirect_uris": ["https://app.example/cb"], "request_object_signing_alg": "none",
            "token_endpoint_auth_method": "none",
        });
        let with_keys = json!({
            "redirect_uris": ["https://app.example/cb"], "token_endpoint_auth_method": "private_key_jwt",
            // As many as a document of 16 KiB has room for.
            "jwks": cases_json::largest_keys(11),
        });
        Ok(Self {
            unsigned: register(connection, &unsigned).await?,
            with_keys: register(connection, &with_keys).await?,
        })
    }
}

async fn register(connection: &mut Connection, document: &Value) -> Outcome<String> {
    let json = "Content-Type: application/json\r\n";
    let answer = connection.ask("POST", REGISTER, json, &document.to_string()).await?;
    let body: Value = serde_json::from_slice(answer.body)?;
    let id = body.get("client_id").and_then(Value::as_str);
    Ok(id.ok_or_else(|| format!("no client: {body}"))?.to_owned())
}

/// `text` as often as it fits into `size`.
pub(crate) fn filled(text: &str, size: usize) -> String {
    text.repeat(size.checked_div(text.len()).unwrap_or_default())
}

/// `begin`, and parameters until it is full: few long ones, many short ones, one name again and again, and what has to be
/// decoded.
fn stuffed(begin: &str, size: usize) -> Vec<(String, String)> {
    let room = size.saturating_sub(begin.len());
    let long = (0..60)
        .map(|number| format!("&p{number}={}", "x".repeat(room / 60 - 8)))
        .collect::<Vec<_>>()
        .concat();
    let escaped = (0..60)
        .map(|number| format!("&p{number}={}", filled("%41", room / 60 - 8)))
        .collect::<Vec<_>>()
        .concat();
    let numbered = (0..room / 7).map(|number| format!("&{number:05}=")).collect::<Vec<_>>().concat();
    [
        ("60 parameters, filled", long),
        ("60 parameters, filled with escapes", escaped),
        ("as many parameters as fit", filled("&a", room)),
        ("as many names as fit", numbered),
        ("as many repetitions as fit", filled("&resource=x", room)),
        ("one long scope", format!("&scope={}", filled("a+", room - 8))),
        ("60 resources with international hosts", resources(room)),
        ("60 resources", format!("&resource=https://a.example/{}", "x".repeat(room / 60 - 40)).repeat(60)),
        ("a long state and nonce", format!("&state={}&nonce={}", "x".repeat(4000), "x".repeat(room - 4100))),
        ("many languages", format!("&ui_locales={}", filled("de+", room - 13))),
        ("a long redirect URI", format!("&redirect_uri=http://127.0.0.1:1/{}", "x".repeat(room - 60))),
        ("a long hint", format!("&id_token_hint={}", "e30.".repeat((room - 20) / 4))),
        ("a long prompt", format!("&prompt={}", filled("login+", room - 9))),
    ]
    .map(|(what, rest)| (what.to_owned(), format!("{begin}{rest}")))
    .into()
}

/// Hosts that take as long as any to be read (UTS 46, Punycode).
fn resources(room: usize) -> String {
    let label = url::form_urlencoded::byte_serialize("éèêëēėęĕěḝẹẻẽếềễể".repeat(3).as_bytes())
        .collect::<Vec<_>>()
        .concat();
    let one = format!("&resource=https://{label}.example/");
    let punycode = format!("&resource=https://xn--{}.example/", "a-9".repeat(20));
    filled(&format!("{one}{punycode}"), room.min(60 * one.len()))
}

/// Headers until they are full.
fn headers() -> Vec<(String, String)> {
    [
        ("cookies", format!("Cookie: {}", filled("tiquo-sso.a=v; tiquo-device.b=v; ", SIZE))),
        ("many names of cookies", {
            let cookies = (0..SIZE / 18).map(|number| format!("tiquo-sso.{number:05}=v")).collect::<Vec<_>>();
            format!("Cookie: {}", cookies.join(";"))
        }),
        ("languages", format!("Accept-Language: {}", filled("d;q=0.1,", SIZE))),
        ("proxies", format!("X-Forwarded-For: {}", filled("127.0.0.1,", SIZE))),
        ("entity tags", format!("If-None-Match: {}", filled("\"a\",", SIZE))),
        ("an origin", format!("Origin: https://{}", "a.".repeat(SIZE / 2))),
        (
            "a basic secret",
            format!(
                "Authorization: Basic {}",
                STANDARD.encode(format!("demo-server:{}", "%41".repeat(SIZE / 4)))
            ),
        ),
        ("a bearer token", format!("Authorization: Bearer {}", filled("e30.", SIZE))),
        ("a proof of possession", format!("DPoP: {}", filled("e30.", SIZE))),
        (
            "90 headers",
            (0..90)
                .map(|number| format!("X-{number}: {}", "x".repeat(SIZE / 90)))
                .collect::<Vec<_>>()
                .join("\r\n"),
        ),
    ]
    .map(|(what, header)| (format!("headers: {what}"), format!("{header}\r\n")))
    .into()
}

/// Endpoints that read a query.
const QUERIES: [(&str, &str, &str); 6] = [
    ("GET authorize", AUTHORIZE, "client_id=demo-web&response_type=code&code_challenge_method=S256"),
    ("GET end-session", "/api/auth/oauth2/end-session", "client_id=demo-web"),
    ("GET device", "/device", "user_code=BBBB"),
    ("GET orders", "/api/client/v1/orders", "limit=1"),
    ("GET jwks", "/api/oauth2/jwks", "x=1"),
    ("GET signin", "/signin/AAAAAAAAAAAAAAAAAAAAAAAA/code", "notice=wrong"),
];

/// Endpoints that read a form.
const FORMS: [(&str, &str, &str); 9] = [
    ("POST authorize", AUTHORIZE, "client_id=demo-web&response_type=code&code_challenge_method=S256"),
    ("POST end-session", "/api/auth/oauth2/end-session", "client_id=demo-web"),
    ("POST token", TOKEN, "client_id=demo-web&grant_type=authorization_code"),
    (
        "POST token, client_credentials",
        TOKEN,
        "client_id=demo-server&client_secret=demo-server-secret-for-development-only&grant_type=client_credentials",
    ),
    ("POST revoke", "/api/auth/oauth2/revoke", "client_id=demo-web"),
    (
        "POST introspect",
        "/api/auth/oauth2/introspect",
        "client_id=demo-server&client_secret=demo-server-secret-for-development-only",
    ),
    ("POST device_authorization", "/api/auth/oauth2/device_authorization", "client_id=demo-device"),
    ("POST device", "/device", "user_code=BBBB"),
    ("POST userinfo", "/api/auth/oauth2/userinfo", "access_token=x"),
];

/// What a form of one endpoint can hold that takes long.
fn of_forms(clients: &Clients) -> Vec<(&'static str, &'static str, String, String)> {
    let assertion = |claims: &str| {
        let kid = format!("k{}", cases_json::KEYS - 1);
        let head = URL_SAFE_NO_PAD.encode(json!({"alg": "RS256", "kid": kid}).to_string());
        let claims = claims.replace("CLIENT", &clients.with_keys);
        format!("{head}.{}.{}", URL_SAFE_NO_PAD.encode(claims), "A".repeat(1366))
    };
    let with = |claims: &str| {
        let kind = "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
        format!(
            "grant_type=client_credentials&client_assertion_type={kind}&client_assertion={}",
            assertion(claims)
        )
    };
    let base = r#""iss":"CLIENT","sub":"CLIENT","aud":"http://localhost:18490","jti":"a","exp":99999999999"#;
    let wide = (0..2000).map(|number| format!(",\"m{number}\":0")).collect::<Vec<_>>().concat();
    let filled_members =
        (0..50).map(|number| format!(",\"m{number}\":\"{}\"", "x".repeat(400))).collect::<Vec<_>>().concat();
    let user_code = format!("user_code={}", filled("B-", SIZE - 20));
    vec![
        (
            "POST token, private_key_jwt",
            TOKEN,
            "a wrong signature, the largest keys".into(),
            with(&format!("{{{base}}}")),
        ),
        (
            "POST token, private_key_jwt",
            TOKEN,
            "thousands of members".into(),
            with(&format!("{{{base}{wide}}}")),
        ),
        (
            "POST token, private_key_jwt",
            TOKEN,
            "members, filled".into(),
            with(&format!("{{{base}{filled_members}}}")),
        ),
        (
            "POST token, private_key_jwt",
            TOKEN,
            "nested as deep as it goes".into(),
            with(&format!("{{{base},\"x\":{}{}}}", "[".repeat(120), "]".repeat(120))),
        ),
        (
            "POST token",
            TOKEN,
            "a long code".into(),
            format!("client_id=demo-web&grant_type=authorization_code&code={}", "A".repeat(SIZE - 80)),
        ),
        (
            "POST token",
            TOKEN,
            "a long refresh token".into(),
            format!("client_id=demo-web&grant_type=refresh_token&refresh_token=rt_{}", "A".repeat(SIZE - 80)),
        ),
        (
            "POST revoke",
            "/api/auth/oauth2/revoke",
            "a long token".into(),
            format!("client_id=demo-web&token={}", "e30.".repeat(SIZE / 4 - 10)),
        ),
        ("POST device", "/device", "a long code".into(), user_code),
    ]
}

/// Request objects, by value: unsigned, so that what is in them is read.
fn of_request_objects(clients: &Clients) -> Vec<(String, String)> {
    let object = |claims: &str| {
        let claims = URL_SAFE_NO_PAD.encode(claims);
        format!(
            "client_id={}&request={}.{claims}.",
            clients.unsigned,
            URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#)
        )
    };
    let names = (0..2200).map(|number| format!("\"{number:05}\":\"\"")).collect::<Vec<_>>().join(",");
    let outside = (0..4000).map(|number| format!("&{number:05}=")).collect::<Vec<_>>().concat();
    let long =
        (0..60).map(|number| format!("\"m{number}\":\"{}\"", "x".repeat(380))).collect::<Vec<_>>().join(",");
    let claims = (0..60)
        .map(|number| format!("\"c{number}\":{{\"values\":[1,2,3,4,5,6,7,8,9]}}"))
        .collect::<Vec<_>>()
        .join(",");
    vec![
        ("an object with thousands of members".into(), object(&format!("{{{names}}}"))),
        (
            "thousands of members against thousands of parameters".into(),
            format!("{}{outside}", object(&format!("{{{names}}}"))),
        ),
        ("an object with members, filled".into(), object(&format!("{{{long}}}"))),
        (
            "an object with claims".into(),
            object(&format!("{{\"claims\":{{\"userinfo\":{{{claims}}},\"id_token\":{{{claims}}}}}}}")),
        ),
        (
            "an object with 64 resources".into(),
            object(&json!({"resource": vec!["https://a.example/x"; 64]}).to_string()),
        ),
        (
            "an object that is nested".into(),
            object(&format!("{{\"x\":{}{}}}", "{\"a\":".repeat(110) + "1", "}".repeat(110))),
        ),
    ]
}

/// An authorization request with everything that it needs to be followed: the slowest ones are those that are in order.
fn whole(path: &str, query: String) -> String {
    if path != AUTHORIZE {
        return query;
    }
    let needed = [
        ("scope", "openid+email"),
        ("redirect_uri", "http%3A%2F%2Flocalhost%3A3000%2Fcallback"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
    ];
    let missing = needed.into_iter().filter(|(name, _)| !query.contains(&format!("&{name}=")));
    missing.map(|(name, value)| format!("{name}={value}&")).collect::<Vec<_>>().concat() + &query
}

/// Every request.
pub(crate) fn all(clients: &Clients) -> Vec<Case> {
    let mut all = Vec::new();
    let get = |endpoint, what, path, headers| Case {
        endpoint,
        what,
        method: "GET",
        path,
        headers,
        body: String::new(),
    };
    let form = |endpoint, what, path: &str, headers: &str, body| Case {
        endpoint,
        what,
        method: "POST",
        path: path.to_owned(),
        headers: format!("{FORM}{headers}"),
        body,
    };
    for (endpoint, path, begin) in QUERIES {
        for (what, query) in stuffed(begin, QUERY - path.len()) {
            all.push(get(endpoint, what, format!("{path}?{}", whole(path, query)), String::new()));
        }
        for (what, header) in headers() {
            all.push(get(endpoint, what, format!("{path}?{}", whole(path, begin.to_owned())), header));
        }
    }
    for (endpoint, path, begin) in FORMS {
        for (what, body) in stuffed(begin, SIZE) {
            all.push(form(endpoint, what, path, "", whole(path, body)));
        }
        for (what, header) in headers() {
            all.push(form(endpoint, what, path, &header, whole(path, begin.to_owned())));
        }
    }
    for (endpoint, path, what, body) in of_forms(clients) {
        all.push(form(endpoint, what, path, "", body));
    }
    for (what, query) in of_request_objects(clients) {
        let path = format!("{AUTHORIZE}?{query}");
        all.push(get(
            "GET authorize",
            what.clone(),
            path.get(..QUERY).unwrap_or(&path).to_owned(),
            String::new(),
        ));
        all.push(form("POST authorize", what, AUTHORIZE, "", query));
    }
    all.extend(cases_json::all());
    all
}
