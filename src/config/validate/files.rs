//! Validates paths, and reads secrets from files.

use std::path::{Path, PathBuf};

use crate::protocol::secret::Secret;

use super::{Findings, ReferencedFiles};
use crate::config::raw::SecretText;
use crate::config::words;

/// A path that is not empty. Relative paths start at the process's working directory.
pub(super) fn path(place: &str, text: String, findings: &mut Findings) -> Option<PathBuf> {
    if text.trim().is_empty() {
        findings.mistake(place, "is empty", "Write a path, or leave the key out");
        return None;
    }
    Some(PathBuf::from(text))
}

/// A file that must be readable now.
pub(super) fn readable(place: &str, text: String, findings: &mut Findings) -> Option<PathBuf> {
    let path = path(place, text, findings)?;
    if findings.leaves_out(place, not_read(&path)) {
        return Some(path);
    }
    match std::fs::File::open(&path).and_then(|file| file.metadata()) {
        Ok(data) if data.is_file() => Some(path),
        Ok(_) => {
            findings.mistake(place, format!("{} is not a file", path.display()), "Name a file");
            None
        }
        Err(error) => {
            let message = format!("{} cannot be read: {}", path.display(), words::of_file(&error));
            findings.mistake(place, message, "Create the file, and let the user of this process read it");
            None
        }
    }
}

/// Note for a file that was not read because it is on another machine.
pub(super) fn not_read(path: &Path) -> String {
    format!("{} was not read", path.display())
}

/// Notes a missing secret as a mistake, or as not checked if the configuration is for another machine.
pub(super) fn missing_secret(
    places: &[&str],
    place: &str,
    message: &str,
    remedy: impl Into<String>,
    findings: &mut Findings,
) {
    if !findings.leaves_out(place, "is not in this file") {
        findings.mistake_by(places.iter().copied(), place, message, remedy);
    }
}

/// The content of a secret's file without the final line break.
pub(super) fn secret_file(place: &str, text: String, findings: &mut Findings) -> Option<Secret<String>> {
    let path = readable(place, text, findings)?;
    if findings.files == ReferencedFiles::Elsewhere {
        return None;
    }
    warn_if_world_readable(place, &path, findings);
    let content = match std::fs::read_to_string(&path) {
        Ok(content) => content,
        Err(error) => {
            let message = format!("{} cannot be read: {}", path.display(), words::of_file(&error));
            findings.mistake(place, message, "Write the secret into it as UTF-8 text");
            return None;
        }
    };
    let content = content.trim_end_matches(['\r', '\n']);
    if content.is_empty() {
        findings.mistake(place, format!("{} is empty", path.display()), "Write the secret into it");
        return None;
    }
    Some(Secret::new(content.to_owned()))
}

/// Warns only, because container platforms mount secrets with mode 0444 by default.
#[cfg(unix)]
fn warn_if_world_readable(place: &str, path: &Path, findings: &mut Findings) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path).map_or(0, |data| data.permissions().mode());
    if mode & 0o004 != 0 {
        let message = format!("every user of this machine can read {}", path.display());
        findings.warning(place, message, "chmod 600 it");
    }
}

#[cfg(not(unix))]
fn warn_if_world_readable(_: &str, _: &Path, _: &mut Findings) {}

/// A secret that is either set at `place`, or in the file named at `place` + `_file`.
pub(super) fn secret(
    place: &str,
    written: Option<SecretText>,
    file: Option<String>,
    findings: &mut Findings,
) -> Option<Secret<String>> {
    let file_place = format!("{place}_file");
    match (written, file) {
        (None, None) => None,
        (Some(_), Some(_)) => {
            let message = format!("is given beside {place}");
            findings.mistake(file_place, message, "Keep one of the two; the file is the safer place");
            None
        }
        (None, Some(file)) => secret_file(&file_place, file, findings),
        (Some(SecretText(secret)), None) if secret.expose().is_empty() => {
            findings.mistake(
                place,
                "is empty",
                format!("Write the secret, or name its file in {file_place}"),
            );
            None
        }
        (Some(SecretText(secret)), None) => Some(secret),
    }
}
