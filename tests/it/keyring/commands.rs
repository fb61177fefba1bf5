//! Keys by command.

use std::time::Duration;

use serde_json::json;
use tiquo_auth::keyring::{KeyCommandError, KeyEvent, KeyKind, KeyName, KeyProblem, UpcomingStep};
use tiquo_auth::ports::clock::Clock as _;
use tiquo_auth::ports::mac_keys::MacKeys as _;
use tiquo_auth::ports::signer::Signer as _;
use tiquo_auth::protocol::key_life::KeyState;
use tiquo_auth::protocol::mac::{MacKeyId, MacPurpose};

use super::folder::KeyFolder;
use super::processes::{DAY, HOUR, POLICY, Process, commands, pass, run, store, until};
use crate::support::clock::ManualClock;

fn kid(folder: &KeyFolder, place: usize) -> String {
    folder.manifest()["signing_keys"][place]["kid"].as_str().unwrap().to_owned()
}

fn signing(kid: &str) -> KeyName {
    KeyName::Signing(kid.to_owned())
}

#[test]
fn list_says_what_comes_next_for_each_key() {
    let (folder, clock) = (KeyFolder::made(), ManualClock::fixed());
    let now = clock.now();
    clock.advance(2 * HOUR);
    // A folder that no server of this version used yet: a set may be a day old, a session ten years.
    let listing = commands(&folder, &clock).list(Some(&POLICY)).unwrap();
    let coming: Vec<_> = listing.keys.iter().map(|key| key.coming).collect();
    let ready = |after: u64| UpcomingStep::Ready(now.plus(Duration::from_secs(after)));
    let rotation = UpcomingStep::Rotation(now.plus(30 * DAY));
    assert_eq!(coming, [rotation, ready(60), rotation, ready(60)]);
    commands(&folder, &clock).rotate(KeyKind::Signing, false).unwrap();
    let listing = commands(&folder, &clock).list(None).unwrap();
    let retired = listing.keys.iter().find(|key| key.dates.state == KeyState::Retired).unwrap();
    assert_eq!(retired.coming, UpcomingStep::Withdrawal(now.plus(3 * HOUR + Duration::from_secs(600))));
    assert!(listing.keys.iter().any(|key| key.coming == UpcomingStep::Unknown), "the settings are not known");
}

#[test]
fn rotate_keeps_the_rule_of_publication() {
    run(async {
        let (folder, clock, store) = (KeyFolder::made(), ManualClock::fixed(), store());
        drop(Process::start(&folder, &clock, &store));
        let before = folder.manifest();
        clock.advance(HOUR + Duration::from_secs(59));
        let refused = commands(&folder, &clock).rotate(KeyKind::Signing, false).unwrap_err();
        let from = ManualClock::fixed().now().plus(HOUR + Duration::from_secs(60));
        let name = signing(&kid(&folder, 1));
        assert_eq!(refused, KeyCommandError::TooEarly { name, from, now: clock.now() });
        assert_eq!(folder.manifest(), before);
        clock.advance(Duration::from_secs(1));
        let (old, new) = (kid(&folder, 0), kid(&folder, 1));
        let report = commands(&folder, &clock).rotate(KeyKind::Signing, false).unwrap();
        let made = signing(&kid(&folder, 2));
        let happened =
            [KeyEvent::Retired(signing(&old)), KeyEvent::Activated(signing(&new)), KeyEvent::Made(made)];
        assert_eq!(report.happened, happened);
        assert_eq!(report.too_early_until, None);
        // The one after it was just made.
        commands(&folder, &clock).rotate(KeyKind::Signing, false).unwrap_err();
        folder.open().unwrap();
    });
}

#[test]
fn rotate_by_force_says_until_when_it_harms() {
    let (folder, clock) = (KeyFolder::made(), ManualClock::fixed());
    clock.advance(Duration::from_secs(10));
    let until = Some(ManualClock::fixed().now().plus(Duration::from_secs(60)));
    for kind in [KeyKind::Signing, KeyKind::Mac] {
        let report = commands(&folder, &clock).rotate(kind, true).unwrap();
        assert_eq!(report.too_early_until, until, "{kind:?}");
    }
    assert_eq!(folder.open().unwrap().active(), MacKeyId::new(2));
}

#[test]
fn generate_makes_one_next_key() {
    let (folder, clock) = (KeyFolder::made(), ManualClock::fixed());
    let there = commands(&folder, &clock).generate(KeyKind::Signing).unwrap_err();
    assert_eq!(there, KeyCommandError::NextThere(signing(&kid(&folder, 1))));
    folder.edit(|manifest| {
        manifest["signing_keys"].as_array_mut().unwrap().pop();
        manifest["mac_keys"].as_array_mut().unwrap().pop();
        manifest["past_mac_keys"] = json!([{ "id": 2, "fingerprint": "x" }]);
    });
    commands(&folder, &clock).generate(KeyKind::Signing).unwrap();
    commands(&folder, &clock).generate(KeyKind::Mac).unwrap();
    assert_eq!(folder.manifest()["mac_keys"][1]["id"], 3, "ids never come again");
    folder.open().unwrap();
}

