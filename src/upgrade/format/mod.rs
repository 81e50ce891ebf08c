//! The report of an upgrade, for people and programs.

mod sections;

use super::Report;
use crate::plan::format::{markdown_of, text_of};
use crate::visible;

/// For a terminal: titles, sentences and tables; with `full` all of long lists.
pub fn text(report: &Report, full: bool) -> String {
    text_of(&title(report), &sections::sections(report, full))
}

/// For a comment on a pull request.
pub fn markdown(report: &Report, full: bool) -> String {
    markdown_of(&title(report), &sections::sections(report, full))
}

/// For programs: the [`Report`] as it is.
pub fn json(report: &Report) -> String {
    visible::json(report)
}

fn title(report: &Report) -> String {
    format!("Upgrade from RA {} to RA {}", report.from, report.to)
}
