//! Overrides from the environment: `TIQUO_AUTH__SECTION__KEY`, with indexes for lists, as in
//! `…__ORGANIZATIONS__0__NAME`.

use toml::{Table, Value};

use super::document::{ConfigDocument, join, refused};
use super::finding::UnplacedFinding;
use super::words::EntryRefusal;

/// Prefix of all environment variables that set something.
pub const PREFIX: &str = "TIQUO_AUTH__";

/// Overrides the settings of the file by environment variables. Variables without [`PREFIX`] are ignored.
pub(super) fn apply(
    document: &mut ConfigDocument,
    env: impl IntoIterator<Item = (String, String)>,
) -> Vec<UnplacedFinding> {
    let ours = env.into_iter().filter(|(name, _)| name.starts_with(PREFIX));
    let mut ours: Vec<_> = ours.map(|(name, value)| (steps(&name), name, value)).collect();
    // Sorted by index, so that a list can be built from its first entry on.
    ours.sort();
    let mut found = Vec::new();
    for (steps, name, value) in ours {
        let place = place(&steps);
        document.sources.overridden(place.clone(), name);
        if let Err(refusal) = set(&mut document.values, &steps, &value) {
            found.push(UnplacedFinding::refused(place, refusal));
        }
    }
    found
}

/// One step of a path into the tree of values.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum PathStep {
    Index(usize),
    Key(String),
}

fn steps(name: &str) -> Vec<PathStep> {
    let step =
        |part: &str| part.parse().map_or_else(|_| PathStep::Key(part.to_ascii_lowercase()), PathStep::Index);
    name.strip_prefix(PREFIX).unwrap_or_default().split("__").map(step).collect()
}

fn place(steps: &[PathStep]) -> String {
    steps.iter().fold(String::new(), |place, step| match step {
        PathStep::Index(index) => format!("{place}[{index}]"),
        PathStep::Key(key) => join(&place, key),
    })
}

/// Sets one value, read as the first type that the configuration accepts. Text is tried first, because a
/// password may look like a number. A value that fits no type is refused and not set.
fn set(values: &mut Table, steps: &[PathStep], text: &str) -> Result<(), EntryRefusal> {
    let mut first = None;
    for reading in readings(text) {
        let mut tried = Value::Table(values.clone());
        put(&mut tried, steps, reading)?;
        let Value::Table(tried) = tried else { continue };
        match refused(&tried) {
            None => {
                *values = tried;
                return Ok(());
            }
            Some(problem) => first = first.or(Some(problem)),
        }
    }
    first.map_or(Ok(()), Err)
}

fn readings(text: &str) -> Vec<Value> {
    let list = || text.split(',').map(str::trim).filter(|item| !item.is_empty());
    let mut readings = vec![Value::String(text.to_owned())];
    readings.extend(text.parse().ok().map(Value::Integer));
    readings.extend(text.parse().ok().map(Value::Boolean));
    readings.push(list().map(|item| Value::String(item.to_owned())).collect::<Vec<_>>().into());
    readings.extend(list().map(|item| item.parse().ok()).collect::<Option<Vec<i64>>>().map(Value::from));
    readings
}

fn put(at: &mut Value, steps: &[PathStep], value: Value) -> Result<(), EntryRefusal> {
    let no_way = || EntryRefusal::unknown_key("", &[]);
    let Some((step, rest)) = steps.split_first() else {
        *at = value;
        return Ok(());
    };
    let fresh = match rest.first() {
        Some(PathStep::Index(_)) => Value::Array(Vec::new()),
        Some(PathStep::Key(_)) => Value::Table(Table::new()),
        None => Value::Boolean(false),
    };
    match (step, at) {
        (PathStep::Key(key), Value::Table(table)) => {
            put(table.entry(key.clone()).or_insert(fresh), rest, value)
        }
        (PathStep::Index(index), Value::Array(array)) => {
            if array.len() == *index {
                array.push(fresh);
            }
            let length = array.len();
            let gap = || {
                let remedy = format!("Number the entries from 0 without a gap; the next is {length}");
                EntryRefusal::new(format!("there is no entry {index}"), remedy)
            };
            put(array.get_mut(*index).ok_or_else(gap)?, rest, value)
        }
        _ => Err(no_way()),
    }
}
