//! The browser SDK, as it is shipped, in Node.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

/// Reads the base URL and the addresses, and writes for each `sent`, or the reason of the refusal.
const SEND_ALL: &str = r#"
import { readFileSync } from "node:fs";
const { module, base, addresses } = JSON.parse(readFileSync(0, "utf8"));
const { TiquoAuth } = await import(module);
const heard = [];
for (const address of addresses) {
  // One each: two spellings of one address in a moment are one send.
  const auth = new TiquoAuth({ publicKey: "pk_dom_demo", apiEndpoint: base });
  heard.push(await auth.sendOTP(address).then(() => "sent", (error) => error.reason));
  auth.destroy();
}
console.log(JSON.stringify(heard));
"#;

/// What `sendOTP` does with each address.
pub(super) fn send_all(base: &str, addresses: &[&str]) -> Vec<String> {
    let module = concat!("file://", env!("CARGO_MANIFEST_DIR"), "/sdk/dist/tiquo-auth.mjs");
    let input = serde_json::json!({"module": module, "base": base, "addresses": addresses});
    serde_json::from_value(run(SEND_ALL, &input)).unwrap()
}

/// Sends a code, has `code` looked up by the test, and proves it as it is typed.
const VERIFY: &str = r#"
import { readFileSync } from "node:fs";
const { module, base, email, challenge, typed } = JSON.parse(readFileSync(0, "utf8"));
const { TiquoAuth } = await import(module);
const kept = new Map(Object.entries({ [`tiquo:pk_dom_demo@${base}:code`]: challenge }));
globalThis.sessionStorage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key) };
const auth = new TiquoAuth({ publicKey: "pk_dom_demo", apiEndpoint: base });
const heard = [];
for (const one of typed) {
  heard.push(await auth.verifyOTP(email, one).then(() => "signed in", (error) => error.reason));
}
auth.destroy();
console.log(JSON.stringify(heard));
"#;

/// What `verifyOTP` for an address does with each text, one after the other, at a challenge that was opened for `sent_to`.
pub(super) fn verify_all(
    base: &str,
    sent_to: &str,
    email: &str,
    challenge: &str,
    typed: &[&str],
) -> Vec<String> {
    let module = concat!("file://", env!("CARGO_MANIFEST_DIR"), "/sdk/dist/tiquo-auth.mjs");
    let kept = serde_json::json!({
        "challenge": challenge, "email": sent_to, "reference": "K7", "length": 6, "ends": 9e15, "again": 0,
    });
    let input = serde_json::json!({
        "module": module, "base": base, "email": email, "challenge": kept.to_string(), "typed": typed,
    });
    serde_json::from_value(run(VERIFY, &input)).unwrap()
}

fn run(script: &str, input: &Value) -> Value {
    let mut node = Command::new("node")
        .args(["--input-type=module", "--eval", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the tests need node");
    node.stdin.take().unwrap().write_all(input.to_string().as_bytes()).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}
