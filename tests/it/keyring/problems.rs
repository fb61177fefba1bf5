//! Every way in which a folder can be wrong stops the start, says where, and shows no secret.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use rsa::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, LineEnding};
use rsa::rand_core::{CryptoRng, RngCore};
use serde_json::{Value, json};
use tiquo_auth::keyring::KeyProblem;
use tiquo_auth::ports::entropy::{Entropy as _, random};

use super::folder::KeyFolder;
use crate::support::entropy::SeededEntropy;

/// Asserts that a folder has exactly this problem.
macro_rules! assert_problem {
    ($folder:expr, $pattern:pat $(if $guard:expr)?) => {
        let problems = $folder.problems();
        assert!(matches!(&problems[..], [$pattern] $(if $guard)?), "{problems:?}");
    };
}

#[test]
fn a_missing_file() {
    let folder = KeyFolder::made();
    fs::remove_file(folder.path("mac-2.key")).unwrap();
    assert_problem!(folder, KeyProblem::Missing { path } if *path == folder.path("mac-2.key"));
}

#[test]
fn an_unreadable_file() {
    let folder = KeyFolder::made();
    fs::remove_file(folder.path("index.key")).unwrap();
    fs::create_dir(folder.path("index.key")).unwrap();
    KeyFolder::chmod(&folder.path("index.key"), 0o700);
    assert_problem!(folder, KeyProblem::Unreadable { path, .. } if *path == folder.path("index.key"));
}

#[test]
fn a_key_that_its_group_or_the_world_may_use() {
    for mode in [0o640, 0o604, 0o610, 0o602] {
        let folder = KeyFolder::made();
        KeyFolder::chmod(&folder.signing_file(0), mode);
        assert_problem!(folder, KeyProblem::Exposed { mode: found, .. } if *found == mode);
    }
}

#[test]
fn a_folder_or_manifest_that_others_may_change() {
    let folder = KeyFolder::made();
    KeyFolder::chmod(folder.dir(), 0o770);
    assert_problem!(folder, KeyProblem::Writable { mode: 0o770, .. });
    KeyFolder::chmod(folder.dir(), 0o702);
    assert_problem!(folder, KeyProblem::Writable { mode: 0o702, .. });
    KeyFolder::chmod(folder.dir(), 0o755);
    folder.open().unwrap();
    KeyFolder::chmod(&folder.path("manifest.json"), 0o666);
    assert_problem!(folder, KeyProblem::Writable { mode: 0o666, .. });
}

#[test]
fn a_key_that_is_not_pkcs8() {
    let folder = KeyFolder::made();
    let path = folder.signing_file(0);
    let pem = fs::read_to_string(&path).unwrap();
    let pkcs1 = rsa::RsaPrivateKey::from_pkcs8_pem(&pem).unwrap().to_pkcs1_pem(LineEnding::LF).unwrap();
    let elliptic = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let cut = &pem[..pem.len() / 2];
    let contents: [&[u8]; 5] = [pkcs1.as_bytes(), elliptic.as_bytes(), cut.as_bytes(), b"", &[0xff, 0xfe]];
    for content in contents {
        KeyFolder::write_secret(&path, content);
        assert_problem!(folder, KeyProblem::NotPkcs8 { path: found } if *found == path);
    }
}

#[test]
fn an_rsa_key_of_less_than_2048_bits() {
    let folder = KeyFolder::made();
    let small = rsa::RsaPrivateKey::new(&mut Bytes(SeededEntropy::new(1)), 1024).unwrap();
    let pem = small.to_pkcs8_pem(LineEnding::LF).unwrap();
    KeyFolder::write_secret(&folder.signing_file(1), pem.as_bytes());
    assert_problem!(folder, KeyProblem::TooSmall { bits: 1024, .. });
}

