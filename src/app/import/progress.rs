//! The progress of an import, stored beside its file, so that an interrupted import continues after its last
//! batch.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::flow::import::{BatchOutcome, BatchPosition, LineCounts};

pub(super) const REPORT: &str = ".refused.ndjson";
const PROGRESS: &str = ".progress.json";
/// Bytes at the beginning of a file by which it is recognized.
const HEAD: u64 = 64 * 1024;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ImportProgress {
    pub(super) size: u64,
    /// SHA-256 of the file's first bytes.
    head: String,
    /// The position after the last batch.
    pub(super) place: BatchPosition,
    pub(super) tally: LineCounts,
    /// The report's length in bytes. Anything after it belongs to a batch that will be repeated.
    report: u64,
}

impl ImportProgress {
    /// The progress of an earlier import of the same file, or else the beginning.
    pub(super) fn read(path: &Path, file: &mut File, start_over: bool) -> io::Result<Self> {
        let size = file.metadata()?.len();
        let mut head = Vec::new();
        file.take(HEAD).read_to_end(&mut head)?;
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &head);
        let head = URL_SAFE_NO_PAD.encode(digest.as_ref());
        let new =
            Self { size, head, place: BatchPosition::default(), tally: LineCounts::default(), report: 0 };
        if start_over {
            return Ok(new);
        }
        let known = match std::fs::read(beside(path, PROGRESS)) {
            Ok(bytes) => serde_json::from_slice::<Self>(&bytes).ok(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        Ok(known.filter(|known| known.size == new.size && known.head == new.head).unwrap_or(new))
    }

    /// Opens the report, and removes what belongs to a batch that will be repeated.
    pub(super) fn open_report(&self, path: &Path) -> io::Result<File> {
        let mut report =
            OpenOptions::new().create(true).write(true).truncate(false).open(beside(path, REPORT))?;
        report.set_len(self.report)?;
        report.seek(SeekFrom::End(0))?;
        Ok(report)
    }

    pub(super) fn note(
        &mut self,
        place: BatchPosition,
        outcome: &BatchOutcome,
        report: &mut File,
    ) -> io::Result<()> {
        self.place = place;
        self.tally.add(&outcome.tally);
        self.report = report.stream_position()?;
        Ok(())
    }

    /// Stores the progress atomically.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        let new = beside(path, ".progress.new");
        let mut file = File::create(&new)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        std::fs::rename(new, beside(path, PROGRESS))
    }

    /// Removes the progress after a complete import.
    pub(super) fn remove(path: &Path) -> io::Result<()> {
        std::fs::remove_file(beside(path, PROGRESS))
    }
}

/// The path with a suffix added to its name.
pub(super) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}
