//! Macros of Palette in values and manifests.

use std::ops::Range;

use crate::cluster::walk::walk;
use crate::cluster::{Cluster, Document, Role};
use crate::diagnostic::{meant, nearest};
use crate::rules::{ClusterRule, DocumentRule, Finding, rule};
use crate::yaml::Kind;

pub(super) const RULES: &[ClusterRule] = &[expressions];

pub(super) const DOCUMENT_RULES: &[DocumentRule] = &[quotes, content];

/// Longer macros do not occur, so that nothing is searched for far and wide.
const LONGEST: usize = 500;

const SYSTEM: &str = "user.name user.uid user.email tenant.uid project.name project.uid clusterprofile.name clusterprofile.uid \
    clusterprofile.version clusterprofile.infra.name clusterprofile.infra.uid clusterprofile.infra.version \
    cluster.name cluster.uid cluster.kubevip cloudaccount.name cloudaccount.uid kubernetes.version \
    reverseproxy.server reverseproxy.port reverseproxy.protocol reverseproxy.vhostport cloud.type \
    cloud.region";

/// The texts of all layers, each once, and not the empty ones.
fn texts(cluster: &Cluster) -> impl Iterator<Item = &Document> {
    cluster.layers().flat_map(|(_, layer, _)| {
        std::iter::once(&layer.values)
            .chain(&layer.manifests)
            .filter(|document| document.is_first() && document.text().contains("{{"))
    })
}

/// What is between two pairs of braces.
struct Macro<'t> {
    span: Range<usize>,
    inside: &'t str,
    form: Form,
}

#[derive(PartialEq, Eq)]
enum Form {
    Whole,
    /// It has another one inside.
    Nested,
    /// It does not end.
    Open,
}

/// The macros of a text that mean Palette; those in comments are left out.
fn macros(text: &str) -> impl Iterator<Item = Macro<'_>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let start = from + text.get(from..)?.find("{{")?;
            let window = &text[start + 2..text.floor_char_boundary(start + 2 + LONGEST)];
            let end = window.find("}}");
            let inner = &window[..end.unwrap_or(window.len())];
            let (length, form) = match (end, inner.find("{{")) {
                // What comes before another one and is closed by half, or breaks the line, was not meant to hold it.
                (Some(_), Some(next)) if inner[..next].contains(['}', '\n']) => (next, Form::Open),
                (Some(end), Some(_)) => (end, Form::Nested),
                (Some(end), None) => (end, Form::Whole),
                (None, next) => (next.unwrap_or(inner.len()), Form::Open),
            };
            let inside = &window[..length];
            let inside = match form {
                Form::Open => inside.lines().next().unwrap_or_default(),
                _ => inside,
            };
            let whole = if form == Form::Open { 0 } else { 2 };
            from = start + 2 + inside.len() + whole;
            if inside.contains("spectro.") && !is_comment(text, start) {
                return Some(Macro {
                    span: start..from,
                    inside,
                    form,
                });
            }
        }
    })
}

/// Whether the line up to here is a comment, of YAML or of a script in it.
fn is_comment(text: &str, at: usize) -> bool {
    let from = text.floor_char_boundary(at.saturating_sub(LONGEST));
    let before = &text[from..at];
    let line = before.rfind('\n').map_or(before, |end| &before[end + 1..]);
    line.trim_start().starts_with('#')
}

