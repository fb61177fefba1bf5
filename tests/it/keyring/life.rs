//! Keys rotate by themselves, once, whoever is there; and what was changed elsewhere is taken over.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};
use tiquo_auth::keyring::{KeyKind, KeyProblem};
use tiquo_auth::ports::clock::Clock as _;
use tiquo_auth::ports::mac_keys::MacKeys as _;
use tiquo_auth::ports::signer::Signer as _;
use tiquo_auth::ports::store::StoreCompatibility;
use tiquo_auth::protocol::key_life::KeyPolicy;
use tiquo_auth::protocol::mac::{MacKeyId, MacPurpose};

use super::folder::KeyFolder;
use super::processes::{DAY, HOUR, POLICY, Process, commands, pass, run, store, until};
use crate::support::clock::ManualClock;

/// The states of a kind of keys, in the order of the manifest.
fn states(folder: &KeyFolder, kind: &str) -> Vec<String> {
    let keys: Vec<Value> = folder.manifest()[kind].as_array().unwrap().clone();
    keys.iter().map(|key| key["state"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn keys_rotate_after_their_period_and_a_new_next_one_stands_at_once() {
    run(async {
        let (folder, clock, store) = (KeyFolder::made(), ManualClock::fixed(), store());
        let process = Process::start(&folder, &clock, &store);
        let (first, second) = (process.published()[0].clone(), process.published()[1].clone());
        pass(&clock, &[&process], 29 * DAY + 22 * HOUR).await;
        assert_eq!((process.kid(), folder.manifest()["serial"].clone()), (first.clone(), json!(1)));

        pass(&clock, &[&process], 2 * HOUR).await;
        assert_eq!(process.kid(), second);
        assert_eq!(states(&folder, "signing_keys"), ["retired", "active", "next"]);
        assert_eq!(states(&folder, "mac_keys"), ["retired", "active", "next"]);
        assert_eq!(process.published().len(), 3);
        assert_eq!(process.keyring.active(), MacKeyId::new(2));

        // The retired signing key goes when its last token is over, and is kept for id_token_hint.
        pass(&clock, &[&process], HOUR).await;
        assert!(process.published().contains(&first));
        pass(&clock, &[&process], Duration::from_secs(600)).await;
        assert!(!process.published().contains(&first));
        assert!(!folder.path(&format!("signing-{first}.pem")).exists(), "its private half is gone");
        assert_eq!(folder.manifest()["past_signing_keys"][0]["jwk"]["kid"], json!(first));
        let hints = process.keyring.hint_keys();
        assert!(hints.keys.iter().any(|key| key.kid.as_ref() == Some(&first)));
        assert_eq!(states(&folder, "mac_keys"), ["retired", "active", "next"], "MAC keys have another life");
        folder.open().unwrap();
    });
}

#[test]
fn a_retired_mac_key_stays_until_the_last_thing_it_made_is_over() {
    run(async {
        let (folder, clock, store) = (KeyFolder::made(), ManualClock::fixed(), store());
        let policy = KeyPolicy { rotation: None, mac_life: 40 * DAY, ..POLICY };
        let process = Process::start_with(&folder, &clock, &store, policy);
        let made = |id| process.keyring.mac(MacKeyId::new(id), MacPurpose::KnownDevice, b"x");
        let tag = made(1).unwrap();
        pass(&clock, &[&process], 30 * DAY).await;
        pass(&clock, &[&process], 30 * DAY).await;
        assert_eq!(process.keyring.active(), MacKeyId::new(3));
        assert_eq!(made(1), Ok(tag));
        pass(&clock, &[&process], 10 * DAY + HOUR).await;
        made(1).unwrap_err();
        made(2).unwrap();
        assert_eq!(folder.manifest()["past_mac_keys"][0]["id"], 1);
        assert_eq!(process.keyring.store_opening().mac_keys.len(), 4, "the store still names it");
        assert_eq!(states(&folder, "signing_keys"), ["active", "next"], "those rotate by command only");
    });
}

#[test]
fn of_processes_that_wake_together_one_rotates() {
    run(async {
        let (folder, clock, store) = (KeyFolder::made(), ManualClock::fixed(), store());
        let one = Process::start(&folder, &clock, &store);
        let others: Vec<_> = (0..3).map(|_| Process::start(&folder, &clock, &store)).collect();
        let mut all = vec![&one];
        all.extend(&others);
        for turn in 1..=2_u64 {
            pass(&clock, &all, 30 * DAY).await;
            let kids: std::collections::BTreeSet<_> = all.iter().map(|process| process.kid()).collect();
            assert_eq!(kids.len(), 1);
            assert_eq!(folder.manifest()["mac_keys"].as_array().unwrap().len() as u64, 2 + turn);
        }
        // A rotation each, and the withdrawal of the first key with the second rotation.
        assert_eq!(folder.manifest()["serial"], json!(3));
        assert_eq!(folder.names().iter().filter(|name| name.starts_with("signing-")).count(), 3);
    });
}

#[test]
fn a_running_process_takes_a_change_over_within_seconds() {
    run(async {
        let (folder, clock, store) = (KeyFolder::made(), ManualClock::fixed(), store());
        let process = Process::start(&folder, &clock, &store);
        until(|| process.keyring.confirmed_at() == Some(clock.now())).await;
        let etag = process.keyring.jwk_set().etag.clone();
        let active = process.kid();
        clock.advance(2 * HOUR);
        commands(&folder, &clock).rotate(KeyKind::Signing, false).unwrap();
        clock.advance(Duration::from_secs(2));
        until(|| process.kid() != active).await;
        assert_ne!(process.keyring.jwk_set().etag, etag);
    });
}

#[test]
fn a_folder_that_cannot_be_used_changes_nothing_and_its_set_is_cached_no_longer() {
    run(async {
        let (folder, clock, store) = (KeyFolder::made(), ManualClock::fixed(), store());
        let process = Process::start(&folder, &clock, &store);
        assert_eq!(process.keyring.fresh_for(clock.now()), HOUR);
        let before = process.kid();
        let manifest = fs::read(folder.path("manifest.json")).unwrap();
        fs::write(folder.path("manifest.json"), "{").unwrap();
        let confirmed = process.keyring.confirmed_at();
        clock.advance(40 * Duration::from_secs(60));
        // The next look fails, so nothing is confirmed; the commands say what is wrong.
        assert!(matches!(folder.problems()[..], [KeyProblem::ManifestBroken { .. }]));
        until(|| process.keyring.fresh_for(clock.now()) < HOUR).await;
        assert_eq!(process.keyring.confirmed_at(), confirmed);
        assert_eq!(process.keyring.fresh_for(clock.now()), Duration::from_secs(20 * 60 + 30));
        assert_eq!(process.kid(), before);
        fs::write(folder.path("manifest.json"), manifest).unwrap();
        pass(&clock, &[&process], HOUR).await;
        assert_eq!(process.keyring.fresh_for(clock.now()), HOUR);
    });
}

#[test]
fn a_shorter_cache_life_counts_when_the_longer_one_is_over() {
    run(async {
        let (folder, clock, store) = (KeyFolder::made(), ManualClock::fixed(), store());
        let long = KeyPolicy { jwks_max_age: DAY, ..POLICY };
        drop(Process::start_with(&folder, &clock, &store, long));
        clock.advance(HOUR);
        let process = Process::start_with(&folder, &clock, &store, POLICY);
        assert_eq!(process.keyring.fresh_for(clock.now()), HOUR);
        clock.advance(2 * HOUR);
        let refused = commands(&folder, &clock).rotate(KeyKind::Signing, false).unwrap_err().to_string();
        assert!(refused.contains("may be used from 2026-11-24T00:01:00Z"), "{refused}");
    });
}

#[test]
fn a_mac_key_is_not_used_before_the_store_knows_it() {
    run(async {
        let (folder, clock, store) = (KeyFolder::made(), ManualClock::fixed(), store());
        // The store is another folder's: it takes no claim of this one.
        let _ = store.record_opening(&KeyFolder::other().open().unwrap().store_opening()).await.unwrap();
        let process = Process::start(&folder, &clock, &store);
        pass(&clock, &[&process], 30 * DAY).await;
        assert_eq!(process.keyring.active(), MacKeyId::new(1));
        assert_eq!(states(&folder, "signing_keys"), ["retired", "active", "next"]);
    });
}

#[test]
fn the_store_is_told_of_every_mac_key_before_its_use() {
    run(async {
        let (folder, clock, store) = (KeyFolder::made(), ManualClock::fixed(), store());
        let processes = [Process::start(&folder, &clock, &store), Process::start(&folder, &clock, &store)];
        for _ in 0..3 {
            pass(&clock, &[&processes[0], &processes[1]], 30 * DAY).await;
        }
        let claim = processes[0].keyring.store_opening();
        assert_eq!(claim.mac_keys.keys().copied().collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
        // A folder that was restored from a backup of last month lacks keys that the store knows.
        let mut older = claim.clone();
        older.mac_keys.retain(|id, _| *id < 5);
        let missing = StoreCompatibility::MissingKeys { missing: vec!["MAC key 5".to_owned()] };
        assert_eq!(store.record_opening(&older).await, Ok(missing));
        assert_eq!(store.record_opening(&claim).await, Ok(StoreCompatibility::Fits));
    });
}

#[test]
fn the_last_mac_key_id_stays_in_use() {
    run(async {
        let (folder, clock, store) = (KeyFolder::made(), ManualClock::fixed(), store());
        folder.edit(|manifest| manifest["past_mac_keys"] = json!([{ "id": 255, "fingerprint": "x" }]));
        let process = Process::start(&folder, &clock, &store);
        pass(&clock, &[&process], 30 * DAY).await;
        assert_eq!(states(&folder, "mac_keys"), ["retired", "active"]);
        pass(&clock, &[&process], 30 * DAY).await;
        assert_eq!(process.keyring.active(), MacKeyId::new(2));
        assert_eq!(folder.manifest()["signing_keys"].as_array().unwrap().len(), 3);
        let problem = commands(&folder, &clock).generate(KeyKind::Mac).unwrap_err().to_string();
        assert!(problem.contains("MAC key 255"), "{problem}");
    });
}

#[test]
fn a_folder_that_cannot_be_written_is_used_as_it_is() {
    run(async {
        let (folder, clock, store) = (KeyFolder::made(), ManualClock::fixed(), store());
        // Whoever runs the tests may be root, whom permissions do not stop: a folder in the place of the file does.
        fs::create_dir(folder.path(".lock")).unwrap();
        let process = Process::start(&folder, &clock, &store);
        let before = process.kid();
        pass(&clock, &[&process], 31 * DAY).await;
        assert_eq!(process.kid(), before);
        fs::remove_dir(folder.path(".lock")).unwrap();
        pass(&clock, &[&process], Duration::from_secs(2)).await;
        assert_ne!(process.kid(), before);
    });
}
