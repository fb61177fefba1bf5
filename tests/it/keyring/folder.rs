//! A folder of keys to do things to. The RSA keys are made once: that is slow.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;
use tiquo_auth::keyring::{KeyProblem, Keyring, KeyringError, OpenMode};
use tiquo_auth::ports::store::StoreStamp;
use tiquo_auth::system::SystemEntropy;

use crate::support::clock::ManualClock;

pub(crate) struct KeyFolder(TempDir);

impl KeyFolder {
    pub(crate) fn empty() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A copy of one that a first start made.
    pub(crate) fn made() -> Self {
        static MADE: OnceLock<KeyFolder> = OnceLock::new();
        MADE.get_or_init(Self::make_another).copy()
    }

    /// A copy of another one, with other keys.
    pub(crate) fn other() -> Self {
        static OTHER: OnceLock<KeyFolder> = OnceLock::new();
        OTHER.get_or_init(Self::make_another).copy()
    }

    fn make_another() -> Self {
        let folder = Self::empty();
        folder.create(StoreStamp::Production).unwrap();
        folder
    }

    pub(crate) fn copy(&self) -> Self {
        let copy = Self::empty();
        for name in self.names() {
            fs::copy(self.path(&name), copy.path(&name)).unwrap();
        }
        copy
    }

    pub(crate) fn dir(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir().join(name)
    }

    /// Everything but the lock, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.dir()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| name != ".lock").collect();
        names.sort();
        names
    }

    pub(crate) fn create(&self, stamp: StoreStamp) -> Result<Keyring, KeyringError> {
        let clock = ManualClock::fixed();
        Keyring::open(self.dir(), OpenMode::CreateIfMissing { stamp, entropy: &SystemEntropy, clock: &clock })
    }

    pub(crate) fn open(&self) -> Result<Keyring, KeyringError> {
        Keyring::open(self.dir(), OpenMode::MustExist)
    }

    pub(crate) fn problems(&self) -> Vec<KeyProblem> {
        self.open().unwrap_err().problems
    }

    pub(crate) fn manifest(&self) -> Value {
        serde_json::from_slice(&fs::read(self.path("manifest.json")).unwrap()).unwrap()
    }

    pub(crate) fn edit(&self, change: impl FnOnce(&mut Value)) {
        let mut manifest = self.manifest();
        change(&mut manifest);
        fs::write(self.path("manifest.json"), manifest.to_string()).unwrap();
    }

    /// The file of the signing key with that place in the manifest: 0 is active, 1 is next.
    pub(crate) fn signing_file(&self, index: usize) -> PathBuf {
        self.path(self.manifest()["signing_keys"][index]["file"].as_str().unwrap())
    }

    pub(crate) fn write_secret(path: &Path, content: &[u8]) {
        fs::write(path, content).unwrap();
        Self::chmod(path, 0o600);
    }

    pub(crate) fn chmod(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    pub(crate) fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }
}
