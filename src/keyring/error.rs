//! What can be wrong with a folder of keys, and how to repair it. No message contains a secret.

use std::fmt;
use std::path::PathBuf;

use crate::ports::store::StoreStamp;
use crate::protocol::mac::MacKeyId;

/// All problems of a folder of keys, not only the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyringError {
    /// At least one problem.
    pub problems: Vec<KeyProblem>,
}

impl fmt::Display for KeyringError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the keys cannot be used")?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n  - {problem}"))
    }
}

impl std::error::Error for KeyringError {}

impl From<KeyProblem> for KeyringError {
    fn from(problem: KeyProblem) -> Self {
        Self { problems: vec![problem] }
    }
}

/// One problem of a folder of keys: where it is, and how to repair it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyProblem {
    /// The folder holds no keys, and this command may not make any.
    #[error("{}: there are no keys; restore the folder from its backup, or let a first start make it", path.display())]
    NoKeys { path: PathBuf },
    /// Key files without a manifest.
    #[error(
        "{}: the manifest is gone, but there are key files beside it; restore it from its backup, \
         or move the key files away if their data is to be given up",
        path.display()
    )]
    ManifestLost {
        /// Where the manifest should be.
        path: PathBuf,
    },
    #[error("{}: not a valid manifest of keys ({cause}); restore it from its backup", path.display())]
    ManifestBroken {
        path: PathBuf,
        /// What is wrong, with line and column.
        cause: String,
    },
    /// The manifest was written by a newer version of the program.
    #[error("{}: has version {version}, which is newer than this program can read; use the newer program", path.display())]
    ManifestNewer { path: PathBuf, version: u32 },
    /// A file that the manifest names does not exist.
    #[error("{}: the file is missing; restore it from its backup", path.display())]
    Missing { path: PathBuf },
    #[error("{}: cannot be read ({cause}); it must belong to the user that the server runs as", path.display())]
    Unreadable { path: PathBuf, cause: String },
    #[error("{}: cannot be written ({cause}); it must belong to the user that the server runs as", path.display())]
    Unwritable { path: PathBuf, cause: String },
    /// Others than the owner may read or change a key file.
    #[error("{}: other users may read or change it (mode {mode:04o}); chmod 600 it, and replace the key if others had access", path.display())]
    Exposed { path: PathBuf, mode: u32 },
    /// Others than the owner may change the folder or the manifest, and so add keys of their own.
    #[error("{}: other users may change it (mode {mode:04o}); take their write permission away (chmod go-w)", path.display())]
    Writable { path: PathBuf, mode: u32 },
    #[error(
        "{}: not an RSA private key in PKCS#8 PEM (`BEGIN PRIVATE KEY`); \
         convert it with `openssl pkcs8 -topk8 -nocrypt`",
        path.display()
    )]
    NotPkcs8 { path: PathBuf },
    /// The RSA modulus is too small to be safe (RFC 7518 §3.3).
    #[error("{}: has {bits} bits; at least 2048 are needed (RFC 7518 §3.3), put a larger key in its place", path.display())]
    TooSmall {
        path: PathBuf,
        /// The length of the modulus in bits.
        bits: usize,
    },
    /// The numbers are not those of a consistent RSA key.
    #[error("{}: its numbers are not those of an RSA key of 2048 to 8192 bits; restore it from its backup", path.display())]
    Unsound { path: PathBuf },
    /// A MAC key file does not hold 32 bytes in base64.
    #[error("{}: not 32 bytes in base64; restore it from its backup", path.display())]
    NotAMacKey { path: PathBuf },
    /// A file holds another key than the manifest says.
    #[error("{}: holds another key than the manifest says ({expected}); restore both from one backup", path.display())]
    OtherKey {
        path: PathBuf,
        /// The `kid` or fingerprint in the manifest.
        expected: String,
    },
    #[error("{}: holds the same key as {}; every key must be its own", path.display(), first.display())]
    SameKey {
        path: PathBuf,
        /// The other file that holds the key.
        first: PathBuf,
    },
    #[error("{}: names the key {kid} twice; take one of them out", path.display())]
    KidTwice { path: PathBuf, kid: String },
    /// The manifest lists a key that was revoked before.
    #[error("{}: names the key {kid}, which was revoked; take it out, and delete its file", path.display())]
    Revoked { path: PathBuf, kid: String },
    #[error("{}: names the MAC key {} twice; take one of them out", path.display(), id.number())]
    MacKeyTwice { path: PathBuf, id: MacKeyId },
    /// The manifest has no active signing key, or several.
    #[error("{}: has {count} active signing keys; exactly one must be", path.display())]
    ActiveSigningKeys { path: PathBuf, count: usize },
    /// The manifest has no active MAC key, or several.
    #[error("{}: has {count} active MAC keys; exactly one must be", path.display())]
    ActiveMacKeys { path: PathBuf, count: usize },
    #[error("{}: names the file {file:?}, which is not the name of a file beside it", path.display())]
    Outside { path: PathBuf, file: String },
    /// The folder holds development keys where production keys are expected, or the other way round.
    #[error("{}: holds {} keys; use a folder of its own for each kind", path.display(), kind(*found))]
    OtherStamp {
        path: PathBuf,
        /// The kind that the folder holds.
        found: StoreStamp,
    },
    /// The index key differs from the one in use, which would put all stored data out of reach.
    #[error("{}: is not the index key that this process runs with, and that key never changes; restore it", path.display())]
    IndexKeyChanged { path: PathBuf },
    /// Another process or thread held the folder's lock for a minute.
    #[error(
        "{}: another process has held this lock for too long; see whether one hangs, and end it",
        path.display()
    )]
    Locked { path: PathBuf },
    /// All 255 MAC key ids are used up.
    #[error(
        "{}: MAC key 255 is in use and its id has one byte (no other can follow); plan a new folder of keys and a new \
         store",
        path.display()
    )]
    MacKeysUsedUp { path: PathBuf },
    #[error("{}: no RSA key could be made", path.display())]
    NotMade { path: PathBuf },
}

const fn kind(stamp: StoreStamp) -> &'static str {
    match stamp {
        StoreStamp::Development => "development",
        StoreStamp::Production => "production",
    }
}
