//! What can be wrong with a folder of keys, and how to mend it. No message holds a secret.

use std::fmt;
use std::path::PathBuf;

use crate::ports::store::StoreStamp;
use crate::protocol::mac::MacKeyId;

/// Everything that is wrong with a folder of keys, not only the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyringError {
    /// The problems; never empty.
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

/// One thing that is wrong, where, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyProblem {
    /// There are no keys, and none may be made.
    #[error("{}: there are no keys; restore the folder from its backup, or let a first start make it", path.display())]
    NoKeys {
        /// The folder.
        path: PathBuf,
    },
    /// There are key files, but nothing says what they are.
    #[error(
        "{}: the manifest is gone, but there are key files beside it; restore it from its backup, \
         or move the key files away if their data is to be given up",
        path.display()
    )]
    ManifestLost {
        /// Where the manifest should be.
        path: PathBuf,
    },
    /// The manifest is not one.
    #[error("{}: not a manifest of keys ({cause}); restore it from its backup", path.display())]
    ManifestBroken {
        /// The manifest.
        path: PathBuf,
        /// Where in it, and what.
        cause: String,
    },
    /// The manifest was written by a newer program.
    #[error("{}: has version {version}, which is newer than this program; use the newer one", path.display())]
    ManifestNewer {
        /// The manifest.
        path: PathBuf,
        version: u32,
    },
    /// A file that the manifest names is not there.
    #[error("{}: is missing; restore it from its backup", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A file or folder cannot be read.
    #[error("{}: cannot be read ({cause}); it must belong to the user that the server runs as", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        cause: String,
    },
    /// A file or folder cannot be written.
    #[error("{}: cannot be written ({cause}); it must belong to the user that the server runs as", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        cause: String,
    },
    /// Others than its owner may read or change a key.
    #[error("{}: others may use it (mode {mode:04o}); chmod 600 it, and replace the key if others were here", path.display())]
    Exposed {
        /// The key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Others than its owner may change the folder or the manifest, and so put keys of their own there.
    #[error("{}: others may change it (mode {mode:04o}); take their write permission away (chmod go-w)", path.display())]
    Writable {
        /// The folder or manifest.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Not an RSA key in PKCS#8.
    #[error(
        "{}: not an RSA private key in PKCS#8 PEM (`BEGIN PRIVATE KEY`); \
         convert it with `openssl pkcs8 -topk8 -nocrypt`",
        path.display()
    )]
    NotPkcs8 {
        /// The key file.
        path: PathBuf,
    },
    /// Too small to be safe (RFC 7518 §3.3).
    #[error("{}: has {bits} bits; at least 2048 are needed (RFC 7518 §3.3), put a larger key in its place", path.display())]
    TooSmall {
        /// The key file.
        path: PathBuf,
        /// The bits of its modulus.
        bits: usize,
    },
    /// An RSA key whose numbers do not fit together.
    #[error("{}: its numbers are not those of an RSA key of 2048 to 8192 bits; restore it from its backup", path.display())]
    Unsound {
        /// The key file.
        path: PathBuf,
    },
    /// Not 32 bytes.
    #[error("{}: not 32 bytes in base64; restore it from its backup", path.display())]
    NotAMacKey {
        /// The key file.
        path: PathBuf,
    },
    /// The key is another than the manifest says.
    #[error("{}: holds another key than the manifest says ({expected}); restore both from one backup", path.display())]
    OtherKey {
        /// The key file.
        path: PathBuf,
        /// The `kid` or fingerprint in the manifest.
        expected: String,
    },
    /// One key under two names.
    #[error("{}: holds the same key as {}; every key must be its own", path.display(), first.display())]
    SameKey {
        /// The key file.
        path: PathBuf,
        /// The other.
        first: PathBuf,
    },
    /// A `kid` stands twice in the manifest.
    #[error("{}: names the key {kid} twice; take one of them out", path.display())]
    KidTwice {
        /// The manifest.
        path: PathBuf,
        /// The `kid`.
        kid: String,
    },
    /// A revoked key came back.
    #[error("{}: names the key {kid}, which was revoked; take it out, and delete its file", path.display())]
    Revoked {
        /// The manifest.
        path: PathBuf,
        /// The `kid`.
        kid: String,
    },
    /// A MAC key id stands twice in the manifest.
    #[error("{}: names the MAC key {} twice; take one of them out", path.display(), id.number())]
    MacKeyTwice {
        /// The manifest.
        path: PathBuf,
        id: MacKeyId,
    },
    /// None or several signing keys sign.
    #[error("{}: has {count} active signing keys; exactly one must be", path.display())]
    ActiveSigningKeys {
        /// The manifest.
        path: PathBuf,
        /// How many.
        count: usize,
    },
    /// None or several MAC keys are in use.
    #[error("{}: has {count} active MAC keys; exactly one must be", path.display())]
    ActiveMacKeys {
        /// The manifest.
        path: PathBuf,
        /// How many.
        count: usize,
    },
    /// The manifest names a file outside the folder.
    #[error("{}: names the file {file:?}, which is not the name of a file beside it", path.display())]
    Outside {
        /// The manifest.
        path: PathBuf,
        /// The name.
        file: String,
    },
    /// The keys are of the other kind.
    #[error("{}: holds {} keys; use a folder of its own for each kind", path.display(), kind(*found))]
    OtherStamp {
        /// The folder.
        path: PathBuf,
        /// What it is.
        found: StoreStamp,
    },
    /// The index key is another than the one in use.
    #[error("{}: is not the index key that this process runs with, and that key never changes; restore it", path.display())]
    IndexKeyChanged {
        /// The key file.
        path: PathBuf,
    },
    /// Another process holds the folder.
    #[error(
        "{}: another process has held this lock for too long; see whether one hangs, and end it",
        path.display()
    )]
    Locked {
        /// The lock.
        path: PathBuf,
    },
    /// There are no further MAC key ids.
    #[error(
        "{}: MAC key 255 is in use and its id has one byte (no other can follow); plan a new folder of keys and a new \
         store",
        path.display()
    )]
    MacKeysUsedUp {
        /// The folder.
        path: PathBuf,
    },
    /// A key could not be made.
    #[error("{}: no RSA key could be made", path.display())]
    NotMade {
        /// The folder.
        path: PathBuf,
    },
}

const fn kind(stamp: StoreStamp) -> &'static str {
    match stamp {
        StoreStamp::Development => "development",
        StoreStamp::Production => "production",
    }
}
