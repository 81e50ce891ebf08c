//! What a command has found, for people or for programs.

use clap::{Args, ValueEnum};
use serde::Serialize;
use vmo_ra::visible::json;

use super::lines::Lines;
use super::{Failure, terminal};

/// In which form a result is printed.
#[derive(Debug, Args)]
pub(super) struct FormatOption {
    /// The form of the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

/// The form of a report that people pass on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    /// For a terminal
    Text,
    /// For programs; `vmo-ra schema` describes it
    Json,
    /// For a comment on a pull request
    Markdown,
    /// One page that needs nothing else
    Html,
}

impl FormatOption {
    /// Prints a result.
    pub(super) fn tell(
        &self,
        result: &impl Serialize,
        lines: impl FnOnce() -> Lines,
    ) -> Result<(), Failure> {
        match self.format {
            Format::Text => terminal::tell(&lines()),
            Format::Json => terminal::print(&json(result)),
        }
    }

    /// Prints what was done, unless the run is quiet.
    pub(super) fn done(
        &self,
        result: &impl Serialize,
        lines: impl FnOnce() -> Lines,
    ) -> Result<(), Failure> {
        match self.format {
            Format::Text if terminal::is_quiet() => Ok(()),
            _ => self.tell(result, lines),
        }
    }
}
