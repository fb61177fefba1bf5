//! Resource servers and applications in another language know nothing of us but the published documents.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use reqwest::Client;
use reqwest::header::{CONTENT_TYPE, ORIGIN};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::app::{SEND, SHOP, VERIFY};
use crate::support::needs::needs;

const ADMIN_KEY: &str = "3f1c9a0d7be24c55a1f0";
/// `printf %s "$ADMIN_KEY" | sha256sum`
const ADMIN_KEY_SHA256: &str = "8941e629094baf69a622961c01f1cd8c31e0e73aba67033b877cf5b946e9faa5";

/// Two ports that nobody listens on.
fn free_ports() -> [u16; 2] {
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

/// The program itself, as `dev` runs it; it ends with this value.
struct Program {
    issuer: String,
    /// The admin listener.
    admin: String,
    folder: TempDir,
    child: Child,
}

impl Program {
    fn start() -> Self {
        Self::start_with(&[])
    }

    /// With these variables.
    fn start_with(settings: &[(&str, &str)]) -> Self {
        let [port, admin_port] = free_ports();
        let admin = format!("127.0.0.1:{admin_port}");
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_tiquo-auth"))
            .args(["dev", "--port", &port.to_string(), "--app-port", "0", "--data"])
            .arg(folder.path().join("data"))
            .arg("--keys")
            .arg(folder.path().join("keys"))
            .env("TIQUO_AUTH__ADMIN__ADDRESS", &admin)
            .env("TIQUO_AUTH__ADMIN__KEY_SHA256", ADMIN_KEY_SHA256)
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // It says so when it listens, and its output ends when it does not.
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let line = lines.find(|line| line.trim_start().starts_with("Issuer")).expect("it listens");
        std::thread::spawn(move || lines.for_each(drop));
        let issuer = line.split_whitespace().last().unwrap().to_owned();
        Self { issuer, admin: format!("http://{admin}"), folder, child }
    }

    async fn sign_in(&self, email: &str) -> Value {
        let sent = self.post(SEND, json!({"public_key": "pk_dom_demo", "email": email})).await;
        let url = format!("{}/dev/outbox.json?to={email}", self.issuer);
        let mails = Client::new().get(url).send().await.unwrap().bytes().await.unwrap();
        let mails = serde_json::from_slice::<Value>(&mails).unwrap();
        let (challenge, code) = (&sent["data"]["challenge_id"], &mails[0]["code"]);
        let answer = json!({"public_key": "pk_dom_demo", "challenge_id": challenge, "code": code});
        self.post(VERIFY, answer).await["data"].clone()
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let request = Client::new()
            .post(format!("{}{path}", self.issuer))
            .header(ORIGIN, SHOP)
            .header(CONTENT_TYPE, "application/json")
            .body(body.to_string());
        let bytes = request.send().await.unwrap().bytes().await.unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    fn verify(&self, token: &str, more: &[(&str, &str)]) -> Result<Value, String> {
        let known = [("ISSUER", self.issuer.as_str()), ("TOKEN", token)];
        let output = node("verify.mjs", known.iter().chain(more));
        if output.status.success() {
            return Ok(serde_json::from_slice(&output.stdout).unwrap());
        }
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        Err(String::from_utf8(output.stderr).unwrap().trim().to_owned())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn node<'a>(script: &str, variables: impl Iterator<Item = &'a (&'a str, &'a str)>) -> Output {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients");
    for package in ["jose", "openid-client", "@modelcontextprotocol/sdk"] {
        let package = Path::new(folder).join("node_modules").join(package);
        assert!(package.exists(), "run `npm ci --prefix tests/clients` first");
    }
    Command::new("node")
        .current_dir(folder)
        .arg(script)
        .envs(variables.copied())
        .output()
        .expect("the tests need node")
}

#[tokio::test]
async fn a_resource_server_in_javascript_verifies_a_token_from_the_published_documents() {
    needs!(NodePackages);
    let program = Program::start();
    let tokens = program.sign_in("ana@example.com").await;
    let claims = program.verify(tokens["access_token"].as_str().unwrap(), &[]).unwrap();
    assert_eq!(claims["iss"], json!(program.issuer));
    assert!(claims["sub"].as_str().is_some_and(|subject| !subject.is_empty()), "{claims}");
    assert_eq!(claims["email"], "ana@example.com");
    let again = program.sign_in("ana@example.com").await;
    let same = program.verify(again["access_token"].as_str().unwrap(), &[]).unwrap();
    assert_eq!(same["sub"], claims["sub"], "the same customer");
}

#[tokio::test]
async fn a_resource_server_in_javascript_refuses_what_is_not_its_access_token() {
    needs!(NodePackages);
    let program = Program::start();
    let tokens = program.sign_in("ana@example.com").await;
    let token = tokens["access_token"].as_str().unwrap();

    let (place, _) = token.match_indices('.').next().unwrap();
    let mut flipped = token.as_bytes().to_vec();
    flipped[place + 20] = if flipped[place + 20] == b'A' { b'B' } else { b'A' };
    let flipped = String::from_utf8(flipped).unwrap();
    assert_eq!(program.verify(&flipped, &[]), Err("ERR_JWS_SIGNATURE_VERIFICATION_FAILED".to_owned()));

    let other = program.verify(token, &[("AUDIENCE", "another-api")]);
    assert_eq!(other, Err("ERR_JWT_CLAIM_VALIDATION_FAILED".to_owned()));

    // The same claims, signed with the same key: only the kind of token differs.
    let keys = program.folder.path().join("keys");
    for (typ, outcome) in [("JWT", None), ("id_token+jwt", Some("ERR_TYP"))] {
        let signed =
            node("sign.mjs", [("KEYS", keys.to_str().unwrap()), ("TOKEN", token), ("TYP", typ)].iter());
        let signed = String::from_utf8(signed.stdout).unwrap();
        assert_eq!(program.verify(signed.trim(), &[]).err().as_deref(), outcome, "{typ}");
    }
}

/// Runs the checks of a script, and answers their names.
fn checks(script: &str) -> Vec<String> {
    checks_of(script, &Program::start(), &[])
}

/// The same against this program, with these variables.
fn checks_of(script: &str, program: &Program, more: &[(&str, &str)]) -> Vec<String> {
    let known = [
        ("ISSUER", program.issuer.as_str()),
        ("ADMIN", program.admin.as_str()),
        ("PROGRAM", env!("CARGO_BIN_EXE_tiquo-auth")),
        ("TIQUO_AUTH_ADMIN_KEY", ADMIN_KEY),
    ];
    let output = node(script, known.iter().chain(more));
    let report = String::from_utf8(output.stdout).unwrap();
    let checks = report.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect::<Vec<_>>();
    let failed = checks.iter().filter(|check| check["ok"] != json!(true)).collect::<Vec<_>>();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && failed.is_empty(), "{failed:#?} {said}");
    checks.iter().map(|check| check["check"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn oidc_core_3_1_an_application_in_javascript_signs_its_users_in() {
    needs!(NodePackages);
    let checks = checks("openid-client.mjs");
    // A public application, and a confidential one with either authentication method (RFC 6749 §2.3.1).
    for application in ["public: ", "basic: ", "post: "] {
        let of_it = checks.iter().filter(|check| check.starts_with(application));
        assert_eq!(of_it.count(), 10, "{checks:?}");
    }
}

#[test]
fn whatever_else_the_library_of_an_application_in_javascript_can_do() {
    needs!(NodePackages);
    assert_eq!(checks("provider.mjs").len(), 16);
}

#[test]
fn oidc_discovery_3_every_member_of_the_document_is_true() {
    needs!(NodePackages);
    let checks = checks("discovery.mjs");
    assert!(
        checks.iter().any(|check| check == "every member has a check, and every check a member"),
        "{checks:?}"
    );
    assert!(checks.len() > 38, "{checks:?}");
}

/// RFC 8707, RFC 7591: what assistants and editors do that speak the Model Context Protocol.
#[test]
fn a_client_of_the_model_context_protocol_registers_itself_and_gets_a_token_for_a_named_resource() {
    needs!(NodePackages);
    let [port, _] = free_ports();
    let resource = format!("http://localhost:{port}/mcp");
    let program = Program::start_with(&[
        ("TIQUO_AUTH__RESOURCES__0__ID", &resource),
        ("TIQUO_AUTH__RESOURCES__0__SCOPES", "notes:read,notes:write"),
        ("TIQUO_AUTH__RESOURCES__0__WRITES", "notes:write"),
        ("TIQUO_AUTH__REGISTRATION__RESOURCES", &resource),
    ]);
    assert_eq!(checks_of("mcp.mjs", &program, &[("RESOURCE", &resource)]).len(), 3);
}
