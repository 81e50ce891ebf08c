//! The variables a profile declares: those its texts refer to, no more and no less.

use super::context::Scope;
use crate::diagnostic::{Code, Diagnostic};
use crate::profile::{Layer, Variable, variables_used};
use crate::revision::Role;

/// Declares what the layers use, in the revision's order.
pub(super) fn of_profile(
    scope: &Scope,
    role: Role,
    layers: &[Layer],
) -> Result<Vec<Variable>, Vec<Diagnostic>> {
    let mut used: Vec<&str> = Vec::new();
    for layer in layers {
        used.extend(variables_used(&layer.values));
        for manifest in &layer.manifests {
            used.extend(variables_used(&manifest.content));
        }
    }
    let declared: Vec<Variable> = scope
        .variables(role)
        .filter(|variable| used.contains(&variable.name.as_str()))
        .map(|variable| Variable {
            name: variable.name.clone(),
            display_name: variable.display_name.clone(),
            description: variable.description.clone(),
            format: variable.format.clone(),
            required: variable.required,
            default_value: variable
                .default
                .as_deref()
                .and_then(|path| scope.site_text(path)),
            immutable: variable.immutable,
            hidden: false,
            is_sensitive: variable.sensitive,
            regex: variable.regex.clone(),
            ..Variable::default()
        })
        .collect();
    let mut undeclared: Vec<&str> = used
        .into_iter()
        .filter(|name| !declared.iter().any(|variable| variable.name == *name))
        .collect();
    undeclared.sort_unstable();
    undeclared.dedup();
    if undeclared.is_empty() {
        return Ok(declared);
    }
    Err(undeclared
        .into_iter()
        .map(|name| {
            Diagnostic::error(format!("the {role} profile uses the variable `{name}`, which it does not declare")).code(Code::Internal)
                .help("a variable belongs to one profile; Palette leaves a macro of an unknown one as it stands")
        })
        .collect())
}
