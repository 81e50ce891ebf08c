//! A report for people.

use annotate_snippets::Renderer;

use super::super::{Against, Report};
use crate::diagnostic::Severity;

/// The findings, each with its line, and a count of them at the end.
pub fn text(report: &Report, renderer: &Renderer) -> String {
    let mut text = String::new();
    for item in &report.findings {
        text.push_str(&item.diagnostic.render(renderer));
        text.push('\n');
    }
    if let Some(against) = &report.against {
        text.push_str(&compared(against));
    }
    text.push_str(&summary(report));
    text
}

fn summary(report: &Report) -> String {
    let counts: Vec<String> = [
        (Severity::Error, "error"),
        (Severity::Warning, "warning"),
        (Severity::Note, "note"),
    ]
    .into_iter()
    .map(|(severity, word)| (report.count(severity), word))
    .filter(|(count, _)| *count > 0)
    .map(|(count, word)| format!("{count} {word}{}", if count == 1 { "" } else { "s" }))
    .collect();
    if counts.is_empty() {
        "nothing found\n".to_owned()
    } else {
        format!("{}; `vmo-ra explain ID` tells more\n", counts.join(", "))
    }
}

fn compared(against: &Against) -> String {
    let mut text = format!(
        "RA {}: {} of {} claims hold\n",
        against.revision, against.hold, against.of
    );
    let mut place = String::new();
    for difference in &against.differences {
        let here = if difference.layer.is_empty() {
            difference.profile.clone()
        } else {
            format!("{} / {}", difference.profile, difference.layer)
        };
        if here != place {
            text.push_str(&format!("  {here}\n"));
            place = here;
        }
        text.push_str(&format!(
            "    {}: {} ({})\n      {}\n",
            difference.claim, difference.says, difference.section, difference.found
        ));
    }
    text.push('\n');
    text
}
