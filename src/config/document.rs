//! Reads a file's text as a tree of values that all have the types of [`Raw`].
//!
//! serde stops at the first mistake. So the refused entry is noted and removed and the rest is read again,
//! until nothing is refused: this finds all mistakes at once.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize as _;
use toml::Spanned;
use toml::de::{DeInteger, DeString, DeTable, DeValue, Deserializer};

use super::finding::UnplacedFinding;
use super::problem::SettingSource;
use super::raw::Raw;
use super::words::{self, EntryRefusal};

/// A file's values and where each of them is set.
#[derive(Default)]
pub(super) struct ConfigDocument {
    pub(super) values: toml::Table,
    pub(super) sources: SettingSources,
}

/// Where each setting comes from, by its place: a line of the file or an environment variable.
#[derive(Default)]
pub(super) struct SettingSources {
    lines: BTreeMap<String, usize>,
    variables: BTreeMap<String, String>,
}

impl SettingSources {
    /// Notes that an environment variable sets a place and everything inside it.
    pub(super) fn overridden(&mut self, place: String, variable: String) {
        self.lines.retain(|line, _| !is_within(line, &place));
        self.variables.insert(place, variable);
    }

    /// The source of a place, or else of the innermost section around it that has one.
    pub(super) fn of(&self, place: &str) -> SettingSource {
        let mut here = place;
        loop {
            if let Some(variable) = self.variables.get(here) {
                return SettingSource::Variable(variable.clone());
            }
            if let Some(line) = self.lines.get(here) {
                return SettingSource::Line(*line);
            }
            match here.rfind(['.', '[']).and_then(|end| here.get(..end)) {
                Some(around) => here = around,
                None => return SettingSource::Absent,
            }
        }
    }

    fn is_said(&self, place: &str) -> bool {
        self.lines.contains_key(place)
    }

    /// The outermost place that is set on a line.
    pub(super) fn at_line(&self, line: usize) -> Option<&str> {
        let here = self.lines.iter().filter(|(_, there)| **there == line);
        here.map(|(place, _)| place.as_str()).min_by_key(|place| place.len())
    }
}

