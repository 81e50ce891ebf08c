//! A report as SARIF 2.1.0, which code hosts show beside the lines of a change.

use serde::Serialize;

use super::super::{Difference, Item, Report};
use crate::diagnostic::{Code, Severity};
use crate::rules;
use crate::visible;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Log<'r> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'r>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'r> {
    tool: Tool<'r>,
    /// Columns are counted in characters, not in UTF-16 units.
    column_kind: &'static str,
    results: Vec<SarifResult<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<Properties<'r>>,
}

/// Figures beside the results.
#[derive(Serialize)]
struct Properties<'r> {
    claims: Claims<'r>,
}

/// How many claims hold, and in which form.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Claims<'r> {
    revision: &'r str,
    of: usize,
    as_printed: usize,
    as_corrected: usize,
    neither: usize,
}

#[derive(Serialize)]
struct Tool<'r> {
    driver: Driver<'r>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'r> {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<Rule<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule<'r> {
    id: &'r str,
    short_description: Message<'r>,
    full_description: Message<'r>,
    help: Message<'r>,
}

#[derive(Serialize)]
struct Message<'r> {
    text: std::borrow::Cow<'r, str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult<'r> {
    rule_id: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: Message<'r>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Location<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'r> {
    physical_location: PhysicalLocation<'r>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<LogicalLocation<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation<'r> {
    artifact_location: ArtifactLocation<'r>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
struct ArtifactLocation<'r> {
    uri: std::borrow::Cow<'r, str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation<'r> {
    fully_qualified_name: &'r str,
}

/// The SARIF form, with the description of each rule that found something.
pub fn sarif(report: &Report) -> String {
    let rules = rules::Rule::all().iter().map(about);
    let codes = Code::ALL.iter().map(|code| about_code(*code));
    let mut known: Vec<Rule<'_>> = rules
        .chain(codes)
        .filter(|rule| report.findings.iter().any(|item| item.id == rule.id))
        .collect();
    let ids: Vec<&str> = known.iter().map(|rule| rule.id).collect();
    let differences = report
        .against
        .as_ref()
        .map(|against| against.differences.as_slice())
        .unwrap_or_default();
    known.extend((!differences.is_empty()).then(about_claims));
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "vmo-ra",
                    semantic_version: env!("CARGO_PKG_VERSION"),
                    rules: known,
                },
            },
            column_kind: "unicodeCodePoints",
            results: report
                .findings
                .iter()
                .map(|item| result(item, &ids))
                .chain(
                    differences
                        .iter()
                        .map(|difference| differing(difference, ids.len())),
                )
                .collect(),
            properties: report.against.as_ref().map(|against| Properties {
                claims: Claims {
                    revision: &against.revision,
                    of: against.of,
                    as_printed: against.as_printed,
                    as_corrected: against.as_corrected,
                    neither: against.differences.len(),
                },
            }),
        }],
    };
    visible::json(&log)
}

fn about(rule: &rules::Rule) -> Rule<'_> {
    let message = |text| Message { text };
    Rule {
        id: rule.id,
        short_description: message(rule.title.into()),
        full_description: message(rule.why.into()),
        help: message(format!("{}. Source: {}.", rule.way_out, rule.source).into()),
    }
}

/// A kind of mistake, which code hosts treat as a rule.
fn about_code(code: Code) -> Rule<'static> {
    let message = |text: &'static str| Message { text: text.into() };
    Rule {
        id: code.as_str(),
        short_description: message(code.title()),
        full_description: message(code.title()),
        help: message(code.way_out()),
    }
}

/// The rule id that stands for all claims of the RA.
const CLAIM: &str = "claim";

fn about_claims() -> Rule<'static> {
    let message = |text: &'static str| Message { text: text.into() };
    Rule {
        id: CLAIM,
        short_description: message("the profile is not what the reference architecture says"),
        full_description: message(
            "With `--against`, each claim of the revision is tested on the profiles.",
        ),
        help: message(
            "Render the site again, or keep the difference if it is intended. Source: the section that the claim names.",
        ),
    }
}

fn differing(difference: &Difference, rule_index: usize) -> SarifResult<'_> {
    SarifResult {
        rule_id: CLAIM,
        rule_index: Some(rule_index),
        level: "warning",
        message: Message {
            text: format!(
                "{} (RA, {}): expected {}, found {}",
                difference.says, difference.section, difference.expected, difference.found
            )
            .into(),
        },
        locations: vec![Location {
            physical_location: PhysicalLocation {
                artifact_location: ArtifactLocation {
                    uri: uri(&difference.file),
                },
                region: None,
            },
            logical_locations: vec![LogicalLocation {
                fully_qualified_name: &difference.claim,
            }],
        }],
    }
}

fn result<'r>(item: &'r Item, known: &[&str]) -> SarifResult<'r> {
    let mut sentences = vec![item.message.as_str()];
    sentences.extend(item.notes.iter().map(String::as_str));
    sentences.extend((!item.help.is_empty()).then_some(item.help.as_str()));
    let text = sentences.join(". ").into();
    SarifResult {
        rule_id: &item.id,
        rule_index: known.iter().position(|id| *id == item.id),
        level: match item.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        },
        message: Message { text },
        locations: item
            .file
            .as_deref()
            .map(|file| location(item, file))
            .into_iter()
            .collect(),
    }
}

fn location<'r>(item: &'r Item, file: &'r str) -> Location<'r> {
    let artifact = item.part_of.as_deref().unwrap_or(file);
    let inside = item.part_of.as_ref().map(|_| file);
    // A text inside an export has no lines in the file itself.
    let region = item.line.zip(item.column).filter(|_| inside.is_none());
    let mut names: Vec<&str> = Vec::new();
    names.extend(inside);
    names.extend((!item.path.is_empty()).then_some(item.path.as_str()));
    Location {
        physical_location: PhysicalLocation {
            artifact_location: ArtifactLocation { uri: uri(artifact) },
            region: region.map(|(start_line, start_column)| Region {
                start_line,
                start_column,
            }),
        },
        logical_locations: names
            .into_iter()
            .map(|fully_qualified_name| LogicalLocation {
                fully_qualified_name,
            })
            .collect(),
    }
}

/// A path as a URI: relative as it is, or a `file` URI, which has no `..`.
fn uri(path: &str) -> std::borrow::Cow<'_, str> {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    let (mut uri, path) = match path.strip_prefix('/') {
        Some(path) => ("file:///".to_owned(), without_dots(path)),
        None if path.bytes().all(is_plain) => return path.into(),
        None => (String::new(), path.to_owned()),
    };
    for byte in path.bytes() {
        if is_plain(byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri.into()
}

/// A path below the root with `.` and `..` resolved, as readers of URIs do.
fn without_dots(path: &str) -> String {
    let mut steps = Vec::new();
    for step in path.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    steps.join("/")
}
