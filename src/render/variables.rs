//! The variables that a profile declares: exactly those that its texts refer to.

use super::context::Scope;
use crate::diagnostic::{Code, Diagnostic};
use crate::pack::{Layout, layouts};
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
    let declared = declared
        .into_iter()
        .chain(of_layouts(layers, &used).map_err(|problem| vec![problem])?)
        .collect::<Vec<_>>();
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
                .help("a variable belongs to one profile; Palette leaves a macro of an unknown one unchanged")
        })
        .collect())
}

/// The variables that presets of a pack's new layout refer to, where its values do.
fn of_layouts(layers: &[Layer], used: &[&str]) -> Result<Vec<Variable>, Diagnostic> {
    let has = |layout: &&Layout| {
        let mut layers = layers.iter();
        layers.any(|layer| layer.name == layout.pack && layout.has(&layer.version))
    };
    let variables = layouts()?
        .iter()
        .filter(has)
        .flat_map(|layout| &layout.variables);
    let used = variables.filter(|variable| used.contains(&variable.name.as_str()));
    Ok(used.cloned().collect())
}
