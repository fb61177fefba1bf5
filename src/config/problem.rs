//! What is wrong with a configuration: every mistake, with its place and the mend.

use std::fmt;

/// One thing to mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    /// The setting, for example `organizations[1].domains[0].origin`; empty for the file as a whole.
    pub place: String,
    /// Where it was said.
    pub source: SettingSource,
    /// What is wrong. Never a secret's value.
    pub message: String,
    /// What to do.
    pub mend: String,
}

/// Where a setting was said.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SettingSource {
    /// On this line of the file, counted from 1. For an absent key the line of its section.
    Line(usize),
    /// Nowhere: neither the key nor its section is there.
    Absent,
    /// In this environment variable.
    Variable(String),
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let colon = |text: &str| if text.is_empty() { "" } else { ": " };
        match &self.source {
            SettingSource::Line(line) => write!(f, "line {line}{}{}", colon(&self.place), self.place)?,
            SettingSource::Absent => {
                f.write_str(if self.place.is_empty() { "the file" } else { &self.place })?;
            }
            SettingSource::Variable(name) => write!(f, "{name}{}{}", colon(&self.place), self.place)?,
        }
        write!(f, ": {}", self.message)?;
        if self.mend.is_empty() { Ok(()) } else { write!(f, ". {}", self.mend) }
    }
}

/// Everything that was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConfigReport {
    /// What was checked: a file's name.
    pub subject: String,
    /// What stops the start.
    pub mistakes: Vec<ConfigProblem>,
    /// What does not, but is probably not meant.
    pub warnings: Vec<ConfigProblem>,
    /// What was not looked at, because it is only where the file will be used.
    pub left_out: Vec<ConfigProblem>,
}

impl ConfigReport {
    /// Whether the service can start with it.
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        self.mistakes.is_empty()
    }
}

impl std::error::Error for ConfigReport {}

impl fmt::Display for ConfigReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.subject)?;
        f.write_str(&match self.mistakes.len() {
            0 => "no mistakes".to_owned(),
            1 => "1 mistake".to_owned(),
            many => format!("{many} mistakes"),
        })?;
        for problem in &self.mistakes {
            write!(f, "\n  {problem}")?;
        }
        for problem in &self.warnings {
            write!(f, "\n  warning: {problem}")?;
        }
        for problem in &self.left_out {
            write!(f, "\n  left out: {problem}")?;
        }
        Ok(())
    }
}
