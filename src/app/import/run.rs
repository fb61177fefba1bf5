//! Runs an import from the first line to the last, in batches.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};

use crate::flow::Context;
use crate::flow::import::{BatchOutcome, LineReader, import};
use crate::protocol::time::{Timestamp, millis};

use super::FinishedImport;
use super::progress::{self, ImportProgress, beside};

/// Lines per batch; the progress is stored after each batch.
const BATCH: usize = 2_000;
const CHUNK: usize = 256 * 1024;

pub(super) struct ImportRun<'a> {
    pub(super) cx: &'a Context,
    pub(super) file: &'a Path,
    /// Whether to ignore the progress of an earlier import.
    pub(super) start_over: bool,
}

impl ImportRun<'_> {
    pub(super) async fn carry_out(&self) -> Result<FinishedImport, String> {
        let cx = self.cx;
        let said = |error: std::io::Error| format!("{}: {error}", self.file.display());
        let mut file = File::open(self.file).map_err(said)?;
        let mut progress = ImportProgress::read(self.file, &mut file, self.start_over).map_err(said)?;
        let (begin, began_at) = (cx.clock.now(), progress.place.line);
        if began_at > 0 {
            eprintln!("going on after line {began_at}");
        }
        file.seek(SeekFrom::Start(progress.place.offset)).map_err(said)?;
        let bar = bar(progress.size);
        let mut report = progress.open_report(self.file).map_err(said)?;
        let (mut lines, mut batch) = (LineReader::at(progress.place), Vec::new());
        let mut chunk = vec![0; CHUNK];
        loop {
            let length = file.read(&mut chunk).map_err(said)?;
            match chunk.get(..length) {
                None | Some([]) => lines.finish(&mut batch),
                Some(bytes) => lines.push(bytes, &mut batch),
            }
            if length == 0 || batch.len() >= BATCH {
                let outcome = carry_out(cx, &batch).await?;
                batch.clear();
                write_refusals(&mut report, &outcome).map_err(said)?;
                progress.note(lines.place(), &outcome, &mut report).map_err(said)?;
                progress.write(self.file).map_err(said)?;
                bar.set_position(progress.place.offset);
            }
            if length == 0 {
                break;
            }
        }
        bar.finish_and_clear();
        ImportProgress::remove(self.file).map_err(said)?;
        self.end(&progress, began_at, begin)
    }

    fn end(&self, progress: &ImportProgress, from: u64, begin: Timestamp) -> Result<FinishedImport, String> {
        let tally = progress.tally;
        let report = beside(self.file, progress::REPORT);
        if tally.refused == 0 {
            std::fs::remove_file(&report).map_err(|error| format!("{}: {error}", report.display()))?;
        }
        let millis = millis(self.cx.clock.now().since(begin)).max(1);
        let lines = progress.place.line.saturating_sub(from).saturating_mul(1000);
        let per_second = lines.checked_div(millis).unwrap_or_default();
        Ok(FinishedImport { tally, per_second, report: (tally.refused > 0).then_some(report) })
    }
}

async fn carry_out(cx: &Context, batch: &[(u64, Vec<u8>)]) -> Result<BatchOutcome, String> {
    let lines = batch.iter().map(|(number, line)| (*number, line.as_slice()));
    import(cx, lines).await.map_err(|fault| format!("{fault}; run the same command again to go on"))
}

fn write_refusals(report: &mut File, outcome: &BatchOutcome) -> std::io::Result<()> {
    let mut text = Vec::new();
    for refusal in &outcome.refusals {
        serde_json::to_writer(&mut text, refusal)?;
        text.push(b'\n');
    }
    report.write_all(&text)
}

/// A progress bar, which is drawn only on a terminal.
fn bar(size: u64) -> ProgressBar {
    let template = "{bar:40} {percent}% {bytes}/{total_bytes}, {eta} left";
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(size).with_style(style)
}
