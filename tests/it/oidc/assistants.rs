//! Assistants and editors as they register themselves: what each of them sends, its form and not its words. Each signs a
//! person in with the registration that it was given.

use serde_json::{Value, json};

use super::registration::REGISTER;
use crate::support::app::{Answer, TestApp};
use crate::support::browser::Browser;
use crate::support::oidc::{USERINFO, VERIFIER, authorize, claims, token};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    an_editor_with_https_and_loopback_signs_a_person_in,
    an_editor_with_a_scheme_of_its_own_beside_https_and_loopback_signs_a_person_in,
    an_assistant_on_the_web_with_words_of_its_own_signs_a_person_in,
    an_assistant_on_the_web_with_a_secret_signs_a_person_in,
    an_assistant_in_a_terminal_signs_a_person_in,
    an_inspector_with_an_empty_scope_signs_a_person_in,
    a_bridge_of_a_desktop_assistant_signs_a_person_in,
);

/// What an assistant sends.
struct Assistant {
    /// Its registration.
    document: Value,
    /// Where it wants its answer.
    callback: &'static str,
    /// What it asks for.
    scope: &'static str,
}

impl Assistant {
    /// Registers, signs somebody in, redeems the code and refreshes; answers the last tokens.
    async fn signs_in(&self, store: TestStore) -> Answer {
        let app = TestApp::start_with(store, |policy| {
            policy.registration.resources = vec![RESOURCE.to_owned()];
        });
        let body = self.document.to_string();
        let answer = app.post_raw(REGISTER, Some("application/json"), body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let id = answer.body["client_id"].as_str().unwrap().to_owned();
        let secret = answer.body["client_secret"].as_str().unwrap_or_default().to_owned();
        let mut browser = Browser::new(&app);
        let over = [
            ("client_id", id.as_str()),
            ("redirect_uri", self.callback),
            ("scope", self.scope),
            ("nonce", ""),
            ("resource", RESOURCE),
        ];
        let page = browser.open(&authorize(&over)).await;
        assert_eq!(page.status, 200, "{page:?}");
        let page = browser.sign_in(&app, page, "ana@example.com").await;
        let back = browser.allow(&page).await;
        let (before, after) = back.url.split_once('?').unwrap();
        assert_eq!((before, after.contains("state=")), (self.callback, true), "{back:?}");
        let own = [("client_id", id.as_str()), ("client_secret", secret.as_str())];
        let code = back.code();
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", self.callback),
            ("code_verifier", VERIFIER),
            ("resource", RESOURCE),
        ];
        let first = token(&app, None, &[&fields[..], &own].concat()).await;
        let refresh_token = first.member("refresh_token");
        let fields = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token.as_str()),
            ("resource", RESOURCE),
        ];
        let next = token(&app, None, &[&fields[..], &own].concat()).await;
        let said = claims(&next.member("access_token"));
        assert_eq!(said["client_id"], json!(id));
        let openid = next.member("scope").contains("openid");
        let expected = if openid { json!([RESOURCE, app.base]) } else { json!(RESOURCE) };
        assert_eq!(said["aud"], expected, "RFC 8707: a token for the server that it talks to");
        let userinfo = app.get_as(&next.member("access_token"), USERINFO).await.status;
        assert_eq!(userinfo, if openid { 200 } else { 401 });
        next
    }
}

/// The server that all of them want to talk to.
const RESOURCE: &str = "https://mcp.shop.example/mcp";
const READS: &str = "address bookings:read email enquiries:read orders:read phone profile profile:read";
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Visual Studio Code: two pages that lead back into the editor, and loopback, where it listens itself.
async fn an_editor_with_https_and_loopback_signs_a_person_in(store: TestStore) {
    let document = json!({
        "client_name": "Editor A",
        "client_uri": "https://editor-a.example",
        "grant_types": ["authorization_code", "refresh_token", DEVICE],
        "response_types": ["code"],
        "redirect_uris": [
            "https://insiders.editor-a.example/redirect",
            "https://editor-a.example/redirect",
            "http://127.0.0.1/",
            "http://127.0.0.1:33418/",
        ],
        "token_endpoint_auth_method": "none",
        "application_type": "native",
    });
    for callback in ["http://127.0.0.1:51004/", "https://editor-a.example/redirect"] {
        let assistant = Assistant { document: document.clone(), callback, scope: "" };
        assert_eq!(assistant.signs_in(store.clone()).await.member("scope"), READS);
    }
}