#[test]
fn an_rsa_key_whose_numbers_do_not_fit_together() {
    let folder = KeyFolder::made();
    let path = folder.signing_file(0);
    let pem = fs::read_to_string(&path).unwrap();
    let (_, der) = rsa::pkcs8::SecretDocument::from_pem(&pem).unwrap();
    let mut der = der.as_bytes().to_vec();
    let last = der.len() - 3;
    der[last] ^= 1;
    let der = rsa::pkcs8::SecretDocument::try_from(der).unwrap();
    KeyFolder::write_secret(&path, der.to_pem("PRIVATE KEY", LineEnding::LF).unwrap().as_bytes());
    assert_problem!(folder, KeyProblem::Unsound { .. });
}

#[test]
fn a_mac_key_that_is_not_32_bytes() {
    let folder = KeyFolder::made();
    for content in [STANDARD.encode([1; 31]), STANDARD.encode([1; 33]), "not base64!".to_owned()] {
        KeyFolder::write_secret(&folder.path("mac-1.key"), content.as_bytes());
        assert_problem!(folder, KeyProblem::NotAMacKey { .. });
    }
}

#[test]
fn a_key_that_is_not_the_one_in_the_manifest() {
    let other = KeyFolder::other();
    let folder = KeyFolder::made();
    fs::copy(other.signing_file(0), folder.signing_file(0)).unwrap();
    assert_problem!(folder, KeyProblem::OtherKey { expected, .. }
        if *expected == folder.manifest()["signing_keys"][0]["kid"]);
    for file in ["mac-1.key", "index.key"] {
        let folder = KeyFolder::made();
        fs::copy(other.path(file), folder.path(file)).unwrap();
        assert_problem!(folder, KeyProblem::OtherKey { path, .. } if *path == folder.path(file));
    }
}

#[test]
fn one_key_in_two_files() {
    let folder = KeyFolder::made();
    fs::copy(folder.signing_file(0), folder.path("again.pem")).unwrap();
    folder.edit(|manifest| {
        let kid = manifest["signing_keys"][0]["kid"].clone();
        manifest["signing_keys"][1]["kid"] = kid;
        manifest["signing_keys"][1]["file"] = json!("again.pem");
    });
    let problems = folder.problems();
    assert!(
        matches!(problems[..], [KeyProblem::KidTwice { .. }, KeyProblem::SameKey { .. }]),
        "{problems:?}"
    );

    let folder = KeyFolder::made();
    fs::copy(folder.path("mac-1.key"), folder.path("mac-2.key")).unwrap();
    let same = folder.manifest()["mac_keys"][0]["fingerprint"].clone();
    folder.edit(|manifest| manifest["mac_keys"][1]["fingerprint"] = same);
    assert_problem!(folder, KeyProblem::SameKey { .. });
}

#[test]
fn a_mac_key_id_that_stands_twice() {
    let folder = KeyFolder::made();
    folder.edit(|manifest| manifest["mac_keys"][1]["id"] = json!(1));
    assert_problem!(folder, KeyProblem::MacKeyTwice { .. });
    let folder = KeyFolder::made();
    folder.edit(|manifest| manifest["past_mac_keys"] = json!([{ "id": 1, "fingerprint": "x" }]));
    assert_problem!(folder, KeyProblem::MacKeyTwice { .. });
}

#[test]
fn no_active_key_or_two() {
    for (state, expected) in [("active", 2), ("retired", 1)] {
        let folder = KeyFolder::made();
        folder.edit(|manifest| {
            for kind in ["signing_keys", "mac_keys"] {
                manifest[kind][1]["state"] = json!(state);
                if state == "retired" {
                    manifest[kind][0]["state"] = json!("next");
                }
            }
        });
        let problems = folder.problems();
        let wanted = if expected == 2 { 2 } else { 0 };
        assert!(
            matches!(
                problems[..],
                [KeyProblem::ActiveSigningKeys { count, .. }, KeyProblem::ActiveMacKeys { count: macs, .. }]
                    if count == wanted && macs == wanted
            ),
            "{problems:?}"
        );
    }
}

