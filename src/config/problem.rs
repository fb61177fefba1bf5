//! Mistakes in a configuration, each with its place and how to correct it.

use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    /// The setting, for example `organizations[1].domains[0].origin`; empty for the file as a whole.
    pub place: String,
    pub source: SettingSource,
    /// What is wrong; never contains a secret.
    pub message: String,
    /// How to correct it.
    pub remedy: String,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SettingSource {
    /// A line of the file, counted from 1. For an absent key, the line of its section.
    Line(usize),
    /// Neither the key nor its section is in the file.
    Absent,
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
        if self.remedy.is_empty() { Ok(()) } else { write!(f, ". {}", self.remedy) }
    }
}

/// All findings of a validation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConfigReport {
    /// The name of the file that was checked.
    pub subject: String,
    /// Mistakes, which prevent the start.
    pub mistakes: Vec<ConfigProblem>,
    /// Settings that are valid but probably not intended.
    pub warnings: Vec<ConfigProblem>,
    /// Settings that were not checked because they refer to files on the machine where the service will run.
    pub left_out: Vec<ConfigProblem>,
}

impl ConfigReport {
    /// Whether the service can start with this configuration.
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
