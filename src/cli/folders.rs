//! Several folders of one parent that take their places together.

use std::path::Path;

use vmo_ra::diagnostic::Diagnostic;
use vmo_ra::output::Staged;

use super::{Failure, terminal};

/// Refuses `-`, by which other commands mean standard output.
pub(super) fn named(folder: &Path, before: &str) -> Result<(), Diagnostic> {
    if folder != Path::new("-") {
        return Ok(());
    }
    Err(
        Diagnostic::error("a folder cannot be written to standard output")
            .help(format!("name a folder with `{before} DIR`")),
    )
}

/// Puts folders in their places, or none of them where one cannot be written, and lists those that were edited by hand.
pub(super) fn settle(
    folders: impl IntoIterator<Item = Result<Staged, Failure>>,
) -> Result<(), Failure> {
    let mut staged = Vec::new();
    let mut failure: Option<Failure> = None;
    for folder in folders {
        match folder {
            Ok(one) => staged.push(one),
            Err(other) => {
                failure = Some(match failure {
                    Some(failure) => failure.and(other),
                    None => other,
                });
            }
        }
    }
    if let Some(failure) = failure {
        return Err(failure);
    }
    let mut kept = Vec::new();
    let mut problems = Vec::new();
    for settled in Staged::settle_all(staged) {
        match settled {
            Ok(copy) => kept.extend(copy.map(|copy| copy.warning())),
            Err(problem) => problems.push(problem),
        }
    }
    terminal::explain(&kept);
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems.into())
    }
}
