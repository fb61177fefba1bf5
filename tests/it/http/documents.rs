//! The JWK Set, the metadata, health, CORS, and what is not there.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;

use crate::support::app::{Answer, JWKS, LOGOUT, PROFILE, REFRESH, SEND, TestApp};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    an_independent_library_verifies_a_token_from_the_documents_alone,
    the_claims_are_those_of_the_contract,
    the_jwk_set_is_cached_and_revalidated,
    preflights_and_answers_carry_cors,
    what_is_not_there_is_told_in_the_envelope,
    a_foreign_host_is_misdirected_in_development,
    the_process_says_that_it_is_ready,
);

const METADATA: &str = "/.well-known/oauth-authorization-server";

async fn an_independent_library_verifies_a_token_from_the_documents_alone(store: TestStore) {
    let app = TestApp::start(store);
    let token = app.sign_in("ana@example.com").await.text("access_token");
    let metadata = app.get(METADATA).await.body;
    assert_eq!(metadata["issuer"], app.base.as_str());
    let jwks =
        app.http.get(metadata["jwks_uri"].as_str().unwrap()).send().await.unwrap().text().await.unwrap();
    let keys: JwkSet = serde_json::from_str(&jwks).unwrap();
    let header = decode_header(&token).unwrap();
    assert_eq!((header.alg, header.typ.as_deref()), (Algorithm::RS256, Some("JWT")));
    let key = keys.find(&header.kid.unwrap()).expect("the key is published");
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&[metadata["issuer"].as_str().unwrap()]);
    validation.set_audience(&["tiquo-client-api"]);
    validation.validate_exp = false; // the test's clock is not the host's
    let claims = decode::<Value>(&token, &DecodingKey::from_jwk(key).unwrap(), &validation).unwrap().claims;
    assert_eq!(claims["email"], "ana@example.com");
}

async fn the_claims_are_those_of_the_contract(store: TestStore) {
    let app = TestApp::start(store);
    let signed_in = app.sign_in("ana@example.com").await;
    app.clock.advance(std::time::Duration::from_millis(90_900));
    let refreshed = app.refresh(&signed_in.text("refresh_token")).await;
    let claims = payload(&refreshed.text("access_token"));
    let start = 1_795_392_000_u64;
    assert_eq!(claims["iat"], start + 90);
    assert_eq!(claims["exp"], start + 90 + 3600);
    assert_eq!(claims["auth_time"], start, "a refresh never renews it");
    assert_eq!(claims["sub"], signed_in.data()["user"]["id"]);
    assert_eq!(claims["token_source"], "dom");
    assert_eq!((&claims["organization_id"], &claims["client_id"]), (&"org_demo".into(), &"dom_demo".into()));
    assert_eq!(claims["amr"], serde_json::json!(["otp"]));
    assert_eq!(claims["acr"], "urn:tiquo:acr:email-otp");
    assert_eq!(claims["scope"], "bookings:read enquiries:read orders:read profile:read profile:write");
    assert!(claims["customer_id"].as_str().unwrap().starts_with("cust_"));
    assert!(claims.get("nbf").is_none());
    let before = payload(&signed_in.text("access_token"));
    assert_eq!(before["sid"], claims["sid"]);
    assert_ne!(before["jti"], claims["jti"]);
}

fn payload(token: &str) -> Value {
    use base64::Engine as _;
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

async fn the_jwk_set_is_cached_and_revalidated(store: TestStore) {
    let app = TestApp::start(store);
    let first = app.get(JWKS).await;
    let etag = first.header("etag").unwrap().to_owned();
    assert_eq!(first.header("cache-control"), Some("public, max-age=3600"));
    for key in first.body["keys"].as_array().unwrap() {
        assert_eq!((&key["kty"], &key["use"], &key["alg"]), (&"RSA".into(), &"sig".into(), &"RS256".into()));
        assert!(key["kid"].is_string() && key.get("d").is_none() && key.get("p").is_none());
    }
    for (sent, status) in
        [(etag.clone(), 304), (format!("\"x\", W/{etag}"), 304), ("*".into(), 304), ("\"x\"".into(), 200)]
    {
        let again = app.request("GET", JWKS).header("if-none-match", &sent).send().await.unwrap();
        assert_eq!(again.status(), status, "{sent}");
        assert_eq!(again.headers()["etag"], etag.as_str());
    }
    let head = app.request("HEAD", JWKS).send().await.unwrap();
    assert_eq!((head.status().as_u16(), head.headers()["etag"].to_str().unwrap()), (200, etag.as_str()));
}

async fn preflights_and_answers_carry_cors(store: TestStore) {
    let app = TestApp::start(store);
    for path in [SEND, REFRESH, PROFILE, LOGOUT, JWKS, METADATA] {
        let preflight = app
            .request("OPTIONS", path)
            .header("origin", "https://any.example")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type");
        let answer = preflight.send().await.unwrap();
        let headers = answer.headers();
        assert_eq!(answer.status(), 204, "{path}");
        assert_eq!(headers["access-control-allow-origin"], "*");
        assert_eq!(headers["access-control-max-age"], "86400");
        // Libraries add headers of their own, and `*` does not cover Authorization (Fetch section 3.2.3).
        assert_eq!(headers["access-control-allow-headers"], "*, Authorization, Content-Type, DPoP");
    }
    let refused = app.get(PROFILE).await;
    assert_eq!(refused.header("access-control-allow-origin"), Some("*"), "on errors as on successes");
    let exposed = refused.header("access-control-expose-headers").unwrap();
    for name in ["DPoP-Nonce", "Date", "Retry-After", "RateLimit", "WWW-Authenticate", "X-Request-Id"] {
        assert!(exposed.contains(name), "{name}");
    }
    assert_eq!(app.get("/dev/outbox").await.header("access-control-allow-origin"), None, "pages have none");
}

async fn what_is_not_there_is_told_in_the_envelope(store: TestStore) {
    let app = TestApp::start(store);
    assert_eq!(app.get("/api/nothing").await.refusal(), (404, "not_found"));
    for (method, path, allow) in [
        ("GET", SEND, "POST"),
        ("DELETE", REFRESH, "POST"),
        ("POST", JWKS, "GET, HEAD"),
        ("PUT", PROFILE, "GET, HEAD, PATCH"),
    ] {
        let answer = Answer::of(app.request(method, path).send().await.unwrap()).await;
        assert_eq!(answer.refusal(), (405, "method_not_allowed"), "{method} {path}");
        assert_eq!(answer.header("allow"), Some(allow));
    }
}

async fn a_foreign_host_is_misdirected_in_development(store: TestStore) {
    let app = TestApp::start(store);
    for path in ["/dev/outbox.json", JWKS] {
        let rebound = app.request("GET", path).header("host", "evil.example:8080").send().await.unwrap();
        assert_eq!(Answer::of(rebound).await.refusal(), (421, "misdirected_request"));
    }
}

async fn the_process_says_that_it_is_ready(store: TestStore) {
    let app = TestApp::start(store);
    assert_eq!(app.get("/healthz").await.data()["status"], "alive");
    assert_eq!(app.get("/readyz").await.data()["parts"]["store"], "ready");
}