#[test]
fn retire_replaces_the_next_key_and_rotates_the_active_one() {
    let (folder, clock) = (KeyFolder::made(), ManualClock::fixed());
    clock.advance(HOUR);
    let (active, next) = (kid(&folder, 0), kid(&folder, 1));
    commands(&folder, &clock).retire(&next).unwrap();
    assert_eq!(folder.manifest()["past_signing_keys"], json!([]), "it signed nothing");
    assert!(!folder.path(&format!("signing-{next}.pem")).exists());
    commands(&folder, &clock).retire("mac-2").unwrap();
    assert_eq!(folder.manifest()["mac_keys"][1]["id"], 3);
    assert!(matches!(commands(&folder, &clock).retire(&active), Err(KeyCommandError::TooEarly { .. })));
    clock.advance(Duration::from_secs(60));
    commands(&folder, &clock).retire(&active).unwrap();
    let again = commands(&folder, &clock).retire(&active).unwrap_err();
    let until = Some(clock.now().plus(HOUR + Duration::from_secs(600)));
    assert_eq!(again, KeyCommandError::RetiredAlready { name: signing(&active), until });
    for text in [again.to_string(), KeyCommandError::NextThere(signing("x")).to_string()] {
        assert!(text.contains("keys re"), "it says what to do instead: {text}");
    }
}

#[test]
fn a_key_is_named_by_its_beginning_when_that_is_its_own() {
    let (folder, clock) = (KeyFolder::made(), ManualClock::fixed());
    for unknown in ["", "nothing", "mac-9", "mac-"] {
        let error = commands(&folder, &clock).revoke(unknown, true).unwrap_err();
        assert_eq!(error, KeyCommandError::Unknown(unknown.to_owned()));
    }
    let next = kid(&folder, 1);
    commands(&folder, &clock).retire(&next[..20]).unwrap();
}

#[test]
fn revoke_takes_the_key_away_at_once_and_the_published_next_one_signs() {
    run(async {
        let (folder, clock, store) = (KeyFolder::made(), ManualClock::fixed(), store());
        let process = Process::start(&folder, &clock, &store);
        pass(&clock, &[&process], DAY).await;
        let (active, next) = (kid(&folder, 0), kid(&folder, 1));
        let (file, tag) =
            (folder.signing_file(0), process.keyring.mac(MacKeyId::new(1), MacPurpose::RefreshToken, b"x"));
        let revoked = commands(&folder, &clock).revoke(&active, false).unwrap();
        assert_eq!((revoked.state, revoked.report.too_early_until), (KeyState::Active, None));
        assert_eq!(revoked.cached_until, clock.now().plus(HOUR));
        assert!(!file.exists());
        pass(&clock, &[&process], Duration::ZERO).await;
        assert_eq!(process.kid(), next);
        assert_eq!(process.published().len(), 2, "and another next key stands");
        let hints = process.keyring.hint_keys();
        assert!(
            !hints.keys.iter().any(|key| key.kid.as_ref() == Some(&active)),
            "who has it could forge hints"
        );
        // Sessions live on: their refresh tokens are not signed but MACed.
        assert_eq!(process.keyring.mac(MacKeyId::new(1), MacPurpose::RefreshToken, b"x"), tag);
        assert_eq!(process.keyring.active(), MacKeyId::new(1));
        assert_eq!(commands(&folder, &clock).list(None).unwrap().revoked[0].0, active);
    });
}