#[test]
fn a_manifest_that_is_broken_or_newer() {
    let folder = KeyFolder::made();
    let good = fs::read_to_string(folder.path("manifest.json")).unwrap();
    for broken in ["", "{}", "[]", &good[..good.len() - 2], r#"{"version":1}"#, r#"{"version":"1"}"#] {
        fs::write(folder.path("manifest.json"), broken).unwrap();
        assert_problem!(folder, KeyProblem::ManifestBroken { .. });
    }
    fs::write(folder.path("manifest.json"), r#"{"version":3,"something":"else"}"#).unwrap();
    assert_problem!(folder, KeyProblem::ManifestNewer { version: 3, .. });
}

#[test]
fn a_member_that_this_version_does_not_know_is_not_ignored() {
    let folder = KeyFolder::made();
    folder.edit(|manifest| manifest["signing_keys"][0]["activatd_at"] = json!(1));
    assert_problem!(folder, KeyProblem::ManifestBroken { cause, .. } if cause.contains("activatd_at"));
}

#[test]
fn a_manifest_cannot_name_a_file_elsewhere() {
    for file in ["../index.key", "/etc/hostname", "", ".", ".."] {
        let folder = KeyFolder::made();
        folder.edit(|manifest| manifest["index_key"]["file"] = json!(file));
        assert_problem!(folder, KeyProblem::Outside { file: found, .. } if found == file);
    }
}

#[test]
fn all_problems_are_reported_and_none_shows_a_secret() {
    let folder = KeyFolder::made();
    let secret = fs::read_to_string(folder.path("mac-1.key")).unwrap();
    KeyFolder::chmod(&folder.signing_file(0), 0o644);
    KeyFolder::write_secret(&folder.signing_file(1), secret.as_bytes());
    KeyFolder::write_secret(&folder.path("mac-1.key"), &secret.as_bytes()[..20]);
    KeyFolder::write_secret(&folder.path("mac-2.key"), secret.as_bytes());
    fs::remove_file(folder.path("index.key")).unwrap();
    let error = folder.open().unwrap_err();
    assert_eq!(error.problems.len(), 5, "{error}");
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains(&secret[..16]), "{shown}");
    for path in [folder.signing_file(0), folder.path("index.key")] {
        assert!(shown.contains(path.to_str().unwrap()), "{shown}");
    }
}

#[test]
fn no_keyring_shows_a_secret() {
    let folder = KeyFolder::made();
    let shown = format!("{:?}", folder.open().unwrap());
    assert!(shown.len() < 200, "{shown}");
    let Value::String(fingerprint) = folder.manifest()["index_key"]["fingerprint"].clone() else { panic!() };
    let key = fs::read_to_string(folder.path("index.key")).unwrap();
    assert_ne!(fingerprint[..8], key[..8]);
}

/// The same bytes each time, as the `rsa` crate wants them.
struct Bytes(SeededEntropy);

impl RngCore for Bytes {
    fn next_u32(&mut self) -> u32 {
        u32::from_be_bytes(random(&self.0))
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_be_bytes(random(&self.0))
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rsa::rand_core::Error> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl CryptoRng for Bytes {}

/// Where log lines go.
#[derive(Clone, Default)]
struct Lines(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_folder_that_others_may_look_into_is_warned_of() {
    let warned = |mode| {
        let (folder, lines) = (KeyFolder::made(), Lines::default());
        KeyFolder::chmod(folder.dir(), mode);
        let writer = lines.clone();
        let log = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(log, || drop(folder.open().unwrap()));
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        text.contains("WARN") && text.contains("mode 700") && text.contains(&format!("{mode:o}"))
    };
    for mode in [0o755, 0o750, 0o705, 0o701] {
        assert!(warned(mode), "{mode:o}");
    }
    assert!(!warned(0o700));
}