/// Every `.spectro.` of a macro, as what follows it.
fn references(inside: &str) -> impl Iterator<Item = &str> {
    inside.match_indices(".spectro.").filter_map(|(at, found)| {
        let is_start = !inside[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let rest = &inside[at + found.len()..];
        let end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')))
            .unwrap_or(rest.len());
        is_start.then_some(&rest[..end])
    })
}

fn expressions(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for document in texts(cluster) {
        let problems = problems(document.text());
        findings.extend(problems.map(|(problem, span)| document.mark_bytes(problem, span)));
    }
}

/// What is wrong with the macros of a text, and where.
pub(in crate::rules) fn problems(text: &str) -> impl Iterator<Item = (Finding, Range<usize>)> {
    macros(text).filter_map(|found| {
        let problem = match found.form {
            Form::Open => Some(rule::MACRO_OPEN.error("", "the macro does not end")),
            Form::Nested => Some(
                rule::MACRO_NESTED
                    .error("", "a macro is inside another, and is not filled in there")
                    .help("put them next to each other"),
            ),
            Form::Whole => wrong_reference(found.inside).or_else(|| function(found.inside)),
        };
        Some((problem?, found.span))
    })
}

fn wrong_reference(inside: &str) -> Option<Finding> {
    const ROOTS: [&str; 4] = ["var", "macro", "system", "pack"];
    if inside.trim_start().starts_with("spectro.") {
        return Some(
            rule::MACRO_UNKNOWN
                .error("", "the macro does not begin with a dot")
                .help("write `.spectro` instead of `spectro`"),
        );
    }
    references(inside).find_map(|reference| {
        let (root, name) = reference.split_once('.').unwrap_or((reference, ""));
        let (known, given, before) = match root {
            "system" => (
                SYSTEM.split(' ').collect::<Vec<_>>(),
                name,
                ".spectro.system.",
            ),
            "var" | "macro" | "pack" if !name.is_empty() => return None,
            "var" | "macro" | "pack" => {
                return Some(
                    rule::MACRO_UNKNOWN
                        .error(
                            "",
                            format!("the macro `.spectro.{reference}` names nothing"),
                        )
                        .help(format!("write a name after `.spectro.{root}.`")),
                );
            }
            root => (ROOTS.to_vec(), root, ".spectro."),
        };
        if known.contains(&given) {
            return None;
        }
        let help = match nearest(given, known.iter().copied()) {
            Some(nearest) => meant(&format!("{before}{nearest}")),
            None => format!("known after `{before}`: {}", known.join(", ")),
        };
        Some(
            rule::MACRO_UNKNOWN
                .error(
                    "",
                    format!("Palette has no macro `.spectro.{reference}`, and leaves it unchanged"),
                )
                .help(help),
        )
    })
}

/// A variable is filled in as it is; only other macros go through functions.
fn function(inside: &str) -> Option<Finding> {
    let variable = references(inside).find(|reference| reference.starts_with("var."))?;
    let alone = inside.trim().strip_prefix(".spectro.") == Some(variable);
    if alone {
        return None;
    }
    Some(rule::MACRO_FUNCTION.error(
        "",
        format!("a function does not work on a variable, as `.spectro.{variable}` is"),
    ))
}

/// Palette asks for quotes around variables; without them a value can change the type, or the text is not YAML.
fn quotes(document: &Document, findings: &mut Vec<Finding>) {
    let (text, Some(root)) = (document.text(), document.root()) else {
        return;
    };
    // Of this document only: there may be many in one text.
    if !text[root.span()].contains("{{") {
        return;
    }
    walk(root, &mut |trail, node| {
        let Kind::Scalar(scalar) = &node.kind else {
            return;
        };
        let written = &text[node.span()];
        if !written.contains(".spectro.") {
            return;
        }
        let finding = if written.starts_with("{{") {
            rule::MACRO_UNQUOTED.warning(trail.path(), "the macro has no quotes")
                .help("put quotes around it: without, its value decides whether this is a text, a number, or YAML at all")
        } else if scalar.plain && written.contains(".spectro.var.") {
            rule::MACRO_UNQUOTED
                .note(trail.path(), "the text around the macro has no quotes")
                .help("put quotes around it: a colon or a `#` in the value would end the text")
        } else {
            return;
        };
        findings.push(document.mark_bytes(finding, node.span()));
    });
}

/// What a pack brings along is known before any value is.
fn content(document: &Document, findings: &mut Vec<Finding>) {
    if document.role() != Role::Values {
        return;
    }
    let content = document
        .root()
        .and_then(|root| root.get("pack")?.get("content"));
    let Some(content) = content else {
        return;
    };
    walk(content, &mut |trail, node| {
        if node
            .text()
            .is_some_and(|text| text.contains(".spectro.var."))
        {
            findings.push(document.mark_bytes(
                rule::MACRO_IN_CONTENT.error(
                    format!("pack.content.{}", trail.path()),
                    "a variable is in the pack's content, where Palette fills in none",
                ),
                node.span(),
            ));
        }
    });
}
