//! Requests whose body is JSON.

#![expect(clippy::arithmetic_side_effects, reason = "sizes of requests that are written here")]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use crate::cases::{Case, SIZE, filled};

/// How many keys a client may register.
pub(crate) const KEYS: usize = 32;

const JSON: &str = "Content-Type: application/json\r\nOrigin: http://localhost:3000\r\n";
const REGISTER: &str = "/api/auth/oauth2/register";

/// RSA keys of 8,192 bits, as many as a set may have.
pub(crate) fn largest_keys(count: usize) -> Value {
    let key = |number: usize| {
        let mut modulus = vec![0xc3; 1024];
        modulus.iter_mut().zip(number.to_be_bytes()).for_each(|(to, byte)| *to ^= byte >> 1);
        json!({"kty": "RSA", "kid": format!("k{number}"), "e": "AQAB", "n": URL_SAFE_NO_PAD.encode(modulus)})
    };
    json!({"keys": (0..count).map(key).collect::<Vec<_>>()})
}

/// Objects until they are full, around the members of `begin`.
fn stuffed(begin: &Value) -> Vec<(&'static str, String)> {
    let head = begin.to_string();
    let head = head.trim_end_matches('}');
    let comma = if head == "{" { "" } else { "," };
    let room = SIZE - head.len() - 40;
    let wide = (0..room / 10).map(|number| format!("\"{number:05}\":0")).collect::<Vec<_>>().join(",");
    let long =
        (0..56).map(|number| format!("\"m{number}\":\"{}\"", "x".repeat(room / 56 - 10))).collect::<Vec<_>>();
    let escaped = (0..56).map(|number| format!("\"m{number}\":\"{}\"", filled("\\u0041", room / 56 - 10)));
    let lists = (0..50).map(|number| format!("\"m{number}\":[{}0]", filled("0,", 126))).collect::<Vec<_>>();
    let deep = (0..50).map(|number| format!("\"m{number}\":{}1{}", "{\"a\":".repeat(20), "}".repeat(20)));
    vec![
        ("as many members as fit", wide),
        ("as many entries as fit", format!("\"x\":[{}0]", filled("0,", room - 10))),
        ("56 members, filled", long.join(",")),
        ("56 members, filled with escapes", escaped.collect::<Vec<_>>().join(",")),
        ("lists of 64 entries", lists.join(",")),
        ("nested 20 deep, 50 times", deep.collect::<Vec<_>>().join(",")),
    ]
    .into_iter()
    .map(|(what, rest)| (what, format!("{head}{comma}{rest}}}")))
    .collect()
}

/// Documents of clients.
fn registrations() -> Vec<(&'static str, Value)> {
    let https = |number: usize, length: usize| format!("https://app{number}.example/{}", "x".repeat(length));
    let international =
        (0..16).map(|number| format!("https://{}.example/{number}", "éèêëēėęĕěḝẹẻẽếềễể".repeat(4)));
    let punycode = (0..28)
        .map(|number| format!("https://xn--{}.example/{number}{}", "a-9".repeat(20), "x".repeat(1000)));
    let one = json!(["https://app.example/cb"]);
    let translations = (0..60).map(|number| (format!("client_name#de-x{number}"), json!("é".repeat(100))));
    let mut named = translations.collect::<Map<_, _>>();
    named.insert("redirect_uris".to_owned(), one.clone());
    let logout = json!({
        "redirect_uris": (0..30).map(|number| https(number, 1900)).collect::<Vec<_>>(),
        "frontchannel_logout_uri": "https://other.example/",
    });
    vec![
        ("the largest keys", json!({"redirect_uris": one, "jwks": largest_keys(KEYS)})),
        (
            "many long redirect URIs",
            json!({"redirect_uris": (0..30).map(|number| https(number, 1950)).collect::<Vec<_>>()}),
        ),
        (
            "international hosts",
            json!({"redirect_uris": one, "request_uris": international.collect::<Vec<_>>()}),
        ),
        ("hosts in Punycode", json!({"redirect_uris": one, "request_uris": punycode.collect::<Vec<_>>()})),
        ("names in many languages", Value::Object(named)),
        ("a logout URI of no redirect URI", logout),
    ]
}

/// Endpoints that read JSON, with the members that bring them furthest.
fn endpoints() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        (
            "POST otp/send",
            "/api/auth/dom/otp/send",
            json!({"public_key": "pk_dom_demo", "email": "ana@example"}),
        ),
        (
            "POST otp/verify",
            "/api/auth/dom/otp/verify",
            json!({"public_key": "pk_dom_demo", "challenge_id": "x", "code": "1"}),
        ),
        ("POST dom/logout", "/api/auth/dom/logout", json!({"refresh_token": "x"})),
        ("POST refresh", "/api/client/v1/refresh", json!({"refresh_token": "x"})),
        ("POST register", REGISTER, json!({"redirect_uris": ["https://app.example/cb"]})),
    ]
}

/// Every one of them.
pub(crate) fn all() -> Vec<Case> {
    let case = |endpoint, path: &str, what: &str, headers: &str, body: String| Case {
        endpoint,
        what: what.to_owned(),
        method: "POST",
        path: path.to_owned(),
        headers: format!("{JSON}{headers}"),
        body,
    };
    let mut all = Vec::new();
    for (endpoint, path, begin) in endpoints() {
        for (what, body) in stuffed(&begin) {
            all.push(case(endpoint, path, what, "", body));
        }
        let proof = format!("DPoP: {}\r\n", filled("e30.", SIZE));
        all.push(case(endpoint, path, "a long proof of possession", &proof, begin.to_string()));
    }
    for (what, document) in registrations() {
        all.push(case("POST register", REGISTER, what, "", document.to_string()));
    }
    let address = json!({"public_key": "pk_dom_demo", "email": format!("a@{}.example", "é".repeat(3500))});
    all.push(case("POST otp/send", "/api/auth/dom/otp/send", "a long address", "", address.to_string()));
    let public_key = json!({"public_key": "é".repeat(4000), "email": "ana@example.com"});
    all.push(case(
        "POST otp/send",
        "/api/auth/dom/otp/send",
        "a long public key",
        "",
        public_key.to_string(),
    ));
    all
}
