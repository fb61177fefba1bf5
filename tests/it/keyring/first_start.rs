//! A first start leaves everything or nothing, and several of them agree.

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::{Command, Stdio};

use tiquo_auth::keyring::{KeyProblem, Keyring, KeyringError, OpenMode};
use tiquo_auth::ports::entropy::Entropy;
use tiquo_auth::ports::signer::Signer as _;
use tiquo_auth::ports::store::StoreStamp;
use tiquo_auth::system::SystemEntropy;

use super::folder::KeyFolder;
use crate::support::clock::ManualClock;

fn create(folder: &Path, entropy: &dyn Entropy) -> Result<Keyring, KeyringError> {
    let clock = ManualClock::fixed();
    Keyring::open(
        folder,
        OpenMode::CreateIfMissing { stamp: StoreStamp::Development, entropy, clock: &clock },
    )
}

#[test]
fn it_makes_one_active_and_one_next_key_of_each_kind() {
    let folder = KeyFolder::made();
    let manifest = folder.manifest();
    assert_eq!(manifest["version"], 2);
    assert_eq!(manifest["stamp"], "production");
    for kind in ["signing_keys", "mac_keys"] {
        let states: Vec<_> =
            manifest[kind].as_array().unwrap().iter().map(|key| key["state"].clone()).collect();
        assert_eq!(states, ["active", "next"], "{kind}");
    }
    assert_eq!(manifest["mac_keys"][0]["id"], 1);
    assert_eq!(manifest["mac_keys"][1]["id"], 2);
    assert_eq!(manifest["signing_keys"][0]["activated_at"], manifest["signing_keys"][0]["created_at"]);
    assert!(manifest["signing_keys"][1].get("activated_at").is_none());
    assert_eq!(folder.names().len(), 6, "{:?}", folder.names());
}

#[test]
fn everything_is_its_owners_alone() {
    let outer = KeyFolder::empty();
    let folder = outer.path("below/keys");
    let keyring = create(&folder, &SystemEntropy).unwrap();
    assert_eq!(keyring.stamp(), StoreStamp::Development);
    assert_eq!(KeyFolder::mode(&folder), 0o700);
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(KeyFolder::mode(&path), 0o600, "{}", path.display());
    }
}

#[test]
fn keys_that_are_there_stay() {
    let folder = KeyFolder::made();
    let before = folder.manifest();
    let keyring = folder.create(StoreStamp::Production).unwrap();
    assert_eq!(folder.manifest(), before);
    assert_eq!(keyring.jwk_set().set.keys[0].kid.as_deref(), before["signing_keys"][0]["kid"].as_str());
}

#[test]
fn keys_of_the_other_kind_are_refused() {
    let problems = KeyFolder::made().create(StoreStamp::Development).unwrap_err().problems;
    assert!(
        matches!(problems[..], [KeyProblem::OtherStamp { found: StoreStamp::Production, .. }]),
        "{problems:?}"
    );
}

#[test]
fn without_keys_a_start_that_must_not_make_them_fails_and_makes_none() {
    let folder = KeyFolder::empty();
    assert!(matches!(folder.problems()[..], [KeyProblem::NoKeys { .. }]));
    assert!(folder.names().is_empty());
}

#[test]
fn what_a_crash_left_before_the_manifest_is_made_again() {
    let folder = KeyFolder::made();
    let old = folder.names();
    fs::rename(folder.path("manifest.json"), folder.path("manifest.json.tmp")).unwrap();
    fs::write(folder.path(".first-start"), "").unwrap();
    fs::write(folder.path("mac-1.key.tmp"), "half a k").unwrap();
    assert!(matches!(folder.problems()[..], [KeyProblem::NoKeys { .. }]));
    folder.create(StoreStamp::Production).unwrap();
    folder.open().unwrap();
    let new = folder.names();
    assert_eq!(new.len(), 6, "nothing is left over: {new:?}");
    let both: BTreeSet<_> = old.iter().filter(|name| name.starts_with("signing-")).collect();
    assert!(new.iter().all(|name| !both.contains(name)), "half-made keys are not used");
}

#[test]
fn what_a_crash_left_after_the_manifest_is_used() {
    let folder = KeyFolder::made();
    let before = folder.manifest();
    fs::write(folder.path(".first-start"), "").unwrap();
    folder.create(StoreStamp::Production).unwrap();
    assert_eq!(folder.manifest(), before);
}

#[test]
fn key_files_whose_manifest_was_lost_are_never_overwritten() {
    let folder = KeyFolder::made();
    fs::remove_file(folder.path("manifest.json")).unwrap();
    let before = folder.names();
    let problems = folder.create(StoreStamp::Production).unwrap_err().problems;
    assert!(matches!(problems[..], [KeyProblem::ManifestLost { .. }]), "{problems:?}");
    assert_eq!(folder.names(), before);
}

#[test]
fn starts_that_race_on_an_empty_folder_agree() {
    let folder = KeyFolder::empty();
    let sets: BTreeSet<Vec<u8>> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..8).map(|_| scope.spawn(|| folder.create(StoreStamp::Production))).collect();
        starts.into_iter().map(|start| start.join().unwrap().unwrap().jwk_set().json.clone()).collect()
    });
    assert_eq!(sets.len(), 1);
    assert_eq!(folder.names().len(), 6, "{:?}", folder.names());
}

/// Where the processes of the next test make their keys.
const FOLDER_OF_CHILD: &str = "TIQUO_AUTH_TEST_KEY_FOLDER";

/// Does something only as a process of the next test.
#[test]
fn one_process_of_several() {
    if let Some(folder) = std::env::var_os(FOLDER_OF_CHILD) {
        create(Path::new(&folder), &SystemEntropy).unwrap();
    }
}

#[test]
fn processes_that_race_on_an_empty_folder_agree() {
    let folder = KeyFolder::empty();
    let start = || {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "keyring::first_start::one_process_of_several"])
            .env(FOLDER_OF_CHILD, folder.dir())
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    };
    let processes: Vec<_> = (0..4).map(|_| start()).collect();
    for mut process in processes {
        assert!(process.wait().unwrap().success());
    }
    assert_eq!(folder.names().len(), 6, "{:?}", folder.names());
    folder.open().unwrap();
}

/// Ends the work when there are so many files.
struct PowerFailure<'a> {
    folder: &'a KeyFolder,
    at: usize,
}

impl Entropy for PowerFailure<'_> {
    fn fill(&self, bytes: &mut [u8]) {
        assert!(self.folder.names().len() < self.at, "the power fails (this is part of a test)");
        SystemEntropy.fill(bytes);
    }
}

#[test]
fn a_first_start_that_is_cut_off_anywhere_leaves_nothing_that_is_used() {
    let folder = KeyFolder::empty();
    for at in 1..=5 {
        let entropy = PowerFailure { folder: &folder, at };
        let cut_off = catch_unwind(AssertUnwindSafe(|| create(folder.dir(), &entropy)));
        assert!(cut_off.is_err(), "it ended before there were {at} files");
        assert_eq!(folder.names().len(), at, "{:?}", folder.names());
        assert!(matches!(folder.problems()[..], [KeyProblem::NoKeys { .. }]));
    }
    create(folder.dir(), &SystemEntropy).unwrap();
    assert_eq!(folder.names().len(), 6, "{:?}", folder.names());
}
