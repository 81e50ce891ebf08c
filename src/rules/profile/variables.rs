//! Variables of a profile that Palette accepts.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::cluster::{CheckedProfile, Cluster};
use crate::diagnostic::suggestion;
use crate::expression::{Effort, Expression, Unusable};
use crate::profile::{Variable, places_of_variables};
use crate::rules::{ClusterRule, Finding, rule};

const FORMATS: [&str; 8] = [
    "string", "number", "boolean", "ipv4", "ipv4cidr", "ipv6", "version", "base64",
];

pub(super) const RULES: &[ClusterRule] = &[
    variable_names,
    name_forms,
    variable_forms,
    defaults,
    patterns,
    inputs,
    undeclared_variables,
];

fn variable_names(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for CheckedProfile { file, profile, .. } in &cluster.profiles {
        let (mut names, mut labels) = (BTreeSet::new(), BTreeSet::new());
        for variable in &profile.spec.variables {
            let Variable {
                name, display_name, ..
            } = variable;
            if !names.insert(name) {
                findings.push(
                    rule::VARIABLE_TWICE
                        .error(path(variable), format!("two variables are called `{name}`"))
                        .help("give each a name of its own")
                        .in_file(file),
                );
            } else if !display_name.is_empty() && !labels.insert(display_name) {
                findings.push(
                    rule::VARIABLE_TWICE
                        .error(
                            path(variable),
                            format!("two variables are labelled `{display_name}`"),
                        )
                        .help("give each a label of its own: people fill them in by it")
                        .in_file(file),
                );
            }
        }
    }
}

fn variable_forms(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for CheckedProfile { file, profile, .. } in &cluster.profiles {
        for variable in &profile.spec.variables {
            let name = &variable.name;
            if !FORMATS.contains(&variable.format.as_str()) {
                findings.push(
                    rule::VARIABLE_FORMAT
                        .error(
                            path(variable),
                            if variable.format.is_empty() {
                                format!("the variable `{name}` has no format")
                            } else {
                                format!(
                                    "the variable `{name}` has the unknown format `{}`",
                                    variable.format
                                )
                            },
                        )
                        .help(format!("formats: {}", FORMATS.join(", ")))
                        .in_file(file),
                );
            }
            let default = variable.default_value.as_deref().unwrap_or_default();
            if !default.is_empty() && default.bytes().all(|byte| byte == b'*') {
                findings.push(
                    rule::VARIABLE_MASKED.error(path(variable), format!("the default of the variable `{name}` is masked, which an import refuses"))
                    .in_file(file),
                );
            }
            let needs = match (variable.immutable, variable.hidden && variable.required) {
                (true, _) => "read-only",
                (_, true) => "hidden and required",
                _ => continue,
            };
            if default.is_empty() {
                findings.push(
                    rule::VARIABLE_DEFAULT
                        .error(
                            path(variable),
                            format!("the variable `{name}` is {needs} and has no default"),
                        )
                        .in_file(file),
                );
            }
        }
    }
}

fn undeclared_variables(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for checked in &cluster.profiles {
        let declared: BTreeSet<&str> = checked
            .profile
            .spec
            .variables
            .iter()
            .map(|variable| variable.name.as_str())
            .collect();
        let mut used = BTreeSet::new();
        for layer in &checked.layers {
            let documents = std::iter::once(&layer.values).chain(&layer.manifests);
            for document in documents.filter(|document| document.is_first()) {
                let text = document.text();
                for place in places_of_variables(text) {
                    let name = &text[place.clone()];
                    if used.insert(name) && !declared.contains(name) {
                        findings.push(document.mark_bytes(
                            rule::VARIABLE_UNDECLARED.error("", format!("the profile declares no variable `{name}`, so the macro stays as it is")),
                            place.start - ".spectro.var.".len()..place.end,
                        ));
                    }
                }
            }
        }
        for variable in &checked.profile.spec.variables {
            if !used.contains(variable.name.as_str()) {
                findings.push(
                    rule::VARIABLE_UNUSED
                        .warning(
                            path(variable),
                            format!("nothing uses the variable `{}`", variable.name),
                        )
                        .in_file(&checked.file),
                );
            }
        }
    }
}

