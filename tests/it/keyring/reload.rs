//! A running process takes over a folder that changed, and only a usable one.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tiquo_auth::keyring::{KeyProblem, Keyring, RELOAD_BACK_OFF};
use tiquo_auth::ports::mac_keys::MacKeys as _;
use tiquo_auth::ports::signer::Signer as _;
use tiquo_auth::protocol::mac::{MacKeyId, MacPurpose};

use super::folder::KeyFolder;
use crate::support::clock::ManualClock;

/// Makes the next keys active and the active ones retired, as a rotation does.
fn rotate(folder: &KeyFolder) {
    folder.edit(|manifest| {
        for kind in ["signing_keys", "mac_keys"] {
            for key in manifest[kind].as_array_mut().unwrap() {
                let state = if key["state"] == "next" { "active" } else { "retired" };
                key["state"] = json!(state);
            }
        }
    });
}

fn signing_kid(keyring: &Keyring) -> String {
    let token = keyring.sign("JWT", b"{}").unwrap();
    jsonwebtoken::decode_header(&token).unwrap().kid.unwrap()
}

#[test]
fn a_changed_folder_is_taken_over() {
    let folder = KeyFolder::made();
    let keyring = folder.open().unwrap();
    let before = signing_kid(&keyring);
    rotate(&folder);
    keyring.reload().unwrap();
    assert_eq!(keyring.active(), MacKeyId::new(2));
    assert_ne!(signing_kid(&keyring), before);
    let kids: Vec<_> = keyring.jwk_set().set.keys.iter().map(|key| key.kid.clone().unwrap()).collect();
    assert_eq!(kids, [signing_kid(&keyring), before]);
}

#[test]
fn an_unusable_folder_changes_nothing() {
    let folder = KeyFolder::made();
    let keyring = folder.open().unwrap();
    let before = (signing_kid(&keyring), keyring.mac(MacKeyId::new(1), MacPurpose::Otp, b"x"));
    rotate(&folder);
    fs::remove_file(folder.path("mac-1.key")).unwrap();
    let problems = keyring.reload().unwrap_err().problems;
    assert!(matches!(problems[..], [KeyProblem::Missing { .. }]), "{problems:?}");
    let after = (signing_kid(&keyring), keyring.mac(MacKeyId::new(1), MacPurpose::Otp, b"x"));
    assert_eq!(after, before);
}

#[test]
fn another_index_key_or_stamp_is_no_rotation() {
    let folder = KeyFolder::made();
    let keyring = folder.open().unwrap();
    folder.edit(|manifest| manifest["stamp"] = json!("development"));
    assert!(matches!(keyring.reload().unwrap_err().problems[..], [KeyProblem::OtherStamp { .. }]));
    let other = KeyFolder::other();
    for name in other.names() {
        fs::copy(other.path(&name), folder.path(&name)).unwrap();
    }
    assert!(matches!(keyring.reload().unwrap_err().problems[..], [KeyProblem::IndexKeyChanged { .. }]));
}

#[test]
fn requests_to_reload_are_served_at_most_once_per_back_off() {
    // With one thread for what blocks, whatever was begun before `settle` has ended after it.
    let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let folder = KeyFolder::made();
        let keyring = Arc::new(folder.open().unwrap());
        let clock = ManualClock::fixed();
        let task = tokio::spawn(Arc::clone(&keyring).run_reloads(Arc::new(clock.clone())));
        rotate(&folder);
        settle().await;
        assert_eq!(keyring.active(), MacKeyId::new(1), "nobody asked");
        for _ in 0..100 {
            keyring.request_reload();
        }
        settle().await;
        assert_eq!(keyring.active(), MacKeyId::new(2));

        // Within the back-off a request is kept, not served.
        folder.edit(|manifest| {
            manifest["mac_keys"][0]["state"] = json!("active");
            manifest["mac_keys"][1]["state"] = json!("retired");
        });
        keyring.request_reload();
        clock.advance(RELOAD_BACK_OFF.saturating_sub(Duration::from_millis(1)));
        settle().await;
        assert_eq!(keyring.active(), MacKeyId::new(2));
        clock.advance(Duration::from_millis(1));
        settle().await;
        assert_eq!(keyring.active(), MacKeyId::new(1));
        task.abort();
    });
}

/// Lets the other task come as far as it can.
async fn settle() {
    for _ in 0..3 {
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        tokio::task::spawn_blocking(|| ()).await.unwrap();
    }
}
