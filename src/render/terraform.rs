//! The profiles as a Terraform module, for tenants that Terraform runs.

use serde::Serialize;
use serde_json::Value;
use tera::Context;

use super::Rendered;
use crate::diagnostic::Diagnostic;
use crate::profile::{Layer, Profile, RegistryMetadata, Variable, manifest_path, values_path};
use crate::revision::{Revision, Role};
use crate::template::Engine;

const TEMPLATE: &str = "palette/main.tf";

#[derive(Serialize)]
struct ProfileBlock<'p> {
    role: &'static str,
    name: &'p str,
    version: &'p str,
    description: &'p str,
    tags: Vec<String>,
    cloud: &'p str,
    kind: &'p str,
    packs: Vec<PackBlock<'p>>,
    variables: Vec<VariableBlock<'p>>,
}

#[derive(Serialize)]
struct PackBlock<'p> {
    name: &'p str,
    kind: &'p str,
    version: &'p str,
    /// The key of its data source; none for layers of manifests.
    registry: Option<&'p str>,
    values: String,
    manifests: Vec<ManifestBlock<'p>>,
}

#[derive(Serialize)]
struct ManifestBlock<'p> {
    name: &'p str,
    path: String,
}

#[derive(Serialize)]
struct VariableBlock<'p> {
    attributes: Vec<Attribute>,
    options: Vec<&'p Value>,
}

#[derive(Serialize)]
struct Attribute {
    /// As wide as the widest beside it, so that the equals signs are where `terraform fmt` puts them.
    padded: String,
    value: Value,
}

#[derive(Serialize)]
struct RegistryBlock {
    key: String,
    name: String,
    /// As the provider calls its kind.
    kind: &'static str,
}

/// The module's `main.tf`. Its values and manifests lie where [`values_path`] and [`manifest_path`] say.
///
/// # Errors
/// The template is broken: a mistake in this crate.
pub fn terraform(rendered: &Rendered, revision: &Revision) -> Result<String, Diagnostic> {
    let mut registries: Vec<(RegistryBlock, &RegistryMetadata)> = Vec::new();
    for profile in &rendered.profiles {
        for layer in &profile.profile.spec.template.packs {
            let registry = &layer.registry.metadata;
            let is_known = |(_, known): &(RegistryBlock, &RegistryMetadata)| {
                known.name == registry.name && known.kind == registry.kind
            };
            if !registry.name.is_empty() && !registries.iter().any(is_known) {
                let block = RegistryBlock {
                    key: key(&registry.name, registries.len()),
                    name: registry.name.clone(),
                    kind: kind(&registry.kind),
                };
                registries.push((block, registry));
            }
        }
    }
    let profiles: Vec<ProfileBlock<'_>> = rendered
        .profiles
        .iter()
        .map(|one| block(one.role, &one.profile, &registries))
        .collect();
    let registries: Vec<&RegistryBlock> = registries.iter().map(|(block, _)| block).collect();
    let mut context = Context::new();
    context.insert("revision", &revision.name);
    context.insert("registries", &registries);
    context.insert("profiles", &profiles);
    Engine::new(revision).render(TEMPLATE, &context)
}

/// A name for a data source: the registry's in small letters, numbered where that would be another's.
fn key(name: &str, number: usize) -> String {
    let key: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .collect();
    let key = match key.starts_with(|c: char| c.is_ascii_alphabetic()) {
        true => key,
        false => format!("registry_{key}"),
    };
    match number {
        0 => key,
        number => format!("{key}_{}", number + 1),
    }
}

/// What the provider calls a kind of registry.
fn kind(kind: &str) -> &'static str {
    match kind {
        "oci" => "oci",
        "helm" => "helm",
        _ => "spectro",
    }
}

fn block<'p>(
    role: Role,
    profile: &'p Profile,
    registries: &'p [(RegistryBlock, &RegistryMetadata)],
) -> ProfileBlock<'p> {
    let spec = &profile.spec;
    let tag = |(name, value): (&String, &Value)| match value.as_str() {
        Some("spectro__tag") | None => name.clone(),
        Some(value) => format!("{name}:{value}"),
    };
    ProfileBlock {
        role: role.as_str(),
        name: &profile.metadata.name,
        version: &spec.version,
        description: &profile.metadata.description,
        tags: profile.metadata.labels.iter().map(tag).collect(),
        cloud: &spec.template.cloud_type,
        kind: &spec.template.kind,
        packs: spec
            .template
            .packs
            .iter()
            .zip(1..)
            .map(|(layer, number)| pack(role, layer, number, registries))
            .collect(),
        variables: spec.variables.iter().map(variable).collect(),
    }
}

fn pack<'p>(
    role: Role,
    layer: &'p Layer,
    number: usize,
    registries: &'p [(RegistryBlock, &RegistryMetadata)],
) -> PackBlock<'p> {
    let meant = &layer.registry.metadata;
    let registry = registries
        .iter()
        .find(|(_, one)| one.name == meant.name && one.kind == meant.kind);
    let manifest = |manifest: &'p crate::profile::Manifest| ManifestBlock {
        name: &manifest.name,
        path: manifest_path(layer, manifest),
    };
    PackBlock {
        name: &layer.name,
        kind: &layer.kind,
        version: &layer.version,
        registry: registry.map(|(block, _)| block.key.as_str()),
        values: values_path(role.as_str(), number, layer),
        manifests: layer.manifests.iter().map(manifest).collect(),
    }
}

/// The attributes of a variable that are not what they are when nothing is said.
fn variable(variable: &Variable) -> VariableBlock<'_> {
    let mut attributes: Vec<(&str, Value)> = vec![
        ("name", variable.name.clone().into()),
        ("display_name", variable.display_name.clone().into()),
        ("description", variable.description.clone().into()),
        ("format", variable.format.clone().into()),
    ];
    let texts = [
        ("default_value", &variable.default_value),
        ("regex", &variable.regex),
        ("input_type", &variable.input_type),
    ];
    for (name, text) in texts {
        attributes.extend(text.clone().map(|text| (name, text.into())));
    }
    for (name, is_so) in [
        ("required", variable.required),
        ("immutable", variable.immutable),
        ("hidden", variable.hidden),
        ("is_sensitive", variable.is_sensitive),
    ] {
        attributes.extend(is_so.then(|| (name, true.into())));
    }
    let width = attributes
        .iter()
        .map(|(name, _)| name.len())
        .max()
        .unwrap_or(0);
    let attributes = attributes.into_iter().map(|(name, value)| Attribute {
        padded: format!("{name:width$}"),
        value,
    });
    VariableBlock {
        attributes: attributes.collect(),
        options: variable
            .options
            .iter()
            .filter_map(Value::as_array)
            .flatten()
            .collect(),
    }
}