/// Cursor: a scheme without a dot, a page, and a fixed port.
async fn an_editor_with_a_scheme_of_its_own_beside_https_and_loopback_signs_a_person_in(store: TestStore) {
    let document = json!({
        "client_name": "Editor B",
        "redirect_uris": [
            "editorb://maker.editorb-mcp/oauth/callback",
            "https://www.editor-b.example/agents/mcp/oauth/callback",
            "http://localhost:8787/callback",
        ],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    });
    for callback in ["editorb://maker.editorb-mcp/oauth/callback", "http://localhost:8787/callback"] {
        let assistant = Assistant { document: document.clone(), callback, scope: "" };
        assert_eq!(assistant.signs_in(store.clone()).await.member("scope"), READS);
    }
}

/// Claude on the web: a scope that nobody else knows, which it asks for afterwards, too.
async fn an_assistant_on_the_web_with_words_of_its_own_signs_a_person_in(store: TestStore) {
    let document = json!({
        "client_name": "Assistant C",
        "redirect_uris": ["https://assistant-c.example/api/mcp/auth_callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": "assistantc",
        "token_endpoint_auth_method": "none",
    });
    let callback = "https://assistant-c.example/api/mcp/auth_callback";
    let tokens = Assistant { document, callback, scope: "assistantc" }.signs_in(store).await;
    assert_eq!(tokens.member("scope"), READS);
}

/// `ChatGPT` and others that keep a secret: what they do not have is written all the same.
async fn an_assistant_on_the_web_with_a_secret_signs_a_person_in(store: TestStore) {
    let document = json!({
        "client_name": "Assistant D",
        "redirect_uris": ["https://assistant-d.example/connector/oauth/OUbdUMlL15Ct"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_post",
        "contacts": [],
        "logo_uri": "",
        "tos_uri": "",
        "jwks_uri": null,
    });
    let callback = "https://assistant-d.example/connector/oauth/OUbdUMlL15Ct";
    let scope = "openid email offline_access";
    let tokens = Assistant { document, callback, scope }.signs_in(store).await;
    assert_eq!(tokens.member("scope"), "email offline_access openid");
}

/// Claude Code, Codex, Gemini: a port that was free, named in the registration.
async fn an_assistant_in_a_terminal_signs_a_person_in(store: TestStore) {
    let document = json!({
        "client_name": "Assistant E (shop)",
        "redirect_uris": ["http://localhost:3118/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "application_type": "native",
    });
    let assistant = Assistant { document, callback: "http://localhost:3118/callback", scope: "" };
    assert_eq!(assistant.signs_in(store).await.member("scope"), READS);
}

/// MCP Inspector: a page on this machine, which writes the scope that nobody typed.
async fn an_inspector_with_an_empty_scope_signs_a_person_in(store: TestStore) {
    let document = json!({
        "redirect_uris": ["http://localhost:6274/oauth/callback"],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "client_name": "Inspector F",
        "client_uri": "https://inspector-f.example/inspector",
        "scope": "",
    });
    let assistant = Assistant { document, callback: "http://localhost:6274/oauth/callback", scope: "" };
    assert_eq!(assistant.signs_in(store).await.member("scope"), READS);
}

/// mcp-remote, by which desktop assistants reach servers of others: it says which program it is.
async fn a_bridge_of_a_desktop_assistant_signs_a_person_in(store: TestStore) {
    let document = json!({
        "redirect_uris": ["http://localhost:3334/oauth/callback"],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "client_name": "CLI Proxy G",
        "client_uri": "https://proxy-g.example/cli",
        "software_id": "2e6dc280-f3c3-4e01-99a7-8181dbd1d23d",
        "software_version": "0.1.37",
        "scope": "openid email profile",
    });
    let callback = "http://localhost:3334/oauth/callback";
    let tokens = Assistant { document, callback, scope: "openid email profile" }.signs_in(store).await;
    assert_eq!(tokens.member("scope"), "email openid profile");
}
