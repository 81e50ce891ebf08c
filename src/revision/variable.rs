//! Profile variables: what is filled in when a cluster is deployed.

use serde::Deserialize;

use super::Role;

/// A variable of one profile (Palette's v1Variable), as the revision describes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Variable {
    /// Its name, used as `{{ .spectro.var.NAME }}`.
    pub name: String,
    /// The profile it belongs to; no other can use it.
    pub profile: Role,
    /// Its label at deployment.
    pub display_name: String,
    /// What it is for.
    pub description: String,
    /// `string`, `number`, `boolean`, `ipv4`, `ipv4cidr`, `version`, ...
    pub format: String,
    /// Whether a value must be given.
    pub required: bool,
    /// Whether it is fixed once the cluster exists; then it has a default.
    pub immutable: bool,
    /// Whether it is masked; then it has no default, since Palette refuses masked ones on import.
    pub sensitive: bool,
    /// What its value must match (Go's RE2).
    #[serde(default)]
    pub regex: Option<String>,
    /// The path in the site that its default comes from.
    #[serde(default)]
    pub default: Option<String>,
}

impl Variable {
    /// The macro that Palette replaces with the variable's value.
    pub fn reference(name: &str) -> String {
        format!("{{{{ .spectro.var.{name} }}}}")
    }
}