/// Whether a place is the same as another one or inside it.
pub(super) fn is_within(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Lines that are not TOML. Their meaning, and that of lines that depend on them, is unknown.
pub(super) struct UnreadableLines {
    lines: Range<usize>,
    /// The line to report, and the place set on it (empty if none).
    pub(super) line: usize,
    pub(super) place: String,
    pub(super) message: &'static str,
    pub(super) remedy: &'static str,
}

pub(super) struct DocumentReading {
    pub(super) document: ConfigDocument,
    /// Syntax errors, in the order of the file.
    pub(super) syntax: Vec<UnreadableLines>,
    /// Entries that are valid TOML but not of this configuration.
    pub(super) found: Vec<UnplacedFinding>,
}

pub(super) fn read(text: &str) -> DocumentReading {
    let (mut root, errors) = DeTable::parse_recoverable(text);
    let stops = errors.iter().map(|error| (line_of(text, error.span()), error.message())).collect();
    let mut sources = SettingSources::default();
    note_lines(root.get_ref(), "", text, &mut sources.lines);
    let syntax = unread(text, stops, &sources);
    let found = take_out_refused(&mut root);
    let values = toml::Table::deserialize(Deserializer::from(root)).unwrap_or_default();
    DocumentReading { document: ConfigDocument { values, sources }, syntax, found }
}

impl DocumentReading {
    /// Whether a place certainly reads as its author meant it, although the file may have errors elsewhere.
    pub(super) fn is_sound(&self, place: &str) -> bool {
        let sources = &self.document.sources;
        self.syntax.is_empty() || sources.is_said(place) && self.is_read(place)
    }

    /// Whether the source of a place does not depend on a line that could not be read.
    pub(super) fn is_read(&self, place: &str) -> bool {
        match self.document.sources.of(place) {
            SettingSource::Line(line) => !self.syntax.iter().any(|unread| unread.lines.contains(&line)),
            SettingSource::Absent | SettingSource::Variable(_) => true,
        }
    }
}

/// Keeps only the first of syntax errors that follow from each other: a section header without an end makes
/// its keys unreadable, and an unclosed array or inline table everything after it.
fn unread(text: &str, mut stops: Vec<(usize, &str)>, sources: &SettingSources) -> Vec<UnreadableLines> {
    stops.sort_by_key(|(line, _)| *line);
    let swallows = |message: &str| {
        message.contains("array") && !message.contains("array table") || message.contains("inline table")
    };
    let never_ends = stops.iter().any(|(_, message)| {
        message.starts_with("unclosed array,") || message.starts_with("unclosed inline table")
    });
    let mut unread: Vec<UnreadableLines> = Vec::new();
    for (stop, said) in stops {
        if unread.iter().any(|earlier| earlier.lines.contains(&stop)) {
            continue;
        }
        let header = section_name(text, stop).filter(|_| !swallows(said));
        let end = match header {
            Some(name) => end_of_section(text, stop, name),
            None if never_ends && swallows(said) => usize::MAX,
            None => stop.saturating_add(1),
        };
        let said_at = if header.is_some() { None } else { sources.at_line(stop) };
        // For an error inside a list, the list's key is reported.
        let place = said_at.map(|place| if swallows(said) { without_index(place) } else { place });
        let place = place.unwrap_or_default().to_owned();
        let line = sources.lines.get(&place).copied().unwrap_or(stop);
        let (message, remedy) = words::of_syntax(said);
        unread.push(UnreadableLines { lines: stop..end, line, place, message, remedy });
    }
    unread
}

/// The place of the list that an entry's place belongs to; other places unchanged.
fn without_index(place: &str) -> &str {
    let list = place.strip_suffix(']').and_then(|place| place.rsplit_once('['));
    list.map_or(place, |(list, _)| list)
}

/// The name in the section header on a line (counted from 1), as far as it is readable.
fn section_name(text: &str, line: usize) -> Option<&str> {
    let name = text.lines().nth(line.checked_sub(1)?)?.trim_start().strip_prefix('[')?;
    name.trim_start_matches('[').split([']', '#']).next().map(str::trim)
}

/// The first line after a section and its subsections.
fn end_of_section(text: &str, begin: usize, name: &str) -> usize {
    let lines = text.lines().count();
    let is_other = |line: &usize| section_name(text, *line).is_some_and(|other| !is_within(other, name));
    (begin.saturating_add(1)..=lines).find(is_other).unwrap_or(lines.saturating_add(1))
}

fn line_of(text: &str, span: Option<Range<usize>>) -> usize {
    let before = span.and_then(|span| text.get(..span.start)).unwrap_or_default();
    before.matches('\n').count().saturating_add(1)
}

/// The place of a key in a section.
pub(super) fn join(section: &str, key: &str) -> String {
    if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") }
}

fn note_lines(table: &DeTable<'_>, section: &str, text: &str, lines: &mut BTreeMap<String, usize>) {
    for (key, value) in table {
        let place = join(section, key.get_ref());
        lines.insert(place.clone(), line_of(text, Some(key.span())));
        note_value(value, &place, text, lines);
    }
}

fn note_value(value: &Spanned<DeValue<'_>>, place: &str, text: &str, lines: &mut BTreeMap<String, usize>) {
    match value.get_ref() {
        DeValue::Table(table) => note_lines(table, place, text, lines),
        DeValue::Array(array) => {
            for (index, item) in array.iter().enumerate() {
                let place = format!("{place}[{index}]");
                lines.insert(place.clone(), line_of(text, Some(item.span())));
                note_value(item, &place, text, lines);
            }
        }
        _ => {}
    }
}

/// Bounds the number of readings; no real file has as many mistakes.
const MOST: usize = 1000;

fn take_out_refused(root: &mut Spanned<DeTable<'_>>) -> Vec<UnplacedFinding> {
    let mut found: Vec<UnplacedFinding> = Vec::new();
    let mut refusals = BTreeMap::new();
    for _ in 0..MOST {
        let Err(error) = Raw::deserialize(Deserializer::from(root.clone())) else { return found };
        let span = error.span().unwrap_or_default();
        let tried: &mut usize = refusals.entry((span.start, span.end)).or_default();
        let place = take_out(root.get_mut(), "", &span, *tried);
        *tried = tried.saturating_add(1);
        let refusal = EntryRefusal::of_value(error.message());
        let Some(place) = place else {
            found.push(UnplacedFinding::refused(String::new(), refusal));
            break;
        };
        if !found.iter().any(|earlier| earlier.place == place) {
            found.push(UnplacedFinding::refused(place, refusal));
        }
    }
    // After too many attempts the rest counts as unreadable and is not judged.
    root.get_mut().clear();
    found
}

/// Removes the entry whose key or value is at `span`, and answers its place.
fn take_out(table: &mut DeTable<'_>, section: &str, span: &Range<usize>, tried: usize) -> Option<String> {
    let here = table.iter().find(|(key, value)| key.span() == *span || value.span() == *span);
    if let Some(key) = here.map(|(key, _)| key.clone()) {
        // A section header has the same span as the section's content, so entries inside are tried first.
        let place = join(section, key.get_ref());
        let inside = table.get_mut(&key).and_then(|value| take_out_inside(value, &place, span, tried));
        return inside.or_else(|| table.remove(&key).map(|_| place));
    }
    table
        .iter_mut()
        .find_map(|(key, value)| take_out_inside(value, &join(section, key.get_ref()), span, tried))
}

fn take_out_inside(
    value: &mut Spanned<DeValue<'_>>,
    place: &str,
    span: &Range<usize>,
    tried: usize,
) -> Option<String> {
    match value.get_mut() {
        DeValue::Table(table) => take_out(table, place, span, tried),
        DeValue::Array(array) => array.iter_mut().enumerate().find_map(|(index, item)| {
            let place = format!("{place}[{index}]");
            if item.span() != *span {
                return take_out_inside(item, &place, span, tried);
            }
            // The item is replaced, one type after the other, and not removed, so that its neighbours keep
            // their index.
            *item.get_mut() = match tried {
                0 => DeValue::String(DeString::Borrowed("")),
                1 => DeValue::Integer(DeInteger::default()),
                _ => DeValue::Table(DeTable::new()),
            };
            Some(place)
        }),
        _ => None,
    }
}

/// Why the first value of a wrong type is refused; `None` if all have the right type.
pub(super) fn refused(values: &toml::Table) -> Option<EntryRefusal> {
    let error = Raw::deserialize(values.clone()).err()?;
    Some(EntryRefusal::of_value(error.message()))
}