/// Every variable, with the file of its profile.
fn each(cluster: &Cluster) -> impl Iterator<Item = (&str, &Variable)> {
    cluster.profiles.iter().flat_map(|checked| {
        let variables = &checked.profile.spec.variables;
        variables
            .iter()
            .map(|variable| (checked.file.as_str(), variable))
    })
}

/// A name that Go's templates can follow after a dot.
fn name_forms(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for (file, variable) in each(cluster) {
        let name = &variable.name;
        let fits = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !fits {
            findings.push(
                rule::VARIABLE_NAME
                    .error(
                        path(variable),
                        if name.is_empty() {
                            "a variable has no name".to_owned()
                        } else {
                            format!("a macro cannot name the variable `{name}`")
                        },
                    )
                    .in_file(file),
            );
        }
    }
}

/// The default of a variable must fit its format, if there is one. Masked ones are another rule's.
fn default_of(variable: &Variable) -> Option<&str> {
    variable
        .default_value
        .as_deref()
        .filter(|default| !default.is_empty() && !default.bytes().all(|byte| byte == b'*'))
}

fn defaults(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for (file, variable) in each(cluster) {
        let Some(default) = default_of(variable) else {
            continue;
        };
        let name = &variable.name;
        if default.contains("{{") {
            findings.push(
                rule::MACRO_NESTED
                    .error(
                        path(variable),
                        format!(
                            "the default of the variable `{name}` is a macro, which stays as it is"
                        ),
                    )
                    .help("write the value; a variable cannot refer to another")
                    .in_file(file),
            );
            continue;
        }
        let Some(wanted) = unfit(&variable.format, default) else {
            continue;
        };
        findings.push(
            rule::VARIABLE_VALUE
                .error(
                    path(variable),
                    format!(
                        "the default of the variable `{name}` does not have the format `{}`",
                        variable.format
                    ),
                )
                .help(wanted)
                .in_file(file),
        );
    }
}

/// What a format wants, if a value does not fit it.
fn unfit(format: &str, value: &str) -> Option<&'static str> {
    let (fits, wanted) = match format {
        "number" => (
            value.parse::<f64>().is_ok()
                && value
                    .bytes()
                    .all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b)),
            "write digits, with a dot for fractions",
        ),
        "boolean" => (matches!(value, "true" | "false"), "write `true` or `false`"),
        "ipv4" => (
            value.parse::<Ipv4Addr>().is_ok(),
            "write an address such as 10.20.0.1",
        ),
        "ipv4cidr" => {
            let parts = value.split_once('/');
            let fits = parts.is_some_and(|(address, prefix)| {
                address.parse::<Ipv4Addr>().is_ok()
                    && prefix.parse::<u8>().is_ok_and(|prefix| prefix <= 32)
            });
            (fits, "write a network such as 10.20.0.0/16")
        }
        "ipv6" => (
            value.parse::<Ipv6Addr>().is_ok(),
            "write an address such as fd00::1",
        ),
        "version" => (is_version(value), "write a version such as 1.9.0"),
        "base64" => (
            STANDARD.decode(value).is_ok(),
            "write base64 on one line, padded with `=`",
        ),
        _ => return None,
    };
    (!fits).then_some(wanted)
}

fn is_version(value: &str) -> bool {
    let core = value.strip_prefix('v').unwrap_or(value);
    let core = core.split(['-', '+']).next().unwrap_or_default();
    core.split('.').count() <= 3 && core.split('.').all(|part| part.parse::<u64>().is_ok())
}

/// What Go's regular expressions lack, and how it is called.
const NOT_IN_GO: [(&str, &str); 6] = [
    ("(?=", "looking ahead"),
    ("(?!", "looking ahead"),
    ("(?<=", "looking back"),
    ("(?<!", "looking back"),
    ("(?>", "atomic groups"),
    ("\\k<", "references to groups"),
];

