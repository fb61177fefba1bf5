//! The file that takes the room away, and how much room there is.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::Outcome;

/// Somebody else's file.
pub(crate) struct Filler {
    folder: PathBuf,
    path: PathBuf,
}

fn free(folder: &Path) -> Outcome<u64> {
    let disk = rustix::fs::statvfs(folder)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

impl Filler {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), path: folder.join("filler") }
    }

    /// Takes room until so many bytes are left; none at all when the disk says that it is full.
    pub(crate) fn leave(&self, left: u64) -> Outcome<()> {
        let mut file = File::options().create(true).append(true).open(&self.path)?;
        for step in [1 << 20, 4096_usize] {
            let bytes = vec![b'x'; step];
            while free(&self.folder)? >= left.saturating_add(step as u64) {
                match file.write(&bytes) {
                    Ok(_) => {}
                    Err(error) if error.kind() == ErrorKind::StorageFull => break,
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }

    pub(crate) fn free(&self) -> Outcome<()> {
        Ok(std::fs::remove_file(&self.path)?)
    }
}

/// How much is free, and what the store's file has.
pub(crate) fn told(folder: &Path) -> Outcome<String> {
    let file = std::fs::metadata(folder.join("data/tiquo-auth.redb"))?;
    let given = file.blocks().saturating_mul(512);
    Ok(format!(
        "{} KiB free; the store's file has {} KiB and was sized to {} KiB",
        free(folder)? >> 10,
        given >> 10,
        file.len() >> 10,
    ))
}
