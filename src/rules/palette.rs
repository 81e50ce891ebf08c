//! What Palette takes at an import, and what it refuses (palette.md's sources: its API description, its documentation,
//! and the errors that people met).

use std::collections::BTreeSet;

use super::{CheckedProfile, Cluster, ClusterRule, Finding};
use crate::profile::{Variable, variables_used};
use crate::site::ProfileVersion;

const IMPORT: &str = "Palette, Export and Import Cluster Profile";
const VARIABLES: &str = "Palette, Define and Manage Profile Variables";

pub(super) const RULES: &[ClusterRule] = &[
    versions,
    clouds,
    variable_names,
    variable_forms,
    undeclared_variables,
];

/// From Palette 4.10 on, only versions in three numbers are taken.
fn versions(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for CheckedProfile { file, profile, .. } in &cluster.profiles {
        let version = &profile.spec.version;
        if version.parse::<ProfileVersion>().is_err() {
            findings.push(
                Finding::error(
                    "profile-version",
                    "spec.version",
                    format!("`{version}` is not a version that Palette 4.10 and later take"),
                )
                .help("write MAJOR.MINOR.PATCH, such as `1.9.0` or `1.9.0-site.1`")
                .because(IMPORT)
                .in_file(file),
            );
        }
    }
}

fn clouds(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for CheckedProfile { file, profile, .. } in &cluster.profiles {
        let template = &profile.spec.template;
        if template.cloud_type == "all" && template.kind != "add-on" {
            findings.push(
                Finding::error(
                    "cloud-all",
                    "spec.template.cloudType",
                    format!(
                        "a profile of type `{}` cannot be for all clouds",
                        template.kind
                    ),
                )
                .help("write `maas`; only add-on profiles are for `all`")
                .because(IMPORT)
                .in_file(file),
            );
        }
    }
}

fn variable_names(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for CheckedProfile { file, profile, .. } in &cluster.profiles {
        let (mut names, mut labels) = (BTreeSet::new(), BTreeSet::new());
        for variable in &profile.spec.variables {
            let Variable {
                name, display_name, ..
            } = variable;
            if !names.insert(name) {
                findings.push(
                    Finding::error(
                        "variable-twice",
                        path(variable),
                        format!("two variables are called `{name}`"),
                    )
                    .help("give each a name of its own")
                    .because(VARIABLES)
                    .in_file(file),
                );
            } else if !display_name.is_empty() && !labels.insert(display_name) {
                findings.push(
                    Finding::error(
                        "variable-twice",
                        path(variable),
                        format!("two variables are labelled `{display_name}`"),
                    )
                    .help("give each a label of its own: people fill them in by it")
                    .because(VARIABLES)
                    .in_file(file),
                );
            }
        }
    }
}

fn variable_forms(cluster: &Cluster, findings: &mut Vec<Finding>) {
    const FORMATS: [&str; 8] = [
        "string", "number", "boolean", "ipv4", "ipv4cidr", "ipv6", "version", "base64",
    ];
    for CheckedProfile { file, profile, .. } in &cluster.profiles {
        for variable in &profile.spec.variables {
            let name = &variable.name;
            if !FORMATS.contains(&variable.format.as_str()) {
                findings.push(
                    Finding::error(
                        "variable-format",
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
                    .because(VARIABLES)
                    .in_file(file),
                );
            }
            let default = variable.default_value.as_deref().unwrap_or_default();
            if !default.is_empty() && default.bytes().all(|byte| byte == b'*') {
                findings.push(
                    Finding::error(
                        "variable-masked",
                        path(variable),
                        format!("the default of the variable `{name}` is masked, which an import refuses"),
                    )
                    .help("take `defaultValue` out, or write the value in")
                    .because(IMPORT)
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
                    Finding::error(
                        "variable-default",
                        path(variable),
                        format!("the variable `{name}` is {needs} and has no default"),
                    )
                    .help("give it a default, or let people fill it in")
                    .because(VARIABLES)
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
            for document in std::iter::once(&layer.values).chain(&layer.manifests) {
                let text = document.text();
                for name in variables_used(text) {
                    if used.insert(name) && !declared.contains(name) {
                        let at = text.find(&format!(".spectro.var.{name}")).unwrap_or(0);
                        findings.push(document.mark_bytes(
                            Finding::error(
                                "variable-undeclared",
                                "",
                                format!("the profile declares no variable `{name}`, so the macro stays as it stands"),
                            )
                            .help("declare it in this profile: variables of other profiles are not seen")
                            .because(VARIABLES),
                            at..at + ".spectro.var.".len() + name.len(),
                        ));
                    }
                }
            }
        }
        for variable in &checked.profile.spec.variables {
            if !used.contains(variable.name.as_str()) {
                findings.push(
                    Finding::warning(
                        "variable-unused",
                        path(variable),
                        format!("nothing uses the variable `{}`", variable.name),
                    )
                    .help("take it out, or use it: people are asked for it at every deployment")
                    .because(VARIABLES)
                    .in_file(&checked.file),
                );
            }
        }
    }
}

fn path(variable: &Variable) -> String {
    format!("spec.variables[name={}]", variable.name)
}
