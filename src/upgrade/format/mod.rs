//! The report of an upgrade, for people and programs.

mod sections;
mod text;

use super::{Report, What};
use crate::plan::format::{html_of, markdown_of};
use crate::visible;
pub use text::text;

const WHERE_PACKS_COME_FROM: &str = "Get the vendors' packs with `vmo-ra palette packs` or `vmo-ra packs import`, and name the folder with both versions with `--packs DIR`.";
/// The lists of what was decided without a question.
const LISTS: [(&str, What); 4] = [
    ("Taken from the RA and the vendors", What::Taken),
    ("Your edits that were kept", What::Kept),
    ("The same on both sides", What::Same),
    ("Combined from both sides, line by line", What::Combined),
];
const SETTINGS: &str = "Taken from your profiles as settings of the site";
const OF_SETTINGS: &str = "A site can express these, so both revisions are rendered with them.";
const STEPS: &str = "A cluster cannot be upgraded in one step. Each step is a separate profile version. The steps that can be made are in the folder `steps` of the result. Wait after each step.";
const FINDINGS: &str = "New findings of `check`";
const OF_FINDINGS: &str = "The result has these, and your profiles do not.";
const BY_HAND: &str = "Values that clusters store for variables, and overrides on a cluster, are not part of a profile: compare them in Palette before the cluster gets the new version.";

/// For a comment on a pull request; with `full` all of long lists.
pub fn markdown(report: &Report, full: bool) -> String {
    let title = format!("Upgrade from RA {} to RA {}", report.from, report.to);
    markdown_of(&title, &sections::sections(report, full))
}

/// As one page that needs nothing else; with `full` all of long lists.
pub fn html(report: &Report, full: bool) -> String {
    let title = format!("Upgrade from RA {} to RA {}", report.from, report.to);
    let about = "What was taken, what was kept, and what is left to decide";
    html_of(&title, about, sections::sections(report, full))
}

/// The JSON Schema of [`json`].
pub fn json_schema() -> &'static str {
    include_str!("../../../schema/upgrade.json")
}

/// For programs: the [`Report`] as it is.
pub fn json(report: &Report) -> String {
    visible::json(report)
}