#[test]
fn revoke_says_how_many_living_tokens_it_hit_in_all_processes() {
    run(async {
        let (folder, clock, store) = (KeyFolder::made(), ManualClock::fixed(), store());
        let one = Process::start(&folder, &clock, &store);
        let other = Process::start(&folder, &clock, &store);
        let both = [&one, &other];
        let sign = |process: &Process, times: usize| {
            for _ in 0..times {
                process.keyring.sign("JWT", b"{}").unwrap();
            }
        };
        sign(&one, 5);
        pass(&clock, &both, Duration::ZERO).await;
        pass(&clock, &both, 2 * HOUR).await;
        let first = clock.now();
        sign(&one, 3);
        sign(&other, 4);
        pass(&clock, &both, Duration::ZERO).await;
        pass(&clock, &both, Duration::from_secs(1800)).await;
        sign(&other, 2);
        let active = kid(&folder, 0);
        let revoked = commands(&folder, &clock).revoke(&active, false).unwrap();
        let serial = revoked.report.serial;
        let count = || commands(&folder, &clock).count(&active, serial).unwrap();
        assert_eq!((count().running, count().caught_up), (2, 0), "nobody looked yet");
        pass(&clock, &both, Duration::ZERO).await;
        until(|| count().caught_up == 2).await;
        assert_eq!(count().tokens, 3 + 4 + 2, "the five of two hours ago have expired");
        assert!(count().until.unwrap() <= clock.now().plus(HOUR + Duration::from_secs(60)));
        assert!(count().until.unwrap() > clock.now().plus(Duration::from_secs(3500)));
        clock.set(first.plus(HOUR + Duration::from_secs(120)));
        pass(&clock, &both, Duration::ZERO).await;
        until(|| count().running == 2).await;
        assert_eq!(count().tokens, 2);
        // A process that ends says so, and leaves its count.
        one.keyring.end_life(&one.life);
        assert_eq!((count().running, count().tokens), (1, 2));
    });
}

#[test]
fn revoke_works_without_a_next_key_and_on_a_damaged_folder() {
    let (folder, clock) = (KeyFolder::made(), ManualClock::fixed());
    let (active, next) = (kid(&folder, 0), kid(&folder, 1));
    let file = folder.signing_file(0);
    KeyFolder::write_secret(&file, b"damaged");
    folder.open().unwrap_err();
    commands(&folder, &clock).rotate(KeyKind::Signing, true).unwrap_err();
    let of_next = commands(&folder, &clock).revoke(&next, false).unwrap();
    assert_eq!((of_next.state, of_next.tokens_until), (KeyState::Next, None));
    folder.edit(|manifest| {
        manifest["signing_keys"].as_array_mut().unwrap().pop();
    });
    let revoked = commands(&folder, &clock).revoke(&active, false).unwrap();
    let until = revoked.report.too_early_until.unwrap();
    assert!(until > clock.now(), "a key that was just made is known to no verifier");
    folder.open().unwrap();
    // Whoever brings it back from a backup is told.
    folder.edit(|manifest| {
        let again = json!({ "kid": active, "file": "x", "state": "retired", "created_at": 1 });
        manifest["signing_keys"].as_array_mut().unwrap().push(again);
    });
    let problems = folder.problems();
    assert!(matches!(&problems[0], KeyProblem::Revoked { kid, .. } if *kid == active), "{problems:?}");
}

#[test]
fn revoking_a_mac_key_ends_sessions_and_has_to_be_meant() {
    let (folder, clock) = (KeyFolder::made(), ManualClock::fixed());
    let refused = commands(&folder, &clock).revoke("mac-1", false).unwrap_err();
    assert!(refused.to_string().contains("--end-sessions"), "{refused}");
    let claim = folder.open().unwrap().store_opening();
    commands(&folder, &clock).revoke("mac-1", true).unwrap();
    let keyring = folder.open().unwrap();
    assert_eq!(keyring.active(), MacKeyId::new(2));
    keyring.mac(MacKeyId::new(1), MacPurpose::Otp, b"").unwrap_err();
    let after = keyring.store_opening().mac_keys;
    assert!(
        claim.mac_keys.iter().all(|(id, print)| after.get(id) == Some(print)),
        "the store takes the folder"
    );
}

/// Whoever types the command is often root, in a container for example; the server is not.
#[test]
fn what_a_command_writes_belongs_to_the_owner_of_the_folder() {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let (folder, clock) = (KeyFolder::made(), ManualClock::fixed());
    // Only root can give files away; for anybody else they are their own before and after.
    let _ = chown(folder.dir(), Some(12_345), Some(12_345));
    commands(&folder, &clock).rotate(KeyKind::Signing, true).unwrap();
    let owner = std::fs::metadata(folder.dir()).unwrap().uid();
    let files = [folder.path("manifest.json"), folder.path(".lock"), folder.signing_file(2)];
    assert!(files.iter().all(|file| std::fs::metadata(file).unwrap().uid() == owner));
}

#[test]
fn commands_that_race_agree() {
    let (folder, clock) = (KeyFolder::made(), ManualClock::fixed());
    clock.advance(HOUR);
    let done = std::thread::scope(|scope| {
        let race = |_| scope.spawn(|| commands(&folder, &clock).rotate(KeyKind::Signing, false).is_ok());
        let runs: Vec<_> = (0..4).map(race).collect();
        runs.into_iter().map(|run| run.join().unwrap()).filter(|done| *done).count()
    });
    assert_eq!(done, 1, "after the first the next key is too young");
    assert_eq!(folder.manifest()["signing_keys"].as_array().unwrap().len(), 3);
}
