//! A change that is cut off anywhere leaves a folder that can be used, and nothing that is not cleared away.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use tiquo_auth::keyring::KeyKind;

use super::folder::KeyFolder;
use super::processes::{DAY, HOUR, Process, commands, pass, run, store};
use crate::support::clock::ManualClock;

/// A folder before and after a change that withdraws a key, retires one, activates one and makes one.
async fn before_and_after(clock: &ManualClock) -> (KeyFolder, KeyFolder) {
    let (before, store) = (KeyFolder::made(), store());
    clock.advance(2 * HOUR);
    commands(&before, clock).rotate(KeyKind::Signing, false).unwrap();
    let after = before.copy();
    let process = Process::start(&after, clock, &store);
    pass(clock, &[&process], 30 * DAY).await;
    // The folder whose change is cut off knows what its settings say, too.
    (before, after)
}

fn manifest_names(folder: &KeyFolder) -> BTreeSet<String> {
    let manifest = folder.manifest();
    let files =
        ["signing_keys", "mac_keys"].into_iter().flat_map(|kind| manifest[kind].as_array().unwrap().clone());
    let mut names: BTreeSet<_> = files.map(|key| key["file"].as_str().unwrap().to_owned()).collect();
    names.extend(["index.key", "manifest.json"].map(str::to_owned));
    names
}

fn key_files(folder: &KeyFolder) -> BTreeSet<String> {
    folder.names().into_iter().filter(|name| !name.starts_with('.')).collect()
}

#[test]
fn whatever_step_was_the_last() {
    run(async {
        let clock = ManualClock::fixed();
        let (before, after) = before_and_after(&clock).await;
        let old: Vec<_> = manifest_names(&before).difference(&manifest_names(&after)).cloned().collect();
        let new: Vec<_> = manifest_names(&after).difference(&manifest_names(&before)).cloned().collect();
        assert!(!old.is_empty() && new.len() > 1, "{old:?} {new:?}");
        let unsettled = [old.clone(), new.clone()].concat().join("\n");
        let copy_new = |to: &KeyFolder| {
            for name in &new {
                fs::copy(after.path(name), to.path(name)).unwrap();
            }
        };
        for step in 0..6 {
            let folder = before.copy();
            KeyFolder::write_secret(&folder.path(".unsettled"), unsettled.as_bytes());
            if step == 1 {
                KeyFolder::write_secret(&folder.path(&format!("{}.tmp", new[0])), b"half a k");
            }
            if step > 1 {
                copy_new(&folder);
            }
            if step == 3 {
                fs::write(folder.path("manifest.json.tmp"), "{ half").unwrap();
            }
            if step > 3 {
                fs::copy(after.path("manifest.json"), folder.path("manifest.json")).unwrap();
            }
            if step == 5 {
                fs::remove_file(folder.path(&old[0])).unwrap();
            }
            folder.open().unwrap_or_else(|error| panic!("step {step}: {error}"));
            // Whoever comes next clears away.
            commands(&folder, &clock).rotate(KeyKind::Mac, true).unwrap();
            assert_eq!(key_files(&folder), manifest_names(&folder), "step {step}");
            assert!(!folder.path(".unsettled").exists());
            folder.open().unwrap();
        }
    });
}

#[test]
fn only_unsettled_files_are_ever_removed() {
    let (folder, clock) = (KeyFolder::made(), ManualClock::fixed());
    let copy = folder.path("signing-of-last-year.pem");
    fs::copy(folder.signing_file(0), &copy).unwrap();
    fs::write(folder.path("notes.txt"), "mine").unwrap();
    let outside = tempfile::NamedTempFile::new().unwrap();
    let names = format!("index.key\nmanifest.json\n../x\n{}\n.lock\n", outside.path().display());
    KeyFolder::write_secret(&folder.path(".unsettled"), names.as_bytes());
    commands(&folder, &clock).rotate(KeyKind::Mac, true).unwrap();
    assert!(copy.exists() && folder.path("notes.txt").exists() && outside.path().exists());
    folder.open().unwrap();
}

/// Where the process of the next test rotates.
const FOLDER_OF_CHILD: &str = "TIQUO_AUTH_TEST_ROTATED_FOLDER";

/// Does something only as a process of the next test.
#[test]
fn one_process_that_rotates() {
    let Some(folder) = std::env::var_os(FOLDER_OF_CHILD) else { return };
    let clock = ManualClock::fixed();
    let entropy = tiquo_auth::system::SystemEntropy;
    let commands = tiquo_auth::keyring::KeyCommands::new(folder.as_ref(), &entropy, &clock);
    for _ in 0..30 {
        commands.rotate(KeyKind::Mac, true).unwrap();
        clock.advance(Duration::from_secs(1));
    }
}

#[test]
fn a_process_that_is_killed_while_it_rotates_harms_nothing() {
    let folder = KeyFolder::made();
    for round in 0..7 {
        let before = folder.manifest()["serial"].as_u64().unwrap();
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "keyring::interrupted::one_process_that_rotates"])
            .env(FOLDER_OF_CHILD, folder.dir())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while folder.manifest()["serial"].as_u64().unwrap() < before + 2 + round {
            assert!(process.try_wait().unwrap().is_none_or(|status| status.success()));
            std::thread::yield_now();
        }
        process.kill().unwrap();
        process.wait().unwrap();
        folder.open().unwrap();
        commands(&folder, &ManualClock::fixed()).rotate(KeyKind::Mac, true).unwrap();
        assert_eq!(key_files(&folder), manifest_names(&folder), "round {round}");
        folder.open().unwrap();
    }
}