fn patterns(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let effort = Effort::new();
    for (file, variable) in each(cluster) {
        let Some(pattern) = variable.regex.as_deref().filter(|regex| !regex.is_empty()) else {
            continue;
        };
        let name = &variable.name;
        let finding = if let Some(lacking) = not_in_go(pattern) {
            rule::VARIABLE_REGEX.error(path(variable), format!("the regular expression of the variable `{name}` uses {lacking}, which Go does not have"))
            .help("write it without; Palette reads it as RE2")
        } else {
            let default = default_of(variable).filter(|default| !default.contains("{{"));
            let is_match = Expression::compile(pattern, &effort).and_then(|regex| {
                default.map_or(Ok(true), |default| regex.is_match(default, &effort))
            });
            match is_match {
                Ok(true) => continue,
                Ok(false) => rule::VARIABLE_VALUE.error(path(variable), format!("the default of the variable `{name}` does not match its own regular expression"))
                .help(format!("the expression is {pattern}")),
                Err(Unusable::TooLarge(how)) => rule::VARIABLE_REGEX.error(path(variable), format!("the regular expression of the variable `{name}` {how}"))
                .help("write a shorter one; it was not checked"),
                Err(Unusable::Wrong)
                    if ["\\p", "\\P", "\\Q"].iter().any(|escape| pattern.contains(escape)) =>
                {
                    // In RE2, though not in what reads it here.
                    continue;
                }
                Err(Unusable::Wrong) => rule::VARIABLE_REGEX.error(path(variable), format!("the regular expression of the variable `{name}` is not valid"))
                .help("check brackets and backslashes; Palette reads it as RE2"),
            }
        };
        findings.push(finding.in_file(file));
    }
}

fn not_in_go(pattern: &str) -> Option<&'static str> {
    // A backslash in front of a backslash is not an escape.
    let mut escaped = false;
    for (at, byte) in pattern.bytes().enumerate() {
        if escaped {
            if matches!(byte, b'1'..=b'9') {
                return Some("references to groups");
            }
            escaped = false;
        } else if byte == b'\\' {
            escaped = true;
        }
        if !escaped || byte == b'\\' {
            let rest = &pattern.as_bytes()[at..];
            let lacking = NOT_IN_GO
                .iter()
                .find(|(start, _)| rest.starts_with(start.as_bytes()));
            if let Some((_, lacking)) = lacking {
                return Some(lacking);
            }
        }
    }
    None
}

/// How a variable is asked for.
fn inputs(cluster: &Cluster, findings: &mut Vec<Finding>) {
    const INPUTS: [&str; 3] = ["text", "dropdown", "multiline"];
    for (file, variable) in each(cluster) {
        let name = &variable.name;
        let input = variable.input_type.as_deref().unwrap_or("text");
        let (message, help) = if !INPUTS.contains(&input) {
            let help = match suggestion(input, INPUTS) {
                Some(meant) => meant,
                None => format!("write one of {}", INPUTS.join(", ")),
            };
            (
                format!("`{input}` is not a way to ask for the variable `{name}`"),
                help,
            )
        } else if input != "dropdown" {
            continue;
        } else {
            let choices = choices(variable);
            let default = default_of(variable);
            if choices.is_empty() {
                (
                    format!("the variable `{name}` has nothing to choose from"),
                    "name at least one under `options`, or remove `inputType`".to_owned(),
                )
            } else if default.is_some_and(|default| !choices.contains(default)) {
                (
                    format!("the default of the variable `{name}` is not one of its choices"),
                    "write the value of one of `options`".to_owned(),
                )
            } else {
                continue;
            }
        };
        findings.push(
            rule::VARIABLE_INPUT
                .error(path(variable), message)
                .help(help)
                .in_file(file),
        );
    }
}

/// The values and labels of a dropdown; Palette's own pages do not agree which of the two a default is.
fn choices(variable: &Variable) -> BTreeSet<&str> {
    variable
        .options
        .as_ref()
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .flat_map(|option| [option.get("value"), option.get("label")])
        .filter_map(|text| text?.as_str())
        .collect()
}

fn path(variable: &Variable) -> String {
    format!("spec.variables[name={}]", variable.name)
}
