//! A report for people.

use annotate_snippets::Renderer;

use super::super::{Against, Has, LookedAt, Report};
use crate::diagnostic::{Severity, counted as of, gathered};
use crate::visible::visible;

/// The findings, each with its line, those that are alike as one, and a count of all at the end.
pub fn text(report: &Report, renderer: &Renderer) -> String {
    let mut text = String::new();
    for of_input in report
        .findings
        .chunk_by(|one, next| one.input == next.input)
    {
        for message in gathered(of_input.iter().map(|item| &item.diagnostic)) {
            text.push_str(&message.render(renderer));
            text.push('\n');
        }
    }
    if let Some(against) = &report.against {
        text.push_str(&compared(against));
    }
    text.push_str(&summary(report));
    text
}

fn summary(report: &Report) -> String {
    let found = counted([
        (report.count(Severity::Error), "error"),
        (report.count(Severity::Warning), "warning"),
        (report.count(Severity::Note), "note"),
    ]);
    if found.is_empty() {
        let LookedAt {
            sites,
            profiles,
            manifests,
        } = report.looked_at;
        let looked_at = counted([
            (sites, "site"),
            (profiles, "profile"),
            (manifests, "manifest"),
        ]);
        format!("nothing to report on {looked_at}\n")
    } else {
        format!("{found}; `vmo-ra explain ID` tells more\n")
    }
}

/// The counts that are not zero, with their nouns.
fn counted(counts: [(usize, &str); 3]) -> String {
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    let words = counts.map(|(count, word)| of(count, word));
    words.collect::<Vec<_>>().join(", ")
}

fn compared(against: &Against) -> String {
    let neither = against.differences.len();
    let mut text = format!(
        "RA {}: of {} claims, {} hold as printed and {} as corrected by an erratum; {neither} do not hold\n",
        against.revision, against.of, against.as_printed, against.as_corrected
    );
    for (form, says) in [
        (Has::AsPrinted, "as printed, despite an erratum"),
        (Has::AsCorrected, "as corrected"),
        (Has::Neither, "neither as printed nor as corrected"),
    ] {
        let mut errata: Vec<&str> = Vec::new();
        for entry in against.errata.iter().filter(|entry| entry.form == form) {
            if !errata.contains(&entry.erratum.as_str()) {
                errata.push(&entry.erratum);
            }
        }
        if !errata.is_empty() {
            text.push_str(&format!("  {says}: {}\n", errata.join(", ")));
        }
    }
    let mut place = String::new();
    for difference in &against.differences {
        let here = if difference.layer.is_empty() {
            difference.profile.clone()
        } else {
            format!("{} / {}", difference.profile, difference.layer)
        };
        if here != place {
            text.push_str(&format!("  {}\n", visible(&here)));
            place = here;
        }
        text.push_str(&format!(
            "    {}: {} ({})\n      expected {}\n      found {}\n",
            difference.claim,
            difference.says,
            difference.section,
            visible(&difference.expected),
            visible(&difference.found)
        ));
    }
    text.push('\n');
    text
}
