//! The packs of a profile's layers, with the values that the profile's authors left there.

use serde_json::{Value, json};

use super::{Imported, ImportedPack, Part};
use crate::diagnostic::Diagnostic;
use crate::profile::{BuiltInLayers, Profile};

/// The packs of a profile's layers. Its text has no constraints, presets or schema of them.
///
/// # Errors
/// A layer whose name or version no pack can have; all of them.
pub fn of_profile(file: &str, profile: &Profile) -> Result<Imported, Vec<Diagnostic>> {
    let mut imported = Imported::default();
    let mut problems = Vec::new();
    let template = &profile.spec.template;
    let cloud = match template.cloud_type.as_str() {
        "" => "all",
        cloud => cloud,
    };
    for layer in template
        .packs
        .iter()
        .filter(|layer| layer.kind != "manifest")
    {
        if layer.values.trim().is_empty() {
            imported.remarks.push(
                Diagnostic::warning(format!(
                    "the layer `{}` has no values, and is left out",
                    layer.name
                ))
                .because(format!("in {file}")),
            );
            continue;
        }
        let known = json!({
            "name": layer.name,
            "version": layer.version,
            "layer": layer.layer,
            "cloudTypes": [cloud],
        });
        let Value::Object(known) = known else {
            continue;
        };
        let texts = [("values.yaml", layer.values.clone())];
        let name = format!("{file}: {}", layer.name);
        match ImportedPack::made(&name, known, &Part::ALL, texts) {
            Ok(pack) => imported.packs.push(pack),
            Err(problem) => problems.push(problem),
        }
    }
    imported.remarks.extend(built_in(file, profile));
    crate::diagnostic::unless(problems, imported.with_remarks(file))
}

/// Built-in values are not a vendor's, and in a folder the two look the same.
fn built_in(file: &str, profile: &Profile) -> Option<Diagnostic> {
    let layers = BuiltInLayers::of_description(&profile.metadata.description)?;
    let message = format!(
        "the values of these layers are built-in ones of vmo-ra, not the vendors': {}",
        layers.packs.join(", ")
    );
    let warning = Diagnostic::warning(message)
        .because(format!("the description of the profile in {file} says so"))
        .help("import the packs from a tenant, from their archives, or from a profile that was made with them");
    Some(warning)
}
